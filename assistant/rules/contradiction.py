"""Finds pairs of rule blocks that ask of the same line what cannot both be done.

Does not decide which of them is right, and does not compare different levels: there the higher wins.

Contradictory: a modifier required and forbidden, or two that exclude each other (50 with RT or LT; 58, 78, 79; 59 and
the X modifiers; 26 and TC; 52 and 53; 76 and 77; the assistant modifiers); different units; more units than the other
allows; places or diagnoses the other shuts out; one line with 50 against two lines. Not contradictory: two filing
limits (the shorter binds), two units-max (the smaller binds), several documents, attachments or an authorization (all
are needed). A pair is also let be when doing what one asks takes the line out of the other's condition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations

from assistant.rules.block_overlap import compatible, diagnoses_within, shared_codes
from assistant.rules.laterality import BOTH_SIDES, LEFT, RIGHT
from assistant.rules.precedence import Level, PlacedBlock, level
from ingest.codes import CodeSet
from ingest.notes.model import Forbid, Require, RuleBlock

# Medicare Claims Processing Manual ch. 12 sec. 40.1-40.2 (58, 78, 79) and 40.7 (50); CMS's article on 59 and X{EPSU};
# CPT appendix A for the rest. RT with LT is not among them: some payers take both on one line.
_EXCLUDE_EACH_OTHER: tuple[frozenset[str], ...] = (
    frozenset({BOTH_SIDES, RIGHT}),
    frozenset({BOTH_SIDES, LEFT}),
    frozenset({"58", "78", "79"}),
    frozenset({"59", "XE", "XP", "XS", "XU"}),
    frozenset({"26", "TC"}),
    frozenset({"52", "53"}),
    frozenset({"76", "77"}),
    frozenset({"80", "81", "82", "AS"}),
)


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two blocks, the codes they share (empty: every code), the shared days (inclusive) and why both cannot hold."""

    first: PlacedBlock
    second: PlacedBlock
    codes: CodeSet
    effective_from: date
    effective_through: date
    reason: str


def contradictions(placed: Sequence[PlacedBlock], spans: Mapping[str, tuple[date, date]]) -> list[Contradiction]:
    """Every contradictory pair, in the order of `placed`. `spans` (precedence.py) leaves out what is not in force."""
    blocks = [one for one in placed if one.note.note_id in spans]
    found: list[Contradiction] = []
    for here, there in sorted(_pairs_to_compare(blocks)):
        first, second = blocks[here], blocks[there]
        days = _shared_days(spans[first.note.note_id], spans[second.note.note_id])
        codes = shared_codes(first.block.when, second.block.when)
        if days is None or codes is None or not compatible(first.block.when, second.block.when):
            continue
        reason = clash(first.block, second.block)
        if reason is not None:
            found.append(Contradiction(first, second, codes, *days, reason))
    return found


def clash(first: RuleBlock, second: RuleBlock) -> str | None:
    """Why the two cannot both be obeyed on a line they both select, by their rule ids; None if they can."""
    if _leads_out(first, second) or _leads_out(second, first):
        return None
    one, other = f'"{first.rule_id}"', f'"{second.rule_id}"'
    reasons = (test(first, second, one, other) or test(second, first, other, one) for test in _TESTS)
    return next((reason for reason in reasons if reason is not None), None)


def _pairs_to_compare(blocks: Sequence[PlacedBlock]) -> set[tuple[int, int]]:
    """Places of pairs of one level that share a payer and, as far as ranges can tell, a code."""
    rooms: dict[tuple[Level, str | None], list[int]] = {}
    for place, one in enumerate(blocks):
        for payer in one.note.payers or (None,):
            rooms.setdefault((level(one.note), payer), []).append(place)
    pairs: set[tuple[int, int]] = set()
    for places in rooms.values():
        coded = [place for place in places if _codes(blocks[place])]
        uncoded = [place for place in places if not _codes(blocks[place])]
        pairs.update(combinations(sorted(uncoded), 2))
        pairs.update((min(one, other), max(one, other)) for one in uncoded for other in coded)
        pairs.update(_sharing_a_code(blocks, coded))
    return pairs


def _sharing_a_code(blocks: Sequence[PlacedBlock], coded: list[int]) -> Iterator[tuple[int, int]]:
    """A sweep over the ranges by their lower ends: only ranges still open can overlap the next."""
    ranges = sorted((code_range.low, code_range.high, place) for place in coded for code_range in _codes(blocks[place]))
    still_open: list[tuple[str, int]] = []
    for low, high, place in ranges:
        still_open = [(end, other) for end, other in still_open if end >= low]
        yield from ((min(place, other), max(place, other)) for _, other in still_open if other != place)
        still_open.append((high, place))


