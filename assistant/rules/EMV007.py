"""EMV007: a consultation or telemedicine code that Medicare does not take goes to it.

What it checks: 99241-99245 and 99251-99255, and 98000-98015 (codes since 2025), on a claim to traditional Medicare.

Why it matters: Medicare has not paid consultation codes since 2010-01-01; the line is refused as an invalid code for
it.

Fix: the visit that was given: office 99202-99215 in the office or outpatient department, hospital 99221-99233,
nursing facility 99304-99310, emergency 99281-99285. Which one and at what level the record shows, so none is
proposed.

Not evaluated when: the claim has a consultation code and no date of service.

Source: CMS Change Request 6740 (2010-01-01); Claims Processing Manual, chapter 12, section 30.6.10; Physician Fee
Schedule final rule 2025 (98000-98015).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger
from assistant.rules.visits import CONSULT, INPATIENT_CONSULT, REMOTE

CONSULTS_NOT_PAID_FROM = date(2010, 1, 1)
_NOT_TAKEN = CONSULT | REMOTE


def _check(case: Case) -> Iterator[Outcome]:
    if case.payer is None or not case.payer.is_medicare:
        return
    for index, line in case.lines(_NOT_TAKEN):
        code = line.procedure_code
        if code in REMOTE:
            mend = "the visit code itself, with the place or modifier of telehealth"
        elif case.on is None:
            yield RULE.missing_key(["dos"], (index,))
            continue
        elif case.on < CONSULTS_NOT_PAID_FROM:
            continue
        else:
            inpatient = code in INPATIENT_CONSULT
            mend = "the hospital or nursing facility visit" if inpatient else "the office visit (99202-99215)"
        yield RULE.finding(case, (index,), f"Medicare does not take {code}: bill {mend} that was given")


RULE = Rule(
    "EMV007",
    "error",
    "CMS Change Request 6740; Physician Fee Schedule final rule 2025",
    "high",
    _check,
    optional_keys=("dos",),
    trigger=Trigger(_NOT_TAKEN),
)
