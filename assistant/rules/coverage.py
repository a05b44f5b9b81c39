"""Whether a release covers the claim's date of service, as the outcome a rule owes where none does. Judges nothing."""

from __future__ import annotations

from collections.abc import Iterable

from assistant.rules.rule import Case, Rule, Unevaluated
from ingest.tables.model import Program


def uncovered(rule: Rule, case: Case, program: Program, lines: Iterable[int] = ()) -> Unevaluated | None:
    """What the rule must report instead of judging `lines`; None when the program can be asked."""
    if case.on is None:
        return rule.missing_key(["dos"], lines)
    if case.tables.release(program, case.on) is None:
        return rule.missing_table(case, program, lines)
    return None


def follows_medicare(case: Case) -> bool:
    """True for traditional Medicare and for plans that stand in its place (Medicare Advantage)."""
    payer = case.payer
    return payer is not None and (payer.is_medicare or any("medicare" in one for one in payer.lines_of_business))
