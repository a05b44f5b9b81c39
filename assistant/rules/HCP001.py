"""HCP001: a HCPCS Level II code is not in force on the date of service.

What it checks: codes of a letter and four digits against the imported HCPCS Level II file: whether the file has them,
and whether the date of service lies between their first and last day. Dental codes (D), which CMS's file does not
hold, and the letters W to Z of a payer's own are left alone.

Why it matters: the claim is rejected at the door, or the line denied for an invalid code (CO-181, CO-182).

Fix: the code that took its place, or the one that was meant. Drug codes change every quarter, so a person looks it up.

Not evaluated when: a line has such a code and no HCPCS release covers the date of service, or the claim has none.

Source: the imported HCPCS Level II release.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assistant.rules.coverage import uncovered
from assistant.rules.rule import Case, Outcome, Rule

_LEVEL_II = re.compile(r"[A-CE-V]\d{4}\Z", re.ASCII)


def _check(case: Case) -> Iterator[Outcome]:
    asked = [(index, line) for index, line in case.lines() if _LEVEL_II.match(line.procedure_code)]
    if not asked:
        return
    if (missing := uncovered(RULE, case, "hcpcs", [index for index, _ in asked])) is not None:
        yield missing
        return
    assert case.on is not None
    for index, line in asked:
        code = line.procedure_code
        entry = case.tables.hcpcs(code, case.on)
        if entry is None:
            message = f"{code} is no HCPCS Level II code on {case.on:%Y-%m-%d}: look the code up again"
            yield RULE.finding(case, [index], message)
        elif entry.effective_through is not None and entry.effective_through < case.on:
            message = f"{code} ended on {entry.effective_through:%Y-%m-%d}: use the code that took its place"
            yield RULE.finding(case, [index], message)
        elif entry.effective_from is not None and case.on < entry.effective_from:
            message = (
                f"{code} begins on {entry.effective_from:%Y-%m-%d}, after the date of service: use the code before it"
            )
            yield RULE.finding(case, [index], message)


RULE = Rule(
    "HCP001",
    "error",
    "CMS HCPCS Level II",
    "high",
    _check,
    tables=("hcpcs",),
    optional_keys=("dos",),
)
