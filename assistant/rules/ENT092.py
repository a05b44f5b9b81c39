"""ENT092: debridement inside the global period of septum or turbinate surgery.

What it checks: 31237 without 58, 78 or 79, one to 90 days after 30520 or 30130 of the same surgeon or group.

Why it matters: Sinus surgery itself has no aftercare period, septum surgery has: the line is denied as aftercare.

Fix: None by the program: specialty advice is 79 with the sinus diagnosis, some payers want 58 or deny. A rule of
the payer is needed.

Not evaluated when: The claim does not say which procedures went before, or has no date of service.

Source: Fee schedule global periods; AAPC 2018 and 2023; payers contradict each other.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.families import codes
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger

_DEBRIDEMENT, _LONG_AFTERCARE = codes("31237"), codes("30130 30520")
_GLOBAL_DAYS = 90
_SETTLED = frozenset({"58", "78", "79"})


def _check(case: Case) -> Iterator[Outcome]:
    found = [
        at
        for at, line in case.lines(_DEBRIDEMENT)
        if not _SETTLED.intersection(line.modifiers) and not case.yields(at, "modifiers:global")
    ]
    if not found or case.claim.prior == ():
        return
    if case.on is None or case.claim.prior is None:
        missing = [key for key, value in (("prior", case.claim.prior), ("dos", case.on)) if value is None]
        yield RULE.missing_key(missing, found)
        return
    days = [(case.on - one.date_of_service).days for one in case.claim.prior if one.procedure_code in _LONG_AFTERCARE]
    if any(1 <= passed <= _GLOBAL_DAYS for passed in days):
        yield RULE.finding(
            case,
            found,
            "31237 within 90 days of septum or turbinate surgery: 79 with the sinus diagnosis is the specialty's "
            "advice, some plans want 58 or deny; look for this plan's rule",
        )


RULE = Rule(
    "ENT092",
    "advice",
    "Fee schedule global periods; AAPC 2018 and 2023",
    "medium",
    _check,
    optional_keys=("prior", "dos"),
    trigger=Trigger(_DEBRIDEMENT),
    covers=("ENT-DEB-01",),
)
