"""ENT073: Medicare: 69210 is billed for two ears.

What it checks: On Medicare, 69210 with 50, with more than one unit, or for RT and LT.

Why it matters: The fee already means one or both ears (bilateral indicator 2); the second is denied.

Fix: One line, one unit, no side.

Not evaluated when: Never: it asks only what every claim says.

Source: Fee schedule bilateral indicator 2; CGS article of 2014-06-04.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.families import codes, line_sides
from assistant.rules.laterality import SIDE_MODIFIERS
from assistant.rules.rule import DISTINCT, SIDES, Case, Outcome, Rule, change_lines, without_modifiers
from assistant.rules.trigger import Trigger
from ingest.claims.model import ClaimLine

_WAX = codes("69210")


def _check(case: Case) -> Iterator[Outcome]:
    found = [(at, line) for at, line in case.lines(_WAX) if not case.yields(at, "modifiers:side")]
    if not found or case.payer is None or not case.payer.is_medicare:
        return
    sides = frozenset[str]().union(*(line_sides(line) for _, line in found))
    if sides != SIDES and all(line.units == 1 for _, line in found):
        return
    first, line = found[0]
    plain = without_modifiers(line, *SIDE_MODIFIERS, *(DISTINCT if len(found) > 1 else ()))
    one = ClaimLine(plain.procedure_code, plain.modifiers, 1, plain.pointers, plain.billed)
    yield RULE.finding(
        case,
        (at for at, _ in found),
        "Medicare pays 69210 once for one or both ears: one line, one unit, no side",
        fix=change_lines(case.claim, {at: () for at, _ in found} | {first: (one,)}, safe=False),
    )


RULE = Rule(
    "ENT073",
    "error",
    "Fee schedule bilateral indicator 2; CGS article, 2014-06-04",
    "high",
    _check,
    trigger=Trigger(_WAX),
    covers=("ENT-CER-03",),
)
