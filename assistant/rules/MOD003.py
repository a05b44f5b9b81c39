"""MOD003: a visit modifier on a service that is no visit.

What it checks: 24, 25 and 57 on codes that are certainly not evaluation and management: anesthesia, surgery, imaging,
laboratory, vaccines, ear and heart tests, allergy, infusions, drugs. Codes that some payers treat as visits
(psychiatry, eye examinations, assessments, G codes) are left alone.

Why it matters: the line is denied (CO-4), and the visit beside it stays without the modifier it needs.

Fix: move it to the visit; a procedure in a global period takes 58, 78 or 79, a distinct one 59 or an X modifier.

Not evaluated when: never; it needs no table.

Source: CPT Appendix A; NCCI Policy Manual, chapter 1, sections D and E.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.modifiers import VISIT_MODIFIERS
from assistant.rules.procedure_kinds import takes_visit_modifiers
from assistant.rules.rule import Case, Outcome, Rule, change_lines, without_modifiers
from assistant.rules.trigger import Trigger

_INSTEAD = {
    "24": "in a global period an unrelated procedure takes 79",
    "25": "it belongs on the visit",
    "57": "it belongs on the visit at which surgery was decided",
}


def _check(case: Case) -> Iterator[Outcome]:
    for index, line in enumerate(case.claim.lines):
        found = [one for one in line.modifiers if one in VISIT_MODIFIERS]
        if not found or takes_visit_modifiers(line.procedure_code):
            continue
        told = "/".join(found)
        yield RULE.finding(
            case,
            [index],
            f"{told} stands only on a visit and {line.procedure_code} is none: take it away; {_INSTEAD[found[0]]}",
            fix=change_lines(case.claim, {index: (without_modifiers(line, *found),)}, safe=False),
        )


RULE = Rule(
    "MOD003",
    "error",
    "CPT Appendix A; NCCI Policy Manual, chapter 1",
    "high",
    _check,
    trigger=Trigger(modifiers=VISIT_MODIFIERS),
    covers=("EM-25-01",),
)
