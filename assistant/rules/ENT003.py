"""ENT003: ethmoid, frontal and sphenoid surgery of one side are billed apart though one code holds them.

What it checks: On one side: 31255 with 31276 (31253), with 31287 (31257), with 31288 (31259), 31257 with 31288
(31259); and 31253, 31257 or 31259 beside a code they contain or beside each other. Each side is judged for itself;
59 on the same side releases nothing. A line that names no side beside one that does is a warning.

Why it matters: The parts are bundled since 2018; payers deny one of them or take money back.

Fix: The combination code on that side, the rest stays on the other side. Where all three sinuses were opened on one
side there is no single code: each finding shows one of the two pairs, the fee schedule and the edits of the day
choose (ENT004).

Not evaluated when: Never: it asks only what every claim says.

Source: CPT parentheticals since 2018; AAO-HNS CPT for ENT; NCCI PTP.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.families import Combined, Included, codes, examine, needed
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger

_TOTAL, _COMBINATIONS = codes("31255"), codes("31253 31257 31259")
_WHY = "one code holds both sinuses of a side"
_CONTAINED = "the combination code already contains it"
_TWICE = (
    "both contain the ethmoid work; bill the third sinus by its own code (31276 with 31257 or 31259 is the other pair)"
)
_ROWS = (
    Combined(_TOTAL, codes("31276"), "31253", _WHY, sided=True),
    Combined(_TOTAL, codes("31287"), "31257", _WHY, sided=True),
    Combined(_TOTAL, codes("31288"), "31259", _WHY, sided=True),
    Combined(codes("31257"), codes("31288"), "31259", _WHY, sided=True),
    Included(codes("31254 31255"), _COMBINATIONS, _CONTAINED, sided=True, release="encounter"),
    Included(codes("31276"), codes("31253"), _CONTAINED, sided=True, release="encounter"),
    Included(codes("31287"), codes("31257 31259"), _CONTAINED, sided=True, release="encounter"),
    Included(codes("31257 31288"), codes("31259"), _CONTAINED, sided=True, release="encounter"),
    Included(codes("31257"), codes("31253"), _TWICE, sided=True, becomes="31287", release="encounter"),
    Included(codes("31259"), codes("31253"), _TWICE, sided=True, becomes="31288", release="encounter"),
)


def _check(case: Case) -> Iterator[Outcome]:
    yield from examine(RULE, case, _ROWS)


RULE = Rule(
    "ENT003",
    "error",
    "CPT parentheticals at 31253, 31257 and 31259 (2018)",
    "high",
    _check,
    trigger=Trigger(needed(_ROWS)),
    covers=("ENT-FESS-03",),
)
