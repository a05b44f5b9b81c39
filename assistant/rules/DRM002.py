"""DRM002: the codes for destroyed warts and other benign lesions are counted or stand together.

What it checks: 17110 (up to fourteen) and 17111 (fifteen or more): one of them, one unit, over all lines.

Why it matters: The count is inside the code; further units and the second code are denied.

Fix: 17111 once where it stands there or fifteen or more are counted, else 17110 once.

Not evaluated when: Never: it asks only what every claim says.

Source: CPT; Medicare local coverage.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from assistant.rules.families import codes
from assistant.rules.rule import Case, Outcome, Rule, change_lines
from assistant.rules.trigger import Trigger

_FEW, _MANY = "17110", "17111"
_FAMILY = codes("17110 17111")
_MOST_OF_FEW = 14
_ANOTHER_SESSION = frozenset({"XE", "XP", "76", "77"})


def _check(case: Case) -> Iterator[Outcome]:
    found = [(at, line) for at, line in case.lines(_FAMILY) if not _ANOTHER_SESSION.intersection(line.modifiers)]
    total = sum(line.units for _, line in found)
    if total <= 1:
        return
    many = [entry for entry in found if entry[1].procedure_code == _MANY]
    right = _MANY if many or total > _MOST_OF_FEW else _FEW
    first, line = (many or found)[0]
    new = replace(line, procedure_code=right, units=1, billed=None)
    yield RULE.finding(
        case,
        (at for at, _ in found),
        f"the number of lesions is inside the code: bill {right} once (17110 up to fourteen, 17111 fifteen or more)",
        fix=change_lines(case.claim, {at: () for at, _ in found} | {first: (new,)}, safe=False),
    )


RULE = Rule(
    "DRM002",
    "error",
    "CPT; Medicare local coverage",
    "high",
    _check,
    trigger=Trigger(_FAMILY),
    covers=("DERM-WART-01",),
)
