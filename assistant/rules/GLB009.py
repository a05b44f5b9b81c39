"""GLB009: 78, an unplanned return to the operating room, stands on a claim of the office.

What it checks: lines with 78 on a claim whose place of service is 11, 12, 02 or 10.

Why it matters: Medicare pays for a complication inside the global period only when the patient goes back to an
operating room; an office treatment room is none, and the line is denied or taken back (CO-97).

Fix: the place of service when it is wrong; else no separate bill to Medicare. Advice only: an office may have a room
that counts, such as a laser or endoscopy suite.

Not evaluated when: the claim has no place of service.

Source: CMS Claims Processing Manual, chapter 12, section 40.1.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger

_NO_OPERATING_ROOM = frozenset({"02", "10", "11", "12"})


def _check(case: Case) -> Iterator[Outcome]:
    lines = [index for index, line in case.lines() if "78" in line.modifiers]
    if not lines:
        return
    place = case.claim.place_of_service
    if place is None:
        yield RULE.missing_key(["pos"], lines)
    elif place in _NO_OPERATING_ROOM:
        message = f"78 says that the patient went back to an operating room, and place of service {place} has none"
        yield RULE.finding(case, lines, message)


RULE = Rule(
    "GLB009",
    "advice",
    "CMS Claims Processing Manual, chapter 12, section 40.1",
    "medium",
    _check,
    optional_keys=("pos",),
    trigger=Trigger(modifiers={"78"}),
    covers=("GLOB-03",),
)
