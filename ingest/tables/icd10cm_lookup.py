"""What ICD-10-CM says of a code on a day, from the compiled base and from what the practice imported. Writes nothing.

Each process opens its own connections (a fork or a pickled copy too). What was looked up is kept in memory, within
bounds; an import by another process is noticed within a second.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

from ingest.tables.errors import StoreUnusable
from ingest.tables.icd10cm import base_releases, open_base
from ingest.tables.icd10cm_origins import Origin, Origins, newest_day, origins_on
from ingest.tables.icd10cm_rows import CodeRow, DiagnosisTerms, NoteRow, read_code, read_note, read_terms
from ingest.tables.model import DiagnosisEntry, DiagnosisSpan, Release
from ingest.tables.releases import StoredRelease, connect, stored_releases

# About 500 bytes each, since spans are shared.
_MOST_ENTRIES: Final = 30_000
_LOOK_AGAIN_SECONDS: Final = 1.0


class DiagnosisTables:
    """ICD-10-CM by date. `tables` is the practice's tables file, which need not exist.

    Opening costs nothing; the first lookup opens the base, and compiles it where set-up did not.
    """

    def __init__(self, tables: Path | None = None) -> None:
        self._path = tables
        self._start()

    def release(self, on: date) -> Release | None:
        """The release that says which codes exist on the day; None: none covers it (see `file_to_import`)."""
        return self._answering(on)[1]

    def diagnosis(self, diagnosis_code: str, on: date) -> DiagnosisEntry | None:
        """The entry of a code or heading, as written with its point; None: not in force, or no release covers the day.

        `effective_from` is the first day of the release. `instructions_known` is False where no tabular list covers
        the day, or the one that does has not the code. Raises StoreUnusable when a file is damaged.
        """
        origins = self._answering(on)[0]
        if origins is None:
            return None
        key = (diagnosis_code, _number(origins.codes), _number(origins.notes))
        try:
            return self._entries[key]
        except KeyError:
            pass
        with self._locked():
            entry = self._entry(diagnosis_code, origins)
            if len(self._entries) >= _MOST_ENTRIES:
                self._entries.clear()
            self._entries[key] = entry
        return entry

    def newest_day(self) -> date | None:
        """The last day that any release covers: where a later date must be answered for all the same, and said so."""
        with self._locked():
            self._open()
            return newest_day(self._base_releases, self._imported)

    def terms(self, on: date) -> Iterator[DiagnosisTerms]:
        """Every code and heading in force on the day with description and inclusion terms, sorted; nothing when no
        release covers it. Inclusion terms come from the tabular list: from an order file alone there are none."""
        origins = self._answering(on)[0]
        if origins is None:
            return
        with self._locked():
            named = {}
            if origins.notes is not None and origins.notes != origins.codes:
                notes = read_terms(self._connection(origins.notes), origins.notes.part.part_id)
                named = {one.diagnosis_code: one.terms for one in notes if one.terms}
            found = list(read_terms(self._connection(origins.codes), origins.codes.part.part_id))
        for one in found:
            more = named.get(one.diagnosis_code)
            yield DiagnosisTerms(one.diagnosis_code, one.description, one.billable, more) if more else one

    def close(self) -> None:
        """Let go of the files; the next lookup opens them again."""
        with self._locked():
            for connection in (self._base, self._tables):
                if connection is not None and self._process == os.getpid():
                    connection.close()
            self._start()

    def __reduce__(self) -> tuple[type[DiagnosisTables], tuple[Path | None]]:
        return DiagnosisTables, (self._path,)

    def _start(self) -> None:
        self._base: sqlite3.Connection | None = None
        self._tables: sqlite3.Connection | None = None
        self._process = os.getpid()
        self._version = -1
        self._looked = float("-inf")
        self._lock = threading.RLock()
        self._abandoned: list[sqlite3.Connection] = []
        self._base_releases: tuple[StoredRelease, ...] = ()
        self._imported: tuple[StoredRelease, ...] = ()
        self._forget()

    def _forget(self) -> None:
        self._by_day: dict[date, tuple[Origins | None, Release | None]] = {}
        self._entries: dict[tuple[str, tuple[bool, int], tuple[bool, int]], DiagnosisEntry | None] = {}
        self._notes: dict[tuple[bool, int, int], NoteRow | None] = {}

    def _answering(self, on: date) -> tuple[Origins | None, Release | None]:
        """The files that answer for the day, and the release as findings show it."""
        if time.monotonic() - self._looked < _LOOK_AGAIN_SECONDS and self._process == os.getpid():
            try:
                return self._by_day[on]
            except KeyError:
                pass
        with self._locked():
            self._open()
            if on not in self._by_day:
                if len(self._by_day) >= _MOST_ENTRIES:
                    self._by_day.clear()
                found = origins_on(on, self._base_releases, self._imported)
                self._by_day[on] = found, found.codes.release.released() if found else None
            return self._by_day[on]

    def _locked(self) -> threading.RLock:
        """The lock around the connections; a forked child begins anew, since its parent's may be held for ever."""
        if self._process != os.getpid():
            # The parent's connections are left alone, unclosed.
            left = [one for one in (*self._abandoned, self._base, self._tables) if one is not None]
            self._start()
            self._abandoned = left
        return self._lock

    def _open(self) -> None:
        """Open what is not open yet, and forget what was read when the tables file has changed."""
        self._looked = time.monotonic()
        try:
            if self._base is None:
                self._base = open_base()
                self._base_releases = base_releases(self._base)
            if self._tables is None and self._path is not None and self._path.is_file():
                self._tables = connect(self._path)
            if self._tables is not None:
                version = self._tables.execute("PRAGMA data_version").fetchone()[0]
                if version != self._version:
                    self._imported = stored_releases(self._tables, "icd10cm")
                    self._version = version
                    self._forget()
        except sqlite3.Error as error:
            raise self._damaged(error) from error

    def _connection(self, origin: Origin) -> sqlite3.Connection:
        connection = self._base if origin.is_base else self._tables
        assert connection is not None
        return connection

    def _entry(self, diagnosis_code: str, origins: Origins) -> DiagnosisEntry | None:
        try:
            row = self._row(origins.codes, diagnosis_code)
            if row is None:
                return None
            told = row if origins.notes == origins.codes else self._row(origins.notes, diagnosis_code)
            notes = [self._note(origins.notes, note_id) for note_id in told.notes] if told and origins.notes else []
        except (sqlite3.Error, ValueError) as error:
            raise self._damaged(error) from error
        held = [note for note in notes if note is not None]
        excludes = [
            (span, note.heading)
            for note in held
            if note.kind == "excludes1"
            for span in note.spans
            # What a heading's note excludes may lie below the heading itself; a code does not exclude itself.
            if diagnosis_code not in span
        ]
        return DiagnosisEntry(
            diagnosis_code,
            row.description,
            row.billable,
            origins.codes.release.effective_from,
            None,
            tuple(row.seventh_characters),
            tuple(dict.fromkeys(excludes)),
            _spans(held, "codeFirst", diagnosis_code),
            _spans(held, "useAdditionalCode", diagnosis_code),
            row.manifestation or (told is not None and told.manifestation),
            told is not None,
        )

    def _row(self, origin: Origin | None, diagnosis_code: str) -> CodeRow | None:
        if origin is None:
            return None
        return read_code(self._connection(origin), origin.part.part_id, diagnosis_code)

    def _note(self, origin: Origin, note_id: int) -> NoteRow | None:
        key = (*_number(origin), note_id)
        if key not in self._notes:
            self._notes[key] = read_note(self._connection(origin), origin.part.part_id, note_id)
        return self._notes[key]

    def _damaged(self, error: Exception) -> StoreUnusable:
        return StoreUnusable(
            f"{self._path or 'ICD-10-CM'}: the diagnosis tables cannot be read ({error}); move the file away and "
            "import again, or delete icd10cm-*.sqlite from the cache folder"
        )


def _number(origin: Origin | None) -> tuple[bool, int]:
    return (origin.is_base, origin.part.part_id) if origin else (False, -1)


def _spans(notes: list[NoteRow], kind: str, diagnosis_code: str) -> tuple[DiagnosisSpan, ...]:
    found = (span for note in notes if note.kind == kind for span in note.spans if diagnosis_code not in span)
    return tuple(dict.fromkeys(found))
