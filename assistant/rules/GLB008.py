"""GLB008: 54, 55 or 56 splits the care of a code that has no days of aftercare to split.

What it checks: lines with 54 (operation only), 55 (aftercare only) or 56 (care before) whose code has other global
days than 010 or 090. Maternity (MMM) and contractor-decided (YYY) codes pass.

Why it matters: without a global period there is no share to pay; the line is denied as a modifier that does not fit
(CO-4).

Fix: take the modifier away; care on another day is billed by its own visit codes.

Not evaluated when: the claim has no date of service, or no fee schedule release covers it. Whether a written transfer
of care exists is in no claim, so it is not asked.

Source: CMS Claims Processing Manual, chapter 12, sections 40.2 and 40.4; the imported fee schedule release.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.rule import Case, Outcome, Rule, change_lines, without_modifiers
from assistant.rules.trigger import Trigger

_SHARES = ("54", "55", "56")
_WITHOUT_AFTERCARE = frozenset({"000", "XXX", "ZZZ"})


def _check(case: Case) -> Iterator[Outcome]:
    split = [
        (index, line, shares)
        for index, line in case.lines()
        if line.modifiers and (shares := [one for one in line.modifiers if one in _SHARES])
    ]
    if not split:
        return
    if case.on is None or case.tables.release("mpfs", case.on) is None:
        lines = [index for index, _, _ in split]
        yield RULE.missing_table(case, "mpfs", lines) if case.on else RULE.missing_key(["dos"], lines)
        return
    for index, line, shares in split:
        row = case.tables.fee_schedule(line.procedure_code, case.on)
        if row is None or row.global_days not in _WITHOUT_AFTERCARE:
            continue
        told = " and ".join(shares)
        fix = change_lines(case.claim, {index: (without_modifiers(line, *_SHARES),)}, safe=False)
        message = (
            f"{told} on {line.procedure_code}: its global days are {row.global_days}, so there is no aftercare to "
            "share out; take the modifier away"
        )
        yield RULE.finding(case, (index,), message, fix=fix)


RULE = Rule(
    "GLB008",
    "error",
    "CMS Claims Processing Manual, chapter 12, sections 40.2 and 40.4",
    "high",
    _check,
    tables=("mpfs",),
    optional_keys=("dos",),
    edits="mpfs",
    trigger=Trigger(modifiers=_SHARES),
    covers=("GLOB-05",),
)
