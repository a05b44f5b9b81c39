"""EMV006: the nurse visit 99211 is billed with a shot.

What it checks: 99211 on a claim with an allergy shot (95115, 95117) or with the giving of a drug (96360-96379,
96401-96549). Without 25 it is an error. With 25 it stays an error for Medicare and the giving of a drug, where 25
does not release; else it is advice.

Why it matters: the usual care around the shot is in its own code; the visit is denied (CO-97), and as a habit it is
audited.

Fix: take 99211 away; it stays only with a need of its own and the conditions of incident-to, which the record must
show.

Not evaluated when: never, it needs neither table nor header key.

Source: CMS Claims Processing Manual, chapter 12, section 30.5; Benefit Policy Manual, chapter 15, section 60.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.rule import Case, Outcome, Rule, change_lines
from assistant.rules.trigger import Trigger
from assistant.rules.visits import NURSE_VISIT

_ALLERGY_SHOTS = frozenset({"95115", "95117"})


def _check(case: Case) -> Iterator[Outcome]:
    nurse = list(case.lines({NURSE_VISIT}))
    if not nurse:
        return
    drug = [index for index, line in case.lines() if _gives_drug(line.procedure_code)]
    shots = [*drug, *(index for index, _ in case.lines(_ALLERGY_SHOTS))]
    if not shots:
        return
    medicare = case.payer is not None and case.payer.is_medicare
    codes = ", ".join(sorted({case.claim.lines[index].procedure_code for index in shots}))
    with_25 = [index for index, line in nurse if "25" in line.modifiers]
    apart = [] if medicare and drug else with_25
    included = [index for index, _ in nurse if index not in apart]
    if included:
        told = " also with 25" if set(with_25).intersection(included) else ""
        message = f"{NURSE_VISIT} is part of {codes} on the same day{told}: take it away"
        away = change_lines(case.claim, dict.fromkeys(included, ()), safe=False)
        yield RULE.finding(case, (*included, *shots), message, fix=away)
    if apart:
        message = f"{NURSE_VISIT} is part of {codes} on the same day: keep it only with a need of its own in the record"
        fix = None if included else change_lines(case.claim, dict.fromkeys(apart, ()), safe=False)
        yield RULE.finding(case, (*apart, *shots), message, fix=fix, severity="advice")


def _gives_drug(procedure_code: str) -> bool:
    return "96360" <= procedure_code <= "96379" or "96401" <= procedure_code <= "96549"


RULE = Rule(
    "EMV006",
    "error",
    "CMS Claims Processing Manual, chapter 12, section 30.5",
    "high",
    _check,
    trigger=Trigger({NURSE_VISIT}),
    covers=("EM-99211",),
)
