"""ENT091: 21310 was deleted.

What it checks: 21310 with a date of service from 2022-01-01 on.

Why it matters: A deleted code is rejected before anyone reads it (CO-181).

Fix: The visit alone, where the claim has another line; 21315 and 21320 only where the bones were moved.

Not evaluated when: The claim has no date of service.

Source: CPT 2022 deletions.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from assistant.rules.families import codes
from assistant.rules.rule import Case, Outcome, Rule, change_lines
from assistant.rules.trigger import Trigger

_DELETED = codes("21310")
_LAST_DAY = date(2021, 12, 31)


def _check(case: Case) -> Iterator[Outcome]:
    found = [at for at, _ in case.lines(_DELETED)]
    if not found:
        return
    if case.on is None:
        yield RULE.missing_key(["dos"], found)
        return
    if case.on <= _LAST_DAY:
        return
    others = len(found) < len(case.claim.lines)
    yield RULE.finding(
        case,
        found,
        "21310 was deleted on 2022-01-01: care without moving the bones is the visit alone",
        fix=change_lines(case.claim, dict.fromkeys(found, ()), safe=False) if others else None,
    )


RULE = Rule(
    "ENT091",
    "error",
    "CPT 2022 deletions",
    "high",
    _check,
    optional_keys=("dos",),
    trigger=Trigger(_DELETED),
    covers=("ENT-NFX-01",),
)
