"""The levels of an office visit and what reaches them, as constants in our own words. Reads no note.

Source: CPT guidelines for evaluation and management of 2021 and 2023 (levels, time, prolonged service 99417), CMS
for G2212 (physician fee schedule final rule 2021) and G2211 (MM13473 and Transmittal 13015 for 2025).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

LEVELS = ("straightforward", "low", "moderate", "high")
NEW_PATIENT = ("99202", "99203", "99204", "99205")
ESTABLISHED = ("99212", "99213", "99214", "99215")
NURSE_VISIT = "99211"
# The least minutes of the physician on the date that carry a level by time.
LEAST_MINUTES: Mapping[str, int] = MappingProxyType(
    {"99202": 15, "99203": 30, "99204": 45, "99205": 60, "99212": 10, "99213": 20, "99214": 30, "99215": 40}
)
PROLONGED_MINUTES = 15
# Code and what the 15 minutes are counted from, by whether the payer is Medicare: the first unit needs 15 minutes more.
PROLONGED: Mapping[bool, tuple[str, Mapping[str, int]]] = MappingProxyType(
    {
        False: ("99417", MappingProxyType({"99205": 60, "99215": 40})),
        True: ("G2212", MappingProxyType({"99205": 74, "99215": 54})),
    }
)
LONGITUDINAL = "G2211"
# From this day G2211 goes beside 25 where the other service is a preventive one of Part B.
LONGITUDINAL_WITH_25_FROM = date(2025, 1, 1)
PREVENTIVE = frozenset("90471 90472 90473 90474 G0008 G0009 G0010 G0438 G0439 G0402".split())


def level_of_elements(problems: str, data: str, risk: str) -> str:
    """The level that at least two of the three elements reach."""
    return LEVELS[sorted(LEVELS.index(one) for one in (problems, data, risk))[1]]


def office_code(level: str, *, new_patient: bool) -> str:
    """The office visit code of a level."""
    return (NEW_PATIENT if new_patient else ESTABLISHED)[LEVELS.index(level)]


def level_of_code(procedure_code: str) -> str | None:
    """The level an office visit code stands for; None for any other code."""
    for codes in (NEW_PATIENT, ESTABLISHED):
        if procedure_code in codes:
            return LEVELS[codes.index(procedure_code)]
    return None


def level_of_minutes(minutes: int, *, new_patient: bool) -> str | None:
    """The highest level the minutes reach; None when they reach none."""
    codes = NEW_PATIENT if new_patient else ESTABLISHED
    reached = [level for level, code in zip(LEVELS, codes, strict=True) if minutes >= LEAST_MINUTES[code]]
    return reached[-1] if reached else None


def prolonged(procedure_code: str, minutes: int, *, medicare: bool) -> tuple[str, int] | None:
    """The prolonged service and its units beside a visit chosen by time; None when the minutes do not reach one."""
    code, starts = PROLONGED[medicare]
    start = starts.get(procedure_code)
    if start is None or minutes < start + PROLONGED_MINUTES:
        return None
    return code, (minutes - start) // PROLONGED_MINUTES
