"""NEW001: the visit code and the claim's new-patient key contradict each other.

What it checks: codes for new patients (99202-99205, 99341-99345, 99381-99387, 92002, 92004) on a claim that says
`new-patient: no`, and codes for established patients (99211-99215, 99347-99350, 99391-99397, 92012, 92014) on one
that says `new-patient: yes`. When it says yes and names an earlier service of the last three years, the contradiction
is advice, and NEW002 judges the code.

Why it matters: a new-patient code for a known patient is denied or taken back (CO-B16); the reverse gives work away.

Fix: the code of the other family with the same decision making (99203 and 99213); a level chosen by time is chosen
anew.

Not evaluated when: the claim does not say whether the patient is new, unless an earlier procedure of the last three
years shows that the patient is known.

Source: CPT, evaluation and management guidelines; CMS Claims Processing Manual, chapter 12, section 30.6.7 A.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from assistant.rules.known_patient import last_seen, three_years_before
from assistant.rules.rule import Case, Outcome, Rule, change_lines
from assistant.rules.trigger import Trigger
from assistant.rules.visits import ESTABLISHED_FOR_NEW, ESTABLISHED_PATIENT, NEW_FOR_ESTABLISHED, NEW_PATIENT
from ingest.claims.model import ClaimLine

_EITHER = NEW_PATIENT | ESTABLISHED_PATIENT


def _check(case: Case) -> Iterator[Outcome]:
    visits = list(case.lines(_EITHER))
    if not visits:
        return
    is_new = case.claim.new_patient
    if is_new is None:
        seen = last_seen(case)
        if seen is None or case.on is None or seen <= three_years_before(case.on):
            yield RULE.missing_key(["new-patient"], [index for index, _ in visits])
        return
    if is_new and (seen := last_seen(case)) is not None and case.on and seen > three_years_before(case.on):
        message = f"the claim says that the patient is new, but prior names a service of {seen}: one of them is wrong"
        yield RULE.finding(case, [index for index, _ in visits], message, severity="advice")
        return
    wrong, other = (ESTABLISHED_PATIENT, NEW_FOR_ESTABLISHED) if is_new else (NEW_PATIENT, ESTABLISHED_FOR_NEW)
    told, kind = ("new", "a known one") if is_new else ("not new", "a new one")
    for index, line in visits:
        code = line.procedure_code
        if code not in wrong:
            continue
        instead = other.get(code)
        fix = change_lines(case.claim, {index: (_with_code(line, instead),)}, safe=False) if instead else None
        mend = f"{instead} at the same decision making" if instead else "a visit code of the other family"
        message = f"the claim says that the patient is {told}, and {code} is the visit of {kind}: {mend}"
        yield RULE.finding(case, (index,), message, fix=fix)


def _with_code(line: ClaimLine, procedure_code: str) -> ClaimLine:
    return replace(line, procedure_code=procedure_code)


RULE = Rule(
    "NEW001",
    "error",
    "CPT evaluation and management guidelines; CMS Claims Processing Manual, chapter 12, section 30.6.7",
    "high",
    _check,
    optional_keys=("new-patient",),
    trigger=Trigger(_EITHER),
    covers=("EM-NEW-01",),
)
