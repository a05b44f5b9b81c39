"""BIL004: two units of a code with sides, and no word on the sides.

What it checks: lines with exactly two units, no 50, no side, finger, toe or eyelid, on a code with bilateral
indicator 1. An error where the MUE allows one unit, or, without an MUE release, where the code is an endoscopy or has
a global period of 10 or 90 days; else advice, since some such codes are truly done twice on one side.

Why it matters: payers deny the second unit (CO-151 or CO-4): they cannot see that it is the other side.

Fix: both sides: 50 with one unit, or RT and LT as the plan wants it. Twice on one side: the modifier that says so.

Not evaluated when: a line has two units without a side and no fee schedule covers the date of service, or the claim
has none.

Source: CMS Claims Processing Manual, chapter 12, section 40.7; the imported fee schedule.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from assistant.rules.both_sides import OWN_SERVICE, SIDE_KEY, bilateral_indicator, fee_row
from assistant.rules.coverage import uncovered
from assistant.rules.laterality import two_units_no_side
from assistant.rules.procedure_kinds import VISITS, is_drug
from assistant.rules.rule import Case, Outcome, Rule, change_lines
from ingest.notes.model import Severity

_WITH_AFTERCARE = frozenset({"010", "090"})
_ENDOSCOPY = "3"


def _check(case: Case) -> Iterator[Outcome]:
    places = [
        index
        for index, line in enumerate(case.claim.lines)
        if line.units == 2
        and two_units_no_side(line)
        and line.procedure_code not in VISITS
        and not is_drug(line.procedure_code)
        and OWN_SERVICE.isdisjoint(line.modifiers)
        and not case.yields(index, SIDE_KEY)
        and not case.yields(index, "units")
    ]
    if not places:
        return
    if (missing := uncovered(RULE, case, "mpfs", places)) is not None:
        yield missing
        return
    for index in places:
        line = case.claim.lines[index]
        if bilateral_indicator(case, line.procedure_code) != "1":
            continue
        both = replace(line, units=1, modifiers=("50", *line.modifiers))
        yield RULE.finding(
            case,
            [index],
            f"{line.procedure_code} with 2 units and no side: for both sides bill 50 with one unit (or RT and LT as "
            "the plan wants it); for twice on one side add the modifier that says so",
            fix=change_lines(case.claim, {index: (both,)}, safe=False),
            severity=_severity(case, line.procedure_code),
        )


def _severity(case: Case, procedure_code: str) -> Severity:
    assert case.on is not None
    if case.tables.release("mue", case.on) is not None:
        limit = case.tables.mue(procedure_code, case.on)
        return "error" if limit is not None and limit.units < 2 else "advice"
    row = fee_row(case, procedure_code)
    certain = row is not None and (row.multiple_procedure == _ENDOSCOPY or row.global_days in _WITH_AFTERCARE)
    return "error" if certain else "advice"


RULE = Rule(
    "BIL004",
    "error",
    "CMS Claims Processing Manual, chapter 12, section 40.7",
    "high",
    _check,
    tables=("mpfs",),
    optional_keys=("dos",),
    edits="mpfs",
    covers=("MPFS-BI-01", "ENT-TUBE-01", "ENT-EPI-03", "ORTH-INJ-01"),
)
