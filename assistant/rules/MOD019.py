"""MOD019: a facility's modifier on a practitioner's claim.

What it checks: 27, 73 and 74, which hospitals and surgery centers use. 73 and 74 are a warning; at place of service 24
the claim may be the surgery center's own and they are left alone, and where the claim names no place they are advice.
27 is advice.

Why it matters: a practitioner's line with them is denied (CO-4).

Fix: for a procedure stopped 53, for one reduced 52; 27 is left away.

Not evaluated when: never; it needs no table.

Source: CPT Appendix A.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger

_SURGERY_CENTER = "24"
_INSTEAD = {
    "27": "leave it away",
    "73": "a practitioner uses 52 or 53",
    "74": "a practitioner uses 52 or 53",
}


def _check(case: Case) -> Iterator[Outcome]:
    for index, line in enumerate(case.claim.lines):
        for modifier in line.modifiers:
            if modifier not in _INSTEAD or (modifier != "27" and case.claim.place_of_service == _SURGERY_CENTER):
                continue
            message = f"{modifier} on {line.procedure_code} is a facility's modifier: {_INSTEAD[modifier]}"
            certain = modifier != "27" and case.claim.place_of_service is not None
            yield RULE.finding(case, [index], message, severity="warning" if certain else "advice")


RULE = Rule(
    "MOD019", "warning", "CPT Appendix A", "high", _check, trigger=Trigger(modifiers=_INSTEAD), covers=("MOD-52-53",)
)
