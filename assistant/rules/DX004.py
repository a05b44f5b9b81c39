"""DX004: a diagnosis lacks its 7th character, has one its category does not know, or lacks the placeholder X.

What it checks: codes the ICD-10-CM release does not have as written, of which the first part is a code that asks for a
7th character. Three errors are told apart: none given, one that is not of the category, and the right one in the wrong
place because X was left out.

Why it matters: such a code is not valid and the claim is rejected.

Fix: the allowed characters are named; a missing placeholder is filled in. Which character is right the record says.

Not evaluated when: no ICD-10-CM release covers the date of service, or the claim has none, and a diagnosis is of a
chapter in which 7th characters are usual.

Source: ICD-10-CM Official Guidelines for Coding and Reporting, sections I.A.4 and I.A.5; the ICD-10-CM release.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.diagnoses import change_codes, codes_of, lines_at, troubles, unready
from assistant.rules.rule import Case, Outcome, Rule

_USUAL = ("S", "T", "V", "W", "X", "Y", "H40", "M1A", "M48.4", "M48.5", "M80", "M84", "O31", "O32", "O35", "O36", "O40")


def _check(case: Case) -> Iterator[Outcome]:
    codes = codes_of(case)
    if not codes:
        return
    if missing := unready(RULE, case):
        if any(code.startswith(_USUAL) for code in codes):
            yield missing
        return
    for place, trouble in case.once(troubles):
        if trouble.trouble == "seventh":
            fix = change_codes(case.claim, {place: trouble.correct}) if trouble.correct else None
            yield RULE.finding(case, lines_at(case, {place}), trouble.message, fix=fix)


RULE = Rule(
    "DX004",
    "error",
    "ICD-10-CM Official Guidelines, sections I.A.4 and I.A.5",
    "high",
    _check,
    tables=("icd10cm",),
    optional_keys=("dos",),
    covers=("ICD-7-01",),
)
