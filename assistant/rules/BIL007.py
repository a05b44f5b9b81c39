"""BIL007: RT and LT on two lines of a code that has no two sides.

What it checks: lines of one code with RT and with LT whose bilateral indicator is 0 or 9. Skin and nails are left
alone, where a side only tells one lesion from another.

Why it matters: the second line is paid as nothing or denied (CO-4, CO-151).

Fix: one line without a side; two sites that are truly apart are told by 59, an X modifier, a finger or a toe.

Not evaluated when: RT and LT stand on two lines of a code and no fee schedule covers the date of service, or the claim
has none.

Source: CMS Claims Processing Manual, chapter 12, section 40.7; the imported fee schedule.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.both_sides import OWN_SERVICE, SIDE_KEY, bilateral_indicator, services
from assistant.rules.coverage import uncovered
from assistant.rules.procedure_kinds import is_between
from assistant.rules.rule import SIDES, Case, Outcome, Rule
from assistant.rules.trigger import Trigger

_SKIN = (10004, 19499)


def _check(case: Case) -> Iterator[Outcome]:
    carried = {modifier for line in case.claim.lines for modifier in line.modifiers}
    if not carried >= SIDES:
        return
    pairs: dict[str, list[int]] = {}
    for code, lines in services(case).items():
        found = {side: [i for i, line in lines if SIDES.intersection(line.modifiers) == {side}] for side in SIDES}
        places = sorted(index for side in found.values() for index in side)
        if not all(found.values()) or is_between(code, _SKIN):
            continue
        if any(case.yields(i, SIDE_KEY) or OWN_SERVICE.intersection(case.claim.lines[i].modifiers) for i in places):
            continue
        pairs[code] = places
    if not pairs:
        return
    if (missing := uncovered(RULE, case, "mpfs", [i for places in pairs.values() for i in places])) is not None:
        yield missing
        return
    for code, places in pairs.items():
        if bilateral_indicator(case, code) in ("0", "9"):
            message = (
                f"{code} has no payment for two sides: bill one line without RT and LT, or say what sets them apart"
            )
            yield RULE.finding(case, places, message)


RULE = Rule(
    "BIL007",
    "advice",
    "CMS Claims Processing Manual, chapter 12, section 40.7",
    "medium",
    _check,
    tables=("mpfs",),
    optional_keys=("dos",),
    edits="mpfs",
    trigger=Trigger(modifiers=SIDES),
    covers=("MPFS-BI-01", "ENT-SEP-01"),
)
