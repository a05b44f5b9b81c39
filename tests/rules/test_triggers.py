"""A trigger never changes a report: every claim of the sets and of the cases is judged with and without, notes and all;
and what a trigger asks is what it says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from assistant.rules.registry import all_rules
from assistant.rules.trigger import Trigger, TriggerIndex
from assistant.validate import Judge
from evals.validate_items import load_claims
from evals.validate_tables import invented_tables
from ingest.claims.model import Claim
from ingest.claims.shorthand import read_claim
from ingest.notes.folder import read_folder
from ingest.tables.icd10cm_lookup import DiagnosisTables

from .cases import all_cases

ROOT = Path(__file__).resolve().parents[2]
SETS = ROOT / "evals" / "sets"


def claim(text: str) -> Claim:
    read = read_claim(text)
    assert read.claim is not None, read.problems
    return read.claim


@cache
def judges() -> tuple[Judge, Judge]:
    """One with triggers, one that asks every rule about every claim."""
    notes = read_folder(ROOT / "kb", layer="practice", exclude=frozenset({"library"})).notes
    tables = invented_tables(SETS / "validate-tables.yaml", DiagnosisTables())
    untriggered = tuple(replace(rule, trigger=None) for rule in all_rules())
    return Judge(notes, tables, all_rules()), Judge(notes, tables, untriggered)


def claims_of_sets() -> Iterator[Claim]:
    for name in ("validate.jsonl", "validate-cms.jsonl"):
        yield from (item.read for item in load_claims(SETS / name))


@pytest.mark.parametrize("source", ["sets", "cases"])
def test_reports_are_the_same_with_and_without_triggers(source: str) -> None:
    claims = list(claims_of_sets()) if source == "sets" else [one.case.claim for one in all_cases()]
    assert len(claims) > 500
    triggered, plain = judges()
    for one, other in zip(triggered.judge_all(claims), plain.judge_all(claims), strict=True):
        assert one == other


def test_claims_judged_together_have_the_reports_they_have_alone() -> None:
    judge = judges()[0]
    claims = [*claims_of_sets()][::3]
    assert judge.judge_all(claims) == [judge.judge(one) for one in claims]


def test_most_rules_have_a_trigger_and_each_is_met_by_a_case() -> None:
    rules = [rule for rule in all_rules() if rule.trigger is not None]
    assert len(rules) > 100
    claims = [one.case.claim for one in all_cases()]
    for rule in rules:
        assert rule.trigger is not None
        assert any(rule.trigger.met(one) for one in claims), rule.rule_id
        assert not all(rule.trigger.met(one) for one in claims), rule.rule_id


@pytest.mark.parametrize(
    ("trigger", "met"),
    [
        (Trigger(), True),
        (Trigger({"31255"}), True),
        (Trigger({"31256"}), False),
        (Trigger(modifiers={"RT"}), True),
        (Trigger({"31231"}, {"RT"}), True),
        (Trigger({"31255"}, {"LT"}), False),
        (Trigger(diagnoses=("J32", "J01")), True),
        (Trigger(diagnoses=("J32.01",)), False),
        (Trigger({"31255"}, {"RT"}, ("J3",)), True),
        (Trigger({"31255"}, {"RT"}, ("J4",)), False),
        (Trigger(frozenset()), False),
        (Trigger(diagnoses=()), False),
    ],
)
def test_all_of_a_trigger_must_be_on_the_claim(trigger: Trigger, met: bool) -> None:
    here = claim("dx: J32.0; 31255-RT; 31231")
    assert trigger.met(here) is met
    assert TriggerIndex([trigger, None, trigger]).met(here) == ((0, 1, 2) if met else (1,))


def test_an_index_forgets_and_answers_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.rules.trigger._MOST_REMEMBERED", 2)
    triggers = [Trigger(diagnoses=(f"J3{digit}",)) for digit in range(8)]
    index = TriggerIndex(triggers)
    for _ in range(2):
        for digit in range(8):
            assert index.met(claim(f"dx: J3{digit}.0; 31255")) == (digit,)
            assert len(index._places) <= 2
            assert len(index._by_diagnosis) <= 2
