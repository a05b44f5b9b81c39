"""ENT041: more than one code for control of a nosebleed on one side.

What it checks: 30901 beside 30903 or 30905, 30903 beside 30905, and 30906 beside any of them, on the same side. A
line that names no side beside one that does is a warning. XE, or 59 where the sides are not the same, shows a later
session or the other side.

Why it matters: The smaller code is denied as part of the larger one (CO-97 or CO-236).

Fix: Keep the most extensive. 30906 is for a later return; on the same day it carries XE or 59.

Not evaluated when: Never: it asks only what every claim says.

Source: NCCI PTP; AAPC.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.families import Included, codes, examine, needed
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger

_ROWS = (
    Included(codes("30901"), codes("30903 30905"), "keep the most extensive control of that side", sided=True),
    Included(codes("30903"), codes("30905"), "keep the most extensive control of that side", sided=True),
    Included(
        codes("30906"),
        codes("30901 30903 30905"),
        "it is for a later return; on the same day that takes XE or 59",
        sided=True,
        release="any",
    ),
)


def _check(case: Case) -> Iterator[Outcome]:
    yield from examine(RULE, case, _ROWS)


RULE = Rule(
    "ENT041",
    "error",
    "NCCI PTP, practitioner",
    "high",
    _check,
    trigger=Trigger(needed(_ROWS)),
    covers=("ENT-EPI-02",),
)
