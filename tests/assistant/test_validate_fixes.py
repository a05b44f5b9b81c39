"""The judge's safe fixes: one after the other, each claim's on its own, never for the worse and never without end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from assistant.rules.rule import Case, Outcome, Rule, change_lines, without_modifiers
from assistant.validate import Judge, Report
from ingest.claims.model import Claim
from ingest.claims.shorthand import read_claim
from ingest.tables.memory import MemoryTables


def claim(text: str) -> Claim:
    read = read_claim(text)
    assert read.claim is not None, read.problems
    return read.claim


def judged(text: str, rules: Iterable[Rule]) -> Report:
    return Judge((), MemoryTables(), tuple(rules)).judge(claim(text))


def dropper(rule_id: str, unwanted: str, wanted: str = "") -> Rule:
    """A rule that turns the modifier into another, as a safe fix."""

    def check(case: Case) -> Iterator[Outcome]:
        for index, line in case.lines():
            if unwanted in line.modifiers:
                other = without_modifiers(line, unwanted)
                other = replace(other, modifiers=(*other.modifiers, wanted)) if wanted else other
                yield rule.finding(case, [index], "x", fix=change_lines(case.claim, {index: (other,)}, safe=True))

    rule = Rule(rule_id, "error", "test", "high", check)
    return rule


def test_safe_fixes_are_applied_one_after_the_other() -> None:
    report = judged("99213-AA-BB; 99214-AA", rules=[dropper("ZZZ001", "AA"), dropper("ZZZ002", "BB")])
    assert report.fixed == claim("99213; 99214")
    assert len(report.findings) == 3


def test_fixes_that_run_in_a_circle_are_not_applied() -> None:
    report = judged("99213-AA", rules=[dropper("ZZZ001", "AA", "BB"), dropper("ZZZ002", "BB", "AA")])
    assert report.fixed is None


def test_a_safe_fix_that_brings_a_new_error_is_not_applied() -> None:
    def check(case: Case) -> Iterator[Outcome]:
        if "AA" not in case.claim.lines[0].modifiers:
            yield other.finding(case, [0], "AA is missing")

    other = Rule("ZZZ002", "error", "test", "high", check)
    assert judged("99213-AA", rules=[dropper("ZZZ001", "AA"), other]).fixed is None


def test_fixes_without_end_are_not_applied_and_end() -> None:
    asked = []

    def check(case: Case) -> Iterator[Outcome]:
        line = case.claim.lines[0]
        asked.append(line.units)
        more = replace(line, units=line.units + 1)
        yield rule.finding(case, [0], "more", fix=change_lines(case.claim, {0: (more,)}, safe=True))

    rule = Rule("ZZZ001", "error", "test", "high", check)
    assert judged("99213", rules=[rule]).fixed is None
    assert asked == list(range(1, 102))


def test_of_claims_judged_together_each_is_mended_on_its_own() -> None:
    judge = Judge((), MemoryTables(), (dropper("ZZZ001", "AA"), dropper("ZZZ002", "BB"), dropper("ZZZ003", "CC", "DD")))
    texts = ("99213-AA-BB", "99214", "99213-CC; 99214-AA", "99213-BB")
    assert [one.fixed for one in judge.judge_all([claim(text) for text in texts])] == [
        claim("99213"),
        None,
        claim("99213-DD; 99214"),
        claim("99213"),
    ]
