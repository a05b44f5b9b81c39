"""Whether the conditions of two rule blocks can hold for the same line of the same claim.

Does not compare what the blocks then require.

A list of modifiers or diagnoses is met by any one of them, and a line may carry several: two lists without a common
member do not strictly shut each other out. They are taken to do so, because two rules so written are meant for
different lines.
"""

from __future__ import annotations

from collections.abc import Callable

from assistant.rules.laterality import BOTH_SIDES
from ingest.codes import CodeRange, CodeSet
from ingest.notes.model import NumberRange, When

# Sorts after every character of a code: the end of everything that begins with a prefix.
_LAST = "~"


def compatible(first: When | None, second: When | None) -> bool:
    """True when one line can meet both; None (the claim once) and an empty `codes` are met by every line."""
    if first is None or second is None:
        return True
    return not any(shut_out(first, second) or shut_out(second, first) for shut_out in _SHUT_OUT)


def shared_codes(first: When | None, second: When | None) -> CodeSet | None:
    """The procedure codes both select; an empty set means every code, None that there are none."""
    mine = first.codes if first else CodeSet()
    theirs = second.codes if second else CodeSet()
    if not mine or not theirs:
        return mine or theirs
    ranges = [
        CodeRange(max(one.low, other.low), min(one.high, other.high))
        for one in mine
        for other in theirs
        if one.overlaps(other)
    ]
    return CodeSet(tuple(dict.fromkeys(ranges))) or None


def ranges_meet(first: NumberRange, second: NumberRange) -> bool:
    """True when some number lies in both."""
    return (first.high is None or second.low <= first.high) and (second.high is None or first.low <= second.high)


def diagnoses_meet(first: tuple[str, ...], second: tuple[str, ...]) -> bool:
    """True when some diagnosis code is selected by one of each."""
    return any(
        low <= other_high and other_low <= high
        for low, high in map(_diagnosis_span, first)
        for other_low, other_high in map(_diagnosis_span, second)
    )


def diagnoses_within(inner: tuple[str, ...], outer: tuple[str, ...]) -> bool:
    """True when every code one of `inner` selects is selected by one of `outer`."""
    return all(
        any(outer_low <= low and high <= outer_high for outer_low, outer_high in map(_diagnosis_span, outer))
        for low, high in map(_diagnosis_span, inner)
    )


def codes_within(inner: CodeSet, outer: CodeSet) -> bool:
    """True when each range of `inner` lies inside one range of `outer`."""
    return all(any(one.low in other and one.high in other for other in outer) for one in inner)


def _diagnosis_span(selector: str) -> tuple[str, str]:
    low, dash, high = (part.strip().upper().replace(".", "") for part in selector.partition("-"))
    return low, (high if dash else low) + _LAST


def _codes(first: When, second: When) -> bool:
    return shared_codes(first, second) is None


def _modifiers(first: When, second: When) -> bool:
    return bool(first.modifiers and second.modifiers) and not set(first.modifiers) & set(second.modifiers)


def _with_and_without(first: When, second: When) -> bool:
    return bool(first.with_codes) and codes_within(first.with_codes, second.without_codes)


def _diagnoses(first: When, second: When) -> bool:
    return bool(first.diagnoses and second.diagnoses) and not diagnoses_meet(first.diagnoses, second.diagnoses)


def _places(first: When, second: When) -> bool:
    return bool(first.places and second.places) and not set(first.places) & set(second.places)


def _bilateral(first: When, second: When) -> bool:
    sides = {_both_sides(first), _both_sides(second)}
    return {True, False} <= sides


def _both_sides(when: When) -> bool | None:
    """What the conditions say about both sides; a line that carries 50 is always bilateral."""
    return True if when.bilateral is None and set(when.modifiers) == {BOTH_SIDES} else when.bilateral


def _units(first: When, second: When) -> bool:
    return first.units is not None and second.units is not None and not ranges_meet(first.units, second.units)


def _age(first: When, second: When) -> bool:
    return first.age is not None and second.age is not None and not ranges_meet(first.age, second.age)


def _sex(first: When, second: When) -> bool:
    return first.sex is not None and second.sex is not None and first.sex.upper() != second.sex.upper()


def _new_patient(first: When, second: When) -> bool:
    return {True, False} <= {first.new_patient, second.new_patient}


def _days_since(first: When, second: When) -> bool:
    """The same earlier procedures at different distances; different procedures can both have been done."""
    mine, theirs = first.days_since, second.days_since
    if mine is None or theirs is None or ranges_meet(mine.days, theirs.days):
        return False
    return mine.codes.overlaps(theirs.codes)


_SHUT_OUT: tuple[Callable[[When, When], bool], ...] = (
    _codes,
    _modifiers,
    _with_and_without,
    _diagnoses,
    _places,
    _bilateral,
    _units,
    _age,
    _sex,
    _new_patient,
    _days_since,
)
