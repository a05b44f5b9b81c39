"""The judge: which notes bind a claim, one defect told once, safe fixes, and what must not matter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from assistant.rules.registry import all_rules
from assistant.rules.rule import Case, Finding, Outcome, Rule, change_lines
from assistant.validate import Judge, Report
from assistant.validate_scope import NoteIndex
from ingest.claims.model import Claim, ClaimLine
from ingest.claims.shorthand import read_claim
from ingest.notes.folder import read_folder
from ingest.notes.model import KbNote
from ingest.notes.reader import read_note
from ingest.tables.memory import MemoryTables
from ingest.tables.model import FeeScheduleRow, MueLimit, PtpEdit, Release

ROOT = Path(__file__).resolve().parents[2]
FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)


# The days about which the notes below begin, end and take each other's place.
DAYS = (
    st.sampled_from(
        [date(2026, month, day) for month, day in ((1, 31), (2, 1), (3, 31), (4, 1), (4, 30), (5, 1), (6, 30), (7, 1))]
    )
    | st.dates()
)


def release(program) -> Release:
    return Release(program, "2026", FIRST, LAST, 1, "0", "test")


TABLES = MemoryTables(
    {"ptp": release("ptp"), "mue": release("mue"), "mpfs": release("mpfs")},
    ptp_rows=(
        PtpEdit("90001", "90002", "1", FIRST),
        PtpEdit("31255", "31231", "0", FIRST),
        PtpEdit("69436", "69210", "1", FIRST),
    ),
    mue_rows=(MueLimit("31255", 1, "2"), MueLimit("69436", 1, "2"), MueLimit("95165", 30, "3")),
    fee_rows=tuple(
        FeeScheduleRow(code, "", "A", "0", "000", "2", bilateral, "0", "0", "0", "")
        for code, bilateral in (("31255", "1"), ("69436", "1"), ("30520", "0"), ("69210", "2"), ("31231", "2"))
    ),
)


def note(text: str, note_id: str = "a", *, layer="practice") -> KbNote:
    read = read_note(text.encode(), note_id=note_id, path=f"kb/{note_id}.md", layer=layer)
    assert read.note is not None
    assert not [one for one in read.problems if one.severity == "error"], read.problems
    return read.note


def claim(text: str) -> Claim:
    read = read_claim(text)
    assert read.claim is not None, read.problems
    return read.claim


def judged(text: str, notes: Iterable[KbNote] = (), rules: Iterable[Rule] = (), **more) -> Report:
    return Judge(tuple(notes), more.pop("tables", MemoryTables()), tuple(rules), **more).judge(claim(text))


def rules_found(report: Report) -> list[str]:
    return [finding.rule for finding in report.findings]


ACME = note("---\ntitle: Acme Health PPO\nkind: payer\npayers: [acme-ppo]\naliases: [Acme, AHP]\n---\nx\n", "acme")
RULE = """---
title: Tubes
kind: payer-rule
payers: [acme-ppo]
codes: [69436]
status: {status}
effective-from: 2026-02-01
effective-through: 2026-06-30
---
## Both ears
One line.

