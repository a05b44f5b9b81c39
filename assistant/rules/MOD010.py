"""MOD010: a modifier stands twice on a line.

What it checks: lines that carry one modifier more than once.

Why it matters: clearinghouses reject the line, and the doubled place may push out a modifier that counts.

Fix: write it once.

Not evaluated when: never; it needs no table.

Source: 837P implementation guide, SV101 (a modifier is given once); CMS-1500, item 24D.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from assistant.rules.rule import Case, Outcome, Rule, change_lines


def _check(case: Case) -> Iterator[Outcome]:
    for index, line in enumerate(case.claim.lines):
        once = tuple(dict.fromkeys(line.modifiers))
        if once == line.modifiers:
            continue
        told = ", ".join(sorted({one for one in line.modifiers if line.modifiers.count(one) > 1}))
        yield RULE.finding(
            case,
            [index],
            f"{line.procedure_code}: {told} stands twice on the line; write it once",
            fix=change_lines(case.claim, {index: (replace(line, modifiers=once),)}, safe=True),
        )


RULE = Rule("MOD010", "error", "CMS-1500, item 24D; 837P, SV101", "high", _check)
