"""PCT001: 26 or TC on a code that does not split into a reading and a technical part.

What it checks: lines with 26 or TC whose PC/TC indicator in the fee schedule is neither 1 nor, for 26, 6 (laboratory
codes a physician interprets), and for which the schedule has no row with that modifier. Outside Medicare laboratory
codes are left alone: pathologists' own contracts differ.

Why it matters: the line is denied for an invalid modifier (CO-4).

Fix: take 26 or TC away, or choose the code of that part where the family has one.

Not evaluated when: a line has 26 or TC and no fee schedule covers the date of service, or the claim has none.

Source: CMS fee schedule PC/TC indicator; CMS Claims Processing Manual, chapter 12, section 20.2; the imported fee
schedule.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.coverage import follows_medicare, uncovered
from assistant.rules.modifiers import COMPONENTS
from assistant.rules.procedure_kinds import VISITS, is_laboratory
from assistant.rules.rule import Case, Outcome, Rule, change_lines, without_modifiers
from assistant.rules.trigger import Trigger

_KEY = "modifiers:component"
_WHAT = {
    "0": "is a physician's service without parts",
    "2": "is already the reading alone",
    "3": "is already the technical part alone",
    "4": "means the whole test; its parts have codes of their own",
    "5": "is a service of the staff without parts",
    "7": "is a service without parts",
    "8": "is a physician's interpretation without parts",
    "9": "does not split into parts",
}


def _check(case: Case) -> Iterator[Outcome]:
    places = [
        (index, modifier)
        for index, line in enumerate(case.claim.lines)
        for modifier in line.modifiers
        if modifier in COMPONENTS and line.procedure_code not in VISITS and not case.yields(index, _KEY)
    ]
    if not places:
        return
    if (missing := uncovered(RULE, case, "mpfs", [index for index, _modifier in places])) is not None:
        yield missing
        return
    assert case.on is not None
    for index, modifier in places:
        line = case.claim.lines[index]
        code = line.procedure_code
        row = case.tables.fee_schedule(code, case.on)
        if row is None or case.tables.fee_schedule(code, case.on, modifier) is not None:
            continue
        what = "splits only into a reading (26)" if row.pctc == "6" and modifier == "TC" else _WHAT.get(row.pctc)
        if what is None or (is_laboratory(code) and not follows_medicare(case)):
            continue
        yield RULE.finding(
            case,
            [index],
            f"{code} {what} (PC/TC indicator {row.pctc}): bill it without {modifier}",
            fix=change_lines(case.claim, {index: (without_modifiers(line, modifier),)}, safe=False),
        )


RULE = Rule(
    "PCT001",
    "error",
    "CMS fee schedule, PC/TC indicator",
    "high",
    _check,
    tables=("mpfs",),
    optional_keys=("dos",),
    edits="mpfs",
    trigger=Trigger(modifiers=COMPONENTS),
    covers=("CARD-26-01", "CARD-STRESS-01"),
)
