"""ENT053: control of bleeding after tonsil or adenoid surgery inside its global period, not billed as a return.

What it checks: With tonsil or adenoid surgery (42820 to 42836) by the same surgeon or group on the same claim or up
to 90 days before: 42962 or 42972 without 78, and on Medicare 42960, 42961, 42970 or 42971.

Why it matters: Without 78 the return to the operating room is denied as aftercare; Medicare pays no complication
that was treated outside it.

Fix: Add 78 to 42962 or 42972 where the patient went back to the operating room. The others are not billed to
Medicare inside the global period.

Not evaluated when: The claim does not say which procedures went before.

Source: CMS Claims Processing Manual, chapter 12, section 40.1; fee schedule global period 090.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from assistant.rules.families import codes
from assistant.rules.rule import Case, Outcome, Rule, change_lines
from assistant.rules.trigger import Trigger

_IN_THE_ROOM = codes("42962 42972")
_ELSEWHERE = codes("42960 42961 42970 42971")
_BLEEDS = _IN_THE_ROOM | _ELSEWHERE
_SURGERY = codes("42820 42821 42825 42826 42830 42831 42835 42836")
# The day of surgery and the 90 days after it.
_GLOBAL_DAYS = 90
_SETTLED = frozenset({"58", "78", "79", "XE", "XP"})


def _check(case: Case) -> Iterator[Outcome]:
    found = [(at, line) for at, line in case.lines(_BLEEDS) if not _SETTLED.intersection(line.modifiers)]
    if not found:
        return
    if not any(True for _ in case.lines(_SURGERY)):
        missing = [key for key, value in (("prior", case.claim.prior), ("dos", case.on)) if value is None]
        if case.claim.prior == ():
            return
        if missing or case.on is None or case.claim.prior is None:
            yield RULE.missing_key(missing, (at for at, _ in found))
            return
        if not any(
            one.procedure_code in _SURGERY and 0 <= (case.on - one.date_of_service).days <= _GLOBAL_DAYS
            for one in case.claim.prior
        ):
            return
    for at, line in found:
        if line.procedure_code in _IN_THE_ROOM:
            if case.yields(at, "modifiers:global"):
                continue
            returned = replace(line, modifiers=("78", *line.modifiers))
            yield RULE.finding(
                case,
                [at],
                f"{line.procedure_code} inside the global period of the surgery needs 78, the return to the operating "
                "room",
                fix=change_lines(case.claim, {at: (returned,)}, safe=False),
            )
        elif case.payer is not None and case.payer.is_medicare:
            others = len(case.claim.lines) > 1
            yield RULE.finding(
                case,
                [at],
                f"Medicare pays {line.procedure_code} inside the global period of the surgery only as 42962 or 42972 "
                "with 78, after a return to the operating room",
                fix=change_lines(case.claim, {at: ()}, safe=False) if others else None,
            )


RULE = Rule(
    "ENT053",
    "error",
    "CMS Claims Processing Manual, chapter 12, section 40.1",
    "high",
    _check,
    optional_keys=("prior", "dos"),
    trigger=Trigger(_BLEEDS),
    covers=("ENT-BLEED-01",),
)
