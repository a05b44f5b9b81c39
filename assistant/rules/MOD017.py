"""MOD017: an anesthesia modifier on another service, or anesthesia by the surgeon on an anesthesia code.

What it checks: AA, AD, QK, QX, QY, QZ, QS, G8, G9 and P1 to P6 on visits, imaging and laboratory tests (error) and on
surgery (advice: a few plans still take anesthesia under the surgeon's code); 47 on an anesthesia code.

Why it matters: the line is denied for its modifier (CO-4).

Fix: bill the anesthesia code, or take the modifier away.

Not evaluated when: never; it needs no table.

Source: CMS Claims Processing Manual, chapter 12, section 50; CPT Appendix A (47).
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.modifiers import ANESTHESIA
from assistant.rules.procedure_kinds import VISITS, is_anesthesia, is_imaging, is_laboratory, is_surgery
from assistant.rules.rule import Case, Outcome, Rule, change_lines, without_modifiers
from assistant.rules.trigger import Trigger

_WATCHED = ANESTHESIA | {"47"}


def _check(case: Case) -> Iterator[Outcome]:
    for index, line in enumerate(case.claim.lines):
        found = [one for one in line.modifiers if one in _WATCHED]
        if not found:
            continue
        code = line.procedure_code
        if is_anesthesia(code):
            if "47" in found:
                fix = change_lines(case.claim, {index: (without_modifiers(line, "47"),)}, safe=False)
                yield RULE.finding(case, [index], f"47 does not stand on the anesthesia code {code}", fix=fix)
            continue
        told = "/".join(one for one in found if one in ANESTHESIA)
        if not told:
            continue
        message = f"{told} belongs on an anesthesia code and {code} is none"
        if code in VISITS or is_imaging(code) or is_laboratory(code):
            fix = change_lines(case.claim, {index: (without_modifiers(line, *ANESTHESIA),)}, safe=False)
            yield RULE.finding(case, [index], message, fix=fix)
        elif is_surgery(code):
            yield RULE.finding(case, [index], message, severity="advice")


RULE = Rule(
    "MOD017",
    "error",
    "CMS Claims Processing Manual, chapter 12, section 50",
    "high",
    _check,
    trigger=Trigger(modifiers=_WATCHED),
)
