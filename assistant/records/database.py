"""The records file: what must never be lost, in one SQLite database with a write-ahead log. Knows no business."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from assistant.errors import RecordsError

# Each entry brings the file from the version before to its place in this list (counted from 1). Never edit one that
# has landed: add another.
_MIGRATIONS = (
    """
    CREATE TABLE gaps (
        gap_id INTEGER PRIMARY KEY,
        key TEXT NOT NULL UNIQUE,
        payers TEXT NOT NULL,
        codes TEXT NOT NULL,
        asked TEXT NOT NULL,
        question TEXT NOT NULL,
        times_asked INTEGER NOT NULL,
        first_asked TEXT NOT NULL,
        last_asked TEXT NOT NULL,
        closed_on TEXT,
        closed_by TEXT
    );
    """,
    """
    ALTER TABLE gaps ADD COLUMN as_of TEXT;
    """,
    """
    ALTER TABLE gaps ADD COLUMN unhelpful TEXT;
    """,
)


@contextmanager
def open_records(path: Path) -> Iterator[sqlite3.Connection]:
    """The open records, made when there are none. Everything done inside is one transaction.

    Raises RecordsError when the file is damaged, of a newer version, or cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new = not path.exists()
        connection = sqlite3.connect(path, isolation_level=None, timeout=10)
    except (OSError, sqlite3.Error) as error:
        raise RecordsError(f"{path}: cannot be opened ({error})") from error
    try:
        _prepare(connection, path, new=new)
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise RecordsError(f"{path}: {error}; the records were left as they are") from error
    finally:
        connection.close()


def _prepare(connection: sqlite3.Connection, path: Path, *, new: bool) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    if not new:
        (state,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if state != "ok":
            raise RecordsError(f"{path}: is damaged ({state}); put back a copy, nothing was changed")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(_MIGRATIONS):
        raise RecordsError(f"{path}: was written by a newer version of understudy; use that one")
    if version == len(_MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    for number, migration in enumerate(_MIGRATIONS[version:], start=version + 1):
        for statement in migration.split(";"):
            if statement.strip():
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version={number}")
    connection.execute("COMMIT")
