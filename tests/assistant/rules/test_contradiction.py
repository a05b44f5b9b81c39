"""Pairs of rules that cannot both be obeyed, and pairs that only look so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from assistant.rules.contradiction import clash, contradictions
from assistant.rules.precedence import PlacedBlock, spans
from ingest.notes.model import KbNote, RuleBlock

MakeNote = Callable[..., KbNote]
NEEDS_50 = 'when: {codes: ["31255"]}\nrequire: {modifiers: ["50"]}'
NO_50 = 'when: {codes: ["31253-31259"]}\nforbid: {modifiers: ["50"]}'


def rule(demand: str, when: str = "codes: ['31255']") -> str:
    return f"when: {{{when}}}\n{demand}"


@pytest.fixture
def pair(make_note: MakeNote) -> Callable[..., list[str]]:
    def _pair(
        first: str, second: str, here: dict[str, str] | None = None, there: dict[str, str] | None = None
    ) -> list[str]:
        examples = 'examples: [{pass: "99211"}, {fail: "99211"}]'
        notes = [
            make_note(f"id: {name}\n{text}\n{examples}", note_id=name, **({"payers": "[acme]"} | (fields or {})))
            for name, text, fields in (("one", first, here), ("two", second, there))
        ]
        placed = [PlacedBlock(note, block) for note in notes for block in note.rules]
        return [found.reason for found in contradictions(placed, spans(notes))]

    return _pair


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        (NEEDS_50, NO_50, '"one" requires modifier 50, "two" forbids it'),
        (NO_50, NEEDS_50, '"two" requires modifier 50, "one" forbids it'),
        (NEEDS_50, rule("require: {modifiers: [RT, LT]}"), None),
        (rule("require: {modifiers: ['79']}"), rule("require: {modifiers: ['58']}"), None),
        (rule("require: {modifiers: ['59']}"), rule("require: {modifiers: [XS]}"), None),
        (rule("require: {units: 1}"), rule("require: {units: 2}"), '"one" requires units 1, "two" units 2'),
        (rule("require: {units: 2}"), rule("forbid: {units: 2}"), '"one" requires units 2, "two" forbids them'),
        (rule("units-max: 1"), rule("require: {units: 2}"), '"two" requires units 2, "one" allows at most 1'),
        (
            rule("require: {places: ['11']}"),
            rule("require: {places: ['22', '24']}"),
            '"one" requires place of service 11, "two" 22, 24',
        ),
        (
            rule("require: {places: ['11']}"),
            rule("forbid: {places: ['11', '22']}"),
            '"one" requires place of service 11, "two" forbids it',
        ),
        (
            rule("require: {diagnoses: [J32.0]}"),
            rule("forbid: {diagnoses: [J32]}"),
            '"one" requires diagnosis J32.0, "two" forbids it',
        ),
        (
            rule("forbid: {modifiers: [RT, LT]}\nfix: one-line-50", "bilateral: true"),
            rule("forbid: {modifiers: ['50']}\nfix: two-lines-rt-lt"),
            '"one" bills both sides on one line with 50, "two" on two lines with RT and LT',
        ),
        (
            rule("forbid: {modifiers: [RT, LT]}", "bilateral: true"),
            rule("forbid: {modifiers: ['50']}", "bilateral: true"),
            'for both sides "two" forbids 50 and "one" forbids RT or LT',
        ),
        (
            rule("forbid: {modifiers: ['50']}\nfix: two-lines-rt-lt", "bilateral: true"),
            rule("units-max: 1"),
            '"one" bills both sides on two lines, "two" allows 1 unit over all lines',
        ),
        ("forbid: {modifiers: ['50']}", NEEDS_50, '"two" requires modifier 50, "one" forbids it'),
        (NEEDS_50, rule("forbid: {modifiers: ['50']}", "age: 0-11"), '"one" requires modifier 50, "two" forbids it'),
    ],
)
def test_what_cannot_both_hold_is_a_contradiction(
    first: str, second: str, reason: str | None, pair: Callable[..., list[str]]
) -> None:
    (found,) = pair(first, second)
    assert reason is None or found == reason


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (rule("require: {modifiers: ['50']}"), rule("require: {units: 1}")),
        (rule("require: {modifiers: ['59']}"), rule("require: {modifiers: [RT]}")),
        (rule("require: {modifiers: [RT]}"), rule("require: {modifiers: [LT]}")),
        (rule("require: {places: ['11', '22']}"), rule("require: {places: ['22', '24']}")),
        (rule("require: {places: ['11', '22']}"), rule("forbid: {places: ['11']}")),
        (rule("require: {diagnoses: [J32, J33]}"), rule("forbid: {diagnoses: [J32]}")),
        (rule("require: {diagnoses: [J32]}"), rule("require: {diagnoses: [J33]}")),
        (rule("units-max: 10"), rule("units-max: 20")),
        (rule("units-max: 2"), rule("require: {units: 2}")),
        ("file-within-days: 90", "file-within-days: 180"),
        (rule("require: {documentation: [ct]}"), rule("require: {documentation: [note]}")),
        (rule("forbid: {modifiers: [RT]}"), rule("forbid: {modifiers: [RT, LT]}")),
        (rule("forbid: {modifiers: [RT, LT]}", "bilateral: true"), rule("forbid: {modifiers: ['50']}", "age: 0+")),
        (
            rule("forbid: {modifiers: [RT, LT]}\nrequire: {units: 2}", "bilateral: true"),
            rule("forbid: {modifiers: ['50']}", "bilateral: true"),
        ),
        # doing what the first asks takes the line out of the second's condition
        (
            rule("require: {modifiers: ['50']}", "bilateral: true"),
            rule("forbid: {modifiers: ['50']}", "modifiers: [RT]"),
        ),
        (rule("require: {units: 1}"), rule("require: {units: 2}", "units: 2+")),
    ],
)
def test_what_can_both_hold_is_none(first: str, second: str, pair: Callable[..., list[str]]) -> None:
    assert pair(first, second) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("codes: ['31255']", "codes: ['31267']"),
        ("bilateral: true", "bilateral: false"),
        ("bilateral: false", "modifiers: ['50']"),
        ("modifiers: ['78']", "modifiers: ['79']"),
        ("age: 0-11", "age: 12+"),
        ("sex: F", "sex: M"),
        ("new-patient: true", "new-patient: false"),
        ("places: ['11']", "places: ['22', '24']"),
        ("units: 1", "units: 2+"),
        ("diagnoses: [J32]", "diagnoses: [H65.0-H65.9]"),
        ("with: ['31575']", "without: ['31570-31579']"),
        ("days-since: {codes: ['30520'], days: 1-90}", "days-since: {codes: ['30520'], days: 91+}"),
    ],
)
def test_conditions_that_shut_each_other_out_are_no_contradiction(
    one: str, other: str, pair: Callable[..., list[str]]
) -> None:
    assert pair(rule("require: {modifiers: ['25']}", one), rule("forbid: {modifiers: ['25']}", other)) == []
    assert pair(rule("forbid: {modifiers: ['25']}", one), rule("require: {modifiers: ['25']}", other)) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("codes: ['31255']", "codes: ['31253-31257']"),
        ("bilateral: true", "bilateral: true"),
        ("modifiers: ['78', '79']", "modifiers: ['79']"),
        ("age: 0-12", "age: 12+"),
        ("places: ['11', '24']", "places: ['22', '24']"),
        ("units: 1-2", "units: 2+"),
        ("diagnoses: [J32]", "diagnoses: [J32.0]"),
        ("diagnoses: [H65]", "diagnoses: [H65.0-H65.9]"),
        ("with: ['31575']", "without: ['31570']"),
        ("with: ['31575', '31231']", "without: ['31575']"),
        ("days-since: {codes: ['30520'], days: 1-90}", "days-since: {codes: ['30520'], days: 90+}"),
        ("days-since: {codes: ['30520'], days: 1-90}", "days-since: {codes: ['31255'], days: 91+}"),
        ("age: 0-11", "places: ['11']"),
    ],
)
def test_conditions_that_can_hold_together_are(one: str, other: str, pair: Callable[..., list[str]]) -> None:
    assert pair(rule("require: {modifiers: ['25']}", one), rule("forbid: {modifiers: ['25']}", other)) == [
        '"one" requires modifier 25, "two" forbids it'
    ]


@pytest.mark.parametrize(
    ("here", "there", "contradictory"),
    [
        ({}, {}, True),
        ({}, {"payers": "[summit]"}, False),
        ({"payers": "[acme, summit]"}, {"payers": "[summit]"}, True),
        ({"payers": "[]"}, {}, False),
        ({"payers": "[]"}, {"payers": "[]"}, True),
        ({}, {"layer": "library"}, False),
        ({"layer": "library"}, {"layer": "library"}, True),
        ({}, {"status": "draft"}, False),
        ({"status": "retired"}, {}, False),
        ({"supersedes": "[two]"}, {}, False),
        ({}, {"supersedes": "[one]"}, False),
        ({"effective_through": "2025-12-31"}, {"effective_from": "2026-01-01"}, False),
        ({"effective_through": "2026-01-01"}, {"effective_from": "2026-01-01"}, True),
        ({}, {"supersedes": "[one]", "effective_from": "2026-01-01"}, False),
    ],
)
def test_only_live_rules_of_one_level_payer_and_time_contradict(
    here: dict[str, str], there: dict[str, str], contradictory: bool, pair: Callable[..., list[str]]
) -> None:
    assert bool(pair(NEEDS_50, NO_50, here, there)) is contradictory


def test_two_rules_of_one_note_can_contradict(make_note: MakeNote) -> None:
    examples = 'examples: [{pass: "99211"}, {fail: "99211"}]'
    note = make_note([f"id: one\n{NEEDS_50}\n{examples}", f"id: two\n{NO_50}\n{examples}"], effective_from="2026-01-01")
    (found,) = contradictions([PlacedBlock(note, block) for block in note.rules], spans([note]))
    assert str(found.codes) == "31255"
    assert (found.effective_from, found.effective_through) == (date(2026, 1, 1), date.max)


def test_a_rule_never_contradicts_itself(make_block: Callable[[str], RuleBlock]) -> None:
    for text in (NEEDS_50, NO_50, rule("require: {units: 1}\nfix: set-units")):
        assert clash(make_block(text), make_block(text)) is None
