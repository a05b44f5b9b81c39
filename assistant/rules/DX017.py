"""DX017: a diagnosis is unspecified.

What it checks: diagnoses whose official title says "unspecified", external causes and Z codes apart. One piece of
advice for the claim, never more: an unspecified code is right when the record says no more.

Why it matters: payers ask for the specific code where the record has it, and some refuse certain unspecified codes.

Fix: none: only the record can tell.

Not evaluated when: no ICD-10-CM release covers the date of service, or the claim has none.

Source: ICD-10-CM Official Guidelines for Coding and Reporting, section I.B.18.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.diagnoses import is_external_cause, known, lines_at, unready
from assistant.rules.rule import Case, Outcome, Rule

_UNSPECIFIED = "unspecified"
# "Other and unspecified" headings give their name to codes that are specific enough.
_NAMED_SO = "other and unspecified"


def _check(case: Case) -> Iterator[Outcome]:
    if not any(_may_be(diagnosis.diagnosis_code) for diagnosis in case.claim.diagnoses):
        return
    if missing := unready(RULE, case):
        yield missing
        return
    open_ones = [
        placed
        for placed in known(case)
        if _may_be(placed.diagnosis_code)
        and placed.entry.billable
        and _UNSPECIFIED in (title := placed.entry.description.casefold())
        and _NAMED_SO not in title
    ]
    if open_ones:
        named = dict.fromkeys(placed.diagnosis_code for placed in open_ones)
        message = f"{', '.join(named)} is unspecified: code more precisely if the record says more"
        yield RULE.finding(case, lines_at(case, [placed.place for placed in open_ones]), message)


def _may_be(code: str) -> bool:
    return code[0] != "Z" and not is_external_cause(code)


RULE = Rule(
    "DX017",
    "advice",
    "ICD-10-CM Official Guidelines, section I.B.18",
    "high",
    _check,
    tables=("icd10cm",),
    optional_keys=("dos",),
    covers=("ICD-UNS-01",),
)
