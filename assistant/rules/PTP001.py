"""PTP001: two codes of an NCCI procedure-to-procedure edit stand on one claim without what releases them.

What it checks: every pair of codes on the claim against the NCCI PTP edits in force on the date of service. With
modifier indicator 0 nothing releases the pair; with 1 an NCCI modifier on either line does (accepted on column 1 or
column 2 since 2019-07-01); with 9 the edit is not in use. RT and LT release only where the two lines name different
sides.

Why it matters: the column 2 code is denied as part of column 1 (CO-97 or CO-236), and a modifier that the record does
not carry is a false claim.

Fix: take the column 2 line away; where the record shows a separate site, side, session or problem, the modifier that
says so. The program never adds that modifier by itself.

Not evaluated when: no PTP release covers the date of service, or the claim has none.

Source: NCCI Policy Manual, chapter 1, sections D and E; CR 11168 (2019-07-01); the imported PTP release.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.rule import (
    ANATOMICAL,
    NCCI_MODIFIERS,
    Case,
    Outcome,
    Rule,
    change_lines,
    may_meet,
)
from ingest.claims.model import ClaimLine


def _check(case: Case) -> Iterator[Outcome]:
    codes = {line.procedure_code for line in case.claim.lines}
    if len(codes) < 2:
        return
    if case.on is None or case.tables.release("ptp", case.on) is None:
        yield RULE.missing_table(case, "ptp") if case.on else RULE.missing_key(["dos"])
        return
    for edit in case.tables.ptp_edits(codes, case.on):
        if edit.modifier_indicator == "9" or edit.column1 == edit.column2:
            continue
        for second, column2 in case.lines({edit.column2}):
            blocking = [
                first
                for first, column1 in case.lines({edit.column1})
                if edit.modifier_indicator == "0" or not _released(column1, column2)
            ]
            if blocking:
                yield RULE.finding(
                    case,
                    (*blocking, second),
                    _message(edit.column1, edit.column2, edit.modifier_indicator),
                    fix=change_lines(case.claim, {second: ()}, safe=False),
                )


def _released(column1: ClaimLine, column2: ClaimLine) -> bool:
    """An NCCI modifier on either line; sides only when the lines name different ones, other places when they differ."""
    present = NCCI_MODIFIERS.intersection((*column1.modifiers, *column2.modifiers))
    if present - ANATOMICAL:
        return True
    if not may_meet(column1, column2):
        return True
    mine, theirs = ANATOMICAL.intersection(column1.modifiers), ANATOMICAL.intersection(column2.modifiers)
    return bool(present) and not (mine & theirs) and "50" not in (*column1.modifiers, *column2.modifiers)


def _message(column1: str, column2: str, indicator: str) -> str:
    if indicator == "0":
        return f"{column2} is part of {column1} on the same day and no modifier releases it: bill {column1} alone"
    return (
        f"{column2} is part of {column1} unless the record shows a separate site, side, session or visit: bill "
        f"{column1} alone, or add the NCCI modifier that says so"
    )


RULE = Rule(
    "PTP001",
    "error",
    "NCCI Policy Manual, chapter 1",
    "high",
    _check,
    tables=("ptp",),
    optional_keys=("dos",),
    edits="ptp",
    covers=("MOD-59-01",),
)
