"""MOD020: GA, GX or GZ, which speak of Medicare's advance notice, cannot do here what they are for.

What it checks: GZ sent to traditional Medicare, which denies the line without looking at it and leaves nothing to bill
the patient; GA, GX and GZ sent to a Medicare Advantage plan, for which the notice does not exist. Other plans may ask
for these modifiers in their own way and are left alone.

Why it matters: a GZ line is never paid (CO-50); with an Advantage plan only its own decision beforehand makes the
patient liable.

Fix: GA where a notice was signed before the service; for an Advantage plan its decision beforehand, and no modifier.
Advice only: the claim does not show which notice there is.

Not evaluated when: never; it needs no table.

Source: CMS Claims Processing Manual, chapter 30, section 50; CR 7228 (2011-07-01, GZ is denied unseen);
42 CFR 422.566 (decisions of Medicare Advantage plans).
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger

_NOTICE = frozenset({"GA", "GX", "GZ"})
_ADVANTAGE = "medicare-advantage"


def _check(case: Case) -> Iterator[Outcome]:
    payer = case.payer
    if payer is None or not (payer.is_medicare or _ADVANTAGE in payer.lines_of_business):
        return
    for index, line in case.lines():
        for modifier in line.modifiers:
            if modifier not in _NOTICE or case.yields(index, f"modifiers:{modifier}"):
                continue
            told = f"{modifier} on {line.procedure_code}"
            if not payer.is_medicare:
                message = f"{told}: {payer.name} knows no advance notice; it decides beforehand, on request"
                yield RULE.finding(case, [index], message)
            elif modifier == "GZ":
                message = (
                    f"{told}: Medicare denies the line unseen and the patient owes nothing; with a signed notice: GA"
                )
                yield RULE.finding(case, [index], message)


RULE = Rule(
    "MOD020",
    "advice",
    "CMS Claims Processing Manual, chapter 30, section 50",
    "medium",
    _check,
    trigger=Trigger(modifiers=_NOTICE),
    covers=("MOD-ABN-01",),
)
