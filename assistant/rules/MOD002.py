"""MOD002: a HCPCS Level II modifier that is not in force on the date of service.

What it checks: modifiers that begin with a letter against the imported HCPCS Level II file: whether they are in it,
and whether the date of service lies between their first and last day. Ambulance lines (A0...) are left alone, and so
is everything where the file holds no modifiers.

Why it matters: the claim is rejected, or the line denied (CO-4, CO-182).

Fix: write the modifier that was meant or that took its place.

Not evaluated when: a line has a modifier we do not know and no HCPCS release covers the date of service, or the claim
has none.

Source: the imported HCPCS Level II release.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.coverage import uncovered
from assistant.rules.modifiers import CPT, LEVEL_II
from assistant.rules.rule import Case, Outcome, Rule

_KNOWN = LEVEL_II | CPT


def _check(case: Case) -> Iterator[Outcome]:
    asked = [
        (index, modifier)
        for index, line in enumerate(case.claim.lines)
        for modifier in line.modifiers
        if modifier[:1].isalpha() and not line.procedure_code.startswith("A0")
    ]
    if not asked:
        return
    if (missing := uncovered(RULE, case, "hcpcs", sorted({i for i, one in asked if one not in _KNOWN}))) is not None:
        if missing.lines:
            yield missing
        return
    assert case.on is not None
    if case.tables.hcpcs("RT", case.on) is None:
        return  # A file of codes alone, without modifiers, decides nothing.
    for index, modifier in asked:
        entry = case.tables.hcpcs(modifier, case.on)
        if entry is None:
            yield RULE.finding(case, [index], f"{modifier} is no modifier of HCPCS Level II on this day")
        elif entry.effective_through is not None and entry.effective_through < case.on:
            ended = f"{entry.effective_through:%Y-%m-%d}"
            yield RULE.finding(case, [index], f"{modifier} ended on {ended}: write the modifier that took its place")
        elif entry.effective_from is not None and case.on < entry.effective_from:
            begins = f"{entry.effective_from:%Y-%m-%d}"
            yield RULE.finding(case, [index], f"{modifier} begins on {begins}, after the date of service")


RULE = Rule(
    "MOD002",
    "error",
    "CMS HCPCS Level II",
    "high",
    _check,
    tables=("hcpcs",),
    optional_keys=("dos",),
)
