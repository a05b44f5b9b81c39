"""BIL002: a code that already means both sides is billed twice for them.

What it checks: codes with bilateral indicator 2 that carry 50, stand with two or more units, or have RT and LT both.
More units are left to the MUE where its limit is above one, and lines of another session or practitioner (76, 77, 91,
XE, XP, 58, 78, 79) are left alone; 59, XS and XU excuse nothing. 69210 is judged for
Medicare only, since CPT counts each ear.

Why it matters: the price is that of both sides; the surplus is denied (CO-4, CO-151) or taken back.

Fix: one line, one unit, no 50 and no pair of sides.

Not evaluated when: a line has 50, both sides or two units of a code and no fee schedule covers the date of service, or
the claim has none.

Source: CMS Claims Processing Manual, chapter 12, section 40.7; the imported fee schedule.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from assistant.rules.both_sides import SIDE_KEY, bilateral_indicator
from assistant.rules.coverage import uncovered
from assistant.rules.modifiers import GLOBAL_PERIOD, REPEATS
from assistant.rules.procedure_kinds import VISITS, is_drug
from assistant.rules.rule import SIDES, Case, Outcome, ProposedFix, Rule, change_lines, sides_of, without_modifiers

_MARKS = SIDES | {"50"}
# Another session or practitioner; 59, XS and XU do not make a second side of a code that means both.
_ANOTHER_TIME = REPEATS | GLOBAL_PERIOD | {"XE", "XP"}


def _check(case: Case) -> Iterator[Outcome]:
    suspects = dict(_suspects(case))
    if not suspects:
        return
    if (
        missing := uncovered(RULE, case, "mpfs", [index for places in suspects.values() for index in places])
    ) is not None:
        yield missing
        return
    assert case.on is not None
    for code, places in suspects.items():
        if bilateral_indicator(case, code) != "2":
            continue
        if _sides(case, places) != SIDES:
            limit = case.tables.mue(code, case.on)
            if limit is not None and limit.units > 1:
                continue
        message = f"{code} already means both sides (bilateral indicator 2): bill one line with one unit, without 50"
        yield RULE.finding(case, places, message, fix=_fix(case, places))


def _suspects(case: Case) -> Iterator[tuple[str, list[int]]]:
    """Codes billed for both sides in any form, with their lines."""
    lines = case.claim.lines
    for code in dict.fromkeys([line.procedure_code for line in lines if line.units > 1 or line.modifiers]):
        if code in VISITS or is_drug(code):
            continue
        places = [
            index
            for index, line in case.lines({code})
            if _ANOTHER_TIME.isdisjoint(line.modifiers)
            and not case.yields(index, SIDE_KEY)
            and not case.yields(index, "units")
        ]
        if any(lines[index].units > 1 for index in places) or _sides(case, places) == SIDES:
            yield code, places


def _sides(case: Case, places: list[int]) -> frozenset[str]:
    lines = [case.claim.lines[index] for index in places]
    return frozenset[str]().union(*[sides_of(line) for line in lines if line.modifiers])


def _fix(case: Case, places: list[int]) -> ProposedFix:
    first = case.claim.lines[places[0]]
    whole = replace(without_modifiers(first, *_MARKS), units=1)
    # 50 with one unit says "both sides, once", and so does the bare code.
    safe = len(places) == 1 and "50" in first.modifiers and first.units == 1
    return change_lines(case.claim, {places[0]: (whole,), **dict.fromkeys(places[1:], ())}, safe=safe)


RULE = Rule(
    "BIL002",
    "error",
    "CMS Claims Processing Manual, chapter 12, section 40.7",
    "high",
    _check,
    tables=("mpfs",),
    optional_keys=("dos",),
    edits="mpfs",
    covers=("MPFS-BI-01", "ENT-CER-03", "ENT-FESS-05", "ENT-TURB-01"),
)
