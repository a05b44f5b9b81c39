"""Parts of asking switched off one by one, to see what each is worth. Changes nothing of the practice.

The legs of the search have switches of their own; the payer filter, the vectors and the facts are taken away from what
asking sees.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from assistant.ask.flow import Asker
from assistant.ask.knowledge import Knowledge, NoteScope
from assistant.ask.retrieval import Legs
from assistant.ask.sufficiency import Weighed
from ingest.codes import CodeRange
from ingest.index.chunk import Chunk
from ingest.notes.model import KbNote

Part = Literal["payer-filter", "words", "vectors", "codes", "facts", "sufficiency"]
PARTS: tuple[Part, ...] = get_args(Part)
# Every cosine without vectors: about the mean over the passages that answer in the fitting sets (0.36 to 0.50, feature
# by feature), so that the sufficiency decision, fitted with cosines, is not against every passage for want of one.
_NO_COSINE = 0.44


def without(asker: Asker, parts: Collection[Part]) -> Asker:
    """The asker with some of its parts off.

    `payer-filter`: every note of the practice may answer, whatever payers it names; what a passage says of another
    payer by name is still left out. `words`, `vectors`, `codes`: that leg of the search; without `vectors` nothing is
    embedded and every cosine is the same. `facts`: no rule block is seen. `sufficiency`: the best passages answer,
    whatever they lack; improper requests are still declined, and payers nobody knows still refused.
    """
    if not parts:
        return asker
    legs = Legs(words="words" not in parts, vectors="vectors" not in parts, codes="codes" not in parts)
    knowledge = asker.knowledge
    if {"payer-filter", "vectors", "facts"} & set(parts):
        knowledge = _Less(
            knowledge,
            payers="payer-filter" not in parts,
            vectors="vectors" not in parts,
            rules="facts" not in parts,
        )
    less = replace(asker, knowledge=knowledge, legs=legs)
    if "sufficiency" not in parts:
        return less
    return _Sure(**{one.name: getattr(less, one.name) for one in fields(less) if one.init})


class _Sure(Asker):
    """An asker for which every passage is sufficient."""

    def sufficient(self, weighed: Weighed) -> bool:  # noqa: ARG002 - the signature is Asker's
        return True


@dataclass(frozen=True, eq=False)
class _Less:
    """Knowledge whose practice notes hold for every payer, have no rules, or whose texts have no vectors.

    Fits assistant.ask.knowledge.Knowledge.
    """

    whole: Knowledge
    payers: bool
    vectors: bool
    rules: bool

    def scopes(self) -> Sequence[NoteScope]:
        found = self.whole.scopes()
        if self.payers:
            return found
        return [replace(scope, payers=()) if scope.layer == "practice" else scope for scope in found]

    def payer_notes(self) -> Sequence[KbNote]:
        return self.whole.payer_notes()

    def note(self, note_id: str) -> KbNote:
        note = self.whole.note(note_id)
        return note if self.rules else replace(note, rules=())

    def chunk(self, row: int) -> Chunk:
        return self.whole.chunk(row)

    def search(self, words: Sequence[str], *, limit: int, allowed_rows: NDArray[np.bool_]) -> list[tuple[int, float]]:
        return self.whole.search(words, limit=limit, allowed_rows=allowed_rows)

    def similarities(self, vector: NDArray[np.float32]) -> NDArray[np.float32]:
        if self.vectors:
            return self.whole.similarities(vector)
        return np.full_like(self.whole.similarities(self.whole.vector(0)), _NO_COSINE)

    def vector(self, row: int) -> NDArray[np.float32]:
        return self.whole.vector(row) if self.vectors else np.array([_NO_COSINE], np.float32)

    def document_frequency(self, word: str) -> int:
        return self.whole.document_frequency(word)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self.whole.embed(texts) if self.vectors else np.ones((len(texts), 1), np.float32)

    def keep(self, texts: Sequence[str]) -> None:
        """See Knowledge."""
        self.whole.keep(texts)

    def codes_rows(self, codes: Sequence[CodeRange]) -> list[int]:
        return self.whole.codes_rows(codes)
