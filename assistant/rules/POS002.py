"""POS002: the visit code belongs to another kind of place than the claim names.

What it checks: emergency visits (99281-99285) outside 23 and telehealth; hospital visits (99221-99239) and inpatient
consultations in an office, home, urgent care, ambulatory surgery center, nursing home or clinic; nursing facility
visits in an office, home, urgent care, hospital outpatient department or emergency room; home visits in an office,
hospital, surgery center or nursing facility; outpatient consultations of a hospital inpatient (21); office visits of
a hospital inpatient and in a surgery center (a warning: an inpatient brought to the office keeps 21).

Why it matters: code and place contradict each other and the line is denied (CO-5, CO-58).

Fix: the place where the patient was, or the visit code of that place. The record tells which, so none is proposed.

Not evaluated when: the claim has one of these visits and no place of service.

Source: CPT, evaluation and management guidelines; CMS Claims Processing Manual, chapter 12, section 30.6, and chapter
26, section 10.5.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from assistant.rules.places import PLACES
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger
from assistant.rules.visits import (
    EMERGENCY,
    HOME,
    HOSPITAL,
    INPATIENT_CONSULT,
    NURSING,
    OFFICE,
    OUTPATIENT_CONSULT,
    VISITS,
)
from ingest.notes.model import Severity

_TELEHEALTH = frozenset({"02", "10"})
_INPATIENT = frozenset({"21", "51", "61"})
_OUTSIDE_HOSPITAL = frozenset(
    {"11", "12", "13", "14", "15", "17", "18", "20", "24", "31", "32", "33", "49", "50", "65", "71", "72", "81"}
)
_OUTSIDE_NURSING = frozenset(
    {"11", "12", "13", "14", "15", "17", "19", "20", "22", "23", "24", "49", "50", "71", "72", "81"}
)
_OUTSIDE_HOME = frozenset(
    {"11", "17", "19", "20", "21", "22", "23", "24", "31", "32", "49", "50", "51", "61", "71", "72", "81"}
)


@dataclass(frozen=True, slots=True)
class _Mismatch:
    """Visits that are wrong in these places; `they_are` and `instead` finish the sentence."""

    visits: frozenset[str]
    places: frozenset[str]
    they_are: str
    instead: str
    severity: Severity = "error"


_MISMATCHES = (
    _Mismatch(EMERGENCY, PLACES - {"23"} - _TELEHEALTH, "an emergency room visit", "23, or the visit of that place"),
    _Mismatch(
        HOSPITAL | INPATIENT_CONSULT,
        _OUTSIDE_HOSPITAL,
        "a hospital visit",
        "the hospital's place (21 inpatient, 22 observation), or the visit of that place",
    ),
    _Mismatch(
        NURSING,
        _OUTSIDE_NURSING,
        "a nursing facility visit",
        "31 or 32, or the visit of that place",
    ),
    _Mismatch(
        HOME,
        _OUTSIDE_HOME,
        "a home visit",
        "12 (13 assisted living, 14 group home), or the visit of that place",
    ),
    _Mismatch(
        OUTPATIENT_CONSULT,
        _INPATIENT,
        "an outpatient consultation",
        "the inpatient consultation 99252-99255",
    ),
    _Mismatch(
        OFFICE,
        _INPATIENT,
        "an office visit",
        "a hospital visit (99221-99233), or the place it was",
        "warning",
    ),
    _Mismatch(
        OFFICE, frozenset({"24"}), "an office visit", "the office's own place, if the visit was there", "warning"
    ),
)


def _check(case: Case) -> Iterator[Outcome]:
    codes = {line.procedure_code for line in case.claim.lines} & VISITS
    if not codes:
        return
    place = case.claim.place_of_service
    for one in _MISMATCHES:
        if one.visits.isdisjoint(codes):
            continue
        lines = [index for index, _ in case.lines(one.visits) if not case.yields(index, "places")]
        if place is None and lines:
            yield RULE.missing_key(["pos"], [index for index, _ in case.lines(codes)])
            return
        if place in one.places and lines:
            told = ", ".join(sorted({case.claim.lines[index].procedure_code for index in lines}))
            message = f"{told} is {one.they_are} and does not fit place of service {place}: {one.instead}"
            yield RULE.finding(case, lines, message, severity=one.severity)


RULE = Rule(
    "POS002",
    "error",
    "CPT evaluation and management guidelines; CMS Claims Processing Manual, chapter 12, section 30.6",
    "high",
    _check,
    optional_keys=("pos",),
    trigger=Trigger(VISITS),
)
