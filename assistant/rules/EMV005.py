"""EMV005: G2211 stands without an office visit, or beside one that carries 25.

What it checks: G2211 needs one of 99202-99205 or 99211-99215 on the claim, since 2026 or a home visit (99341-99350).
When that visit carries 25, Medicare denies G2211; since 2025-01-01 not when a wellness visit, a vaccine
administration or another preventive service of Part B is on the claim. Before 2024-01-01 Medicare paid no G2211. For
other payers, 25 beside it is advice.

Why it matters: the line is denied (CO-97 or CO-107). A single consultation or a procedure visit is not the lasting
care that it pays for.

Fix: take G2211 away.

Not evaluated when: the visit carries 25 and the claim has no date of service.

Source: CMS MM13473; Transmittal 13015 (2025); Physician Fee Schedule final rule 2026 (home visits).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from assistant.rules.rule import Case, Outcome, ProposedFix, Rule, change_lines
from assistant.rules.trigger import Trigger
from assistant.rules.visits import COMPLEXITY_ADD_ON, HOME, OFFICE, WELLNESS

_ADOPTERS = frozenset({"medicare-advantage"})
PAID_FROM = date(2024, 1, 1)
PREVENTIVE_FROM = date(2025, 1, 1)
HOME_FROM = date(2026, 1, 1)
_VACCINES = frozenset(
    {"90460", "90461", "90471", "90472", "90473", "90474", "90480", "90481", "G0008", "G0009", "G0010", "M0201"}
)
# Screening, counselling and other preventive services of Part B (CMS MLN006559), by number.
_PREVENTIVE = frozenset(
    """
    G0101 Q0091 G0102 G0103 G0104 G0105 G0106 G0108 G0109 G0117 G0118 G0120 G0121 G0122 G0123 G0124 G0130 G0141 G0143
    G0144 G0145 G0147 G0148 G0270 G0271 G0296 G0327 G0328 G0432 G0433 G0435 G0442 G0443 G0444 G0445 G0446 G0447 G0472
    G0473 G0475 G0476 G0499 G0512 G0513 G0514 G0532 G0537 G0538 G9143 P3000 P3001 71271 74263 76706 76977 77063 77067
    77078 77080 77081 77085 80061 81528 82270 82465 82947 82950 82951 83036 83718 84478 86803 97802 97803 97804 99406
    99407 0537T G0136
    """.split()
)  # fmt: skip
_ALLOWS = WELLNESS | _VACCINES | _PREVENTIVE
# 33 and PT mark a line as preventive.
_PREVENTIVE_MODIFIERS = frozenset({"33", "PT"})


def _check(case: Case) -> Iterator[Outcome]:
    lines = [index for index, _ in case.lines({COMPLEXITY_ADD_ON})]
    if not lines:
        return
    on, medicare = case.on, case.payer is not None and case.payer.is_medicare
    fix = _without(case, lines)
    if medicare and on is not None and on < PAID_FROM:
        yield RULE.finding(case, lines, f"{COMPLEXITY_ADD_ON} is paid from {PAID_FROM} on: take it away", fix=fix)
        return
    bases = OFFICE if on is not None and on < HOME_FROM else OFFICE | HOME
    visits = list(case.lines(bases))
    if not visits:
        what = "an office visit (99202-99205, 99211-99215)" + ("" if bases is OFFICE else " or home visit")
        yield RULE.finding(
            case, lines, f"{COMPLEXITY_ADD_ON} is only an addition to {what}, and none is there", fix=fix
        )
        return
    carrying = [index for index, line in visits if "25" in line.modifiers]
    if not carrying or len(carrying) < len(visits):
        if case.payer is not None and not medicare and _ADOPTERS.isdisjoint(case.payer.lines_of_business):
            message = f"{COMPLEXITY_ADD_ON} is Medicare's addition: ask whether {case.payer.name} pays it"
            yield RULE.finding(case, lines, message, severity="advice")
        return
    if on is None:
        yield RULE.missing_key(["dos"], lines)
    elif on < PREVENTIVE_FROM or not _beside_preventive(case):
        also = (
            " without a wellness visit, vaccine or other preventive service beside it" if on >= PREVENTIVE_FROM else ""
        )
        message = f"{COMPLEXITY_ADD_ON} is not paid when the visit carries 25{also}: take it away"
        if not medicare:
            message = f"Medicare's rule, ask whether this plan follows it: {message}"
        yield RULE.finding(case, (*lines, *carrying), message, fix=fix, severity=None if medicare else "advice")


def _beside_preventive(case: Case) -> bool:
    return any(
        line.procedure_code in _ALLOWS or _PREVENTIVE_MODIFIERS.intersection(line.modifiers)
        for line in case.claim.lines
    )


def _without(case: Case, lines: list[int]) -> ProposedFix | None:
    if len(lines) == len(case.claim.lines):
        return None
    return change_lines(case.claim, dict.fromkeys(lines, ()), safe=False)


RULE = Rule(
    "EMV005",
    "error",
    "CMS MM13473; CMS Transmittal 13015 (2025)",
    "high",
    _check,
    optional_keys=("dos",),
    trigger=Trigger({COMPLEXITY_ADD_ON}),
    covers=("EM-G2211-01",),
)
