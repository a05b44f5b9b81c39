"""CRD004: diagnostic coronary catheterization stands beside coronary intervention without a modifier.

What it checks: 93454 to 93461 beside 92920 to 92943, 92930, 92945 or C9600 to C9608 without 59 or an X modifier.

Why it matters: The look that guides the intervention is included; without the modifier the line is denied.

Fix: None by the program: 59 or XU only where no earlier study was usable or the state had changed, and the report
says so; else take the line away.

Not evaluated when: Never: it asks only what every claim says.

Source: NCCI Policy Manual, chapter 11.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.families import Included, codes, examine, needed
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger

_INTERVENTION = codes("92920-92945") | frozenset(f"C960{number}" for number in range(9))
_ROWS = (
    Included(
        codes("93454-93461"),
        _INTERVENTION,
        "59 or XU only where the report says no earlier study was usable or the state had changed, else it is included",
        release="any",
        drops=False,
    ),
)


def _check(case: Case) -> Iterator[Outcome]:
    yield from examine(RULE, case, _ROWS)


RULE = Rule(
    "CRD004",
    "error",
    "NCCI Policy Manual, chapter 11",
    "high",
    _check,
    trigger=Trigger(needed(_ROWS)),
    covers=("CARD-CATH-02",),
)
