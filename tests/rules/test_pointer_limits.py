"""What the shorthand cannot hold but other readers of claims may: too many diagnoses, pointers beyond them."""

from __future__ import annotations

import pytest

from assistant.rules.PTR001 import MOST_DIAGNOSES, RULE
from assistant.rules.rule import Case, Finding
from ingest.claims.model import Claim, ClaimLine, Diagnosis
from ingest.tables.memory import MemoryTables


def _findings(diagnoses: int, *pointers: int) -> list[Finding]:
    claim = Claim(
        (ClaimLine("60901", pointers=pointers),),
        diagnoses=tuple(Diagnosis(f"A{number:02d}.0") for number in range(diagnoses)),
    )
    return [outcome for outcome in RULE.check(Case(claim, MemoryTables())) if isinstance(outcome, Finding)]


@pytest.mark.parametrize(
    ("diagnoses", "found"), [(MOST_DIAGNOSES - 1, 0), (MOST_DIAGNOSES, 0), (MOST_DIAGNOSES + 1, 1)]
)
def test_a_claim_holds_twelve_diagnoses(diagnoses: int, found: int) -> None:
    findings = _findings(diagnoses, 0)
    assert len(findings) == found
    assert all(finding.lines == () and finding.fix is None for finding in findings)


def test_a_pointer_beyond_the_diagnoses_is_taken_away() -> None:
    (finding,) = _findings(2, 1, 2)
    assert finding.lines == (0,)
    assert finding.fix is not None
    assert finding.fix.fixed.lines[0].pointers == (1,)


def test_a_line_whose_only_pointer_lies_beyond_needs_a_person() -> None:
    (finding,) = _findings(1, 1)
    assert finding.fix is None


def test_the_same_pointer_twice_is_kept_once() -> None:
    (finding,) = _findings(2, 1, 1, 0)
    assert finding.fix is not None
    assert finding.fix.fixed.lines[0].pointers == (1, 0)
