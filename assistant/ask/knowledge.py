"""The door between asking and the index: what retrieval needs to know of notes, whoever keeps them.

A protocol and two plain values; the real index and the one of the tests both fit it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ingest.codes import CodeRange
from ingest.index.chunk import Chunk
from ingest.notes.model import KbNote, Layer, Status


@dataclass(frozen=True, slots=True)
class NoteScope:
    """For whom and when a note holds, without its text. `rows` are the places of its chunks in the index."""

    note_id: str
    layer: Layer
    kind: str
    status: Status
    payers: tuple[str, ...]
    effective_from: date | None
    effective_through: date | None
    review_by: date | None
    superseded_by: tuple[str, ...]
    rows: tuple[int, ...]


class Knowledge(Protocol):
    """What the notes hold, as the index keeps it. Rows count from 0; cosines and scores fall with distance."""

    def scopes(self) -> Sequence[NoteScope]:
        """Every note's scope."""

    def payer_notes(self) -> Sequence[KbNote]:
        """The practice's notes of kind `payer`."""

    def note(self, note_id: str) -> KbNote:
        """A note by its id; KeyError when there is none."""

    def chunk(self, row: int) -> Chunk:
        """The chunk at a row."""

    def search(self, words: Sequence[str], *, limit: int, allowed_rows: NDArray[np.bool_]) -> list[tuple[int, float]]:
        """The best rows by BM25 with their scores (higher is better)."""

    def similarities(self, vector: NDArray[np.float32]) -> NDArray[np.float32]:
        """The cosine of every row to the vector, shape (rows,)."""

    def vector(self, row: int) -> NDArray[np.float32]:
        """The unit vector of a row, shape (dimensions,)."""

    def document_frequency(self, word: str) -> int:
        """In how many chunks a word or one of its inflections occurs."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Texts (a question, words, sentences) as unit vectors, shape (texts, dimensions)."""

    def keep(self, texts: Sequence[str]) -> None:
        """Keep the vectors of these texts of notes, and of no others, for the next start of the program."""

    def codes_rows(self, codes: Sequence[CodeRange]) -> list[int]:
        """The rows of notes whose front matter names one of the codes."""
