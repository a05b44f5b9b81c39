"""A note cut by its headings into chunks that the embedder can read whole.

Does not embed and stores nothing. The chunks of a note, in order, hold every non-blank line of its body exactly once;
only a single line too long for the embedder is shared by several chunks, each with its own words of it.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ingest.index.blocks import Piece, blocks, parts, prose_lines
from ingest.notes.model import KbNote, Layer, Section

# Part of every content hash: a change in what is embedded makes all chunks new.
_VERSION = "1"
_MAX_PAYERS_NAMED = 6

CountTokens = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stretch of a note that is embedded, searched and cited as one.

    Lines are 1-based file lines, inclusive. `text` is exactly those lines joined by `\\n` (of a line that alone is too
    long, its own words). `context` stands in front of the text for embedding and search: the note's title and payers,
    the headings above, and where a table or list goes on, its header row or announcement.
    `chunk_id` is `note-id#heading-slug`, with `~2`, `~3` for the further chunks of one section.
    """

    chunk_id: str
    note_id: str
    layer: Layer
    heading: str
    heading_path: tuple[str, ...]
    start_line: int
    end_line: int
    text: str
    context: str
    content_hash: str


def chunk_note(
    note: KbNote, *, count_tokens: CountTokens, max_tokens: int = 256, model_id: str = ""
) -> tuple[Chunk, ...]:
    """The chunks of a note in file order. Embedded, each has at most `max_tokens` tokens as `count_tokens` counts them.

    A rule or evidence block stays with the prose above it and is not embedded. A section of nothing but its heading
    joins the section below it (the last one: above). A note without a body has no chunk.
    """
    cutter = _Cutter(note, count_tokens, max_tokens)
    taken: Counter[str] = Counter()
    chunks: list[Chunk] = []
    for section, start, end in _joined_sections(note):
        for first, last, lead in cutter.ranges(section, start, end):
            taken[section.slug] += 1
            part = f"~{taken[section.slug]}" if taken[section.slug] > 1 else ""
            first, last = _without_blank_lines(note.text, first, last)
            text = note.text[first:last]
            context = cutter.context(section, lead)
            chunks.append(
                Chunk(
                    chunk_id=f"{note.note_id}#{section.slug}{part}",
                    note_id=note.note_id,
                    layer=note.layer,
                    heading=section.heading,
                    heading_path=section.path,
                    start_line=note.text.count("\n", 0, first) + 1,
                    end_line=note.text.count("\n", 0, last) + 1,
                    text=text,
                    context=context,
                    content_hash=_hash(_VERSION, model_id, section.heading, context, text),
                )
            )
    return tuple(chunks)


def embedded_text(chunk: Chunk) -> str:
    """What of a chunk the embedder reads: its context, then its prose without Markdown marks and without rules."""
    return _embedded(chunk.context, chunk.heading, chunk.text)


def _embedded(context: str, heading: str, text: str) -> str:
    # The heading is in the context already.
    return "\n".join([context, *(line for line in prose_lines(text) if line != heading)])


def _hash(*texts: str) -> str:
    return hashlib.sha256("\x00".join(texts).encode("utf-8", "surrogatepass")).hexdigest()


def _joined_sections(note: KbNote) -> Iterator[tuple[Section, int, int]]:
    """Sections with the offsets of their text; one without anything under its heading goes with its neighbour."""
    found: list[tuple[Section, int, int]] = []
    waiting: int | None = None
    for section, start, end in _sections(note):
        if not note.text[start:end].strip():
            continue
        begin = start if waiting is None else waiting
        body = [piece for piece in blocks(note.text, start, end) if piece.kind != "heading"]
        if section.heading and not _says_more(note.text, body, section.heading):
            waiting = begin
            last_heading_only = section, begin, end
            continue
        found.append((section, begin, end))
        waiting = None
    if waiting is not None and found:
        section, start, _ = found[-1]
        found[-1] = section, start, len(note.text)
    elif waiting is not None:
        found.append((last_heading_only[0], waiting, len(note.text)))
    yield from found


def _says_more(text: str, body: Sequence[Piece], heading: str) -> bool:
    """Whether anything but the heading itself stands there (an underlined heading is read as a paragraph)."""
    return any(
        piece.kind == "rule" or any(line != heading for line in prose_lines(text[piece.start : piece.end]))
        for piece in body
    )


