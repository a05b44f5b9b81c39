"""Brings one of CMS's files into the tables file: recognised by content, read whole, stored whole or not at all.

Knows no screen. What the new release changes is said by `changes`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from ingest.tables import add_on, fee_schedule, hcpcs, mue, ptp
from ingest.tables.errors import ImportRefused
from ingest.tables.model import PROGRAM_NAMES
from ingest.tables.releases import NewPart, StoredRelease, connect, open_writer, register, stored_releases
from ingest.tables.sheet import Sheet, sheets
from ingest.tables.source import Candidate, Loaded, Progress, Recogniser, Source, Window, open_sources

_SHEETS: Final[tuple[Callable[[Sheet], Candidate | None], ...]] = (
    ptp.recognise,
    mue.recognise,
    fee_schedule.recognise,
    add_on.recognise,
    hcpcs.recognise,
)
KNOWN_FILES: Final = (
    "NCCI PTP practitioner edits (ccipra-...), MUE practitioner services, the physician fee schedule's relative value "
    "file (PPRRVU...), NCCI add-on code edits (AOC_V...), HCPCS Level II (..._ANWEB), ICD-10-CM order files, addenda "
    "and tabular XML"
)
Outcome = Literal["added", "replaced", "unchanged"]


@dataclass(frozen=True, slots=True)
class Imported:
    """One file that is in the store now. `outcome` unchanged: it was there already and nothing was written."""

    file_name: str
    rows: int
    outcome: Outcome
    release: StoredRelease


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What came of one file: its tables, and the members of a zip that were left out, each with the reason."""

    imported: tuple[Imported, ...]
    left_out: tuple[str, ...] = ()


def import_file(path: Path, store: Path, on_progress: Progress, declared: Window | None = None) -> ImportReport:
    """Import a file, or every table in a zip, in one transaction. `declared` gives the days it covers, both included.

    Raises ImportRefused (not recognised, damaged, dates not told) and StoreUnusable; then nothing has changed.
    """
    if declared and declared[0] > declared[1]:
        raise ImportRefused(f"the dates run backwards: {declared[0]:%Y-%m-%d} to {declared[1]:%Y-%m-%d}")
    with open_sources(path) as sources:
        found, left_out = _candidates(path, sources)
        chosen, doubled = _chosen(found, declared)
        known = _known(store)
        there = {id(one): release for one, _window in chosen if (release := _already(known, one, declared))}
        for one, window in chosen:
            if window is None and id(one) not in there:
                raise one.source.refused(
                    f"this is {PROGRAM_NAMES[one.program]}, but neither its content nor its name tells which dates of "
                    "service it covers; say so with --effective-from 2026-07-01 --effective-through 2026-09-30"
                )
        loaded = [
            (one, window, one.load(on_progress))
            for one, window in chosen
            if id(one) not in there and window is not None
        ]
    outcomes: dict[int, tuple[Outcome, int]] = {}
    if loaded:
        with open_writer(store) as connection:
            for one, window, rows in loaded:
                outcomes[id(one)] = _store(connection, one, window, rows)
        known = _known(store)
    return ImportReport(
        tuple(_imported(one, there.get(id(one)), outcomes.get(id(one)), known) for one, _window in chosen),
        (*left_out, *doubled),
    )


def _candidates(path: Path, sources: Sequence[Source]) -> tuple[list[Candidate], list[str]]:
    found: list[Candidate] = []
    left_out: list[str] = []
    refused: list[ImportRefused] = []
    for source in sources:
        try:
            candidate, broken = _recognised(source)
        except ImportRefused as error:
            refused.append(error)
            left_out.append(str(error))
            continue
        if candidate is None:
            left_out.append(f"{source.shown}: no table that is known here{f' ({broken})' if broken else ''}")
        else:
            found.append(candidate)
    if found:
        return found, left_out
    if refused:
        raise refused[0]
    if len(sources) == 1:
        raise ImportRefused(f"{left_out[0]}. Known are: {KNOWN_FILES}")
    raise ImportRefused(f"{path.name}: none of the {len(sources)} files in it is a table known here: {KNOWN_FILES}")


