"""EMV008: a visit carries 25 and no other service is on the claim.

What it checks: claims whose only service is one visit with 25; codes that only extend the visit (prolonged time,
G2211) are no other service.

Why it matters: 25 says that something else was done that day; alone it invites a record request, and it makes
Medicare deny G2211.

Fix: take 25 away, or add the line that is missing. Advice only: the other service may be on another claim.

Not evaluated when: never, it needs neither table nor header key.

Source: NCCI Policy Manual, chapter 1, section D.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.rule import Case, Outcome, Rule, change_lines, without_modifiers
from assistant.rules.trigger import Trigger
from assistant.rules.visits import VISIT_ADD_ONS, VISITS


def _check(case: Case) -> Iterator[Outcome]:
    services = [
        (index, line) for index, line in enumerate(case.claim.lines) if line.procedure_code not in VISIT_ADD_ONS
    ]
    if len(services) != 1:
        return
    index, line = services[0]
    if line.procedure_code not in VISITS or "25" not in line.modifiers or case.yields(index, "modifiers:25"):
        return
    fix = change_lines(case.claim, {index: (without_modifiers(line, "25"),)}, safe=False)
    message = f"25 on {line.procedure_code}, but no other service is on the claim: take 25 away or add what is missing"
    yield RULE.finding(case, (index,), message, fix=fix)


RULE = Rule(
    "EMV008",
    "advice",
    "NCCI Policy Manual, chapter 1, section D",
    "medium",
    _check,
    trigger=Trigger(VISITS, {"25"}),
    covers=("EM-25-01",),
)
