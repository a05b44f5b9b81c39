"""BIL005: a code billed for both sides with 50, and once more for a side.

What it checks: a line with 50 beside another line of the same code with RT, LT or 50, by the same practitioner, where
neither line says that it is a service of its own (59, X, 76, 77, 58, 78, 79, 91). A second line without a side is
advice: some plans want both sides written so.

Why it matters: three or four sides are billed; the surplus is denied as a duplicate (CO-18) or above the limit.

Fix: keep the line with 50 where both sides were done, else the line with the side.

Not evaluated when: never; it needs no table.

Source: CMS Claims Processing Manual, chapter 12, section 40.7.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.both_sides import OWN_SERVICE, SIDE_KEY, services
from assistant.rules.rule import SIDES, Case, Outcome, Rule, change_lines
from assistant.rules.trigger import Trigger


def _check(case: Case) -> Iterator[Outcome]:
    if not any("50" in line.modifiers for line in case.claim.lines):
        return
    for code, lines in services(case).items():
        plain = [
            (index, line)
            for index, line in lines
            if OWN_SERVICE.isdisjoint(line.modifiers) and not case.yields(index, SIDE_KEY)
        ]
        with_50 = [(line.modifiers, line.units, line.pointers, at) for at, line in plain if "50" in line.modifiers]
        if not with_50:
            continue
        both = min(with_50)[-1]  # Of several the same one, whatever the order of lines.
        for index, line in plain:
            if index == both:
                continue
            sided = not {"50", *SIDES}.isdisjoint(line.modifiers)
            yield RULE.finding(
                case,
                [both, index],
                f"{code} is billed with 50 for both sides and once more: keep one of the two lines",
                fix=change_lines(case.claim, {index: ()}, safe=False),
                severity="error" if sided else "advice",
            )


RULE = Rule(
    "BIL005",
    "error",
    "CMS Claims Processing Manual, chapter 12, section 40.7",
    "high",
    _check,
    trigger=Trigger(modifiers={"50"}),
    covers=("MPFS-BI-01",),
)
