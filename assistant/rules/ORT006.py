"""ORT006: the finger named by the modifier is not the finger of the diagnosis, or is billed more than once.

What it checks: A line with FA or F1 to F9 whose pointed diagnoses (all, where it points to none) name fingers, and
none is the one of the modifier: trigger finger M65.31- to M65.35-, wounds S61.0- to S61.3-, fractures S62.5- and
S62.6-. For one-finger codes (26055, 26720 to 26785) also RT or LT where the diagnosis names one finger, and more
than one unit for one finger.

Why it matters: The line is denied as inconsistent (CO-4 or CO-11), or the wrong finger stands in the record.

Fix: RT or LT becomes the finger of the diagnosis; one finger is one unit. Where modifier and diagnosis disagree a
person decides.

Not evaluated when: Never: it asks only what every claim says.

Source: HCPCS Level II anatomical modifiers; ICD-10-CM tabular list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from assistant.rules.families import codes
from assistant.rules.rule import SIDES, Case, Outcome, Rule, change_lines
from ingest.claims.model import ClaimLine

# Thumb, index, middle, ring and little finger.
_LEFT, _RIGHT = ("FA", "F1", "F2", "F3", "F4"), ("F5", "F6", "F7", "F8", "F9")
_FINGERS = frozenset((*_LEFT, *_RIGHT))
_ONE_FINGER = codes("26055 26720-26785")
_TRIGGER = re.compile(r"M65\.3([1-5])([12])", re.ASCII)
_THUMB = re.compile(r"(?:S61\.[01]|S62\.5)[0-9]([12])", re.ASCII)
# The sixth character counts right and left from the index to the little finger.
_OTHER_FINGER = re.compile(r"(?:S61\.[23]|S62\.6)[0-9]([0-7])", re.ASCII)


def _check(case: Case) -> Iterator[Outcome]:
    for at, line in enumerate(case.claim.lines):
        given = _FINGERS.intersection(line.modifiers)
        if not given and line.procedure_code not in _ONE_FINGER:
            continue
        named = _named(case, line)
        sides = SIDES.intersection(line.modifiers)
        if given and named and not given & named:
            yield RULE.finding(
                case,
                [at],
                f"{line.procedure_code} names {', '.join(sorted(given))}, its diagnosis {', '.join(sorted(named))}: "
                "one of them is the wrong finger",
            )
        elif not given and len(named) == 1 and sides and not case.yields(at, "modifiers:side"):
            finger = next(iter(named))
            kept = tuple(one for one in line.modifiers if one not in SIDES)
            yield RULE.finding(
                case,
                [at],
                f"{line.procedure_code} is of one finger: {finger} instead of {', '.join(sorted(sides))}",
                fix=change_lines(case.claim, {at: (replace(line, modifiers=(*kept, finger)),)}, safe=False),
            )
        one_finger = line.procedure_code in _ONE_FINGER and len(given or named) == 1
        if one_finger and line.units > 1 and not case.yields(at, "units"):
            yield RULE.finding(
                case,
                [at],
                f"{line.procedure_code} x{line.units} for one finger: one finger is one unit",
                fix=change_lines(case.claim, {at: (replace(line, units=1),)}, safe=False),
            )


def _named(case: Case, line: ClaimLine) -> frozenset[str]:
    """The fingers that the diagnoses of the line name, as modifiers."""
    diagnoses = case.claim.diagnoses
    shown = [diagnoses[place] for place in line.pointers if place < len(diagnoses)] or diagnoses
    return frozenset(finger for one in shown if (finger := _finger(one.diagnosis_code)))


def _finger(diagnosis_code: str) -> str | None:
    if match := _TRIGGER.match(diagnosis_code):
        return (_RIGHT if match[2] == "1" else _LEFT)[int(match[1]) - 1]
    if match := _THUMB.match(diagnosis_code):
        return (_RIGHT if match[1] == "1" else _LEFT)[0]
    if match := _OTHER_FINGER.match(diagnosis_code):
        place, is_left = divmod(int(match[1]), 2)
        return (_LEFT if is_left else _RIGHT)[place + 1]
    return None


RULE = Rule(
    "ORT006",
    "error",
    "HCPCS Level II anatomical modifiers; ICD-10-CM tabular list",
    "high",
    _check,
    covers=("MOD-ANAT-01",),
)
