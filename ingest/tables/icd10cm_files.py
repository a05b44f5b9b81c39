"""Reads what CMS and NCHS publish of ICD-10-CM: order files, order addenda and the tabular list in XML.

An order file tells which codes exist and which can be billed; only the tabular list has the instructions (Excludes1,
code first). An addendum holds the differences to the release before it. Other layouts (PDF, the codes file without
its flags) are not read.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import PurePosixPath
from typing import Final

from ingest.tables.bad_rows import BadRows, require_rows
from ingest.tables.icd10cm import base_releases, open_base
from ingest.tables.icd10cm_instructions import is_listed_form, pointed
from ingest.tables.icd10cm_origins import origins_on
from ingest.tables.icd10cm_rows import (
    CODES_PART,
    TABULAR_PART,
    CodeRows,
    read_list,
    rows_of_list,
    rows_of_tabular,
)
from ingest.tables.icd10cm_tabular import ROOT_TAG, TabularUnreadable, read_tabular
from ingest.tables.icd10cm_years import file_to_import, window_name, window_of_names
from ingest.tables.releases import stored_releases
from ingest.tables.sheet import text_lines
from ingest.tables.source import BROKEN, Candidate, Loaded, Progress, Source

# CMS's layout of the order file, 0-based, end excluded: order number, code without its point, 1 for a code that can be
# billed and 0 for a heading, short description, long description to the end of the line.
_ORDER_LINE: Final = re.compile(r"\d{5} [A-Za-z][0-9A-Za-z]{2}[0-9A-Za-z ]{4} [01] ", re.ASCII)
_CODE: Final = slice(6, 13)
_FLAG: Final = slice(14, 15)
_SHORT: Final = slice(16, 76)
_LONG: Final = slice(77, None)
# An addendum's line is a label, padded, then an order line without its number.
_LABEL: Final = re.compile(r"\s*(Add|Delete|Revise from|Revise to|Revise)\s*:\s*", re.IGNORECASE)
_CHANGE: Final = re.compile(r"([01]) ([A-Za-z][0-9A-Za-z]{2,6}) +(\S.*)", re.ASCII)
_LONG_AFTER: Final = 61
_VERSION: Final = re.compile(rb"<version>\s*(20\d\d)\b")


def recognise(source: Source) -> Candidate | None:
    """The candidate for an order file, an addendum or the tabular list; None: something else (ICD-10-PCS, a PDF)."""
    if b"<" + ROOT_TAG.encode("ascii") in source.head:
        version = _VERSION.search(source.head)
        window = window_of_names(_names(source), int(version[1]) if version else None)
        return Candidate(
            source, "icd10cm", window, window_name, lambda progress: _tabular(source, progress), TABULAR_PART
        )
    lines = [line for line in source.head[:4096].decode("latin-1").splitlines()[:20] if line.strip()]
    if not lines or "pcs" in source.name.casefold():
        return None
    window = window_of_names(_names(source))
    if _ORDER_LINE.match(lines[0]) and is_listed_form(pointed(lines[0][_CODE].strip())):
        return Candidate(source, "icd10cm", window, window_name, lambda progress: _order(source, progress), CODES_PART)
    if any(_change(line) for line in lines) or _is_addendum_name(source.name):
        return Candidate(
            source, "icd10cm", window, window_name, lambda progress: _addenda(source, progress), CODES_PART, 1
        )
    return None


def _names(source: Source) -> Iterator[str]:
    """The file's own name, its folders in the zip from the inside out, the zip's name."""
    yield source.name
    yield from [part for part in PurePosixPath(source.member.replace("\\", "/")).parts[-2::-1] if source.member]
    yield source.path.name


def _order(source: Source, on_progress: Progress) -> Loaded:
    bad = BadRows(source)
    codes: dict[str, tuple[str, str, bool]] = {}
    for number, text in enumerate(text_lines(source, on_progress), start=1):
        line = text.rstrip("\r\n\x1a")
        if not line.strip():
            continue
        code, flag = pointed(line[_CODE].strip()), line[_FLAG]
        description = line[_LONG].strip() or line[_SHORT].strip()
        if not _ORDER_LINE.match(line) or not is_listed_form(code):
            bad.add(number, "no line of an order file (order number, code, 0 or 1, short and long description)")
        elif not description:
            bad.add(number, f"{code} has no description")
        elif code in codes:
            bad.add(number, f"{code} stands here a second time")
        else:
            codes[code] = (code, description, flag == "1")
    bad.refuse()
    require_rows(source, len(codes))
    rows = rows_of_list(codes.values())
    return Loaded(len(codes), rows.store, rows.codes[0].diagnosis_code, rows.codes[-1].diagnosis_code)


def _tabular(source: Source, on_progress: Progress) -> Loaded:
    on_progress(source.name, 0, source.size)
    try:
        with source.open() as stream:
            rows = rows_of_tabular(read_tabular(stream))
    except TabularUnreadable as error:
        raise source.refused(f"no tabular list that can be read: {error}; download it again") from error
    except BROKEN as error:
        raise source.refused(f"cannot be read to its end ({error}); download it again") from error
    require_rows(source, len(rows.codes))
    on_progress(source.name, source.size, source.size)
    return Loaded(len(rows.codes), rows.store, rows.codes[0].diagnosis_code, rows.codes[-1].diagnosis_code)


def _addenda(source: Source, on_progress: Progress) -> Loaded:
    bad = BadRows(source)
    changes: list[_Change] = []
    for number, text in enumerate(text_lines(source, on_progress), start=1):
        line = text.rstrip("\r\n\x1a")
        # The counts that CMS puts above or below the changes ("0 additions") carry no label.
        if _LABEL.match(line) and (change := _change(line, number)) is None:
            bad.add(number, "a change that cannot be read (label, 0 or 1, code, short and long description)")
        elif _LABEL.match(line) and change is not None:
            changes.append(change)
    bad.refuse()

    def store(connection: sqlite3.Connection, part_id: int) -> None:
        _changed(source, connection, part_id, changes).store(connection, part_id)

    return Loaded(len(changes), store)


@dataclass(frozen=True, slots=True)
class _Change:
    line: int
    label: str
    diagnosis_code: str
    description: str
    billable: bool


def _change(line: str, number: int = 0) -> _Change | None:
    label = _LABEL.match(line)
    found = _CHANGE.match(line, label.end()) if label else None
    if label is None or found is None:
        return None
    code = pointed(found[2])
    description = found[3][_LONG_AFTER:].strip() or found[3].strip()
    return _Change(number, label[1].casefold(), code, description, found[1] == "1") if is_listed_form(code) else None


def _is_addendum_name(name: str) -> bool:
    return re.search(r"icd10cm.*order.*addenda.*\.txt$", name, re.IGNORECASE) is not None


def _changed(source: Source, connection: sqlite3.Connection, part_id: int, changes: list[_Change]) -> CodeRows:
    """The codes of the release before, with the changes. Raises ImportRefused when they do not fit it."""
    told = connection.execute(
        "SELECT effective_from FROM release JOIN part USING (release_id) WHERE part_id = ?", (part_id,)
    ).fetchone()
    first = date.fromisoformat(told[0])
    whole = file_to_import(first)
    with closing(open_base()) as base:
        found = origins_on(first - timedelta(days=1), base_releases(base), stored_releases(connection, "icd10cm"))
        if found is None:
            raise source.refused(
                f"an addendum holds only the differences to the release before {first:%Y-%m-%d}, and none is here that "
                f"covers {first - timedelta(days=1):%Y-%m-%d}; import {whole} instead"
            )
        before = found.codes
        held = read_list(base if before.is_base else connection, before.part.part_id)
        codes = {code: (code, description, billable) for code, description, billable in held}
    wrong: list[str] = []
    # Deletions first: a code that becomes a heading is deleted and added again.
    for one in sorted(changes, key=lambda one: one.label != "delete"):
        there = one.diagnosis_code in codes
        if there == (one.label == "add"):
            wrong.append(f"line {one.line}: {one.diagnosis_code} is {'there already' if there else 'not there'}")
        elif one.label == "delete":
            del codes[one.diagnosis_code]
        elif one.label != "revise from":
            codes[one.diagnosis_code] = (one.diagnosis_code, one.description, one.billable)
    if wrong:
        raise source.refused(
            f"{len(wrong)} of its {len(changes)} changes do not fit {before.release.label}, the release before it "
            f"({'; '.join(wrong[:3])}); import {whole} instead"
        )
    return rows_of_list(codes.values())
