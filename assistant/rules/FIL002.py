"""FIL002: traditional Medicare got the claim more than one calendar year after the service.

What it checks: `received` against the same calendar day one year after the date of service (29 February: the 28th),
for traditional Medicare. It keeps silent where a note has its own `file-within-days` for the payer.

Why it matters: the claim is denied for lateness (CO-29), there is no appeal, and the patient may not be billed.

Fix: none by form; only Medicare's four exceptions with proof help. When `received` is a slip, correct it.

Not evaluated when: the payer is traditional Medicare, no note has its filing limit, and the claim lacks `received` or
its date of service.

Source: 42 CFR 424.44; CMS Claims Processing Manual, chapter 1, section 70.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from assistant.rules.rule import Case, Outcome, Rule


def _check(case: Case) -> Iterator[Outcome]:
    if case.payer is None or not case.payer.is_medicare or case.yields(0, "file-within-days"):
        return
    received = case.claim.received
    if received is None or case.on is None:
        missing = {"dos": case.on, "received": received}
        yield RULE.missing_key([key for key, value in missing.items() if value is None])
    elif received > (last := _one_year_after(case.on)):
        message = f"Medicare got the claim on {received}, after its last day {last}: one calendar year from the service"
        yield RULE.finding(case, (), message)


def _one_year_after(day: date) -> date:
    year = min(day.year + 1, date.max.year)
    try:
        return day.replace(year=year)
    except ValueError:
        return day.replace(year=year, day=28)


RULE = Rule(
    "FIL002",
    "error",
    "42 CFR 424.44; CMS Claims Processing Manual, chapter 1, section 70",
    "high",
    _check,
    optional_keys=("dos", "received"),
)
