"""POS003: a surgical procedure is billed as telehealth.

What it checks: codes of the surgery section (10004-69990) on a claim whose place of service is 02 or 10.

Why it matters: hands cannot work over a line; the claim is denied (CO-5, CO-58) and one of the two entries is false.

Fix: the place where the procedure was done. A visit by telehealth of the same day goes on a claim with its own place.

Not evaluated when: never; a claim without place of service is POS001's.

Source: CMS place of service code set; Claims Processing Manual, chapter 12, section 190.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.procedure_kinds import is_surgery
from assistant.rules.rule import Case, Outcome, Rule

_TELEHEALTH = frozenset({"02", "10"})


def _check(case: Case) -> Iterator[Outcome]:
    place = case.claim.place_of_service
    if place not in _TELEHEALTH:
        return
    lines = [index for index, line in case.lines() if is_surgery(line.procedure_code)]
    if lines:
        told = ", ".join(sorted({case.claim.lines[index].procedure_code for index in lines}))
        message = f"{told} cannot be done by telehealth (place of service {place}): name the place where it was done"
        yield RULE.finding(case, lines, message)


RULE = Rule(
    "POS003",
    "error",
    "CMS Claims Processing Manual, chapter 12, section 190",
    "high",
    _check,
)
