"""The blocks of a note's Markdown, as pieces that may be cut into smaller pieces, and their text without marks.

Renders nothing and finds no sections: the reader did. It only has to be right about where a cut does no harm.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

Kind = Literal["heading", "rule", "fence", "table", "list", "paragraph", "item", "lines", "line", "words"]

_FENCE = re.compile(r"\s*(`{3,}|~{3,})\s*([\w-]*)")
_HEADING = re.compile(r" {0,3}#{1,6}(?:\s|$)")
_MARKER = re.compile(r"(\s*)(?:[-*+]|\d{1,9}[.)])(?:\s+|$)")
_TABLE_RULE = re.compile(r"\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*")
_LINE_RULE = re.compile(r"\s*(?:=+|(?:[-*_]\s*){2,})\s*")
_EXECUTABLE = frozenset({"rule", "evidence"})
# Points after these end no sentence.
_SHORT_WORD = re.compile(
    r"(?:\b(?:[A-Za-z]|e\.g|i\.e|vs|dr|mr|mrs|ms|no|nos|st|approx|incl|p|pp|etc|cf|fig|sec|dept|ext|mo))\.\Z", re.I
)
_SENTENCE_END = re.compile(r"[.!?][\"'\u201d\u2019)\]]*\s+")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)\s]*(?:\s+\"[^\"]*\")?\)")
_LINE_START = re.compile(r"\A\s*(?:>\s*)*(?:#{1,6}(?:\s+|\Z))?")
_ITEM_START = re.compile(r"\A\s*(?:[-*+]|\d{1,9}[.)])\s+(?:\[[ xX]\]\s+)?")
_MARKS = re.compile(r"\*\*|__|`+|\[\[|\]\]|~~|(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w)")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text by its offsets, end excluded; `lead` is what a reader needs to know when it stands alone.

    The lead is the header row of the table or the line that announces the list; it lies before the piece.
    """

    kind: Kind
    start: int
    end: int
    lead: str = ""
    lead_start: int = -1


def blocks(text: str, start: int, end: int) -> list[Piece]:
    """The blocks between two offsets, which lie at line starts. Blank lines between them belong to none."""
    lines = _lines(text, start, end)
    found: list[Piece] = []
    number = 0
    while number < len(lines):
        content = _content(text, lines[number])
        if not content.strip():
            number += 1
            continue
        kind, after = _block_at(text, lines, number)
        lead, lead_start = _announcement(text, found) if kind == "list" else ("", -1)
        found.append(Piece(kind, lines[number][0], lines[after - 1][1], lead, lead_start))
        number = after
    return found


def _block_at(text: str, lines: Sequence[tuple[int, int]], number: int) -> tuple[Kind, int]:
    content = _content(text, lines[number])
    fence = _FENCE.match(content)
    if fence:
        return ("rule" if fence[2].lower() in _EXECUTABLE else "fence"), _fence_end(text, lines, number)
    if _HEADING.match(content):
        return "heading", number + 1
    if _starts_table(text, lines, number):
        after = number + 2
        while after < len(lines) and "|" in _content(text, lines[after]):
            after += 1
        return "table", after
    if _MARKER.match(content):
        return "list", _list_end(text, lines, number)
    after = number + 1
    while after < len(lines) and not _ends_paragraph(text, lines, after):
        after += 1
    return "paragraph", after


def _ends_paragraph(text: str, lines: Sequence[tuple[int, int]], number: int) -> bool:
    content = _content(text, lines[number])
    starts_block = _FENCE.match(content) or _HEADING.match(content) or _MARKER.match(content)
    return not content.strip() or starts_block is not None or _starts_table(text, lines, number)


def _starts_table(text: str, lines: Sequence[tuple[int, int]], number: int) -> bool:
    if number + 1 >= len(lines) or "|" not in _content(text, lines[number]):
        return False
    below = _content(text, lines[number + 1])
    return "-" in below and "|" in below and _TABLE_RULE.fullmatch(below) is not None


def _fence_end(text: str, lines: Sequence[tuple[int, int]], number: int) -> int:
    """The number of the line after the fenced block that opens at `number`; it ends with the text if never closed."""
    opening = _FENCE.match(_content(text, lines[number]))
    assert opening is not None
    closing = re.compile(rf"\s*{re.escape(opening[1][0])}{{{len(opening[1])},}}\s*")
    for after in range(number + 1, len(lines)):
        if closing.fullmatch(_content(text, lines[after])):
            return after + 1
    return len(lines)


def _list_end(text: str, lines: Sequence[tuple[int, int]], number: int) -> int:
    after = number + 1
    while after < len(lines):
        content = _content(text, lines[after])
        if content.strip():
            if content[0] not in " \t" and (_FENCE.match(content) or _HEADING.match(content)):
                return after
            after = _fence_end(text, lines, after) if _FENCE.match(content) else after + 1
            continue
        following = next((n for n in range(after, len(lines)) if _content(text, lines[n]).strip()), None)
        if following is None:
            return after
        next_content = _content(text, lines[following])
        if next_content[0] not in " \t" and not _MARKER.match(next_content):
            return after
        after = following
    return after


