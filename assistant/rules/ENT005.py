"""ENT005: opening a sinus and clearing the same sinus stand together.

What it checks: 31256 beside 31267, or 31287 beside 31288, on the same side. A line that names no side beside one
that does is a warning.

Why it matters: The smaller code is denied as part of the larger one (CO-97 or CO-236).

Fix: Take 31256 or 31287 away on that side. Whether tissue was truly taken from inside the sinus only the report
shows.

Not evaluated when: Never: it asks only what every claim says.

Source: CPT; NCCI PTP.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.families import Included, codes, examine, needed
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger

_WHY = "taking tissue out of a sinus contains opening it, bill the larger code alone"
_ROWS = (
    Included(codes("31256"), codes("31267"), _WHY, sided=True),
    Included(codes("31287"), codes("31288"), _WHY, sided=True),
)


def _check(case: Case) -> Iterator[Outcome]:
    yield from examine(RULE, case, _ROWS)


RULE = Rule(
    "ENT005",
    "error",
    "CPT; NCCI Policy Manual, chapter 5",
    "high",
    _check,
    trigger=Trigger(needed(_ROWS)),
    covers=("ENT-FESS-04",),
)
