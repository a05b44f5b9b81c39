"""The catalog of one generation: its files, notes, chunks and keyword index in one SQLite file, for reading.

Holds no vectors (row n of the vectors is chunk row n here) and writes nothing: catalog_writer does.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.codes import CodeSet
from ingest.index.chunk import Chunk
from ingest.index.codec import from_json, shape
from ingest.index.errors import IndexDamaged
from ingest.notes.model import KbNote, Kind, Layer, Problem, Status

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SCHEMA = """
CREATE TABLE files (note_id TEXT PRIMARY KEY, path TEXT NOT NULL, layer TEXT NOT NULL, size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL, sha256 TEXT NOT NULL, problems TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE notes (note_id TEXT PRIMARY KEY, kind TEXT NOT NULL, has_rules INTEGER NOT NULL,
    has_evidence INTEGER NOT NULL, header TEXT NOT NULL, note TEXT NOT NULL);
CREATE TABLE chunks (row INTEGER PRIMARY KEY, chunk_id TEXT NOT NULL UNIQUE, note_id TEXT NOT NULL,
    start_line INTEGER NOT NULL, content_hash TEXT NOT NULL, record_hash TEXT NOT NULL, chunk TEXT NOT NULL);
CREATE INDEX chunks_of_note ON chunks (note_id);
CREATE TABLE in_chroma (chunk_id TEXT PRIMARY KEY, record_hash TEXT NOT NULL) WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5 (codes, title, body, tokenize = 'porter unicode61');
"""
# How much a word counts that stands among the codes and payers, in the title or headings, in the text.
COLUMN_WEIGHTS = (4.0, 2.0, 1.0)
_WORDS_COUNTED = 16_384
# Up to so many chunks the words asked for are kept with their scores: at most some 30 MB, were every word asked for.
_CHUNKS_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class NoteHeader:
    """What decides whether a note may answer, without its text. Dates are inclusive; None: unbounded or unknown."""

    note_id: str
    layer: Layer
    kind: Kind
    status: Status
    title: str
    payers: tuple[str, ...]
    codes: CodeSet
    modifiers: tuple[str, ...]
    carcs: tuple[str, ...]
    places: tuple[str, ...]
    specialties: tuple[str, ...]
    verified: date | None
    review_by: date | None
    effective_from: date | None
    effective_through: date | None
    supersedes: tuple[str, ...]

    @classmethod
    def of(cls, note: KbNote) -> NoteHeader:
        """The header of a note."""
        return cls(*(getattr(note, name) for name in cls.__slots__))

    def in_force(self, on: date) -> bool:
        """True when `on` lies within the note's own dates, both ends included."""
        return (self.effective_from is None or self.effective_from <= on) and (
            self.effective_through is None or on <= self.effective_through
        )


@dataclass(frozen=True, slots=True)
class FileRow:
    """A note's file as it was last read. `problems` are those found then; with an error among them, the note kept is
    the last good version (or none). `mtime_ns` -1: too fresh to trust, so it is read again next time.
    """

    note_id: str
    path: str
    layer: Layer
    size: int
    mtime_ns: int
    sha256: str
    problems: tuple[Problem, ...]

    @property
    def has_error(self) -> bool:
        """True when the file as it stands is not in the index."""
        return any(problem.severity == "error" for problem in self.problems)


def types_shape() -> str:
    """What is stored must be read by the same types, so this is part of a generation's format."""
    return "".join(shape(kind)[:6] for kind in (KbNote, Chunk, NoteHeader, Problem))


class Catalog:
    """A sealed catalog, opened read-only. Safe to use from several threads. Notes are deserialised when asked for."""

    def __init__(self, path: Path) -> None:
        """Raises IndexDamaged when the file cannot be opened as a catalog."""
        self._path = path
        self._lock = threading.Lock()
        # A sealed catalog never changes: what was counted once is known.
        self.document_frequency = lru_cache(maxsize=_WORDS_COUNTED)(self._document_frequency)
        self._scores_of = lru_cache(maxsize=_WORDS_COUNTED)(self._word_scores)
        try:
            # Nobody writes a sealed generation, so no lock and no journal beside it.
            uri = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
            self._connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
        except sqlite3.Error as error:
            raise IndexDamaged(f"{path}: cannot be opened ({error})") from error

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _all(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        try:
            with self._lock:
                return self._connection.execute(sql, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise IndexDamaged(f"{self._path}: cannot be read ({error}); run `understudy ingest`") from error

    # Files

    def files(self) -> dict[str, FileRow]:
        """Every file taken in, by note id."""
        rows = self._all("SELECT note_id, path, layer, size, mtime_ns, sha256, problems FROM files")
        return {
            note_id: FileRow(note_id, path, layer, size, mtime_ns, sha256, problems_from_json(problems))
            for note_id, path, layer, size, mtime_ns, sha256, problems in rows
        }

    # Notes

    def headers(self) -> dict[str, NoteHeader]:
        """The header of every note, by note id in order."""
        rows = self._all("SELECT note_id, header FROM notes ORDER BY note_id")
        return {note_id: from_json(NoteHeader, header) for note_id, header in rows}

    def note(self, note_id: str) -> KbNote | None:
        """One note; None when the index has none of that id."""
        rows = self._all("SELECT note FROM notes WHERE note_id = ?", (note_id,))
        return from_json(KbNote, rows[0][0]) if rows else None

    def notes(
        self, *, kind: Kind | None = None, with_rules: bool = False, with_evidence: bool = False
    ) -> Iterator[KbNote]:
        """Notes in the order of their ids: all, or those of a kind, with rule blocks, with evidence blocks."""
        conditions = ["1"] + ["has_rules"] * with_rules + ["has_evidence"] * with_evidence
        if kind is not None:
            conditions.append("kind = ?")
        where = " AND ".join(conditions)
        rows = self._all(f"SELECT note FROM notes WHERE {where} ORDER BY note_id", (kind,) if kind else ())
        return (from_json(KbNote, note) for (note,) in rows)

    def note_ids(self) -> list[str]:
        """The ids of all notes, in order."""
        return [note_id for (note_id,) in self._all("SELECT note_id FROM notes ORDER BY note_id")]

    # Chunks

    def rows(self) -> dict[str, list[int]]:
        """The chunk rows of every note, by note id, in the order of the note's lines."""
        found: dict[str, list[int]] = {}
        for note_id, row in self._all("SELECT note_id, row FROM chunks ORDER BY note_id, start_line, row"):
            found.setdefault(note_id, []).append(row)
        return found

    def live_rows(self) -> list[int]:
        """The rows that hold a chunk, ascending; others are free."""
        return [row for (row,) in self._all("SELECT row FROM chunks ORDER BY row")]

    def chunk(self, row: int) -> Chunk:
        """The chunk of a row. Raises KeyError when the row is free."""
        rows = self._all("SELECT chunk FROM chunks WHERE row = ?", (row,))
        if not rows:
            raise KeyError(row)
        return from_json(Chunk, rows[0][0])

    def chunk_row(self, chunk_id: str) -> int | None:
        """The row of a chunk; None when there is none of that id."""
        rows = self._all("SELECT row FROM chunks WHERE chunk_id = ?", (chunk_id,))
        return int(rows[0][0]) if rows else None

    def content_hashes(self) -> dict[int, str]:
        """The content hash of every live row."""
        return dict(self._all("SELECT row, content_hash FROM chunks"))

    # Keyword search

    def search(
        self,
        words: Iterable[str],
        *,
        limit: int,
        allowed_rows: Iterable[int] | None = None,
        weights: tuple[float, float, float] = COLUMN_WEIGHTS,
    ) -> list[tuple[int, float]]:
        """The best rows by BM25 for any of `words` (as `tokens` gives them), with their scores, best first.

        A higher score is better; equal ones by row. A word that more than half of all chunks hold is left out unless
        there is no other: BM25 gives it no weight, and its matches cost the most. None in `allowed_rows`: every row.
        """
        terms = self._telling(dict.fromkeys(word for word in words if word.isalnum()))
        if not terms or limit <= 0:
            return []
        if self._chunks <= _CHUNKS_KEPT:
            return self._summed(terms, limit, allowed_rows, weights)
        sql = "SELECT rowid, -bm25(words, ?, ?, ?) AS score FROM words WHERE words MATCH ?"
        values: list[Any] = [*weights, " OR ".join(f'"{term}"' for term in terms)]
        if allowed_rows is not None:
            # The + keeps SQLite from asking the keyword index once for each row.
            sql += " AND +rowid IN (SELECT value FROM json_each(?))"
            values.append(json.dumps([int(row) for row in allowed_rows]))
        return [
            (int(row), float(score))
            for row, score in self._all(f"{sql} ORDER BY score DESC, rowid LIMIT ?", [*values, limit])
        ]

    def _summed(
        self, terms: Iterable[str], limit: int, allowed_rows: Iterable[int] | None, weights: tuple[float, float, float]
    ) -> list[tuple[int, float]]:
        """What the query for all terms gives: BM25 adds up what each word gives by itself, in order."""
        import numpy as np

        scores = np.zeros(self._last_row + 1)
        for term in terms:
            rows, theirs = self._scores_of(term, weights)
            scores[rows] += theirs
        if allowed_rows is not None:
            allowed = np.zeros(scores.shape, np.bool_)
            allowed[np.fromiter(allowed_rows, np.int64)] = True
            scores[~allowed] = 0
        found = np.flatnonzero(scores)
        best = found[np.lexsort((found, -scores[found]))[:limit]]
        return list(zip(best.tolist(), scores[best].tolist(), strict=True))

    def _word_scores(
        self, term: str, weights: tuple[float, float, float]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The rows that hold a word, and its BM25 score in each."""
        import numpy as np

        sql = "SELECT rowid, -bm25(words, ?, ?, ?) FROM words WHERE words MATCH ?"
        found = self._all(sql, [*weights, f'"{term}"'])
        return np.array([row for row, _ in found], np.int64), np.array([score for _, score in found])

    def _document_frequency(self, word: str) -> int:
        """How many chunks hold a word (as `tokens` gives it) or an inflection of it."""
        if not word.isalnum():
            return 0
        return int(self._all("SELECT count(*) FROM words WHERE words MATCH ?", (f'"{word}"',))[0][0])

    def _telling(self, terms: Iterable[str]) -> list[str]:
        held_by = {term: self.document_frequency(term) for term in terms}
        known = [term for term, count in held_by.items() if count]
        return [term for term in known if 2 * held_by[term] <= self._chunks] or known

    @cached_property
    def _chunks(self) -> int:
        return int(self._all("SELECT count(*) FROM chunks")[0][0])

    @cached_property
    def _last_row(self) -> int:
        return int(self._all("SELECT coalesce(max(row), 0) FROM chunks")[0][0])

    # Chroma

    def chroma_delta(self) -> tuple[list[str], list[int]]:
        """What would bring Chroma level: chunk ids to delete, rows to write (new or changed)."""
        gone = self._all("SELECT chunk_id FROM in_chroma WHERE chunk_id NOT IN (SELECT chunk_id FROM chunks)")
        new = self._all(
            "SELECT c.row FROM chunks c LEFT JOIN in_chroma k ON k.chunk_id = c.chunk_id"
            " WHERE k.record_hash IS NOT c.record_hash ORDER BY c.row"
        )
        return [chunk_id for (chunk_id,) in gone], [row for (row,) in new]


def problems_to_json(problems: Iterable[Problem]) -> str:
    """Problems as JSON text."""
    return json.dumps([[p.path, p.line, p.check, p.message, p.severity] for p in problems], ensure_ascii=False)


def problems_from_json(text: str) -> tuple[Problem, ...]:
    """The problems that `problems_to_json` wrote."""
    return tuple(Problem(*values) for values in json.loads(text)) if text != "[]" else ()
