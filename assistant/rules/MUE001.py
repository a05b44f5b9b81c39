"""MUE001: more units of a code on one day than the MUE takes.

What it checks: for a code whose MUE adjudication indicator is 2 or 3, the units of all its lines against the limit.
A line with 50 counts the units it bills (one for both sides); RT and LT on two lines count both. Lines of an
assistant, a co-surgeon, another practitioner (77, XP), a component (26, TC) or a share of the global period count for
themselves; discarded drug (JW) and GY lines do not count. Outside Medicare one unit on each side of a code that has
sides is only advice, since many plans want it so. A limit of 0 is Medicare's alone.

Why it matters: all units of the day are denied (CO-151 or CO-222), not only the surplus. With indicator 2 no modifier
and no appeal helps; with 3 the record may win an appeal.

Fix: bill the units that were done, at most the limit; both sides on one line with 50 where the code allows it.

Not evaluated when: a code has more than one unit and no MUE release covers the date of service, or the claim has none.

Source: NCCI Policy Manual, chapter 1, section V; the imported MUE release.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from assistant.rules.coverage import follows_medicare, uncovered
from assistant.rules.modifiers import SURGEONS, who
from assistant.rules.rule import SIDES, Case, Outcome, ProposedFix, Rule, change_lines
from ingest.tables.model import MueLimit

_NOT_COUNTED = frozenset({"JW", "GY"})


def _check(case: Case) -> Iterator[Outcome]:
    medicare = case.payer is not None and case.payer.is_medicare
    if not medicare and not _may_be_several(case):
        return
    services = [(code, places, _units(case, places)) for (code, _who), places in _services(case).items()]
    several = [index for _code, places, total in services if total > 1 for index in places]
    if not several and not medicare:
        return
    missing = uncovered(RULE, case, "mue", several)
    if missing is not None:
        if several:
            yield missing
        return
    assert case.on is not None
    for code, places, total in services:
        if total < 2 and not medicare:
            continue
        limit = case.tables.mue(code, case.on)
        if limit is None or limit.adjudication_indicator == "1" or total <= limit.units:
            continue
        if (limit.units == 0 and not medicare) or any(_governed(case, index) for index in places):
            continue
        if limit.units == 1 and total == 2 and _one_on_each_side(case, places):
            yield from _both_sides(case, places, limit)
            continue
        yield RULE.finding(case, places, _message(total, limit), fix=_cut(case, places, limit))


def _may_be_several(case: Case) -> bool:
    lines = case.claim.lines
    return any(line.units > 1 for line in lines) or len({line.procedure_code for line in lines}) < len(lines)


def _services(case: Case) -> dict[tuple[str, object], list[int]]:
    """Places of the lines whose units are summed together."""
    groups: dict[tuple[str, object], list[int]] = defaultdict(list)
    for index, line in enumerate(case.claim.lines):
        if _NOT_COUNTED.isdisjoint(line.modifiers):
            role = who(line) if line.modifiers else frozenset[str]()
            # Two lines with 62 are the lines of two surgeons.
            groups[line.procedure_code, (role, index) if role & SURGEONS else role].append(index)
    return groups


def _units(case: Case, places: list[int]) -> int:
    lines = case.claim.lines
    return sum([lines[index].units for index in places])


def _governed(case: Case, index: int) -> bool:
    return case.yields(index, "units") or case.yields(index, "modifiers:side")


def _one_on_each_side(case: Case, places: list[int]) -> bool:
    sides = [SIDES.intersection(case.claim.lines[index].modifiers) for index in places]
    return len(sides) == 2 and all(len(side) == 1 for side in sides) and sides[0] != sides[1]


def _both_sides(case: Case, places: list[int], limit: MueLimit) -> Iterator[Outcome]:
    """RT and LT, one unit each, where the limit is one."""
    assert case.on is not None
    code = limit.procedure_code
    row = case.tables.fee_schedule(code, case.on)
    has_sides = row is None or row.bilateral in ("1", "3")
    if not has_sides:
        message = f"{code} covers both sides in one unit and may be billed once a day: bill one line with one unit"
        yield RULE.finding(case, places, message)
        return
    medicare = follows_medicare(case)
    message = f"{code} with RT and LT on two lines counts as 2 units, the limit is {limit.units}: " + (
        "bill one line with 50 and one unit" if medicare else "one line with 50, unless the plan wants two lines"
    )
    fix = _one_line(case, places, safe=medicare and row is not None)
    yield RULE.finding(case, places, message, fix=fix, severity=None if medicare else "advice")


def _one_line(case: Case, places: list[int], *, safe: bool) -> ProposedFix | None:
    first, second = (case.claim.lines[index] for index in places)
    rest = tuple(one for one in first.modifiers if one not in SIDES)
    if rest != tuple(one for one in second.modifiers if one not in SIDES) or first.pointers != second.pointers:
        return None
    billed = None if first.billed is None or second.billed is None else first.billed + second.billed
    safe = safe and (first.billed is None) == (second.billed is None)
    merged = replace(first, modifiers=("50", *rest), billed=billed)
    return change_lines(case.claim, {places[0]: (merged,), places[1]: ()}, safe=safe)


def _cut(case: Case, places: list[int], limit: MueLimit) -> ProposedFix | None:
    if limit.units == 0:
        if len(case.claim.lines) == len(places):
            return None
        return change_lines(case.claim, dict.fromkeys(places, ()), safe=False)
    if len(places) > 1:
        return None
    line = replace(case.claim.lines[places[0]], units=limit.units)
    return change_lines(case.claim, {places[0]: (line,)}, safe=False)


def _message(total: int, limit: MueLimit) -> str:
    code = limit.procedure_code
    if limit.units == 0:
        return f"{code} may not be billed to Medicare on a practitioner's claim (limit 0): take the line away"
    told = f"{code}: {total} units on this day, the limit is {limit.units}; recount, "
    if limit.adjudication_indicator == "3":
        return told + "and bill more only where the record will carry an appeal"
    return told + "and bill at most the limit: neither a modifier nor an appeal raises it"


RULE = Rule(
    "MUE001",
    "error",
    "NCCI Policy Manual, chapter 1, section V",
    "high",
    _check,
    tables=("mue",),
    optional_keys=("dos",),
    edits="mue",
    covers=("UNIT-01", "ENT-ALL-01", "ENT-ALL-02", "ENT-FESS-05", "ENT-FESS-10"),
)
