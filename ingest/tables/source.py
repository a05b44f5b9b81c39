"""A file somebody wants imported: plain, or a member of a zip that is read where it lies. Knows no table.

Nothing is ever unpacked to disk, so a member's path cannot lead anywhere; sizes are capped before a byte is read.
"""

from __future__ import annotations

import hashlib
import sqlite3
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final, TypeAlias

from ingest.tables.errors import ImportRefused
from ingest.tables.model import Program

# label, done, total
Progress: TypeAlias = Callable[[str, int, int], None]
Window: TypeAlias = tuple[date, date]
HEAD_BYTES: Final = 65_536
# CMS's largest text file holds about 60 MB; a spreadsheet is decompressed in memory and therefore held shorter.
LARGEST_FILE: Final = 1 << 30
LARGEST_SPREADSHEET: Final = 64 << 20
_MOST_MEMBERS: Final = 1_000
# Text tables shrink about 10 to 40 times. What shrinks more, and is large, is made to fill a disk or a memory.
LARGEST_RATIO: Final = 200
SMALL: Final = 16 << 20
BROKEN: Final = (OSError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, ValueError)


@dataclass(frozen=True)
class Source:
    """One readable file. `member` is its path inside the zip at `path`, "" when the file is `path` itself.

    `sha256` is that of the file at `path`, as downloaded; `head` the first 64 KiB of the content; `size` in bytes.
    `ends_open`: the last line has no end, as when a download broke off (a zip would notice by itself).
    """

    path: Path
    member: str
    size: int
    sha256: str
    head: bytes
    opener: Callable[[], BinaryIO]
    ends_open: bool = False

    @property
    def name(self) -> str:
        """The file's own name without folders."""
        return PurePosixPath(self.member.replace("\\", "/")).name if self.member else self.path.name

    @property
    def shown(self) -> str:
        """What messages and the list of releases call it."""
        return f"{self.path.name}: {self.member}" if self.member else self.path.name

    @property
    def is_zip(self) -> bool:
        """True for a zip, and so for a spreadsheet of today's form."""
        return self.head.startswith(b"PK\x03\x04")

    def open(self) -> BinaryIO:
        """The content from its first byte. Raises ImportRefused when it cannot be opened."""
        try:
            return self.opener()
        except BROKEN as error:
            raise self.refused(f"cannot be opened ({error}); download it again") from error

    def refused(self, told: str, line: int | None = None) -> ImportRefused:
        """The error that names this file (and the line) and says what and how to mend."""
        return ImportRefused(f"{self.shown}:{line}: {told}" if line else f"{self.shown}: {told}")


@dataclass(frozen=True)
class Loaded:
    """A file read whole and found sound. `store` writes its rows for a part_id, inside the import's transaction."""

    rows: int
    store: Callable[[sqlite3.Connection, int], None]
    low: str = ""
    high: str = ""


@dataclass(frozen=True)
class Candidate:
    """A file that was recognised. `window` None: neither content nor name tells the dates it covers.

    `part` names its place in a release of several files. Of candidates of one zip that hold the same, the lowest `rank`
    is taken. `label` is given the window that holds (declared or found). `load` raises ImportRefused.
    """

    source: Source
    program: Program
    window: Window | None
    label: Callable[[Window], str]
    load: Callable[[Progress], Loaded]
    part: str = ""
    rank: int = 0


# Looks at a file's content and says whose it is; None: not mine. Those of ICD-10-CM stand in icd10cm_files.recognise.
Recogniser: TypeAlias = Callable[[Source], Candidate | None]


@contextmanager
def open_sources(path: Path) -> Iterator[tuple[Source, ...]]:
    """The file itself, or the members of a zip. Raises ImportRefused for what is no file, is too big or is damaged."""
    try:
        if not path.is_file():
            raise ImportRefused(f"{path}: there is no such file")
        size = path.stat().st_size
        if size == 0:
            raise ImportRefused(f"{path.name}: the file is empty; download it again")
        if size > LARGEST_FILE:
            raise ImportRefused(f"{path.name}: {size:,} bytes are more than any file of CMS; is it the right one?")
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            head = file.read(HEAD_BYTES)
            file.seek(-1, 2)
            ends_open = file.read(1) not in (b"\n", b"\r")
    except (OSError, ValueError) as error:
        raise ImportRefused(f"{path}: cannot be read ({error})") from error
    plain = Source(path, "", size, digest, head, lambda: path.open("rb"), ends_open)
    if not plain.is_zip:
        yield (plain,)
        return
    with _archive(path) as archive:
        if any(info.filename == "xl/workbook.xml" for info in archive.infolist()):
            yield (plain,)
        else:
            yield tuple(_members(path, digest, archive))


@contextmanager
def _archive(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(path)
    except BROKEN as error:
        raise ImportRefused(
            f"{path.name}: the zip is damaged or was not downloaded to its end ({error}); download it again"
        ) from error
    with archive:
        yield archive


def _members(path: Path, digest: str, archive: zipfile.ZipFile) -> Iterator[Source]:
    members = [info for info in archive.infolist() if not info.is_dir()]
    if len(members) > _MOST_MEMBERS:
        raise ImportRefused(f"{path.name}: {len(members):,} files in one zip; import those that matter one by one")
    if sum(info.file_size for info in members) > 2 * LARGEST_FILE:
        raise ImportRefused(f"{path.name}: the zip would unpack to more than 2 GB; that is no download of CMS")
    for info in members:
        shown = f"{path.name}: {info.filename}"
        if too_big(info, LARGEST_FILE):
            raise ImportRefused(
                f"{shown}: {info.compress_size:,} bytes would unpack to {info.file_size:,}; that is no table of CMS"
            )
        try:
            with archive.open(info) as file:
                head = file.read(HEAD_BYTES)
        except BROKEN as error:
            told = "needs a password" if info.flag_bits & 1 else f"is damaged ({error})"
            raise ImportRefused(f"{shown}: {told}; download the zip again from CMS") from error
        if head:
            yield Source(path, info.filename, info.file_size, digest, head, _opener(archive, info))


def _opener(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], BinaryIO]:
    # zipfile hands out no more than `file_size` bytes, whatever the compressed stream holds.
    return lambda: archive.open(info)  # type: ignore[return-value]


def too_big(info: zipfile.ZipInfo, largest: int) -> bool:
    """True for a member over the cap, or one that shrank as no table does."""
    return info.file_size > largest or (
        info.file_size > SMALL and info.file_size > LARGEST_RATIO * max(info.compress_size, 1)
    )
