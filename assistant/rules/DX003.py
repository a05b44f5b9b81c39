"""DX003: a diagnosis code is valid, but not on the date of service.

What it checks: codes that ICD-10-CM does not have on the date of service but has on another day: those that begin on a
later 1 October or 1 April, and those that were deleted.

Why it matters: the date of service alone chooses the code set; payers reject a code outside its window.

Fix: the window is named. Which code was valid on the day is for a person to choose.

Not evaluated when: no ICD-10-CM release covers the date of service, or the claim has none. A deleted code is only
recognised as such when the release that still had it is imported; otherwise DX001 reports it.

Source: CMS and NCHS, ICD-10-CM files by fiscal year (1 October to 30 September, with additions on 1 April).
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.diagnoses import troubled
from assistant.rules.rule import Case, Outcome, Rule


def _check(case: Case) -> Iterator[Outcome]:
    return troubled(RULE, case, "other-day")


RULE = Rule(
    "DX003",
    "error",
    "ICD-10-CM files of CMS and NCHS",
    "high",
    _check,
    tables=("icd10cm",),
    optional_keys=("dos",),
    covers=("ICD-DATE-01",),
)
