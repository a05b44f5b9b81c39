"""ALL001: an allergy skin test is billed as one single test, or for a side.

What it checks: 95004, 95024 or 95027 with one unit in all on the claim (advice), or with 50, RT or LT.

Why it matters: Units are tests; one unit for a panel loses the others. The limit of the day is MUE001.

Fix: The number of tests read and interpreted in the record; sides go.

Not evaluated when: Never: it asks only what every claim says.

Source: CPT; NCCI Policy Manual, chapter 11.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.families import Once, codes, examine
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger

_TESTS = codes("95004 95024 95027")
_ROWS = (Once(_TESTS, "units are tests, sides mean nothing here", most_units=None),)


def _check(case: Case) -> Iterator[Outcome]:
    found = list(case.lines(_TESTS))
    if not found:
        return
    yield from examine(RULE, case, _ROWS)
    for procedure_code in sorted({line.procedure_code for _, line in found}):
        mine = [(at, line) for at, line in found if line.procedure_code == procedure_code]
        if sum(line.units for _, line in mine) == 1:
            yield RULE.finding(
                case,
                (at for at, _ in mine),
                f"{procedure_code} x1 says one single test: units are the tests read and interpreted",
                severity="advice",
            )


RULE = Rule(
    "ALL001",
    "error",
    "CPT; NCCI Policy Manual, chapter 11",
    "high",
    _check,
    trigger=Trigger(_TESTS),
    covers=("ENT-ALL-01",),
)
