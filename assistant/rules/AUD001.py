"""AUD001: hearing tests billed beside the panel that holds them, in parts, or for a side.

What it checks: 92552, 92553, 92555 or 92556 beside 92557; 92567 or 92568 beside 92550; 92550, 92567 or 92568 beside
92570; 92553 with 92556 (92557) and 92567 with 92568 (92550); one of them with 50 or more than one unit, as advice
RT or LT without 52.

Why it matters: Parts beside their panel are denied; each code already means both ears.

Fix: The panel alone; one ear is 52, never 50.

Not evaluated when: Never: it asks only what every claim says.

Source: CPT audiology guideline; NCCI Policy Manual, chapters 1 and 11.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.families import Combined, Included, Once, codes, examine
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger

_ALL = codes("92550 92552 92553 92555-92557 92567 92568 92570")
_WHY = "the panel contains its parts"
_REDUCED = frozenset({"52"})
_ROWS = (
    Included(codes("92552 92553 92555 92556"), codes("92557"), _WHY),
    Included(codes("92567 92568"), codes("92550"), _WHY),
    Included(codes("92550 92567 92568"), codes("92570"), _WHY),
    Combined(codes("92553"), codes("92556"), "92557", "the panel stands for both", release="any"),
    Combined(codes("92567"), codes("92568"), "92550", "the panel stands for both", release="any"),
    Once(_ALL, "the test means both ears once; one ear is 52", refused=frozenset({"50"})),
)


def _check(case: Case) -> Iterator[Outcome]:
    found = list(case.lines(_ALL))
    if not found:
        return
    yield from examine(RULE, case, _ROWS)
    for at, line in found:
        sides = {"RT", "LT"}.intersection(line.modifiers)
        if sides and not _REDUCED.intersection(line.modifiers) and not case.yields(at, "modifiers:side"):
            yield RULE.finding(
                case,
                [at],
                f"{line.procedure_code} means both ears: one ear is 52, with both ears no side stands there",
                severity="advice",
            )


RULE = Rule(
    "AUD001",
    "error",
    "CPT audiology guideline; NCCI Policy Manual, chapter 11",
    "high",
    _check,
    trigger=Trigger(_ALL),
    covers=("ENT-AUD-01",),
)
