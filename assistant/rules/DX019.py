"""DX019: a symptom is coded beside the disease it usually belongs to.

What it checks: a small table of symptoms and the diseases they are routinely part of, both on one claim.

Why it matters: signs and symptoms that belong to a disease as a rule are not coded beside it; they blur why the patient
came.

Fix: the symptom goes and its lines point to the disease, unless the record shows another cause for it.

Not evaluated when: never; no table is needed.

Source: ICD-10-CM Official Guidelines for Coding and Reporting, sections I.B.5 and I.B.6. The table is our own.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.diagnoses import change_codes, codes_of, lines_at
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger

_NOSE = ("J00", "J01", "J06", "J10", "J11", "J30", "J31", "J32", "J33", "J34.2", "J34.3")
_BELLY = ("K25", "K26", "K27", "K29", "K35", "K37", "K50", "K51", "K52", "K57", "K80", "K81", "K85", "N20")
# What begins with the first belongs to what begins with one of the second.
_PART_OF: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("R05", ("J00", "J06", "J10", "J11", "J12", "J13", "J15", "J18", "J20", "J21", "J44", "J45")),
    ("R06.0", ("I50", "J18", "J44", "J45", "J81", "J96")),
    ("R06.2", ("J44", "J45", "J21")),
    ("R09.81", _NOSE),
    ("R09.82", _NOSE),
    ("R50.9", ("A", "J01", "J02", "J03", "J09", "J10", "J11", "J18", "H66.0", "N10", "K35", "L03")),
    ("R07.0", ("J02", "J03", "J36")),
    ("R49.0", ("J04", "J37", "J38", "C32")),
    ("R13", ("K22.0", "K22.2", "J03", "J36")),
    ("R51", ("G43", "G44", "J01", "J32")),
    ("R42", ("H81", "H83.0")),
    ("H92.0", ("H60", "H65", "H66", "H68", "H69")),
    ("H93.1", ("H81.0",)),
    ("R00.0", ("I47", "I48")),
    ("R00.2", ("I47", "I48", "I49")),
    ("R07.2", ("I20", "I21")),
    ("R07.89", ("I20", "I21")),
    ("R07.9", ("I20", "I21", "I25.11")),
    ("R55", ("I44.2", "I95.1")),
    ("R60", ("I50",)),
    ("R10", _BELLY),
    ("R11", ("K29", "K35", "K52", "K80", "K81", "K85")),
    ("R19.7", ("A0", "K50", "K51", "K52")),
    ("R30.0", ("N30", "N39.0")),
    ("R31", ("N20", "N30")),
    ("R73", ("E08", "E09", "E10", "E11", "E13")),
    ("M25.56", ("M17", "M23", "S83")),
    ("M25.55", ("M16",)),
    ("M25.51", ("M19.01", "M75")),
    ("M54.2", ("M47.812", "M50")),
    ("M54.5", ("M48.06", "M51")),
    ("L29", ("L20", "L23", "L24", "L25", "L30", "L50")),
    ("R21", ("L20", "L23", "L24", "L25", "L30", "L40", "L50", "B02")),
)
_SYMPTOMS = tuple(symptom for symptom, _diseases in _PART_OF)


def _check(case: Case) -> Iterator[Outcome]:
    codes = codes_of(case)
    if len(codes) < 2:
        return
    for place, code in enumerate(codes):
        if not code.startswith(_SYMPTOMS):
            continue
        diseases = next(named for symptom, named in _PART_OF if code.startswith(symptom))
        disease = next((other for other in codes if other.startswith(diseases)), None)
        if disease is not None:
            message = f"{code} is usually part of {disease}: leave it out unless the record shows another cause"
            fix = change_codes(case.claim, {place: disease})
            yield RULE.finding(case, lines_at(case, {place}), message, fix=fix)


RULE = Rule(
    "DX019",
    "advice",
    "ICD-10-CM Official Guidelines, section I.B.5",
    "high",
    _check,
    trigger=Trigger(diagnoses=_SYMPTOMS),
    covers=("ICD-SX-01",),
)
