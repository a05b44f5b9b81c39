"""ENT081: laryngoscopies that contain each other, or one with a side.

What it checks: 31575 beside 31579 or beside the flexible surgical ones 31572 to 31574 and 31576 to 31578; 31505
beside 31510 to 31513; diagnostic codes (31505, 31520, 31525, 31526, 31575, 31579) with 50, RT or LT.

Why it matters: The smaller code is denied as part of the larger one (CO-97 or CO-236). The larynx has no sides.

Fix: Take 31575 or 31505 away; take the side away.

Not evaluated when: Never: it asks only what every claim says.

Source: CPT; NCCI PTP; fee schedule bilateral indicator 0.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.families import Included, Once, codes, examine, needed
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger

_FLEXIBLE = codes("31572-31574 31576-31578")
_WHY = "the larger look contains the plain one"
_ROWS = (
    Included(codes("31575"), codes("31579") | _FLEXIBLE, _WHY, release="encounter"),
    Included(codes("31505"), codes("31510-31513"), _WHY, release="encounter"),
    Once(codes("31505 31520 31525 31526 31575 31579"), "the larynx has no sides", most_units=None),
)


def _check(case: Case) -> Iterator[Outcome]:
    yield from examine(RULE, case, _ROWS)


RULE = Rule(
    "ENT081",
    "error",
    "CPT; NCCI PTP; fee schedule bilateral indicator 0",
    "high",
    _check,
    trigger=Trigger(needed(_ROWS)),
    covers=("ENT-LAR-01",),
)
