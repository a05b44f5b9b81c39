"""EMV001: more visits of one kind than one provider can bill for a day.

What it checks: two lines, or one line with two units, among office, telemedicine, eye, home and outpatient
consultation visits; among hospital visits and inpatient consultations; among nursing facility visits; among emergency
visits; among preventive visits. It becomes advice when a line says that the visits were apart: 27, 59, 76, 77, XE or
XP, or 25 where nothing else on the claim could have asked for it.

Why it matters: one visit a day is paid for one physician or partner of the same specialty; the second denies as a
duplicate or as included (CO-18, CO-97).

Fix: one visit that holds the work of all. Hospital admission and discharge of one day are 99234 to 99236. The level
is for a person to choose.

Not evaluated when: never, it needs neither table nor header key.

Source: CMS Claims Processing Manual, chapter 12, sections 30.6.7 B, 30.6.9.1 and 30.6.9.2.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.procedure_kinds import is_laboratory
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger
from assistant.rules.visits import (
    BLOOD_DRAWS,
    EMERGENCY,
    EYE,
    HOME,
    HOSPITAL,
    HOSPITAL_DISCHARGE,
    HOSPITAL_INITIAL,
    INPATIENT_CONSULT,
    NURSING,
    OFFICE,
    OUTPATIENT_CONSULT,
    PREVENTIVE,
    REMOTE,
    VISIT_ADD_ONS,
    VISITS,
)

_KINDS = (
    ("office or other outpatient visits", OFFICE.union(REMOTE, EYE, HOME, OUTPATIENT_CONSULT)),
    ("hospital visits", HOSPITAL | INPATIENT_CONSULT),
    ("nursing facility visits", NURSING),
    ("emergency visits", EMERGENCY),
    ("preventive visits", PREVENTIVE),
)
# What asks no visit beside it for 25, as laboratory tests do not.
_NO_REASON = VISIT_ADD_ONS | BLOOD_DRAWS
_APART = frozenset({"27", "59", "76", "77", "XE", "XP"})


def _check(case: Case) -> Iterator[Outcome]:
    present = {line.procedure_code for line in case.claim.lines} & VISITS
    if not present:
        return
    for kind, codes in _KINDS:
        if codes.isdisjoint(present):
            continue
        lines = [index for index, _ in case.lines(codes)]
        if sum(case.claim.lines[index].units for index in lines) < 2:
            continue
        named = {case.claim.lines[index].procedure_code for index in lines}
        mend = "bill one visit that holds the work of all"
        if named & HOSPITAL_INITIAL and named & HOSPITAL_DISCHARGE:
            mend = "admission and discharge on one day are one code of 99234 to 99236"
        told = ", ".join(sorted(named))
        message = f"more than one of the {kind} on one day ({told}): one provider bills one, so {mend}"
        yield RULE.finding(case, lines, message, severity="advice" if _apart(case, lines) else None)


def _apart(case: Case, lines: list[int]) -> bool:
    modifiers = {modifier for index in lines for modifier in case.claim.lines[index].modifiers}
    if modifiers & _APART:
        return True
    other = any(
        index not in lines and line.procedure_code not in _NO_REASON and not is_laboratory(line.procedure_code)
        for index, line in enumerate(case.claim.lines)
    )
    return "25" in modifiers and not other and len(lines) > 1


RULE = Rule(
    "EMV001",
    "error",
    "CMS Claims Processing Manual, chapter 12, section 30.6",
    "high",
    _check,
    trigger=Trigger(VISITS),
)
