"""DX002: a diagnosis is a heading that has codes below it, not a code.

What it checks: every diagnosis of the claim that the ICD-10-CM release knows only as a category or subcategory. Codes
that lack nothing but their 7th character are left to DX004.

Why it matters: a code is valid only with all the characters the list asks for; payers reject the shorter one.

Fix: the codes below the heading are named; where there is only one, it is proposed. Which of several the record
supports is for a person to say.

Not evaluated when: no ICD-10-CM release covers the date of service, or the claim has none.

Source: ICD-10-CM Official Guidelines for Coding and Reporting, section I.B.2; the ICD-10-CM release.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.diagnoses import CodeTrouble, change_codes, trouble_of, troubled
from assistant.rules.rule import Case, Outcome, ProposedFix, Rule


def _check(case: Case) -> Iterator[Outcome]:
    return troubled(RULE, case, "heading", _mended)


def _mended(case: Case, place: int, trouble: CodeTrouble) -> ProposedFix | None:
    if len(trouble.candidates) != 1 or trouble_of(case, trouble.candidates[0]) is not None:
        return None
    return change_codes(case.claim, {place: trouble.candidates[0]})


RULE = Rule(
    "DX002",
    "error",
    "ICD-10-CM Official Guidelines, section I.B.2",
    "high",
    _check,
    tables=("icd10cm",),
    optional_keys=("dos",),
    covers=("ICD-DATE-01",),
)
