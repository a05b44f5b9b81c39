"""CRD002: an ECG is billed whole and in parts, inside another test, or at the wrong place.

What it checks: 93005 or 93010 beside 93000; 93005 with 93010; 93000, 93005, 93010 or a rhythm strip (93040 to
93042) beside a stress test (93015 to 93018, 93350, 93351) or a device check (93279 to 93292); 26 or TC on 93000,
93005 or 93010; 93000 or 93005 in places 19, 21, 22 or 23. 59, an X modifier, 76 or 77 shows another tracing.

Why it matters: The smaller code is denied as part of the larger one (CO-97 or CO-236). In the hospital only the
reading is the physician's.

Fix: The whole alone; 93010 for 93000 with 26 or in the hospital; the ECG inside another test goes.

Not evaluated when: 93000 or 93005 is billed and the claim does not say the place of service.

Source: CPT; NCCI Policy Manual, chapter 11.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from assistant.rules.families import Combined, Included, codes, examine
from assistant.rules.rule import Case, Outcome, ProposedFix, Rule, change_lines, without_modifiers
from assistant.rules.trigger import Trigger
from ingest.claims.model import ClaimLine

_WHOLE, _TRACING, _READING = "93000", "93005", "93010"
_ECG = codes("93000 93005 93010")
_STRIPS = codes("93040-93042")
_HOSPITAL = frozenset({"19", "21", "22", "23"})
_COMPONENT = frozenset({"26", "TC"})
_INSIDE = (
    Included(codes("93005 93010"), codes("93000"), "93000 contains tracing and reading", release="any"),
    Included(_ECG | _STRIPS, codes("93015-93018 93350 93351"), "the stress test contains its ECG", release="any"),
    Included(_ECG | _STRIPS, codes("93279-93292"), "the device check contains its tracing", release="any"),
)
_OUTSIDE_HOSPITAL = (
    *_INSIDE,
    Combined(codes("93005"), codes("93010"), "93000", "tracing and reading by one biller are the whole", release="any"),
)


def _check(case: Case) -> Iterator[Outcome]:
    if not any(line.procedure_code in _ECG or line.procedure_code in _STRIPS for line in case.claim.lines):
        return
    place = case.claim.place_of_service
    yield from examine(RULE, case, _INSIDE if place in _HOSPITAL else _OUTSIDE_HOSPITAL)
    found = list(case.lines(_ECG))
    for at, line in found:
        carried = sorted(_COMPONENT.intersection(line.modifiers))
        if carried:
            yield RULE.finding(
                case,
                [at],
                f"{line.procedure_code} takes no {' and no '.join(carried)}: 93005 is the tracing, 93010 the reading",
                fix=_as_part(case, at, line),
            )
        elif place in _HOSPITAL and line.procedure_code != _READING:
            yield RULE.finding(
                case,
                [at],
                f"in the hospital only the reading 93010 is the physician's, not {line.procedure_code}",
                fix=_reading(case, at, line),
            )
    if place is None and (open_lines := [at for at, line in found if line.procedure_code != _READING]):
        yield RULE.missing_key(["pos"], open_lines)


def _as_part(case: Case, at: int, line: ClaimLine) -> ProposedFix:
    part = line.procedure_code
    if part == _WHOLE:
        part = _TRACING if "TC" in line.modifiers else _READING
    plain = replace(without_modifiers(line, *_COMPONENT), procedure_code=part)
    return change_lines(case.claim, {at: (plain,)}, safe=False)


def _reading(case: Case, at: int, line: ClaimLine) -> ProposedFix | None:
    if line.procedure_code == _WHOLE:
        return change_lines(case.claim, {at: (replace(line, procedure_code=_READING, billed=None),)}, safe=False)
    return None if len(case.claim.lines) == 1 else change_lines(case.claim, {at: ()}, safe=False)


RULE = Rule(
    "CRD002",
    "error",
    "CPT; NCCI Policy Manual, chapter 11",
    "high",
    _check,
    optional_keys=("pos",),
    trigger=Trigger(_ECG | _STRIPS),
    covers=("CARD-ECG-01",),
)
