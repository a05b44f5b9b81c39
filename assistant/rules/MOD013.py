"""MOD013: 76 or 77 where nothing was repeated.

What it checks: a line with 76 or 77 whose other lines of the code name only the other side: that is a bilateral
service, not a repeat (error). Advice: 76 with no other line of the code on the claim and none of the same day in
`prior`, and 76 on clinical laboratory tests, where 91 is meant.

Why it matters: the line is denied as a duplicate (CO-18) or for its modifier (CO-4).

Fix: both sides: take 76 or 77 away and bill sides as the plan wants them.

Not evaluated when: never; it needs no table, and without `prior` only the claim itself is looked at.

Source: CPT Appendix A.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.procedure_kinds import VISITS, is_between
from assistant.rules.rule import Case, Outcome, Rule, change_lines, sides_of, without_modifiers
from assistant.rules.trigger import Trigger
from ingest.claims.model import ClaimLine

_REPEATS = frozenset({"76", "77"})
_CLINICAL_LABORATORY = (80047, 87999)


def _check(case: Case) -> Iterator[Outcome]:
    for index, line in enumerate(case.claim.lines):
        if _REPEATS.isdisjoint(line.modifiers) or line.procedure_code in VISITS:
            continue
        others = [other for place, other in case.lines({line.procedure_code}) if place != index]
        if others and _only_the_other_side(line, others):
            told = "/".join(one for one in line.modifiers if one in _REPEATS)
            yield RULE.finding(
                case,
                [index],
                f"{line.procedure_code}: {told} is for the same service again, and the other line is the other side: "
                f"take {told} away",
                fix=change_lines(case.claim, {index: (without_modifiers(line, *_REPEATS),)}, safe=False),
            )
        elif "76" in line.modifiers and is_between(line.procedure_code, _CLINICAL_LABORATORY):
            message = f"{line.procedure_code}: a laboratory test done again takes 91 rather than 76"
            yield RULE.finding(case, [index], message, severity="advice")
        elif "76" in line.modifiers and not others and not _earlier_that_day(case, line):
            message = f"{line.procedure_code}-76: the service it repeats is not on the claim; is it on another one?"
            yield RULE.finding(case, [index], message, severity="advice")


def _only_the_other_side(line: ClaimLine, others: list[ClaimLine]) -> bool:
    mine = sides_of(line)
    return bool(mine) and all(sides_of(other) and not (mine & sides_of(other)) for other in others)


def _earlier_that_day(case: Case, line: ClaimLine) -> bool:
    prior = case.claim.prior or ()
    return any(one.procedure_code == line.procedure_code and one.date_of_service == case.on for one in prior)


RULE = Rule(
    "MOD013", "error", "CPT Appendix A", "high", _check, trigger=Trigger(modifiers=_REPEATS), covers=("MOD-76-77",)
)
