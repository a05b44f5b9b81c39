"""ALL002: Medicare: more than 30 units of 95165 in a day.

What it checks: On Medicare, the units of 95165 over the lines of the claim against 30.

Why it matters: One unit is 1 cc of a vial, at most 10 a vial; the rest of a larger count is denied.

Fix: 30 units, where one line holds them; what is truly supported only the vial record shows.

Not evaluated when: Never: it asks only what every claim says.

Source: CMS Claims Processing Manual, chapter 12, section 200; NCCI MUE.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from assistant.rules.families import codes
from assistant.rules.rule import Case, Outcome, Rule, change_lines
from assistant.rules.trigger import Trigger

_VIALS = codes("95165")
_MOST_UNITS = 30


def _check(case: Case) -> Iterator[Outcome]:
    found = [(at, line) for at, line in case.lines(_VIALS) if not case.yields(at, "units")]
    if not found or case.payer is None or not case.payer.is_medicare:
        return
    units = sum(line.units for _, line in found)
    if units <= _MOST_UNITS:
        return
    at, line = found[0]
    fix = change_lines(case.claim, {at: (replace(line, units=_MOST_UNITS, billed=None),)}, safe=False)
    yield RULE.finding(
        case,
        (index for index, _ in found),
        f"95165 x{units}: Medicare takes at most 30 units a day, one for each cc and 10 for a vial",
        fix=fix if len(found) == 1 else None,
    )


RULE = Rule(
    "ALL002",
    "error",
    "CMS Claims Processing Manual, chapter 12, section 200; NCCI MUE",
    "high",
    _check,
    trigger=Trigger(_VIALS),
    covers=("ENT-ALL-02",),
)
