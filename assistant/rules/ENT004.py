"""ENT004: total ethmoid, frontal and sphenoid surgery on one side: no single code holds all three.

What it checks: 31255, 31276 and 31287 or 31288 on the same side, each on its own line. The errors themselves are
ENT003.

Why it matters: Two pairs are possible and payers differ in which they take.

Fix: None by the program: 31253 with 31287 or 31288, or 31257 or 31259 with 31276; look at the edits of the day and
the plan.

Not evaluated when: Never: it asks only what every claim says.

Source: CPT parentheticals since 2018; the NCCI PTP release of the day decides between the pairs.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.families import codes, line_sides
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger

_ETHMOID, _FRONTAL, _SPHENOID = codes("31255"), codes("31276"), codes("31287 31288")


def _check(case: Case) -> Iterator[Outcome]:
    groups = [list(case.lines(family)) for family in (_ETHMOID, _FRONTAL, _SPHENOID)]
    if not all(groups):
        return
    named = [frozenset[str]().union(*(line_sides(line) for _, line in group)) for group in groups]
    if any(named) and not frozenset.intersection(*named):
        return
    yield RULE.finding(
        case,
        [at for group in groups for at, _ in group],
        "no code holds ethmoid, frontal and sphenoid of one side: bill 31253 with 31287 or 31288, or 31257 or 31259 "
        "with 31276, as the edits of the day and the plan allow",
    )


RULE = Rule(
    "ENT004",
    "advice",
    "CPT parentheticals at 31253, 31257 and 31259 (2018)",
    "medium",
    _check,
    trigger=Trigger(_FRONTAL),
    covers=("ENT-FESS-03b",),
)
