"""DX006: a line's modifiers name one side, its diagnoses the other.

What it checks: lines with RT, LT, 50 or a finger, toe or eyelid modifier against the sides in the official titles of
the diagnoses they point to. An error when every diagnosis with a side names only the other one; a warning when 50 is
billed and the diagnoses name one side only. Left alone: diagnoses in which the other side may rightly be treated
(brain, heart, eye muscles, unequal legs), procedures that match the other side on purpose (breast symmetry, comparison
films, hearing aids, access vessels), and diagnoses of an unspecified side.

Why it matters: one of the two is wrong; payers deny the line (CO-11), and a wrong side is a patient-safety event.

Fix: none by machine: the record says which of the two is right.

Not evaluated when: no ICD-10-CM release covers the date of service, or the claim has none, and a line names a side.

Source: ICD-10-CM Official Guidelines for Coding and Reporting, section I.B.13; HCPCS Level II modifiers.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.diagnoses import (
    BOTH,
    SIDE_OF_MODIFIER,
    SIDED,
    PlacedDiagnosis,
    Side,
    known,
    pointed,
    side_of_entry,
    sides_of_line,
    unready,
)
from assistant.rules.rule import Case, Finding, Outcome, Rule
from assistant.rules.trigger import Trigger
from ingest.claims.model import ClaimLine
from ingest.codes import CodeRange, CodeSet

# Eye muscles and amblyopia: the sound eye may be treated. Unequal legs: the other leg may be.
_EITHER = ("H49", "H50", "H51", "H53.0", "M21.7")
# No title of these tells a side, so beside a diagnosis of the wrong side they excuse nothing: endocrine, mental, health
# status, external cause, blood pressure.
_NEVER_SIDED = ("E", "F", "V", "W", "X", "Y", "Z", "I10", "I11", "I12", "I13")
# Work that is rightly on the other side of the diagnosis: breast symmetry, grafts, vascular access, hearing aids.
_OTHER_SIDE_ON_PURPOSE = CodeSet.parse(
    (
        "19303 19316-19396 15769-15774 20900-20939 33508 35500 35572 36000-36299 36600-36660 75600-75774 V5000-V5299"
    ).split()
)
_IMAGING = CodeRange.parse("70010-79999")
_NAMES = {"RT": "right", "LT": "left"}


def _check(case: Case) -> Iterator[Outcome]:
    sided = [(index, line, sides) for index, line in case.lines() if (sides := sides_of_line(line))]
    if not sided or not case.claim.diagnoses:
        return
    if missing := unready(RULE, case):
        yield missing
        return
    entries = {placed.place: placed for placed in known(case)}
    for index, line, sides in sided:
        if line.procedure_code in _OTHER_SIDE_ON_PURPOSE:
            continue
        places = pointed(case, line)
        if all(place in entries for place in places):
            yield from _judge(case, index, line, sides, [entries[place] for place in places])


def _judge(
    case: Case, index: int, line: ClaimLine, sides: frozenset[Side], diagnoses: list[PlacedDiagnosis]
) -> Iterator[Finding]:
    told: dict[str, frozenset[Side]] = {}
    for placed in diagnoses:
        code = placed.diagnosis_code
        sided = code.startswith(SIDED) and not code.startswith(_EITHER)
        found = side_of_entry(placed.entry) if sided else frozenset()
        if found:
            told[code] = found
        elif not code.startswith(_NEVER_SIDED):
            return
    named = frozenset(side for found in told.values() for side in found)
    if not named or sides <= named:
        return
    codes = ", ".join(told)
    if not sides & named:
        if line.procedure_code in _IMAGING and _compared(case, line, named):
            return
        message = (
            f"{line.procedure_code} is billed for the {_side(sides)} side, but {codes} is {_side(named)}: correct the "
            f"modifier or the diagnosis"
        )
        yield RULE.finding(case, [index], message)
    else:
        message = (
            f"{line.procedure_code} is billed for both sides, but {codes} is {_side(named)} only: bill one side, or "
            f"add the diagnosis of the other"
        )
        yield RULE.finding(case, [index], message, severity="warning")


def _compared(case: Case, line: ClaimLine, named: frozenset[Side]) -> bool:
    """True when the same picture is also billed for the diagnosis's own side: this one is the comparison."""
    return any(named & sides_of_line(other) for _index, other in case.lines({line.procedure_code}))


def _side(sides: frozenset[Side]) -> str:
    return "both" if sides == BOTH else _NAMES[next(iter(sides))]


RULE = Rule(
    "DX006",
    "error",
    "ICD-10-CM Official Guidelines, section I.B.13",
    "high",
    _check,
    tables=("icd10cm",),
    optional_keys=("dos",),
    trigger=Trigger(modifiers=SIDE_OF_MODIFIER),
    covers=("ICD-LAT-01",),
)
