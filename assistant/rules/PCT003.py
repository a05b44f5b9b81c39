"""PCT003: a test billed whole and once more as a part.

What it checks: a line of a code without 26 and TC beside a line of the same code with one of them, on the same side
or without sides, neither saying that it is a test of its own (59, X, 76, 77, 91). 26 and TC on two lines are advice:
one owner of both bills the code whole.

Why it matters: the part is in the whole; the second line is denied (CO-97 or CO-18).

Fix: keep the whole where the practice did both, else the part it did.

Not evaluated when: never; it needs no table.

Source: CMS Claims Processing Manual, chapter 13, section 20.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.both_sides import OWN_SERVICE
from assistant.rules.modifiers import COMPONENTS
from assistant.rules.rule import Case, Outcome, Rule, change_lines, may_meet
from assistant.rules.trigger import Trigger


def _check(case: Case) -> Iterator[Outcome]:
    parts = [
        (index, line)
        for index, line in enumerate(case.claim.lines)
        if not COMPONENTS.isdisjoint(line.modifiers) and OWN_SERVICE.isdisjoint(line.modifiers)
    ]
    for index, part in parts:
        mine = COMPONENTS.intersection(part.modifiers)
        for other, line in case.lines({part.procedure_code}):
            theirs = COMPONENTS.intersection(line.modifiers)
            if other == index or OWN_SERVICE.intersection(line.modifiers) or not may_meet(part, line):
                continue
            if not theirs:
                yield RULE.finding(
                    case,
                    [index, other],
                    f"{part.procedure_code} is billed whole and with {'/'.join(sorted(mine))}: the part is in the "
                    "whole, so keep one line",
                    fix=change_lines(case.claim, {index: ()}, safe=False),
                )
            elif mine == {"26"} and theirs == {"TC"}:
                message = f"{part.procedure_code} stands with 26 and with TC: one biller of both bills it whole"
                yield RULE.finding(case, [index, other], message, severity="advice")


RULE = Rule(
    "PCT003",
    "error",
    "CMS Claims Processing Manual, chapter 13, section 20",
    "high",
    _check,
    trigger=Trigger(modifiers=COMPONENTS),
    covers=("CARD-26-01", "CARD-ECG-01"),
)
