"""CRD001: a stress test is billed whole and in parts, in parts though whole, or at the wrong place.

What it checks: 93016, 93017 or 93018 beside 93015; all three parts outside the hospital; 93015 or 93017 in places
19, 21, 22 or 23; 26 or TC on any of them.

Why it matters: The parts have their own codes, so 26 and TC are invalid (CO-4); in the hospital the tracing is the
hospital's.

Fix: 93015 alone in the own office; 93016 and 93018 in the hospital; the modifier goes.

Not evaluated when: 93015 or 93017 is billed and the claim does not say the place of service.

Source: Fee schedule PC/TC indicators; CPT.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from assistant.rules.families import Included, codes, examine
from assistant.rules.rule import Case, Outcome, ProposedFix, Rule, change_lines, without_modifiers
from assistant.rules.trigger import Trigger
from ingest.claims.model import ClaimLine

_WHOLE, _PARTS = codes("93015"), codes("93016 93017 93018")
_FAMILY = _WHOLE | _PARTS
_TRACING = "93017"
_HOSPITAL = frozenset({"19", "21", "22", "23"})
_COMPONENT = frozenset({"26", "TC"})
_ROWS = (Included(_PARTS, _WHOLE, "93015 contains its parts", release="encounter"),)


def _check(case: Case) -> Iterator[Outcome]:
    found = list(case.lines(_FAMILY))
    if not found:
        return
    yield from examine(RULE, case, _ROWS)
    place = case.claim.place_of_service
    in_hospital = place in _HOSPITAL
    for at, line in found:
        carried = sorted(_COMPONENT.intersection(line.modifiers))
        if carried:
            yield RULE.finding(
                case,
                [at],
                f"{line.procedure_code} takes no {' and no '.join(carried)}: 93016 is the supervision, 93017 the "
                "tracing, 93018 the reading",
                fix=_without_component(case, at, line, in_hospital=in_hospital),
            )
        elif line.procedure_code in _WHOLE and in_hospital:
            yield RULE.finding(
                case,
                [at],
                "in the hospital the test is split: 93016 for the supervision, 93018 for the reading",
                fix=change_lines(case.claim, {at: _split(line)}, safe=False),
            )
        elif line.procedure_code == _TRACING and in_hospital:
            alone = len(case.claim.lines) == 1
            yield RULE.finding(
                case,
                [at],
                "in the hospital the tracing 93017 is the hospital's",
                fix=None if alone else change_lines(case.claim, {at: ()}, safe=False),
            )
    if place is None and (open_lines := [at for at, line in found if line.procedure_code in (*_WHOLE, _TRACING)]):
        yield RULE.missing_key(["pos"], open_lines)
    parts = {line.procedure_code: at for at, line in reversed(found) if line.procedure_code in _PARTS}
    if place is not None and not in_hospital and len(parts) == len(_PARTS) and len(found) == len(_PARTS):
        first = min(parts.values())
        whole = replace(case.claim.lines[first], procedure_code="93015", modifiers=(), billed=None)
        yield RULE.finding(
            case,
            parts.values(),
            "all three parts by one biller are the whole test: bill 93015",
            fix=change_lines(case.claim, dict.fromkeys(parts.values(), ()) | {first: (whole,)}, safe=False),
        )


def _split(line: ClaimLine) -> tuple[ClaimLine, ...]:
    plain = replace(without_modifiers(line, *_COMPONENT), billed=None)
    return replace(plain, procedure_code="93016"), replace(plain, procedure_code="93018")


def _without_component(case: Case, at: int, line: ClaimLine, *, in_hospital: bool) -> ProposedFix | None:
    plain = without_modifiers(line, *_COMPONENT)
    if line.procedure_code in _PARTS:
        return change_lines(case.claim, {at: (plain,)}, safe=False)
    if "TC" in line.modifiers:
        return change_lines(case.claim, {at: (replace(plain, procedure_code=_TRACING, billed=None),)}, safe=False)
    return change_lines(case.claim, {at: _split(line)}, safe=False) if in_hospital else None


RULE = Rule(
    "CRD001",
    "error",
    "Fee schedule PC/TC indicators; CPT",
    "high",
    _check,
    optional_keys=("pos",),
    trigger=Trigger(_FAMILY),
    covers=("CARD-STRESS-01",),
)
