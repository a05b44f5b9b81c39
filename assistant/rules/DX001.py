"""DX001: a diagnosis code is not in ICD-10-CM.

What it checks: every diagnosis of the claim against the ICD-10-CM release that covers the date of service. Codes that
are only headings, that lack their 7th character or that are valid on another day are left to DX002, DX003 and DX004.

Why it matters: the claim is rejected before a payer judges it; a diagnosis that does not exist supports no service.

Fix: the nearest part of the code that exists is named, with the codes below it; which one the record supports is for a
person to say.

Not evaluated when: no ICD-10-CM release covers the date of service, or the claim has none.

Source: HIPAA code sets, 45 CFR 162.1002; the ICD-10-CM release of CMS and NCHS.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.diagnoses import troubled
from assistant.rules.rule import Case, Outcome, Rule


def _check(case: Case) -> Iterator[Outcome]:
    return troubled(RULE, case, "unknown")


RULE = Rule(
    "DX001",
    "error",
    "ICD-10-CM, 45 CFR 162.1002",
    "high",
    _check,
    tables=("icd10cm",),
    optional_keys=("dos",),
    covers=("ICD-DATE-01",),
)
