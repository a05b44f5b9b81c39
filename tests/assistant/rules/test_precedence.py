"""Levels, what is in force, and who suspends whom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from assistant.rules.precedence import Level, PlacedBlock, enforceable, level, spans, superseded_on, suspends
from ingest.notes.model import KbNote

MakeNote = Callable[..., KbNote]
SIDE = 'when: {codes: ["31253-31259"], bilateral: true}\nforbid: {modifiers: ["50"]}\n'
EXAMPLES = 'examples: [{pass: "99211"}, {fail: "99211"}]'


def placed(note: KbNote) -> PlacedBlock:
    return PlacedBlock(note, note.rules[0])


@pytest.mark.parametrize(
    ("layer", "fields", "expected"),
    [
        ("practice", {"payers": "[acme]"}, Level.PRACTICE_PAYER),
        ("practice", {}, Level.PRACTICE),
        ("library", {"payers": "[medicare]"}, Level.LIBRARY_PAYER),
        ("library", {}, Level.LIBRARY),
    ],
)
def test_a_note_s_level(layer: str, fields: dict[str, str], expected: Level, make_note: MakeNote) -> None:
    assert level(make_note(layer=layer, **fields)) == expected
    assert Level.PRACTICE_PAYER > Level.PRACTICE > Level.LIBRARY_PAYER > Level.LIBRARY > Level.CMS


@pytest.mark.parametrize(
    ("fields", "on", "expected"),
    [
        ({}, date(2026, 1, 1), True),
        ({"status": "draft"}, date(2026, 1, 1), False),
        ({"status": "retired"}, date(2026, 1, 1), False),
        ({"effective_from": "2026-01-02"}, date(2026, 1, 1), False),
        ({"effective_from": "2026-01-02"}, date(2026, 1, 2), True),
        ({"effective_through": "2026-01-02"}, date(2026, 1, 2), True),
        ({"effective_through": "2026-01-02"}, date(2026, 1, 3), False),
    ],
)
def test_only_live_notes_within_their_dates_are_enforced(
    fields: dict[str, str], on: date, expected: bool, make_note: MakeNote
) -> None:
    assert enforceable(make_note(**fields), on) is expected


def test_a_note_is_superseded_from_the_day_its_successor_begins(make_note: MakeNote) -> None:
    old = make_note(note_id="old")
    new = make_note(note_id="new", supersedes="[old]", effective_from="2026-07-01", effective_through="2026-09-30")
    before, after = superseded_on([old, new], date(2026, 6, 30)), superseded_on([old, new], date(2026, 7, 1))
    assert enforceable(old, date(2026, 6, 30), superseded=before)
    assert not enforceable(old, date(2026, 7, 1), superseded=after)
    assert not enforceable(old, date(2026, 12, 1), superseded=superseded_on([old, new], date(2026, 12, 1)))


def test_a_draft_supersedes_nothing(make_note: MakeNote) -> None:
    notes = [make_note(note_id="old"), make_note(note_id="new", supersedes="[old]", status="draft")]
    assert superseded_on(notes, date(2026, 7, 1)) == frozenset()
    assert spans(notes) == {"old": (date.min, date.max)}


def test_spans_end_where_a_successor_begins(make_note: MakeNote) -> None:
    notes = [
        make_note(note_id="oldest", supersedes="[]"),
        make_note(note_id="old", supersedes="[oldest]"),
        make_note(note_id="new", supersedes="[old]", effective_from="2026-07-01", effective_through="2026-12-31"),
    ]
    assert spans(notes) == {
        "old": (date.min, date(2026, 6, 30)),
        "new": (date(2026, 7, 1), date(2026, 12, 31)),
    }


@pytest.mark.parametrize(
    ("lower_rule", "key", "code", "expected"),
    [
        ('when: {codes: ["31255"]}\nrequire: {modifiers: ["50"]}', None, None, True),
        ('when: {codes: ["31255"]}\nrequire: {modifiers: ["50"]}', "modifiers:side", "31255", True),
        ('when: {codes: ["31255"]}\nrequire: {modifiers: ["50"]}', "modifiers:side", "31257", False),
        ('when: {codes: ["31255"]}\nrequire: {modifiers: ["50"]}', "units", "31255", False),
        ('when: {codes: ["31255"]}\nrequire: {modifiers: [LT]}\nunits-max: 1', "units", "31255", False),
        ('when: {codes: ["31267"]}\nrequire: {modifiers: ["50"]}', None, None, False),
        ('when: {codes: ["31255"]}\nrequire: {modifiers: ["59"]}', None, None, False),
        ('when: {codes: ["31255"], bilateral: false}\nrequire: {modifiers: ["50"]}', None, None, False),
        ("forbid: {modifiers: [RT]}", None, None, True),
        ("forbid: {modifiers: [RT]}", "modifiers:side", "99213", False),
    ],
)
def test_a_higher_rule_suspends_a_lower_one_for_its_codes_and_keys(
    lower_rule: str, key: str | None, code: str | None, expected: bool, make_note: MakeNote
) -> None:
    higher = placed(make_note(SIDE + EXAMPLES, payers="[acme]"))
    lower = placed(make_note(f"{lower_rule}\n{EXAMPLES}", layer="library"))
    assert suspends(higher, lower, procedure_code=code, key=key) is expected
    assert not suspends(lower, higher, procedure_code=code, key=key)


def test_units_max_speaks_about_units(make_note: MakeNote) -> None:
    higher = placed(make_note(f'when: {{codes: ["31255"]}}\nunits-max: 2\n{EXAMPLES}', payers="[acme]"))
    lower = placed(make_note(f'when: {{codes: ["31255"]}}\nrequire: {{units: 1}}\n{EXAMPLES}'))
    assert suspends(higher, lower, key="units")


def test_rules_of_one_level_do_not_suspend_each_other(make_note: MakeNote) -> None:
    first, second = (placed(make_note(SIDE + EXAMPLES, note_id=name, payers="[acme]")) for name in ("one", "two"))
    assert not suspends(first, second)
