"""ORT003: G0289 stands beside meniscus surgery of the same knee.

What it checks: G0289 beside 29880 or 29881, sides as named.

Why it matters: It is paid only for a loose or foreign body, or cartilage work, in another compartment of the knee.

Fix: Keep it only where the report names the other compartment.

Not evaluated when: Never: it asks only what every claim says.

Source: NCCI Policy Manual, chapter 4; CMS PM A-02-129.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.families import Included, codes, examine, needed
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger

_ROWS = (
    Included(
        frozenset({"G0289"}),
        codes("29880 29881"),
        "keep it only for work in another compartment, named in the report",
        sided=True,
        drops=False,
    ),
)


def _check(case: Case) -> Iterator[Outcome]:
    yield from examine(RULE, case, _ROWS)


RULE = Rule(
    "ORT003",
    "advice",
    "NCCI Policy Manual, chapter 4; CMS PM A-02-129",
    "medium",
    _check,
    trigger=Trigger(needed(_ROWS)),
    covers=("ORTH-KNEE-02",),
)
