"""ENT062: a tube code of general anesthesia in the office.

What it checks: 69436 or 69421 in place of service 11.

Why it matters: General anesthesia is rare in an office; 69433 or 69420 is often what was done.

Fix: None by the program: look at the anesthesia.

Not evaluated when: The claim does not say the place of service.

Source: CPT 69433 and 69436.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.families import codes
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger

_GENERAL = codes("69421 69436")
_OFFICE = "11"


def _check(case: Case) -> Iterator[Outcome]:
    found = [at for at, _ in case.lines(_GENERAL)]
    if not found:
        return
    if case.claim.place_of_service is None:
        yield RULE.missing_key(["pos"], found)
    elif case.claim.place_of_service == _OFFICE:
        yield RULE.finding(
            case,
            found,
            "69436 and 69421 mean general anesthesia, the claim says office: with local or topical anesthesia it is "
            "69433 or 69420",
        )


RULE = Rule(
    "ENT062",
    "advice",
    "CPT 69433 and 69436",
    "medium",
    _check,
    optional_keys=("pos",),
    trigger=Trigger(_GENERAL),
    covers=("ENT-TUBE-01",),
)
