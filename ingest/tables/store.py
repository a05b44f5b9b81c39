"""The reference tables of a practice as rules ask them: dated lookups from `tables.sqlite`. Writes nothing.

Opened in each process that uses it (a fork or a pickled copy opens its own connection). Keeps what was looked up in
caches of bounded size; everything else stays on disk. An import by another process is noticed within a second, or,
while `reading` is open, when it ends.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Collection, Hashable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from ingest.tables import add_on, fee_schedule, hcpcs, mue, ptp
from ingest.tables.errors import StoreUnusable
from ingest.tables.model import (
    AddOnEdit,
    DiagnosisEntry,
    FeeScheduleRow,
    HcpcsEntry,
    MueLimit,
    Program,
    PtpEdit,
    Release,
)
from ingest.tables.releases import StoredPart, StoredRelease, connect, covering, stored_releases

Value = TypeVar("Value")
# Some 500 bytes an answer: 25 MB when full.
_MOST_ANSWERS: Final = 50_000
_MOST_PACKED_BYTES: Final = 48 << 20
# Several rules ask for the pairs of one claim; beyond the claims judged together nobody asks again.
_MOST_PAIRS: Final = 1_000
_LOOK_AGAIN_SECONDS: Final = 1.0


class Diagnoses(Protocol):
    """The ICD-10-CM part, kept elsewhere."""

    def release(self, on: date) -> Release | None:
        """The ICD-10-CM release that covers the day."""

    def diagnosis(self, diagnosis_code: str, on: date) -> DiagnosisEntry | None:
        """See `Tables`."""


class StoredTables:
    """`Tables` over a practice's tables file; without the file every program but ICD-10-CM is unknown.

    Raises StoreUnusable when the file is damaged or none of ours.
    """

    def __init__(self, path: Path, icd: Diagnoses | None = None) -> None:
        self._path = path
        self._icd = icd
        self._start()

    def _start(self) -> None:
        self._connection: sqlite3.Connection | None = None
        self._process = 0
        self._version = -1
        self._looked = float("-inf")
        self._is_held = False
        self._lock = threading.RLock()
        self._all: tuple[StoredRelease, ...] = ()
        self._left: list[sqlite3.Connection] = []
        self._forget()

    def _forget(self) -> None:
        self._releases: dict[tuple[Program, date], tuple[StoredRelease | None, Release | None]] = {}
        self._answers: dict[Hashable, Any] = {}
        self._packed: dict[tuple[int, str], tuple[ptp.Packed, ...]] = {}
        self._packed_bytes = 0
        self._pairs: dict[tuple[int, tuple[str, ...], date], tuple[PtpEdit, ...]] = {}

    def __getstate__(self) -> tuple[Path, Diagnoses | None]:
        return self._path, self._icd

    def __setstate__(self, state: tuple[Path, Diagnoses | None]) -> None:
        self._path, self._icd = state
        self._start()

    def close(self) -> None:
        """Let go of the file; the next lookup opens it again."""
        with self._locked():
            if self._connection is not None and self._process == os.getpid():
                self._connection.close()
            self._connection = None
            self._is_held = False
            self._version = -1
            self._forget()

    def releases(self, program: Program | None = None) -> tuple[StoredRelease, ...]:
        """Every imported release, by program and dates."""
        with self._locked():
            self._current()
            return tuple(one for one in self._all if program in (None, one.program))

    @contextmanager
    def reading(self) -> Iterator[None]:
        """See `Tables`. A thread that comes in while another holds it is served too, and does not hold it longer."""
        with self._locked():
            held = None if self._is_held else self._hold()
        try:
            yield
        finally:
            with self._locked():
                # Another connection where the file was closed meanwhile.
                if held is not None and held is self._connection:
                    self._is_held = False
                    _end(held)

    def _hold(self) -> sqlite3.Connection | None:
        """Begin a transaction on the newest state of the file; None: there is none yet."""
        connection = self._current()
        if connection is None:
            return None
        try:
            connection.execute("BEGIN")
            # The state that is now held may be newer than the one looked at before.
            self._current()
        except sqlite3.Error as error:
            raise self._damaged(error) from error
        except StoreUnusable:
            _end(connection)
            raise
        self._is_held = True
        return connection

    def release(self, program: Program, on: date) -> Release | None:
        """See `Tables`."""
        if program == "icd10cm":
            return self._icd.release(on) if self._icd is not None else None
        answer = self._releases.get((program, on)) if self._is_held else None
        return (answer or self._covering(program, on))[1]

    def ptp_edits(self, procedure_codes: Collection[str], on: date) -> tuple[PtpEdit, ...]:
        """See `Tables`."""
        release = self._covering("ptp", on)[0]
        if release is None:
            return ()
        codes = tuple(sorted(set(procedure_codes)))
        place = (release.release_id, codes, on)
        edits = self._pairs.get(place)
        if edits is None:
            packed = ((column1, one) for column1 in codes for one in self._column1(release, column1))
            found = list(ptp.edits_among(packed, codes, on))
            if len(found) > 1:
                found = list(dict.fromkeys(found))
                found.sort(key=lambda edit: (edit.column1, edit.column2, edit.effective_from))
            if len(self._pairs) >= _MOST_PAIRS:
                self._pairs.clear()
            edits = self._pairs[place] = tuple(found)
        return edits

    def mue(self, procedure_code: str, on: date) -> MueLimit | None:
        """See `Tables`."""
        return self._look_up("mue", on, (procedure_code,), mue.look_up)

    def fee_schedule(self, procedure_code: str, on: date, modifier: str = "") -> FeeScheduleRow | None:
        """See `Tables`."""
        return self._look_up("mpfs", on, (procedure_code, modifier), fee_schedule.look_up)

    def add_on(self, procedure_code: str, on: date) -> AddOnEdit | None:
        """See `Tables`."""
        rows = self._look_up("add-on", on, (procedure_code,), add_on.look_up)
        return None if rows is None else add_on.edit_on(procedure_code, rows, on)

    def hcpcs(self, hcpcs_code: str, on: date) -> HcpcsEntry | None:
        """See `Tables`."""
        return self._look_up("hcpcs", on, (hcpcs_code,), hcpcs.look_up)

    def diagnosis(self, diagnosis_code: str, on: date) -> DiagnosisEntry | None:
        """See `Tables`."""
        return self._icd.diagnosis(diagnosis_code, on) if self._icd is not None else None

    def _covering(self, program: Program, on: date) -> tuple[StoredRelease | None, Release | None]:
        answer = self._releases.get((program, on))
        if answer is not None and (self._is_held or time.monotonic() - self._looked < _LOOK_AGAIN_SECONDS):
            return answer
        with self._locked():
            self._current()
            stored = covering([one for one in self._all if one.program == program], on)
            answer = stored, stored.released() if stored else None
            if len(self._releases) >= _MOST_ANSWERS:
                self._releases.clear()
            self._releases[program, on] = answer
        return answer

    def _look_up(
        self, program: Program, on: date, key: tuple[Any, ...], ask: Callable[..., Value | None]
    ) -> Value | None:
        answer = self._releases.get((program, on)) if self._is_held else None
        release = (answer or self._covering(program, on))[0]
        if release is None:
            return None
        place = (program, release.release_id, *key)
        try:
            value: Value | None = self._answers[place]
        except KeyError:
            pass
        else:
            return value
        with self._locked():
            connection = self._current()
            # The file may have been written since: then the release is another one, or is gone.
            release = self._covering(program, on)[0]
            value = None
            for part in release.parts if release and connection else ():
                value = self._read(ask, connection, part, key)
                if value is not None:
                    break
            if len(self._answers) >= _MOST_ANSWERS:
                self._answers.clear()
            if release is not None:
                self._answers[program, release.release_id, *key] = value
        return value

    def _column1(self, release: StoredRelease, column1: str) -> tuple[ptp.Packed, ...]:
        place = (release.release_id, column1)
        packed = self._packed.get(place)
        if packed is not None:
            return packed
        with self._locked():
            connection = self._current()
            part_ids = [part.part_id for part in self._parts(release.release_id) if part.low <= column1 <= part.high]
            packed = ()
            if part_ids and connection is not None:
                try:
                    packed = tuple(ptp.read_packed(connection, part_ids, column1))
                except sqlite3.Error as error:
                    raise self._damaged(error) from error
            size = 200 + sum(len(codes) + len(dates) for codes, dates in packed)
            if self._packed_bytes + size > _MOST_PACKED_BYTES:
                self._packed.clear()
                self._packed_bytes = 0
            self._packed[place] = packed
            self._packed_bytes += size
        return packed

    def _parts(self, release_id: int) -> tuple[StoredPart, ...]:
        return next((one.parts for one in self._all if one.release_id == release_id), ())

    def _read(self, ask: Callable[..., Value | None], connection: Any, part: StoredPart, key: Any) -> Value | None:
        try:
            return ask(connection, part.part_id, *key)
        except (sqlite3.Error, ValueError) as error:
            raise self._damaged(error) from error

    def _locked(self) -> threading.RLock:
        """The lock around the connection; a forked child begins anew, since its parent's may be held for ever."""
        if self._process != os.getpid():
            # The parent's connection is left alone, unclosed.
            if self._connection is not None:
                self._left.append(self._connection)
            self._connection, self._process, self._version, self._is_held = None, os.getpid(), -1, False
            self._lock = threading.RLock()
        return self._lock

    def _current(self) -> sqlite3.Connection | None:
        """The connection of this process, everything forgotten that another has written anew; None: no file yet."""
        if self._is_held:
            return self._connection
        self._looked = time.monotonic()
        try:
            if self._connection is None:
                if not self._path.is_file():
                    if self._all:
                        self._all = ()
                        self._forget()
                    return None
                self._connection = connect(self._path)
            version = self._connection.execute("PRAGMA data_version").fetchone()[0]
            if version != self._version:
                self._all = stored_releases(self._connection)
                self._version = version
                self._forget()
        except sqlite3.Error as error:
            raise self._damaged(error) from error
        return self._connection

    def _damaged(self, error: Exception) -> StoreUnusable:
        return StoreUnusable(
            f"{self._path}: the reference tables cannot be read ({error}); move the file away and import again"
        )


def _end(connection: sqlite3.Connection) -> None:
    """Let go of what a transaction that only reads has held."""
    if connection.in_transaction:
        connection.execute("ROLLBACK")
