"""ENT082: nose, nasopharynx and larynx were looked at and billed apart without a modifier.

What it checks: 31231 beside 31575, and 92511 beside 31231, 31575 or 31579, without 59 or an X modifier on either
line.

Why it matters: The smaller code is denied as part of the larger one (CO-97 or CO-236).

Fix: Take 31231 or 92511 away. Only with a second, rigid scope and an indication of its own 31231 stands, with 59 or
XS.

Not evaluated when: Never: it asks only what every claim says.

Source: AAO-HNS page quoting NCCI (indicator 1).
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.families import Included, codes, examine, needed
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger

_ROWS = (
    Included(
        codes("31231"),
        codes("31575"),
        "one scope passed through both; a second scope with its own reason takes 59 or XS",
        release="any",
    ),
    Included(codes("92511"), codes("31231 31575 31579"), "the other look contains it", release="any"),
)


def _check(case: Case) -> Iterator[Outcome]:
    yield from examine(RULE, case, _ROWS)


RULE = Rule(
    "ENT082",
    "error",
    "AAO-HNS page quoting NCCI PTP",
    "high",
    _check,
    trigger=Trigger(needed(_ROWS)),
    covers=("ENT-SCOPE-01",),
)
