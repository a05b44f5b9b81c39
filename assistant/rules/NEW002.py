"""NEW002: a new-patient visit is billed although the group has treated the patient within three years.

What it checks: codes for new patients against the days of the claim's earlier procedures. One less than three years
old in person makes the patient an established one, whatever `new-patient` says; exactly three years to the day is
advice, because payers count that day differently. Imaging, laboratory and the reading of tests are not in person.

Why it matters: the payer has the earlier claim and denies the visit or takes the difference back (CO-B16).

Fix: the code for an established patient with the same decision making; a level chosen by time is chosen anew.

Not evaluated when: the claim has earlier procedures but no date of service. Without `prior` NEW001 speaks.

Source: CPT, evaluation and management guidelines; CMS Claims Processing Manual, chapter 12, section 30.6.7 A.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from assistant.rules.known_patient import last_seen, three_years_before
from assistant.rules.rule import Case, Outcome, Rule, change_lines
from assistant.rules.trigger import Trigger
from assistant.rules.visits import ESTABLISHED_FOR_NEW, NEW_PATIENT


def _check(case: Case) -> Iterator[Outcome]:
    visits = list(case.lines(NEW_PATIENT))
    if not visits or not case.claim.prior:
        return
    if case.on is None:
        yield RULE.missing_key(["dos"], [index for index, _ in visits])
        return
    seen, limit = last_seen(case), three_years_before(case.on)
    if seen is None or seen < limit:
        return
    for index, line in visits:
        instead = ESTABLISHED_FOR_NEW.get(line.procedure_code)
        fix = None
        if instead:
            fix = change_lines(case.claim, {index: (replace(line, procedure_code=instead),)}, safe=False)
        mend = f"{instead} at the same decision making" if instead else "a code for established patients"
        exact = " exactly three years ago: ask how the payer counts that day, else" if seen == limit else ":"
        message = f"{line.procedure_code} is for new patients, and the group treated this one on {seen}{exact} {mend}"
        yield RULE.finding(case, (index,), message, fix=fix, severity="advice" if seen == limit else None)


RULE = Rule(
    "NEW002",
    "error",
    "CPT evaluation and management guidelines; CMS Claims Processing Manual, chapter 12, section 30.6.7",
    "high",
    _check,
    optional_keys=("dos",),
    trigger=Trigger(NEW_PATIENT),
    covers=("EM-NEW-01",),
)