def _announcement(text: str, before: Sequence[Piece]) -> tuple[str, int]:
    """The last line of the paragraph above a list, if it ends with a colon."""
    if not before or before[-1].kind != "paragraph":
        return "", -1
    last = _lines(text, before[-1].start, before[-1].end)[-1]
    line = _content(text, last).strip()
    return (plain(line), last[0]) if line.endswith(":") else ("", -1)


def parts(text: str, piece: Piece) -> list[Piece]:
    """`piece` cut into the next smaller pieces, in order; together they hold every word of it. Never empty."""
    lines = _lines(text, piece.start, piece.end)
    if piece.kind == "table":
        header = plain(_content(text, lines[0]))
        return [Piece("line", *lines[0]), *(Piece("line", *line, header, piece.start) for line in lines[1:])]
    if piece.kind == "list":
        return [Piece("item", *span, piece.lead, piece.lead_start) for span in _items(text, lines)]
    if len(lines) > 1:
        spans = _sentence_groups(text, lines) if piece.kind == "paragraph" else _whole_fences(text, lines)
        if len(spans) == 1:
            spans = lines
        kind: Kind = "lines"
        return [Piece(kind, *span, piece.lead, piece.lead_start) for span in spans]
    return [Piece("words", *span, piece.lead, piece.lead_start) for span in _cut_line(text, piece)]


def _items(text: str, lines: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    first = _MARKER.match(_content(text, lines[0]))
    indent = len(first[1]) if first else 0
    starts = [0]
    skip_until = 0
    for number in range(1, len(lines)):
        if number < skip_until:
            continue
        content = _content(text, lines[number])
        if _FENCE.match(content):
            skip_until = _fence_end(text, lines, number)
        marker = _MARKER.match(content)
        if marker and len(marker[1]) <= indent + 1:
            starts.append(number)
    return [
        (lines[start][0], lines[(starts[place + 1] if place + 1 < len(starts) else len(lines)) - 1][1])
        for place, start in enumerate(starts)
    ]


def _sentence_groups(text: str, lines: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Lines together up to one that ends a sentence."""
    groups: list[tuple[int, int]] = []
    start = lines[0][0]
    for line in lines:
        content = _content(text, line).rstrip()
        if content.endswith((".", "!", "?", ":", ";")) and not _SHORT_WORD.search(content):
            groups.append((start, line[1]))
            start = line[1]
    if start < lines[-1][1]:
        groups.append((start, lines[-1][1]))
    return groups


def _whole_fences(text: str, lines: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Single lines, save that a rule or evidence block inside stays whole."""
    spans: list[tuple[int, int]] = []
    number = 0
    while number < len(lines):
        fence = _FENCE.match(_content(text, lines[number]))
        after = number + 1
        if fence and fence[2].lower() in _EXECUTABLE:
            after = _fence_end(text, lines, number)
        spans.append((lines[number][0], lines[after - 1][1]))
        number = after
    return spans


def _cut_line(text: str, piece: Piece) -> list[tuple[int, int]]:
    """One line cut after its sentences; a single sentence in its middle, between words if it has any."""
    content = text[piece.start : piece.end]
    ends = [
        match.end()
        for match in _SENTENCE_END.finditer(content)
        if not _SHORT_WORD.search(content[: match.start() + 1]) and match.end() < len(content.rstrip())
    ]
    if not ends:
        spaces = [match.end() for match in re.finditer(r"\s+", content) if 0 < match.end() < len(content.rstrip())]
        middle = max(1, len(content) // 2)
        ends = [min(spaces, key=lambda space: abs(space - middle)) if spaces else middle]
    cuts = [piece.start, *(piece.start + end for end in ends), piece.end]
    return [(low, high) for low, high in pairwise(cuts) if low < high]


def plain(line: str) -> str:
    """One line without its Markdown marks; rulings of tables and headings give the empty string."""
    if _FENCE.match(line) or _LINE_RULE.fullmatch(line) or ("-" in line and _TABLE_RULE.fullmatch(line)):
        return ""
    bare = _ITEM_START.sub("", _LINE_START.sub("", line))
    return " ".join(_MARKS.sub("", _LINK.sub(r"\1", bare)).replace("|", " ").split())


def prose_lines(text: str) -> Iterator[str]:
    """The plain lines of `text` that are neither empty nor part of a rule or evidence block."""
    lines = _lines(text, 0, len(text))
    number = 0
    while number < len(lines):
        content = _content(text, lines[number])
        fence = _FENCE.match(content)
        if fence and fence[2].lower() in _EXECUTABLE:
            number = _fence_end(text, lines, number)
            continue
        bare = plain(content)
        if bare:
            yield bare
        number += 1


def _lines(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The lines between two offsets as offsets, each with its line end."""
    found: list[tuple[int, int]] = []
    while start < end:
        stop = text.find("\n", start, end) + 1 or end
        found.append((start, stop))
        start = stop
    return found


def _content(text: str, line: tuple[int, int]) -> str:
    return text[line[0] : line[1]].rstrip("\n")
