"""DRM005: closing the wound is billed beside the work that contains it.

What it checks: 12001 to 12018 beside excision (11400 to 11646), shaving (11300 to 11313) or biopsy (11102 to
11107); on Medicare also 12031 to 12057 and 13100 to 13153 where every excision on the claim is 11400, 11420 or
11440. 59 or an X modifier shows another wound.

Why it matters: Simple closure is part of the removal; for benign lesions of 0.5 cm or less Medicare includes every
closure.

Fix: Take the repair away.

Not evaluated when: Never: it asks only what every claim says.

Source: CPT; NCCI Policy Manual, chapter 3.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.families import Included, codes, examine, needed
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger

_EXCISION = codes("11400-11471 11600-11646")
_SMALLEST = codes("11400 11420 11440")
_SIMPLE, _LAYERED = codes("12001-12018"), codes("12031-12057 13100-13153")
_REMOVAL = _EXCISION | codes("11102-11107 11300-11313")
_ROWS = (Included(_SIMPLE, _REMOVAL, "simple closure is part of it; another wound takes 59 or XS", release="any"),)
_ON_MEDICARE = (
    *_ROWS,
    Included(_LAYERED, _SMALLEST, "Medicare includes every closure at 0.5 cm or less", release="any"),
)


def _check(case: Case) -> Iterator[Outcome]:
    removals = {line.procedure_code for _, line in case.lines(_REMOVAL)}
    if not removals:
        return
    only_smallest = removals & _EXCISION <= _SMALLEST and case.payer is not None and case.payer.is_medicare
    yield from examine(RULE, case, _ON_MEDICARE if only_smallest else _ROWS)


RULE = Rule(
    "DRM005",
    "error",
    "CPT; NCCI Policy Manual, chapter 3",
    "high",
    _check,
    trigger=Trigger(needed(_ON_MEDICARE)),
    covers=("DERM-EX-02",),
)
