"""AOC002: nothing on the claim but codes that the fee schedule takes for add-ons.

What it checks: only where no release of the add-on edits covers the date of service: whether every code of the claim
has global days ZZZ, which means "part of another service".

Why it matters: an add-on is never paid alone (CO-107 or CO-B15).

Fix: add the primary that was done, or import the add-on edits to know which ones serve.

Not evaluated when: neither the add-on edits nor the fee schedule cover the date of service, or the claim has none.

Source: CMS Claims Processing Manual, chapter 12, section 40.1 (global days ZZZ); the imported fee schedule.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.coverage import uncovered
from assistant.rules.procedure_kinds import EYE_VISITS, VISITS, is_drug
from assistant.rules.rule import Case, Outcome, Rule


def _check(case: Case) -> Iterator[Outcome]:
    codes = {line.procedure_code for line in case.claim.lines}
    if not codes.isdisjoint(VISITS) or not codes.isdisjoint(EYE_VISITS) or any(map(is_drug, codes)):
        return
    if case.on is not None and case.tables.release("add-on", case.on) is not None:
        return
    if (missing := uncovered(RULE, case, "mpfs")) is not None:
        yield missing
        return
    assert case.on is not None
    for code in codes:
        row = case.tables.fee_schedule(code, case.on)
        if row is None or row.global_days != "ZZZ":
            return
    told = ", ".join(sorted(codes))
    message = f"{told}: the fee schedule takes it for an add-on and no other procedure is on the claim: add the primary"
    yield RULE.finding(case, range(len(case.claim.lines)), message)


RULE = Rule(
    "AOC002",
    "advice",
    "CMS Claims Processing Manual, chapter 12, section 40.1",
    "medium",
    _check,
    tables=("mpfs",),
    optional_keys=("dos",),
    edits="add-on",
    covers=("AOC-01",),
)
