"""Parts of asking switched off one by one, to see what each is worth. Changes nothing of the practice.

The legs of the search have switches of their own; the payer filter and the facts are taken away from what asking sees.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from assistant.ask.flow import Asker
from assistant.ask.knowledge import Knowledge, NoteScope
from assistant.ask.retrieval import Legs
from ingest.codes import CodeRange
from ingest.index.chunk import Chunk
from ingest.notes.model import KbNote

Part = Literal["payer-filter", "words", "vectors", "codes", "facts"]
PARTS: tuple[Part, ...] = get_args(Part)


def without(asker: Asker, parts: Collection[Part]) -> Asker:
    """The asker with some of its parts off.

    `payer-filter`: every note of the practice may answer, whatever payers it names; what a passage says of another
    payer by name is still left out. `words`, `vectors`, `codes`: that leg of the search (without `vectors` the cosine
    of a passage found otherwise still counts in the sufficiency decision). `facts`: no rule block is seen.
    """
    if not parts:
        return asker
    legs = Legs(words="words" not in parts, vectors="vectors" not in parts, codes="codes" not in parts)
    knowledge = asker.knowledge
    if {"payer-filter", "facts"} & set(parts):
        knowledge = _Less(knowledge, payers="payer-filter" not in parts, rules="facts" not in parts)
    return replace(asker, knowledge=knowledge, legs=legs)


@dataclass(frozen=True, eq=False)
class _Less:
    """Knowledge whose practice notes hold for every payer, or have no rules. Fits assistant.ask.knowledge.Knowledge."""

    whole: Knowledge
    payers: bool
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
        return self.whole.similarities(vector)

    def vector(self, row: int) -> NDArray[np.float32]:
        return self.whole.vector(row)

    def document_frequency(self, word: str) -> int:
        return self.whole.document_frequency(word)

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self.whole.embed(texts)

    def codes_rows(self, codes: Sequence[CodeRange]) -> list[int]:
        return self.whole.codes_rows(codes)
