"""PCT002: the whole test billed where the facility owns the machine.

What it checks: codes with PC/TC indicator 1, without 26 and TC, at place of service 19, 21, 22 or 23 (hospital); at
24, 31, 51, 52, 56 and 61 it is advice.

Why it matters: the technical part is the facility's; the line is denied or taken back (CO-5, CO-97).

Fix: 26 on the line, when the physician read the test.

Not evaluated when: a line may be such a test and the claim has no place of service, or no fee schedule covers the date
of service, or the claim has none.

Source: CMS fee schedule PC/TC indicator; CMS Claims Processing Manual, chapter 12, section 20.2, and chapter 13,
section 20; the imported fee schedule.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from assistant.rules.coverage import uncovered
from assistant.rules.modifiers import COMPONENTS
from assistant.rules.procedure_kinds import is_between, is_imaging
from assistant.rules.rule import Case, Outcome, Rule, change_lines
from ingest.notes.model import Severity

_HOSPITAL = frozenset({"19", "21", "22", "23"})
_OTHER_FACILITY = frozenset({"24", "31", "51", "52", "56", "61"})
_KEY = "modifiers:component"
# Where codes with indicator 1 are found beside imaging: pathology, ears and eyes, heart, vessels, lungs, nerves.
_TESTS = ((51725, 51798), (59020, 59025), (88104, 88399), (91010, 91299), (92060, 92998), (93000, 93998),
          (94010, 94799), (95782, 95999))  # fmt: skip


def _check(case: Case) -> Iterator[Outcome]:
    place = case.claim.place_of_service
    if place is not None and place not in _HOSPITAL and place not in _OTHER_FACILITY:
        return
    places = [
        index
        for index, line in enumerate(case.claim.lines)
        if COMPONENTS.isdisjoint(line.modifiers)
        and "GY" not in line.modifiers
        and _may_split(line.procedure_code)
        and not case.yields(index, _KEY)
    ]
    if not places:
        return
    if (missing := uncovered(RULE, case, "mpfs", places)) is not None:
        yield missing
        return
    assert case.on is not None
    split = [index for index in places if _splits(case, case.claim.lines[index].procedure_code)]
    if split and place is None:
        yield RULE.missing_key(["pos"], split)
        return
    severity: Severity = "error" if place in _HOSPITAL else "advice"
    for index in split:
        line = case.claim.lines[index]
        reading = replace(line, modifiers=("26", *line.modifiers))
        yield RULE.finding(
            case,
            [index],
            f"{line.procedure_code} at place of service {place}: the technical part is the facility's, so bill the "
            "reading with 26",
            fix=change_lines(case.claim, {index: (reading,)}, safe=False),
            severity=severity,
        )


@lru_cache(maxsize=20_000)
def _may_split(procedure_code: str) -> bool:
    return is_imaging(procedure_code) or is_between(procedure_code, *_TESTS)


def _splits(case: Case, procedure_code: str) -> bool:
    assert case.on is not None
    row = case.tables.fee_schedule(procedure_code, case.on)
    return row is not None and row.pctc == "1"


RULE = Rule(
    "PCT002",
    "error",
    "CMS fee schedule, PC/TC indicator",
    "high",
    _check,
    tables=("mpfs",),
    optional_keys=("dos", "pos"),
    edits="mpfs",
    covers=("CARD-26-01", "CARD-CATH-01", "CARD-ECG-01"),
)
