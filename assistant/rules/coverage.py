"""Whether a release covers the claim's date of service, as the outcome a rule owes where none does. Judges nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from assistant.rules.procedure_kinds import VISITS
from assistant.rules.rule import Case, Rule, Unevaluated
from ingest.tables.model import FeeScheduleRow, Program


def uncovered(rule: Rule, case: Case, program: Program, lines: Iterable[int] = ()) -> Unevaluated | None:
    """What the rule must report instead of judging `lines`; None when the program can be asked."""
    if case.on is None:
        return rule.missing_key(["dos"], lines)
    if case.tables.release(program, case.on) is None:
        return rule.missing_table(case, program, lines)
    return None


def marked_rows(
    rule: Rule, case: Case, modifiers: Collection[str]
) -> Iterator[Unevaluated | tuple[int, FeeScheduleRow]]:
    """The fee schedule's row of each line that has one of the modifiers and is no visit, or what the rule must report
    instead of judging them. Lines without a row are left out."""
    places = [
        index
        for index, line in case.lines()
        if line.procedure_code not in VISITS and any(one in modifiers for one in line.modifiers)
    ]
    if not places:
        return
    if (missing := uncovered(rule, case, "mpfs", places)) is not None:
        yield missing
        return
    assert case.on is not None
    for index in places:
        row = case.tables.fee_schedule(case.claim.lines[index].procedure_code, case.on)
        if row is not None:
            yield index, row


def follows_medicare(case: Case) -> bool:
    """True for traditional Medicare and for plans that stand in its place (Medicare Advantage)."""
    payer = case.payer
    return payer is not None and (payer.is_medicare or any("medicare" in one for one in payer.lines_of_business))
