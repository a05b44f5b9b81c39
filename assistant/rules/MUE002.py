"""MUE002: more units on one line than the MUE takes for a line.

What it checks: for a code whose MUE adjudication indicator is 1, the units of each line by itself. Further units on a
line of their own with 76, 77, 59, an X modifier, 91 or a site are judged by that line alone.

Why it matters: the whole line is denied (CO-151 or CO-222).

Fix: bill at most the limit on a line; units that were truly done beyond it go on another line with the modifier that
says why.

Not evaluated when: a line has more than one unit and no MUE release covers the date of service, or the claim has none.

Source: NCCI Policy Manual, chapter 1, section V; the imported MUE release.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from assistant.rules.coverage import uncovered
from assistant.rules.rule import Case, Outcome, Rule, change_lines


def _check(case: Case) -> Iterator[Outcome]:
    several = [index for index, line in case.lines() if line.units > 1 and "GY" not in line.modifiers]
    if not several:
        return
    if (missing := uncovered(RULE, case, "mue", several)) is not None:
        yield missing
        return
    assert case.on is not None
    for index in several:
        line = case.claim.lines[index]
        limit = case.tables.mue(line.procedure_code, case.on)
        if limit is None or limit.adjudication_indicator != "1" or line.units <= limit.units:
            continue
        if limit.units == 0 or case.yields(index, "units"):
            continue
        yield RULE.finding(
            case,
            [index],
            f"{line.procedure_code}: {line.units} units on one line, the limit for a line is {limit.units}; recount, "
            "and put what was truly done beyond it on another line with 76, 77, 59, 91 or a site",
            fix=change_lines(case.claim, {index: (replace(line, units=limit.units),)}, safe=False),
        )


RULE = Rule(
    "MUE002",
    "error",
    "NCCI Policy Manual, chapter 1, section V",
    "high",
    _check,
    tables=("mue",),
    optional_keys=("dos",),
    edits="mue",
    covers=("UNIT-01",),
)
