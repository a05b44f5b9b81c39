"""The Markdown files of a notes folder: finding them, opening them safely, reading them all.

Follows no symbolic link out of the folder, changes nothing, and keeps nothing between calls.
"""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.notes.checks import Check, shown
from ingest.notes.model import KbNote, Layer, Problem
from ingest.notes.reader import MAX_NOTE_BYTES, read_note, too_large

_SUFFIX = ".md"
_TOP_README = "readme.md"
# Control characters, line ends and names that are not text: a message or citation with one would break its line.
_UNCITABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
# On systems without these flags the check of the resolved path alone stands.
_OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class NoteFile:
    """One note file as the folder lists it.

    `path` is how messages name it (`kb/payers/acme/mod-25.md`), `opened` how the operating system does, `root` the
    resolved folder it must stay in. `size` is in bytes, `mtime_ns` in nanoseconds since 1970; both as of the listing.
    """

    note_id: str
    path: str
    opened: str
    root: Path
    size: int
    mtime_ns: int

    @property
    def file_path(self) -> Path:
        """`opened` as a path; made when wanted, since a folder is listed far more often than its files are read."""
        return Path(self.opened)


@dataclass(frozen=True, slots=True)
class Listing:
    """What a folder holds: its notes sorted by id, what was refused, and every path a link may lead to.

    `paths` are relative to the folder with the prefix in front, `/` between parts, for files and folders alike.
    """

    files: tuple[NoteFile, ...]
    problems: tuple[Problem, ...]
    paths: frozenset[str]


@dataclass(frozen=True, slots=True)
class Folder:
    """All notes of a folder and all problems of form, sorted by path and line. `paths` as in `Listing`."""

    notes: tuple[KbNote, ...]
    problems: tuple[Problem, ...]
    paths: frozenset[str]


def list_note_files(kb_dir: Path, *, prefix: str = "", exclude: frozenset[str] = frozenset()) -> list[NoteFile]:
    """The note files below `kb_dir`, sorted by note id; refused ones are left out (`list_folder` says why).

    A note file is any `*.md` but the README.md at the top. Hidden files and folders and the top folders named in
    `exclude` are skipped. `prefix` (such as `library/`) begins every note id. A folder that does not exist has none.
    """
    return list(list_folder(kb_dir, prefix=prefix, exclude=exclude).files)


def list_folder(kb_dir: Path, *, prefix: str = "", exclude: frozenset[str] = frozenset()) -> Listing:
    """As `list_note_files`, with the problems and the paths links may lead to. Reads no file's content."""
    walk = _Walk(kb_dir, prefix)
    walk.enter("", exclude)
    return walk.listing()


