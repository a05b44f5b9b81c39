"""MOD004: a procedure's modifier on a visit.

What it checks: visits (evaluation and management) with a modifier that only procedures, tests or surgeons have: 22,
26, TC, 47, 50, 51, 53 to 56, 58, 59, the X modifiers, 62, 66, 78, 79, 80 to 82, AS, 91. A warning: RT and LT, since a
visit has no side. Advice: 52, 76 and 77, which a few plans take.

Why it matters: the line is denied (CO-4); what was meant (24, 25 or 57) is missing.

Fix: take it away; a visit beside a procedure takes 25, in a global period 24, at the decision for surgery 57.

Not evaluated when: never; it needs no table.

Source: CPT Appendix A; NCCI Policy Manual, chapter 1, section E; CMS Claims Processing Manual, chapter 12, section 40.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from assistant.rules.both_sides import SIDE_KEY
from assistant.rules.modifiers import ASSISTANT, COMPONENTS, GLOBAL_PERIOD, SPLIT_CARE, SURGEONS
from assistant.rules.procedure_kinds import VISITS
from assistant.rules.rule import DISTINCT, SIDES, Case, Outcome, Rule, change_lines, without_modifiers
from assistant.rules.trigger import Trigger
from ingest.notes.model import Severity

_NEVER = (
    ASSISTANT | COMPONENTS | GLOBAL_PERIOD | SPLIT_CARE | SURGEONS | DISTINCT | {"22", "47", "50", "51", "53", "91"}
)
_SEVERITY: Mapping[str, Severity] = {
    **dict.fromkeys(_NEVER, "error"),
    **dict.fromkeys(SIDES, "warning"),
    **dict.fromkeys(("52", "76", "77"), "advice"),
}


def _check(case: Case) -> Iterator[Outcome]:
    for index, line in enumerate(case.claim.lines):
        if not line.modifiers or line.procedure_code not in VISITS:
            continue
        for modifier in dict.fromkeys(line.modifiers):
            severity = _SEVERITY.get(modifier)
            if severity is None or (modifier in SIDES and case.yields(index, SIDE_KEY)):
                continue
            yield RULE.finding(
                case,
                [index],
                f"{modifier} does not fit the visit {line.procedure_code}: take it away{_hint(modifier)}",
                fix=change_lines(case.claim, {index: (without_modifiers(line, modifier),)}, safe=modifier == "51"),
                severity=severity,
            )


def _hint(modifier: str) -> str:
    if modifier in DISTINCT:
        return "; a separate visit beside a procedure takes 25"
    if modifier in GLOBAL_PERIOD:
        return "; an unrelated visit in a global period takes 24"
    return ""


RULE = Rule(
    "MOD004",
    "error",
    "CPT Appendix A; NCCI Policy Manual, chapter 1",
    "high",
    _check,
    trigger=Trigger(VISITS, _SEVERITY),
    covers=("MOD-22-01", "MOD-51-01", "MOD-52-53", "MOD-76-77", "MOD-ANAT-01"),
)
