"""MOD016: 22 without anything attached.

What it checks: lines with 22, visits apart (MOD004), on a claim to which nothing is attached.

Why it matters: extra work is paid only where the operative note and a letter show it; else it is priced as usual.

Fix: attach the operative note and a letter that states the extra work and time, or take 22 away.

Not evaluated when: never; it needs no table, and attachments that are not given count as none.

Source: CPT Appendix A; CMS Claims Processing Manual, chapter 12, section 40.4.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.procedure_kinds import VISITS
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger


def _check(case: Case) -> Iterator[Outcome]:
    if case.claim.attachments:
        return
    for index, line in enumerate(case.claim.lines):
        if "22" in line.modifiers and line.procedure_code not in VISITS:
            message = (
                f"{line.procedure_code}-22: send the operative note and a letter that shows the extra work and time"
            )
            yield RULE.finding(case, [index], message)


RULE = Rule(
    "MOD016",
    "advice",
    "CPT Appendix A; CMS Claims Processing Manual, chapter 12, section 40.4",
    "medium",
    _check,
    trigger=Trigger(modifiers={"22"}),
    covers=("MOD-22-01",),
)
