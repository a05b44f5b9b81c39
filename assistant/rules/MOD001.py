"""MOD001: a modifier that is not in use.

What it checks: modifiers of two digits against those of CPT, where an unknown one is an error up to the end of 2026,
and advice after, since CPT may have added some; modifiers that begin with a letter against those of HCPCS Level II,
where an unknown one is advice, an error only where none begins with that letter. Ambulance lines (A0...) have letters
for where the ride began and ended and are left alone. Where a HCPCS release covers the date, MOD002 judges letters.

Why it matters: a claim with an unknown modifier is rejected before it is read, or denied (CO-4, CO-182).

Fix: look for a slip of the hand (a letter O for a zero) and write the modifier that was meant.

Not evaluated when: never; it needs no table.

Source: CPT Appendix A and CMS HCPCS Level II modifiers, as known for 2026.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.modifiers import CPT, KNOWN_THROUGH, LEVEL_II
from assistant.rules.rule import Case, Outcome, Rule
from ingest.notes.model import Severity

_KNOWN = CPT | LEVEL_II
_NO_MODIFIER_BEGINS = ("O", "W", "Y")


def _check(case: Case) -> Iterator[Outcome]:
    for index, line in enumerate(case.claim.lines):
        for modifier in line.modifiers:
            if modifier not in _KNOWN:
                yield from _unknown(case, index, modifier)


def _unknown(case: Case, index: int, modifier: str) -> Iterator[Outcome]:
    lettered = modifier[:1].isalpha()
    if lettered and (case.claim.lines[index].procedure_code.startswith("A0") or _judged_by_table(case)):
        return
    old_enough = case.on is None or case.on <= KNOWN_THROUGH
    certain = old_enough and (not lettered or modifier.startswith(_NO_MODIFIER_BEGINS))
    severity: Severity = "error" if certain else "advice"
    message = f"{modifier} is no modifier known for 2026: look for a slip of the hand"
    yield RULE.finding(case, [index], message, severity=severity)


def _judged_by_table(case: Case) -> bool:
    return case.on is not None and case.tables.hcpcs("RT", case.on) is not None


RULE = Rule(
    "MOD001",
    "error",
    "CPT Appendix A and HCPCS Level II modifiers, as known for 2026",
    "high",
    _check,
)
