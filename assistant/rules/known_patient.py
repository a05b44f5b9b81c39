"""When a patient was last seen by the group, as far as a claim's earlier procedures tell. Judges no claim.

Source: CPT, evaluation and management guidelines: a new patient has had no face-to-face professional service of the
same physician, or of one of the same group and exact specialty, within three years. Reading a test (26, 93010 ...),
imaging and laboratory are not face to face.
"""

from __future__ import annotations

from datetime import date

from assistant.rules.rule import Case
from ingest.claims.model import PriorProcedure

YEARS = 3
_READING_ALONE = frozenset({"93010", "93016", "93018", "93227", "93244", "93248", "93272", "93294", "93295", "93298"})
_NOT_IN_PERSON = frozenset({"26", "TC"})


def three_years_before(day: date) -> date:
    """The same calendar day three years earlier; for 29 February the 28th. Never before the year 1."""
    year = max(day.year - YEARS, date.min.year)
    try:
        return day.replace(year=year)
    except ValueError:
        return day.replace(year=year, day=28)


def last_seen(case: Case) -> date | None:
    """The latest day before the claim's on which an earlier service was given in person; None: none is known."""
    on = case.on
    if on is None or not case.claim.prior:
        return None
    return max((one.date_of_service for one in case.claim.prior if _in_person(one, on)), default=None)


def _in_person(one: PriorProcedure, on: date) -> bool:
    code = one.procedure_code
    if one.date_of_service >= on or code in _READING_ALONE or _NOT_IN_PERSON.intersection(one.modifiers):
        return False
    return code[0] in "1234569" or code[-1] == "T"
