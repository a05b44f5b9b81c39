"""PTP001: two codes of an NCCI procedure-to-procedure edit stand on one claim without what releases them.

What it checks: every pair of codes on the claim against the NCCI PTP edits in force on the date of service, line by
line. With modifier indicator 0 nothing releases the pair; with 9 the edit is not in use; with 1 an NCCI modifier on
either line does (accepted on column 1 or column 2 since 2019-07-01), if it may stand on that line: 24, 25 and 57 on a
visit, 58, 59, the X modifiers, 78 and 79 on anything but a visit, 91 on a laboratory test. Between a visit and a
procedure only the visit's own modifiers release. RT, LT and 50 release only where the two lines name different sides,
other places (fingers, toes, eyelids, vessels) where both lines name a place and the places differ; a side or place on
only one of the lines makes the finding a warning, since it does not show that the other was elsewhere. Lines of an
assistant meet only lines of an assistant.

Why it matters: the column 2 code is denied as part of column 1 (CO-97 or CO-236), and a modifier that the record does
not carry is a false claim.

Fix: take the column 2 line away; where the record shows a separate site, side, session or problem, the modifier that
says so. The program never adds that modifier by itself.

Not evaluated when: no PTP release covers the date of service, or the claim has none.

Source: NCCI Policy Manual, chapter 1, sections D and E; CR 11168 (2019-07-01); the imported PTP release.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from assistant.rules.modifiers import ASSISTANT, GLOBAL_PERIOD, VISIT_MODIFIERS
from assistant.rules.procedure_kinds import EYE_VISITS, VISITS, is_laboratory, takes_visit_modifiers
from assistant.rules.rule import ANATOMICAL, DISTINCT, SIDES, Case, Outcome, Rule, change_lines, sides_of
from ingest.claims.model import ClaimLine
from ingest.tables.model import PtpEdit

_NEVER, _NOT_IN_USE = "0", "9"
_SITES = ANATOMICAL - SIDES
_OF_PROCEDURES = DISTINCT | GLOBAL_PERIOD
_VISITS = VISITS | EYE_VISITS
# released: nothing to say; one place: only one of the lines names a place; blocked: nothing sets them apart.
_State = Literal["released", "one place", "blocked"]


def _check(case: Case) -> Iterator[Outcome]:
    codes = {line.procedure_code for line in case.claim.lines}
    if len(codes) < 2:
        return
    if case.on is None or case.tables.release("ptp", case.on) is None:
        yield RULE.missing_table(case, "ptp") if case.on else RULE.missing_key(["dos"])
        return
    for edit in case.tables.ptp_edits(codes, case.on):
        if edit.modifier_indicator != _NOT_IN_USE and edit.column1 != edit.column2:
            yield from _of_edit(case, edit)


def _of_edit(case: Case, edit: PtpEdit) -> Iterator[Outcome]:
    for second, column2 in case.lines({edit.column2}):
        states = {first: _state(edit, column1, column2) for first, column1 in case.lines({edit.column1})}
        meeting = [first for first, state in states.items() if state != "released"]
        if not meeting:
            continue
        certain = any(states[first] == "blocked" for first in meeting)
        yield RULE.finding(
            case,
            (*meeting, second),
            _message(edit),
            fix=change_lines(case.claim, {second: ()}, safe=False),
            severity="error" if certain else "warning",
        )


def _state(edit: PtpEdit, column1: ClaimLine, column2: ClaimLine) -> _State:
    if ASSISTANT.isdisjoint(column1.modifiers) != ASSISTANT.isdisjoint(column2.modifiers):
        return "released"  # The edit is about one practitioner's lines.
    if edit.modifier_indicator == _NEVER:
        return "blocked"
    if (visit := _beside_a_procedure(column1, column2)) is not None:
        return "blocked" if VISIT_MODIFIERS.isdisjoint(visit.modifiers) else "released"
    if _says_distinct(column1) or _says_distinct(column2):
        return "released"
    return _by_place(column1, column2)


def _beside_a_procedure(one: ClaimLine, other: ClaimLine) -> ClaimLine | None:
    """The visit of the two lines, where the other is certainly none."""
    for visit, procedure in ((one, other), (other, one)):
        if visit.procedure_code in _VISITS and not takes_visit_modifiers(procedure.procedure_code):
            return visit
    return None


def _says_distinct(line: ClaimLine) -> bool:
    """True when the line carries an NCCI modifier, not a place, that may stand on it."""
    for modifier in line.modifiers:
        if modifier in _OF_PROCEDURES and line.procedure_code not in VISITS:
            return True
        if modifier in VISIT_MODIFIERS and takes_visit_modifiers(line.procedure_code):
            return True
        if modifier == "91" and is_laboratory(line.procedure_code):
            return True
    return False


def _by_place(column1: ClaimLine, column2: ClaimLine) -> _State:
    sides1, sides2 = sides_of(column1), sides_of(column2)
    sites1, sites2 = _SITES.intersection(column1.modifiers), _SITES.intersection(column2.modifiers)
    told1, told2 = sides1 | sites1, sides2 | sites2
    # All of it together as well: a finger on one line and a side of the body on the other each say where.
    if any(one and two and not one & two for one, two in ((sides1, sides2), (sites1, sites2), (told1, told2))):
        return "released"
    return "one place" if bool(told1) != bool(told2) or bool(sites1) != bool(sites2) else "blocked"


def _message(edit: PtpEdit) -> str:
    one, two = edit.column1, edit.column2
    if edit.modifier_indicator == _NEVER:
        return f"{two} is part of {one} on the same day and no modifier releases it: bill {one} alone"
    if (one in _VISITS) != (two in _VISITS):
        visit = one if one in _VISITS else two
        return (
            f"{two} is part of {one} unless the visit {visit} was separate: bill {one} alone, or put 25 (decision for "
            "major surgery 57, unrelated in a global period 24) on the visit if the record shows it"
        )
    return (
        f"{two} is part of {one} unless the record shows a separate site, side, session or visit: bill "
        f"{one} alone, or add the NCCI modifier that says so"
    )


RULE = Rule(
    "PTP001",
    "error",
    "NCCI Policy Manual, chapter 1",
    "high",
    _check,
    tables=("ptp",),
    optional_keys=("dos",),
    edits="ptp",
    covers=("MOD-59-01",),
)
