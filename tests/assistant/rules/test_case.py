"""What a case works out for its rules: once, and for itself alone."""

from __future__ import annotations

from dataclasses import replace

from assistant.rules.rule import Case
from ingest.claims.model import Claim, ClaimLine
from ingest.tables.memory import MemoryTables


def test_what_several_rules_ask_of_a_case_is_worked_out_once_and_for_no_other_case() -> None:
    asked: list[Case] = []

    def codes(case: Case) -> list[str]:
        asked.append(case)
        return [line.procedure_code for line in case.claim.lines]

    case = Case(Claim((ClaimLine("99213"),)), MemoryTables())
    other = replace(case, claim=Claim((ClaimLine("99214"),)))
    assert case.once(codes) is case.once(codes)
    assert (case.once(codes), other.once(codes)) == (["99213"], ["99214"])
    assert len(asked) == 2
    assert case == Case(case.claim, case.tables)


def test_nothing_that_was_worked_out_is_worked_out_again() -> None:
    asked: list[Case] = []

    def nothing(case: Case) -> None:
        asked.append(case)

    case = Case(Claim((ClaimLine("99213"),)), MemoryTables())
    assert case.once(nothing) is None
    assert case.once(nothing) is None
    assert len(asked) == 1
