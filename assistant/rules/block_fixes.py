"""The four fixes a rule block may name, as the service lines that would take the place of the broken ones.

Does not check that a fix satisfies its rule: the interpreter does, and drops a fix that does not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

from assistant.rules.laterality import BOTH_SIDES, LEFT, RIGHT, SIDE_MODIFIERS, two_units_no_side
from ingest.claims.model import ClaimLine
from ingest.notes.model import Fix, RuleBlock

_CENT = Decimal("0.01")
_DISTINCT = frozenset({"59", "XE", "XP", "XS", "XU"})


@dataclass(frozen=True, slots=True)
class Proposal:
    """Lines that take the place of the broken ones. `safe`: they say the same about the encounter in another form."""

    lines: tuple[ClaimLine, ...]
    safe: bool


def propose_fix(block: RuleBlock, broken: tuple[ClaimLine, ...]) -> Proposal | None:
    """What the block's `fix` makes of the broken lines (one procedure code, claim order); None when it does not fit."""
    return _FIXES[block.fix](block, broken) if block.fix is not None and broken else None


def _one_line_50(_: RuleBlock, broken: tuple[ClaimLine, ...]) -> Proposal | None:
    first = broken[0]
    others = _without_side(first)
    merged = replace(first, modifiers=(BOTH_SIDES, *others), units=1, billed=_total(broken))
    if len(broken) == 2:
        sides = [_side(line) for line in broken]
        if sorted(sides) != [(LEFT,), (RIGHT,)] or any(line.units != 1 for line in broken):
            return None
        if any(_without_side(line) != others for line in broken):
            return None
        same_pointers = broken[0].pointers == broken[1].pointers
        merged = replace(merged, pointers=_all_pointers(broken))
        return Proposal((merged,), safe=same_pointers and _all_or_none_billed(broken))
    if len(broken) > 2:
        return None
    if set(_side(first)) == {RIGHT, LEFT}:
        return Proposal((merged,), safe=True) if first.units <= 2 else None
    # Two units without a side, 50 with two units, or 50 beside one side: that both sides were done is a guess.
    if two_units_no_side(first) or BOTH_SIDES in first.modifiers:
        return Proposal((merged,), safe=False)
    return None


def _two_lines(_: RuleBlock, broken: tuple[ClaimLine, ...]) -> Proposal | None:
    if len(broken) == 2:
        return _two_lines_from_two(broken)
    if len(broken) > 2:
        return None
    line, sides = broken[0], set(_side(broken[0]))
    if sides == {BOTH_SIDES} or sides == {RIGHT, LEFT} or two_units_no_side(line):
        if line.units > 2:
            return None
        # 50 with one unit, or RT and LT on one line, already say "both sides, once each".
        safe = (sides == {BOTH_SIDES} and line.units == 1) or sides == {RIGHT, LEFT}
        right_billed, left_billed = _halves(line.billed)
        right = replace(line, modifiers=(*_without_side(line), RIGHT), units=1, billed=right_billed)
        left = replace(line, modifiers=(*_without_side(line), LEFT), units=1, billed=left_billed)
        return Proposal((right, left), safe)
    return None


def _two_lines_from_two(broken: tuple[ClaimLine, ...]) -> Proposal | None:
    """A line for each side is there, with 50 beside RT or LT: take the 50 away."""
    sides = [tuple(side for side in _side(line) if side != BOTH_SIDES) for line in broken]
    if sorted(sides) != [(LEFT,), (RIGHT,)] or any(line.units != 1 for line in broken):
        return None
    pairs = zip(broken, sides, strict=True)
    return Proposal(tuple(replace(line, modifiers=(*_without_side(line), *side)) for line, side in pairs), safe=False)


def _drop_modifier(block: RuleBlock, broken: tuple[ClaimLine, ...]) -> Proposal | None:
    forbidden = frozenset(block.forbid.modifiers) if block.forbid else frozenset()
    lines: list[ClaimLine] = []
    safe = True
    for line in broken:
        dropped = forbidden.intersection(line.modifiers)
        kept = replace(line, modifiers=tuple(m for m in line.modifiers if m not in forbidden))
        safe = safe and _form_alone(dropped, kept, forbidden)
        lines.append(kept)
    if len({line.modifiers for line in lines}) < len(lines):
        # RT and LT taken from two lines leave the same service billed twice: one line is enough where the code has no
        # sides, and which of the two goes is for a person to see.
        one = (replace(lines[0], pointers=_all_pointers(tuple(lines))),)
        return Proposal(one, safe=False) if forbidden >= SIDE_MODIFIERS and len(set(_bare(lines))) == 1 else None
    return Proposal(tuple(lines), safe)


def _form_alone(dropped: frozenset[str], kept: ClaimLine, forbidden: frozenset[str]) -> bool:
    """True when the line without `dropped` still says the same about the encounter.

    51 tells the payer's pricing only. 59 and the X modifiers say one thing in two ways. A rule that takes 50, RT and LT
    alike says the code has no sides, so a side on it said nothing; a rule that takes only some of them does not.
    """
    rest = dropped - {"51"}
    if rest & _DISTINCT and _DISTINCT.intersection(kept.modifiers):
        rest -= _DISTINCT
    if forbidden >= SIDE_MODIFIERS:
        rest -= SIDE_MODIFIERS
    return not rest


def _set_units(block: RuleBlock, broken: tuple[ClaimLine, ...]) -> Proposal | None:
    wanted = block.require.units if block.require and block.require.units is not None else None
    if wanted is None and len(broken) == 1:
        wanted = block.units_max
    if not wanted:
        return None
    # How often a service was done is a statement about the encounter, so a person confirms it.
    return Proposal(tuple(replace(line, units=wanted) for line in broken), safe=False)


def _bare(lines: list[ClaimLine]) -> list[tuple[tuple[str, ...], int]]:
    return [(line.modifiers, line.units) for line in lines]


def _side(line: ClaimLine) -> tuple[str, ...]:
    return tuple(modifier for modifier in line.modifiers if modifier in SIDE_MODIFIERS)


def _without_side(line: ClaimLine) -> tuple[str, ...]:
    return tuple(modifier for modifier in line.modifiers if modifier not in SIDE_MODIFIERS)


def _all_pointers(lines: tuple[ClaimLine, ...]) -> tuple[int, ...]:
    """Each pointer once, in order; () when one of the lines points to none, which means all."""
    if any(not line.pointers for line in lines):
        return ()
    return tuple(dict.fromkeys(pointer for line in lines for pointer in line.pointers))


def _total(lines: tuple[ClaimLine, ...]) -> Decimal | None:
    billed = [line.billed for line in lines if line.billed is not None]
    return sum(billed, Decimal(0)) if len(billed) == len(lines) else None


def _all_or_none_billed(lines: tuple[ClaimLine, ...]) -> bool:
    return len({line.billed is None for line in lines}) == 1


def _halves(billed: Decimal | None) -> tuple[Decimal | None, Decimal | None]:
    """Two charges that add up to `billed`; an odd cent stays with the first."""
    if billed is None:
        return None, None
    second = (billed / 2).quantize(_CENT, rounding="ROUND_FLOOR")
    return billed - second, second


_FIXES: dict[Fix, Callable[[RuleBlock, tuple[ClaimLine, ...]], Proposal | None]] = {
    "one-line-50": _one_line_50,
    "two-lines-rt-lt": _two_lines,
    "drop-modifier": _drop_modifier,
    "set-units": _set_units,
}
