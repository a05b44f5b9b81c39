"""BIL003: modifier 50 with more than one unit.

What it checks: lines with 50 and two or more units, unless a rule of the practice speaks on units or sides there.

Why it matters: 50 with one unit already bills both sides; two units bill four and are denied (CO-151 or CO-4).

Fix: one unit on the line with 50.

Not evaluated when: never; it needs no table.

Source: CMS Claims Processing Manual, chapter 12, section 40.7; NCCI Policy Manual, chapter 1, section V.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from assistant.rules.both_sides import bilateral_indicator
from assistant.rules.rule import Case, Outcome, Rule, change_lines
from assistant.rules.trigger import Trigger

_ELSEWHERE = frozenset({"0", "2", "9"})


def _check(case: Case) -> Iterator[Outcome]:
    for index, line in enumerate(case.claim.lines):
        if line.units < 2 or "50" not in line.modifiers or case.yields(index, "units"):
            continue
        if bilateral_indicator(case, line.procedure_code) in _ELSEWHERE:
            continue  # BIL001 and BIL002 take 50 away altogether.
        yield RULE.finding(
            case,
            [index],
            f"{line.procedure_code}-50 with {line.units} units: 50 bills both sides in one unit, so bill one unit",
            fix=change_lines(case.claim, {index: (replace(line, units=1),)}, safe=False),
        )


RULE = Rule(
    "BIL003",
    "error",
    "CMS Claims Processing Manual, chapter 12, section 40.7",
    "high",
    _check,
    trigger=Trigger(modifiers={"50"}),
    covers=("MPFS-BI-01",),
)
