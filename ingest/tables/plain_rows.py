"""What the small tables share: the heading found by its words, cells picked by column, rows written in one go."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from ingest.codes import is_procedure_code
from ingest.tables.bad_rows import BadRows, LastLine
from ingest.tables.sheet import Row, Sheet, is_notice, words
from ingest.tables.source import Loaded, Progress

_ORDINAL: Final = re.compile(r"(\d{4})(\d{3})\Z", re.ASCII)
_COMPACT: Final = re.compile(r"\d{8}\Z", re.ASCII)
_AMERICAN: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})\Z", re.ASCII)


@dataclass(frozen=True)
class Heading:
    """A heading: how many rows lie above the first data row, and the 0-based place of each column."""

    rows: int
    places: Mapping[str, int]

    def cell(self, cells: Sequence[str], column: str) -> str:
        """A cell without blanks around it; "" when the row is short or the table lacks the column."""
        at = self.places.get(column, -1)
        return cells[at].strip() if 0 <= at < len(cells) else ""


def heading_row(
    sheet: Sheet, columns: Mapping[str, Callable[[str], bool]], optional: Iterable[str] = ()
) -> Heading | None:
    """The first row in which each column has a cell that passes its test; None: there is none."""
    for index, (_line, cells) in enumerate(sheet.head):
        heads = [words(cell) for cell in cells]
        places = {
            name: at
            for name, test in columns.items()
            if (at := next((n for n, head in enumerate(heads) if test(head)), None)) is not None
        }
        if all(name in places or name in optional for name in columns):
            return Heading(index + 1, places)
    return None


def data_rows(sheet: Sheet, heading: Heading, on_progress: Progress, bad: BadRows) -> Iterator[Row]:
    """The rows below the heading, without empty ones and notices. Rows that are cut off go to `bad`."""
    # A text line with fewer cells than the heading is cut off; a spreadsheet leaves empty cells out.
    width = 0 if sheet.is_spreadsheet else len(sheet.head[heading.rows - 1][1])
    last = LastLine(bad) if width and sheet.source.ends_open else None
    for number, (line, cells) in enumerate(sheet.rows(on_progress)):
        if number < heading.rows or is_notice(cells):
            continue
        if len(cells) < width:
            bad.add(line, f"{len(cells)} columns where the heading has {width}")
            continue
        if last is not None:
            last.see(line, cells[-1])
        yield line, cells
    if last is not None:
        last.check()


def procedure_code(cell: str) -> str | None:
    """A procedure code as written, or a number that lost its leading zeros in a spreadsheet; None: neither."""
    text = cell.strip().upper()
    if text.isdecimal() and text.isascii() and 3 <= len(text) < 5:
        text = text.zfill(5)
    return text if is_procedure_code(text) else None


def day(text: str) -> date | None:
    """A date as 20240701, 2024183 (the day of the year), 2024-07-01 or 7/1/2024. Raises ValueError; None for ""."""
    if not text:
        return None
    if found := _ORDINAL.match(text):
        first = date(int(found[1]), 1, 1)
        told = first + timedelta(days=int(found[2]) - 1)
        if told.year != first.year:
            raise ValueError(f"{text} is no day of its year")
        return told
    if _COMPACT.match(text):
        return date.fromisoformat(text)
    if found := _AMERICAN.match(text):
        return date(int(found[3]), int(found[1]), int(found[2]))
    return date.fromisoformat(text[:10])


def loaded(schema: str, table: str, rows: Sequence[tuple[Any, ...]]) -> Loaded:
    """Rows (without their part) ready to be written. The first cell of each is its code."""

    def store(connection: sqlite3.Connection, part_id: int) -> None:
        connection.execute(schema)
        marks = ", ".join("?" * (len(rows[0]) + 1))
        connection.executemany(f"INSERT INTO {table} VALUES ({marks})", ((part_id, *row) for row in rows))

    codes = [row[0] for row in rows]
    return Loaded(len(rows), store, min(codes), max(codes))
