"""ENT001: a diagnostic nasal or sinus endoscopy stands beside a surgical one.

What it checks: 31231 beside any of 31237 to 31298, and 31233 or 31235 beside one of them on the same side. A line
that names no side beside one that does is a warning. For 31231, which already means both sides, 59, XS and XU
release nothing; another session (XE) or doctor (XP) does.

Why it matters: Every surgical sinus endoscopy contains the diagnostic look. The smaller code is denied as part of
the larger one (CO-97 or CO-236).

Fix: Take the diagnostic line away, or only its side where it stands for both.

Not evaluated when: Never: it asks only what every claim says.

Source: CPT guideline for surgical sinus endoscopy; NCCI Policy Manual, chapter 5.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.families import Included, codes, examine, needed
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger

_SURGICAL = codes("31237-31298")
_WHY = "the surgical endoscopy contains the diagnostic one, bill the surgery alone"
_ROWS = (
    Included(codes("31231"), _SURGICAL, _WHY, release="encounter"),
    Included(codes("31233 31235"), _SURGICAL, _WHY, sided=True),
)


def _check(case: Case) -> Iterator[Outcome]:
    yield from examine(RULE, case, _ROWS)


RULE = Rule(
    "ENT001",
    "error",
    "CPT guideline for surgical sinus endoscopy; NCCI Policy Manual, chapter 5",
    "high",
    _check,
    trigger=Trigger(needed(_ROWS)),
    covers=("ENT-FESS-01",),
)
