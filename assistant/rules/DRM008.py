"""DRM008: repairs of one class and one group of sites are billed apart, or an add-on without its first code.

What it checks: Two lines, or more than one unit, of the first codes of one class and group of sites: 12001 to
12007, 12011 to 12018, 12031 to 12037, 12041 to 12047, 12051 to 12057, 13100 and 13101, 13120 and 13121, 13131 and
13132, 13151 and 13152. And 13102, 13122, 13133, 13153 without 13101, 13121, 13132, 13152. With 59 it is a warning.

Why it matters: Lengths of one class and group are added and billed once; the second line is denied.

Fix: None by the program: the lengths stand in the record.

Not evaluated when: Never: it asks only what every claim says.

Source: CPT repair guideline.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.families import codes
from assistant.rules.rule import DISTINCT, Case, Outcome, Rule
from assistant.rules.trigger import Trigger

_GROUPS = tuple(
    codes(group)
    for group in (
        "12001-12007",
        "12011-12018",
        "12031-12037",
        "12041-12047",
        "12051-12057",
        "13100 13101",
        "13120 13121",
        "13131 13132",
        "13151 13152",
    )
)
_ADD_ONS = {"13102": "13101", "13122": "13121", "13133": "13132", "13153": "13152"}
_FAMILY = frozenset[str]().union(*_GROUPS, _ADD_ONS)
_ANOTHER_SESSION = frozenset({"XE", "XP", "76", "77", "78"})


def _check(case: Case) -> Iterator[Outcome]:
    found = [(at, line) for at, line in case.lines(_FAMILY) if not _ANOTHER_SESSION.intersection(line.modifiers)]
    if not found:
        return
    for group in _GROUPS:
        mine = [(at, line) for at, line in found if line.procedure_code in group]
        if sum(line.units for _, line in mine) > 1:
            distinct = any(DISTINCT.intersection(line.modifiers) for _, line in mine)
            yield RULE.finding(
                case,
                (at for at, _ in mine),
                f"repairs of one class and group of sites ({', '.join(line.procedure_code for _, line in mine)}): add "
                "the lengths and bill one code once",
                severity="warning" if distinct else "error",
            )
    present = {line.procedure_code for line in case.claim.lines}
    for at, line in found:
        first = _ADD_ONS.get(line.procedure_code)
        if first is not None and first not in present:
            yield RULE.finding(
                case, [at], f"{line.procedure_code} counts further length and needs {first} on the claim"
            )


RULE = Rule(
    "DRM008",
    "error",
    "CPT repair guideline",
    "high",
    _check,
    trigger=Trigger(_FAMILY),
    covers=("DERM-REP-01", "DERM-EX-02"),
)
