"""ENT022: swell body, valve or nose reshaping work stands beside septoplasty.

What it checks: 30117 beside 30520 (same session), and 30465, 30468 or 30400 to 30450 beside 30520.

Why it matters: Swell body work in the same session is included; valve and reshaping codes are read for their own
criteria and for cosmetic surgery.

Fix: For 30117: take it away. For the others a person decides.

Not evaluated when: Never: it asks only what every claim says.

Source: CPT Assistant, July 2019, as cited by AAPC.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.families import Included, codes, examine, needed
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger

_SEPTUM = codes("30520")
_ROWS = (
    Included(codes("30117"), _SEPTUM, "swell body work in the same session is part of the septum's surgery"),
    Included(
        codes("30400-30450 30465 30468"),
        _SEPTUM,
        "it needs its own criteria in the report, and the plan screens it as cosmetic",
        drops=False,
    ),
)


def _check(case: Case) -> Iterator[Outcome]:
    yield from examine(RULE, case, _ROWS)


RULE = Rule(
    "ENT022",
    "advice",
    "CPT Assistant, July 2019, as cited by AAPC",
    "medium",
    _check,
    trigger=Trigger(needed(_ROWS)),
    covers=("ENT-SEP-02",),
)
