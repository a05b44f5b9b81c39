"""The date of the encounter where a note writes it out: what bears it happened today. Reads no other date.

Numbers are read month first, as notes in the United States write them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from assistant.propose.clauses import Word

_MONTHS = "January February March April May June July August September October November December".split()


def day_pattern(on: date) -> re.Pattern[str]:
    """The full date as notes write it: 3/4/2026, 03-04-26, 2026-03-04, March 4, 2026, 4 Mar 2026."""
    month, day, year = f"0?{on.month}", f"0?{on.day}", rf"(?:20)?{on.year % 100:02d}"
    name = rf"{_MONTHS[on.month - 1][:3]}[a-z]*\.?"
    return re.compile(
        rf"(?<![\d/.-])(?:{month}([/.-]){day}\1{year}|{on.year}-{on.month:02d}-{on.day:02d}"
        rf"|{name} {day}(?:st|nd|rd|th)?,? {on.year}|{day} {name},? {on.year})(?![\d/-])",
        re.IGNORECASE,
    )


def with_today(words: Sequence[Word], text: str, on: date | None) -> list[Word]:
    """The words with the encounter's date as one word that reads "today"; unchanged where `on` is None."""
    if on is None or not words:
        return list(words)
    found = [match.span() for match in day_pattern(on).finditer(text, words[0].start, words[-1].end)]
    kept: list[Word] = []
    waiting = list(reversed(found))
    for word in words:
        while waiting and waiting[-1][1] <= word.start:
            waiting.pop()
        if not waiting or word.end <= waiting[-1][0]:
            kept.append(word)
        elif kept and kept[-1].low == "today" and kept[-1].start == waiting[-1][0]:
            continue
        else:
            start, end = waiting[-1]
            kept.append(Word(start, end, "today", text[start:end]))
    return kept
