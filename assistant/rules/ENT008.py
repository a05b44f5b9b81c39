"""ENT008: concha bullosa surgery stands beside ethmoid or other sinus surgery of the same side.

What it checks: 31240 beside 31253 to 31288 on the same side.

Why it matters: Payers ask for the proof: a turbinate trimmed only for access is included.

Fix: Keep 31240 where the scan or the report names the concha bullosa; a claim cannot show it.

Not evaluated when: Never: it asks only what every claim says.

Source: CPT; NCCI Policy Manual, chapter 5; AAO-HNS turbinectomy guidance.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.families import Included, codes, examine, needed
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger

_ROWS = (
    Included(
        codes("31240"),
        codes("31253-31257 31259 31267 31276 31287 31288"),
        "keep it only where scan or report name the concha, trimming for access is included",
        sided=True,
        drops=False,
    ),
)


def _check(case: Case) -> Iterator[Outcome]:
    yield from examine(RULE, case, _ROWS)


RULE = Rule(
    "ENT008",
    "advice",
    "CPT; NCCI Policy Manual, chapter 5",
    "medium",
    _check,
    trigger=Trigger(needed(_ROWS)),
    covers=("ENT-FESS-08",),
)
