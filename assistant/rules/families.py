"""Rows about codes of one family that may not stand together, or not in this form, and the one interpreter that runs
them over a claim. Holds no row itself: each rule file brings its own.

Sides decide for paired structures: two lines meet unless they name different sides, 50 names both. Where only one of
two lines names a side nobody can tell, and the finding is a warning at most.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from assistant.rules.laterality import BOTH_SIDES, SIDE_MODIFIERS, two_units_no_side
from assistant.rules.rule import (
    ANATOMICAL,
    DISTINCT,
    SIDES,
    Case,
    Finding,
    ProposedFix,
    Rule,
    change_lines,
    sides_of,
)
from ingest.claims.model import Claim, ClaimLine
from ingest.notes.model import Severity

# What shows that two services are apart. encounter: only another session, doctor or a repeat; site: also 59, XS or XU,
# unless both lines name one side; any: 59 and the X modifiers always.
Release: TypeAlias = Literal["encounter", "site", "any"]
_ANOTHER_SESSION = frozenset({"XE", "XP", "76", "77"})
_RETURN_TO_ROOM = "78"
_DIGITS_AND_VESSELS = ANATOMICAL - SIDES
# CMS-1500 item 24E and 837P SV107: four diagnosis pointers for a line.
_MOST_POINTERS = 4


def codes(text: str) -> frozenset[str]:
    """`31254 31287-31288` as a set of five-digit codes. Raises ValueError for anything else."""
    found: set[str] = set()
    for word in text.split():
        low, _, high = word.partition("-")
        if not re.fullmatch(r"\d{5}", low):
            raise ValueError(f'"{word}" is neither a five-digit code nor a range of them')
        found.update(f"{number:05d}" for number in range(int(low), int(high or low) + 1))
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Included:
    """A line of `part` is not billed beside a line of `whole`, on the same side where `sided`.

    The fix takes it away there, or makes it `becomes`; `drops` False: a person must choose, and so they must with
    `by_diagnosis` where the two lines point to different diagnoses.
    """

    part: frozenset[str]
    whole: frozenset[str]
    why: str
    sided: bool = False
    release: Release = "site"
    becomes: str | None = None
    drops: bool = True
    by_diagnosis: bool = False
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class Combined:
    """A line of `one` and a line of `other` are billed as `into`, on the same side where `sided`."""

    one: frozenset[str]
    other: frozenset[str]
    into: str
    why: str
    sided: bool = False
    release: Release = "encounter"
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class Once:
    """Codes that take no side and are billed in no more than `most_units`; None: any number."""

    procedure_codes: frozenset[str]
    why: str
    refused: frozenset[str] = SIDE_MODIFIERS
    most_units: int | None = 1
    severity: Severity | None = None


Row: TypeAlias = Included | Combined | Once


def needed(rows: Iterable[Row]) -> frozenset[str]:
    """The codes of which a claim has at least one if any of the rows has anything to say of it."""
    found: set[str] = set()
    for row in rows:
        match row:
            case Included():
                found |= row.part
            case Combined():
                found |= row.one
            case Once():
                found |= row.procedure_codes
    return frozenset(found)


def examine(rule: Rule, case: Case, rows: Sequence[Row]) -> Iterator[Finding]:
    """What the rows find on the claim, in the order of the rows, then of the lines."""
    present = {line.procedure_code for line in case.claim.lines}
    for row in rows:
        match row:
            case Included() if not row.part.isdisjoint(present) and not row.whole.isdisjoint(present):
                yield from _included(rule, case, row)
            case Combined() if not row.one.isdisjoint(present) and not row.other.isdisjoint(present):
                yield from _combined(rule, case, row)
            case Once() if not row.procedure_codes.isdisjoint(present):
                yield from _once(rule, case, row)
            case _:
                continue


def line_sides(line: ClaimLine) -> frozenset[str]:
    """RT and LT as far as the line names them; two units and no side speak of both."""
    return SIDES if two_units_no_side(line) else sides_of(line)


def apart(one: ClaimLine, other: ClaimLine, release: Release) -> bool:
    """True when the modifiers of the two lines show that the services are apart, see `Release`."""
    modifiers = {*one.modifiers, *other.modifiers}
    if modifiers & _ANOTHER_SESSION or (_RETURN_TO_ROOM in one.modifiers) != (_RETURN_TO_ROOM in other.modifiers):
        return True
    mine, theirs = _DIGITS_AND_VESSELS.intersection(one.modifiers), _DIGITS_AND_VESSELS.intersection(other.modifiers)
    if mine and theirs and not mine & theirs:
        return True
    if release == "encounter":
        return False
    if line_sides(one) and line_sides(other) and not line_sides(one) & line_sides(other):
        return True
    if not modifiers & DISTINCT:
        return False
    return release == "any" or not line_sides(one) & line_sides(other)


def on_sides(line: ClaimLine, sides: frozenset[str]) -> ClaimLine:
    """The line for these sides only: 50 in the first place, RT or LT in the last. The same line if it says so now."""
    if sides == line_sides(line):
        return line
    kept = tuple(one for one in line.modifiers if one not in SIDE_MODIFIERS)
    units = 1 if line.units == 2 and len(line_sides(line)) == 2 else line.units
    return replace(line, modifiers=(BOTH_SIDES, *kept) if sides == SIDES else (*kept, *sorted(sides)), units=units)


def _included(rule: Rule, case: Case, row: Included) -> Iterator[Finding]:
    for at, part in case.lines(row.part):
        wholes = [
            (index, whole)
            for index, whole in case.lines(row.whole)
            if index != at and not apart(part, whole, row.release)
        ]
        mine = line_sides(part)
        if row.sided and mine:
            wholes = [(index, whole) for index, whole in wholes if not line_sides(whole) or line_sides(whole) & mine]
        if not wholes:
            continue
        lines = (at, *(index for index, _ in wholes))
        named = _named(wholes)
        severity = row.severity or rule.severity
        if not row.sided or _surely_met(mine, [line_sides(whole) for _, whole in wholes]):
            where = " on the same side" if row.sided else ""
            message = f"{part.procedure_code} does not go with {named}{where}: {row.why}"
            fix = _without_part(case.claim, at, part, wholes, row)
            yield rule.finding(case, lines, message, fix=fix, severity=severity)
        else:
            message = (
                f"{part.procedure_code} does not go with {named} if both are on one side: {row.why}; name the sides"
            )
            yield rule.finding(case, lines, message, severity=_milder(severity))


def _named(lines: Iterable[tuple[int, ClaimLine]]) -> str:
    """The codes of the lines, sorted, so that the order of lines changes no word."""
    return ", ".join(sorted({line.procedure_code for _, line in lines}))


def _surely_met(mine: frozenset[str], theirs: Sequence[frozenset[str]]) -> bool:
    together = frozenset[str]().union(*theirs)
    if mine:
        return bool(mine & together) or mine == SIDES
    return together == SIDES or not all(theirs)


def _without_part(
    claim: Claim, at: int, part: ClaimLine, wholes: Sequence[tuple[int, ClaimLine]], row: Included
) -> ProposedFix | None:
    there = [line_sides(whole) for _, whole in wholes]
    mine = line_sides(part)
    other_lesion = row.by_diagnosis and all(
        part.pointers and whole.pointers and set(part.pointers).isdisjoint(whole.pointers) for _, whole in wholes
    )
    which_side_stays = row.sided and mine == SIDES and not all(there)
    if not row.drops or other_lesion or which_side_stays:
        return None
    met = mine & frozenset[str]().union(*there) if row.sided and all(there) else mine
    rest = mine - met
    new: tuple[ClaimLine, ...] = (on_sides(part, rest),) if rest else ()
    if row.becomes is not None:
        new = (*new, replace(on_sides(part, met), procedure_code=row.becomes, billed=None))
    return change_lines(claim, {at: new}, safe=False)


def _combined(rule: Rule, case: Case, row: Combined) -> Iterator[Finding]:
    ones, others = list(case.lines(row.one)), list(case.lines(row.other))
    ones, others = (
        [(at, line) for at, line in ones if not all(apart(line, two, row.release) for _, two in others)],
        [(at, line) for at, line in others if not all(apart(line, two, row.release) for _, two in ones)],
    )
    if not ones or not others:
        return
    severity = row.severity or rule.severity
    names = f"{_named(ones)} and {_named(others)}"
    here, there = _covered(ones), _covered(others)
    hit = here & there if row.sided else frozenset[str]()
    if hit:
        ones = [(at, line) for at, line in ones if line_sides(line) & hit]
        others = [(at, line) for at, line in others if line_sides(line) & hit]
    lines = [at for at, _ in (*ones, *others)]
    if row.sided and not hit and (all(line_sides(line) for _, line in ones) != all(line_sides(x) for _, x in others)):
        message = f"{names} are {row.into} if both are on one side: {row.why}; name the sides"
        yield rule.finding(case, lines, message, severity=_milder(severity))
        return
    if row.sided and not hit and (here or there):
        return
    where = " on the same side" if row.sided else ""
    fix = change_lines(case.claim, _joined(ones, others, row.into, hit), safe=False)
    yield rule.finding(case, lines, f"{names}{where} are billed as {row.into}: {row.why}", fix=fix, severity=severity)


def _covered(lines: Iterable[tuple[int, ClaimLine]]) -> frozenset[str]:
    return frozenset[str]().union(*(line_sides(line) for _, line in lines))


def _joined(
    ones: Sequence[tuple[int, ClaimLine]], others: Sequence[tuple[int, ClaimLine]], into: str, hit: frozenset[str]
) -> dict[int, tuple[ClaimLine, ...]]:
    """The lines of `into` in the place of the first, and what is left of each line on the other side."""
    changes: dict[int, tuple[ClaimLine, ...]] = {}
    for at, line in (*ones, *others):
        rest = line_sides(line) - hit
        changes[at] = (on_sides(line, rest),) if hit and rest else ()
    both_on_one_line = any(BOTH_SIDES in line.modifiers for _, line in (*ones, *others))
    first = min(at for at, _ in ones)
    made: list[ClaimLine] = []
    for sides in [hit] if both_on_one_line or len(hit) < 2 else [frozenset({"RT"}), frozenset({"LT"})]:
        met = [line for _, line in (*ones, *others) if not sides or line_sides(line) & sides]
        made.append(_merged(met, into, sides))
    changes[first] = (*made, *changes[first])
    return changes


def _merged(lines: Sequence[ClaimLine], into: str, sides: frozenset[str]) -> ClaimLine:
    dropped = SIDE_MODIFIERS | DISTINCT
    kept = tuple(dict.fromkeys(one for line in lines for one in line.modifiers if one not in dropped))
    pointers = tuple(dict.fromkeys(pointer for line in lines for pointer in line.pointers))[:_MOST_POINTERS]
    bare = ClaimLine(into, kept, 1, pointers)
    return on_sides(bare, sides) if sides else bare


def _once(rule: Rule, case: Case, row: Once) -> Iterator[Finding]:
    severity = row.severity or rule.severity
    for procedure_code in sorted(row.procedure_codes.intersection(line.procedure_code for line in case.claim.lines)):
        changes: dict[int, tuple[ClaimLine, ...]] = {}
        told: set[tuple[bool, str]] = set()
        kept: set[ClaimLine] = set()
        for at, line in case.lines({procedure_code}):
            refused = row.refused.intersection(line.modifiers) if not case.yields(at, "modifiers:side") else frozenset()
            too_many = row.most_units is not None and line.units > row.most_units and not case.yields(at, "units")
            if not refused and not too_many:
                continue
            told.update((False, one) for one in refused)
            if too_many:
                told.add((True, f"{line.units} units"))
            units = row.most_units if too_many and row.most_units is not None else line.units
            new = replace(line, modifiers=tuple(one for one in line.modifiers if one not in refused), units=units)
            changes[at] = () if new in kept else (new,)
            kept.add(new)
        if changes:
            yield rule.finding(
                case,
                changes,
                f"{procedure_code} with {', '.join(what for _, what in sorted(told))}: {row.why}",
                fix=change_lines(case.claim, changes, safe=False),
                severity=severity,
            )


def _milder(severity: Severity) -> Severity:
    return "warning" if severity == "error" else severity
