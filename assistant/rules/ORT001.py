"""ORT001: a cast, splint or its removal stands beside care of the fracture it belongs to.

What it checks: 29000 to 29799 beside fracture or dislocation care of the same part of the body and the same side:
arm codes with arm codes, leg codes with leg codes, the body with the spine; removal and repair with any. Another
digit, or 59 or XS where the lines do not name one side, shows another place. A line that names no side beside one
that does is a warning.

Why it matters: The first cast or splint is part of the care; the smaller code is denied as part of the larger one
(CO-97 or CO-236).

Fix: Take the application away, keep the supply (Q4001 to Q4051). A later cast on its own day is another matter
(58).

Not evaluated when: Never: it asks only what every claim says.

Source: CPT; NCCI Policy Manual, chapter 4; CMS Claims Processing Manual, chapter 12.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.families import Included, codes, examine, needed
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger

_SHOULDER, _ARM = codes("23500-23680"), codes("24500-24685 25500-25695 26600-26785")
_HIP, _LEG = codes("27193-27269 27500-27566"), codes("27750-27848 28400-28675")
_SPINE = codes("22310-22328")
_ON_ARM, _ON_LEG, _ON_BODY = codes("29049-29131 29240-29280"), codes("29305-29580"), codes("29000-29046")
_WHY = "the first cast or splint is part of the fracture care, bill only its supply"
_ROWS = (
    Included(_ON_ARM, _ARM, _WHY, sided=True),
    Included(_ON_ARM, _SHOULDER, _WHY, sided=True, release="any"),
    Included(_ON_LEG, _LEG, _WHY, sided=True),
    Included(_ON_LEG | _ON_BODY, _HIP, _WHY, sided=True, release="any"),
    Included(_ON_BODY, _SPINE, _WHY, release="any"),
    Included(codes("29700-29750"), _SHOULDER | _ARM | _HIP | _LEG | _SPINE, _WHY, sided=True, release="any"),
)


def _check(case: Case) -> Iterator[Outcome]:
    yield from examine(RULE, case, _ROWS)


RULE = Rule(
    "ORT001",
    "error",
    "CPT; NCCI Policy Manual, chapter 4",
    "high",
    _check,
    trigger=Trigger(needed(_ROWS)),
    covers=("ORTH-FX-02",),
)
