"""PTR004: no line points to a diagnosis of the claim.

What it checks: where every line has pointers, the diagnoses that none of them names.

Why it matters: a diagnosis without a line supports nothing; often a pointer was forgotten, and the line is denied as
not medically necessary (CO-50). A status or history code may stand there on purpose, so it is advice.

Fix: point the line to it whose reason it is, or take it away when the record does not treat it.

Not evaluated when: never; lines without pointers use the first diagnosis, and then nothing is said.

Source: CMS-1500 item 24E; ICD-10-CM Official Guidelines, section IV.J.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.rule import Case, Outcome, Rule


def _check(case: Case) -> Iterator[Outcome]:
    diagnoses = case.claim.diagnoses
    if len(diagnoses) < 2 or not all(line.pointers for line in case.claim.lines):
        return
    named = {pointer for line in case.claim.lines for pointer in line.pointers}
    idle = [one.diagnosis_code for place, one in enumerate(diagnoses) if place not in named]
    if idle:
        told = ", ".join(dict.fromkeys(idle))
        yield RULE.finding(case, (), f"no line points to {told}: is a pointer missing, or does it not belong here?")


RULE = Rule(
    "PTR004",
    "advice",
    "CMS-1500 item 24E; ICD-10-CM Official Guidelines, section IV.J",
    "low",
    _check,
    covers=("ICD-FL-01",),
)
