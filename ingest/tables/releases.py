"""The releases that were imported: which program, which days, from which files. Holds no row of any table itself.

A release is one program's rows for one window of days. It has one or more parts, one for each imported file (CMS
ships the PTP edits in four files). Tables of rows refer to their part with
`part_id INTEGER NOT NULL REFERENCES part (part_id) ON DELETE CASCADE`, so that replacing a part takes its rows away.

    with open_writer(path) as connection:            # one transaction: all of it or nothing
        connection.execute("CREATE TABLE IF NOT EXISTS ...")
        part_id = register(connection, NewPart("icd10cm", "FY2027", first, last, "order", name, sha256, rows))
        connection.executemany("INSERT INTO ...", ...)
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Final

from ingest.tables.errors import StoreUnusable
from ingest.tables.model import Program, Release

SCHEMA_VERSION: Final = 1
# "USTB" in ASCII: tells a tables file from any other SQLite file.
_APPLICATION_ID: Final = 0x55535442
_BUSY_SECONDS: Final = 30.0
_SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS release (
        release_id INTEGER PRIMARY KEY AUTOINCREMENT,
        program TEXT NOT NULL,
        label TEXT NOT NULL,
        effective_from TEXT NOT NULL,
        effective_through TEXT NOT NULL,
        UNIQUE (program, effective_from, effective_through)
    ) STRICT""",
    """CREATE TABLE IF NOT EXISTS part (
        part_id INTEGER PRIMARY KEY AUTOINCREMENT,
        release_id INTEGER NOT NULL REFERENCES release (release_id) ON DELETE CASCADE,
        name TEXT NOT NULL,
        file_name TEXT NOT NULL,
        sha256 TEXT NOT NULL,
        rows INTEGER NOT NULL,
        low TEXT NOT NULL,
        high TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX IF NOT EXISTS part_of_release ON part (release_id)",
)


@dataclass(frozen=True, slots=True)
class NewPart:
    """A file about to be stored. `part` names its place in the release ("" for a release of one file; a later import
    of the same part replaces it). `low` and `high` are the first and last code it holds, "" where that says nothing."""

    program: Program
    label: str
    effective_from: date
    effective_through: date
    part: str
    file_name: str
    sha256: str
    rows: int
    low: str = ""
    high: str = ""


@dataclass(frozen=True, slots=True)
class StoredPart:
    """One imported file of a release."""

    part_id: int
    name: str
    file_name: str
    sha256: str
    rows: int
    low: str
    high: str


@dataclass(frozen=True, slots=True)
class StoredRelease:
    """A release with its files, in the order they came. A higher `release_id` was imported later."""

    release_id: int
    program: Program
    label: str
    effective_from: date
    effective_through: date
    parts: tuple[StoredPart, ...]

    def covers(self, on: date) -> bool:
        """True when the day lies in the window, both ends included."""
        return self.effective_from <= on <= self.effective_through

    def released(self) -> Release:
        """The release as findings show it: rows of all files; of several files one checksum over theirs."""
        sums = [part.sha256 for part in self.parts]
        one = sums[0] if len(sums) == 1 else sha256("".join(sums).encode("ascii")).hexdigest()
        return Release(
            self.program,
            self.label,
            self.effective_from,
            self.effective_through,
            sum(part.rows for part in self.parts),
            one,
            ", ".join(part.file_name for part in self.parts),
        )


def connect(path: Path) -> sqlite3.Connection:
    """A connection that reads only. Raises StoreUnusable when there is no tables file or it is none of ours.

    It may be used by any thread, by one at a time. What a killed import left half done is rolled back on opening,
    which is why the file is opened for writing where that is allowed.
    """
    if not path.is_file():
        raise StoreUnusable(f"{path}: there are no reference tables yet; `understudy tables import FILE` brings them")
    try:
        connection = _open(path, "rw")
    except sqlite3.Error as error:
        raise _unusable(path, error) from error
    try:
        _check(connection, path)
        connection.execute("PRAGMA query_only = ON")
    except sqlite3.Error as error:
        connection.close()
        raise _unusable(path, error) from error
    except StoreUnusable:
        connection.close()
        raise
    return connection


@contextmanager
def open_writer(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection inside one transaction, made permanent at the end of the block and undone by any exception.

    Makes folder, file and schema where they are missing. Raises StoreUnusable when the file is none of ours, is
    damaged, cannot be written, or another import holds it for more than half a minute.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = _open(path, "rwc")
    except (OSError, sqlite3.Error) as error:
        raise _unusable(path, error) from error
    with closing(connection):
        try:
            # Pages stay in memory until the end, so that readers wait for the commit only.
            connection.execute("PRAGMA cache_size = -131072")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("BEGIN IMMEDIATE")
            if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                _check(connection, path)
            else:
                connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            for statement in _SCHEMA:
                connection.execute(statement)
            yield connection
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            _undo(connection)
            raise _unusable(path, error) from error
        except BaseException:
            _undo(connection)
            raise


def register(connection: sqlite3.Connection, new: NewPart, *, replaces: Collection[int] | None = None) -> int:
    """Enter a file and return its part_id, to which its rows refer. Call it inside `open_writer`.

    Takes away the parts named by `replaces` (None: those of the same release with the same part name) with their rows.
    """
    window = (new.program, new.effective_from.isoformat(), new.effective_through.isoformat())
    found = connection.execute(
        "SELECT release_id FROM release WHERE program = ? AND effective_from = ? AND effective_through = ?", window
    ).fetchone()
    if found is None:
        release_id = connection.execute(
            "INSERT INTO release (program, effective_from, effective_through, label) VALUES (?, ?, ?, ?)",
            (*window, new.label),
        ).lastrowid
    else:
        release_id = found[0]
        connection.execute("UPDATE release SET label = ? WHERE release_id = ?", (new.label, release_id))
        if replaces is None:
            same = "SELECT part_id FROM part WHERE release_id = ? AND name = ?"
            replaces = [row[0] for row in connection.execute(same, (release_id, new.part))]
        connection.executemany("DELETE FROM part WHERE part_id = ?", [(part_id,) for part_id in replaces])
    cursor = connection.execute(
        "INSERT INTO part (release_id, name, file_name, sha256, rows, low, high) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (release_id, new.part, new.file_name, new.sha256, new.rows, new.low, new.high),
    )
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def stored_releases(connection: sqlite3.Connection, program: Program | None = None) -> tuple[StoredRelease, ...]:
    """Every release (of one program), by program and dates; of two that begin alike the later import comes last."""
    parts: dict[int, list[StoredPart]] = {}
    for release_id, *rest in connection.execute(
        "SELECT release_id, part_id, name, file_name, sha256, rows, low, high FROM part ORDER BY part_id"
    ):
        parts.setdefault(release_id, []).append(StoredPart(*rest))
    found = [
        StoredRelease(
            release_id,
            name,
            label,
            date.fromisoformat(first),
            date.fromisoformat(last),
            tuple(parts.get(release_id, ())),
        )
        for release_id, name, label, first, last in connection.execute(
            "SELECT release_id, program, label, effective_from, effective_through FROM release"
            " ORDER BY program, effective_from, release_id"
        )
        if program is None or name == program
    ]
    return tuple(release for release in found if release.parts)


def covering(releases: Collection[StoredRelease], on: date) -> StoredRelease | None:
    """The release that answers for a day: of several the one that begins later, then the one imported later."""
    candidates = [release for release in releases if release.covers(on)]
    return max(candidates, key=lambda one: (one.effective_from, one.release_id), default=None)


def _open(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=_BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )


def _check(connection: sqlite3.Connection, path: Path) -> None:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if application != _APPLICATION_ID:
        raise StoreUnusable(f"{path}: this is no tables file of Understudy; move it away and import CMS's files again")
    if version != SCHEMA_VERSION:
        raise StoreUnusable(
            f"{path}: written by another version of Understudy (its form is {version}, this one reads {SCHEMA_VERSION})"
            "; move it away and import CMS's files again"
        )


def _undo(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def _unusable(path: Path, error: Exception) -> StoreUnusable:
    if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
        return StoreUnusable(f"{path}: another import is writing it; try again when it is done")
    return StoreUnusable(
        f"{path}: the reference tables cannot be opened or written ({error}); look at permissions and free space, or "
        "move the file away and import CMS's files again"
    )
