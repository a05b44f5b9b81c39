"""DUP001: the same service stands on two lines that nothing tells apart.

What it checks: lines with the same procedure code and the same modifiers, in whatever order. 51, 22, KX, GC and the
notice modifiers tell no lines apart; a line that differs only by them is a warning. Lines that both carry 59, 76, 77,
91 or an X modifier are advice, since a third lesion or repeat is written so; so are drugs, supplies and counted codes
whose pointers differ. Lines on different sides or digits, and 26 beside TC, are different services.

Why it matters: the second line is denied as a duplicate (CO-18).

Fix: one line when it was typed twice; the sum of the units on one line for drugs and counted codes; else the modifier
that says what is different (76, 59, XS, a side). The fix shown takes the repeat away or adds up the units; a person
confirms.

Not evaluated when: never, it needs neither table nor header key.

Source: CMS Claims Processing Manual, chapter 1, section 120 (exact duplicates); CPT, appendix A (59, 76, 77, 91).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from assistant.rules.rule import DISTINCT, Case, Outcome, ProposedFix, Rule, change_lines
from ingest.claims.model import Claim, ClaimLine
from ingest.notes.model import Severity

_REPEATS = DISTINCT | {"27", "76", "77", "91"}
_TELLS_NOTHING = frozenset({"51", "22", "KX", "GC", "GA", "GX", "GY", "GZ"})
# Tests, doses, lesions, slides, minutes: what is counted goes on one line with its units.
_COUNTED = frozenset(
    """
    11101 11103 11105 11107 11201 13102 13122 13133 13153 15003 15005 15101 15121 15777 17003 17312 17314 17315
    88304 88305 88307 88311 88312 88313 88331 88332 88341 88342 95004 95017 95018 95024 95027 95028 95044 95052
    95144 95145 95146 95147 95148 95149 95165 95170 96361 96366 96367 96375 96376 96415 99292 99417 99418 97032
    97035 97110 97112 97116 97124 97140 97530 97535 97750
    """.split()
)  # fmt: skip


def _check(case: Case) -> Iterator[Outcome]:
    lines = case.claim.lines
    if len({line.procedure_code for line in lines}) == len(lines):
        return
    groups: dict[tuple[str, frozenset[str]], list[int]] = {}
    for index, line in enumerate(lines):
        key = (line.procedure_code, frozenset(line.modifiers) - _TELLS_NOTHING)
        groups.setdefault(key, []).append(index)
    for (code, modifiers), group in groups.items():
        if len(group) < 2:
            continue
        severity = _severity([lines[index] for index in group], modifiers)
        counted = _is_counted(code)
        written = "-".join((code, *sorted(modifiers)))
        mend = "put the units on one line" if counted else "keep one, or add what tells them apart (76, 59, XS, a side)"
        message = f"{written} stands on {len(group)} lines that nothing tells apart: {mend}"
        yield RULE.finding(case, group, message, fix=_fix(case.claim, group, counted), severity=severity)


def _severity(lines: list[ClaimLine], modifiers: frozenset[str]) -> Severity | None:
    """None: the rule's own, an error."""
    if modifiers & _REPEATS:
        return "advice"
    if _is_counted(lines[0].procedure_code) and len({line.pointers for line in lines}) > 1:
        return "advice"
    return None if len({frozenset(line.modifiers) for line in lines}) < len(lines) else "warning"


def _is_counted(procedure_code: str) -> bool:
    """True for drugs and supplies (HCPCS Level II but its G codes) and codes that are counted."""
    return procedure_code in _COUNTED or procedure_code[0] in "AEJKLQV"


def _fix(claim: Claim, group: list[int], counted: bool) -> ProposedFix:
    first, *rest = group
    changes: dict[int, tuple[ClaimLine, ...]] = dict.fromkeys(rest, ())
    if counted:
        lines = [claim.lines[index] for index in group]
        charges = [line.billed for line in lines if line.billed is not None]
        kept = replace(
            lines[0],
            units=sum(line.units for line in lines),
            pointers=tuple(dict.fromkeys(one for line in lines for one in line.pointers))[:4],
            billed=sum(charges[1:], charges[0]) if charges else None,
        )
        changes[first] = (kept,)
    return change_lines(claim, changes, safe=False)


RULE = Rule(
    "DUP001",
    "error",
    "CMS Claims Processing Manual, chapter 1, section 120; CPT, appendix A",
    "high",
    _check,
    covers=("MOD-76-77",),
)
