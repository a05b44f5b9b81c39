"""DX016: a code that may only be first-listed stands behind another.

What it checks: Z codes that the guidelines allow as first-listed diagnosis only, when a diagnosis that is not of the
same list stands first. A warning for examinations of well patients, birth, normal pregnancy, chemotherapy and radiation
as the reason for the encounter; advice for the others, which practices list second for a part of a visit.

Why it matters: the order tells what the visit was for; preventive benefits and treatment lines are paid by it.

Fix: the code moves to the front.

Not evaluated when: never; no table is needed.

Source: ICD-10-CM Official Guidelines for Coding and Reporting, sections I.C.2.e.2 and I.C.21.c.16.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.diagnoses import codes_of, lines_at, move_before
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger

_FIRM = ("Z00", "Z34", "Z38", "Z51.0", "Z51.1")
_LOOSE = ("Z01", "Z02", "Z04", "Z31.81", "Z31.83", "Z31.84", "Z33.2", "Z39", "Z40", "Z42", "Z52", "Z76.1", "Z76.2")
_EXCEPT = ("Z00.6", "Z52.9")
_ALL = (*_FIRM, *_LOOSE)


def _check(case: Case) -> Iterator[Outcome]:
    codes = codes_of(case)
    if len(codes) < 2 or _only_first(codes[0]):
        return
    place = next((place for place, code in enumerate(codes) if _only_first(code)), None)
    if place is None:
        return
    code = codes[place]
    yield RULE.finding(
        case,
        lines_at(case, {place}),
        f"{code} is the reason for an encounter and is only first-listed: list it before {codes[0]}, or leave it out",
        fix=move_before(case.claim, place, 0),
        severity="warning" if code.startswith(_FIRM) else "advice",
    )


def _only_first(code: str) -> bool:
    return code.startswith(_ALL) and not code.startswith(_EXCEPT)


RULE = Rule(
    "DX016",
    "warning",
    "ICD-10-CM Official Guidelines, section I.C.21.c.16",
    "high",
    _check,
    trigger=Trigger(diagnoses=_ALL),
    covers=("ICD-FL-01",),
)
