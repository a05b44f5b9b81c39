"""AST001: an assistant at surgery on a code that pays none.

What it checks: lines with 80, 81, 82 or AS against the assistant indicator of the fee schedule: 1 never pays an
assistant, 9 means the concept does not apply, 0 pays only where documents show the need (advice), 2 pays.

Why it matters: the assistant's line is denied (CO-54), for Medicare without recourse to the patient.

Fix: take the assistant's line away. Dropping the modifier would turn the assistant into a second surgeon.

Not evaluated when: a line has 80, 81, 82 or AS and no fee schedule covers the date of service, or the claim has none.

Source: CMS Claims Processing Manual, chapter 12, section 20.4.3; the imported fee schedule.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.coverage import marked_rows
from assistant.rules.modifiers import ASSISTANT
from assistant.rules.rule import Case, Outcome, Rule, Unevaluated, change_lines
from assistant.rules.trigger import Trigger

_NEVER = {"1": "never pays an assistant (indicator 1)", "9": "is no surgery that has an assistant (indicator 9)"}


def _check(case: Case) -> Iterator[Outcome]:
    for found in marked_rows(RULE, case, ASSISTANT):
        if isinstance(found, Unevaluated):
            yield found
            continue
        index, row = found
        code = row.procedure_code
        if row.assistant == "0":
            message = (
                f"{code} pays an assistant only where documents show the need (indicator 0): send the operative note"
            )
            yield RULE.finding(case, [index], message, severity="advice")
        elif row.assistant in _NEVER:
            fix = change_lines(case.claim, {index: ()}, safe=False) if len(case.claim.lines) > 1 else None
            yield RULE.finding(
                case, [index], f"{code} {_NEVER[row.assistant]}: take the assistant's line away", fix=fix
            )


RULE = Rule(
    "AST001",
    "error",
    "CMS Claims Processing Manual, chapter 12, section 20.4.3",
    "high",
    _check,
    tables=("mpfs",),
    optional_keys=("dos",),
    edits="mpfs",
    trigger=Trigger(modifiers=ASSISTANT),
    covers=("MOD-ASST-01",),
)
