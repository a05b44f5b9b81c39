"""DX020: a nosebleed stands before the hereditary telangiectasia that causes it.

What it checks: R04.0 listed before I78.0 on one claim.

Why it matters: the cause comes first; the bleeding stays on the claim because it is what was treated.

Fix: I78.0 moves before R04.0, in the list and in the pointers of lines that name both.

Not evaluated when: never; no table is needed.

Source: ICD-10-CM Official Guidelines for Coding and Reporting, sections I.B.5, I.B.6 and IV.G.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.diagnoses import codes_of, lines_at, move_before
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger

_CAUSE, _BLEEDING = "I78.0", "R04.0"


def _check(case: Case) -> Iterator[Outcome]:
    codes = codes_of(case)
    if _CAUSE not in codes or _BLEEDING not in codes:
        return
    cause, bleeding = codes.index(_CAUSE), codes.index(_BLEEDING)
    if bleeding < cause:
        yield RULE.finding(
            case,
            lines_at(case, {cause, bleeding}),
            f"{_BLEEDING} stands before {_CAUSE}, its cause: list {_CAUSE} first and keep {_BLEEDING} behind it",
            fix=move_before(case.claim, cause, bleeding),
        )


RULE = Rule(
    "DX020",
    "advice",
    "ICD-10-CM Official Guidelines, sections I.B.5 and IV.G",
    "medium",
    _check,
    trigger=Trigger(diagnoses=(_CAUSE,)),
    covers=("ICD-SX-02",),
)
