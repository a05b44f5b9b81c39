"""ENT013: washing out a sinus stands beside balloon or cutting surgery on it.

What it checks: 31000 beside 31295, 31256 or 31267, and 31002 beside 31297, 31298, 31257, 31259, 31287 or 31288, on
the same side.

Why it matters: Irrigation of the sinus that was operated is included and is denied.

Fix: Take the irrigation away on that side. Whether a balloon or another dilator was used (31299) a claim cannot
show.

Not evaluated when: Never: it asks only what every claim says.

Source: AAO-HNS Bulletin, September 2019, and lavage page.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.families import Included, codes, examine, needed
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger

_WHY = "washing out the sinus that was operated is included"
_ROWS = (
    Included(codes("31000"), codes("31256 31267 31295"), _WHY, sided=True),
    Included(codes("31002"), codes("31257 31259 31287 31288 31297 31298"), _WHY, sided=True),
)


def _check(case: Case) -> Iterator[Outcome]:
    yield from examine(RULE, case, _ROWS)


RULE = Rule(
    "ENT013",
    "advice",
    "AAO-HNS Bulletin, September 2019",
    "medium",
    _check,
    trigger=Trigger(needed(_ROWS)),
    covers=("ENT-BAL-03",),
)
