"""POS001: the place of service is no code of CMS's list, or was not yet one on the day.

What it checks: the claim's place of service against the list of two-digit codes, and the first day of the newer ones:
10 (2022-01-01), 27 (2023-10-01), 58 (2020-01-01), 66 (2024-08-01).

Why it matters: a code that does not exist is rejected before the claim is judged (CO-58, CO-16).

Fix: the code of the place where the patient met the physician; a person knows it.

Not evaluated when: the claim has no place of service, or it has one of the newer codes and no date of service.

Source: CMS place of service code set; Claims Processing Manual, chapter 26, section 10.5.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.places import BEGAN, PLACES
from assistant.rules.rule import Case, Outcome, Rule


def _check(case: Case) -> Iterator[Outcome]:
    place = case.claim.place_of_service
    if place is None:
        yield RULE.missing_key(["pos"])
    elif place not in PLACES:
        yield RULE.finding(case, (), f"{place} is no place of service: name the place where the patient was seen")
    elif place in BEGAN:
        if case.on is None:
            yield RULE.missing_key(["dos"])
        elif case.on < BEGAN[place]:
            yield RULE.finding(case, (), f"place of service {place} exists from {BEGAN[place]} on, not on {case.on}")


RULE = Rule(
    "POS001",
    "error",
    "CMS place of service code set",
    "high",
    _check,
    optional_keys=("dos", "pos"),
)
