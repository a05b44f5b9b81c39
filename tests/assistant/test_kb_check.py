"""The checks of meaning: what each finds, where, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from assistant.kb_check import MeaningCheck, check_notes
from ingest.notes.model import EvidenceBlock, KbNote, Problem
from ingest.notes.reader import read_note

TODAY = date(2026, 11, 22)


def note(text: str, note_id: str = "payers/acme/note", layer: str = "practice") -> KbNote:
    read = read_note(text.encode(), note_id=note_id, path=f"kb/{note_id}.md", layer=layer)  # type: ignore[arg-type]
    assert read.note is not None, read.problems
    assert not [problem for problem in read.problems if problem.severity == "error"], read.problems
    return read.note


ACME = note("---\nkind: payer\npayers: [acme]\n---\n# Acme\nA plan.\n", "payers/acme/payer")


def rule_note(
    examples: str, rule: str = 'when: {codes: ["31237"]}\nrequire: {modifiers: ["79"]}', front: str = ""
) -> KbNote:
    """A note of acme whose examples begin on file line 11."""
    front = front or "effective-from: 2026-01-01"
    lines = ["---", "kind: payer-rule", "payers: [acme]", front, "---", "## Heading", "```rule", "id: the-rule"]
    return note("\n".join([*lines, *rule.split("\n"), "examples:", examples, "```", ""]))


def found(*notes: KbNote, known: Callable[[str], bool] | None = None, on: date = TODAY) -> list[tuple[int, str]]:
    return [(problem.line, problem.check) for problem in check_notes([ACME, *notes], on=on, known_diagnosis=known)]


def only(*notes: KbNote, known: Callable[[str], bool] | None = None) -> Problem:
    (problem,) = check_notes([ACME, *notes], on=TODAY, known_diagnosis=known)
    return problem


def test_examples_that_hold_raise_nothing() -> None:
    assert found(rule_note('  - pass: 31237-79\n  - pass: "31231"\n  - fail: 31237-RT')) == []


def test_a_pass_that_raises_its_rule_and_a_fail_that_does_not_are_found_on_their_lines() -> None:
    assert found(rule_note("  - pass: 31237-RT\n  - fail: 31237-79\n  - fail: 31237-58")) == [
        (12, "KB101"),
        (13, "KB101"),
    ]


def test_a_fail_that_cannot_be_decided_names_the_missing_key() -> None:
    rule = 'when: {codes: ["31237"], days-since: {codes: ["30520"], days: 1-90}}\nrequire: {modifiers: ["79"]}'
    problem = only(rule_note("  - fail: 31237-RT\n  - pass: 31237-79", rule))
    assert (problem.line, problem.check, problem.severity) == (12, "KB101", "error")
    assert '"prior:"' in problem.message


def test_a_pass_that_cannot_be_decided_is_a_warning() -> None:
    rule = 'when: {codes: ["31267"]}\nrequire: {documentation: [ct report]}'
    problem = only(rule_note('  - pass: "31267"\n  - fail: "documentation: none; 31267"', rule))
    assert (problem.line, problem.check, problem.severity) == (12, "KB107", "warning")
    assert '"documentation:"' in problem.message


def test_an_example_without_a_date_is_tried_on_the_note_s_first_day() -> None:
    rule = 'when: {codes: ["31237"], days-since: {codes: ["30520"], days: 1-90}}\nrequire: {modifiers: ["79"]}'
    examples = '  - fail: "prior: 30520 2025-12-01; 31237"\n  - pass: "prior: 30520 2025-09-01; 31237"'
    assert found(rule_note(examples, rule)) == []
    assert found(rule_note(examples, rule, front="verified: 2026-01-01")) == []
    assert found(rule_note(examples, rule, front="owner: devon.lee")) == [(12, "KB101"), (13, "KB107")]


@pytest.mark.parametrize(
    ("example", "checks"),
    [
        ("dos: 2025-12-31; 31237", ["KB101"]),
        ("dos: 2026-01-01; 31237", []),
        ("payer: summit; 31237", ["KB101", "KB105"]),
        ("payer: acme; 31237", []),
    ],
)
def test_a_fail_outside_the_note_s_payers_or_dates_does_not_hold(example: str, checks: list[str]) -> None:
    assert [check for _, check in found(rule_note(f'  - fail: "{example}"\n  - pass: 31237-79'))] == checks


def test_a_pass_outside_the_note_s_dates_holds() -> None:
    assert found(rule_note('  - pass: "dos: 2025-12-31; 31237"\n  - fail: "31237"')) == []


def test_the_default_date_is_not_held_against_the_note_s_dates() -> None:
    ended = "verified: 2026-06-01\neffective-through: 2026-03-31"
    assert found(rule_note('  - fail: "31237"\n  - pass: 31237-79', front=ended)) == []


def test_an_unreadable_example_is_found_with_its_column() -> None:
    problem = only(rule_note('  - fail: "pos: 24; 31237-RT 79"\n  - pass: 31237-79'))
    assert (problem.line, problem.check) == (12, "KB102")
    assert "column 19" in problem.message


def test_every_problem_of_an_example_is_told() -> None:
    assert [check for _, check in found(rule_note('  - fail: "pso: 24; 3123; 31237-79 x0"\n  - pass: 31237-79'))] == [
        "KB102",
        "KB102",
        "KB102",
    ]


def test_an_unknown_payer_of_an_example_gets_a_suggestion() -> None:
    problem = only(rule_note('  - pass: "payer: acne; 31237"\n  - fail: "31237"'))
    assert problem.check == "KB105"
    assert 'did you mean "acme"?' in problem.message


def test_a_contradiction_names_both_places_codes_payer_and_days() -> None:
    one = rule_note("  - pass: 31237-79\n  - fail: 31237-RT")
    other = note(
        "---\nkind: payer-rule\npayers: [acme]\neffective-from: 2026-07-01\n---\n# T\n```rule\nid: other-rule\n"
        'when: {codes: ["31233-31238"]}\nforbid: {modifiers: ["79"]}\n'
        "examples:\n  - pass: 31237-RT\n  - fail: 31237-79\n```\n",
        "payers/acme/other",
    )
    problem = only(one, other)
    assert (problem.path, problem.line, problem.check) == ("kb/payers/acme/other.md", 7, "KB103")
    for words in (
        '"other-rule"',
        '"the-rule"',
        "kb/payers/acme/note.md:7",
        "31237",
        "acme",
        "2026-07-01",
        "modifier 79",
    ):
        assert words in problem.message


def test_a_contradiction_that_is_over_is_a_warning() -> None:
    one = rule_note("  - pass: 31237-79\n  - fail: 31237-RT", front="effective-through: 2026-03-31")
    never = 'when: {codes: ["31237"]}\nforbid: {modifiers: ["79"]}'
    other = replace(rule_note("  - pass: 31237-58\n  - fail: 31237-79", never), note_id="payers/acme/other")
    assert [check for _, check in found(one, other, on=date(2026, 3, 31))] == ["KB103"]
    assert [check for _, check in found(one, other, on=date(2026, 4, 1))] == ["KB108"]


def known(code: str) -> bool:
    return code in {"J32", "J32.0", "S02.2", "S02.2XXA", "H65", "H65.0", "H65.9"}


@pytest.mark.parametrize(
    ("prose", "unknown"),
    [
        ("Use J32.0, not J32.00.", ["J32.00"]),
        ("J32.9 and S02.2XX, then S02.2XXA.", ["J32.9"]),
        ("Nothing here: J32, A1C, 99213, K12, 3.5, U.S.", []),
        ("See version V26.1, section B12.3 and form A10.2.", []),
        ("(J99.9)", ["J99.9"]),
        ("Code J32.-", []),
    ],
)
def test_diagnosis_codes_of_the_prose_must_exist(prose: str, unknown: list[str]) -> None:
    problems = check_notes([note(f"# T\n\n{prose}\n")], on=TODAY, known_diagnosis=known)
    assert [(problem.line, problem.check) for problem in problems] == [(3, "KB104")] * len(unknown)
    assert all(code in problem.message for code, problem in zip(unknown, problems, strict=True))


def test_diagnosis_codes_of_front_matter_rules_and_examples_must_exist() -> None:
    rule = 'when: {codes: ["31237"], diagnoses: [J32, J39, J3]}\nrequire: {modifiers: ["79"]}'
    text = rule_note(
        '  - fail: "dx: J320; 31237"\n  - pass: "dx: J32.8, J378; 31237-79"', rule, "title: All about J99.9"
    )
    assert found(text, known=known) == [(4, "KB104"), (7, "KB104"), (13, "KB104"), (13, "KB104")]


def test_diagnosis_codes_are_not_checked_without_a_table() -> None:
    assert found(note("# T\nUse J99.99.\n")) == []


@pytest.mark.parametrize(
    ("old", "new", "check", "line"),
    [
        ("septum ...", "septum ... ...", "KB109", 8),
        ("yes: The septum", "yes: The turbinate", "KB110", 10),
        ("was not", "was", "KB110", 11),
    ],
)
def test_evidence_blocks_are_run(old: str, new: str, check: str, line: int) -> None:
    text = (
        "---\nkind: procedure\n---\n## S\n```evidence\ncode: 30520\nsides: once\nany: [septum ... straightened]\n"
        "examples:\n  - yes: The septum was straightened.\n  - no: The septum was not straightened.\n```\n"
    )
    assert found(note(text)) == []
    assert found(note(text.replace(old, new))) == [(line, check)]


def test_an_evidence_block_needs_a_code_and_words() -> None:
    block = EvidenceBlock("31267", (("any", ("polyp removed",)),), "", 3, 9)
    bare = EvidenceBlock("", (("family", ("sinus",)),), "", 3, 9)
    plain = note("# T\nWords.\n")
    assert found(replace(plain, evidence=(block,))) == []
    assert found(replace(plain, evidence=(bare,))) == [(3, "KB106"), (3, "KB106")]


def test_problems_are_sorted_by_file_and_line() -> None:
    notes = [note("# T\n\nJ99.9\nJ98.9\n", name) for name in ("b", "a")]
    problems = check_notes(notes, on=TODAY, known_diagnosis=known)
    assert [(problem.path, problem.line) for problem in problems] == [
        ("kb/a.md", 3),
        ("kb/a.md", 4),
        ("kb/b.md", 3),
        ("kb/b.md", 4),
    ]


def test_check_ids_are_one_list_of_meaning_checks_each_with_a_sentence() -> None:
    assert [check.value for check in MeaningCheck] == [f"KB{number}" for number in range(101, 112)]
    assert all(check.meaning.endswith(".") for check in MeaningCheck)
