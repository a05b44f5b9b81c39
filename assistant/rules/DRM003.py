"""DRM003: skin biopsies of one day do not have one first code by rank.

What it checks: One first code, one unit: 11106 before 11104 before 11102, by the highest technique on the claim;
every further biopsy is the add-on of its own technique (11107, 11105, 11103). And no 50.

Why it matters: A second first code is denied whatever modifier it carries; an add-on alone too.

Fix: The same biopsies, counted and ranked anew.

Not evaluated when: Never: it asks only what every claim says.

Source: CPT 2019; AAD, January 2019.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from assistant.rules.families import Once, codes, examine
from assistant.rules.rule import DISTINCT, Case, Outcome, Rule, change_lines, without_modifiers
from assistant.rules.trigger import Trigger
from ingest.claims.model import ClaimLine

# First code and add-on of each technique, the highest rank first.
_RANKS = (("11106", "11107"), ("11104", "11105"), ("11102", "11103"))
_TECHNIQUE = {procedure_code: rank for rank, pair in enumerate(_RANKS) for procedure_code in pair}
_FIRST_CODES = frozenset(first for first, _ in _RANKS)
_ANOTHER_SESSION = frozenset({"XE", "XP", "76", "77"})
_ROWS = (Once(codes("11102-11107"), "a skin biopsy has no two sides", refused=frozenset({"50"}), most_units=None),)


def _check(case: Case) -> Iterator[Outcome]:
    found = [(at, line) for at, line in case.lines(_TECHNIQUE) if not _ANOTHER_SESSION.intersection(line.modifiers)]
    if not found:
        return
    yield from examine(RULE, case, _ROWS)
    top = min(_TECHNIQUE[line.procedure_code] for _, line in found)
    first_code, _ = _RANKS[top]
    billed_first = [line for _, line in found if line.procedure_code in _FIRST_CODES]
    if [(line.procedure_code, line.units) for line in billed_first] == [(first_code, 1)]:
        return
    of_top = [entry for entry in found if _TECHNIQUE[entry[1].procedure_code] == top]
    leading = next((at for at, line in of_top if line.procedure_code == first_code), of_top[0][0])
    changes = {at: _ranked(line, is_first=at == leading) for at, line in found}
    yield RULE.finding(
        case,
        (at for at, _ in found),
        f"one first code for the day, the highest technique: {first_code} once, every further biopsy is the add-on of "
        "its own technique (11107, 11105, 11103)",
        fix=change_lines(case.claim, changes, safe=False),
    )


def _ranked(line: ClaimLine, *, is_first: bool) -> tuple[ClaimLine, ...]:
    first_code, add_on = _RANKS[_TECHNIQUE[line.procedure_code]]
    further = line.units - 1 if is_first else line.units
    plain = line if line.procedure_code == add_on and not is_first else without_modifiers(line, *DISTINCT)
    rest = (replace(plain, procedure_code=add_on, units=further, billed=None),) if further else ()
    return (replace(line, procedure_code=first_code, units=1, billed=None), *rest) if is_first else rest


RULE = Rule(
    "DRM003",
    "error",
    "CPT 2019; AAD, January 2019",
    "high",
    _check,
    trigger=Trigger(_TECHNIQUE),
    covers=("DERM-BX-01",),
)
