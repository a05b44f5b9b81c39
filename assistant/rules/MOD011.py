"""MOD011: more than four modifiers on a line.

What it checks: lines with five or more different modifiers.

Why it matters: the claim form and the electronic claim hold four; the rest is cut off or the claim is rejected.

Fix: the four that decide the payment stay; 99 in the last place where the plan takes it, the others in the remark.

Not evaluated when: never; it needs no table.

Source: CMS-1500, item 24D; 837P, SV101-3 to SV101-6.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.rule import Case, Outcome, Rule

_ROOM = 4


def _check(case: Case) -> Iterator[Outcome]:
    for index, line in enumerate(case.claim.lines):
        if len(line.modifiers) > _ROOM and len(set(line.modifiers)) > _ROOM:
            yield RULE.finding(
                case,
                [index],
                f"{line.procedure_code} has {len(set(line.modifiers))} modifiers and a claim line holds {_ROOM}: keep "
                "those that decide the payment",
            )


RULE = Rule("MOD011", "error", "CMS-1500, item 24D; 837P, SV101", "high", _check)
