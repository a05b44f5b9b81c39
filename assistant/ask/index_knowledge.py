"""The index as asking sees it: scopes, words, vectors and notes of one open generation. Writes nothing."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from assistant.ask.knowledge import NoteScope
from ingest.codes import CodeRange
from ingest.index.chunk import Chunk
from ingest.index.embedder import Embedder
from ingest.index.kept_vectors import KeptVectors
from ingest.index.store import Index
from ingest.index.tokens import tokens
from ingest.notes.model import KbNote

_VECTORS_KEPT = 20_000


class IndexKnowledge:
    """Fits assistant.ask.knowledge.Knowledge. Belongs to one generation; open another for newer notes."""

    def __init__(
        self,
        index: Index,
        embedder: Embedder,
        earlier: IndexKnowledge | None = None,
        kept: KeptVectors | None = None,
    ) -> None:
        """`earlier`: of an older generation of the same notes; texts it has embedded are not embedded again.

        `kept`: the same from one start of the program to the next; read here, written by `keep` alone. None: those of
        `earlier`, which are in memory already.
        """
        self.index = index
        self._embedder = embedder
        self._kept: KeptVectors | None = kept or (earlier._kept if earlier else None)
        self._vectors: OrderedDict[str, NDArray[np.float32]] = earlier._vectors if earlier else OrderedDict()
        self.note = lru_cache(maxsize=4096)(self._note)
        self.chunk = lru_cache(maxsize=16384)(self._chunk)
        self._rows_naming = lru_cache(maxsize=4096)(self._codes_rows)
        self.document_frequency = lru_cache(maxsize=16384)(self._document_frequency)

    @cached_property
    def _scopes(self) -> tuple[NoteScope, ...]:
        superseded_by: defaultdict[str, list[str]] = defaultdict(list)
        for header in self.index.headers.values():
            for older in header.supersedes:
                superseded_by[older].append(header.note_id)
        rows = self.index.rows
        return tuple(
            NoteScope(
                note_id=header.note_id,
                layer=header.layer,
                kind=header.kind,
                status=header.status,
                payers=header.payers,
                effective_from=header.effective_from,
                effective_through=header.effective_through,
                review_by=header.review_by,
                superseded_by=tuple(superseded_by[header.note_id]),
                rows=tuple(rows.get(header.note_id, ())),
            )
            for header in self.index.headers.values()
        )

    def scopes(self) -> Sequence[NoteScope]:
        """Every note's scope."""
        return self._scopes

    def payer_notes(self) -> Sequence[KbNote]:
        """The practice's notes of kind `payer` that are not retired."""
        return [note for note in self.index.payer_notes if note.layer == "practice" and note.status != "retired"]

    def _note(self, note_id: str) -> KbNote:
        note = self.index.note(note_id)
        if note is None:
            raise KeyError(note_id)
        return note

    def _chunk(self, row: int) -> Chunk:
        return self.index.chunk(row)

    def search(self, words: Sequence[str], *, limit: int, allowed_rows: NDArray[np.bool_]) -> list[tuple[int, float]]:
        """The best rows by BM25 with their scores (higher is better)."""
        wanted = [token for word in words for token in tokens(word)]
        every = bool(allowed_rows.all())
        rows = None if every else np.flatnonzero(allowed_rows).tolist()
        return self.index.search(wanted, limit=limit, allowed_rows=rows)

    def similarities(self, vector: NDArray[np.float32]) -> NDArray[np.float32]:
        """The cosine of every row to the vector, shape (rows,)."""
        # vecdot runs on this thread alone; the product of BLAS waits for its others, longer than the work takes.
        found: NDArray[np.float32] = np.vecdot(self.index.vectors, vector)
        return found

    def vector(self, row: int) -> NDArray[np.float32]:
        """The unit vector of a row, shape (dimensions,)."""
        found: NDArray[np.float32] = self.index.vectors[row]
        return found

    def _document_frequency(self, word: str) -> int:
        counts = [self.index.catalog.document_frequency(token) for token in tokens(word)]
        return min(counts, default=0)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Texts as unit vectors, shape (texts, dimensions); those of late are kept."""
        missing = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        fresh: dict[str, NDArray[np.float32]] = self._kept.find(missing) if self._kept else {}
        missing = [text for text in missing if text not in fresh]
        if missing:
            fresh.update(zip(missing, self._embedder.embed(missing), strict=True))
        found = np.stack([fresh[text] if text in fresh else self._vectors[text] for text in texts])
        self._vectors.update(fresh)
        while len(self._vectors) > _VECTORS_KEPT:
            self._vectors.popitem(last=False)
        return found

    def keep(self, texts: Sequence[str]) -> None:
        """Keep the vectors of these texts of notes, and of no others, for the next start of the program."""
        if self._kept is not None and texts:
            self._kept.keep(dict(zip(texts, self.embed(texts), strict=True)))

    def codes_rows(self, codes: Sequence[CodeRange]) -> list[int]:
        """The rows of notes whose front matter names one of the codes."""
        return list(self._rows_naming(tuple(codes)))

    def _codes_rows(self, codes: tuple[CodeRange, ...]) -> list[int]:
        named: set[str] = set()
        for theirs in codes:
            # Held against thousands: what is far away is told by its ends alone.
            low, high = theirs.low, theirs.high
            near = [one for one in self._named_codes if one[0] <= high and low <= one[1]]
            named.update(note_id for _, _, mine, note_id in near if mine.overlaps(theirs))
        return self.index.rows_of([note_id for note_id in self.index.headers if note_id in named])

    @cached_property
    def _named_codes(self) -> tuple[tuple[str, str, CodeRange, str], ...]:
        headers = self.index.headers.values()
        return tuple((mine.low, mine.high, mine, header.note_id) for header in headers for mine in header.codes)
