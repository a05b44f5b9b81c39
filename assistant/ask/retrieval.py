"""Candidates for a question: BM25, vectors and named codes, fused by reciprocal rank within the notes that may answer.

Ranks only what the scope allows; whether the best is good enough is decided in `sufficiency`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.ask.demands import BESIDE_THE_MATTER, demands_on, rarity_of, words_compared
from assistant.ask.facts import matching_rules
from assistant.ask.knowledge import Knowledge, NoteScope
from assistant.ask.lexicon import Lexicon
from assistant.ask.passage import Passage, codes_in
from assistant.ask.payers import PayerDirectory
from assistant.ask.question import Question
from assistant.ask.scope import row_mask
from assistant.ask.segments import Segment, about, segments
from assistant.ask.sufficiency import Weighed, Weights, features_of, probability, share_met
from assistant.ask.wants import wanted

_CANDIDATES = 40
_RRF_K = 60
# The candidates that are read piece by piece; the others were too far away in every leg of the search.
_READ_CLOSELY = 14
PASSAGES_KEPT = 5_000
_PIECES_READ = 40
# A passage that is less probable than this even if one piece met all demands is no answer, whatever its pieces meet.
_READ_BY_PIECE = 0.02
# Of all rows that may answer, the share that is farther from the question than the nearer tenth.
_NEARER = 0.95


@dataclass(frozen=True, slots=True)
class Legs:
    """Which legs of the search are on. All on in use; switched off one by one by the evaluation."""

    words: bool = True
    vectors: bool = True
    codes: bool = True


@dataclass(frozen=True)
class Searcher:
    """Everything that is computed once for a question and shared by its runs over several payers."""

    knowledge: Knowledge
    question: Question
    lexicon: Lexicon
    directory: PayerDirectory
    weights: Weights
    legs: Legs
    vector: NDArray[np.float32]
    similarities: NDArray[np.float32]
    search_words: tuple[str, ...]
    rarity: Callable[[str], float]
    _passages: dict[tuple[int, str | None], Passage | None]
    _near: dict[str, float]
    _read: list[Passage]
    _likenesses: dict[str, dict[str, float]]
    _stacked: dict[tuple[str, ...], NDArray[np.float32]]

    @classmethod
    def open(
        cls,
        knowledge: Knowledge,
        question: Question,
        *,
        lexicon: Lexicon,
        directory: PayerDirectory,
        weights: Weights,
        legs: Legs,
        passages: dict[tuple[int, str | None], Passage | None] | None = None,
    ) -> Searcher:
        """Embed the question once and prepare its words. `passages` are those read before, by row and payer."""
        vector = knowledge.embed(compared_texts(question))[0]
        similarities = knowledge.similarities(vector)
        return cls(
            knowledge=knowledge,
            question=question,
            lexicon=lexicon,
            directory=directory,
            weights=weights,
            legs=legs,
            vector=vector,
            similarities=similarities,
            search_words=_search_words(question),
            rarity=rarity_of(knowledge.document_frequency, len(similarities)),
            _passages={} if passages is None else passages,
            _near={},
            _read=[],
            _likenesses={},
            _stacked={},
        )

    def run(self, selected: Sequence[NoteScope], *, payer: str | None) -> list[Weighed]:
        """The passages of the selected notes by the probability that they answer, highest first.

        `payer` drops what is about other payers only.
        """
        allowed = row_mask(selected, len(self.similarities))
        candidates = self._candidates(allowed)
        read: list[tuple[Passage, int | None]] = []
        for row, lexical_rank in candidates:
            passage = self._passage(row, payer)
            if passage is not None:
                read.append((passage, lexical_rank))
            if len(read) == _READ_CLOSELY:
                break
        self._read.extend(passage for passage, _ in read)
        self._embed_pieces([passage for passage, _ in read])
        background = self._background(allowed)
        weighed = [self._weigh(passage, rank, payer, background) for passage, rank in read]
        return sorted(weighed, key=lambda found: (-found.probability, found.passage.row))

    def _candidates(self, allowed: NDArray[np.bool_]) -> list[tuple[int, int | None]]:
        """Rows by fused rank, each with its rank among the word hits."""
        if not allowed.any():
            return []
        ranks: list[list[int]] = []
        lexical: list[int] = []
        if self.legs.words and self.search_words:
            hits = self.knowledge.search(self.search_words, limit=_CANDIDATES, allowed_rows=allowed)
            lexical = [row for row, _ in hits]
            ranks.append(lexical)
        if self.legs.vectors:
            ranks.append(self._nearest(allowed))
        wanted = [
            *self.question.codes,
            *(one for name in self.question.procedures for one in self.lexicon.procedures[name].codes),
        ]
        if self.legs.codes and wanted:
            rows = [row for row in self.knowledge.codes_rows(wanted) if allowed[row]]
            ranks.append(sorted(rows, key=lambda row: -self.similarities[row])[:_CANDIDATES])
        word_rank = {row: rank for rank, row in enumerate(lexical)}
        return [(row, word_rank.get(row)) for row, _ in _fuse(ranks)]

    def _background(self, allowed: NDArray[np.bool_]) -> float:
        """How close to the question the nearer tenth of the selected notes' rows begins (cosine).

        By vectors alone and as a share of the rows: neither a note of another payer nor the number of notes moves it.
        """
        return float(np.quantile(self.similarities[allowed], _NEARER)) if allowed.any() else 0.0

    def _weigh(self, passage: Passage, lexical_rank: int | None, payer: str | None, background: float) -> Weighed:
        closest = self._closest(passage)
        similarity = float(self.similarities[passage.row])
        demands = demands_on(
            self.question,
            passage,
            rarity=self.rarity,
            lexicon=self.lexicon,
            names_payer=self._names(passage, payer),
            likeness=(lambda form: self._likeness(form, passage)) if self.legs.vectors else None,
        )
        features = features_of(
            self.question,
            demands,
            closest=closest,
            piece_share=1.0,
            similarity=similarity,
            lexical_rank=lexical_rank,
            has_rule=bool(matching_rules(self.question, passage, lexicon=self.lexicon)),
            names_procedures=bool(passage.own_codes or passage.procedures or passage.note.codes),
            stands_out=similarity - background,
            closest_stands_out=closest - background,
            value_gap=0.0,
            tells_of_a_denial=passage.note.kind == "denial" and passage.note.layer == "practice",
            payers_own=bool(passage.note.payers),
        )
        if probability(features, self.weights) >= _READ_BY_PIECE:
            # A passage that cannot answer at its best is not read piece by piece.
            features["piece_share"], features["value_gap"] = self._by_piece(passage, payer)
        return Weighed(passage, demands, features, probability(features, self.weights))

    def _by_piece(self, passage: Passage, payer: str | None) -> tuple[float, float]:
        """The largest share of the demands that a single piece below its headings meets, by its words alone, and how
        much less of the matter is met by the pieces that hold a value of a wanted kind (0 where none is wanted).
        """
        if len(passage.segments) > _PIECES_READ:
            return 0.0, 0.0
        names_payer = self._names(passage, payer)
        wants = wanted(self.question.spoken)
        whole = of_matter = with_value = 0.0
        for piece in passage.alone:
            demands = demands_on(
                self.question, piece, rarity=self.rarity, lexicon=self.lexicon, names_payer=names_payer
            )
            whole = max(whole, share_met(demands))
            if not wants:
                continue
            matter = [demand for demand in demands if demand.kind not in BESIDE_THE_MATTER]
            met = share_met(matter) if matter else 1.0
            of_matter = max(of_matter, met)
            if any(demand.kind == "wanted" and demand.met for demand in demands):
                with_value = max(with_value, met)
        return whole, of_matter - with_value

    def _names(self, passage: Passage, payer: str | None) -> float:
        """1 where the note is the payer's own, 0.8 where the passage names it, 0 where it speaks for every payer."""
        if payer is None or payer in passage.note.payers:
            return 1.0
        if payer in self.directory.exact(passage.headline):
            return 0.8
        naming = [piece for piece in passage.segments if payer in self.directory.exact(piece.plain)]
        if not naming:
            return 0.0
        # A page for everybody that names the payer for another procedure says nothing of the one asked about.
        codes = self.question.codes
        elsewhere = codes and not any(codes_in(piece.plain).overlaps(codes) for piece in naming)
        if elsewhere and any(codes_in(piece.plain).overlaps(codes) for piece in passage.segments):
            return 0.2
        return 0.8

    def _closest(self, passage: Passage) -> float:
        """The cosine of the question to the passage's nearest piece; to the whole where there is no piece."""
        texts = passage.piece_texts
        if not texts or not self.legs.vectors:
            return float(self.similarities[passage.row])
        return max(self._near[text] for text in texts)

    def _likeness(self, form: str, passage: Passage) -> float:
        """The highest cosine of a word to a word of the passage."""
        like = self._likenesses.setdefault(form, {})
        if not like.keys() >= passage.forms:
            # All passages will be asked, so the word is held against the words of all of them at once.
            known = like.keys()
            new = tuple(sorted({other for one in (*self._read, passage) for other in one.forms if other not in known}))
            if new not in self._stacked:
                self._stacked[new] = self.knowledge.embed(new)
            # vecdot runs on this thread alone, see IndexKnowledge.similarities.
            cosines = np.vecdot(self._stacked[new], self.knowledge.embed([form])[0])
            like.update(zip(new, cosines.tolist(), strict=True))
        return max((like[other] for other in passage.forms), default=0.0)

    def _embed_pieces(self, passages: Iterable[Passage]) -> None:
        """Embed the pieces of the passages and hold the question against all of them at once."""
        texts = list(dict.fromkeys(text for one in passages for text in one.piece_texts if text not in self._near))
        if self.legs.vectors and texts:
            cosines = np.vecdot(self.knowledge.embed(texts), self.vector)
            self._near.update(zip(texts, cosines.tolist(), strict=True))

    def _nearest(self, allowed: NDArray[np.bool_]) -> list[int]:
        masked = np.where(allowed, self.similarities, -2.0)
        count = min(_CANDIDATES, int(allowed.sum()))
        if count == 0:
            return []
        best = np.argpartition(-masked, count - 1)[:count]
        return [int(row) for row in best[np.argsort(-masked[best], kind="stable")]]

    def _passage(self, row: int, payer: str | None) -> Passage | None:
        return passage_of(self._passages, self.knowledge, self.directory, self.lexicon, row, payer)


