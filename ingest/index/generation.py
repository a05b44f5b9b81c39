"""The generations of the index on disk: which folder is current, what its manifest vouches for, and the swap.

    data/index/
      CURRENT                    the name of one generation folder
      gen-12-7f3a91/
        manifest.json            format, embedder, counts; size and digest of every file below; a digest of itself
        catalog.sqlite           files, notes, chunks, keyword index
        vectors.npy              float32 (rows, dimensions), row n belongs to chunk row n of the catalog
        vectors.keys             the content hash of every row; vouches for vectors.npy even when all else is lost
        chroma/                  the same vectors for LangChain; may be stale or absent, the manifest says so

A sealed generation is never changed: writers build a new folder beside it. Knows neither notes nor SQL.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ingest.index.errors import IndexDamaged, IndexMissing

CATALOG, VECTORS, KEYS, MANIFEST, CHROMA, CURRENT = (
    "catalog.sqlite",
    "vectors.npy",
    "vectors.keys",
    "manifest.json",
    "chroma",
    "CURRENT",
)
SEALED_FILES = (CATALOG, VECTORS, KEYS)
FREE_ROW = "-"
# Up to here a file is hashed whole; beyond, its size and both ends.
_WHOLE_BYTES = 64 * 1024 * 1024
_END_BYTES = 4 * 1024 * 1024
_NAME = re.compile(r"gen-(\d{1,9})-[0-9a-f]{6}\Z")
# The name of a generation takes a few letters to read; anything longer is not ours.
_CURRENT_LIMIT_BYTES = 200

ChromaState = Literal["level", "stale", "none"]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a sealed generation vouches for. `rows` counts vectors, `chunks` those in use; `chroma_files` has sizes."""

    format: str
    embedder: str
    dimensions: int
    notes: int
    chunks: int
    rows: int
    files: Mapping[str, str]
    chroma: ChromaState
    chroma_files: Mapping[str, int]


def digest(path: Path) -> str:
    """`size:sha256` of a file; of a large one, of its two ends."""
    size = path.stat().st_size
    with path.open("rb") as file:
        if size <= _WHOLE_BYTES:
            return f"{size}:{hashlib.file_digest(file, 'sha256').hexdigest()}"
        ends = hashlib.sha256(file.read(_END_BYTES))
        file.seek(-_END_BYTES, os.SEEK_END)
        ends.update(file.read())
    return f"{size}:ends:{ends.hexdigest()}"


# Which folders there are


def generation_number(name: str) -> int | None:
    """The number in a generation's name; None when it is no such name."""
    match = _NAME.match(name)
    return int(match[1]) if match else None


def generations(index_dir: Path) -> list[Path]:
    """The generation folders, newest first, whatever their state."""
    try:
        names = [entry.name for entry in os.scandir(index_dir)]
    except OSError:
        # Not there, or not readable: who wants to write or read in it will hear why.
        return []
    found = [(number, name) for name in names if (number := generation_number(name)) is not None]
    return [index_dir / name for _, name in sorted(found, reverse=True)]


def current_generation(index_dir: Path) -> Path:
    """The folder CURRENT names. Raises IndexMissing when nothing was ever written, else IndexDamaged."""
    path = index_dir / CURRENT
    try:
        with path.open("rb") as file:
            raw = file.read(_CURRENT_LIMIT_BYTES + 1)
    except FileNotFoundError as error:
        if generations(index_dir):
            raise IndexDamaged(f"{path} is missing") from error
        raise IndexMissing(f"{index_dir}: there is no index yet; run `understudy ingest`") from error
    except OSError as error:
        raise IndexDamaged(f"{path}: cannot be read ({error.strerror})") from error
    name = raw.decode("ascii", "replace").strip()
    if generation_number(name) is None:
        raise IndexDamaged(f"{path} does not name a generation")
    return index_dir / name


def new_generation(index_dir: Path) -> Path:
    """An empty folder with the next number. Its letters keep a path from being used twice, which Chroma cannot bear."""
    numbers = [generation_number(path.name) or 0 for path in generations(index_dir)]
    with suppress(IndexDamaged, IndexMissing):
        numbers.append(generation_number(current_generation(index_dir).name) or 0)
    folder = index_dir / f"gen-{max(numbers, default=0) + 1}-{secrets.token_hex(3)}"
    folder.mkdir(parents=True)
    return folder


def clean(index_dir: Path, current: Path, before: Path | None = None) -> None:
    """Remove every generation but `current` and the one before it, which a reader may still be using.

    `before` None or `current`: the newest sealed one below. Files that are not ours stay. What cannot be removed
    (open on Windows) is left for the next time.
    """
    number = generation_number(current.name) or 0
    others = [folder for folder in generations(index_dir) if folder != current]
    if before is None or before == current:
        older = (folder for folder in others if (generation_number(folder.name) or 0) < number)
        before = next((folder for folder in older if (folder / MANIFEST).is_file()), None)
    for folder in others:
        if folder != before:
            _remove(folder)
    for leftover in index_dir.glob(f"{CURRENT}.*.new"):
        with suppress(OSError):
            leftover.unlink()


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


