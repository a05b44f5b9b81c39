"""DRM001: the codes for destroyed premalignant lesions do not fit one count.

What it checks: One lesion is 17000; two to fourteen are 17000 once and 17003 for each further one; fifteen or more
are 17004 once and alone. Units are added over the lines.

Why it matters: Any other mix says two different counts; payers deny or take back.

Fix: The codes of the count that the units say. 17003 without 17000 goes back to a person.

Not evaluated when: Never: it asks only what every claim says.

Source: CPT; AAD.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from assistant.rules.families import codes
from assistant.rules.rule import DISTINCT, Case, Outcome, ProposedFix, Rule, change_lines, without_modifiers
from assistant.rules.trigger import Trigger
from ingest.claims.model import ClaimLine

_FIRST, _FURTHER, _MANY = "17000", "17003", "17004"
_FAMILY = codes("17000 17003 17004")
_MOST_COUNTED = 14
_ANOTHER_SESSION = frozenset({"XE", "XP", "76", "77"})


def _check(case: Case) -> Iterator[Outcome]:
    found = [(at, line) for at, line in case.lines(_FAMILY) if not _ANOTHER_SESSION.intersection(line.modifiers)]
    units = {one: sum(line.units for _, line in found if line.procedure_code == one) for one in _FAMILY}
    if not found or _fits(units):
        return
    lines = [at for at, _ in found]
    if units[_MANY]:
        message = "17004 means fifteen or more lesions and stands once and alone: no 17000, no 17003, one unit"
        yield RULE.finding(case, lines, message, fix=_rewritten(case, found, 0))
    elif not units[_FIRST]:
        yield RULE.finding(case, lines, "17003 counts further lesions and needs 17000 for the first: count them again")
    else:
        total = units[_FIRST] + units[_FURTHER]
        wanted = "17004 once and alone" if total > _MOST_COUNTED else f"17000 and 17003 x{total - 1}"
        yield RULE.finding(case, lines, f"{total} lesions are {wanted}", fix=_rewritten(case, found, total))


def _fits(units: dict[str, int]) -> bool:
    if units[_MANY]:
        return units == {_FIRST: 0, _FURTHER: 0, _MANY: 1}
    return units[_FIRST] == 1 and units[_FURTHER] < _MOST_COUNTED


def _rewritten(case: Case, found: list[tuple[int, ClaimLine]], total: int) -> ProposedFix:
    """The count as it is billed, in the place of its first line; 0: fifteen or more."""
    many = [entry for entry in found if entry[1].procedure_code == _MANY]
    first, line = (many or [entry for entry in found if entry[1].procedure_code == _FIRST])[0]
    new: tuple[ClaimLine, ...]
    if total == 0 or total > _MOST_COUNTED:
        new = (replace(line, procedure_code=_MANY, units=1, billed=None),)
    else:
        further = next((one for _, one in found if one.procedure_code == _FURTHER), line)
        plain = without_modifiers(further, *DISTINCT)
        new = (
            replace(line, units=1, billed=None),
            replace(plain, procedure_code=_FURTHER, units=total - 1, billed=None),
        )
    return change_lines(case.claim, {at: () for at, _ in found} | {first: new}, safe=False)


RULE = Rule(
    "DRM001",
    "error",
    "CPT; AAD",
    "high",
    _check,
    trigger=Trigger(_FAMILY),
    covers=("DERM-AK-01",),
)