class _Walk:
    """One pass over the folder tree. Names are handled as the operating system gives them until they become ids."""

    def __init__(self, kb_dir: Path, prefix: str) -> None:
        self._top = str(kb_dir)
        self._root = kb_dir.resolve()
        self._shown_top = self._root.name if kb_dir.name in ("", "..") else kb_dir.name
        self._prefix = prefix
        self._files: list[NoteFile] = []
        self._problems: list[Problem] = []
        self._paths: set[str] = set()

    def enter(self, relative: str, exclude: frozenset[str] = frozenset()) -> None:
        """Take in the folder at `relative` and, without recursion, every folder below it."""
        waiting = [relative]
        while waiting:
            folder = waiting.pop()
            try:
                with os.scandir(f"{self._top}/{folder}" if folder else self._top) as entries:
                    found = list(entries)
            except FileNotFoundError:
                # The folder is not there, or was deleted while we walked: it holds no notes.
                continue
            except OSError as error:
                self._refuse(folder, Check.UNREADABLE, f"the folder cannot be read ({error.strerror})")
                continue
            for entry in found:
                if entry.name.startswith(".") or (not folder and entry.name in exclude):
                    continue
                below = self._take(entry, f"{folder}/{entry.name}" if folder else entry.name)
                waiting += [below] if below is not None else []

    def _take(self, entry: os.DirEntry[str], relative: str) -> str | None:
        """Take in one entry; the result is a folder still to be entered."""
        try:
            if entry.is_symlink():
                self._take_link(entry, relative)
            elif entry.is_dir(follow_symlinks=False):
                self._paths.add(self._listed(relative))
                return relative
            else:
                self._take_file(entry, relative, entry.stat(follow_symlinks=False))
        except OSError as error:
            self._refuse(relative, Check.UNREADABLE, f"it cannot be read ({error.strerror})")
        return None

    def _take_link(self, entry: os.DirEntry[str], relative: str) -> None:
        is_note = entry.name.lower().endswith(_SUFFIX)
        try:
            target = Path(entry.path).resolve(strict=True)
        except (OSError, RuntimeError):
            # Python 3.11 and 3.12 raise RuntimeError for a link that leads to itself.
            if is_note:
                self._refuse(
                    relative, Check.UNREADABLE, "the symbolic link leads nowhere; delete it or mend its target"
                )
            return
        if not target.is_relative_to(self._root):
            self._refuse(
                relative, Check.LEADS_OUT, "the symbolic link leads out of the notes folder; copy the file in instead"
            )
            return
        self._paths.add(self._listed(relative))
        # A folder inside is read where it stands; following the link would read it twice, or for ever.
        if target.is_file():
            self._take_file(entry, relative, entry.stat(follow_symlinks=True))

    def _take_file(self, entry: os.DirEntry[str], relative: str, status: os.stat_result) -> None:
        listed = self._listed(relative)
        self._paths.add(listed)
        if not entry.name.lower().endswith(_SUFFIX) or relative.lower() == _TOP_README:
            return
        if not stat.S_ISREG(status.st_mode):
            self._refuse(relative, Check.UNREADABLE, "it is no ordinary file")
            return
        if _UNCITABLE.search(relative) or len(entry.name) == len(_SUFFIX):
            self._refuse(relative, Check.FILE_NAME, "its name cannot be cited; rename it with plain letters")
            return
        note_id = listed[: -len(_SUFFIX)]
        opened = f"{self._top}/{relative}"
        self._files.append(
            NoteFile(note_id, self._shown(relative), opened, self._root, status.st_size, status.st_mtime_ns)
        )

    def _listed(self, relative: str) -> str:
        # Some systems hand out decomposed letters; ids, links and `supersedes` are compared composed.
        return self._prefix + unicodedata.normalize("NFC", relative)

    def _shown(self, relative: str) -> str:
        name = f"{self._shown_top}/{relative}" if relative else self._shown_top
        return _UNCITABLE.sub(lambda match: match[0].encode("unicode_escape").decode(), name)

    def _refuse(self, relative: str, check: Check, message: str) -> None:
        self._problems.append(Problem(self._shown(relative), 1, check.value, message, check.severity))

    def listing(self) -> Listing:
        files: dict[str, NoteFile] = {}
        for file in sorted(self._files, key=lambda file: (file.note_id, file.path)):
            if file.note_id in files:
                other = shown(files[file.note_id].path, limit=200)
                message = f"it would have the same note id as {other}; rename one of them"
                self._problems.append(Problem(file.path, 1, Check.FILE_NAME.value, message))
            else:
                files[file.note_id] = file
        return Listing(tuple(files.values()), tuple(sorted(self._problems)), frozenset(self._paths))


def read_file(file: NoteFile) -> bytes | Problem:
    """The bytes of a listed file, or the problem that kept it from being read. Never raises for what a disk holds.

    The path is resolved again, so a link changed since the listing is not followed out of the folder. No more than
    `MAX_NOTE_BYTES` are read.
    """
    try:
        target = file.file_path.resolve(strict=True)
        if not target.is_relative_to(file.root):
            return _problem(file, Check.LEADS_OUT, "it leads out of the notes folder; copy the file in instead")
        with os.fdopen(os.open(target, _OPEN_FLAGS), "rb") as stream:
            status = os.fstat(stream.fileno())
            if not stat.S_ISREG(status.st_mode):
                return _problem(file, Check.UNREADABLE, "it is no ordinary file")
            raw = stream.read(MAX_NOTE_BYTES + 1)
    except OSError as error:
        return _problem(file, Check.UNREADABLE, f"it cannot be read ({error.strerror}); check its permissions")
    except RuntimeError:
        return _problem(file, Check.UNREADABLE, "the symbolic link leads to itself")
    if len(raw) > MAX_NOTE_BYTES:
        return _problem(file, Check.TOO_LARGE, too_large(max(status.st_size, len(raw))))
    return raw


def _problem(file: NoteFile, check: Check, message: str) -> Problem:
    return Problem(file.path, 1, check.value, message, check.severity)


def read_folder(kb_dir: Path, *, layer: Layer, prefix: str = "", exclude: frozenset[str] = frozenset()) -> Folder:
    """Read every note of a folder. Notes with errors are among `notes`; their errors are among `problems`.

    Never raises for what the folder holds; a folder that does not exist has no notes.
    """
    listing = list_folder(kb_dir, prefix=prefix, exclude=exclude)
    return read_listing(listing, listing.files, layer=layer)


def read_listing(listing: Listing, files: Sequence[NoteFile], *, layer: Layer) -> Folder:
    """Read some of a listing's files, such as those that changed; the listing's own problems are kept."""
    notes: list[KbNote] = []
    problems: list[Problem] = list(listing.problems)
    for file in files:
        raw = read_file(file)
        if isinstance(raw, Problem):
            problems.append(raw)
            continue
        read = read_note(raw, note_id=file.note_id, path=file.path, layer=layer)
        problems += read.problems
        notes += [read.note] if read.note is not None else []
    return Folder(tuple(notes), tuple(sorted(problems)), listing.paths)
