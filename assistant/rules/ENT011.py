"""ENT011: frontal and sphenoid balloon dilation of one side are billed apart.

What it checks: 31296 with 31297 on the same side, or either beside 31298. A line that names no side beside one that
does is a warning.

Why it matters: One code holds both since 2018; the second is denied.

Fix: 31298 for that side, the rest stays.

Not evaluated when: Never: it asks only what every claim says.

Source: CPT 2018; AAO-HNS page on balloon codes.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.families import Combined, Included, codes, examine, needed
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger

_ROWS = (
    Combined(codes("31296"), codes("31297"), "31298", "one code holds both balloons of a side", sided=True),
    Included(codes("31296 31297"), codes("31298"), "31298 already contains it", sided=True),
)


def _check(case: Case) -> Iterator[Outcome]:
    yield from examine(RULE, case, _ROWS)


RULE = Rule(
    "ENT011",
    "error",
    "CPT 2018; AAO-HNS balloon page",
    "high",
    _check,
    trigger=Trigger(needed(_ROWS)),
    covers=("ENT-BAL-01",),
)
