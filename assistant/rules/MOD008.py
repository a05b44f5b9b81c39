"""MOD008: modifier 51 sent to Medicare.

What it checks: lines with 51 on a Medicare claim, visits apart (MOD004).

Why it matters: Medicare asks that 51 be left to its own system; on an exempt code it cuts the payment by half.

Fix: take 51 away.

Not evaluated when: never; it needs no table.

Source: CMS Claims Processing Manual, chapter 12, section 40.6.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.procedure_kinds import VISITS
from assistant.rules.rule import Case, Outcome, Rule, change_lines, without_modifiers
from assistant.rules.trigger import Trigger


def _check(case: Case) -> Iterator[Outcome]:
    if case.payer is None or not case.payer.is_medicare:
        return
    for index, line in enumerate(case.claim.lines):
        if "51" not in line.modifiers or line.procedure_code in VISITS or case.yields(index, "modifiers:51"):
            continue
        yield RULE.finding(
            case,
            [index],
            f"{line.procedure_code}-51: Medicare sets 51 itself and asks not to be sent it",
            fix=change_lines(case.claim, {index: (without_modifiers(line, "51"),)}, safe=True),
        )


RULE = Rule(
    "MOD008",
    "advice",
    "CMS Claims Processing Manual, chapter 12, section 40.6",
    "medium",
    _check,
    trigger=Trigger(modifiers={"51"}),
    covers=("MOD-51-01",),
)
