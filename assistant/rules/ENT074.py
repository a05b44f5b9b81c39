"""ENT074: wax removal stands beside surgery or inspection of the same ear.

What it checks: 69210 beside 69200, 69205, 69220, 69222, 69420 to 69450, middle ear and mastoid surgery 69501 to
69676 or 69930 on the same ear; 69210 beside 92504. A line that names no side beside one that does is a warning.

Why it matters: The smaller code is denied as part of the larger one (CO-97 or CO-236).

Fix: Take 69210 away on that ear. Beside 92504 a person chooses: cleaning only for the view is not billed.

Not evaluated when: Never: it asks only what every claim says.

Source: CPT separate procedure rule; NCCI PTP.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.families import Included, codes, examine, needed
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger

_ROWS = (
    Included(
        codes("69210"),
        codes("69200 69205 69220 69222 69420 69421 69424 69433 69436 69440 69450 69501-69676 69930"),
        "cleaning the ear that is operated is access, not a service",
        sided=True,
    ),
    Included(
        codes("69210"), codes("92504"), "wax cleared only for the view is not billed; keep one of the two", drops=False
    ),
)


def _check(case: Case) -> Iterator[Outcome]:
    yield from examine(RULE, case, _ROWS)


RULE = Rule(
    "ENT074",
    "error",
    "CPT separate procedure rule; NCCI PTP",
    "high",
    _check,
    trigger=Trigger(needed(_ROWS)),
    covers=("ENT-CER-04",),
)
