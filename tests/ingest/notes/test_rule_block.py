"""Rule blocks: every key of the vocabulary, and nothing kept of a block that could not be read whole."""

from __future__ import annotations

import pytest

from ingest.codes import CodeSet
from ingest.notes.model import DaysSince, Forbid, NumberRange, Require, RuleBlock, When

EXAMPLES = "examples:\n  - pass: 99213\n  - fail: 99214\n"


@pytest.fixture
def rule_of(good):
    """Reads one rule block without a problem."""

    def read_rule(block: str) -> RuleBlock:
        note = good(f"## H\n```rule\n{block}\n{EXAMPLES}```\n")
        assert len(note.rules) == 1
        return note.rules[0]

    return read_rule


def test_every_key_of_when_is_read(rule_of) -> None:
    rule = rule_of("""\
id: r
when:
  codes: [31253-31259, J3301]
  modifiers: 50
  with: 31267
  without: [31231, 31575]
  diagnoses: [J32, j32.0, H65.0-H65.9]
  places: "11, 24"
  bilateral: yes
  units: 2+
  age: 18-64
  sex: female
  new-patient: false
  days-since: {codes: [30520], days: 1-90}
units-max: 1""")
    assert rule.when == When(
        codes=CodeSet.parse(["31253-31259", "J3301"]),
        modifiers=("50",),
        with_codes=CodeSet.parse(["31267"]),
        without_codes=CodeSet.parse(["31231", "31575"]),
        diagnoses=("J32", "J32.0", "H65.0-H65.9"),
        places=("11", "24"),
        bilateral=True,
        units=NumberRange(2, None),
        age=NumberRange(18, 64),
        sex="F",
        new_patient=False,
        days_since=DaysSince(CodeSet.parse(["30520"]), NumberRange(1, 90)),
    )


def test_every_effect_is_read(rule_of) -> None:
    rule = rule_of("""\
id: r-2
require: {modifiers: rt, units: 1, places: [22], diagnoses: J32, authorization: true, documentation: ct report, attachments: [a, b]}
forbid: {modifiers: [LT], units: 2, places: 11, diagnoses: [Z00], codes: 31231}
units-max: 4
file-within-days: 90
severity: advice
message: Send it on paper
fix: drop-modifier""")
    assert rule.when is None
    assert rule.require == Require(("RT",), 1, ("22",), ("J32",), True, ("ct report",), ("a", "b"))
    assert rule.forbid == Forbid(("LT",), 2, ("11",), ("Z00",), CodeSet.parse(["31231"]))
    assert (rule.units_max, rule.file_within_days, rule.severity) == (4, 90, "advice")
    assert (rule.message, rule.fix) == ("Send it on paper", "drop-modifier")


def test_what_a_block_leaves_out_is_none(rule_of) -> None:
    rule = rule_of("id: r\nunits-max: 1")
    assert (rule.when, rule.require, rule.forbid, rule.file_within_days) == (None, None, None, None)
    assert (rule.severity, rule.message, rule.fix) == ("error", None, None)


@pytest.mark.parametrize(("written", "low", "high"), [("3", 3, 3), ("0-17", 0, 17), ("65+", 65, None), ("1 - 9", 1, 9)])
def test_number_ranges(rule_of, written: str, low: int, high: int | None) -> None:
    assert rule_of(f"id: r\nwhen: {{age: {written}}}\nunits-max: 1").when.age == NumberRange(low, high)


@pytest.mark.parametrize("written", ["-3", "3-", "1.5", "two", "9-1", "+", "٣", "9999999"])
def test_what_is_no_number_range_is_refused(only_problem, written: str) -> None:
    assert only_problem(f"```rule\nid: r\nwhen: {{age: '{written}'}}\nunits-max: 1\n```\nx").check == "KB028"


@pytest.mark.parametrize("written", ["٣١٢٥٥", "31255 31267", "3125", "Z1234", "*", "31255-", "-31255"])
def test_what_is_no_code_is_refused(only_problem, written: str) -> None:
    assert only_problem(f"```rule\nid: r\nwhen: {{codes: '{written}'}}\nunits-max: 1\n```\nx").check == "KB023"


@pytest.mark.parametrize(
    "block",
    [
        "id: r\nwhen: {codes: [31255, x]}\nunits-max: 1",
        "id: r\nwhen: {codes: [31255], wehn: 1}\nunits-max: 1",
        "id: r\nwhen: {codes: }\nunits-max: 1",
        "id: r\nwhen: {codes: []}\nunits-max: 1",
        "id: r\nwhen:\nunits-max: 1",
        "id: r\nrequire: {modifiers: []}",
        "id: r\nunits-max: 0",
        "id: r\nid: s\nunits-max: 1",
        "units-max: 1",
        "id:\nunits-max: 1",
        "id: r\nwhen: {days-since: {codes: [30520]}}\nunits-max: 1",
        "id: r\nexamples: {pass: 99213}\nunits-max: 1",
    ],
)
def test_half_a_rule_is_never_kept(read, block: str) -> None:
    result = read(f"```rule\n{block}\n```\nx")
    assert any(problem.severity == "error" for problem in result.problems)
    assert result.note.rules == ()


@pytest.mark.parametrize(
    ("block", "place"),
    [
        ("id: r\ncodes: [31255]\nunits-max: 1", "under `when` or under `forbid`"),
        ("id: r\nauthorization: true\nunits-max: 1", "under `require`"),
        ("id: r\nunits-max: 1\nwhen: {severity: error}", "at the block's top"),
        ("id: r\nrequire: {with: [31255]}\nunits-max: 1", "under `when`"),
    ],
)
def test_a_key_in_the_wrong_part_is_told_its_place(only_problem, block: str, place: str) -> None:
    assert only_problem(f"```rule\n{block}\n```\nx").message.endswith(f"it belongs {place}")


def test_a_block_in_a_list_item_or_a_quote_is_found_with_its_lines(good) -> None:
    note = good(
        "- item\n\n  ```rule\n  id: a\n  units-max: 1\n  examples: [pass: 99213, fail: 99213 x2]\n  ```\n\n"
        "> ~~~rule\n> id: b\n> units-max: 1\n> examples:\n>   - pass: 99213\n>   - fail: 99213 x2\n> ~~~\n"
    )
    assert [(rule.rule_id, rule.start_line, rule.end_line) for rule in note.rules] == [("a", 3, 7), ("b", 9, 15)]
    assert [example.line for rule in note.rules for example in rule.examples] == [6, 6, 13, 14]
    assert note.lines[13 - 1] == ">   - pass: 99213"


def test_a_block_shown_inside_another_fence_is_no_rule(good) -> None:
    assert good("````markdown\n```rule\nid: a\n```\n````\n").rules == ()


def test_examples_keep_quotes_out_and_header_keys_in(good) -> None:
    note = good(
        '```rule\nid: r\nunits-max: 1\nexamples:\n  - pass: "pos: 24; authorization: A1; 31267-50 x1"\n'
        "  - fail: 'age: 3; 31267 x2'\n```\n"
    )
    assert [example.claim_text for example in note.rules[0].examples] == [
        "pos: 24; authorization: A1; 31267-50 x1",
        "age: 3; 31267 x2",
    ]


def test_an_unclosed_rule_block_is_not_enforced(read) -> None:
    assert read("```rule\nid: r\nunits-max: 1\n").note.rules == ()
