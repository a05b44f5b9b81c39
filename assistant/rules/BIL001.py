"""BIL001: modifier 50 on a code that has no two sides.

What it checks: lines with 50 whose bilateral indicator in the fee schedule is 0 (no adjustment for both sides) or 9
(the concept does not apply).

Why it matters: the line is denied for an invalid modifier (CO-4), or paid once and audited.

Fix: take 50 away; where the service was done twice at different sites, bill each site by itself.

Not evaluated when: a line has 50 and no fee schedule covers the date of service, or the claim has none.

Source: CMS Claims Processing Manual, chapter 12, section 40.7; the imported fee schedule.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.both_sides import SIDE_KEY, bilateral_indicator
from assistant.rules.coverage import uncovered
from assistant.rules.procedure_kinds import VISITS
from assistant.rules.rule import Case, Outcome, Rule, change_lines, without_modifiers
from assistant.rules.trigger import Trigger

_WHY = {
    "0": "has no payment for both sides (bilateral indicator 0)",
    "9": "is no service with sides (bilateral indicator 9)",
}


def _check(case: Case) -> Iterator[Outcome]:
    places = [
        index
        for index, line in enumerate(case.claim.lines)
        if "50" in line.modifiers and line.procedure_code not in VISITS and not case.yields(index, SIDE_KEY)
    ]
    if not places:
        return
    if (missing := uncovered(RULE, case, "mpfs", places)) is not None:
        yield missing
        return
    for index in places:
        line = case.claim.lines[index]
        indicator = bilateral_indicator(case, line.procedure_code)
        if indicator not in _WHY:
            continue
        yield RULE.finding(
            case,
            [index],
            f"{line.procedure_code} {_WHY[indicator]}: bill it without 50",
            fix=change_lines(case.claim, {index: (without_modifiers(line, "50"),)}, safe=False),
        )


RULE = Rule(
    "BIL001",
    "error",
    "CMS Claims Processing Manual, chapter 12, section 40.7",
    "high",
    _check,
    tables=("mpfs",),
    optional_keys=("dos",),
    edits="mpfs",
    trigger=Trigger(modifiers={"50"}),
    covers=("MPFS-BI-01", "ENT-SEP-01", "ENT-TA-02", "ENT-LAR-01"),
)