```rule
id: acme-tubes
when: {{codes: [69436], bilateral: true}}
require: {{modifiers: ["50"], units: 1}}
forbid: {{modifiers: [RT, LT]}}
fix: one-line-50
examples:
  - pass: 69436-50
  - fail: 69436-RT; 69436-LT
```
"""
TUBES = note(RULE.format(status="live"), "tubes")
BOTH = "69436-RT; 69436-LT"


@pytest.mark.parametrize("name", ["acme-ppo", "Acme Health PPO", "acme", " AHP ", "ACME-PPO", "acme  health   ppo"])
def test_a_payer_is_known_by_slug_title_and_alias(name: str) -> None:
    report = judged(f"payer: {name}\ndos: 2026-03-01\n{BOTH}", [ACME, TUBES])
    assert rules_found(report) == ["acme-tubes"]
    assert report.complete


@pytest.mark.parametrize(("name", "told"), [("payer: other; ", "no payer note knows"), ("", "names no payer")])
def test_of_an_unknown_payer_its_rules_are_not_evaluated_and_a_pass_is_not_complete(name: str, told: str) -> None:
    report = judged(f"{name}dos: 2026-03-01; {BOTH}", [ACME, TUBES])
    assert report.findings == ()
    assert (report.verdict, report.complete) == ("pass", False)
    assert [told in one.reason for one in report.not_evaluated] == [True]


def test_an_alias_of_two_payers_is_neither() -> None:
    other = note("---\ntitle: Acme Advantage\nkind: payer\npayers: [acme-adv]\naliases: [Acme]\n---\nx\n", "adv")
    report = judged(f"payer: Acme; dos: 2026-03-01; {BOTH}", [ACME, other, TUBES])
    assert "acme-adv or acme-ppo" in report.not_evaluated[0].reason
    assert rules_found(judged(f"payer: AHP; dos: 2026-03-01; {BOTH}", [ACME, other, TUBES])) == ["acme-tubes"]


def test_medicare_is_known_without_a_note_and_a_note_says_more() -> None:
    assert Judge((), MemoryTables(), ()).payer("Medicare").is_medicare  # type: ignore[union-attr]
    own = note("---\ntitle: Medicare B, Ohio\nkind: payer\npayers: [medicare]\nedits: [ptp]\n---\nx\n", "m")
    facts = Judge((own,), MemoryTables(), ()).payer("medicare")
    assert facts is not None
    assert (facts.name, facts.edits) == ("Medicare B, Ohio", frozenset({"ptp"}))


def test_the_practices_payer_note_stands_before_the_librarys() -> None:
    text = "---\ntitle: {0}\nkind: payer\npayers: [acme-ppo]\n---\nx\n"
    notes = (note(text.format("Library"), "a", layer="library"), note(text.format("Own"), "z"))
    for order in (notes, notes[::-1]):
        assert Judge(order, MemoryTables(), ()).payer("acme-ppo").name == "Own"  # type: ignore[union-attr]


@pytest.mark.parametrize("status", ["draft", "retired"])
def test_a_draft_is_never_enforced(status: str) -> None:
    report = judged(f"payer: acme; dos: 2026-03-01; {BOTH}", [ACME, note(RULE.format(status=status), "tubes")])
    assert report.findings == ()
    assert report.complete


@pytest.mark.parametrize(
    ("day", "found"), [("2026-01-31", False), ("2026-02-01", True), ("2026-06-30", True), ("2026-07-01", False)]
)
def test_a_note_binds_on_its_days_alone(day: str, found: bool) -> None:
    assert bool(judged(f"payer: acme; dos: {day}; {BOTH}", [ACME, TUBES]).findings) is found


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.tuples(st.sampled_from(("acme-ppo", "medicare", None)), st.none() | DAYS), min_size=2, max_size=8),
)
def test_what_is_in_force_does_not_hang_on_what_was_asked_before(asked: list[tuple[str | None, date | None]]) -> None:
    new = note("---\ntitle: New\nsupersedes: [tubes]\neffective-from: 2026-05-01\n---\nx\n", "new")
    broken = replace(TUBES, note_id="broken", effective_through=date(2026, 3, 31))
    index = NoteIndex((ACME, TUBES, new), (broken,))
    for payer, on in asked:
        here, alone = index.scope(payer, on), NoteIndex((ACME, TUBES, new), (broken,)).scope(payer, on)
        assert (here.placed, here.undated, here.left_out) == (alone.placed, alone.undated, alone.left_out)


def test_without_a_date_dated_notes_are_named_as_not_checked() -> None:
    report = judged(f"payer: acme; {BOTH}", [ACME, TUBES])
    assert report.findings == ()
    assert ["tubes" in one.reason and "dos" in one.reason for one in report.not_evaluated] == [True]


def test_a_superseded_note_binds_no_more_and_without_a_date_nobody_can_tell() -> None:
    undated = RULE.replace("effective-from: 2026-02-01\neffective-through: 2026-06-30\n", "").format(status="live")
    old = note(undated, "old")
    new = note("---\ntitle: New\nsupersedes: [old]\neffective-from: 2026-05-01\n---\nx\n", "new")
    assert rules_found(judged(f"payer: acme; dos: 2026-04-30; {BOTH}", [ACME, old, new])) == ["acme-tubes"]
    assert rules_found(judged(f"payer: acme; dos: 2026-05-01; {BOTH}", [ACME, old, new])) == []
    assert not judged(f"payer: acme; {BOTH}", [ACME, old, new]).complete
    for_good = replace(new, effective_from=None)
    assert judged(f"payer: acme; {BOTH}", [ACME, old, for_good]).complete


def test_a_note_with_an_error_leaves_its_claims_incomplete_and_no_others() -> None:
    broken = replace(TUBES, rules=())
    assert not judged("payer: acme; dos: 2026-03-01; 99213", [ACME], left_out=(broken,)).complete
    assert judged("payer: medicare; dos: 2026-03-01; 99213", [ACME], left_out=(broken,)).complete


# --- tables give way -----------------------------------------------------------------------------------------------


def units_rule(case: Case) -> Iterator[Outcome]:
    for index, line in case.lines():
        if line.units > 1 and not case.yields(index, "units"):
            yield UNITS.finding(case, [index], f"{line.procedure_code} more than once")


UNITS = Rule("ZZZ001", "error", "test", "high", units_rule)
OWN_UNITS = """---
title: Units
---
## Units