# Sealing


def write_vectors(folder: Path, vectors: NDArray[np.float32], keys: Sequence[str], embedder: str) -> None:
    """Write the vectors and the content hash of each row (`FREE_ROW` for a row without a chunk)."""
    np.save(folder / VECTORS, vectors, allow_pickle=False)
    with (folder / VECTORS).open("rb") as file:
        vouched = hashlib.file_digest(file, "sha256").hexdigest()
    lines = "".join(f"{key}\n" for key in keys)
    head = {"embedder": embedder, "vectors": vouched, "keys": hashlib.sha256(lines.encode()).hexdigest()}
    (folder / KEYS).write_text(json.dumps(head) + "\n" + lines, encoding="ascii", newline="\n")


def read_keys(
    folder: Path, embedder: str, *, mapped: bool = False
) -> tuple[dict[str, int], NDArray[np.float32]] | None:
    """The row of each content hash and the vectors, if both files are whole and of this embedder; else None.

    `mapped`: the vectors stay in the file, which several processes then share, and which nobody may write in place.
    """
    try:
        head_line, _, lines = (folder / KEYS).read_text(encoding="ascii").partition("\n")
        head = json.loads(head_line)
        with (folder / VECTORS).open("rb") as file:
            vouched = hashlib.file_digest(file, "sha256").hexdigest()
        if head != {"embedder": embedder, "vectors": vouched, "keys": hashlib.sha256(lines.encode()).hexdigest()}:
            return None
        # A view of a map costs as little as any other; a map's own rows are dear.
        vectors = np.asarray(np.load(folder / VECTORS, mmap_mode="r" if mapped else None, allow_pickle=False))
    except (OSError, ValueError):
        return None
    return {key: row for row, key in enumerate(lines.split()) if key != FREE_ROW}, vectors


def chroma_sizes(folder: Path) -> dict[str, int]:
    """The size of every file below the Chroma folder. Not the content: opening it to read rewrites its SQLite file."""
    return {
        path.relative_to(folder).as_posix(): path.stat().st_size
        for path in sorted((folder / CHROMA).rglob("*"))
        if path.is_file()
    }


def seal(folder: Path, manifest: Manifest) -> None:
    """Write the manifest and make every file of the generation durable."""
    content = asdict(manifest)
    content["self"] = _self_digest(content)
    (folder / MANIFEST).write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    for path in folder.rglob("*"):
        if path.is_file():
            _sync_file(path)
    for path in [*(p for p in folder.rglob("*") if p.is_dir()), folder, folder.parent]:
        _sync_folder(path)


def make_current(folder: Path) -> None:
    """Point CURRENT at a sealed generation, all at once: whoever reads it sees the old name or the new one."""
    path = folder.parent / CURRENT
    if path.is_dir() and not path.is_symlink():
        # Nobody but us writes here; a folder of this name would stop every index for ever.
        path.rename(folder.parent / f"{CURRENT}-was-a-folder-{secrets.token_hex(3)}")
    new = folder.parent / f"{CURRENT}.{secrets.token_hex(4)}.new"
    new.write_text(folder.name + "\n", encoding="ascii")
    _sync_file(new)
    new.replace(path)
    _sync_folder(folder.parent)


def _sync_file(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(path: Path) -> None:
    if os.name == "nt":
        # Windows offers no handle to a folder's entries; its rename is journaled.
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _self_digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


# Checking


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a generation, vouched for by its own digest. Raises IndexDamaged."""
    path = folder / MANIFEST
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        written = content.pop("self")
        if written != _self_digest(content):
            raise IndexDamaged(f"{path} is not as it was written")
        return Manifest(**content)
    except FileNotFoundError as error:
        raise IndexDamaged(f"{path} is missing") from error
    except OSError as error:
        raise IndexDamaged(f"{path}: cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise IndexDamaged(f"{path} is not as it was written") from error


def verify(folder: Path) -> Manifest:
    """The manifest, once every sealed file was found to be what it vouches for. Raises IndexDamaged naming the file."""
    manifest = read_manifest(folder)
    for problem in _differences(folder, manifest.files):
        raise IndexDamaged(problem)
    return manifest


def _differences(folder: Path, expected: Mapping[str, str]) -> Iterator[str]:
    for name in SEALED_FILES:
        path = folder / name
        try:
            if digest(path) != expected.get(name):
                yield f"{path} is not as it was written"
        except FileNotFoundError:
            yield f"{path} is missing"
        except OSError as error:
            yield f"{path}: cannot be read ({error.strerror})"


def chroma_state(folder: Path, manifest: Manifest) -> ChromaState:
    """What the manifest says of Chroma; "none" when its files are not those it lists, so it must be written anew."""
    try:
        whole = manifest.chroma != "none" and chroma_sizes(folder) == dict(manifest.chroma_files)
    except OSError:
        whole = False
    return manifest.chroma if whole else "none"


def sizes_of(folder: Path, names: Iterable[str] = SEALED_FILES) -> dict[str, str]:
    """The digest of every sealed file of a generation that is ready."""
    return {name: digest(folder / name) for name in names}
