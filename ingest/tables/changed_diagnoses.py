"""Which ICD-10-CM codes a release adds, deletes or makes headings, and which notes name one. Changes nothing itself."""

from __future__ import annotations

import re
import sqlite3
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Final

from ingest.codes import diagnosis_matches
from ingest.notes.model import KbNote
from ingest.tables.changes import Changes, TouchedNote
from ingest.tables.icd10cm_origins import Origin, origins_on
from ingest.tables.icd10cm_rows import read_list
from ingest.tables.releases import StoredRelease

# A code with its point, as prose names it.
_WRITTEN: Final = re.compile(r"\b[A-Z]\d[0-9A-Z]\.[0-9A-Z]{1,4}\b", re.ASCII)
_LAST: Final = "\x7f"


def changed_diagnoses(
    connection: sqlite3.Connection,
    base: sqlite3.Connection,
    known: tuple[Sequence[StoredRelease], Sequence[StoredRelease]],
    new: StoredRelease,
    notes: Iterable[KbNote],
) -> tuple[StoredRelease, Changes, tuple[TouchedNote, ...]] | None:
    """The release that answers for the day before this one, what differs in the list of codes, and the notes.

    `known` holds the releases of the base and of the tables file, to which `base` and `connection` lead. None: no list
    of codes came before, or this release brings none.
    """
    before, after = (origins_on(day, *known) for day in (new.effective_from - timedelta(days=1), new.effective_from))
    if before is None or after is None or (after.codes.is_base, after.codes.release) != (False, new):
        return None
    was, now = (_billable(base if one.codes.is_base else connection, one.codes) for one in (before, after))
    changes = Changes()
    kinds = {code: kind for code in was.keys() | now.keys() if (kind := _kind(was.get(code), now.get(code)))}
    changes.totals.update(kinds.values())
    changed = sorted(kinds)
    found = []
    for note in notes:
        codes = sorted({code for selector in _selectors(note) for code in _selected(changed, selector)})
        if codes:
            found.append(TouchedNote(note.note_id, note.path, tuple((code, kinds[code], ()) for code in codes)))
    return before.codes.release, changes, tuple(sorted(found, key=lambda one: one.path))


def _billable(connection: sqlite3.Connection, origin: Origin) -> dict[str, bool]:
    return {code: billable for code, _description, billable in read_list(connection, origin.part.part_id)}


def _kind(was: bool | None, now: bool | None) -> str | None:
    if was == now:
        return None
    if now is None:
        return "deleted"
    if was is None:
        return "new"
    return "billable now" if now else "no longer billable"


def _selectors(note: KbNote) -> Iterator[str]:
    """The codes, prefixes and ranges of its rule blocks, and the codes its text names."""
    if note.status == "retired":
        return
    for block in note.rules:
        for part in (block.when, block.require, block.forbid):
            if part is not None:
                yield from part.diagnoses
    yield from dict.fromkeys(_WRITTEN.findall(note.text))


def _selected(codes: Sequence[str], selector: str) -> Iterator[str]:
    low, _dash, high = (part.strip().upper() for part in selector.partition("-"))
    begin, end = bisect_left(codes, low[:3]), bisect_right(codes, f"{(high or low)[:3]}{_LAST}")
    return (code for code in codes[begin:end] if diagnosis_matches(code, selector))
