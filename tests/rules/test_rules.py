"""Every coded rule does what its YAML cases say, and has the cases and the documentation it owes."""

from __future__ import annotations

import re
from collections import defaultdict

import pytest

from assistant.rules.registry import all_rules, explanation

from .cases import RuleCase, all_cases, complaint, gravest

RULES = {rule.rule_id: rule for rule in all_rules()}
CASES = all_cases()
SECTIONS = ("What it checks:", "Why it matters:", "Fix:", "Not evaluated when:", "Source:")


@pytest.mark.parametrize("one", CASES, ids=lambda one: f"{one.rule_id}: {one.name}")
def test_a_rule_finds_what_its_case_says(one: RuleCase) -> None:
    assert complaint(RULES[one.rule_id], one) is None


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
def test_a_rule_declares_the_gravest_severity_it_finds(rule_id: str) -> None:
    cases = (one for one in CASES if one.rule_id == rule_id)
    assert gravest(RULES[rule_id], cases) == RULES[rule_id].severity


@pytest.mark.parametrize("rule_id", RULES)
def test_a_rule_is_documented(rule_id: str) -> None:
    told = explanation(rule_id)
    assert re.match(rf"{rule_id}: [^\n]+\.", told)
    places = [told.find(section) for section in SECTIONS]
    assert -1 not in places, dict(zip(SECTIONS, places, strict=True))
    assert places == sorted(places)


def test_every_case_file_is_of_a_rule() -> None:
    assert {one.rule_id for one in CASES} == set(RULES)
