"""MOD014: 91 on something that is no laboratory test.

What it checks: lines with 91 on a code of surgery, imaging, anesthesia, medicine or a drug.

Why it matters: 91 is for a clinical laboratory test done again on one day; elsewhere the line is denied (CO-4).

Fix: 76 for a service repeated by the same physician, 77 by another one.

Not evaluated when: never; it needs no table.

Source: CPT Appendix A.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from assistant.rules.procedure_kinds import VISITS, is_between, is_drug
from assistant.rules.rule import Case, Outcome, Rule, change_lines
from assistant.rules.trigger import Trigger

_NOT_LABORATORY = ((100, 79999), (90281, 99199))


def _check(case: Case) -> Iterator[Outcome]:
    for index, line in enumerate(case.claim.lines):
        if "91" not in line.modifiers or line.procedure_code in VISITS:
            continue
        if not (is_between(line.procedure_code, *_NOT_LABORATORY) or is_drug(line.procedure_code)):
            continue
        repeat = tuple(dict.fromkeys("76" if one == "91" else one for one in line.modifiers))
        yield RULE.finding(
            case,
            [index],
            f"{line.procedure_code}-91: 91 is for laboratory tests; a service done again takes 76 or 77",
            fix=change_lines(case.claim, {index: (replace(line, modifiers=repeat),)}, safe=False),
        )


RULE = Rule(
    "MOD014", "error", "CPT Appendix A", "high", _check, trigger=Trigger(modifiers={"91"}), covers=("MOD-76-77",)
)
