"""NCCI add-on code edits: reads CMS's file and says which primaries an add-on code may stand with. Does not judge."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import date
from functools import partial
from typing import Final, TypeAlias

from ingest.tables.bad_rows import BadRows, require_rows
from ingest.tables.model import AddOnEdit
from ingest.tables.plain_rows import Heading, data_rows, day, heading_row, loaded, procedure_code
from ingest.tables.sheet import Sheet
from ingest.tables.source import Candidate, Loaded, Progress
from ingest.tables.windows import span_name, window_of_source

SCHEMA: Final = """CREATE TABLE IF NOT EXISTS add_on (
    part_id INTEGER NOT NULL REFERENCES part (part_id) ON DELETE CASCADE,
    add_on TEXT NOT NULL,
    primary_code TEXT NOT NULL,
    edit_type TEXT NOT NULL,
    effective_from TEXT NOT NULL,
    effective_through TEXT,
    PRIMARY KEY (part_id, add_on, primary_code, effective_from)
) STRICT, WITHOUT ROWID"""
# Primary, type, first day and last day (None: in force).
StoredRow: TypeAlias = tuple[str, str, str, str | None]
# Stands where the contractor defines the primaries.
CONTRACTOR_DEFINED: Final = "CCCCC"


def _named(*parts: str) -> partial[bool]:
    return partial(_has, parts)


def _has(parts: tuple[str, ...], head: str) -> bool:
    squeezed = head.replace("_", "").replace(" ", "").replace("-", "")
    return squeezed in parts


_COLUMNS: Final = {
    "type": _named("aocedittype", "edittype"),
    "add-on": _named("addoncode"),
    "add-on deleted": _named("aocdeldt"),
    "primary": _named("primarycode"),
    "primary deleted": _named("primarycodedeldt"),
    "effective": _named("aocediteffdt"),
    "deleted": _named("aoceditdeldt"),
}
_DELETIONS: Final = ("add-on deleted", "primary deleted", "deleted")


def recognise(sheet: Sheet) -> Candidate | None:
    """The candidate, by headings such as AOC_Edit_Type and Primary_Code; None: another table."""
    found = heading_row(sheet, _COLUMNS)
    if found is None:
        return None
    return Candidate(
        sheet.source,
        "add-on",
        window_of_source(sheet.source, sheet.title),
        span_name,
        partial(_load, sheet, found),
        rank=int(not sheet.is_spreadsheet),
    )


def look_up(connection: sqlite3.Connection, part_id: int, add_on: str) -> tuple[StoredRow, ...] | None:
    """Every row of a code in one part, of all its days; None: it has none."""
    rows = connection.execute(
        "SELECT primary_code, edit_type, effective_from, effective_through FROM add_on"
        " WHERE part_id = ? AND add_on = ?",
        (part_id, add_on),
    ).fetchall()
    return tuple(rows) or None


def edit_on(add_on: str, rows: Iterable[StoredRow], on: date) -> AddOnEdit | None:
    """The edit in force on a day, first and last day included; None: the code is no add-on code then."""
    day = on.isoformat()
    held = [(primary, kind) for primary, kind, first, last in rows if first <= day and (last is None or day <= last)]
    if not held:
        return None
    # Should a code have rows of several types, the one that leaves most to the contractor holds.
    edit_type = max(kind for _primary, kind in held)
    return AddOnEdit(add_on, edit_type, frozenset(primary for primary, _kind in held) - {CONTRACTOR_DEFINED})


def _load(sheet: Sheet, heading: Heading, on_progress: Progress) -> Loaded:
    bad = BadRows(sheet.source)
    rows: dict[tuple[str, str, str], tuple[str, str, str, str, str | None]] = {}
    for line, cells in data_rows(sheet, heading, on_progress, bad):
        add_on, told = procedure_code(heading.cell(cells, "add-on")), heading.cell(cells, "primary").upper()
        primary = CONTRACTOR_DEFINED if told == CONTRACTOR_DEFINED else procedure_code(told)
        edit_type = heading.cell(cells, "type")
        if add_on is None or primary is None:
            bad.add(line, f'"{heading.cell(cells, "add-on")[:20]}" and "{told[:20]}" are not both procedure codes')
            continue
        if edit_type not in ("1", "2", "3"):
            bad.add(line, f'the edit type of {add_on} is "{edit_type[:20]}", not 1, 2 or 3')
            continue
        try:
            begins = day(heading.cell(cells, "effective"))
            ends = [found for column in _DELETIONS if (found := day(heading.cell(cells, column)))]
        except ValueError as error:
            bad.add(line, f"a date of {add_on} with {primary} cannot be read ({error}); CMS writes YYYYDDD")
            continue
        if begins is None:
            bad.add(line, f"{add_on} with {primary} has no effective date")
            continue
        last = min(ends).isoformat() if ends else None
        key = (add_on, primary, begins.isoformat())
        if key not in rows or (rows[key][4] is not None and (last is None or last > (rows[key][4] or ""))):
            rows[key] = (add_on, primary, edit_type, begins.isoformat(), last)
    bad.refuse()
    require_rows(sheet.source, len(rows))
    return loaded(SCHEMA, "add_on", list(rows.values()))
