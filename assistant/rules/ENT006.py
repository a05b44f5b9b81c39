"""ENT006: 31231 carries a side or more than one unit.

What it checks: 31231 with 50, RT or LT, or with more than one unit.

Why it matters: The code means one or both sides; the extra unit or the modifier is denied (CO-4).

Fix: One unit, no side; 52 only where the look was not complete.

Not evaluated when: Never: it asks only what every claim says.

Source: CPT (unilateral or bilateral); fee schedule bilateral indicator 2.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.families import Once, codes, examine, needed
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger

_ROWS = (Once(codes("31231"), "it already means both sides: one unit, no side"),)


def _check(case: Case) -> Iterator[Outcome]:
    yield from examine(RULE, case, _ROWS)


RULE = Rule(
    "ENT006",
    "error",
    "CPT, unilateral or bilateral; fee schedule bilateral indicator 2",
    "high",
    _check,
    trigger=Trigger(needed(_ROWS)),
    covers=("ENT-FESS-05",),
)
