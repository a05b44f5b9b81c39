"""Global periods: how many days after a procedure belong to it, by the dated fee schedule. Judges no claim.

Source: CMS Claims Processing Manual, chapter 12, section 40.1: a 090 code holds the day before, the day itself and
the 90 days after; a 010 code the day itself and the 10 days after; a 000 code the day itself. XXX has no period, ZZZ
goes with its primary, MMM (maternity) and YYY (the contractor decides) cannot be counted from the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from assistant.rules.rule import Case, Finding, Rule, Source, Unevaluated
from assistant.rules.visits import POSTOPERATIVE_VISIT, VISIT_ADD_ONS, VISITS, may_be_procedure
from ingest.claims.model import ClaimLine, PriorProcedure
from ingest.tables.model import PROGRAM_NAMES, Release

LONGEST_DAYS = 90
DAYS_AFTER = {"010": 10, "090": 90}
MINOR = frozenset({"000", "010"})
WITH_PERIOD = frozenset({"000", "010", "090"})
UNCOUNTABLE = frozenset({"MMM", "YYY"})
# Who assists, gives only the care before or after, or supplies only equipment, does not operate.
NOT_THE_SURGEON = frozenset({"55", "56", "80", "81", "82", "AS", "TC"})
# An earlier line with these opens no period for later visits: 54 left the aftercare to others, a return to the
# operating room (78) opens none, and a procedure that was broken off (53) is paid by what was done.
OPENS_NO_PERIOD = frozenset({"53", "54", "56", "78", "80", "81", "82", "AS", "TC"})
_NO_PROCEDURE = VISITS | VISIT_ADD_ONS | {POSTOPERATIVE_VISIT}


@dataclass(frozen=True, slots=True)
class Period:
    """An earlier procedure, the global days the fee schedule gives it, and the release that says so. `day` is the
    claim's day in it, 1 the first after the procedure."""

    procedure_code: str
    global_days: str
    date_of_service: date
    day: int
    release: Release

    @property
    def is_open(self) -> bool:
        """True when the claim's day lies in the 10 or 90 days after the procedure."""
        return 0 < self.day <= DAYS_AFTER.get(self.global_days, 0)

    def __str__(self) -> str:
        length = DAYS_AFTER[self.global_days]
        return f"day {self.day} of the {length} days after {self.procedure_code} of {self.date_of_service:%Y-%m-%d}"


def known_days(case: Case, procedure_code: str, on: date) -> tuple[str, Release] | None:
    """The global days of a code on a day ("" when the fee schedule has no row) and who says so; None: no release does.

    Where no release covers that day, the one that covers the claim's date of service is asked: the days of a code
    seldom change, and they are taken from what was imported, never guessed. The finding names the release.
    """
    for day in dict.fromkeys((on, case.on)):
        if day is not None and (release := case.tables.release("mpfs", day)) is not None:
            row = case.tables.fee_schedule(procedure_code, day)
            return (row.global_days if row else ""), release
    return None


def procedure_lines(case: Case) -> tuple[tuple[int, ClaimLine, str | None], ...]:
    """The surgeon's lines that may carry global days, each with them (None: no release covers the date of service)."""
    return case.once(_procedure_lines)


def _procedure_lines(case: Case) -> tuple[tuple[int, ClaimLine, str | None], ...]:
    on = case.on
    covered = on is not None and case.tables.release("mpfs", on) is not None
    found: list[tuple[int, ClaimLine, str | None]] = []
    for index, line in case.lines():
        code = line.procedure_code
        if code in _NO_PROCEDURE or NOT_THE_SURGEON.intersection(line.modifiers):
            continue
        if on is not None and covered:
            row = case.tables.fee_schedule(code, on)
            found.append((index, line, row.global_days if row else ""))
        elif may_be_procedure(code):
            found.append((index, line, None))
    return tuple(found)


def minor_procedures(rule: Rule, case: Case, visits: Sequence[int]) -> Unevaluated | list[int]:
    """The lines with 000 or 010 global days beside these visits, none where an operation with 090 stands there; or what
    the rule says of the visits where the days cannot be told."""
    if case.on is None:
        some = any(may_be_procedure(line.procedure_code) for line in case.claim.lines)
        return rule.missing_key(["dos"], visits) if some else []
    here = procedure_lines(case)
    if any(days is None for _, _, days in here):
        return rule.missing_table(case, "mpfs", visits)
    if any(days == "090" for _, _, days in here):
        return []
    return [index for index, _, days in here if days in MINOR]


def near_priors(case: Case, on: date, least: int = 1, most: int = LONGEST_DAYS) -> list[tuple[int, PriorProcedure]]:
    """The earlier procedures of which the claim's day is `least` to `most` days later, each with that number."""
    found = (((on - one.date_of_service).days, one) for one in case.claim.prior or ())
    return [(day, one) for day, one in found if least <= day <= most]


def periods(case: Case, on: date) -> tuple[list[Period], list[str]]:
    """The periods in which the claim's day lies or, for maternity and contractor-decided codes, may lie, the youngest
    first; and the codes of those earlier procedures of which no release tells the days."""
    known: list[Period] = []
    untold: list[str] = []
    for day, one in near_priors(case, on):
        if OPENS_NO_PERIOD.intersection(one.modifiers):
            continue
        told = known_days(case, one.procedure_code, one.date_of_service)
        if told is not None:
            known.append(Period(one.procedure_code, told[0], one.date_of_service, day, told[1]))
        elif may_be_procedure(one.procedure_code):
            untold.append(one.procedure_code)
    found = [one for one in known if one.is_open or one.global_days in UNCOUNTABLE]
    return sorted(found, key=lambda one: (one.day, one.procedure_code)), untold


def by_release(finding: Finding, release: Release) -> Finding:
    """The finding with the fee schedule release as its source, also where another covers the claim's day."""
    window = f"{release.effective_from:%Y-%m-%d} to {release.effective_through:%Y-%m-%d}"
    return replace(finding, source=Source("table", PROGRAM_NAMES["mpfs"], f"{release.label} ({window})"))
