"""Which days a file covers, from what its name or heading says. Guesses nothing: None means it cannot be told.

Source: CMS publishes the NCCI files, the relative value files and HCPCS Level II each quarter; NCCI version 30.0 is the
first quarter of 2024, 30.3 the last, and a year later the number before the point is one higher.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from ingest.tables.source import Source, Window

_MONTHS: Final = {"jan": 1, "apr": 4, "jul": 7, "oct": 10}
MONTH_NAMES: Final = {1: "January", 4: "April", 7: "July", 10: "October"}
_MONTH: Final = "(jan(?:uary)?|apr(?:il)?|july?|oct(?:ober)?)"
_BETWEEN: Final = r"[\s_.,-]*"
_VERSION: Final = re.compile(r"(?<![a-z])v(\d\d)([0-3])r\d", re.IGNORECASE)
_EFFECTIVE: Final = re.compile(r"eff(?:ective)?[\s_.-]*(\d\d)[-_.](\d\d)[-_.](20\d\d)(?!\d)", re.IGNORECASE)
_YEAR_QUARTER: Final = re.compile(rf"(?<!\d)(20\d\d){_BETWEEN}q(?:tr|uarter)?{_BETWEEN}([1-4])(?!\d)", re.IGNORECASE)
_QUARTER_YEAR: Final = re.compile(rf"(?<![a-z])q([1-4]){_BETWEEN}(20\d\d)(?!\d)", re.IGNORECASE)
_YEAR_MONTH: Final = re.compile(rf"(?<!\d)(20\d\d){_BETWEEN}{_MONTH}(?![a-z])", re.IGNORECASE)
_MONTH_YEAR: Final = re.compile(rf"(?<![a-z]){_MONTH}{_BETWEEN}(20\d\d)(?!\d)", re.IGNORECASE)
_RVU: Final = re.compile(r"rvu(\d\d)([a-d])r?(?![a-z])", re.IGNORECASE)
_RVU_MONTH: Final = re.compile(rf"rvu(\d\d){_BETWEEN}{_MONTH}(?![a-z])", re.IGNORECASE)


def quarter(year: int, number: int) -> Window:
    """First and last day of a quarter, 1 to 4."""
    first = date(year, 3 * number - 2, 1)
    return first, _quarter_end(first)


def quarter_name(window: Window) -> str | None:
    """`2024Q3`; None when the window is no whole quarter."""
    first = window[0]
    number = (first.month + 2) // 3
    return f"{first.year}Q{number}" if window == quarter(first.year, number) else None


def span_name(window: Window) -> str:
    """The quarter, or the days."""
    return quarter_name(window) or f"{window[0]:%Y-%m-%d} to {window[1]:%Y-%m-%d}"


def month_name(window: Window) -> str:
    """`2025 October` for a quarter, else the days."""
    return f"{window[0].year} {MONTH_NAMES[window[0].month]}" if quarter_name(window) else span_name(window)


def window_of_source(source: Source, *titles: str) -> Window | None:
    """From the file's own name, then the titles (of worksheets), then its folders in the zip, then the zip's name."""
    folders = source.member.replace("\\", "/").split("/")[-2::-1] if source.member else ()
    return window_of_names((source.name, *titles, *folders, source.path.name))


def window_of_names(names: Iterable[str]) -> Window | None:
    """The first of the names that tells it."""
    return next((window for name in names if (window := window_of_name(name))), None)


def window_of_name(name: str) -> Window | None:
    """The days a name such as `ccipra-v302r0-f1.TXT` or `AOC_V2026Q2-MCR.xlsx` tells."""
    if found := _VERSION.search(name):
        return quarter(1994 + int(found[1]), int(found[2]) + 1)
    if found := _EFFECTIVE.search(name):
        try:
            first = date(int(found[3]), int(found[1]), int(found[2]))
        except ValueError:
            return None
        return first, _quarter_end(first)
    if found := _YEAR_QUARTER.search(name):
        return quarter(int(found[1]), int(found[2]))
    if found := _QUARTER_YEAR.search(name):
        return quarter(int(found[2]), int(found[1]))
    if found := _RVU.search(name):
        return quarter(2000 + int(found[1]), "abcd".index(found[2].lower()) + 1)
    if found := _RVU_MONTH.search(name):
        return _from_month(2000 + int(found[1]), found[2])
    if found := _YEAR_MONTH.search(name):
        return _from_month(int(found[1]), found[2])
    if found := _MONTH_YEAR.search(name):
        return _from_month(int(found[2]), found[1])
    return None


def version_of_name(name: str) -> str | None:
    """`v30.2` for `ccipra-v302r0-f1.TXT`."""
    found = _VERSION.search(name)
    return f"v{found[1]}.{found[2]}" if found else None


def month_of(text: str) -> int | None:
    """1, 4, 7 or 10 for a text that names the month of a quarterly release."""
    found = re.search(rf"(?<![a-z]){_MONTH}(?![a-z])", text, re.IGNORECASE)
    return _MONTHS[found[1][:3].lower()] if found else None


def _from_month(year: int, month: str) -> Window:
    return quarter(year, (_MONTHS[month[:3].lower()] + 2) // 3)


def _quarter_end(first: date) -> date:
    month = (first.month + 2) // 3 * 3
    following = date(first.year + month // 12, month % 12 + 1, 1)
    return following - timedelta(days=1)
