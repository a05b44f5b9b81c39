"""AST002: two surgeons or a team on a code that pays one.

What it checks: lines with 62 against the co-surgeon indicator and with 66 against the team indicator of the fee
schedule: 0 is not payable, 9 means the concept does not apply, 1 asks for documents (advice), 2 is payable.

Why it matters: the line is denied (CO-4 or CO-54), and both surgeons' claims stop.

Fix: bill without 62 or 66, or as assistant where that is what was done.

Not evaluated when: a line has 62 or 66 and no fee schedule covers the date of service, or the claim has none.

Source: CMS Claims Processing Manual, chapter 12, section 40.8; the imported fee schedule.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.coverage import uncovered
from assistant.rules.modifiers import SURGEONS
from assistant.rules.procedure_kinds import VISITS
from assistant.rules.rule import Case, Outcome, Rule, change_lines, without_modifiers
from assistant.rules.trigger import Trigger

_WHO = {"62": "two surgeons", "66": "a surgical team"}


def _check(case: Case) -> Iterator[Outcome]:
    places = [
        (index, modifier)
        for index, line in enumerate(case.claim.lines)
        for modifier in line.modifiers
        if modifier in SURGEONS and line.procedure_code not in VISITS
    ]
    if not places:
        return
    if (missing := uncovered(RULE, case, "mpfs", [index for index, _modifier in places])) is not None:
        yield missing
        return
    assert case.on is not None
    for index, modifier in places:
        line = case.claim.lines[index]
        row = case.tables.fee_schedule(line.procedure_code, case.on)
        if row is None:
            continue
        indicator = row.co_surgeon if modifier == "62" else row.team
        told = f"{line.procedure_code} with {modifier} ({_WHO[modifier]})"
        if indicator == "1":
            message = f"{told} is paid only with documents that show the need (indicator 1): send the operative notes"
            yield RULE.finding(case, [index], message, severity="advice")
        elif indicator in ("0", "9"):
            fix = change_lines(case.claim, {index: (without_modifiers(line, modifier),)}, safe=False)
            yield RULE.finding(
                case, [index], f"{told} is not payable (indicator {indicator}): bill without it", fix=fix
            )


RULE = Rule(
    "AST002",
    "error",
    "CMS Claims Processing Manual, chapter 12, section 40.8",
    "high",
    _check,
    tables=("mpfs",),
    optional_keys=("dos",),
    edits="mpfs",
    trigger=Trigger(modifiers=SURGEONS),
    covers=("MOD-ASST-01",),
)
