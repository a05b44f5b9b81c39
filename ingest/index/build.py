"""A new generation of the index, built from the one before it and from what changed.

Works in a folder nobody reads yet; the caller holds the writer lock and makes it current. Parses no Markdown.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ingest.index.catalog import Catalog, FileRow
from ingest.index.catalog_writer import CatalogWriter
from ingest.index.chunk import Chunk, chunk_note, embedded_text
from ingest.index.embedder import Embedder
from ingest.index.errors import ChromaFailed
from ingest.index.generation import (
    CATALOG,
    CHROMA,
    FREE_ROW,
    ChromaState,
    Manifest,
    chroma_sizes,
    generations,
    new_generation,
    read_keys,
    seal,
    sizes_of,
    write_vectors,
)
from ingest.index.probe import probe
from ingest.index.store import Index, index_format
from ingest.index.worker import run_worker
from ingest.notes.model import KbNote

# (what is being done, how much of it, of how much)
Progress: TypeAlias = Callable[[str, int, int], None]
_Vectors: TypeAlias = NDArray[np.float32]

_LEVEL_SECONDS = 120.0
_LEVEL_SECONDS_PER_CHUNK = 0.05


class VectorPool:
    """Vectors by content hash, from every generation on disk whose vectors are whole; the newest is asked first."""

    def __init__(self, index_dir: Path, model_id: str) -> None:
        self._waiting = generations(index_dir)
        self._model_id = model_id
        self._loaded: list[tuple[dict[str, int], _Vectors]] = []

    def find(self, content_hash: str) -> _Vectors | None:
        """The vector of a text that was embedded before; None when it must be embedded."""
        for rows, vectors in self._sources():
            if content_hash in rows:
                found: _Vectors = vectors[rows[content_hash]]
                return found
        return None

    def _sources(self) -> Iterator[tuple[dict[str, int], _Vectors]]:
        yield from self._loaded
        while self._waiting:
            source = read_keys(self._waiting.pop(0), self._model_id)
            if source is not None:
                self._loaded.append(source)
                yield source


class Build:
    """A generation being built: put and remove notes, embed, finish; each file and note is put or removed once."""

    def __init__(self, index_dir: Path, base: Index | None, embedder: Embedder, on_progress: Progress) -> None:
        """A new generation that holds what `base` holds; with None, nothing."""
        self._base = base
        self._embedder = embedder
        self._on_progress = on_progress
        self._pool = VectorPool(index_dir, embedder.model_id)
        self._written: dict[int, Chunk] = {}
        self._hashes: dict[int, str] = {}
        self._notes = 0
        self._vectors: _Vectors = np.zeros((0, embedder.dimensions), np.float32)
        self.embedded = 0
        self.chroma_failure: str | None = None
        self.manifest: Manifest | None = None
        self.folder = new_generation(index_dir)
        if base is not None:
            shutil.copyfile(base.folder / CATALOG, self.folder / CATALOG)
        self._writer = CatalogWriter(self.folder / CATALOG)
        if base is None or base.chroma == "none" or not _copied(base.folder / CHROMA, self.folder / CHROMA):
            self._writer.mark_chroma(level=False)

    def put(self, row: FileRow, note: KbNote | None) -> None:
        """Remember a file as it was read, and take its note in, in place of the earlier version.

        None: the note that is there, if any, stays.
        """
        self._writer.put_file(row)
        if note is not None:
            chunks = chunk_note(
                note,
                count_tokens=self._embedder.count_tokens,
                max_tokens=self._embedder.max_tokens,
                model_id=self._embedder.model_id,
            )
            self._written.update(self._writer.put_note(note, chunks))

    def remove(self, note_id: str) -> None:
        """Take a note and its file out."""
        self._writer.remove_note(note_id)
        self._writer.remove_file(note_id)

    def abandon(self) -> None:
        """Close the files; the folder stays for the next writer to clean, so that its number is not used again."""
        self._writer.close()

    def embed(self) -> None:
        """Find or compute the vector of every new chunk. Nothing can be put or removed after this."""
        self._writer.commit()
        catalog = Catalog(self.folder / CATALOG)
        self._hashes = catalog.content_hashes()
        self._notes = len(catalog.note_ids())
        catalog.close()
        vectors = np.zeros((max(self._hashes, default=-1) + 1, self._embedder.dimensions), np.float32)
        if self._base is not None:
            kept = [row for row in self._hashes if row not in self._written]
            vectors[kept] = self._base.vectors[kept]
        waiting: dict[str, list[int]] = {}
        for row, chunk in self._written.items():
            known = self._pool.find(chunk.content_hash)
            if known is None:
                waiting.setdefault(chunk.content_hash, []).append(row)
            else:
                vectors[row] = known
        texts = [embedded_text(self._written[rows[0]]) for rows in waiting.values()]
        if texts:
            self._on_progress("embedding", 0, len(texts))
            new = self._embedder.embed(texts, lambda done, total: self._on_progress("embedding", done, total))
            for vector, rows in zip(new, waiting.values(), strict=True):
                vectors[rows] = vector
        self._vectors = vectors
        self.embedded = len(texts)

    def finish(self, *, level_chroma: bool) -> None:
        """Write the vectors, bring Chroma level if asked, seal.

        A failure of Chroma is kept in `chroma_failure` and stops nothing: the exact scan needs no Chroma, and the
        manifest says that there is none.
        """
        row_count = self._vectors.shape[0]
        keys = [self._hashes.get(row, FREE_ROW) for row in range(row_count)]
        write_vectors(self.folder, self._vectors, keys, self._embedder.model_id)
        chroma, self.chroma_failure = self._chroma(len(keys), level=level_chroma)
        self.manifest = Manifest(
            format=index_format(),
            embedder=self._embedder.model_id,
            dimensions=self._embedder.dimensions,
            notes=self._notes,
            chunks=len(self._hashes),
            rows=row_count,
            files=sizes_of(self.folder),
            chroma=chroma,
            chroma_files=chroma_sizes(self.folder) if chroma != "none" else {},
        )
        seal(self.folder, self.manifest)

    def _chroma(self, chunk_count: int, *, level: bool) -> tuple[ChromaState, str | None]:
        present = (self.folder / CHROMA).is_dir()
        catalog = Catalog(self.folder / CATALOG)
        gone, new = catalog.chroma_delta()
        catalog.close()
        if present and not gone and not new:
            return "level", None
        if not level:
            return ("stale" if present else "none"), None
        limit_seconds = _LEVEL_SECONDS + _LEVEL_SECONDS_PER_CHUNK * chunk_count
        failure = None
        for attempt in ("on the copy", "from nothing"):
            if attempt == "from nothing" or not present:
                shutil.rmtree(self.folder / CHROMA, ignore_errors=True)
                self._mark_chroma(level=False)
            try:
                run_worker(
                    "ingest.index.chroma", self.folder, time_limit_seconds=limit_seconds, on_line=self._chroma_line
                )
                probe(self.folder)
            except ChromaFailed as error:
                failure = str(error)
                continue
            self._mark_chroma(level=True)
            return "level", None
        shutil.rmtree(self.folder / CHROMA, ignore_errors=True)
        self._mark_chroma(level=False)
        return "none", failure

    def _chroma_line(self, line: str) -> None:
        done, _, total = line.partition(" ")
        if done.isdigit() and total.isdigit():
            self._on_progress("writing Chroma", int(done), int(total))

    def _mark_chroma(self, *, level: bool) -> None:
        writer = CatalogWriter(self.folder / CATALOG)
        writer.mark_chroma(level=level)
        writer.commit()


def _copied(source: Path, target: Path) -> bool:
    """Copy the Chroma folder. False, with nothing left behind, when it cannot be read: it is then written anew."""
    try:
        shutil.copytree(source, target)
    except OSError:
        shutil.rmtree(target, ignore_errors=True)
        return False
    return True
