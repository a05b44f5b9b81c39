"""NCCI procedure-to-procedure edits, practitioner: reads CMS's files, keeps them packed by column 1, answers pairs.

A release has 2.2 million pairs under some 13,000 column 1 codes. Each column 1 code is one database row: its column 2
codes in one text of five characters each, and for each of them five bytes (indicator, first day, last day). So a file
is written in one go, a lookup reads a few kilobytes, and the whole release takes some 25 MB on disk.
Does not say which payer an edit binds.
"""

from __future__ import annotations

import re
import sqlite3
import struct
from collections.abc import Collection, Iterable, Iterator
from datetime import date, timedelta
from functools import partial
from typing import Final, TypeAlias

from ingest.codes import is_procedure_code
from ingest.tables.bad_rows import BadRows, LastLine, require_rows
from ingest.tables.model import PtpEdit
from ingest.tables.releases import StoredPart
from ingest.tables.sheet import Sheet, is_notice, words
from ingest.tables.source import Candidate, Loaded, Progress, Window
from ingest.tables.windows import span_name, version_of_name, window_of_source

# With row ids, as the small tables are not: long texts inside an index make it deep, slow and a third larger.
SCHEMA: Final = """CREATE TABLE IF NOT EXISTS ptp (
    part_id INTEGER NOT NULL REFERENCES part (part_id) ON DELETE CASCADE,
    column1 TEXT NOT NULL,
    codes BLOB NOT NULL,
    dates BLOB NOT NULL,
    PRIMARY KEY (part_id, column1)
) STRICT"""
# column 2 codes, and what belongs to each
Packed: TypeAlias = tuple[bytes, bytes]
CODE_BYTES: Final = 5
_FIELDS: Final = struct.Struct(">cHH")
FIELD_BYTES: Final = _FIELDS.size
# Days are counted from here; the last number means "not deleted".
EPOCH: Final = date(1990, 1, 1)
OPEN: Final = 0xFFFF
# Edits of the time before 1996 may lack a first day: the file says only that they were there.
_BEFORE: Final = 0
_INDICATORS: Final = frozenset("019")
_PART: Final = re.compile(r"[-_.]f(\d)(?!\d)", re.IGNORECASE)
_HOSPITAL: Final = re.compile(r"ccioph|hospital|outpatient|ioce", re.IGNORECASE)
_COLUMNS: Final = ("column 1", "column 2", "in existence", "effective", "deletion", "modifier")


def recognise(sheet: Sheet) -> Candidate | None:
    """The candidate, by the heading "Column 1 | Column 2 | ... Effective | Deletion | Modifier"; None: another table.

    Raises ImportRefused for the hospital's edits, which look the same and differ in their name only.
    """
    found = _columns(sheet)
    if found is None:
        return None
    source = sheet.source
    names = (source.name, source.member, source.path.name)
    if any(_HOSPITAL.search(name) for name in names) and not re.search("ccipra", source.name, re.IGNORECASE):
        raise source.refused("these are the edits for hospitals; import the practitioner's (ccipra-...) instead")
    part = _PART.search(source.name)
    version = next((told for name in names if (told := version_of_name(name))), None)
    return Candidate(
        source,
        "ptp",
        window_of_source(source, sheet.title),
        partial(_label, version),
        partial(_load, sheet, found),
        part=f"f{part[1]}" if part else "",
        rank=int(sheet.is_spreadsheet),
    )


def replaced_parts(parts: Iterable[StoredPart], name: str, low: str, high: str) -> list[int]:
    """Which parts of a release a new one replaces: of the same number, or, without numbers, of the same codes.

    CMS cuts a release into files by column 1, so what holds other codes is another file of the same release.
    """
    return [
        part.part_id
        for part in parts
        if (part.name == name if part.name and name else part.low <= high and low <= part.high)
    ]


def read_packed(connection: sqlite3.Connection, part_ids: Collection[int], column1: str) -> list[Packed]:
    """What the parts hold for a column 1 code."""
    marks = ", ".join("?" * len(part_ids))
    return connection.execute(
        f"SELECT codes, dates FROM ptp WHERE column1 = ? AND part_id IN ({marks})", (column1, *part_ids)
    ).fetchall()


def edits_among(packed: Iterable[tuple[str, Packed]], column2: Iterable[str], on: date) -> Iterator[PtpEdit]:
    """The edits in force on a day, first and last day included, between the column 1 codes of `packed` and these
    column 2 codes. A pair may have several."""
    wanted = [(code, written) for code in column2 if len(written := code.encode("ascii", "replace")) == CODE_BYTES]
    day = (on - EPOCH).days
    for column1, (codes, dates) in packed:
        for code, written in wanted:
            at = codes.find(written)
            while at >= 0:
                place, off = divmod(at, CODE_BYTES)
                if not off:
                    indicator, first, last = _FIELDS.unpack_from(dates, place * FIELD_BYTES)
                    if first <= day <= last or (last == OPEN and first <= day):
                        yield PtpEdit(
                            column1,
                            code,
                            indicator.decode("ascii"),
                            EPOCH + timedelta(days=first),
                            None if last == OPEN else EPOCH + timedelta(days=last),
                        )
                at = codes.find(written, at + 1)


def in_force(packed: Packed, on: date) -> Iterator[tuple[str, str]]:
    """Each column 2 code with an edit in force on a day, and its modifier indicator."""
    codes, dates = packed
    day = (on - EPOCH).days
    for place, (indicator, first, last) in enumerate(_FIELDS.iter_unpack(dates)):
        if first <= day <= last or (last == OPEN and first <= day):
            at = place * CODE_BYTES
            yield codes[at : at + CODE_BYTES].decode("ascii"), indicator.decode("ascii")


