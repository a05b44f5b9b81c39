"""ENT051: a tonsil or adenoid code of the wrong age.

What it checks: The age on the date of service against the band of the code: 42820, 42825, 42830 and 42835 below 12
years, 42821, 42826, 42831 and 42836 from the twelfth birthday.

Why it matters: The line is denied for age (CO-6).

Fix: The code of the other band.

Not evaluated when: The claim does not say the age.

Source: CPT age bands of 42820 to 42836.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from assistant.rules.rule import Case, Outcome, Rule, change_lines
from assistant.rules.trigger import Trigger

# Below twelve years, from twelve years on.
_BANDS = (("42820", "42821"), ("42825", "42826"), ("42830", "42831"), ("42835", "42836"))
_TWELVE = 12
_RIGHT_CODE = {
    wrong: (right, is_child)
    for child, older in _BANDS
    for wrong, right, is_child in ((child, older, True), (older, child, False))
}


def _check(case: Case) -> Iterator[Outcome]:
    found = list(case.lines(_RIGHT_CODE))
    if not found:
        return
    if case.claim.age is None:
        yield RULE.missing_key(["age"], (at for at, _ in found))
        return
    for at, line in found:
        right, is_child = _RIGHT_CODE[line.procedure_code]
        if is_child == (case.claim.age < _TWELVE):
            continue
        band = "below 12 years" if is_child else "from 12 years on"
        yield RULE.finding(
            case,
            [at],
            f"{line.procedure_code} is {band} and the claim says {case.claim.age}: bill {right}",
            fix=change_lines(case.claim, {at: (replace(line, procedure_code=right, billed=None),)}, safe=False),
        )


RULE = Rule(
    "ENT051",
    "error",
    "CPT age bands of 42820 to 42836",
    "high",
    _check,
    optional_keys=("age",),
    trigger=Trigger(_RIGHT_CODE),
    covers=("ENT-TA-01",),
)
