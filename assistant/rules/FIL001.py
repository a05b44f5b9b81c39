"""FIL001: the payer got the claim before the service was given.

What it checks: `received` against the date of service; the same day is right.

Why it matters: a service that has not been given is rejected before anyone judges it, and one of the two dates is
wrong, so that the filing limit is counted from a wrong day.

Fix: correct the date that is wrong; a person must look.

Not evaluated when: the claim has `received` but no date of service. Without `received` there is nothing to check.

Source: ASC X12 837P implementation guide, service date and receipt date; CMS Claims Processing Manual, chapter 1,
section 70.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.rule import Case, Outcome, Rule


def _check(case: Case) -> Iterator[Outcome]:
    received = case.claim.received
    if received is None:
        return
    if case.on is None:
        yield RULE.missing_key(["dos"])
    elif received < case.on:
        message = (
            f"the payer got the claim on {received}, before the date of service {case.on}: one of the days is wrong"
        )
        yield RULE.finding(case, (), message)


RULE = Rule(
    "FIL001",
    "error",
    "ASC X12 837P; CMS Claims Processing Manual, chapter 1, section 70",
    "high",
    _check,
    optional_keys=("dos",),
)
