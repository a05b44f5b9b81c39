"""Taking the notes in: bringing the index level with the notes folders, and healing it.

One writer at a time, always on a new generation folder; readers of the current one are never disturbed. Says what was
done and decides nothing about answers. Checks of meaning (KB1xx) are not made here.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ingest.index.build import Build, Progress
from ingest.index.catalog import FileRow
from ingest.index.changes import (
    UNTRUSTED_TIME,
    ChangedFile,
    Listed,
    compare,
    is_unchanged,
    list_notes,
    read_changed,
)
from ingest.index.embedder import Embedder
from ingest.index.errors import IndexBusy, IndexDamaged, IndexMissing, IndexUnwritable
from ingest.index.generation import ChromaState, chroma_state, clean, generations, make_current
from ingest.index.store import Index, open_index
from ingest.notes.model import Problem

ChromaWish = Literal["level", "defer"]
# So many files with a new time and the old content (after a checkout) are worth a generation that remembers the times.
_TOUCHED_WORTH_WRITING = 64
# How long a question waits for another writer before it is answered from what is there.
_ASK_WAIT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync did. Note ids sorted; `problems` of all files as they stand, not of the changed ones only.

    `not_taken` are the notes whose file has an error: their last good version, if there is one, still answers.
    `healed`: what was wrong with the index and what was kept; None when nothing was. `chroma_failure`: why Chroma is
    not there although it was wanted; the rest of the index is whole all the same.
    """

    added: tuple[str, ...]
    changed: tuple[str, ...]
    deleted: tuple[str, ...]
    unchanged: int
    not_taken: tuple[str, ...]
    problems: tuple[Problem, ...]
    seconds: float
    healed: str | None
    generation: str
    notes: int
    chunks: int
    embedded: int
    chroma: ChromaState
    chroma_failure: str | None


@dataclass(frozen=True, slots=True)
class Current:
    """An index to answer from. `report`: what was taken in for it; None when nothing had changed.

    `behind`: why the newest changes are not in it, to be told with the answer; None when they are.
    """

    index: Index
    report: SyncReport | None
    behind: str | None


def sync(
    practice_kb: Path,
    library_kb: Path | None,
    index_dir: Path,
    embedder: Embedder,
    *,
    chroma: ChromaWish = "level",
    on_progress: Progress | None = None,
    wait_seconds: float = 0.0,
) -> SyncReport:
    """Take in what changed in the notes folders. With nothing changed it writes nothing.

    A note with an error keeps its last good version and is reported; the others go on. A damaged index is built anew
    from the notes, with every vector that is still whole. With `chroma="defer"` Chroma keeps what it has and the
    manifest calls it stale. Raises IndexBusy when another process is writing (after `wait_seconds`), IndexUnwritable
    when the folder refuses. Killed at any moment, it leaves the index as it was.
    """
    # A model that is not there must be seen before anything is written.
    embedder.count_tokens("")
    with _writer(index_dir, wait_seconds):
        base, wrong = _base(index_dir, embedder)
        try:
            return _take_in(
                _Job(
                    practice_kb=practice_kb,
                    library_kb=library_kb,
                    index_dir=index_dir,
                    embedder=embedder,
                    level_chroma=chroma == "level",
                    on_progress=on_progress or _silent,
                    base=base,
                    wrong=wrong,
                )
            )
        finally:
            if base is not None:
                base.close()


