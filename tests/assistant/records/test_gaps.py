"""Gaps: one record for each payer, codes and thing asked; counted, closed by the notes that answer, opened again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.errors import RecordsError
from assistant.records.gaps import Asking, close_answered, list_gaps, quote_key, record_gaps

FIRST, LATER = date(2026, 11, 1), date(2026, 11, 22)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "records.sqlite"


def record(path, question="which modifier?", payers=("acme",), codes=("31255",), asked=("modifier",), on=FIRST, **more):
    record_gaps(path, [Asking(payers=payers, codes=codes, asked=asked, question=question, on=on, **more)])


def test_several_askings_at_once_count_each_and_all_or_none(path):
    asking = Asking(["acme"], ["31255"], ["modifier"], "which modifier?", FIRST)
    other = replace(asking, codes=["69436"])
    record_gaps(path, [asking, other, replace(asking, question="which one?", on=LATER)])
    assert [(gap.codes, gap.times_asked, gap.question) for gap in list_gaps(path)] == [
        (("31255",), 2, "which one?"),
        (("69436",), 1, "which modifier?"),
    ]
    with pytest.raises(RecordsError):
        record_gaps(path, [asking, replace(other, question=None)])
    assert [gap.times_asked for gap in list_gaps(path)] == [2, 1]


def test_there_is_no_gap_and_no_file_before_the_first(path):
    assert list_gaps(path) == []
    assert list_gaps(path, closed=True) == []
    assert not path.exists()


def test_a_gap_keeps_what_was_asked_and_when(path):
    record(path)
    (gap,) = list_gaps(path)
    assert (gap.payers, gap.codes, gap.asked) == (("acme",), ("31255",), ("modifier",))
    assert (gap.question, gap.times_asked) == ("which modifier?", 1)
    assert gap.first_asked == gap.last_asked == FIRST
    assert (gap.closed_on, gap.closed_by) == (None, ())


def test_the_same_gap_is_counted_whatever_its_order_and_wording(path):
    record(path, "first wording", codes=("31255", "31267"))
    record(path, "second wording", codes=("31267", "31255", "31267"), on=LATER)
    (gap,) = list_gaps(path)
    assert (gap.times_asked, gap.question) == (2, "second wording")
    assert (gap.first_asked, gap.last_asked) == (FIRST, LATER)


def test_an_asking_for_an_earlier_day_does_not_turn_the_clock_back(path):
    record(path, on=LATER)
    record(path, on=FIRST)
    assert list_gaps(path)[0].last_asked == LATER


@pytest.mark.parametrize(
    "change", [{"payers": ("other",)}, {"codes": ("31267",)}, {"asked": ("units",)}, {"payers": ()}]
)
def test_another_payer_code_or_thing_is_another_gap(path, change):
    record(path)
    record(path, **change)
    assert len(list_gaps(path)) == 2


def test_the_most_asked_gap_comes_first_then_the_latest(path):
    record(path, "once", payers=("a",))
    record(path, "once, later", payers=("b",), on=LATER)
    record(path, "twice", payers=("c",))
    record(path, "twice", payers=("c",))
    assert [gap.question for gap in list_gaps(path)] == ["twice", "once, later", "once"]


def test_a_gap_that_a_note_answers_is_closed_with_the_day_and_the_note(path):
    record(path, "answered now")
    record(path, "still open", payers=("b",))
    closed = close_answered(path, lambda gap, _day: ("a/note",) if gap.question == "answered now" else (), on=LATER)
    assert [gap.question for gap in closed] == ["answered now"]
    assert [gap.question for gap in list_gaps(path)] == ["still open"]
    (gap,) = list_gaps(path, closed=True)
    assert (gap.closed_on, gap.closed_by) == (LATER, ("a/note",))


def test_an_answer_found_unhelpful_is_kept_with_the_gap_until_another_is_told(path):
    record(path, unhelpful=[quote_key("a/note", "Bill 50."), quote_key("a/note", "Bill 50.")])
    (gap,) = list_gaps(path)
    assert gap.unhelpful == (quote_key("a/note", "Bill 50."),)
    assert quote_key("a/note", "Bill RT.") not in gap.unhelpful
    record(path)
    assert list_gaps(path)[0].unhelpful == gap.unhelpful


def test_closed_gaps_are_not_asked_again(path):
    record(path)
    close_answered(path, lambda _question, _day: ("a/note",), on=LATER)
    asked = []
    close_answered(path, lambda question, _day: asked.append(question) or (), on=LATER)
    assert asked == []


def test_a_closed_gap_that_is_asked_unanswered_again_is_open_again_and_goes_on_counting(path):
    record(path)
    close_answered(path, lambda _question, _day: ("a/note",), on=LATER)
    record(path, on=LATER)
    (gap,) = list_gaps(path)
    assert (gap.times_asked, gap.closed_on, gap.closed_by) == (2, None, ())
    assert list_gaps(path, closed=True) == []


def test_the_json_of_a_gap_has_a_count_and_dates_as_text(path):
    record(path)
    (gap,) = list_gaps(path)
    assert gap.as_json() == {
        "id": gap.gap_id,
        "payers": ["acme"],
        "codes": ["31255"],
        "asked": ["modifier"],
        "question": "which modifier?",
        "count": 1,
        "first_asked": "2026-11-01",
        "last_asked": "2026-11-01",
        "closed_on": None,
        "closed_by": [],
        "as_of": None,
    }


def test_two_writers_at_once_lose_no_count(path):
    record(path)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _number: record(path), range(12)))
    assert list_gaps(path)[0].times_asked == 13


@pytest.mark.parametrize(
    "question", ["'; DROP TABLE gaps; --", 'quotes " and \u2019', "\U0001f600 \u4e2d", "line\nend", ""]
)
def test_any_wording_is_kept_as_it_is(path, question):
    record(path, question)
    assert list_gaps(path)[0].question == question


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sampled_from("abc"), max_size=6))
def test_the_counts_add_up_to_the_askings(tmp_path_factory, payers):
    path = tmp_path_factory.mktemp("gaps") / "records.sqlite"
    for payer in payers:
        record(path, payers=(payer,))
    found = {gap.payers[0]: gap.times_asked for gap in list_gaps(path)}
    assert found == {payer: payers.count(payer) for payer in set(payers)}