def _codes(one: PlacedBlock) -> CodeSet:
    return one.block.when.codes if one.block.when else CodeSet()


def _shared_days(first: tuple[date, date], second: tuple[date, date]) -> tuple[date, date] | None:
    begins, ends = max(first[0], second[0]), min(first[1], second[1])
    return (begins, ends) if begins <= ends else None


def _leads_out(one: RuleBlock, other: RuleBlock) -> bool:
    """True when a line that does what `one` asks no longer meets the condition of `other`."""
    when, require, forbid = other.when, one.require or Require(), one.forbid or Forbid()
    if when is None:
        return False
    if when.modifiers:
        shut = set(forbid.modifiers) | {m for needed in require.modifiers for m in _excluded_by(needed)}
        if shut.issuperset(when.modifiers) and not set(require.modifiers) & set(when.modifiers):
            return True
    if when.units is not None and require.units is not None and require.units not in when.units:
        return True
    if when.places and require.places and not set(when.places) & set(require.places):
        return True
    return when.bilateral is False and BOTH_SIDES in require.modifiers


def _excluded_by(modifier: str) -> set[str]:
    return {other for group in _EXCLUDE_EACH_OTHER if modifier in group for other in group if other != modifier}


def _modifier_forbidden(a: RuleBlock, b: RuleBlock, one: str, other: str) -> str | None:
    both = [m for m in (a.require or Require()).modifiers if m in (b.forbid or Forbid()).modifiers]
    return f"{one} requires modifier {both[0]}, {other} forbids it" if both else None


def _modifiers_exclude(a: RuleBlock, b: RuleBlock, one: str, other: str) -> str | None:
    for mine in (a.require or Require()).modifiers:
        for theirs in (b.require or Require()).modifiers:
            if theirs in _excluded_by(mine):
                return f"{one} requires modifier {mine}, {other} modifier {theirs}, and a line carries only one of them"
    return None


def _units_differ(a: RuleBlock, b: RuleBlock, one: str, other: str) -> str | None:
    wanted = a.require.units if a.require else None
    if wanted is None:
        return None
    if b.require and b.require.units not in (None, wanted):
        return f"{one} requires units {wanted}, {other} units {b.require.units}"
    if b.forbid and b.forbid.units == wanted:
        return f"{one} requires units {wanted}, {other} forbids them"
    if b.units_max is not None and b.units_max < wanted:
        return f"{one} requires units {wanted}, {other} allows at most {b.units_max}"
    return None


def _places(a: RuleBlock, b: RuleBlock, one: str, other: str) -> str | None:
    wanted = set(a.require.places) if a.require else set()
    if not wanted:
        return None
    if b.require and b.require.places and not wanted & set(b.require.places):
        return f"{one} requires place of service {', '.join(sorted(wanted))}, {other} {', '.join(b.require.places)}"
    if b.forbid and wanted <= set(b.forbid.places):
        return f"{one} requires place of service {', '.join(sorted(wanted))}, {other} forbids it"
    return None


def _diagnoses(a: RuleBlock, b: RuleBlock, one: str, other: str) -> str | None:
    wanted = a.require.diagnoses if a.require else ()
    if wanted and b.forbid and b.forbid.diagnoses and diagnoses_within(wanted, b.forbid.diagnoses):
        return f"{one} requires diagnosis {', '.join(wanted)}, {other} forbids it"
    return None


def _styles(a: RuleBlock, b: RuleBlock, one: str, other: str) -> str | None:
    if a.fix == "one-line-50" and b.fix == "two-lines-rt-lt":
        return f"{one} bills both sides on one line with 50, {other} on two lines with RT and LT"
    if a.fix == "two-lines-rt-lt" and b.units_max == 1 and not (b.when and b.when.bilateral is False):
        return f"{one} bills both sides on two lines, {other} allows 1 unit over all lines"
    return _no_form_left(a, b, one, other)


def _no_form_left(a: RuleBlock, b: RuleBlock, one: str, other: str) -> str | None:
    """For both sides, one takes 50 away and the other RT or LT; only 2 units without a side would be left."""
    both_sides = all(block.when is not None and block.when.bilateral for block in (a, b))
    mine, theirs = set((a.forbid or Forbid()).modifiers), set((b.forbid or Forbid()).modifiers)
    two_units = any(block.require is not None and block.require.units == 2 for block in (a, b))
    if both_sides and not two_units and BOTH_SIDES in mine - theirs and {RIGHT, LEFT} & (theirs - mine):
        return f"for both sides {one} forbids 50 and {other} forbids RT or LT"
    return None


_TESTS: tuple[Callable[[RuleBlock, RuleBlock, str, str], str | None], ...] = (
    _modifier_forbidden,
    _modifiers_exclude,
    _units_differ,
    _places,
    _diagnoses,
    _styles,
)
