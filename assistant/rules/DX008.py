"""DX008: right and left are coded one by one although one code says both sides.

What it checks: pairs of diagnoses whose official titles differ only in right and left, where ICD-10-CM has a code with
the same title for both sides. When each side is treated at its own encounter both codes would be wrong here anyway.

Why it matters: the bilateral code says the same in one; some payers refuse the pair.

Fix: the bilateral code in the place of the first, and every pointer with it.

Not evaluated when: no ICD-10-CM release covers the date of service, or the claim has none, and there are two codes.

Source: ICD-10-CM Official Guidelines for Coding and Reporting, section I.B.13.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, combinations

from assistant.rules.diagnoses import BOTH, SIDED, change_codes, known, lines_at, side_of_entry, unready
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger
from ingest.tables.model import DiagnosisEntry

_WORDS = re.compile(r"[a-z0-9]+")
_SIDE_WORDS = frozenset({"right", "left", "bilateral", "unilateral", "of", "the", "ear", "ears", "eye", "eyes", "both"})


def _check(case: Case) -> Iterator[Outcome]:
    codes = [diagnosis.diagnosis_code for diagnosis in case.claim.diagnoses]
    # Two sides of one condition share their category and their length.
    sidable = [(code[:3], len(code)) for code in codes if code.startswith(SIDED)]
    if len(set(sidable)) == len(sidable):
        return
    if missing := unready(RULE, case):
        yield missing
        return
    sided = [(placed, side) for placed in known(case) if len(side := side_of_entry(placed.entry)) == 1]
    for (one, side), (two, other) in combinations(sided, 2):
        first, second = one.diagnosis_code, two.diagnosis_code
        if side == other or first[:3] != second[:3] or len(first) != len(second):
            continue
        if _plain(one.entry) != _plain(two.entry):
            continue
        if bilateral := _bilateral(case, one.entry):
            message = f"{first} and {second} are both sides of one condition: {bilateral} says so in one code"
            fix = change_codes(case.claim, {one.place: bilateral, two.place: bilateral})
            yield RULE.finding(case, lines_at(case, {one.place, two.place}), message, fix=fix)


def _bilateral(case: Case, entry: DiagnosisEntry) -> str | None:
    """The code whose title is the same but for the side, in the same place of the code or one level up."""
    if case.on is None:
        return None
    code, plain = entry.diagnosis_code, _plain(entry)
    # Mostly 3 or 0 in the place of the side, or a code one level up (M17.0 for M17.11 and M17.12).
    in_place = (code[:at] + digit + code[at + 1 :] for digit in "3045678" for at in range(min(len(code), 7) - 1, 3, -1))
    one_up = (code[:4] + digit for digit in "0123456789")
    for candidate in chain(in_place, one_up):
        other = case.tables.diagnosis(candidate, case.on)
        if other and other.billable and side_of_entry(other) == BOTH and _plain(other) == plain:
            return candidate
    return None


def _plain(entry: DiagnosisEntry) -> frozenset[str]:
    return frozenset(_WORDS.findall(entry.description.casefold())) - _SIDE_WORDS


RULE = Rule(
    "DX008",
    "advice",
    "ICD-10-CM Official Guidelines, section I.B.13",
    "high",
    _check,
    tables=("icd10cm",),
    optional_keys=("dos",),
    trigger=Trigger(diagnoses=SIDED),
    covers=("ICD-LAT-01",),
)
