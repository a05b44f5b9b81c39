"""EMV002: a problem visit stands beside a preventive or wellness visit without 25.

What it checks: office, eye or home visits without 25 on a claim with a preventive visit (99381-99397) or one of
Medicare's welcome and wellness visits (G0402, G0438, G0439).

Why it matters: the problem visit is denied as part of the preventive one (CO-97).

Fix: 25 on the problem visit, when the record shows work of its own beyond the preventive visit; otherwise it goes.
The program proposes 25 but never adds it by itself.

Not evaluated when: never, it needs neither table nor header key.

Source: CPT, preventive medicine services; CMS Claims Processing Manual, chapter 12, sections 30.6.1.1 and 30.6.2.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.rule import Case, Outcome, Rule, change_lines, with_modifier
from assistant.rules.trigger import Trigger
from assistant.rules.visits import EYE, HOME, OFFICE, PREVENTIVE, WELLNESS

_PROBLEM = OFFICE | EYE | HOME
_WHOLE = PREVENTIVE | WELLNESS


def _check(case: Case) -> Iterator[Outcome]:
    whole = [index for index, _ in case.lines(_WHOLE)]
    if not whole:
        return
    for index, line in case.lines(_PROBLEM):
        if "25" in line.modifiers or case.yields(index, "modifiers:25"):
            continue
        fix = change_lines(case.claim, {index: (with_modifier(line, "25"),)}, safe=False)
        beside = min(case.claim.lines[one].procedure_code for one in whole)
        message = (
            f"{line.procedure_code} beside {beside} needs 25, and a record of a problem with work of its own; without "
            "that take it away"
        )
        yield RULE.finding(case, (index, *whole), message, fix=fix)


RULE = Rule(
    "EMV002",
    "error",
    "CPT, preventive medicine services; CMS Claims Processing Manual, chapter 12, section 30.6.2",
    "high",
    _check,
    trigger=Trigger(_WHOLE),
    covers=("EM-25-01",),
)
