"""FIL003: an earlier procedure is dated after the date of service.

What it checks: `prior` against the date of service. The day after is right for a visit that decided on the operation
of the next day; two days or more is not.

Why it matters: one of the dates is wrong, and every rule that counts days between them counts wrongly.

Fix: correct the date that is wrong. Advice only: the payer does not see the list.

Not evaluated when: the claim has earlier procedures but no date of service.

Source: the meaning of `prior` in the claim shorthand; CMS Claims Processing Manual, chapter 12, section 40.1.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.rule import Case, Outcome, Rule


def _check(case: Case) -> Iterator[Outcome]:
    prior = case.claim.prior
    if not prior:
        return
    if case.on is None:
        yield RULE.missing_key(["dos"])
        return
    for one in prior:
        if (one.date_of_service - case.on).days > 1:
            message = f"prior names {one.procedure_code} of {one.date_of_service}, after the date of service {case.on}"
            yield RULE.finding(case, (), f"{message}: one of the days is wrong")


RULE = Rule(
    "FIL003",
    "advice",
    "CMS Claims Processing Manual, chapter 12, section 40.1",
    "medium",
    _check,
    optional_keys=("dos",),
)
