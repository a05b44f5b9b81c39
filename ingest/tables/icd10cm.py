"""ICD-10-CM as it is there from the start: the official tabular list, compiled once into a small tables file.

The list is the one that the package simple-icd-10-cm carries, of April 2026: fiscal year 2026, in force from 2025-10-01
to 2026-09-30. ICD-10-CM is published by CMS and NCHS and is in the public domain. Nothing but the compilation reads the
package's files, and nothing imports it: that takes seconds and much memory. Later years are imported by the practice.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from ingest.tables.errors import StoreUnusable
from ingest.tables.icd10cm_instructions import bare, is_listed_form, pointed
from ingest.tables.icd10cm_rows import TABULAR_PART, CodeRows, read_list, rows_of_tabular
from ingest.tables.icd10cm_tabular import TabularUnreadable, read_tabular
from ingest.tables.icd10cm_years import fiscal_window, fiscal_year, window_name, window_of_names
from ingest.tables.releases import NewPart, StoredRelease, open_writer, register, stored_releases
from ingest.tables.source import Window

_PACKAGE: Final = "simple_icd_10_cm"
# Goes up whenever the rows below change their form or their reading, so that nobody reads rows of the old form.
_FORM: Final = 1
# Updates within a year that changed no code: NCHS's order addendum of April 1, 2026 counts no addition, no deletion and
# no revision (74,719 codes before and after), so that every code of the list holds since October.
_NO_CODE_CHANGED: Final = frozenset({"icd10c-tabular-April-1-2026.xml"})
_WAIT_SECONDS: Final = 120.0


@cache
def known_diagnoses() -> frozenset[str]:
    """Every code and heading of the base, with its point (`J32`, `J32.0`)."""
    with closing(open_base()) as base:
        parts = [part.part_id for release in base_releases(base) for part in release.parts]
        return frozenset(code for part_id in parts for code, _description, _billable in read_list(base, part_id))


def is_known_diagnosis(diagnosis_code: str) -> bool:
    """True for a code or heading of the base, as written with its point."""
    return diagnosis_code.upper() in known_diagnoses()


def open_base() -> sqlite3.Connection:
    """A connection that reads the compiled base; compiles it when it is not there yet (about 5 s).

    It may be used by any thread, by one at a time. Several processes may ask at once: one compiles. Where no cache
    folder can be written the base is compiled into memory. Raises StoreUnusable when the package's files are missing
    or are not what they should be.
    """
    tabular, codes = _package_files()
    path = cache_folder() / f"icd10cm-{tabular.stem}-{tabular.stat().st_size}-{_FORM}.sqlite"
    if (connection := _opened(path)) is not None:
        return connection
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _only_one(path):
            # Another process may have been quicker.
            if (connection := _opened(path)) is None:
                _compile(tabular, codes, path)
                connection = _opened(path)
    except OSError:
        connection = None
    return connection if connection is not None else _in_memory(tabular, codes)


def base_releases(base: sqlite3.Connection) -> tuple[StoredRelease, ...]:
    """The one release of the base, with its window."""
    return stored_releases(base, "icd10cm")


def _opened(path: Path) -> sqlite3.Connection | None:
    """The base at `path`; None: there is none, or it is damaged."""
    if not path.is_file():
        return None
    # Nobody writes to a finished base, so it needs no locks.
    uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    connection = None
    try:
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
        if base_releases(connection):
            return connection
    except sqlite3.Error:
        # Damaged: the caller compiles it anew.
        pass
    if connection is not None:
        connection.close()
    return None


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    """Holds the other processes that would compile the same; after two minutes each compiles for itself, which costs
    time and nothing else."""
    from filelock import FileLock, Timeout

    lock = FileLock(path.with_suffix(".lock"), timeout=_WAIT_SECONDS)
    try:
        lock.acquire()
    except Timeout:
        yield
        return
    try:
        yield
    finally:
        lock.release()


def _compile(tabular: Path, codes: Path, target: Path) -> None:
    """Write the base to `target`, whole or not at all. Raises OSError when it cannot be written, StoreUnusable when
    the package's files are not what they should be."""
    rows = _rows(tabular, codes)
    window = _window(tabular)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="icd10cm-") as folder:
        unfinished = Path(folder) / target.name
        new = NewPart(
            "icd10cm",
            window_name(window),
            *window,
            TABULAR_PART,
            tabular.name,
            sha256(tabular.read_bytes()).hexdigest(),
            len(rows.codes),
        )
        try:
            with open_writer(unfinished) as connection:
                rows.store(connection, register(connection, new))
        except StoreUnusable as error:
            raise OSError(str(error)) from error
        unfinished.replace(target)


def _in_memory(tabular: Path, codes: Path) -> sqlite3.Connection:
    """The base without a file that lasts; compiled by each process."""
    try:
        with tempfile.TemporaryDirectory(prefix="understudy-") as folder:
            path = Path(folder) / "icd10cm.sqlite"
            _compile(tabular, codes, path)
            connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
            with closing(sqlite3.connect(path)) as written:
                written.backup(connection)
            return connection
    except (OSError, sqlite3.Error) as error:
        raise StoreUnusable(
            f"ICD-10-CM can be compiled neither to {cache_folder()} nor to a temporary folder ({error}); "
            "free some space or set XDG_CACHE_HOME to a folder that can be written"
        ) from error


def _rows(tabular: Path, codes: Path) -> CodeRows:
    listed = {bare(word) for word in codes.read_text(encoding="ascii").split() if is_listed_form(pointed(word))}
    try:
        with tabular.open("rb") as stream:
            return rows_of_tabular(read_tabular(stream), listed)
    except TabularUnreadable as error:
        raise _no_package(f"{tabular.name}: {error}") from error


def _window(tabular: Path) -> Window:
    window = window_of_names([tabular.name])
    if window is None:
        raise _no_package(f'the name "{tabular.name}" tells no fiscal year')
    return fiscal_window(fiscal_year(window[0])) if tabular.name in _NO_CODE_CHANGED else window


def _package_files() -> tuple[Path, Path]:
    """The tabular list and the list of all codes. Finding them does not import the package."""
    spec = find_spec(_PACKAGE)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        lists, codes = ([*(Path(folder) / "data").glob(kind)] for kind in ("*tabular*.xml", "code-list*.txt"))
        if len(lists) == len(codes) == 1:
            return lists[0], codes[0]
    raise _no_package("its tabular list and its code list were not found")


def _no_package(told: str) -> StoreUnusable:
    return StoreUnusable(f"ICD-10-CM cannot be compiled from the package simple-icd-10-cm: {told}; install it again")


def cache_folder() -> Path:
    """Where compiled lists are kept; it may be deleted at any time."""
    named = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(named) if named else Path.home() / ".cache") / "understudy"


if __name__ == "__main__":
    # Set-up calls this, so that nobody waits for it later.
    open_base().close()
