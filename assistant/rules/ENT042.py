"""ENT042: nosebleed control with and without an endoscope on one side.

What it checks: 30901, 30903, 30905 or 30906 beside 31238 on the same side. 31231 beside 31238 is ENT001. A line
that names no side beside one that does is a warning.

Why it matters: The smaller code is denied as part of the larger one (CO-97 or CO-236).

Fix: 31238 alone on that side.

Not evaluated when: Never: it asks only what every claim says.

Source: NCCI Policy Manual, chapter 5.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.families import Included, codes, examine, needed
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger

_ROWS = (Included(codes("30901 30903 30905 30906"), codes("31238"), "bill the control by endoscope alone", sided=True),)


def _check(case: Case) -> Iterator[Outcome]:
    yield from examine(RULE, case, _ROWS)


RULE = Rule(
    "ENT042",
    "error",
    "NCCI Policy Manual, chapter 5",
    "high",
    _check,
    trigger=Trigger(needed(_ROWS)),
    covers=("ENT-EPI-04",),
)
