"""AOC001: an add-on code stands on the claim without a code it may be added to.

What it checks: every add-on code against the primaries of its edit. Type 1: one of the listed primaries must be on the
claim. Type 3: the list is a beginning, so another code that is no add-on makes the finding advice. Type 2: the
contractor decides, so any procedure will do and a visit alone makes it advice. Supplies, drugs, blood draws and, for
other add-ons than the laboratory's own, laboratory tests are no procedure here. 99292 is advice: a colleague of the
same group may have billed the first part of the critical care.

Why it matters: an add-on is never paid alone (CO-107 or CO-B15).

Fix: add the primary that was done, or take the add-on away.

Not evaluated when: the claim has a code that may be an add-on and no release of the add-on edits covers the date of
service, or the claim has none.

Source: NCCI Policy Manual, chapter 1, section R; CMS add-on code edits (CR 7501); the imported release.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.coverage import uncovered
from assistant.rules.procedure_kinds import EYE_VISITS, VISITS, is_drug, is_laboratory
from assistant.rules.rule import Case, Outcome, ProposedFix, Rule, change_lines
from assistant.rules.visits import BLOOD_DRAWS
from ingest.notes.model import Severity
from ingest.tables.model import AddOnEdit

# CR 7501 names this one add-on whose primary another physician of the group may have billed.
_FIRST_PART_BY_A_COLLEAGUE = "99292"
_SURELY_PRIMARY = (VISITS | EYE_VISITS) - {_FIRST_PART_BY_A_COLLEAGUE}
_MOST_NAMED = 6
# First letters of HCPCS Level II for supplies, equipment, drugs and braces.
_SUPPLIES = "ABEJKL"


def _check(case: Case) -> Iterator[Outcome]:
    codes = {line.procedure_code for line in case.claim.lines}
    asked = sorted(code for code in codes if code not in _SURELY_PRIMARY and not is_drug(code))
    if not asked:
        return
    if (missing := uncovered(RULE, case, "add-on")) is not None:
        yield missing
        return
    assert case.on is not None
    edits = {code: edit for code in asked if (edit := case.tables.add_on(code, case.on)) is not None}
    for code, edit in edits.items():
        others = codes - {code}
        severity = _severity(edit, others, {one for one in others - edits.keys() if _may_carry(one, code)})
        if severity is None:
            continue
        places = [index for index, _line in case.lines({code})]
        yield RULE.finding(case, places, _message(edit, severity), fix=_fix(case, places), severity=severity)


def _may_carry(procedure_code: str, add_on: str) -> bool:
    """False for a code that is surely no primary of this add-on: a drug or supply, a blood draw, and a laboratory test
    of anything but an add-on of the laboratory."""
    if is_laboratory(procedure_code):
        return is_laboratory(add_on)
    return not (procedure_code[0] in _SUPPLIES or procedure_code in BLOOD_DRAWS)


def _severity(edit: AddOnEdit, others: set[str], primaries: set[str]) -> Severity | None:
    """What its absent primary is worth; None when one is there. `primaries` are the other codes that may be one."""
    if others & edit.primaries:
        return None
    if edit.edit_type == "1":
        if not edit.primaries:
            return None
        return "advice" if edit.add_on == _FIRST_PART_BY_A_COLLEAGUE else "error"
    if not primaries:
        return "error"
    if edit.edit_type == "2" and any(code not in _SURELY_PRIMARY for code in primaries):
        return None
    return "advice"


def _message(edit: AddOnEdit, severity: Severity) -> str:
    code = edit.add_on
    if edit.edit_type == "2" or not edit.primaries:
        return f"{code} is an add-on code and stands without a procedure: bill the procedure too, or take {code} away"
    named = ", ".join(sorted(edit.primaries)[:_MOST_NAMED]) + (" ..." if len(edit.primaries) > _MOST_NAMED else "")
    if severity == "advice":
        return (
            f"{code} is an add-on code; no listed primary ({named}) is on the claim: ask whether the payer takes it so"
        )
    return f"{code} is an add-on code and none of its primaries ({named}) is on the claim: add it, or take {code} away"


def _fix(case: Case, places: list[int]) -> ProposedFix | None:
    if len(places) == len(case.claim.lines):
        return None
    return change_lines(case.claim, dict.fromkeys(places, ()), safe=False)


RULE = Rule(
    "AOC001",
    "error",
    "NCCI Policy Manual, chapter 1, section R",
    "high",
    _check,
    tables=("add-on",),
    optional_keys=("dos",),
    edits="add-on",
    covers=("AOC-01", "ENT-FESS-10"),
)
