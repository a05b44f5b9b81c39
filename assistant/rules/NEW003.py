"""NEW003: one claim bills the patient as new and as established.

What it checks: a new-patient and an established-patient code of the same family on one claim: office with office, eye
with eye, home with home, preventive with preventive.

Why it matters: the patient is one or the other that day; one of the lines is denied (CO-B16 or CO-18).

Fix: keep the one that is true. The claim cannot tell which, unless it says `new-patient`; then the other line goes.

Not evaluated when: never, it needs neither table nor header key.

Source: CPT, evaluation and management guidelines; CMS Claims Processing Manual, chapter 12, section 30.6.7 A.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.rule import Case, Outcome, Rule, change_lines
from assistant.rules.trigger import Trigger
from assistant.rules.visits import ESTABLISHED_PATIENT, NEW_AND_ESTABLISHED, NEW_PATIENT


def _check(case: Case) -> Iterator[Outcome]:
    codes = {line.procedure_code for line in case.claim.lines}
    if codes.isdisjoint(NEW_PATIENT) or codes.isdisjoint(ESTABLISHED_PATIENT):
        return
    for new, established in NEW_AND_ESTABLISHED:
        new_lines = [index for index, _ in case.lines(new)]
        old_lines = [index for index, _ in case.lines(established)]
        if not new_lines or not old_lines:
            continue
        fix = None
        if case.claim.new_patient is not None:
            away = old_lines if case.claim.new_patient else new_lines
            fix = change_lines(case.claim, dict.fromkeys(away, ()), safe=False)
        told = ", ".join(sorted(codes & (new | established)))
        message = f"the claim bills the patient as new and as established ({told}): keep the one that is true"
        yield RULE.finding(case, (*new_lines, *old_lines), message, fix=fix)


RULE = Rule(
    "NEW003",
    "error",
    "CPT evaluation and management guidelines; CMS Claims Processing Manual, chapter 12, section 30.6.7",
    "high",
    _check,
    trigger=Trigger(NEW_PATIENT),
    covers=("EM-NEW-01",),
)