def _recognised(source: Source) -> tuple[Candidate | None, str | None]:
    """The candidate, or why the file could not even be looked at to its end of heading."""
    for recognise in _recognisers():
        if candidate := recognise(source):
            return candidate, None
    broken = None
    for sheet in sheets(source):
        for look in _SHEETS:
            if candidate := look(sheet):
                return candidate, None
        broken = broken or sheet.broken
    if source.is_zip and not source.member and broken is None:
        return None, "a spreadsheet without a heading of CMS"
    return None, broken


def _recognisers() -> Iterator[Recogniser]:
    """Those that look at the file as such, not at rows of cells."""
    from ingest.tables import icd10cm_files

    yield icd10cm_files.recognise
    yield hcpcs.recognise_fixed
    yield fee_schedule.recognise_fixed


def _chosen(
    found: Sequence[Candidate], declared: Window | None
) -> tuple[list[tuple[Candidate, Window | None]], list[str]]:
    """One candidate for each table: CMS puts the same rows into a zip as text and as spreadsheet."""
    chosen: dict[tuple[str, Window | None, str], Candidate] = {}
    doubled: list[str] = []
    for one in sorted(found, key=lambda one: (one.rank, one.source.shown)):
        key = (one.program, declared or one.window, one.part)
        if key in chosen:
            doubled.append(f"{one.source.shown}: left out, {chosen[key].source.name} holds the same")
        else:
            chosen[key] = one
    return [(one, key[1]) for key, one in sorted(chosen.items(), key=lambda item: item[1].source.shown)], doubled


def _known(store: Path) -> tuple[StoredRelease, ...]:
    if not store.is_file():
        return ()
    connection = connect(store)
    try:
        return stored_releases(connection)
    finally:
        connection.close()


def _already(known: Sequence[StoredRelease], one: Candidate, declared: Window | None) -> StoredRelease | None:
    """The release that holds this very file for the window asked, or for any when none can be told."""
    window = declared or one.window
    for release in known:
        if release.program != one.program:
            continue
        if window not in (None, (release.effective_from, release.effective_through)):
            continue
        if any(
            part.sha256 == one.source.sha256 and part.file_name.partition(": ")[2] == one.source.member
            for part in release.parts
        ):
            return release
    return None


def _store(connection: sqlite3.Connection, one: Candidate, window: Window, rows: Loaded) -> tuple[Outcome, int]:
    """Write one file's rows and say whether they took the place of others, and as which part."""
    before = next(
        (
            release
            for release in stored_releases(connection, one.program)
            if (release.effective_from, release.effective_through) == window
        ),
        None,
    )
    parts = before.parts if before else ()
    if one.program == "ptp":
        replaced = ptp.replaced_parts(parts, one.part, rows.low, rows.high)
    else:
        replaced = [part.part_id for part in parts if part.name == one.part]
    new = NewPart(
        one.program,
        one.label(window),
        *window,
        one.part,
        one.source.shown,
        one.source.sha256,
        rows.rows,
        rows.low,
        rows.high,
    )
    part_id = register(connection, new, replaces=replaced)
    rows.store(connection, part_id)
    return ("replaced" if replaced else "added"), part_id


def _imported(
    one: Candidate,
    there: StoredRelease | None,
    written: tuple[Outcome, int] | None,
    known: Sequence[StoredRelease],
) -> Imported:
    if written is None:
        assert there is not None
        part = next(part for part in there.parts if part.sha256 == one.source.sha256)
        return Imported(one.source.shown, part.rows, "unchanged", there)
    outcome, part_id = written
    release, part = next((release, part) for release in known for part in release.parts if part.part_id == part_id)
    return Imported(one.source.shown, part.rows, outcome, release)
