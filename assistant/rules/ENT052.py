"""ENT052: tonsils and adenoids of one session billed apart, twice, or for a side.

What it checks: 42825 or 42826 beside 42830, 42831, 42835 or 42836; any of these beside 42820 or 42821; one of them
with 50, RT or LT or with more than one unit.

Why it matters: One code holds both removals; the second line is denied, and these codes have no sides.

Fix: 42820 below 12 years, 42821 from 12 on (where the claim gives no age, the band of the tonsil code); no side,
one unit.

Not evaluated when: Never: it asks only what every claim says.

Source: CPT; NCCI PTP; fee schedule bilateral indicator 0.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.families import Combined, Included, Once, Row, codes, examine
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger

_TONSILS, _ADENOIDS, _BOTH = codes("42825 42826"), codes("42830 42831 42835 42836"), codes("42820 42821")
_ALL = _TONSILS | _ADENOIDS | _BOTH
_TWELVE = 12
_WHY = "one code holds tonsils and adenoids of one session"
_ALWAYS: tuple[Row, ...] = (
    Included(_TONSILS | _ADENOIDS, _BOTH, _WHY, release="encounter"),
    Once(_ALL, "it already means both sides: one unit, no side"),
)
_CHILD = (Combined(_TONSILS, _ADENOIDS, "42820", _WHY), *_ALWAYS)
_OLDER = (Combined(_TONSILS, _ADENOIDS, "42821", _WHY), *_ALWAYS)


def _check(case: Case) -> Iterator[Outcome]:
    found = {line.procedure_code for _, line in case.lines(_ALL)}
    if not found:
        return
    age = case.claim.age
    is_child = "42825" in found if age is None else age < _TWELVE
    yield from examine(RULE, case, _CHILD if is_child else _OLDER)


RULE = Rule(
    "ENT052",
    "error",
    "CPT; NCCI PTP; fee schedule bilateral indicator 0",
    "high",
    _check,
    trigger=Trigger(_ALL),
    covers=("ENT-TA-02",),
)
