"""A rule that is changed in one place is noticed by its YAML cases: indicators, boundaries, sets, order of a pair, sides.

The cases are the judge here, not the rules. Who changes one of these rules and sees a survivor adds the case that tells
right from wrong; EQUAL holds what no case can tell apart.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest

import assistant.rules as room
from assistant.rules.rule import Rule

from .cases import FOLDER, RuleCase, cases_of, complaint, gravest
from .mutants import Mutant, mutants

ROOM = Path(room.__path__[0])
# The rules by which payers refuse most, and those of the plainest form; the slow and long lists of codes are not here.
SAMPLE = (
    "PTP001 MUE001 MUE002 AOC001 AOC002 AST001 AST002 BIL001 BIL002 BIL003 BIL004 BIL005 BIL006 BIL007 "
    "GLB001 GLB002 GLB003 GLB004 GLB005 GLB006 GLB007 GLB008 GLB009 NEW001 NEW002 NEW003 EMV001 EMV002 EMV003 EMV006 "
    "DX001 DX002 DX003 DX005 DX010 HCP001 FIL001 FIL002 FIL003 PCT001 PCT003 PCT004 MOD002 MOD004 MOD005 MOD010 "
    "MOD019 MOD020 ENT001 ENT002 ENT003 ENT005 ENT010 ENT051"
).split()
# What rules share, and the rules whose cases must notice a change of it.
SHARED = {
    "global_days": ("GLB001", "GLB002", "GLB003", "GLB004", "GLB005", "GLB006", "GLB007"),
    "both_sides": ("BIL001", "BIL002", "BIL004", "BIL006", "BIL007"),
    "known_patient": ("NEW001", "NEW002"),
    "coverage": ("AOC001", "MUE001", "MUE002", "BIL001", "BIL002", "HCP001", "AST001", "MOD015"),
}
# Changes that change nothing a rule says, such as leaving out a test that only saves time; no fee schedule gives a visit
# global days.
EQUAL = frozenset(
    {
        "ENT010: surgery <= _NOT_GUIDED: surgery <= _NOT_GUIDED -> surgery < _NOT_GUIDED",
        "EMV001: codes.isdisjoint(present): go on",
        "EMV001: present = {line.procedure_code for line in case.claim.lines} & VISITS: "
        "{line.procedure_code for line in case.claim.lines} & VISITS -> "
        "{line.procedure_code for line in case.claim.lines} | VISITS",
        "MOD005: len(line.modifiers) < 2 or len(_CONCERNED.intersection(line.modifiers)) < 2: go on",
        "MOD005: len(line.modifiers) < 2 or len(_CONCERNED.intersection(line.modifiers)) < 2: "
        "len(line.modifiers) < 2 or len(_CONCERNED.intersection(line.modifiers)) < 2 -> "
        "len(line.modifiers) < 2 and len(_CONCERNED.intersection(line.modifiers)) < 2",
        "global_days: _NO_PROCEDURE = VISITS | VISIT_ADD_ONS | {POSTOPERATIVE_VISIT}: "
        "VISITS | VISIT_ADD_ONS -> VISITS & VISIT_ADD_ONS",
        "global_days: _NO_PROCEDURE = VISITS | VISIT_ADD_ONS | {POSTOPERATIVE_VISIT}: "
        "VISITS | VISIT_ADD_ONS | {POSTOPERATIVE_VISIT} -> (VISITS | VISIT_ADD_ONS) & {POSTOPERATIVE_VISIT}",
        "BIL002: for line in lines if line.units > 1 or line.modifiers: line.units > 1 -> line.units >= 1",
        "MUE001: return any((line.units > 1 for line in lines)) or len({line.procedure_code for l: "
        "line.units > 1 -> line.units >= 1",
        "MUE001: return any((line.units > 1 for line in lines)) or len({line.procedure_code for l: "
        "len({line.procedure_code for line in lines}) < len(lines) -> "
        "len({line.procedure_code for line in lines}) <= len(lines)",
        "MUE001: total < 2 and (not medicare): go on",
        "NEW003: codes.isdisjoint(NEW_PATIENT) or codes.isdisjoint(ESTABLISHED_PATIENT): "
        "codes.isdisjoint(NEW_PATIENT) or codes.isdisjoint(ESTABLISHED_PATIENT) -> "
        "codes.isdisjoint(NEW_PATIENT) and codes.isdisjoint(ESTABLISHED_PATIENT)",
    }
)


@pytest.mark.parametrize("rule_id", SAMPLE)
def test_the_cases_notice_a_changed_rule(rule_id: str) -> None:
    cases = list(cases_of(FOLDER / f"{rule_id}.yaml"))
    found = list(mutants(ROOM / f"{rule_id}.py"))
    assert found
    survivors = {one.change for one in found if _passes(_rule_of(one, rule_id), cases)}
    assert survivors - EQUAL == set()


@pytest.mark.parametrize("helper", SHARED)
def test_the_cases_notice_a_change_of_what_rules_share(helper: str, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"{room.__name__}.{helper}"
    cases = {rule_id: list(cases_of(FOLDER / f"{rule_id}.yaml")) for rule_id in SHARED[helper]}
    sources = {
        rule_id: compile((ROOM / f"{rule_id}.py").read_text(encoding="utf-8"), rule_id, "exec")
        for rule_id in SHARED[helper]
    }
    survivors = set()
    for one in mutants(ROOM / f"{helper}.py"):
        module = _run(one, name)
        if module is None:
            continue
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, name, module)
            rules = {rule_id: _rule_of(Mutant(rule_id, source), rule_id) for rule_id, source in sources.items()}
        if all(_passes(rules[rule_id], cases[rule_id]) for rule_id in rules):
            survivors.add(one.change)
    assert survivors - EQUAL == set()


def test_no_change_is_called_equal_that_is_not_made() -> None:
    made = {one.change for name in (*SAMPLE, *SHARED) for one in mutants(ROOM / f"{name}.py")}
    assert made >= EQUAL


def _run(one: Mutant, name: str) -> ModuleType | None:
    """The changed module; None where it cannot even be loaded, which every test notices."""
    try:
        return one.run(name)
    except Exception:  # noqa: BLE001 - whatever a change breaks is noticed
        return None


def _rule_of(one: Mutant, rule_id: str) -> Rule | None:
    module = _run(one, f"{room.__name__}.{rule_id}")
    return None if module is None else module.RULE


def _passes(rule: Rule | None, cases: Sequence[RuleCase]) -> bool:
    if rule is None:
        return False
    try:
        return all(complaint(rule, one) is None for one in cases) and gravest(rule, cases) == rule.severity
    except Exception:  # noqa: BLE001 - whatever a change breaks is noticed
        return False
