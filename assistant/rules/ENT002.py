"""ENT002: partial and total ethmoid surgery stand on one side.

What it checks: 31254 beside 31255 on the same side. A line that names no side beside one that does is a warning.

Why it matters: Each side has had one or the other. The payer pays one and may ask for the report.

Fix: None by the program: 31255 where the report says the basal lamella was passed and the posterior cells were
opened, 31254 where not.

Not evaluated when: Never: it asks only what every claim says.

Source: CPT parentheticals at 31254 and 31255; NCCI PTP.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.families import Included, codes, examine, needed
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger

_ROWS = (
    Included(
        codes("31254"),
        codes("31255"),
        "one side has either the front cells or all of them; keep the one the report supports",
        sided=True,
        drops=False,
    ),
)


def _check(case: Case) -> Iterator[Outcome]:
    yield from examine(RULE, case, _ROWS)


RULE = Rule(
    "ENT002",
    "error",
    "CPT parentheticals at 31254 and 31255",
    "high",
    _check,
    trigger=Trigger(needed(_ROWS)),
    covers=("ENT-FESS-02",),
)
