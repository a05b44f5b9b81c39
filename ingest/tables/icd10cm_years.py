"""The fiscal years of ICD-10-CM: which days a file covers by its name, and which file a day needs. Reads no file.

Source: ICD-10-CM is in use since 2015-10-01; a year's codes hold from October 1 to September 30, and updates within
the year (April 1, in 2021 also January 1) until the same September 30 (45 CFR 162.1002; CMS and NCHS, ICD-10-CM files).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Final

from ingest.tables.source import Window

FIRST_DAY: Final = date(2015, 10, 1)
_MONTHS: Final = {"jan": 1, "apr": 4, "oct": 10}
_YEAR: Final = re.compile(r"(?<!\d)(20\d\d)(?!\d)")
_MONTH: Final = re.compile(r"(?<![a-z])(jan|apr|oct)(?:uary|il|ober)?(?![a-z])", re.IGNORECASE)


def fiscal_year(on: date) -> int:
    """2027 for 2026-10-01."""
    return on.year + (on.month >= 10)


def fiscal_window(year: int) -> Window:
    """The first and the last day of a fiscal year."""
    return date(year - 1, 10, 1), date(year, 9, 30)


def window_of_names(names: Iterable[str], year: int | None = None) -> Window | None:
    """The days that the first telling name tells: `icd10cm_order_2027.txt`, `icd10cm-order-April-1-2026.txt`,
    `tabular-oct2025.xml`. `year` is the fiscal year that the content states. None: it cannot be told.
    """
    for name in names:
        months = {found.lower() for found in _MONTH.findall(name)}
        years = {int(found) for found in _YEAR.findall(name)}
        if len(years) > 1 or len(months) > 1:
            continue
        month = _MONTHS[months.pop()] if months else 0
        if month in (1, 4) and (years or year):
            told = year or years.pop()
            return date(told, month, 1), fiscal_window(told)[1]
        if years and year is None:
            told = years.pop()
            return fiscal_window(told + 1 if month == 10 else told)
    return fiscal_window(year) if year else None


def window_name(window: Window) -> str:
    """`FY2027`, `FY2026 from April 1`, else the days."""
    year = fiscal_year(window[0])
    if window == fiscal_window(year):
        return f"FY{year}"
    if window[1] == fiscal_window(year)[1] and window[0].day == 1:
        return f"FY{year} from {window[0]:%B} 1"
    return f"{window[0]:%Y-%m-%d} to {window[1]:%Y-%m-%d}"


def file_to_import(on: date) -> str:
    """What a day of service needs that no release covers, as reasons and messages name it."""
    if on < FIRST_DAY:
        return "none: before 2015-10-01 claims carry ICD-9-CM"
    return f"icd10cm_order_{fiscal_year(on)}.txt from CMS, fiscal year {fiscal_year(on)}"


def tabular_to_import(on: date) -> str:
    """The file with the instructions (Excludes1, code first) for a day whose release has none."""
    if on < FIRST_DAY:
        return file_to_import(on)
    return f"icd10cm_tabular_{fiscal_year(on)}.xml from CMS, fiscal year {fiscal_year(on)}"