def _sections(note: KbNote) -> Iterator[tuple[Section, int, int]]:
    """The sections with offsets, tiling the body whatever their own line numbers leave out."""
    line_starts = [0]
    for line in note.text.split("\n"):
        line_starts.append(line_starts[-1] + len(line) + 1)
    body_start = line_starts[min(note.body_line - 1, len(line_starts) - 1)]
    sections = note.sections or (Section("", "", 0, (), note.body_line, len(line_starts) - 1),)
    starts = [min(line_starts[section.start_line - 1], len(note.text)) for section in sections]
    starts[0] = min(body_start, len(note.text))
    for place, section in enumerate(sections):
        yield section, starts[place], starts[place + 1] if place + 1 < len(starts) else len(note.text)


def _without_blank_lines(text: str, first: int, last: int) -> tuple[int, int]:
    """The offsets without blank lines and spaces at the edges; the indent of a first whole line stays."""
    kept = text[first:last]
    last = first + len(kept.rstrip())
    lead = len(kept) - len(kept.lstrip())
    at_line_start = first == 0 or text[first - 1] == "\n"
    line_start = text.rfind("\n", first, first + lead) + 1
    if line_start:
        return line_start, last
    return (first if at_line_start else first + lead), last


class _Cutter:
    """Cuts one note's sections to the embedder's measure. Keeps nothing between calls."""

    __slots__ = ("_count", "_note", "_room", "_special", "_title")

    def __init__(self, note: KbNote, count_tokens: CountTokens, max_tokens: int) -> None:
        self._note = note
        self._count = count_tokens
        self._special = count_tokens("")
        self._room = max_tokens - self._special
        payers = [slug.replace("-", " ") for slug in note.payers[:_MAX_PAYERS_NAMED]]
        names = [name for name in (*payers, *note.aliases) if name.casefold() not in note.title.casefold()]
        title = f"{note.title} ({', '.join(names)})" if names else note.title
        self._title = _shortened(title, self._room // 4, self._tokens)

    def ranges(self, section: Section, start: int, end: int) -> list[tuple[int, int, str]]:
        """Offsets of the chunks of a section, each with the lead that its context needs."""
        if self._fits(section, start, end, ""):
            return [(start, end, "")]
        room = self._room - self._tokens(self.context(section, ""))
        while True:
            found = list(self._packed(section, start, end, room))
            # Tokens of parts add up to those of the whole but for oddities such as a cut that leaves a "1." in front.
            if room <= 1 or all(self._fits(section, *one) for one in found):
                return found
            room = room * 7 // 8

    def _fits(self, section: Section, start: int, end: int, lead: str) -> bool:
        text = _embedded(self.context(section, lead), section.heading, self._note.text[start:end])
        return self._tokens(text) <= self._room

    def _packed(self, section: Section, start: int, end: int, room: int) -> Iterator[tuple[int, int, str]]:
        leaves = [leaf for piece in blocks(self._note.text, start, end) for leaf in self._leaves(piece, section, room)]
        first, used, lead, only_heading = start, 0, "", True
        for leaf, cost in leaves:
            if used + cost > room and not (only_heading and used == 0):
                yield first, leaf.start, lead
                first, only_heading = leaf.start, True
                lead = self._lead(leaf)
                used = self._tokens(lead)
            used += cost
            only_heading = only_heading and leaf.kind == "heading"
        yield first, end, lead

    def _leaves(self, piece: Piece, section: Section, room: int) -> Iterator[tuple[Piece, int]]:
        """A piece with its tokens, or if it does not fit under its lead, those of its parts."""
        text = self._note.text[piece.start : piece.end]
        cost = 0 if piece.kind == "rule" else self._tokens(_embedded("", section.heading, text))
        if cost + self._tokens(self._lead(piece)) <= room or piece.end - piece.start <= 1:
            yield piece, cost
            return
        for part in parts(self._note.text, piece):
            yield from self._leaves(part, section, room)

    def _lead(self, piece: Piece) -> str:
        return _shortened(piece.lead, self._room // 4, self._tokens) if piece.lead else ""

    def _tokens(self, text: str) -> int:
        return self._count(text) - self._special if text else 0

    def context(self, section: Section, lead: str) -> str:
        """Title with payers, then the headings above and this one, then the lead; each cut to its share of the room."""
        path = " > ".join(heading for heading in section.path if heading != self._note.title)
        return "\n".join(line for line in (self._title, _shortened(path, self._room // 8, self._tokens), lead) if line)


def _shortened(text: str, max_tokens: int, tokens: Callable[[str], int]) -> str:
    """As many of the first words as fit; of a single endless word, as many of its first letters."""
    if tokens(text) <= max_tokens:
        return text
    words = text.split()
    low, high = 0, len(words)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if tokens(" ".join(words[:middle])) <= max_tokens else (low, middle - 1)
    return " ".join(words[:low]) if low else text[:max_tokens]
