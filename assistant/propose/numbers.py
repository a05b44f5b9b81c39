"""Numbers in a note with their places: digits, words, ranges, lengths and durations. Never says what one is for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.propose.clauses import Word, words_of
from assistant.propose.status_cues import NUMBER_WORDS

_UNIT = (
    dict.fromkeys("cm cms centimeter centimeters centimetre centimetres".split(), ("cm", 1.0))
    | dict.fromkeys("mm mms millimeter millimeters millimetre millimetres".split(), ("cm", 0.1))
    | dict.fromkeys("inch inches".split(), ("cm", 2.54))
    | dict.fromkeys("min mins minute minutes".split(), ("minutes", 1.0))
    | dict.fromkeys("h hr hrs hour hours".split(), ("minutes", 60.0))
)


@dataclass(frozen=True, slots=True)
class Number:
    """A number told: from `low` to `high` (equal unless a range), its unit ("cm", "minutes" or ""), its place."""

    start: int
    end: int
    low: float
    high: float
    unit: str = ""


def numbers_in(text: str, start: int = 0, end: int | None = None) -> tuple[Number, ...]:
    """The numbers of text[start:end] in order, written out or in digits; a range ("two to three") is one."""
    words = words_of(text, start, end)
    found: list[Number] = []
    position = 0
    while position < len(words):
        read = _number_at(words, position)
        if read is None:
            position += 1
            continue
        low, after = read
        high = low
        if after + 1 < len(words) and words[after].low in {"-", "–", "to", "or"}:
            second = _number_at(words, after + 1)
            joined = words[after].low in {"to", "or"} or words[after].start == words[after - 1].end
            if second is not None and joined and second[0] > low:
                high, after = second
        last = after
        unit, factor = "", 1.0
        place = after + 1 if after < len(words) and words[after].raw == "-" else after
        if place < len(words) and words[place].low in _UNIT:
            unit, factor = _UNIT[words[place].low]
            last = place + 1
        found.append(Number(words[position].start, words[last - 1].end, low * factor, high * factor, unit))
        position = last
    return tuple(found)


def _number_at(words: Sequence[Word], position: int) -> tuple[float, int] | None:
    """The value of the number that begins here and the position after it."""
    word = words[position]
    raw = word.raw
    if raw[0].isdigit():
        if not raw.isascii():
            return None
        plain = raw.replace(",", "") if re.fullmatch(r"\d{1,3}(?:,\d{3})+", raw) else raw.replace(",", ".")
        if plain.count(".") > 1 or len(plain) > 12:
            return None
        return float(plain), position + 1
    if (
        raw == "."
        and position + 1 < len(words)
        and words[position + 1].raw.isdigit()
        and words[position + 1].start == word.end
    ):
        before = words[position - 1] if position else None
        if (
            len(words[position + 1].raw) <= 6
            and words[position + 1].raw.isascii()
            and (before is None or before.end < word.start)
        ):
            return float("0." + words[position + 1].raw), position + 2
    if word.low not in NUMBER_WORDS:
        return None
    value = float(NUMBER_WORDS[word.low])
    after = position + 1
    if value >= 20 and value < 100 and after < len(words):
        ones = after + 1 if words[after].raw == "-" and after + 1 < len(words) else after
        if words[ones].low in NUMBER_WORDS and 0 < NUMBER_WORDS[words[ones].low] < 10:
            return value + NUMBER_WORDS[words[ones].low], ones + 1
    return value, after
