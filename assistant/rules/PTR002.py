"""PTR002: a diagnosis stands twice on the claim.

What it checks: the claim's diagnoses for repeats.

Why it matters: clearinghouses reject a repeated diagnosis, and it takes the place of one that would count.

Fix: the repeat goes and the lines that pointed to it point to the first; nothing else changes, so the fix is safe.

Not evaluated when: never, it needs neither table nor header key.

Source: ICD-10-CM Official Guidelines, section I.B.12 (each code is reported once); ASC X12 837P, HI segment.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from assistant.rules.rule import Case, Outcome, ProposedFix, Rule
from ingest.claims.model import Claim


def _check(case: Case) -> Iterator[Outcome]:
    codes = [one.diagnosis_code for one in case.claim.diagnoses]
    if len(set(codes)) == len(codes):
        return
    repeated = ", ".join(sorted({code for code in codes if codes.count(code) > 1}))
    message = f"{repeated} stands more than once among the diagnoses: keep the first and point to it"
    yield RULE.finding(case, (), message, fix=_once(case.claim, codes))


def _once(claim: Claim, codes: list[str]) -> ProposedFix:
    kept = list(dict.fromkeys(codes))
    place = {old: kept.index(code) for old, code in enumerate(codes)}
    lines = tuple(
        replace(line, pointers=tuple(dict.fromkeys(place.get(one, one) for one in line.pointers)))
        for line in claim.lines
    )
    diagnoses = tuple({one.diagnosis_code: one for one in claim.diagnoses}.values())
    return ProposedFix(f"dx: {', '.join(kept)}", True, replace(claim, lines=lines, diagnoses=diagnoses))


RULE = Rule(
    "PTR002",
    "error",
    "ICD-10-CM Official Guidelines, section I.B.12; ASC X12 837P",
    "high",
    _check,
    covers=("ICD-FL-01",),
)
