"""GLB007: 99024 is on the claim although no global period is open, or with a charge.

What it checks: lines of 99024 (aftercare visit, free of charge) against the claim's earlier procedures: one of them
must have 10 (010) or 90 (090) global days that still run. A charge above zero is told as well.

Why it matters: 99024 is never paid. Where no period is open, the visit could have been billed; with a charge it only
comes back.

Fix: the visit code that the record supports, or the missing operation in `prior`; a charge of zero. A person decides.

Not evaluated when: the claim has no `prior` or no date of service; no fee schedule release tells the days of an
earlier procedure of the last 90 days.

Source: CMS Claims Processing Manual, chapter 12, section 40.1; the imported fee schedule release.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.global_days import periods
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger
from assistant.rules.visits import POSTOPERATIVE_VISIT


def _check(case: Case) -> Iterator[Outcome]:
    lines = [index for index, _ in case.lines({POSTOPERATIVE_VISIT})]
    if not lines:
        return
    claim = case.claim
    charged = [index for index in lines if claim.lines[index].billed]
    if charged:
        yield RULE.finding(case, charged, f"{POSTOPERATIVE_VISIT} is free of charge: bill it with $0.00")
    if claim.prior is None or (case.on is None and claim.prior):
        missing = {"dos": case.on, "prior": claim.prior}
        yield RULE.missing_key([key for key, value in missing.items() if value is None], lines)
        return
    found, untold = periods(case, case.on) if case.on else ([], [])
    if found:
        return
    if untold:
        yield RULE.missing_table(case, "mpfs", lines)
        return
    message = (
        f"{POSTOPERATIVE_VISIT} is for visits while an operation's 10 or 90 global days run, and none of the earlier "
        "procedures has any left: bill the visit the record supports, or add the operation to prior"
    )
    yield RULE.finding(case, lines, message)


RULE = Rule(
    "GLB007",
    "advice",
    "CMS Claims Processing Manual, chapter 12, section 40.1",
    "medium",
    _check,
    tables=("mpfs",),
    optional_keys=("dos", "prior"),
    edits="mpfs",
    trigger=Trigger({POSTOPERATIVE_VISIT}),
    covers=("GLOB-01",),
)
