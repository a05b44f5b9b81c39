"""The Medicare physician fee schedule's payment policy indicators: reads CMS's relative value files, looks rows up.

Columns are found by their stacked headings, since CMS moves them (2026 put one before the endoscopic base). Keeps no
relative values, no amounts and no descriptors.
"""

from __future__ import annotations

import re
import sqlite3
from dataclasses import astuple
from functools import partial
from typing import Final

from ingest.tables.bad_rows import BadRows, require_rows
from ingest.tables.model import FeeScheduleRow
from ingest.tables.plain_rows import Heading, data_rows, loaded, procedure_code
from ingest.tables.sheet import Sheet, words
from ingest.tables.source import Candidate, Loaded, Progress, Source, Window
from ingest.tables.windows import month_name, month_of, quarter, window_of_source

SCHEMA: Final = """CREATE TABLE IF NOT EXISTS fee_schedule (
    part_id INTEGER NOT NULL REFERENCES part (part_id) ON DELETE CASCADE,
    procedure_code TEXT NOT NULL,
    modifier TEXT NOT NULL,
    status TEXT NOT NULL,
    pctc TEXT NOT NULL,
    global_days TEXT NOT NULL,
    multiple_procedure TEXT NOT NULL,
    bilateral TEXT NOT NULL,
    assistant TEXT NOT NULL,
    co_surgeon TEXT NOT NULL,
    team TEXT NOT NULL,
    endoscopic_base TEXT NOT NULL,
    PRIMARY KEY (part_id, procedure_code, modifier)
) STRICT, WITHOUT ROWID"""
# What a column's heading, read from top to bottom, ends with.
_COLUMNS: Final = {
    "procedure_code": r"hcpcs",
    "modifier": r"mod",
    "status": r"status code",
    "pctc": r"pc/?tc ind",
    "global_days": r"glob days",
    "multiple_procedure": r"mult proc",
    "bilateral": r"bilat surg",
    "assistant": r"asst surg",
    "co_surgeon": r"co- ?surg",
    "team": r"team surg",
    "endoscopic_base": r"endo base",
}
_TITLE: Final = re.compile(r"(20\d\d) national physician fee schedule relative value file(.*)", re.IGNORECASE)
_RELEASED: Final = re.compile(r"released (\d\d)/\d\d/(20\d\d)", re.IGNORECASE)
_MODIFIER: Final = re.compile(r"(?:[0-9A-Z]{2})?\Z", re.ASCII)
_GLOBAL: Final = re.compile(r"(?:\d{3}|[A-Z]{3})\Z", re.ASCII)
_DIGITS: Final = ("pctc", "multiple_procedure", "bilateral", "assistant", "co_surgeon", "team")
_HEADING_ROWS: Final = 5
# Procedure code, modifier, 50 characters of description, status.
_FIXED_RECORD: Final = re.compile(r"[0-9A-Z]{5}(?:[0-9A-Z]{2}|  ).{50}[A-Z] ", re.ASCII)


def recognise(sheet: Sheet) -> Candidate | None:
    """The candidate, by headings such as GLOB DAYS and BILAT SURG; None: another table."""
    found = _heading(sheet)
    if found is None:
        return None
    window = _told(sheet) or window_of_source(sheet.source, sheet.title)
    # Of the two files of 2026 both hold the same indicators.
    apart = 0 if re.search("nonqpp", sheet.source.name, re.IGNORECASE) else 1
    return Candidate(
        sheet.source,
        "mpfs",
        window,
        month_name,
        partial(_load, sheet, found),
        rank=2 * int(sheet.is_spreadsheet) + apart,
    )


def recognise_fixed(source: Source) -> None:
    """Nothing: CMS's text form, records of fixed width under lines that begin with HDR, is not read.

    Raises ImportRefused for it, saying which file to take instead.
    """
    lines = source.head.decode("latin-1").splitlines()
    record = next((line for line in lines if not line.startswith("HDR")), "")
    if lines and lines[0].startswith("HDR") and _FIXED_RECORD.match(record):
        raise source.refused(
            "this is the fee schedule as text of fixed width, which is not read; import the .csv or .xlsx of the same "
            "name that CMS puts beside it into the zip (PPRRVU...), or the zip itself"
        )


