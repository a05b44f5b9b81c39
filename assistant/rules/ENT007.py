"""ENT007: polyp removal or debridement stands beside larger sinus surgery of the same side.

What it checks: 31237 beside 31253 to 31288 on the same side. The other side, by RT and LT or by 59 or XS, is its
own service. A line that names no side beside one that does is a warning.

Why it matters: The smaller code is denied as part of the larger one (CO-97 or CO-236).

Fix: Take 31237 away on that side.

Not evaluated when: Never: it asks only what every claim says.

Source: CPT separate procedure rule; NCCI Policy Manual, chapter 5.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.families import Included, codes, examine, needed
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger

_ROWS = (
    Included(
        codes("31237"),
        codes("31253-31257 31259 31267 31276 31287 31288"),
        "the larger sinus surgery contains it, bill 31237 only for the other side",
        sided=True,
    ),
)


def _check(case: Case) -> Iterator[Outcome]:
    yield from examine(RULE, case, _ROWS)


RULE = Rule(
    "ENT007",
    "error",
    "CPT separate procedure rule; NCCI Policy Manual, chapter 5",
    "high",
    _check,
    trigger=Trigger(needed(_ROWS)),
    covers=("ENT-FESS-07",),
)
