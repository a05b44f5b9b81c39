"""ENT031: more than one turbinate code on one side, or a side on a code that means both.

What it checks: 30801, 30802 or 30930 beside 30130 or 30140; 30801 or 30930 beside 30802, 30930 beside 30801; 30130
beside 30140 on one side; 30801, 30802 or 30930 with 50, RT, LT or more than one unit. A line that names no side
beside one that does is a warning.

Why it matters: The smaller code is denied as part of the larger one (CO-97 or CO-236).

Fix: Keep the most extensive: 30130 or 30140, else 30802, else 30801. Between 30130 and 30140 the report decides.

Not evaluated when: Never: it asks only what every claim says.

Source: CPT parentheticals; NCCI PTP; fee schedule bilateral indicator 2 of 30801, 30802 and 30930.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.families import Included, Once, codes, examine, needed
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger

_REDUCED = codes("30130 30140")
_MOST = "keep the most extensive turbinate code alone"
_ROWS = (
    Included(codes("30801 30802 30930"), _REDUCED, _MOST, sided=True),
    Included(codes("30801 30930"), codes("30802"), _MOST),
    Included(codes("30930"), codes("30801"), _MOST),
    Included(
        codes("30130"), codes("30140"), "one turbinate has one of them; the report decides", sided=True, drops=False
    ),
    Once(codes("30801 30802 30930"), "it already means both sides: one unit, no side"),
)


def _check(case: Case) -> Iterator[Outcome]:
    yield from examine(RULE, case, _ROWS)


RULE = Rule(
    "ENT031",
    "error",
    "CPT parentheticals at 30130 to 30930; NCCI PTP",
    "high",
    _check,
    trigger=Trigger(needed(_ROWS)),
    covers=("ENT-TURB-01",),
)
