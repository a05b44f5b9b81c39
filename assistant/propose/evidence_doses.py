"""How much of a drug or another measure a text tells, and in how many places. Knows no procedure and no code."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from assistant.propose.evidence_numbers import NO_COUNT_BEFORE, NOUNS, Number, is_noun, numbers_of
from assistant.propose.patterns import View

# Other units of the same measure: grams of a drug counted in milligrams.
_GRAMS = ("g", "gm", "gms", "gram", "grams")
# "22g" is a needle.
_GAUGES = range(14, 31)
SCALES: dict[str, dict[str, Decimal]] = {
    "mg": dict.fromkeys(_GRAMS, Decimal(1000)) | dict.fromkeys(("mcg", "ug", "micrograms"), Decimal("0.001")),
    "mcg": dict.fromkeys(("mg", "milligram", "milligrams"), Decimal(1000)),
}
_MILLIONS = ("million", "mil", "mill")
_IN_ALL = frozenset("all total altogether together".split())
_VOLUME_WORDS = 6
_SUMMED = re.compile(r"\d ?(?:mg|mcg|g|units?) (?:in all|altogether|in total|total|together)\b", re.IGNORECASE)
_EACH = re.compile(r"\b(?:each|apiece|per (?:side|knee|shoulder|hip|joint))\b", re.IGNORECASE)


def amount_of(view: View, kind: str) -> Decimal | None:
    """The sum of the amounts of one unit of measure; hours are twenty-fourths of a day.

    Where only a strength is told (4 mg/mL), it is taken times the nearest volume.
    """
    words = view.tokens
    found: list[Decimal] = []
    whole: list[Decimal] = []
    strengths: list[Number] = []
    numbers = list(numbers_of(words))
    given = [number for number in numbers if not _is_of_container(words, number)]
    for number in given if any(_is_amount(words, one, kind) for one in given) else numbers:
        unit = words[number.after] if number.after < len(words) else ""
        after = words[number.after + 1] if number.after + 1 < len(words) else ""
        if unit in _PER_VOLUME.get(kind, ()) or (is_noun(unit, NOUNS[kind]) and after == "per"):
            strengths.append(number)
        elif unit in SCALES.get(kind, ()):
            if unit == "g" and number.value in _GAUGES:
                continue
            found.append(number.value * SCALES[kind][unit])
        elif kind == "units" and (unit == "mu" or (unit in _MILLIONS and is_noun(after, NOUNS[kind]))):
            found.append(number.value * 1_000_000)
        elif is_noun(unit, NOUNS[kind]):
            found.append(number.value / 24 if kind == "days" and unit.startswith("h") else number.value)
            if kind in SCALES and _IN_ALL.intersection(words[number.after + 1 : number.after + 3]):
                whole.append(number.value)
    if len(whole) == 1:
        # "0.3 mL in each, 9 mg in all."
        return whole[0]
    if not found:
        found = [amount for strength in strengths if (amount := _times_volume(words, strength)) is not None]
    if not found and kind == "mg":
        found = list(_by_name(words))
    return sum(found, Decimal(0)) if found else None


_CONTAINERS = frozenset("vial vials syringe syringes ampule ampules ampoule sdv mdv".split())
_OF_A_CONTAINER = frozenset("single multi multiple dose use patient prefilled ml mls cc 1 2 5 10 one in per a".split())
_GONE = frozenset("discarded wasted waste wastage discard discarding unused".split())
_NAMES_WASTE = _GONE | {"remaining", "remainder", "leftover", "left"}
_REACH = 4


def _is_amount(words: Sequence[str], number: Number, kind: str) -> bool:
    unit = words[number.after] if number.after < len(words) else ""
    return unit in SCALES.get(kind, ()) or is_noun(unit, NOUNS[kind])


def _is_of_container(words: Sequence[str], number: Number) -> bool:
    """Whether an amount is that of a vial or of what was thrown away: "vial of 40 mg", "40 mg vial", "20 mg wasted"."""
    before = words[max(0, number.first - 2) : number.first]
    if (before and before[-1] in ("of", "with") and before[0] in _CONTAINERS) or _NAMES_WASTE.intersection(before):
        return True
    place = number.after + 1
    while place < len(words) and words[place] in _OF_A_CONTAINER:
        place += 1
    if place < len(words) and words[place] in _CONTAINERS:
        return True
    after = words[number.after + 1 : number.after + 1 + _REACH]
    return any(word in _GONE or (word == "thrown" and "away" in after) for word in after) and not any(
        any(char.isdigit() for char in word) for word in after
    )


_BY_STRENGTH = frozenset("kenalog triamcinolone medrol depomedrol methylprednisolone aristospan".split())
_STRENGTHS = frozenset(map(Decimal, (10, 20, 40, 80)))


def _by_name(words: Sequence[str]) -> Iterator[Decimal]:
    """What is told by the number of the vial alone: Kenalog 40; with a volume right after it, times that."""
    for number in numbers_of(words):
        if number.value not in _STRENGTHS or not number.first or words[number.first - 1] not in _BY_STRENGTH:
            continue
        unit = words[number.after] if number.after < len(words) else ""
        volume = next((one for one in numbers_of(words) if one.first == number.after), None)
        if volume is not None and volume.after < len(words) and words[volume.after] in ("ml", "mls", "cc", "ccs"):
            yield number.value * volume.value
        elif unit not in NO_COUNT_BEFORE:
            yield number.value


_PER_VOLUME = {"mg": ("mg/ml", "mg/cc"), "mcg": ("mcg/ml", "mcg/cc")}


def _times_volume(words: Sequence[str], strength: Number) -> Decimal | None:
    """A strength times the volume told nearest to it; None where none is told within its words."""
    volumes = [
        (abs(number.first - strength.first), number.value)
        for number in numbers_of(words)
        if number.after < len(words) and words[number.after] in ("ml", "mls", "cc", "ccs")
    ]
    totals = [
        number.value
        for number in numbers_of(words)
        if number.after < len(words)
        and words[number.after] in ("ml", "mls", "cc", "ccs")
        and "total" in (*words[max(0, number.first - 2) : number.first], *words[number.after + 1 : number.after + 2])
    ]
    if totals:
        return strength.value * totals[0]
    near = min(volumes, default=None)
    return strength.value * near[1] if near is not None and near[0] <= _VOLUME_WORDS else None


def is_for_each(text: str) -> bool:
    """True where an amount is told for each of several and no sum of them: 40 mg in each knee."""
    return _EACH.search(text) is not None and _SUMMED.search(text) is None


_PIECES = re.compile(
    r"\b(both|two|three|four|2|3|4)\b(?: (?:separate|trigger|flexor|tendon|a1|different|affected|of|the|right|left"
    r"|ring|long|middle|index)){0,3} (?:injections?|fingers?|digits?|sheaths?|pulleys?|sticks?|joints?|knees?"
    r"|shoulders?|hips?|wrists?|elbows?|sites?|tendons?|points?|syringes?)\b",
    re.IGNORECASE,
)
_SMALL = {"both": 2, "two": 2, "three": 3, "four": 4}


def pieces(text: str) -> int | None:
    """How many joints, fingers or injections a text speaks of: both knees, two sticks; None where it does not say."""
    match = _PIECES.search(text)
    return None if match is None else _SMALL.get(match[1].lower()) or int(match[1])
