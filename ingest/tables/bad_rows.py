"""Rows of a table that cannot be right, collected so that all are shown together. Mends nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from ingest.tables.errors import ImportRefused
from ingest.tables.source import Source

_SHOWN: Final = 8
# A file with this many is not a table with a fault in it: reading on would only take time.
_ENOUGH: Final = 1_000


@dataclass
class BadRows:
    """The faults of one file; `refuse` ends the import if there are any."""

    source: Source
    found: list[tuple[int, str]] = field(default_factory=list)
    seen: int = 0

    def add(self, line: int, told: str) -> None:
        """Note a fault of a 1-based line. Raises ImportRefused when there are very many."""
        self.seen += 1
        if len(self.found) < _SHOWN:
            self.found.append((line, told))
        if self.seen >= _ENOUGH:
            self.refuse()

    def refuse(self) -> None:
        """Raise ImportRefused with the first faults, if there is any."""
        if not self.found:
            return
        lines = [f"{self.source.shown}:{line}: {told}" for line, told in self.found]
        if self.seen > len(self.found):
            lines.append(f"... and {self.seen - len(self.found):,} more")
        lines.append("The file is cut off or was changed: download it again. Nothing of it was imported.")
        raise ImportRefused("\n".join(lines))


@dataclass
class LastLine:
    """Tells a last line that was cut off inside its last cell: no other row ends like that.

    Only a line without its end is doubted, and only where the column holds a few texts again and again, as CMS's do.
    """

    bad: BadRows
    line: int = 0
    cell: str = ""
    earlier: set[str] = field(default_factory=set)

    def see(self, line: int, cell: str) -> None:
        """Take note of a row's last cell."""
        if self.line:
            self.earlier.add(self.cell)
        self.line, self.cell = line, cell.strip()

    def check(self) -> None:
        """Add a fault when the last row is cut off. Call it after the last row."""
        if self.earlier and self.cell not in self.earlier:
            self.bad.add(self.line, "the line has no end and its last cell is like no other")


def require_rows(source: Source, rows: int) -> None:
    """Raise ImportRefused for a file with a heading and nothing below it."""
    if not rows:
        raise source.refused("a heading and no row below it; the file is cut off: download it again")
