"""DRM006: a further Mohs stage or block stands without its first stage.

What it checks: 17312 without 17311, 17314 without 17313, 17315 without any of 17311 to 17314; as advice 17311 or
17313 with more than one unit.

Why it matters: The add-on is denied without its first stage (CO-107).

Fix: None by the program: site group and stages stand in the Mohs record.

Not evaluated when: Never: it asks only what every claim says.

Source: CPT; NCCI add-on code edits.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.families import codes
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger

_ADD_ONS = {"17312": codes("17311"), "17314": codes("17313"), "17315": codes("17311-17314")}
_FIRST_STAGES = codes("17311 17313")
_FAMILY = codes("17311-17315")


def _check(case: Case) -> Iterator[Outcome]:
    present = {line.procedure_code for _, line in case.lines(_FAMILY)}
    if not present:
        return
    for add_on, firsts in _ADD_ONS.items():
        if add_on in present and firsts.isdisjoint(present):
            yield RULE.finding(
                case,
                (at for at, _ in case.lines({add_on})),
                f"{add_on} needs {' or '.join(sorted(firsts))} on the claim: look at site group and stages",
            )
    for at, line in case.lines(_FIRST_STAGES):
        if line.units > 1:
            yield RULE.finding(
                case,
                [at],
                f"{line.procedure_code} x{line.units} means as many tumors; further stages of one tumor are 17312 or "
                "17314",
                severity="advice",
            )


RULE = Rule(
    "DRM006",
    "error",
    "CPT; NCCI add-on code edits",
    "high",
    _check,
    trigger=Trigger(_FAMILY),
    covers=("DERM-MOHS-01",),
)
