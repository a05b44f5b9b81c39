"""PCT004: the technical part billed to Medicare for a hospital patient.

What it checks: Medicare claims at place of service 19, 21, 22 or 23 with TC on a line.

Why it matters: Medicare pays the hospital for it and denies the line (CO-5 or CO-97).

Fix: take the line away; the reading goes with 26.

Not evaluated when: a Medicare line has TC and the claim has no place of service.

Source: CMS Claims Processing Manual, chapter 13, section 20.2.1.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.coverage import follows_medicare
from assistant.rules.rule import Case, Outcome, Rule, change_lines
from assistant.rules.trigger import Trigger

_HOSPITAL = frozenset({"19", "21", "22", "23"})


def _check(case: Case) -> Iterator[Outcome]:
    places = [index for index, line in enumerate(case.claim.lines) if "TC" in line.modifiers]
    if not places or not follows_medicare(case):
        return
    place = case.claim.place_of_service
    if place is None:
        yield RULE.missing_key(["pos"], places)
        return
    if place not in _HOSPITAL:
        return
    for index in places:
        fix = change_lines(case.claim, {index: ()}, safe=False) if len(case.claim.lines) > 1 else None
        code = case.claim.lines[index].procedure_code
        message = f"{code}-TC at place of service {place}: Medicare pays the hospital for the technical part"
        yield RULE.finding(case, [index], message, fix=fix)


RULE = Rule(
    "PCT004",
    "error",
    "CMS Claims Processing Manual, chapter 13, section 20.2.1",
    "high",
    _check,
    optional_keys=("pos",),
    trigger=Trigger(modifiers={"TC"}),
    covers=("CARD-26-01",),
)
