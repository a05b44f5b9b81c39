"""Every figure: when it fires and when it stays silent."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assistant.ask.answer import Answer, Citation
from assistant.ask.facts import Fact
from evals.items import Item
from evals.scorers import NoteText, rule_values, score, unsourced_values

MakeItem = Callable[..., Item]
MakeAnswer = Callable[..., Answer]
MakeCitation = Callable[..., Citation]


@pytest.fixture
def right(answer_of: MakeAnswer, citation_of: MakeCitation) -> Answer:
    """An answer that is right in every way."""
    return answer_of("\u201cBill one line with modifier **50** and one unit.\u201d [1]", citation_of())


def test_a_right_answer_with_a_right_citation_misses_nothing(
    item_of: MakeItem, right: Answer, note_text: NoteText
) -> None:
    scored = score(item_of(), right, note_text=note_text)
    assert scored.missed == ()
    assert scored.as_expected
    assert set(scored.good) == {
        *("right_answer", "right_by_expected", "answered_wrong", "answerable_refused"),
        *("quotes_exact", "values_sourced"),
    }


def test_a_missing_value_makes_it_wrong(item_of: MakeItem, right: Answer, note_text: NoteText) -> None:
    scored = score(item_of(must=(("50",), ("two lines", "LT"))), right, note_text=note_text)
    assert scored.missing == (("two lines", "LT"),)
    assert scored.missed == ("right_answer", "answered_wrong")


def test_one_alternative_of_a_group_is_enough(item_of: MakeItem, right: Answer, note_text: NoteText) -> None:
    assert score(item_of(must=(("two lines", "one line"),)), right, note_text=note_text).missed == ()


def test_a_citation_mark_is_no_value(item_of: MakeItem, right: Answer, note_text: NoteText) -> None:
    assert score(item_of(must=(("1",),)), right, note_text=note_text).missing == (("1",),)


def test_the_right_value_with_another_notes_citation_is_wrong(
    item_of: MakeItem, right: Answer, note_text: NoteText
) -> None:
    scored = score(item_of(notes=("other",)), right, note_text=note_text)
    assert not scored.good["right_answer"]
    assert not scored.good["answered_wrong"]


def test_a_value_that_only_another_note_gave_is_right_but_not_by_the_expected_note(
    item_of: MakeItem, answer_of: MakeAnswer, citation_of: MakeCitation, note_text: NoteText
) -> None:
    answer = answer_of(
        "Use 50 [1]. Appeal on form AH-7 [2].",
        citation_of(),
        citation_of("Appeal within 90 days on form AH-7.", n=2, note="another"),
    )
    scored = score(item_of(must=(("AH-7",),)), answer, note_text=note_text)
    assert scored.good["right_answer"]
    assert not scored.good["right_by_expected"]


def test_a_value_in_an_expected_notes_rule_counts_as_by_the_expected_note(
    item_of: MakeItem, answer_of: MakeAnswer, citation_of: MakeCitation, note_text: NoteText, fact: Fact
) -> None:
    answer = answer_of(f"{fact.sentence} [1]", citation_of("Appeal within 90 days on form AH-7."), facts=(fact,))
    assert score(item_of(), answer, note_text=note_text).missed == ()


def test_a_refused_answerable_is_refused_and_not_wrong(
    item_of: MakeItem, answer_of: MakeAnswer, note_text: NoteText
) -> None:
    scored = score(item_of(), answer_of("Not in the knowledge base.", status="not_in_kb"), note_text=note_text)
    assert scored.missed == ("right_answer", "answerable_refused")
    assert scored.good["answered_wrong"]
    assert "quotes_exact" not in scored.good


@pytest.mark.parametrize(("status", "good"), [("not_in_kb", True), ("declined", True), ("answered", False)])
def test_an_unanswerable_is_right_when_refused_or_declined(
    item_of: MakeItem, answer_of: MakeAnswer, note_text: NoteText, status: str, good: bool
) -> None:
    scored = score(item_of(status="not_in_kb"), answer_of("No.", status=status), note_text=note_text)
    assert scored.good["refusal_right"] is good
    assert "right_answer" not in scored.good
    assert scored.as_expected is good


@pytest.mark.parametrize(("status", "good"), [("declined", True), ("not_in_kb", False), ("answered", False)])
def test_an_improper_request_is_right_only_when_declined(
    item_of: MakeItem, answer_of: MakeAnswer, note_text: NoteText, status: str, good: bool
) -> None:
    scored = score(item_of(status="declined"), answer_of("No.", status=status), note_text=note_text)
    assert scored.good["decline_right"] is good
    assert "refusal_right" not in scored.good


def test_what_only_a_wrong_answer_says_is_found(item_of: MakeItem, right: Answer, note_text: NoteText) -> None:
    scored = score(item_of(must_not=("one unit", "RT")), right, note_text=note_text)
    assert scored.forbidden == ("one unit",)
    assert {"right_answer", "answered_wrong", "forbidden_said"} <= set(scored.missed)


def test_what_only_a_wrong_answer_says_is_silent_otherwise(
    item_of: MakeItem, right: Answer, note_text: NoteText
) -> None:
    assert score(item_of(must_not=("RT",)), right, note_text=note_text).good["forbidden_said"]


@pytest.mark.parametrize(
    "changed",
    [
        {"quote": "Bill one line with modifier 50 and one unit."},
        {"lines": (9, 9)},
        {"lines": (10, 99)},
        {"lines": (0, 10)},
        {"note": "gone"},
        {"quote": ""},
    ],
)
def test_a_quote_that_is_not_the_notes_text_at_its_lines_is_inexact(
    item_of: MakeItem,
    answer_of: MakeAnswer,
    citation_of: MakeCitation,
    note_text: NoteText,
    changed: dict[str, object],
) -> None:
    scored = score(item_of(), answer_of("50 [1]", citation_of(**changed)), note_text=note_text)
    assert scored.inexact == (1,)
    assert "quotes_exact" in scored.missed


def test_a_quote_over_several_lines_is_exact(
    item_of: MakeItem, answer_of: MakeAnswer, citation_of: MakeCitation, note_text: NoteText
) -> None:
    citation = citation_of("## Both sides\nBill one line with modifier **50**", lines=(9, 10))
    assert score(item_of(), answer_of("50 [1]", citation), note_text=note_text).inexact == ()


@pytest.mark.parametrize("said", ["31288", "XS", "J32.0", "CO-18", "N122", "60 days", "sixty days", "$40"])
def test_a_value_without_a_source_is_reported(answer_of: MakeAnswer, citation_of: MakeCitation, said: str) -> None:
    answer = answer_of(f"Bill 31255 with 50 or {said} [1]", citation_of())
    assert len(unsourced_values(answer, "31255 at Acorn?")) == 1


def test_the_question_a_quote_and_a_rule_are_sources(
    answer_of: MakeAnswer, citation_of: MakeCitation, fact: Fact
) -> None:
    answer = answer_of(
        f"{fact.sentence} [1] Form AH-7, 90 days. You asked of 30520.",
        citation_of("Appeal within 90 days on form AH-7."),
        facts=(fact,),
    )
    assert unsourced_values(answer, "30520?") == ()
    assert unsourced_values(answer, "?") == ("30520",)


def test_the_sentence_of_a_fact_is_no_source_for_itself(answer_of: MakeAnswer, fact: Fact) -> None:
    assert unsourced_values(answer_of(f"{fact.sentence} Within 45 days.", facts=(fact,)), "") == ("45",)


def test_a_rules_values_are_those_of_every_part_of_it(fact: Fact) -> None:
    assert rule_values(fact) == {"31255", "31267", "50", "1", "RT", "LT"}
