"""ENT012: a balloon code stands beside cutting surgery on the same sinus.

What it checks: Same side: 31295 with 31256 or 31267; 31296 with 31276 or 31253; 31297 with 31257, 31259, 31287 or
31288; 31298 with any of the frontal or sphenoid codes. The other side, by RT and LT or 59 or XS, is its own
service. 31233 and 31235 are ENT001. A line that names no side beside one that does is a warning.

Why it matters: The smaller code is denied as part of the larger one (CO-97 or CO-236).

Fix: Take the balloon code away on that side; of 31298 the sinus that was not cut remains (31296 or 31297).

Not evaluated when: Never: it asks only what every claim says.

Source: CPT parentheticals at 31295 to 31298, through AAO-HNS.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.families import Included, codes, examine, needed
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger

_WHY = "a sinus is dilated or cut, not both; bill the balloon only for the other side"
_FRONTAL, _SPHENOID = "31253 31276", "31257 31259 31287 31288"
_ROWS = (
    Included(codes("31295"), codes("31256 31267"), _WHY, sided=True),
    Included(codes("31296"), codes(_FRONTAL), _WHY, sided=True),
    Included(codes("31297"), codes(_SPHENOID), _WHY, sided=True),
    Included(codes("31298"), codes(_FRONTAL), _WHY, sided=True, becomes="31297"),
    Included(codes("31298"), codes(_SPHENOID), _WHY, sided=True, becomes="31296"),
)


def _check(case: Case) -> Iterator[Outcome]:
    yield from examine(RULE, case, _ROWS)


RULE = Rule(
    "ENT012",
    "error",
    "CPT parentheticals at 31295 to 31298",
    "high",
    _check,
    trigger=Trigger(needed(_ROWS)),
    covers=("ENT-BAL-02",),
)
