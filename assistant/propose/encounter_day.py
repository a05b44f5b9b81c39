"""The dates a note writes out against that of the encounter: its own happened today, earlier ones in the days before.

Numbers are read month first, as notes in the United States write them. Without a year a date is the nearest of its
name. Reads no month or year that stands alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
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


# What an earlier date reads as, for the cues of status_cues.toml.
EARLIER = "earlierday"
_NAMED = "|".join(f"{month[:3]}(?:{month[3:]})?" if month != "May" else month for month in _MONTHS)
_DATE = re.compile(
    rf"\b(?P<name>{_NAMED}|Sept)\.? (?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b"
    r"(?!\s?(?:[/.%:x-]\d|mg|mcg|ml|cc|cm|mm|kg|lb|units?\b))"
    r"(?:,? (?P<year>\d{4})\b)?"
    r"|(?<![\d/.-])(?P<m>\d{1,2})([/.-])(?P<d>\d{1,2})\5(?P<y>\d{4}|\d{2})(?![\d/-])"
    r"|\b(?P<iy>20\d\d)-(?P<im>\d\d)-(?P<id>\d\d)\b"
    r"|(?<=\b[Oo]n )(?P<sm>\d{1,2})/(?P<sd>\d{1,2})(?![\d/-])"
)


def earlier_days(text: str, on: date, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int, int]]:
    """The dates before `on`: where each stands in the text, first and last character, and how many days back it is."""
    for match in _DATE.finditer(text, start, len(text) if end is None else end):
        when = _date_of(match, on)
        if when is not None and when < on:
            yield match.start(), match.end(), (on - when).days


def _date_of(match: re.Match[str], on: date) -> date | None:
    """The day of a written date, the nearest to `on` where it has no year; None where the calendar has no such day."""
    if match["name"]:
        month = next(place for place, name in enumerate(_MONTHS, start=1) if name[:3] == match["name"][:3])
        day, year = int(match["day"]), match["year"]
    else:
        month = int(match["m"] or match["im"] or match["sm"])
        day, year = int(match["d"] or match["id"] or match["sd"]), match["y"] or match["iy"]
    years = [int(year) + (2000 if len(year) == 2 else 0)] if year else sorted((on.year, on.year - 1, on.year + 1))
    found: list[date] = []
    for one in years:
        try:
            found.append(date(one, month, day))
        except ValueError:
            continue
    return min(found, key=lambda when: abs((when - on).days)) if found else None


def with_today(words: Sequence[Word], text: str, on: date | None) -> list[Word]:
    """The words with each date as one word: "today" for the encounter's, `EARLIER` for one before it.

    Unchanged where `on` is None.
    """
    if on is None or not words:
        return list(words)
    first, last = words[0].start, words[-1].end
    found = [(*match.span(), "today") for match in day_pattern(on).finditer(text, first, last)]
    found += [(start, end, EARLIER) for start, end, _ in earlier_days(text, on, first, last)]
    found.sort()
    kept: list[Word] = []
    waiting = list(reversed(found))
    for word in words:
        while waiting and waiting[-1][1] <= word.start:
            waiting.pop()
        if not waiting or word.end <= waiting[-1][0]:
            kept.append(word)
        elif kept and kept[-1].low == waiting[-1][2] and kept[-1].start == waiting[-1][0]:
            continue
        else:
            start, end, low = waiting[-1]
            kept.append(Word(start, end, low, text[start:end]))
    return kept
