"""EMV003: prolonged time is billed without the highest visit level it adds to.

What it checks: 99417, 99418, G2212, G0316, G0317 and G0318 against the visits on the claim: each adds only to the
highest levels of its family (99417 to 98003, 98007, 98011, 98015, 99205, 99215, 99245, 99345, 99350 or 99483; G2212
to 99205, 99215 or 99483). The code of CPT and Medicare's own for the same minutes never stand together.

Why it matters: prolonged time begins where the highest level chosen by time ends; beside a lower level, or alone, the
line is denied (CO-107, CO-97).

Fix: take the prolonged line away, or the visit's level goes up when the documented minutes reach it. Units need the
minutes, which no claim shows.

Not evaluated when: never, it needs neither table nor header key.

Source: CPT, prolonged services; CMS Physician Fee Schedule final rules 2021 and 2023; Claims Processing Manual,
chapter 12, section 30.6.15.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.rule import Case, Outcome, Rule, change_lines
from assistant.rules.trigger import Trigger
from assistant.rules.visits import PROLONGED, PROLONGED_OF_CPT, PROLONGED_OF_MEDICARE

_CODES = frozenset(PROLONGED)


def _check(case: Case) -> Iterator[Outcome]:
    codes = {line.procedure_code for line in case.claim.lines}
    prolonged = codes & _CODES
    if not prolonged:
        return
    for code in sorted(prolonged):
        if PROLONGED[code].isdisjoint(codes):
            lines = [index for index, _ in case.lines({code})]
            wanted = ", ".join(sorted(PROLONGED[code]))
            message = f"{code} adds time to the highest level only ({wanted}), and none is on the claim"
            alone = len(lines) == len(case.claim.lines)
            fix = None if alone else change_lines(case.claim, dict.fromkeys(lines, ()), safe=False)
            yield RULE.finding(case, lines, message, fix=fix)
    both = [index for index, _ in case.lines(prolonged)]
    if prolonged & PROLONGED_OF_CPT and prolonged & PROLONGED_OF_MEDICARE:
        told = " and ".join(sorted(prolonged))
        yield RULE.finding(case, both, f"{told} bill the same minutes twice: keep the one this payer takes")


RULE = Rule(
    "EMV003",
    "error",
    "CPT, prolonged services; CMS Claims Processing Manual, chapter 12, section 30.6.15",
    "high",
    _check,
    trigger=Trigger(_CODES),
    covers=("EM-PROL-01", "EM-PROL-02"),
)