def look_up(connection: sqlite3.Connection, part_id: int, procedure_code: str, modifier: str) -> FeeScheduleRow | None:
    """The row of a code with a modifier ("" for none) in one part; None: there is none."""
    row = connection.execute(
        "SELECT * FROM fee_schedule WHERE part_id = ? AND procedure_code = ? AND modifier = ?",
        (part_id, procedure_code, modifier),
    ).fetchone()
    return FeeScheduleRow(*row[1:]) if row else None


def _heading(sheet: Sheet) -> Heading | None:
    for index, (_line, cells) in enumerate(sheet.head):
        heads = [words(cell) for cell in cells]
        if "hcpcs" not in heads or "mod" not in heads:
            continue
        above = [
            [words(cell) for cell in row] for _line, row in sheet.head[max(0, index - _HEADING_ROWS + 1) : index + 1]
        ]
        stacked = [" ".join(row[at] for row in above if at < len(row) and row[at]) for at in range(len(heads))]
        places = {
            name: at
            for name, ending in _COLUMNS.items()
            if (at := next((n for n, head in enumerate(stacked) if re.search(rf"(?:\A| ){ending}\Z", head)), None))
            is not None
        }
        if len(places) == len(_COLUMNS):
            return Heading(index + 1, places)
    return None


def _told(sheet: Sheet) -> Window | None:
    """The quarter the file's own title names: year and month of release, or the quarter after "RELEASED"."""
    texts = [cell.strip() for _line, cells in sheet.head[:15] for cell in cells if cell.strip()]
    title = next((found for text in texts if (found := _TITLE.search(" ".join(text.split())))), None)
    if title and (month := month_of(title[2])):
        return quarter(int(title[1]), (month + 2) // 3)
    released = next((found for text in texts if (found := _RELEASED.search(text))), None)
    if title and released:
        # A release comes out in the weeks before its quarter; January's in the year before.
        after = int(released[1]) + 12 * int(released[2])
        year, month = divmod(after // 3 * 3, 12)
        if year == int(title[1]):
            return quarter(year, month // 3 + 1)
    return None


def _load(sheet: Sheet, heading: Heading, on_progress: Progress) -> Loaded:
    bad = BadRows(sheet.source)
    rows: dict[tuple[str, str], FeeScheduleRow] = {}
    for line, cells in data_rows(sheet, heading, on_progress, bad):
        code = procedure_code(heading.cell(cells, "procedure_code"))
        if code is None:
            bad.add(line, f'"{heading.cell(cells, "procedure_code")[:20]}" is no procedure code')
            continue
        row = FeeScheduleRow(code, *(heading.cell(cells, column) for column in list(_COLUMNS)[1:]))
        if told := _fault(row):
            bad.add(line, told)
        elif rows.setdefault((code, row.modifier), row) != row:
            bad.add(
                line, f"{code} {row.modifier} stands in the file twice with different indicators".replace("  ", " ")
            )
    bad.refuse()
    require_rows(sheet.source, len(rows))
    return loaded(SCHEMA, "fee_schedule", [astuple(row) for row in rows.values()])


def _fault(row: FeeScheduleRow) -> str | None:
    """What no fee schedule says; it shows that cells are missing or out of their columns."""
    if not _MODIFIER.match(row.modifier):
        return f'the modifier of {row.procedure_code} is "{row.modifier[:20]}"'
    if len(row.status) != 1 or not row.status.isalpha():
        return f'the status code of {row.procedure_code} is "{row.status[:20]}", no letter'
    if not _GLOBAL.match(row.global_days):
        return f'the global days of {row.procedure_code} are "{row.global_days[:20]}", not 000, 010, 090, XXX ...'
    for name in _DIGITS:
        value = getattr(row, name)
        if len(value) > 1 or not (value == "" or value.isdecimal()):
            return f'the indicator {name.replace("_", " ")} of {row.procedure_code} is "{value[:20]}", no digit'
    if row.endoscopic_base and procedure_code(row.endoscopic_base) is None:
        return f'the endoscopic base of {row.procedure_code} is "{row.endoscopic_base[:20]}", no procedure code'
    return None
