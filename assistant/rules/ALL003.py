"""ALL003: allergy shots are counted by units, or by both codes.

What it checks: The units of 95115 and 95117 on the claim: together no more than one.

Why it matters: One code stands for the day: 95115 one shot, 95117 two or more. The rest is denied.

Fix: 95117 once where more than one shot is billed, else 95115 once.

Not evaluated when: Never: it asks only what every claim says.

Source: CPT; CMS.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from assistant.rules.families import codes
from assistant.rules.rule import Case, Outcome, Rule, change_lines
from assistant.rules.trigger import Trigger

_SHOTS = codes("95115 95117")
_ANOTHER_SESSION = frozenset({"XE", "XP"})


def _check(case: Case) -> Iterator[Outcome]:
    found = [(at, line) for at, line in case.lines(_SHOTS) if not _ANOTHER_SESSION.intersection(line.modifiers)]
    if sum(line.units for _, line in found) <= 1:
        return
    first, line = next(((at, one) for at, one in found if one.procedure_code == "95117"), found[0])
    new = replace(line, procedure_code="95117", units=1, billed=None)
    yield RULE.finding(
        case,
        (at for at, _ in found),
        "allergy shots are one code and one unit a day: 95115 for one shot, 95117 for two or more",
        fix=change_lines(case.claim, {at: () for at, _ in found} | {first: (new,)}, safe=False),
    )


RULE = Rule(
    "ALL003",
    "error",
    "CPT; CMS",
    "high",
    _check,
    trigger=Trigger(_SHOTS),
    covers=("ENT-ALL-03",),
)