def compared_texts(question: Question) -> list[str]:
    """What is compared of a question by its vector: the whole first, then words of it. At once they cost less."""
    return [question.spoken, *words_compared(question)]


def passage_of(
    read: dict[tuple[int, str | None], Passage | None],
    knowledge: Knowledge,
    directory: PayerDirectory,
    lexicon: Lexicon,
    row: int,
    payer: str | None,
) -> Passage | None:
    """The passage as it speaks for a payer, read once; None when it is about other payers only."""
    key = (row, payer)
    if key not in read:
        if len(read) >= PASSAGES_KEPT:
            read.clear()
        whole = read.get((row, None))
        found = read_passage(knowledge, directory, lexicon, row, payer, whole.segments if whole else None)
        # What holds for a payer word for word as for whoever asks has been read already.
        read[key] = whole if found and whole and found.segments == whole.segments else found
    return read[key]


def read_passage(
    knowledge: Knowledge,
    directory: PayerDirectory,
    lexicon: Lexicon,
    row: int,
    payer: str | None,
    pieces: tuple[Segment, ...] | None = None,
) -> Passage | None:
    """The passage at a row as it speaks for a payer (None: for whoever); None when it is about other payers only.

    `pieces` are those of the whole chunk where they are known.
    """
    chunk = knowledge.chunk(row)
    note = knowledge.note(chunk.note_id)
    if pieces is None:
        pieces = segments(note, chunk)
    if payer is not None:
        headed = directory.exact(" . ".join(chunk.heading_path)) or (
            frozenset() if note.payers else directory.exact(note.title)
        )
        # A rule of the payer's own note binds the payer, whomever its heading compares it with.
        ruled = payer in note.payers and any(
            chunk.start_line <= rule.start_line <= chunk.end_line for rule in note.rules
        )
        if headed and payer not in headed and not ruled:
            return None
        if note.payers != (payer,) and headed != {payer}:
            narrowed = about(pieces, payer, directory)
            if pieces and not narrowed:
                return None
            pieces = narrowed
    return Passage(chunk, note, row, lexicon, pieces)


def _fuse(ranks: Iterable[Sequence[int]]) -> list[tuple[int, float]]:
    """Reciprocal rank fusion: rows with their fused score, best first."""
    fused: defaultdict[int, float] = defaultdict(float)
    for rows in ranks:
        for rank, row in enumerate(rows):
            fused[row] += 1.0 / (_RRF_K + rank + 1)
    return sorted(fused.items(), key=lambda item: (-item[1], item[0]))


def _search_words(question: Question) -> tuple[str, ...]:
    """The words to look for: codes first (they weigh most), then content words and the names of procedures."""
    found: list[str] = [end for code_range in question.codes for end in (code_range.low, code_range.high)]
    found.extend(question.carcs)
    found.extend(question.diagnoses)
    found.extend(question.modifiers)
    found.extend(word.form for word in question.content)
    found.extend(name.replace("-", " ") for name in question.procedures)
    return tuple(dict.fromkeys(found))
