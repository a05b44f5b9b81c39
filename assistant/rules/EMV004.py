"""EMV004: prolonged time is billed with the code of the other world: CPT's to Medicare, Medicare's to another plan.

What it checks: 99417 and 99418 on a claim to traditional Medicare; as advice, G2212 and G0316 to G0318 on a claim to
a payer that is known and is not.

Why it matters: Medicare does not pay 99417 or 99418 at all and begins to count later; most other plans do not know
the G codes (CO-16, CO-96).

Fix: for Medicare G2212 (office), G0316 (hospital), G0317 (nursing facility) or G0318 (home) when the later threshold
is reached. The minutes are in no claim, so none is proposed.

Not evaluated when: never; a claim whose payer no note knows is not judged.

Source: CMS Physician Fee Schedule final rules 2021 and 2023; Claims Processing Manual, chapter 12, section 30.6.15.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger
from assistant.rules.visits import PROLONGED, PROLONGED_OF_CPT, PROLONGED_OF_MEDICARE

_CODES = frozenset(PROLONGED)
_ADOPTERS = frozenset({"medicare-advantage"})


def _check(case: Case) -> Iterator[Outcome]:
    payer = case.payer
    if payer is None:
        return
    for index, line in case.lines(_CODES):
        code = line.procedure_code
        if case.yields(index, "codes"):
            continue
        if payer.is_medicare and code in PROLONGED_OF_CPT:
            mend = "G2212" if code == "99417" else "G0316 or G0317"
            message = (
                f"Medicare does not take {code}: {mend} if the minutes reach its later threshold, else the visit alone"
            )
            yield RULE.finding(case, (index,), message)
        elif not payer.is_medicare and code in PROLONGED_OF_MEDICARE and _ADOPTERS.isdisjoint(payer.lines_of_business):
            message = f"{code} is Medicare's code for prolonged time: ask whether {payer.name} takes it or wants CPT's"
            yield RULE.finding(case, (index,), message, severity="advice")


RULE = Rule(
    "EMV004",
    "error",
    "CMS Physician Fee Schedule final rules 2021 and 2023",
    "high",
    _check,
    trigger=Trigger(_CODES),
    covers=("EM-PROL-02",),
)
