"""ENT072: Medicare: wax removal on the day of a hearing test is G0268.

What it checks: On Medicare, 69210 on a claim with a hearing test (92550 to 92588); as advice G0268 on a claim
without one.

Why it matters: Medicare takes the removal by a physician on the day of the test only as G0268; 69210 is denied.

Fix: G0268, one unit, no side, with its own diagnosis H61.2-.

Not evaluated when: Never: it asks only what every claim says.

Source: CMS HCPCS G0268; Federal Register of 2002-12-31; ASHA.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from assistant.rules.families import codes
from assistant.rules.laterality import SIDE_MODIFIERS
from assistant.rules.rule import DISTINCT, Case, Outcome, Rule, change_lines
from assistant.rules.trigger import Trigger

_WAX = codes("69210")
_BESIDE_A_TEST = frozenset({"G0268"})
_TESTS = codes("92550-92588")


def _check(case: Case) -> Iterator[Outcome]:
    if case.payer is None or not case.payer.is_medicare:
        return
    wax = list(case.lines(_WAX))
    given = [at for at, _ in case.lines(_BESIDE_A_TEST)]
    if not wax and not given:
        return
    tests = [at for at, _ in case.lines(_TESTS)]
    if given and not tests:
        yield RULE.finding(
            case, given, "G0268 goes with a hearing test of the same day; this claim has none", severity="advice"
        )
    if wax and tests:
        first, line = wax[0]
        kept = tuple(one for one in line.modifiers if one not in SIDE_MODIFIERS | DISTINCT)
        new = replace(line, procedure_code="G0268", modifiers=kept, units=1, billed=None)
        changes = {at: () for at, _ in wax} | ({} if given else {first: (new,)})
        yield RULE.finding(
            case,
            (*(at for at, _ in wax), *tests),
            "Medicare takes wax removal by the physician on the day of a hearing test as G0268, one unit, no side",
            fix=change_lines(case.claim, changes, safe=False),
        )


RULE = Rule(
    "ENT072",
    "error",
    "CMS HCPCS G0268; Federal Register, 2002-12-31",
    "high",
    _check,
    trigger=Trigger(_WAX | _BESIDE_A_TEST),
    covers=("ENT-CER-02",),
)
