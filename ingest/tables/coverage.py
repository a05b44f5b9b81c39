"""Where the imported releases leave days open or cover them twice, in words. Knows only the releases, no rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from ingest.tables.model import PROGRAM_NAMES, PROGRAMS
from ingest.tables.releases import StoredRelease, covering
from ingest.tables.windows import quarter, quarter_name, span_name

# CMS ships a PTP release in four files, cut by column 1.
_PTP_PARTS: Final = ("f1", "f2", "f3", "f4")
_MOST_QUARTERS: Final = 8


def remarks(releases: Sequence[StoredRelease]) -> tuple[str, ...]:
    """One sentence for each overlap, each stretch of days without a release between two, and each missing part."""
    told: list[str] = []
    for program in PROGRAMS:
        own = sorted(
            (one for one in releases if one.program == program), key=lambda one: (one.effective_from, one.release_id)
        )
        name = PROGRAM_NAMES[program]
        until: date | None = None
        for place, one in enumerate(own):
            if until is not None and one.effective_from > until + timedelta(days=1):
                gap = (until + timedelta(days=1), one.effective_from - timedelta(days=1))
                told.append(f"{name}: no release covers {_days(gap)}{_quarters(gap)}")
            # An update of ICD-10-CM within its year is meant to lie inside the year's release.
            if program != "icd10cm":
                told.extend(_overlap(name, earlier, one) for earlier in own[:place] if _meet(earlier, one))
            until = max(until or one.effective_through, one.effective_through)
        if program == "ptp":
            told.extend(_missing_parts(name, one) for one in own if _lacks(one))
    return tuple(told)


def _meet(one: StoredRelease, other: StoredRelease) -> bool:
    return one.effective_from <= other.effective_through and other.effective_from <= one.effective_through


def _overlap(name: str, one: StoredRelease, other: StoredRelease) -> str:
    both = max(one.effective_from, other.effective_from), min(one.effective_through, other.effective_through)
    answers = covering((one, other), both[0])
    assert answers is not None
    return f"{name}: {one.label} and {other.label} both cover {_days(both)}; {answers.label} answers for these days"


def _lacks(release: StoredRelease) -> list[str]:
    """The parts that are not there, when the parts that are carry CMS's numbers."""
    there = {part.name for part in release.parts}
    return [part for part in _PTP_PARTS if part not in there] if there <= set(_PTP_PARTS) else []


def _missing_parts(name: str, release: StoredRelease) -> str:
    missing = _lacks(release)
    return (
        f"{name}: of {release.label} {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing; CMS "
        "publishes it in four files (f1 to f4), and pairs of a missing file are not checked"
    )


def _days(window: tuple[date, date]) -> str:
    return f"{window[0]:%Y-%m-%d} to {window[1]:%Y-%m-%d}"


def _quarters(gap: tuple[date, date]) -> str:
    """The whole quarters inside a gap, in brackets."""
    found = []
    year, number = gap[0].year, (gap[0].month + 2) // 3
    while (window := quarter(year, number))[0] <= gap[1]:
        if window[0] >= gap[0] and window[1] <= gap[1] and quarter_name(window):
            found.append(span_name(window))
        year, number = (year, number + 1) if number < 4 else (year + 1, 1)
    if not found:
        return ""
    if len(found) > _MOST_QUARTERS:
        return f" ({found[0]} to {found[-1]})"
    return f" ({', '.join(found)})"
