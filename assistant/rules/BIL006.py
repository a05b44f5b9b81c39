"""BIL006: RT and LT stand together on one line.

What it checks: lines of a CPT code that carry both RT and LT. Where a rule of the practice speaks on sides it is a
warning, for that rule may ask for this very form.

Why it matters: payers read one side or none and deny the line (CO-4); both sides are one line with 50, or two lines.

Fix: 50 with one unit; where the fee schedule knows no two sides for the code, neither.

Not evaluated when: never; it needs no table, but reads the bilateral indicator where there is one.

Source: CMS Claims Processing Manual, chapter 12, section 40.7.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from assistant.rules.both_sides import SIDE_KEY, bilateral_indicator
from assistant.rules.procedure_kinds import number_of
from assistant.rules.rule import SIDES, Case, Outcome, ProposedFix, Rule, change_lines, without_modifiers
from assistant.rules.trigger import Trigger
from ingest.claims.model import ClaimLine

_NO_SIDES = frozenset({"0", "2", "9"})


def _check(case: Case) -> Iterator[Outcome]:
    for index, line in enumerate(case.claim.lines):
        if not SIDES.issubset(line.modifiers):
            continue
        if number_of(line.procedure_code) is None:
            continue  # Suppliers were long told to write both on one line.
        yield RULE.finding(
            case,
            [index],
            f"{line.procedure_code} has RT and LT on one line: bill both sides as one line with 50 and one unit, or as "
            "two lines where the plan wants that",
            fix=None if case.yields(index, SIDE_KEY) else _fix(case, index, line),
            severity="warning" if case.yields(index, SIDE_KEY) else "error",
        )


def _fix(case: Case, index: int, line: ClaimLine) -> ProposedFix | None:
    rest = without_modifiers(line, "50", *SIDES)
    if bilateral_indicator(case, line.procedure_code) in _NO_SIDES:
        return change_lines(case.claim, {index: (replace(rest, units=1),)}, safe=False)
    if line.units > 2:
        return None
    both = replace(rest, modifiers=("50", *rest.modifiers), units=1)
    return change_lines(case.claim, {index: (both,)}, safe=True)


RULE = Rule(
    "BIL006",
    "error",
    "CMS Claims Processing Manual, chapter 12, section 40.7",
    "high",
    _check,
    trigger=Trigger(modifiers=SIDES),
    covers=("MPFS-BI-01",),
)
