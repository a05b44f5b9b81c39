"""The words of a passage that answer: an exact, contiguous piece of the note, never a paraphrase.

A short passage is quoted whole; of a long one the pieces that speak to the question.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.ask.lexicon import Lexicon
from assistant.ask.passage import Passage, Piece, holds
from assistant.ask.question import Question
from assistant.ask.segments import Segment

WHOLE_WORDS = 90


@dataclass(frozen=True, slots=True)
class Excerpt:
    """An exact piece of a note: `text` stands within lines `start_line` to `end_line` (1-based, inclusive).

    `lead` is the table header or announcement that a reader needs beside it, if any.
    """

    text: str
    start_line: int
    end_line: int
    lead: str = ""


def excerpt(question: Question, passage: Passage, *, lexicon: Lexicon) -> Excerpt | None:
    """The piece of the passage to quote; None when it holds no prose for the payer asked about."""
    runs = _runs(passage.segments, passage.note.text)
    if not runs:
        return None
    announcements = {segment.lead for segment in passage.segments if segment.lead}
    weights = {
        # A line that only announces a list says nothing without it.
        segment.start: 0.0 if segment.plain in announcements else _weight(question, segment, piece, lexicon)
        for segment, piece in zip(passage.segments, passage.pieces, strict=True)
    }
    run = max(
        runs,
        key=lambda pieces: (
            max(weights[piece.start] for piece in pieces),
            sum(weights[piece.start] for piece in pieces),
        ),
    )
    chosen: Sequence[Segment] = run
    if sum(len(piece.text.split()) for piece in run) > WHOLE_WORDS:
        chosen = _best_window(run, [weights[piece.start] for piece in run])
    first, last = chosen[0], chosen[-1]
    whole_table = first.kind == "table" and passage.chunk.text.count(first.lead) > 0
    return Excerpt(
        passage.note.text[first.start : last.end],
        first.lines[0],
        last.lines[1],
        "" if whole_table else first.lead,
    )


def _runs(pieces: Sequence[Segment], text: str) -> list[list[Segment]]:
    """Pieces with nothing but blank space between them."""
    runs: list[list[Segment]] = []
    for piece in pieces:
        if runs and not text[runs[-1][-1].end : piece.start].strip():
            runs[-1].append(piece)
        else:
            runs.append([piece])
    return runs


def _best_window(run: Sequence[Segment], weights: Sequence[float]) -> Sequence[Segment]:
    """The neighbouring pieces of at most WHOLE_WORDS words that speak most to the question; at least one piece."""
    best = (-1.0, 0, 1)
    for first in range(len(run)):
        length = 0
        total = 0.0
        for end in range(first + 1, len(run) + 1):
            length += len(run[end - 1].text.split())
            if length > WHOLE_WORDS and end > first + 1:
                break
            total += weights[end - 1]
            best = max(best, (total - 0.02 * (end - first), first, end), key=lambda window: window[0])
    return run[best[1] : best[2]]


def _weight(question: Question, segment: Segment, piece: Piece, lexicon: Lexicon) -> float:
    """How much a piece speaks to the question: its codes, procedures, topics, values and words."""
    weight = 0.0
    if question.codes and piece.codes.overlaps(question.codes):
        weight += 2.0
    weight += 1.5 * len(piece.procedures.intersection(question.procedures))
    weight += 1.0 * len(piece.topics.intersection(question.topics))
    needs = {need for name in question.topics if (need := lexicon.topics[name].needs)}
    weight += 0.8 * sum(holds(need, segment.plain) for need in needs)
    weight += 0.8 * sum(modifier in segment.text for modifier in question.modifiers)
    weight += 1.5 * len({carc.split("-")[-1] for carc in question.carcs} & piece.carcs)
    weight += 0.7 * sum(word.stem in piece.stems for word in question.rest)
    return weight
