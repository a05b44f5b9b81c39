"""HCPCS Level II codes and modifiers: reads CMS's quarterly file in its three forms and looks an entry up.

Keeps no descriptions. A code's first day is the day it was added, its last the termination date.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from datetime import date
from typing import Final

from ingest.codes import is_modifier
from ingest.tables.bad_rows import BadRows, require_rows
from ingest.tables.model import HcpcsEntry
from ingest.tables.plain_rows import Heading, data_rows, day, heading_row, loaded, procedure_code
from ingest.tables.sheet import Row, Sheet, text_lines
from ingest.tables.source import Candidate, Loaded, Progress, Source
from ingest.tables.windows import month_name, window_of_source

SCHEMA: Final = """CREATE TABLE IF NOT EXISTS hcpcs (
    part_id INTEGER NOT NULL REFERENCES part (part_id) ON DELETE CASCADE,
    hcpcs_code TEXT NOT NULL,
    is_modifier INTEGER NOT NULL,
    effective_from TEXT,
    effective_through TEXT,
    PRIMARY KEY (part_id, hcpcs_code)
) STRICT, WITHOUT ROWID"""
_COLUMNS: Final = {
    "code": lambda head: head in ("hcpc", "hcpcs", "hcpcs code"),
    "record": lambda head: head in ("recid", "rec id", "record id"),
    "added": lambda head: head in ("add dt", "add date", "code added date"),
    "terminated": lambda head: head in ("term dt", "term date", "termination date"),
}
# Record identification: first line and further lines of a procedure (3, 4) and of a modifier (7, 8).
_FIRST_LINES: Final = {"3": False, "7": True}
_FURTHER_LINES: Final = frozenset("48")
# CMS's record layout, alike from 2016 to 2026, 0-based, end excluded. A first line is 320 characters long; a
# further line ends with its description, after 91.
_FIXED: Final = {"code": slice(0, 5), "record": slice(10, 11), "added": slice(268, 276), "terminated": slice(284, 292)}
_FIXED_LINE: Final = re.compile(r"(?:[A-V]\d{4}|   [0-9A-Z]{2})\d{5}(?:[37].{257}|[48])", re.ASCII)
_FIXED_HEADING: Final = Heading(0, {name: at for at, name in enumerate(_FIXED)})


def recognise(sheet: Sheet) -> Candidate | None:
    """The candidate, by headings such as HCPC, RECID and TERM DT; None: another table."""
    found = heading_row(sheet, _COLUMNS)
    if found is None:
        return None
    return Candidate(
        sheet.source,
        "hcpcs",
        window_of_source(sheet.source, sheet.title),
        month_name,
        lambda on_progress: _load_sheet(sheet, found, on_progress),
        rank=int(sheet.is_spreadsheet),
    )


def recognise_fixed(source: Source) -> Candidate | None:
    """The candidate for CMS's text form, records of fixed width; None: something else."""
    lines = source.head.decode("latin-1").splitlines()[:5]
    if len(lines) < 2 or not all(_FIXED_LINE.match(line) for line in lines[:-1]):
        return None
    return Candidate(
        source,
        "hcpcs",
        window_of_source(source),
        month_name,
        lambda on_progress: _load_fixed(source, on_progress),
        rank=2,
    )


def look_up(connection: sqlite3.Connection, part_id: int, hcpcs_code: str) -> HcpcsEntry | None:
    """The entry of a code or modifier in one part; None: there is none."""
    row = connection.execute(
        "SELECT is_modifier, effective_from, effective_through FROM hcpcs WHERE part_id = ? AND hcpcs_code = ?",
        (part_id, hcpcs_code),
    ).fetchone()
    if row is None:
        return None
    first, last = (date.fromisoformat(text) if text else None for text in row[1:])
    return HcpcsEntry(hcpcs_code, bool(row[0]), first, last)


def _fixed_rows(source: Source, on_progress: Progress) -> Iterator[Row]:
    for line, text in enumerate(text_lines(source, on_progress), start=1):
        if text.strip() and text.strip() != "\x1a":
            yield line, [text[place] for place in _FIXED.values()]


def _load_sheet(sheet: Sheet, heading: Heading, on_progress: Progress) -> Loaded:
    bad = BadRows(sheet.source)
    return _load(sheet.source, heading, data_rows(sheet, heading, on_progress, bad), bad)


def _load_fixed(source: Source, on_progress: Progress) -> Loaded:
    return _load(source, _FIXED_HEADING, _fixed_rows(source, on_progress), BadRows(source))


def _load(source: Source, heading: Heading, rows: Iterator[Row], bad: BadRows) -> Loaded:
    entries: dict[str, tuple[str, int, str | None, str | None]] = {}
    for line, cells in rows:
        record, told = heading.cell(cells, "record"), heading.cell(cells, "code").upper()
        if record in _FURTHER_LINES:
            continue
        marks_modifier = _FIRST_LINES.get(record)
        if marks_modifier is None:
            bad.add(line, f'the record identification is "{record[:20]}", not 3, 4, 7 or 8')
            continue
        code = (told if is_modifier(told) else None) if marks_modifier else procedure_code(told)
        if code is None:
            bad.add(line, f'"{told[:20]}" is no {"modifier" if marks_modifier else "HCPCS code"}')
            continue
        try:
            first, last = day(heading.cell(cells, "added")), day(heading.cell(cells, "terminated"))
        except ValueError as error:
            bad.add(line, f"a date of {code} cannot be read ({error}); CMS writes YYYYMMDD")
            continue
        entries.setdefault(
            code,
            (code, int(marks_modifier), first.isoformat() if first else None, last.isoformat() if last else None),
        )
    bad.refuse()
    require_rows(source, len(entries))
    return loaded(SCHEMA, "hcpcs", list(entries.values()))
