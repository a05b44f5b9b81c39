"""Which notes may answer on a date: status, dates on both ends, what supersedes what."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.ask.knowledge import NoteScope
from assistant.ask.scope import in_force, row_mask, select, stale

DAY = timedelta(days=1)
START, END = date(2025, 1, 1), date(2025, 12, 31)


def scope(note_id: str = "note", **fields: object) -> NoteScope:
    blank = NoteScope(note_id, "practice", "payer-rule", "live", (), None, None, None, (), ())
    return replace(blank, **fields)  # type: ignore[arg-type]


def force(one: NoteScope, on: date, *others: NoteScope) -> bool:
    return in_force(one, on, {other.note_id: other for other in (one, *others)})


@pytest.mark.parametrize(
    ("on", "expected"),
    [(START - DAY, False), (START, True), (START + DAY, True), (END - DAY, True), (END, True), (END + DAY, False)],
)
def test_a_note_speaks_from_its_first_through_its_last_day(on, expected):
    assert force(scope(effective_from=START, effective_through=END), on) is expected


def test_a_note_without_dates_always_speaks():
    assert force(scope(), date(1990, 1, 1))
    assert force(scope(), date(2090, 1, 1))


def test_a_retired_note_never_speaks():
    assert not force(scope(status="retired", effective_from=START, effective_through=END), START)


def test_a_draft_speaks():
    assert force(scope(status="draft"), START)


@pytest.mark.parametrize(("on", "old_speaks"), [(START - DAY, True), (START, False), (START + DAY, False)])
def test_a_superseded_note_speaks_until_the_day_before_its_successors_first(on, old_speaks):
    old = scope("old", superseded_by=("new",))
    new = scope("new", effective_from=START)
    assert force(old, on, new) is old_speaks
    assert force(new, on, old) is not old_speaks


@pytest.mark.parametrize("status", ["draft", "retired"])
def test_a_successor_that_is_not_live_silences_nobody(status):
    assert force(scope("old", superseded_by=("new",)), START, scope("new", status=status))


def test_a_successor_that_is_not_there_silences_nobody():
    assert force(scope("old", superseded_by=("gone",)), START)


def test_an_old_note_speaks_again_after_its_successors_last_day():
    old, new = scope("old", superseded_by=("new",)), scope("new", effective_from=START, effective_through=END)
    assert not force(old, END, new)
    assert force(old, END + DAY, new)


CHAIN = (
    scope("oldest", superseded_by=("middle",)),
    scope("middle", superseded_by=("newest",), effective_from=date(2024, 1, 1)),
    scope("newest", effective_from=START),
)


@pytest.mark.parametrize(
    ("on", "speaking"),
    [
        (date(2023, 12, 31), "oldest"),
        (date(2024, 1, 1), "middle"),
        (START - DAY, "middle"),
        (START, "newest"),
    ],
)
def test_in_a_chain_exactly_one_note_speaks_on_each_day(on, speaking):
    assert [one.note_id for one in CHAIN if force(one, on, *CHAIN)] == [speaking]


def test_notes_that_supersede_each_other_end_the_question_without_endless_recursion():
    first, second = scope("a", superseded_by=("b",)), scope("b", superseded_by=("a",))
    assert isinstance(force(first, START, second), bool)


@pytest.mark.parametrize(("on", "expected"), [(END - DAY, False), (END, False), (END + DAY, True)])
def test_a_note_is_stale_from_the_day_after_its_review_date(on, expected):
    assert stale(scope(review_by=END), on, {}) is expected


def test_a_note_without_a_review_date_is_not_stale():
    assert not stale(scope(), date(2090, 1, 1), {})


def test_a_superseded_note_is_stale_from_its_successors_first_day_on():
    old, new = scope("old", superseded_by=("new",)), scope("new", effective_from=START)
    assert stale(old, START, {"new": new})
    assert not stale(old, START - DAY, {"new": new})


def test_selection_takes_what_is_accepted_and_in_force():
    notes = [
        scope("live", payers=("a",)),
        scope("other", payers=("b",)),
        scope("retired", payers=("a",), status="retired"),
        scope("over", payers=("a",), effective_through=START - DAY),
    ]
    found = select(notes, on=START, accept=lambda one: "a" in one.payers)
    assert [one.note_id for one in found] == ["live"]


def test_the_row_mask_marks_the_rows_of_the_selected_notes_only():
    mask = row_mask([scope("a", rows=(0, 2)), scope("b", rows=(4,))], 6)
    assert np.flatnonzero(mask).tolist() == [0, 2, 4]
    assert row_mask([], 3).tolist() == [False, False, False]


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.dates(date(2020, 1, 1), date(2030, 1, 1)))
def test_of_an_old_note_and_its_successor_exactly_one_speaks_on_every_day(first_day, on):
    old, new = scope("old", superseded_by=("new",)), scope("new", effective_from=first_day)
    assert force(old, on, new) != force(new, on, old)
