"""Typed or pasted text cut into lines whose every character knows its column.

Does not know what a claim is. Dashes, spaces and full-width signs that a word processor put in become plain ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
_SPACES = "\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
# Zero-width and direction marks: invisible, so a person cannot have meant them.
_INVISIBLE = frozenset(
    "\xad\ufeff"
    + "".join(
        chr(c) for low, high in ((0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F)) for c in range(low, high + 1)
    )
)
_PLAIN = str.maketrans(
    {**dict.fromkeys(_DASHES, "-"), **dict.fromkeys(_SPACES, " "), "\xd7": "x"}
    | {chr(wide): chr(wide - 0xFEE0) for wide in range(0xFF01, 0xFF5F)}
)


@dataclass(frozen=True, slots=True)
class TypedLine:
    """A piece of one physical line. `number` and `columns` are 1-based; `columns[i]` is where character i stood.

    `plain` and `kept` have the same length: `plain` is for reading structure, `kept` for values that stay as typed
    (a tab or odd space in it is a space). `columns` has one more entry, the column after the last character.
    """

    number: int
    plain: str
    kept: str
    columns: tuple[int, ...] | range

    def part(self, start: int, end: int | None = None) -> TypedLine:
        """Characters `start` to `end` (excluded), without white space at either end."""
        piece = self.plain[start:end]
        plain = piece.strip()
        size = len(plain)
        if size == len(self.plain):
            return self
        if size < len(piece):
            start += len(piece) - len(piece.lstrip())
        end = start + size
        return TypedLine(self.number, plain, self.kept[start:end], self.columns[start : end + 1])

    @property
    def column(self) -> int:
        """The column of its first character."""
        return self.columns[0]


def typed_lines(text: str, line_break: str = ";") -> Iterator[TypedLine]:
    """Cut `text` at line ends and at each `line_break` ("": there only); empty pieces are left out. Never raises."""
    for number, physical in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), start=1):
        if physical.isascii() and physical.isprintable():
            # Nothing to make plain: what most claims are made of.
            yield from _pieces(TypedLine(number, physical, physical, range(1, len(physical) + 2)), line_break)
            continue
        seen = [(column, char) for column, char in enumerate(physical, start=1) if char not in _INVISIBLE]
        plain = "".join(char for _, char in seen).translate(_PLAIN)
        kept = "".join(" " if char.isspace() else char for _, char in seen)
        columns = (*(column for column, _ in seen), len(physical) + 1)
        whole = TypedLine(number, plain, kept, columns)
        yield from _pieces(whole, line_break)


def _pieces(whole: TypedLine, line_break: str) -> list[TypedLine]:
    if not line_break or line_break not in whole.plain:
        pieces = [whole.part(0)]
    else:
        ends = [*(at for at, char in enumerate(whole.plain) if char == line_break), len(whole.plain)]
        pieces = [whole.part(start, end) for start, end in zip([0, *(end + 1 for end in ends)], ends, strict=False)]
    return [piece for piece in pieces if piece.plain]