```rule
id: own-units
when: {codes: [99213]%s}
units-max: 3
examples:
  - pass: 99213 x3
```
"""


def test_a_coded_rule_gives_way_where_a_note_governs() -> None:
    governing = note(OWN_UNITS % "", "u")
    assert rules_found(judged("payer: medicare; dos: 2026-03-01; 99213 x2; 99214 x2", [governing], [UNITS])) == [
        "ZZZ001"
    ]
    assert rules_found(judged("payer: medicare; dos: 2026-03-01; 99213 x4", [governing], [UNITS])) == ["own-units"]


def test_where_a_note_may_govern_and_nobody_can_tell_the_table_is_not_evaluated() -> None:
    perhaps = note((OWN_UNITS % ", age: 18+").replace("pass: 99213", 'pass: "age: 20; 99213').replace("x3\n", 'x3"\n'))
    report = judged("payer: medicare; dos: 2026-03-01; 99213 x2", [perhaps], [UNITS])
    assert report.findings == ()
    assert [(one.rule, "age" in one.reason) for one in report.not_evaluated if one.rule == "ZZZ001"] == [
        ("ZZZ001", True)
    ]
    assert rules_found(judged("payer: medicare; dos: 2026-03-01; age: 9; 99213 x2", [perhaps], [UNITS])) == ["ZZZ001"]


# --- one defect ----------------------------------------------------------------------------------------------------


def finder(rule_id: str, message: str, *, drop: int | None = None, severity="error", lines=(0, 1)) -> Rule:
    """A rule that says this of the two codes 90001 and 90002, wherever both are there."""

    def check(case: Case) -> Iterator[Outcome]:
        if {"90001", "90002"} <= {line.procedure_code for line in case.claim.lines}:
            fix = None if drop is None else change_lines(case.claim, {drop: ()}, safe=False)
            yield rule.finding(case, lines, message, fix=fix)

    rule = Rule(rule_id, severity, f"authority of {rule_id}", "high", check)
    return rule


PTP = next(rule for rule in all_rules() if rule.rule_id == "PTP001")
PAIR = "payer: medicare; dos: 2026-03-01; 90001; 90002"


@pytest.mark.parametrize(
    ("family", "joined"),
    [
        (finder("FAM001", "90002 is part of 90001", drop=1), True),
        (finder("FAM001", "either of the two", drop=1), True),
        (finder("FAM001", "90002 with 90001 is for a person to decide"), True),
        (finder("FAM001", "90001 and 90002: bill the second", drop=0), True),
        (finder("FAM001", "the two need another place of service"), False),
        (finder("FAM001", "90002 wants a diagnosis", drop=0), False),
        (finder("FAM001", "90002 is part of 90001", drop=1, lines=(1,)), False),
    ],
)
def test_a_pair_and_the_specialtys_word_on_it_are_one_finding_with_both_sources(family: Rule, joined: bool) -> None:
    for rules in ([family, PTP], [PTP, family]):
        report = judged(PAIR, rules=rules, tables=TABLES)
        assert len(report.findings) == (1 if joined else 2)
        if joined:
            (found,) = report.findings
            assert found.rule == "FAM001"
            assert [rule for rule, _ in found.also] == ["PTP001"]
            assert found.also[0][1].release == "2026 (2026-01-01 to 2026-12-31)"
            assert report.to_json()["findings"][0]["also"][0]["rule"] == "PTP001"


def test_advice_about_a_pair_does_not_hide_that_it_is_an_error() -> None:
    report = judged(PAIR, rules=[finder("FAM001", "90002 beside 90001", severity="advice"), PTP], tables=TABLES)
    assert [(one.rule, one.severity, one.fix is not None) for one in report.findings] == [("FAM001", "error", True)]


def test_what_a_rule_says_twice_is_told_once_and_other_mends_stay() -> None:
    def check(case: Case) -> Iterator[Outcome]:
        for drop in (0, 1, 0):
            yield rule.finding(case, [0, 1], "x", fix=change_lines(case.claim, {drop: ()}, safe=False))

    rule = Rule("ZZZ001", "error", "test", "high", check)
    fixes = [one.fix and one.fix.fixed for one in judged("99213; 99214", rules=[rule]).findings]
    assert fixes == [claim("99214"), claim("99213")]


def test_two_findings_of_one_rule_stay_two() -> None:
    report = judged("payer: medicare; dos: 2026-03-01; 99213 x2; 99214 x2", rules=[UNITS])
    assert [finding.lines for finding in report.findings] == [(0,), (1,)]


# --- verdicts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("severity", "fix", "verdict"),
    [("error", 1, "fix"), ("error", None, "reject"), ("warning", None, "pass"), ("advice", None, "pass")],
)
def test_the_verdict_is_of_the_errors(severity, fix: int | None, verdict: str) -> None:
    report = judged("90001; 90002", rules=[finder("ZZZ001", "x", severity=severity, drop=fix)])
    assert report.verdict == verdict
    assert report.to_json()["verdict"] == verdict


# --- properties, with every rule and every note --------------------------------------------------------------------


@cache
def everything() -> Judge:
    own = read_folder(ROOT / "kb", layer="practice", exclude=frozenset({"library"}))
    library = read_folder(ROOT / "kb" / "library", layer="library", prefix="library/")
    return Judge((*own.notes, *library.notes), TABLES, all_rules())


CODES = "31255 31231 31267 30520 30140 69436 69210 99213 99203 95165 95115 92557 92552 20610 11102 17000 93000 J3301"
LINES = st.builds(
    ClaimLine,
    st.sampled_from(CODES.split()),
    st.lists(st.sampled_from("50 RT LT 59 25 51 26 TC ZZ 24 78".split()), max_size=3, unique=True).map(tuple),
    st.sampled_from((1, 1, 1, 2, 31)),
)
HEADERS = st.sampled_from(
    [
        "payer: blue-shield-ppo   dos: 2026-09-15   pos: 24   age: 46   sex: F\ndx: J32.0, J34.2",
        "payer: medicare   dos: 2026-03-01   pos: 11   age: 70\ndx: H61.23\nprior: 31255 2026-02-20",
        "payer: summit-hmo   dos: 2026-09-15   new-patient: no\nprior: none",
        "dos: 2026-09-15",
        "payer: unheard of",
        "dos: 2026-12-31   payer: medicaid   age: 11",
        "dos: 2027-01-01   payer: medicaid   age: 12",
    ]
)
CLAIMS = st.builds(
    lambda header, lines: replace(claim(f"{header}\n99213"), lines=tuple(lines)),
    HEADERS,
    st.lists(LINES, min_size=1, max_size=5),
)
SLOW = settings(deadline=None, max_examples=120, suppress_health_check=[HealthCheck.too_slow])


def seen(given_claim: Claim, findings: Iterable[Finding]) -> list[tuple[str, str, list[str]]]:
    """What was found, without the order of lines; of advice only that it was given."""
    return sorted(
        (
            one.rule,
            one.severity,
            [] if one.severity == "advice" else sorted(str(given_claim.lines[index]) for index in one.lines),
        )
        for one in findings
    )


@SLOW
@given(CLAIMS, st.randoms(use_true_random=False))
def test_the_order_of_lines_changes_no_finding(one: Claim, chance) -> None:
    shuffled = replace(one, lines=tuple(chance.sample(one.lines, len(one.lines))))
    assume(shuffled != one)
    # Of three lines of one code BIL005 pairs the first 50 with each other one, so that order tells which pairs it names.
    codes = [line.procedure_code for line in one.lines]
    assume(all(codes.count(code) < 3 for code in codes))
    first, second = everything().judge(one), everything().judge(shuffled)
    assert seen(one, first.findings) == seen(shuffled, second.findings)
    assert first.verdict == second.verdict
    assert {(o.rule, o.table) for o in first.not_evaluated} == {(o.rule, o.table) for o in second.not_evaluated}


@SLOW
@given(CLAIMS, st.booleans())
def test_an_unrelated_line_changes_no_finding_about_the_others(one: Claim, at_the_end: bool) -> None:
    # Codes no table, rule or note knows. One is there from the start: that a line stands alone is told by some rules
    # (25 on a visit with nothing beside it).
    one = replace(one, lines=(*one.lines, ClaimLine("90998", ("ZY",))))
    other = ClaimLine("90999", ("ZY",))
    longer = replace(one, lines=(*one.lines, other) if at_the_end else (other, *one.lines))
    place = len(one.lines) if at_the_end else 0
    found = [
        replace(finding, lines=tuple(index for index in finding.lines if index != place))
        for finding in everything().judge(longer).findings
        if finding.lines != (place,)
    ]
    before, after = seen(one, everything().judge(one).findings), seen(longer, found)
    assert [row for row in before if row[1] != "advice"] == [row for row in after if row[1] != "advice"]


@SLOW
@given(CLAIMS)
def test_safe_fixes_are_idempotent_and_leave_no_more_errors(one: Claim) -> None:
    report = everything().judge(one)
    if report.fixed is None:
        return
    again = everything().judge(report.fixed)
    assert again.fixed is None
    before = {finding.rule for finding in report.findings if finding.severity == "error"}
    assert {f.rule for f in again.findings if f.severity == "error" and f.rule not in {"PTP001"}} <= before | {
        rule for finding in report.findings for rule, _ in finding.also
    }


@SLOW
@given(CLAIMS)
def test_the_same_claim_has_the_same_report_and_every_finding_its_source(one: Claim) -> None:
    report = everything().judge(one)
    assert report == everything().judge(one)
    ranks = [("error", "warning", "advice").index(finding.severity) for finding in report.findings]
    assert ranks == sorted(ranks)
    for finding in report.findings:
        assert finding.source.text
        assert all(0 <= index < len(one.lines) for index in finding.lines)
        assert (finding.source.kind == "table") <= (finding.source.release is not None)
        assert finding.fix is None or finding.fix.fixed != one
