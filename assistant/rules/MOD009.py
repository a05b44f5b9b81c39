"""MOD009: modifier 51 on an add-on code.

What it checks: lines with 51 whose code is in the add-on code edits.

Why it matters: an add-on is priced as one; 51 cuts its payment by half or stops the line (CO-4).

Fix: take 51 away.

Not evaluated when: a line has 51 and no release of the add-on edits covers the date of service, or the claim has none.

Source: CPT Appendix A; CMS Claims Processing Manual, chapter 12, section 40.6; the imported add-on edits.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.coverage import uncovered
from assistant.rules.procedure_kinds import VISITS
from assistant.rules.rule import Case, Outcome, Rule, change_lines, without_modifiers
from assistant.rules.trigger import Trigger


def _check(case: Case) -> Iterator[Outcome]:
    places = [
        index
        for index, line in enumerate(case.claim.lines)
        if "51" in line.modifiers and line.procedure_code not in VISITS and not case.yields(index, "modifiers:51")
    ]
    if not places:
        return
    if (missing := uncovered(RULE, case, "add-on", places)) is not None:
        yield missing
        return
    assert case.on is not None
    for index in places:
        line = case.claim.lines[index]
        if case.tables.add_on(line.procedure_code, case.on) is not None:
            fix = change_lines(case.claim, {index: (without_modifiers(line, "51"),)}, safe=True)
            message = f"{line.procedure_code} is an add-on code and is exempt from 51: take it away"
            yield RULE.finding(case, [index], message, fix=fix)


RULE = Rule(
    "MOD009",
    "error",
    "CPT Appendix A; CMS Claims Processing Manual, chapter 12, section 40.6",
    "high",
    _check,
    tables=("add-on",),
    optional_keys=("dos",),
    trigger=Trigger(modifiers={"51"}),
    covers=("MOD-51-01",),
)
