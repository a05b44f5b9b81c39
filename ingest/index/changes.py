"""What changed in the notes folders since they were last taken in.

Reads only files whose size or time differs; the content decides. Writes nothing and parses no note that is unchanged.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ingest.index.catalog import FileRow
from ingest.notes.checks import Check
from ingest.notes.folder import Listing, NoteFile, list_folder, read_file
from ingest.notes.model import KbNote, Layer, Problem
from ingest.notes.reader import read_note

LIBRARY = "library"
# A file written this shortly before it was listed may be written again within the same tick of the clock (two
# seconds on FAT), so its time proves nothing yet.
_TOO_FRESH_NS = 2_000_000_000
UNTRUSTED_TIME = -1
_UNREAD = "unread"


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A note file with its layer. `mtime_ns` is UNTRUSTED_TIME when it is too fresh."""

    file: NoteFile
    layer: Layer
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Listed:
    """All note files by note id, what is wrong with the folders, and the paths below which nothing could be read."""

    files: Mapping[str, ListedFile]
    problems: tuple[Problem, ...]
    unread: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """A file that is new or has other content. `note` None: it has an error and is not to be used."""

    row: FileRow
    note: KbNote | None


@dataclass(frozen=True, slots=True)
class Changes:
    """Which note ids to look at. `maybe` differ in size or time (or are new); `deleted` are gone."""

    maybe: tuple[str, ...]
    deleted: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.maybe or self.deleted)


def list_notes(practice_kb: Path, library_kb: Path | None) -> Listed:
    """The note files of the practice and, as `library/...`, of the library, which may be a folder of the practice's.

    While there is a library, a folder `library` of the practice's own is not read; that is reported.
    """
    now_ns = time.time_ns()
    excluded = frozenset({LIBRARY}) if library_kb is not None else frozenset[str]()
    listings: list[tuple[Layer, Listing]] = [("practice", list_folder(practice_kb, exclude=excluded))]
    problems: list[Problem] = []
    if library_kb is not None:
        listings.append(("library", list_folder(library_kb, prefix=f"{LIBRARY}/")))
        own = practice_kb / LIBRARY
        if own.is_dir() and own.resolve() != library_kb.resolve():
            message = "this name belongs to the starter library, so the folder is not read; rename it"
            problems.append(Problem(f"{practice_kb.name}/{LIBRARY}", 1, Check.FILE_NAME.value, message))
    files = {
        file.note_id: ListedFile(file, layer, _trusted_time(file.mtime_ns, now_ns))
        for layer, listing in listings
        for file in listing.files
    }
    problems += [problem for _, listing in listings for problem in listing.problems]
    unread = tuple(problem.path for problem in problems if problem.check == Check.UNREADABLE.value)
    return Listed(files, tuple(sorted(problems)), unread)


def _trusted_time(mtime_ns: int, now_ns: int) -> int:
    return mtime_ns if mtime_ns < now_ns - _TOO_FRESH_NS else UNTRUSTED_TIME


def compare(listed: Listed, known: Mapping[str, FileRow]) -> Changes:
    """Which files to read again and which are gone. What lies below an unreadable folder is neither."""
    maybe = [note_id for note_id, file in listed.files.items() if not _looks_unchanged(file, known.get(note_id))]
    gone = [note_id for note_id in known if note_id not in listed.files]
    deleted = [note_id for note_id in gone if not _is_below(known[note_id].path, listed.unread)]
    return Changes(tuple(maybe), tuple(deleted))


def _looks_unchanged(listed: ListedFile, row: FileRow | None) -> bool:
    return (
        row is not None
        and (listed.file.size, listed.file.path, listed.layer) == (row.size, row.path, row.layer)
        and row.mtime_ns == listed.file.mtime_ns
    )


def _is_below(path: str, folders: tuple[str, ...]) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for folder in folders)


def is_unchanged(listed: Listed, known: dict[str, FileRow]) -> bool:
    """True when nothing is gone and every file that looks changed has the content it had.

    Such a file's new time is put into `known`: copied or touched notes are not read again at every look.
    """
    changes = compare(listed, known)
    if changes.deleted:
        return False
    for one in read_changed(listed, changes, known):
        if not isinstance(one, FileRow):
            return False
        known[one.note_id] = one
    return True


def read_changed(
    listed: Listed,
    changes: Changes,
    known: Mapping[str, FileRow],
    on_read: Callable[[int, int], None] | None = None,
) -> Iterator[ChangedFile | FileRow | str]:
    """Read the files of `changes.maybe`: each a ChangedFile, a FileRow (same content) or, if it vanished, its id."""
    for number, note_id in enumerate(changes.maybe, 1):
        yield _read(listed.files[note_id], known.get(note_id))
        if on_read is not None:
            on_read(number, len(changes.maybe))


def _read(listed: ListedFile, row: FileRow | None) -> ChangedFile | FileRow | str:
    file = listed.file
    raw = read_file(file)
    if isinstance(raw, Problem):
        if not file.file_path.exists():
            return file.note_id
        # Try again next time, whatever the file's time says.
        unread = FileRow(file.note_id, file.path, listed.layer, file.size, UNTRUSTED_TIME, _UNREAD, (raw,))
        return unread if unread == row else ChangedFile(unread, None)
    sha256 = hashlib.sha256(raw).hexdigest()
    if row is not None and (row.sha256, row.path, row.layer) == (sha256, file.path, listed.layer):
        return FileRow(file.note_id, file.path, listed.layer, file.size, listed.mtime_ns, sha256, row.problems)
    read = read_note(raw, note_id=file.note_id, path=file.path, layer=listed.layer)
    found = FileRow(file.note_id, file.path, listed.layer, file.size, listed.mtime_ns, sha256, read.problems)
    return ChangedFile(found, None if found.has_error else read.note)
