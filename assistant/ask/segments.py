"""A passage cut into the smallest pieces that say something: sentences, list items, table rows.

Tells which of them speak of one payer, so that a list with a line for each plan answers for each plan by its own line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from assistant.ask.payers import PayerDirectory
from ingest.index.blocks import Piece, blocks, parts, plain
from ingest.index.chunk import Chunk
from ingest.notes.model import KbNote

_SENTENCE = re.compile(r"[.!?][\"'\u201d\u2019)\]]*\s+(?=[\"'\u201c(\[]*[A-Z0-9])")
_ABBREVIATION = re.compile(r"\b(?:[A-Z]|e\.g|i\.e|vs|Dr|Mr|Mrs|Ms|No|St|approx|p|pp|etc|ext|Inc|Co|a\.m|p\.m)\.\Z")
_SKIPPED = frozenset({"heading", "rule", "fence"})


@dataclass(frozen=True)
class Segment:
    """A piece of a note: `text` is the file's text from `start` to `end` (code points, end excluded).

    `lead` is the header row or announcement without which the piece cannot be read; `lines` are 1-based, inclusive.
    `block` counts the blocks of the passage: pieces of one paragraph, list or table share it.
    """

    text: str
    start: int
    end: int
    lead: str
    lines: tuple[int, int]
    kind: str
    block: int

    @cached_property
    def plain(self) -> str:
        """The piece without Markdown marks, its lead in front."""
        bare = " ".join(plain(line) for line in self.text.split("\n")).strip()
        return f"{self.lead}: {bare}" if self.lead else bare


def segments(note: KbNote, chunk: Chunk) -> tuple[Segment, ...]:
    """The pieces of a chunk in order, without headings and fenced blocks."""
    start, end = _offsets(note, chunk)
    found: list[Segment] = []
    for number, block in enumerate(blocks(note.text, start, end)):
        if block.kind in _SKIPPED:
            continue
        for piece in _pieces(note.text, block):
            low, high = _trimmed(note.text, piece.start, piece.end)
            if low >= high or not plain(note.text[low:high]):
                continue
            first = note.text.count("\n", 0, low) + 1
            last = first + note.text.count("\n", low, high)
            found.append(Segment(note.text[low:high], low, high, piece.lead, (first, last), block.kind, number))
    return tuple(found)


def _pieces(text: str, block: Piece) -> Iterable[Piece]:
    if block.kind == "table":
        rows = parts(text, block)
        return [row for row in rows if row.lead and plain(text[row.start : row.end])]
    if block.kind == "list":
        return parts(text, block)
    return [Piece("words", low, high, block.lead, block.lead_start) for low, high in _sentences(text, block)]


def _sentences(text: str, block: Piece) -> list[tuple[int, int]]:
    content = text[block.start : block.end]
    cuts = [0]
    cuts.extend(
        match.end() for match in _SENTENCE.finditer(content) if not _ABBREVIATION.search(content[: match.start() + 1])
    )
    cuts.append(len(content))
    return [(block.start + low, block.start + high) for low, high in pairwise(cuts)]


def _trimmed(text: str, low: int, high: int) -> tuple[int, int]:
    piece = text[low:high]
    return low + len(piece) - len(piece.lstrip()), low + len(piece.rstrip())


def _offsets(note: KbNote, chunk: Chunk) -> tuple[int, int]:
    lines = note.lines
    start = sum(len(line) + 1 for line in lines[: chunk.start_line - 1])
    end = start + sum(len(line) + 1 for line in lines[chunk.start_line - 1 : chunk.end_line])
    return start, min(end, len(note.text))


def about(found: Sequence[Segment], payer: str, directory: PayerDirectory) -> tuple[Segment, ...]:
    """The pieces that are not about another payer: those that name this one, and those that name none.

    In running text a sentence without a name goes on about the payers of the sentence before it.
    """
    kept: list[Segment] = []
    subject: frozenset[str] = frozenset()
    block = -1
    for segment in found:
        if segment.block != block or segment.kind in ("list", "table"):
            subject = frozenset()
        block = segment.block
        subject = directory.exact(segment.text) or subject
        if not subject or payer in subject:
            kept.append(segment)
    return tuple(kept)