def ensure_current(
    practice_kb: Path,
    library_kb: Path | None,
    index_dir: Path,
    embedder: Embedder,
    *,
    held: Index | None = None,
    on_progress: Progress | None = None,
    wait_seconds: float = _ASK_WAIT_SECONDS,
) -> Current:
    """The index a question is answered from, with every change of the notes taken in first. Never imports chromadb.

    `held` is an index the caller has open; it is returned as it is while nothing changed, else left open for others to
    finish with. Chroma is deferred. When another process is writing and does not finish within `wait_seconds`, the
    current generation is returned and `behind` says so; likewise when the index folder cannot be written. Raises
    IndexBusy or IndexUnwritable only when there is no index to read.
    """
    index = _opened(index_dir, held, embedder)
    if index is not None and _nothing_changed(list_notes(practice_kb, library_kb), index):
        return Current(index, None, None)
    try:
        report = sync(
            practice_kb,
            library_kb,
            index_dir,
            embedder,
            chroma="defer",
            on_progress=on_progress,
            wait_seconds=wait_seconds,
        )
    except IndexBusy:
        if index is None:
            raise
        return Current(index, None, "another process is taking in changes; the newest are not in this answer yet")
    except IndexUnwritable as error:
        if index is None:
            raise
        return Current(index, None, f"the newest changes are not in this answer: {error}")
    if index is not None and index is not held and index.generation != report.generation:
        index.close()
    return Current(_reopened(index_dir, index, report.generation), report, None)


def _reopened(index_dir: Path, index: Index | None, generation: str) -> Index:
    return index if index is not None and index.generation == generation else open_index(index_dir)


def _opened(index_dir: Path, held: Index | None, embedder: Embedder) -> Index | None:
    """The held index while it is the current one, else the current one; None when none can be read."""
    try:
        if held is not None and held.is_current() and held.manifest.embedder == embedder.model_id:
            return held
        index = open_index(index_dir)
    except (IndexMissing, IndexDamaged):
        return None
    if index.manifest.embedder == embedder.model_id:
        return index
    index.close()
    return None


def _nothing_changed(listed: Listed, index: Index) -> bool:
    return is_unchanged(listed, index.files)


