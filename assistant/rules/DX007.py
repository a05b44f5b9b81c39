"""DX007: a diagnosis leaves the side open although the line's modifier tells it.

What it checks: diagnoses whose official title says "unspecified" where another code says right, left or bilateral, on
lines whose modifiers name a side (RT, LT, 50, fingers, toes, eyelids).

Why it matters: many payers refuse an unspecified side when the procedure has one; the side is known, so it is coded.

Fix: the code of the line's side, where every line that points to the diagnosis names the same one.

Not evaluated when: no ICD-10-CM release covers the date of service, or the claim has none, and a line names a side.

Source: ICD-10-CM Official Guidelines for Coding and Reporting, sections I.B.13 and I.B.18.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.rules.diagnoses import (
    BOTH,
    SIDE_OF_MODIFIER,
    SIDED,
    PlacedDiagnosis,
    Side,
    change_codes,
    known,
    pointed,
    side_of_entry,
    sides_of_line,
    unready,
)
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger
from ingest.tables.model import DiagnosisEntry

_OPEN = "unspecified"
_SIDE = re.compile(r"\b(?:unspecified|right|left|bilateral|both|side|ears?|eyes?)\b|[^a-z0-9]+")
# The digits ICD-10-CM uses for right, left and both, wherever the side stands in the code.
_SIDE_DIGITS = "123456"


def _check(case: Case) -> Iterator[Outcome]:
    sided = [(index, line, sides) for index, line in case.lines() if (sides := sides_of_line(line))]
    if not sided or not case.claim.diagnoses:
        return
    if missing := unready(RULE, case):
        yield missing
        return
    for placed in known(case):
        if not _leaves_open(placed.entry):
            continue
        here = [(index, sides) for index, line, sides in sided if placed.place in pointed(case, line)]
        if not here:
            continue
        wanted = frozenset(side for _index, sides in here for side in sides)
        known_sides = _sided_twins(case, placed)
        if known_sides:
            twin = known_sides.get(wanted)
            fix = change_codes(case.claim, {placed.place: twin}) if twin and _alone(case, placed, wanted) else None
            told = f"such as {twin}" if twin else "or one for each side"
            message = f"{placed.diagnosis_code} leaves the side open, but the line tells it: code the side, {told}"
            yield RULE.finding(case, [index for index, _sides in here], message, fix=fix)


def _leaves_open(entry: DiagnosisEntry) -> bool:
    if not entry.billable or not entry.diagnosis_code.startswith(SIDED):
        return False
    return _OPEN in entry.description.casefold() and not side_of_entry(entry)


def _alone(case: Case, placed: PlacedDiagnosis, wanted: frozenset[Side]) -> bool:
    """True when every line that stands for the diagnosis and names a side names all of `wanted`."""
    told = [sides_of_line(line) for _index, line in case.lines() if placed.place in pointed(case, line)]
    return all(sides == wanted for sides in told if sides) or wanted == BOTH


def _sided_twins(case: Case, placed: PlacedDiagnosis) -> dict[frozenset[Side], str]:
    """The codes whose title differs only in the side, by side."""
    found: dict[frozenset[Side], str] = {}
    if case.on is None:
        return found
    code, plain = placed.diagnosis_code, _without_side(placed.entry)
    for at in range(4, min(len(code), 7)):
        for digit in _SIDE_DIGITS:
            other = case.tables.diagnosis(code[:at] + digit + code[at + 1 :], case.on)
            if other is None or not other.billable or other.diagnosis_code == code:
                continue
            side = side_of_entry(other)
            if side and _without_side(other) == plain:
                found.setdefault(side, other.diagnosis_code)
    return found


def _without_side(entry: DiagnosisEntry) -> str:
    return " ".join(_SIDE.sub(" ", entry.description.casefold()).split())


RULE = Rule(
    "DX007",
    "advice",
    "ICD-10-CM Official Guidelines, section I.B.13",
    "high",
    _check,
    tables=("icd10cm",),
    optional_keys=("dos",),
    trigger=Trigger(modifiers=SIDE_OF_MODIFIER),
    covers=("ICD-LAT-01", "ICD-UNS-01"),
)
