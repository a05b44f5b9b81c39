"""AUD002: Medicare: AB on a hearing test before its time, or twice within twelve months.

What it checks: On Medicare, a hearing test (92550 to 92588) with AB before 2023-01-01, or with AB where an earlier
one with AB lies less than twelve months back.

Why it matters: A diagnostic hearing test needs a physician's order; AB stands for its absence, once in twelve
months and not for acute complaints.

Fix: None by the program: bill under the audiologist with the order, or wait.

Not evaluated when: The line carries AB and the claim does not say its date or which procedures went before; or it
carries no AB and the claim does not say who ordered the test.

Source: CMS Benefit Policy Manual, chapter 15, section 80.3; physician fee schedule rule for 2023.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from assistant.rules.families import codes
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger

_TESTS = codes("92550-92588")
_WITHOUT_ORDER = "AB"
_FIRST_DAY = date(2023, 1, 1)


def _check(case: Case) -> Iterator[Outcome]:
    if case.payer is None or not case.payer.is_medicare:
        return
    found = list(case.lines(_TESTS))
    if not found:
        return
    marked = [at for at, line in found if _WITHOUT_ORDER in line.modifiers]
    if not marked:
        if case.claim.ordering is None:
            yield RULE.missing_key(["ordering"], (at for at, _ in found))
        return
    if case.on is not None and case.on < _FIRST_DAY:
        yield RULE.finding(case, marked, "AB is known to Medicare from 2023-01-01 on: this test needs an order")
    elif case.on is None or case.claim.prior is None:
        missing = [key for key, value in (("prior", case.claim.prior), ("dos", case.on)) if value is None]
        yield RULE.missing_key(missing, marked)
    elif any(
        one.procedure_code in _TESTS
        and _WITHOUT_ORDER in one.modifiers
        and one.date_of_service < case.on < _a_year_after(one.date_of_service)
        for one in case.claim.prior
    ):
        yield RULE.finding(
            case, marked, "AB stands once in twelve months, and one went before: this test needs an order"
        )


def _a_year_after(day: date) -> date:
    """The same day of the next year, 1 March for 29 February."""
    year = min(day.year + 1, date.max.year)
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


RULE = Rule(
    "AUD002",
    "advice",
    "CMS Benefit Policy Manual, chapter 15, section 80.3; physician fee schedule rule for 2023",
    "medium",
    _check,
    optional_keys=("ordering", "prior", "dos"),
    trigger=Trigger(_TESTS),
    covers=("AUD-02",),
)
