"""GLB006: 24, 58, 78 or 79 speaks of an earlier operation, and no global period is open.

What it checks: visits with 24 and procedures with 58, 78 or 79 against the claim's earlier procedures: one of the
same day, or one whose 10 (010) or 90 (090) days still run, must be there; for 58, 78 and 79 an operation on another
line of the claim does as well. Maternity (MMM) and contractor-decided (YYY) codes count as open.

Why it matters: a modifier that refers to nothing costs a denial or a record request, and 24 or 79 used by habit is
audited.

Fix: take the modifier away, or add the earlier operation to `prior`. Advice only: the list may not be complete.

Not evaluated when: the claim has no `prior`; no fee schedule release tells the days of an earlier procedure of the
last 90 days, or of another line that may be the first operation of the day, or the claim has no date of service.

Source: CMS Claims Processing Manual, chapter 12, section 40.2; the imported fee schedule release.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from assistant.rules.global_days import DAYS_AFTER, UNCOUNTABLE, WITH_PERIOD, known_days, near_priors, procedure_lines
from assistant.rules.rule import Case, Outcome, Rule, change_lines, without_modifiers
from assistant.rules.trigger import Trigger
from assistant.rules.visits import VISITS, may_be_procedure
from ingest.claims.model import ClaimLine

_OF_PROCEDURES = frozenset({"58", "78", "79"})


def _check(case: Case) -> Iterator[Outcome]:
    asking = [
        (index, line, modifiers)
        for index, line in case.lines()
        if (modifiers := _periods_own(line)) and not case.yields(index, "modifiers:global")
    ]
    if not asking:
        return
    lines = [index for index, _, _ in asking]
    prior = case.claim.prior
    if prior is None or (case.on is None and prior):
        missing = {"dos": case.on, "prior": prior}
        yield RULE.missing_key([key for key, value in missing.items() if value is None], lines)
        return
    opened = _opened(case, case.on) if case.on else False
    if opened is None:
        yield RULE.missing_table(case, "mpfs", lines)
    if opened is not False:
        return
    unsure: list[int] = []
    for index, line, modifiers in asking:
        beside = False if line.procedure_code in VISITS else _operation_beside(case, index)
        if beside is None:
            unsure.append(index)
        if beside is not False:
            continue
        told = " and ".join(modifiers)
        fix = change_lines(case.claim, {index: (without_modifiers(line, *modifiers),)}, safe=False)
        message = (
            f"{told} on {line.procedure_code} refers to an operation whose global days still run, and none of the "
            "earlier procedures has any left: take the modifier away, or add that operation to prior"
        )
        yield RULE.finding(case, (index,), message, fix=fix)
    if unsure:
        yield RULE.missing_table(case, "mpfs", unsure) if case.on else RULE.missing_key(["dos"], unsure)


def _periods_own(line: ClaimLine) -> list[str]:
    wanted = frozenset({"24"}) if line.procedure_code in VISITS else _OF_PROCEDURES
    return [one for one in line.modifiers if one in wanted]


def _opened(case: Case, on: date) -> bool | None:
    """True when an earlier procedure's period is open, None when no release tells the days of one that might be."""
    answer: bool | None = False
    for day, one in near_priors(case, on, least=0):
        told = known_days(case, one.procedure_code, one.date_of_service)
        if told is None:
            answer = None if may_be_procedure(one.procedure_code) else answer
        elif told[0] in UNCOUNTABLE or day <= DAYS_AFTER.get(told[0], 0):
            return True
    return answer


def _operation_beside(case: Case, index: int) -> bool | None:
    """True when another line of the claim may be the first operation of that day; None when only the fee schedule of
    the day could tell, and there is none."""
    if case.on is None:
        lines: tuple[tuple[int, ClaimLine, str | None], ...] = tuple(
            (at, line, None) for at, line in case.lines() if may_be_procedure(line.procedure_code)
        )
    else:
        lines = procedure_lines(case)
    others = [days for at, line, days in lines if at != index and not _OF_PROCEDURES.intersection(line.modifiers)]
    if None in others:
        return None
    return any(days in WITH_PERIOD or days in UNCOUNTABLE for days in others)


RULE = Rule(
    "GLB006",
    "advice",
    "CMS Claims Processing Manual, chapter 12, section 40.2",
    "medium",
    _check,
    tables=("mpfs",),
    optional_keys=("dos", "prior"),
    edits="mpfs",
    trigger=Trigger(modifiers={"24", *_OF_PROCEDURES}),
    covers=("GLOB-02", "GLOB-03"),
)
