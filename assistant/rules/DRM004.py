"""DRM004: a skin biopsy stands beside removal or destruction without a sign of another lesion.

What it checks: 11102, 11104 or 11106 beside excision (11400 to 11646), shaving (11300 to 11313) or destruction
(17000, 17004, 17110, 17111, 17260 to 17286) without 59, an X modifier or different places on the two lines.

Why it matters: The biopsy of the lesion that is removed the same day is included.

Fix: Take the biopsy away; for another lesion 59 or XS on the line that the edit puts second. Where the lines point
to different diagnoses a person chooses.

Not evaluated when: Never: it asks only what every claim says.

Source: NCCI Policy Manual, chapter 3.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.families import Included, codes, examine, needed
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger

_ROWS = (
    Included(
        codes("11102 11104 11106"),
        codes("11300-11313 11400-11471 11600-11646 17000 17004 17110 17111 17260-17286"),
        "of one lesion the biopsy is included; another lesion takes 59 or XS on the second code of the edit",
        release="any",
        by_diagnosis=True,
    ),
)


def _check(case: Case) -> Iterator[Outcome]:
    yield from examine(RULE, case, _ROWS)


RULE = Rule(
    "DRM004",
    "error",
    "NCCI Policy Manual, chapter 3",
    "high",
    _check,
    trigger=Trigger(needed(_ROWS)),
    covers=("DERM-BX-02",),
)
