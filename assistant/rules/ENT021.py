"""ENT021: 30520 carries a side or more than one unit.

What it checks: 30520 with 50, RT or LT, or with more than one unit.

Why it matters: There is one septum; the modifier or the unit is denied (CO-4).

Fix: No side, one unit.

Not evaluated when: Never: it asks only what every claim says.

Source: CPT; fee schedule bilateral indicator 0.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.families import Once, codes, examine, needed
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger

_ROWS = (Once(codes("30520"), "the septum is in the middle: one unit, no side"),)


def _check(case: Case) -> Iterator[Outcome]:
    yield from examine(RULE, case, _ROWS)


RULE = Rule(
    "ENT021",
    "error",
    "CPT; fee schedule bilateral indicator 0",
    "high",
    _check,
    trigger=Trigger(needed(_ROWS)),
    covers=("ENT-SEP-01",),
)
