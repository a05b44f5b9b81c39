"""Medically unlikely edits, practitioner services: reads CMS's file and looks a limit up. Does not apply it."""

from __future__ import annotations

import re
import sqlite3
from functools import partial
from typing import Final

from ingest.tables.bad_rows import BadRows, require_rows
from ingest.tables.model import MueLimit
from ingest.tables.plain_rows import Heading, data_rows, heading_row, loaded, procedure_code
from ingest.tables.sheet import Sheet, words
from ingest.tables.source import Candidate, Loaded, Progress
from ingest.tables.windows import span_name, window_of_source

SCHEMA: Final = """CREATE TABLE IF NOT EXISTS mue (
    part_id INTEGER NOT NULL REFERENCES part (part_id) ON DELETE CASCADE,
    procedure_code TEXT NOT NULL,
    units INTEGER NOT NULL,
    adjudication_indicator TEXT NOT NULL,
    PRIMARY KEY (part_id, procedure_code)
) STRICT, WITHOUT ROWID"""
_COLUMNS: Final = {
    "procedure code": lambda head: head.startswith("hcpcs") and "code" in head,
    "units": lambda head: head.startswith("practitioner") and "mue value" in head,
    "indicator": lambda head: "adjudication indicator" in head,
}
_OTHERS: Final = re.compile(r"(outpatient hospital|dme supplier)[a-z ]* mue value")
_MOST_UNITS: Final = 1_000_000


def recognise(sheet: Sheet) -> Candidate | None:
    """The candidate, by the column "Practitioner Services MUE Values"; None: another table.

    Raises ImportRefused for the limits of hospitals and suppliers.
    """
    found = heading_row(sheet, _COLUMNS)
    if found is None:
        for _line, cells in sheet.head:
            if other := _OTHERS.match(next((head for head in map(words, cells) if "mue value" in head), "")):
                raise sheet.source.refused(
                    f"these are the limits for {other[1]} services; import the practitioner's "
                    "(MCR_MUE_PractitionerServices_...) instead"
                )
        return None
    return Candidate(
        sheet.source,
        "mue",
        window_of_source(sheet.source, sheet.title),
        span_name,
        partial(_load, sheet, found),
        rank=int(sheet.is_spreadsheet),
    )


def look_up(connection: sqlite3.Connection, part_id: int, procedure_code: str) -> MueLimit | None:
    """The limit of a code in one part; None: it has none."""
    row = connection.execute(
        "SELECT units, adjudication_indicator FROM mue WHERE part_id = ? AND procedure_code = ?",
        (part_id, procedure_code),
    ).fetchone()
    return MueLimit(procedure_code, *row) if row else None


def _load(sheet: Sheet, heading: Heading, on_progress: Progress) -> Loaded:
    bad = BadRows(sheet.source)
    rows: dict[str, tuple[str, int, str]] = {}
    for line, cells in data_rows(sheet, heading, on_progress, bad):
        code = procedure_code(heading.cell(cells, "procedure code"))
        units, indicator = heading.cell(cells, "units"), heading.cell(cells, "indicator")[:1]
        if code is None:
            bad.add(line, f'"{heading.cell(cells, "procedure code")[:20]}" is no procedure code')
        elif not (units.isdecimal() and units.isascii() and len(units) < 8 and int(units) <= _MOST_UNITS):
            bad.add(line, f'the MUE value of {code} is "{units[:20]}", no number of units')
        elif indicator not in ("1", "2", "3"):
            bad.add(line, f'the adjudication indicator of {code} is "{indicator}", not 1, 2 or 3')
        elif rows.setdefault(code, (code, int(units), indicator)) != (code, int(units), indicator):
            bad.add(line, f"{code} stands in the file twice with different limits")
    bad.refuse()
    require_rows(sheet.source, len(rows))
    return loaded(SCHEMA, "mue", list(rows.values()))