def _label(version: str | None, window: Window) -> str:
    return f"{span_name(window)} {version}" if version else span_name(window)


def _columns(sheet: Sheet) -> tuple[int, dict[str, int]] | None:
    """How many rows the heading has, and where each column stands; None: no such heading."""
    start = next(
        (
            index
            for index, (_line, cells) in enumerate(sheet.head)
            if {"column 1", "column 2"} <= {words(cell).replace("column1", "column 1") for cell in cells}
        ),
        None,
    )
    if start is None:
        return None
    rows = [cells for _line, cells in sheet.head[start:]]
    first_row = next((n for n, cells in enumerate(rows) if n and is_procedure_code(_code(cells[0]) or "")), len(rows))
    width = len(rows[0])
    heads = [words(" ".join(cells[at] for cells in rows[:first_row] if at < len(cells))) for at in range(width)]
    places = {}
    for column in _COLUMNS:
        at = next((n for n, head in enumerate(heads) if head.replace("*=", "").startswith(column)), None)
        if at is None and column != "in existence":
            return None
        if at is not None:
            places[column] = at
    return start + first_row, places


def _load(sheet: Sheet, found: tuple[int, dict[str, int]], on_progress: Progress) -> Loaded:
    heading, places = found
    source, bad = sheet.source, BadRows(sheet.source)
    one, two = places["column 1"], places["column 2"]
    begins, ends, modifier = places["effective"], places["deletion"], places["modifier"]
    before = places.get("in existence", one)
    # A text line with fewer cells than the heading is cut off; a spreadsheet leaves empty cells out.
    width = max(places.values()) + 1
    if not sheet.is_spreadsheet:
        width = max(width, len(sheet.head[heading - 1][1]))
    codes: dict[str, bytearray] = {}
    dates: dict[str, bytearray] = {}
    known: dict[str, bytes | None] = {}
    packed: dict[tuple[str, str, str, str], bytes | str] = {}
    rows = 0
    last = LastLine(bad) if source.ends_open and not sheet.is_spreadsheet else None
    for number, (line, cells) in enumerate(sheet.rows(on_progress)):
        if number < heading:
            continue
        if len(cells) < width:
            if not is_notice(cells):
                bad.add(line, f"{len(cells)} columns where the heading has {width}")
            continue
        first, second = cells[one], cells[two]
        if first not in known:
            known[first] = _packed_code(first)
        if second not in known:
            known[second] = _packed_code(second)
        column1, column2 = known[first], known[second]
        if column1 is None or column2 is None:
            if not is_notice(cells):
                bad.add(line, f'"{first[:20]}" and "{second[:20]}" are not both procedure codes')
            continue
        key = (cells[modifier], cells[begins], cells[ends], cells[before])
        fields = packed.get(key)
        if fields is None:
            fields = packed[key] = _packed_fields(*key, has_before="in existence" in places)
        if isinstance(fields, str):
            bad.add(line, fields)
            continue
        name = first if len(first) == CODE_BYTES else column1.decode("ascii")
        if name in codes:
            codes[name] += column2
            dates[name] += fields
        else:
            codes[name] = bytearray(column2)
            dates[name] = bytearray(fields)
        rows += 1
        if last is not None:
            last.see(line, cells[-1])
    if last is not None:
        last.check()
    bad.refuse()
    require_rows(source, rows)
    return Loaded(rows, partial(_store, codes, dates), min(codes), max(codes))


def _store(
    codes: dict[str, bytearray], dates: dict[str, bytearray], connection: sqlite3.Connection, part_id: int
) -> None:
    connection.execute(SCHEMA)
    connection.executemany(
        "INSERT INTO ptp (part_id, column1, codes, dates) VALUES (?, ?, ?, ?)",
        ((part_id, column1, bytes(codes[column1]), bytes(dates[column1])) for column1 in sorted(codes)),
    )


def _code(cell: str) -> str | None:
    """A procedure code as written, or a number that lost its leading zeros in a spreadsheet; None: neither."""
    text = cell.strip().upper()
    if text.isdecimal() and 3 <= len(text) < CODE_BYTES:
        text = text.zfill(CODE_BYTES)
    return text if is_procedure_code(text) else None


def _packed_code(cell: str) -> bytes | None:
    text = _code(cell)
    return text.encode("ascii") if text else None


def _packed_fields(indicator: str, begins: str, ends: str, before: str, *, has_before: bool) -> bytes | str:
    """The five bytes, or what is wrong."""
    mark = indicator.strip()[:1]
    if mark not in _INDICATORS or not mark:
        return f'the modifier indicator is "{indicator.strip()[:20]}", not 0, 1 or 9'
    first, last = begins.strip(), ends.strip()
    if not first and has_before and before.strip() == "*":
        start: int | None = _BEFORE
    else:
        start = _day(first)
    if start is None:
        return f'the effective date is "{first[:20]}", no date as YYYYMMDD'
    end = OPEN if last in ("*", "") else _day(last)
    if end is None:
        return f'the deletion date is "{last[:20]}", neither a date as YYYYMMDD nor *'
    return _FIELDS.pack(mark.encode("ascii"), start, end)


def _day(text: str) -> int | None:
    try:
        days = (date.fromisoformat(text) - EPOCH).days if len(text) == 8 and text.isascii() else -1
    except ValueError:
        return None
    return days if 0 <= days < OPEN else None