@contextmanager
def _writer(index_dir: Path, wait_seconds: float) -> Iterator[None]:
    """Hold the writer lock. It lies beside the index folder, so that deleting the folder does not free it."""
    from filelock import FileLock, Timeout

    path = index_dir.with_name(f"{index_dir.name}.lock")
    with _unwritable(index_dir):
        index_dir.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path)
        try:
            lock.acquire(timeout=wait_seconds)
        except Timeout as error:
            raise IndexBusy(
                f"{index_dir}: another process is writing the index; wait for it to finish and try again "
                "(if it was killed the lock is free already: nothing needs deleting)"
            ) from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _unwritable(index_dir: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise IndexUnwritable(f"{index_dir}: the index cannot be written ({error}); what was there stays") from error
    except OSError as error:
        raise IndexUnwritable(
            f"{index_dir}: the index cannot be written ({error.strerror or type(error).__name__}); free space or mend "
            "the folder's permissions and run `understudy ingest`; what was there stays"
        ) from error


def _base(index_dir: Path, embedder: Embedder) -> tuple[Index | None, str | None]:
    """The newest generation that can be built upon, and what is wrong with the current one (None: nothing)."""
    try:
        index = open_index(index_dir)
    except IndexMissing:
        return None, None
    except IndexDamaged as error:
        return _older(index_dir, embedder), str(error)
    if index.manifest.embedder == embedder.model_id:
        return index, None
    index.close()
    return None, f"{index_dir} was written with another embedder ({index.manifest.embedder})"


def _older(index_dir: Path, embedder: Embedder) -> Index | None:
    for folder in generations(index_dir):
        try:
            index = Index(folder)
        except IndexDamaged:
            continue
        if index.manifest.embedder == embedder.model_id:
            return index
        index.close()
    return None


@dataclass(frozen=True, slots=True)
class _Job:
    """What a sync works with."""

    practice_kb: Path
    library_kb: Path | None
    index_dir: Path
    embedder: Embedder
    level_chroma: bool
    on_progress: Progress
    base: Index | None
    wrong: str | None


def _take_in(job: _Job) -> SyncReport:
    started = time.monotonic()
    base = job.base
    known = base.files if base is not None else {}
    listed = list_notes(job.practice_kb, job.library_kb)
    found = _Found(set(base.catalog.note_ids()) if base is not None else set(), dict(known))
    build: Build | None = None
    try:
        changes = compare(listed, known)
        for one in read_changed(
            listed, changes, known, lambda done, total: job.on_progress("reading notes", done, total)
        ):
            found.take(one)
            if isinstance(one, ChangedFile):
                with _unwritable(job.index_dir):
                    build = build or Build(job.index_dir, base, job.embedder, job.on_progress)
                    build.put(one.row, one.note)
        for note_id in changes.deleted:
            found.take(note_id)
        if build is None and found.must_write(base, level_chroma=job.level_chroma):
            with _unwritable(job.index_dir):
                build = Build(job.index_dir, base, job.embedder, job.on_progress)
        if build is not None:
            with _unwritable(job.index_dir):
                for note_id in found.gone:
                    build.remove(note_id)
                for row in found.touched:
                    build.put(row, None)
            build.embed()
            with _unwritable(job.index_dir):
                build.finish(level_chroma=job.level_chroma)
    except BaseException:
        if build is not None:
            build.abandon()
        raise
    return _settle(job, listed, found, build, started)


def _settle(job: _Job, listed: Listed, found: _Found, build: Build | None, started: float) -> SyncReport:
    """Name what was built (or else what was there) current, clean up, report."""
    base = job.base
    folder, manifest = (build.folder, build.manifest) if build is not None else (None, None)
    if folder is None or manifest is None:
        assert base is not None
        folder, manifest = base.folder, base.manifest
    with _unwritable(job.index_dir):
        if build is not None or job.wrong is not None:
            make_current(folder)
    clean(job.index_dir, folder, base.folder if base is not None else None)
    embedded = build.embedded if build is not None else 0
    kept = manifest.chunks - embedded
    return SyncReport(
        added=tuple(sorted(found.added)),
        changed=tuple(sorted(found.changed)),
        deleted=tuple(sorted(found.deleted)),
        unchanged=manifest.notes - len(found.added) - len(found.changed),
        not_taken=tuple(sorted(row.note_id for row in found.files.values() if row.has_error)),
        problems=tuple(sorted({*listed.problems, *(p for row in found.files.values() for p in row.problems)})),
        seconds=time.monotonic() - started,
        healed=f"{job.wrong}; written anew, {kept} of {manifest.chunks} vectors kept" if job.wrong else None,
        generation=folder.name,
        notes=manifest.notes,
        chunks=manifest.chunks,
        embedded=embedded,
        chroma=chroma_state(folder, manifest),
        chroma_failure=build.chroma_failure if build is not None else None,
    )


class _Found:
    """What reading the changed files came to, seen against the notes that were in the index."""

    def __init__(self, indexed: set[str], files: dict[str, FileRow]) -> None:
        self._indexed = indexed
        self.files = files
        self.added: list[str] = []
        self.changed: list[str] = []
        self.deleted: list[str] = []
        self.gone: list[str] = []
        self.touched: list[FileRow] = []

    def take(self, one: ChangedFile | FileRow | str) -> None:
        """Count in one result of `read_changed`, or the id of a file that is gone."""
        if isinstance(one, str):
            if self.files.pop(one, None) is not None:
                self.gone.append(one)
                self.deleted += [one] if one in self._indexed else []
        elif isinstance(one, FileRow):
            self.files[one.note_id] = one
            self.touched.append(one)
        else:
            note_id = one.row.note_id
            self.files[note_id] = one.row
            if one.note is not None:
                (self.changed if note_id in self._indexed else self.added).append(note_id)

    def must_write(self, base: Index | None, *, level_chroma: bool) -> bool:
        """Whether a generation must be written although no file has other content."""
        refreshed = sum(row.mtime_ns != UNTRUSTED_TIME for row in self.touched)
        if base is None or self.gone or refreshed >= _TOUCHED_WORTH_WRITING:
            return True
        return level_chroma and base.chroma != "level"


def _silent(_what: str, _done: int, _total: int) -> None:
    """Progress nobody asked for."""
