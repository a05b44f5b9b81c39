"""MOD018: JW or JZ where it cannot be true.

What it checks: JW or JZ on a visit, surgery, imaging or laboratory code; JZ on one line of a drug and JW on another.

Why it matters: JZ says that nothing of the vials was discarded, JW bills what was; together they are returned as
unprocessable (CO-16), and on anything but a drug the line is denied (CO-4).

Fix: with waste: the given amount without JZ and the waste with JW. Without: JZ alone.

Not evaluated when: never; it needs no table.

Source: CMS Claims Processing Manual, chapter 17, section 40; CMS JW/JZ policy, 2023-07-01.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.procedure_kinds import VISITS, is_imaging, is_laboratory, is_surgery
from assistant.rules.rule import Case, Outcome, Rule, change_lines, without_modifiers
from assistant.rules.trigger import Trigger

_WASTE = frozenset({"JW", "JZ"})
# Radiopharmaceuticals and contrast have letters; numbers of these sections are never drugs.
_NO_DRUG = (is_surgery, is_imaging, is_laboratory)


def _check(case: Case) -> Iterator[Outcome]:
    marked = [(index, line) for index, line in enumerate(case.claim.lines) if not _WASTE.isdisjoint(line.modifiers)]
    for index, line in marked:
        code = line.procedure_code
        if code in VISITS or any(kind(code) for kind in _NO_DRUG):
            fix = change_lines(case.claim, {index: (without_modifiers(line, *_WASTE),)}, safe=False)
            yield RULE.finding(case, [index], f"JW and JZ stand on drugs only, and {code} is none", fix=fix)
        elif "JZ" in line.modifiers and "JW" not in line.modifiers:
            waste = [other for other, one in marked if one.procedure_code == code and "JW" in one.modifiers]
            if waste:
                fix = change_lines(case.claim, {index: (without_modifiers(line, "JZ"),)}, safe=False)
                message = f"{code}: JZ says nothing was discarded and JW bills what was; with waste take JZ away"
                yield RULE.finding(case, [index, *waste], message, fix=fix)


RULE = Rule(
    "MOD018",
    "error",
    "CMS JW/JZ policy, 2023-07-01",
    "high",
    _check,
    trigger=Trigger(modifiers=_WASTE),
    covers=("ORTH-INJ-02",),
)
