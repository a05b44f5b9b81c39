"""PTR003: the claim has no diagnosis.

What it checks: claims without `dx`. When payer, day and place are all given, the claim looks ready to go and the lack
is told as advice; a line typed for a quick check is only said to be not evaluated.

Why it matters: every line of a professional claim must point to a diagnosis; without one the clearinghouse rejects
it.

Fix: add the diagnoses of the record and let each line point to its reason.

Not evaluated when: the claim has no diagnosis and lacks payer, date or place of service.

Source: ASC X12 837P (HI and SV107 segments); CMS-1500 items 21 and 24E.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.rule import Case, Outcome, Rule


def _check(case: Case) -> Iterator[Outcome]:
    claim = case.claim
    if claim.diagnoses:
        return
    if claim.payer and claim.date_of_service and claim.place_of_service:
        message = "no diagnosis is on the claim, and it cannot be sent without: add those of the record"
        yield RULE.finding(case, (), message)
    else:
        yield RULE.missing_key(["dx"])


RULE = Rule(
    "PTR003",
    "advice",
    "ASC X12 837P; CMS-1500 items 21 and 24E",
    "high",
    _check,
    optional_keys=("dx",),
    covers=("ICD-FL-01",),
)
