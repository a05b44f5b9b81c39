"""ENT061: codes for tubes, drainage or tube removal of one ear that exclude each other.

What it checks: On the same ear: 69433 beside 69436; 69420 or 69421 beside 69433 or 69436; 69420 beside 69421; 69424
beside a new tube or drainage. A line that names no side beside one that does is a warning.

Why it matters: The smaller code is denied as part of the larger one (CO-97 or CO-236).

Fix: Drainage and removal go. Between 69433 (local or topical) and 69436 (general) the anesthesia decides, between
69420 and 69421 too.

Not evaluated when: Never: it asks only what every claim says.

Source: CPT; NCCI PTP; fee schedule bilateral indicator 1.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.families import Included, codes, examine, needed
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger

_TUBE = codes("69433 69436")
_ANESTHESIA = "one ear has one of them; the kind of anesthesia decides"
_ROWS = (
    Included(codes("69433"), codes("69436"), _ANESTHESIA, sided=True, drops=False),
    Included(codes("69420"), codes("69421"), _ANESTHESIA, sided=True, drops=False),
    Included(codes("69420 69421"), _TUBE, "placing a tube contains the cut and the drainage", sided=True),
    Included(
        codes("69424"),
        codes("69420 69421 69433 69436"),
        "taking the old tube out of the ear that is operated is included",
        sided=True,
    ),
)


def _check(case: Case) -> Iterator[Outcome]:
    yield from examine(RULE, case, _ROWS)


RULE = Rule(
    "ENT061",
    "error",
    "CPT; NCCI PTP, practitioner",
    "high",
    _check,
    trigger=Trigger(needed(_ROWS)),
    covers=("ENT-TUBE-01",),
)
