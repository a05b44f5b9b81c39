"""Which stored file of ICD-10-CM answers for a day: the compiled base, or what the practice imported. Reads no row.

Codes and instructions may come from two files: an order file has no instructions, and CMS's updates of April may
bring only one of the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from ingest.tables.icd10cm_rows import CODES_PART, TABULAR_PART
from ingest.tables.releases import StoredPart, StoredRelease


@dataclass(frozen=True, slots=True)
class Origin:
    """One file and the release it belongs to. `is_base`: it lies in the compiled base, not in the tables file."""

    release: StoredRelease
    part: StoredPart
    is_base: bool


@dataclass(frozen=True, slots=True)
class Origins:
    """The files that answer for one day. `notes` None: no tabular list covers it, so instructions are unknown."""

    codes: Origin
    notes: Origin | None


def origins_on(on: date, base: Iterable[StoredRelease], imported: Iterable[StoredRelease]) -> Origins | None:
    """The files for a day; None: no release covers it.

    Of several the release that begins later answers, of those that begin alike an order file before a tabular list,
    what was imported before the base, and the later import before the earlier.
    """
    covering = sorted(
        (origin for origin in _all(base, imported) if origin.release.covers(on)),
        key=lambda one: (one.release.effective_from, one.part.name == CODES_PART, not one.is_base, one.part.part_id),
    )
    if not covering:
        return None
    return Origins(covering[-1], next((one for one in reversed(covering) if one.part.name == TABULAR_PART), None))


def newest_day(base: Iterable[StoredRelease], imported: Iterable[StoredRelease]) -> date | None:
    """The last day that any release covers; None: there is none."""
    return max((one.release.effective_through for one in _all(base, imported)), default=None)


def _all(base: Iterable[StoredRelease], imported: Iterable[StoredRelease]) -> Iterator[Origin]:
    for is_base, releases in ((True, base), (False, imported)):
        for release in releases:
            if release.program == "icd10cm":
                yield from (Origin(release, part, is_base) for part in release.parts)
