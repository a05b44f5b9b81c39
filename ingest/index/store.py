"""The index as its readers see it: one sealed generation, opened read-only.

Writes nothing and heals nothing (ingest.index.sync does); imports no Chroma: the exact scan over all vectors is the
truth that Chroma is measured against.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ingest.index.catalog import COLUMN_WEIGHTS, Catalog, FileRow, NoteHeader, types_shape
from ingest.index.chunk import Chunk
from ingest.index.errors import IndexDamaged, IndexMissing
from ingest.index.generation import (
    CATALOG,
    VECTORS,
    ChromaState,
    Manifest,
    chroma_state,
    current_generation,
    verify,
)
from ingest.notes.model import KbNote, Problem

# Raise it when what is written changes in a way the stored types do not show.
_FORMAT = "1"
# A reader may find its generation removed between reading its name and opening it; twice in a row is no accident.
_ATTEMPTS = 5


def index_format() -> str:
    """Names how a generation is written. One written otherwise is not read but built anew."""
    return f"{_FORMAT}-{types_shape()}"


class Index:
    """One generation of the index. Safe to use from several threads; stays readable while newer ones are written."""

    def __init__(self, folder: Path) -> None:
        """Verifies and opens a generation folder. Raises IndexDamaged saying which file and what is wrong."""
        self.folder = folder
        self.manifest: Manifest = verify(folder)
        if self.manifest.format != index_format():
            raise IndexDamaged(f"{folder} was written by another version; run `understudy ingest`")
        try:
            # There is nothing to map in an empty file.
            mode: Literal["r"] | None = "r" if self.manifest.rows else None
            self._vectors: NDArray[np.float32] = np.load(folder / VECTORS, mmap_mode=mode, allow_pickle=False)
        except (OSError, ValueError) as error:
            raise IndexDamaged(f"{folder / VECTORS}: cannot be opened ({error})") from error
        if self._vectors.shape != (self.manifest.rows, self.manifest.dimensions):
            raise IndexDamaged(f"{folder / VECTORS} has the shape {self._vectors.shape}")
        self.catalog = Catalog(folder / CATALOG)

    def close(self) -> None:
        """Let go of the files."""
        self.catalog.close()

    def __enter__(self) -> Index:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def generation(self) -> str:
        """The name of the generation; another name means other content."""
        return self.folder.name

    def is_current(self) -> bool:
        """True while CURRENT names this generation. Raises IndexMissing or IndexDamaged when it names none."""
        return current_generation(self.folder.parent) == self.folder

    @property
    def vectors(self) -> NDArray[np.float32]:
        """(rows, dimensions), memory-mapped and read-only; rows without a chunk are zero."""
        return self._vectors

    @property
    def chroma(self) -> ChromaState:
        """`level`: Chroma holds these chunks. `stale`: older ones. `none`: nothing usable."""
        return chroma_state(self.folder, self.manifest)

    # Notes

    @cached_property
    def payer_notes(self) -> tuple[KbNote, ...]:
        """The notes of kind payer."""
        return tuple(self.catalog.notes(kind="payer"))

    @cached_property
    def headers(self) -> dict[str, NoteHeader]:
        """What decides whether a note may answer, for every note, by note id."""
        return self.catalog.headers()

    def note(self, note_id: str) -> KbNote | None:
        """One note, deserialised now; None when there is none of that id."""
        return self.catalog.note(note_id)

    def notes(self, *, with_rules: bool = False, with_evidence: bool = False) -> Iterator[KbNote]:
        """All notes, or those with rule blocks or evidence blocks, by id; each deserialised as it is reached."""
        return self.catalog.notes(with_rules=with_rules, with_evidence=with_evidence)

    @cached_property
    def files(self) -> dict[str, FileRow]:
        """Every file that was taken in or refused, by note id."""
        return self.catalog.files()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was wrong in the files when they were last read."""
        return tuple(sorted(problem for file in self.files.values() for problem in file.problems))

    # Chunks

    @cached_property
    def rows(self) -> dict[str, list[int]]:
        """The chunk rows of every note that has any, in the order of its lines."""
        return self.catalog.rows()

    def rows_of(self, note_ids: Iterable[str]) -> list[int]:
        """The chunk rows of these notes, as `allowed_rows` takes them."""
        return [row for note_id in note_ids for row in self.rows.get(note_id, ())]

    def chunk(self, row: int) -> Chunk:
        """The chunk of a row. Raises KeyError when the row holds none."""
        return self.catalog.chunk(row)

    def search(
        self,
        words: Iterable[str],
        *,
        limit: int,
        allowed_rows: Iterable[int] | None = None,
        weights: tuple[float, float, float] = COLUMN_WEIGHTS,
    ) -> list[tuple[int, float]]:
        """The best rows by BM25 (see Catalog.search); scores above 0, best first."""
        return self.catalog.search(words, limit=limit, allowed_rows=allowed_rows, weights=weights)

    @cached_property
    def _live(self) -> NDArray[np.int64]:
        return np.asarray(self.catalog.live_rows(), np.int64)

    def nearest(
        self, vector: ArrayLike, *, limit: int, allowed_rows: Iterable[int] | None = None
    ) -> list[tuple[int, float]]:
        """The rows nearest to a vector of length 1 with their cosine, best first, equal ones by row: an exact scan.

        None in `allowed_rows`: every row. Raises ValueError when the vector has another length than the index.
        """
        query = np.asarray(vector, np.float32).reshape(-1)
        if query.shape != (self.manifest.dimensions,):
            raise ValueError(f"the vector has {query.size} numbers, those of the index {self.manifest.dimensions}")
        rows = self._live
        if allowed_rows is not None:
            rows = np.intersect1d(rows, np.fromiter(allowed_rows, np.int64))
        if rows.size == 0 or limit <= 0:
            return []
        # Picking rows out copies them: worth it only for a small part. vecdot runs on this thread alone; the product of
        # BLAS was seen to wait 8 ms for its second thread on a busy machine, ten times what the work takes.
        few = rows.size * 4 < self._vectors.shape[0]
        cosine = np.vecdot(self._vectors[rows], query) if few else np.vecdot(self._vectors, query)[rows]
        if limit < rows.size:
            last_taken = np.partition(cosine, rows.size - limit)[rows.size - limit]
            kept = cosine >= last_taken
            rows, cosine = rows[kept], cosine[kept]
        order = np.lexsort((rows, -cosine))[:limit]
        return [(int(rows[place]), float(cosine[place])) for place in order]


def open_index(index_dir: Path) -> Index:
    """The current generation, its files checked against the manifest.

    Raises IndexMissing when there is none yet, IndexDamaged saying what is wrong otherwise. Takes no lock.
    """
    folder = current_generation(index_dir)
    for _ in range(_ATTEMPTS):
        try:
            return Index(folder)
        except IndexDamaged:
            newer = current_generation(index_dir)
            if newer == folder:
                raise
            folder = newer
    raise IndexMissing(f"{index_dir}: the index is being rewritten over and over; try again")
