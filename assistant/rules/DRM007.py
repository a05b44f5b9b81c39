"""DRM007: pathology or a biopsy stands beside Mohs surgery without a sign of other tissue.

What it checks: 88302 to 88309 or 88329 to 88332, and 11102, 11104 or 11106, beside 17311 or 17313 without 59 or an
X modifier.

Why it matters: The Mohs surgeon reads the slides; pathology of the same tissue is included.

Fix: Take the line away; 59 only for another lesion, or for a biopsy of a tumor that had no diagnosis that day.

Not evaluated when: Never: it asks only what every claim says.

Source: NCCI Policy Manual, chapters 3 and 10.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.families import Included, codes, examine, needed
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger

_MOHS = codes("17311-17315")
_WHY = "of the same tissue it is included; another lesion or a tumor not yet diagnosed takes 59"
_ROWS = (
    Included(codes("88302-88309 88329-88332"), _MOHS, _WHY, release="any"),
    Included(codes("11102 11104 11106"), _MOHS, _WHY, release="any", by_diagnosis=True),
)


def _check(case: Case) -> Iterator[Outcome]:
    yield from examine(RULE, case, _ROWS)


RULE = Rule(
    "DRM007",
    "error",
    "NCCI Policy Manual, chapters 3 and 10",
    "high",
    _check,
    trigger=Trigger(needed(_ROWS)),
    covers=("DERM-MOHS-02",),
)
