"""Every coded rule does what its YAML cases say, and has the cases and the documentation it owes."""

from __future__ import annotations

import re
from collections import defaultdict

import pytest

from assistant.rules.registry import all_rules, explanation
from assistant.rules.rule import Finding, Unevaluated
from ingest.claims.shorthand import read_claim, write_claim

from .cases import RuleCase, all_cases

RULES = {rule.rule_id: rule for rule in all_rules()}
CASES = all_cases()
SECTIONS = ("What it checks:", "Why it matters:", "Fix:", "Not evaluated when:", "Source:")


@pytest.mark.parametrize("one", CASES, ids=lambda one: f"{one.rule_id}: {one.name}")
def test_a_rule_finds_what_its_case_says(one: RuleCase) -> None:
    rule, expected = RULES[one.rule_id], one.expected
    outcomes = list(rule.check(one.case)) if rule.binds(one.case.payer) else []
    findings = [outcome for outcome in outcomes if isinstance(outcome, Finding)]
    open_ones = [outcome for outcome in outcomes if isinstance(outcome, Unevaluated)]
    assert all(finding.rule == one.rule_id for finding in findings)
    if expected.get("switched-off"):
        assert not rule.binds(one.case.payer)
    elif expected.get("silent"):
        assert (findings, open_ones) == ([], [])
    elif (owed := expected.get("not-evaluated")) is not None:
        assert open_ones
        assert not findings
        assert any(
            owed.get("reason", "") in outcome.reason and owed.get("table") in (None, outcome.table)
            for outcome in open_ones
        )
    else:
        owed = expected["finds"]
        for wanted in owed if isinstance(owed, list) else [owed]:
            assert any(_is(finding, wanted) for finding in findings), findings
        if isinstance(owed, list):
            assert len(findings) == len(owed), findings
        else:
            assert len(findings) == 1, findings


def _is(finding: Finding, wanted: dict[str, object]) -> bool:
    fixed = wanted.get("fixed")
    return all(
        (
            "lines" not in wanted or finding.lines == tuple(wanted["lines"]),  # type: ignore[arg-type]
            "severity" not in wanted or finding.severity == wanted["severity"],
            "message" not in wanted or str(wanted["message"]) in finding.message,
            "fix" not in wanted or (finding.fix.shorthand if finding.fix else None) == wanted["fix"],
            "safe" not in wanted or (finding.fix is not None and finding.fix.safe == wanted["safe"]),
            fixed is None or (finding.fix is not None and write_claim(finding.fix.fixed) == _written(str(fixed))),
        )
    )


def _written(text: str) -> str:
    claim = read_claim(text).claim
    assert claim is not None, text
    return write_claim(claim)


@pytest.mark.parametrize("rule_id", RULES)
def test_a_rule_has_the_cases_it_owes(rule_id: str) -> None:
    rule = RULES[rule_id]
    kinds: dict[str, list[RuleCase]] = defaultdict(list)
    for one in CASES:
        if one.rule_id == rule_id:
            kinds[
                next(kind for kind in ("finds", "silent", "not-evaluated", "switched-off") if kind in one.expected)
            ].append(one)
    assert kinds["finds"], "no firing case"
    assert kinds["silent"], "no silent case"
    if rule.tables or rule.optional_keys:
        assert kinds["not-evaluated"], "it reads a table or an optional key but has no not-evaluated case"
    for program in rule.tables:
        assert any(one.expected["not-evaluated"].get("table") == program for one in kinds["not-evaluated"]), program
    if rule.edits:
        assert kinds["switched-off"], "a payer may switch it off: show it"


@pytest.mark.parametrize("rule_id", RULES)
def test_a_rule_is_documented(rule_id: str) -> None:
    told = explanation(rule_id)
    assert re.match(rf"{rule_id}: [^\n]+\.", told)
    places = [told.find(section) for section in SECTIONS]
    assert -1 not in places, dict(zip(SECTIONS, places, strict=True))
    assert places == sorted(places)


def test_every_case_file_is_of_a_rule() -> None:
    assert {one.rule_id for one in CASES} == set(RULES)
