"""The rows of one claim in a CSV file as a Claim, each cell read as the shorthand reads it.

Opens no file. A problem's `column` is the number of the cell in its row; its message names the header.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from ingest.claims.csv_mapping import CsvMapping, date_pattern
from ingest.claims.given_value import (
    MAX_LINES,
    read_charge,
    read_given,
    read_modifier,
    read_pointer,
    read_procedure_code,
    read_units,
)
from ingest.claims.header_key import KEYS
from ingest.claims.header_value import MAX_DIAGNOSES, read_diagnosis_code
from ingest.claims.model import Claim, ClaimLine, ClaimProblem, Diagnosis, ReadClaim
from ingest.claims.problem_list import MAX_PROBLEMS, ProblemList, quoted

_FIELD = {
    "dos": "date_of_service",
    "pos": "place_of_service",
    "new-patient": "new_patient",
    "corrected-of": "corrected_of",
}
# What makes a cell a formula to some spreadsheet; the wide forms do so too where East Asian text is set.
FORMULA_SIGNS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_FORMULA_TEXT = re.compile(r'="(.*)"\Z', re.DOTALL)
_WHOLE = re.compile(r"([0-9]+)\.0\Z", re.ASCII)
_NOT_SAID = frozenset({"U", "UNK", "UNKNOWN"})
_ANSWERS = {"1": "yes", "0": "no"}


@dataclass(frozen=True, slots=True)
class Columns:
    """The 0-based places of each field in a row (see csv_mapping.FIELDS), the headers, and the mapping behind them."""

    places: Mapping[str, tuple[int, ...]]
    headers: tuple[str, ...]
    mapping: CsvMapping


@dataclass(frozen=True, slots=True)
class CsvRows:
    """The rows of one claim: the 1-based line each begins on, and its cells."""

    claim_id: str
    rows: tuple[tuple[int, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class _Cell:
    text: str
    line: int
    column: int


def cell_text(cell: str) -> str:
    """What a cell says: without the spreadsheet's `="..."`, and without the apostrophe that keeps it from being run."""
    bare = cell.strip()
    if match := _FORMULA_TEXT.match(bare):
        return match[1].strip()
    if bare.startswith("'") and bare.lstrip("'").startswith(FORMULA_SIGNS):
        return bare[1:]
    return bare


def read_rows(rows: CsvRows, columns: Columns) -> ReadClaim:
    """The claim of these rows. Never raises; the claim is None as soon as there is one problem.

    What belongs to the whole claim may stand in each row or in the first alone; two rows may not differ in it. Without
    a column of pointers, rows that name different diagnoses each point to their own.
    """
    reading = _Reading(columns)
    claim = reading.claim(rows)
    return ReadClaim(None if reading.problems else claim, reading.in_order())


class _Reading:
    """One claim being read: its columns, and what was found wrong."""

    __slots__ = ("_columns", "_mapping", "problems")

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._mapping = columns.mapping
        self.problems: list[ClaimProblem] = []

    def in_order(self) -> tuple[ClaimProblem, ...]:
        return tuple(sorted(self.problems)[:MAX_PROBLEMS])

    def claim(self, rows: CsvRows) -> Claim | None:
        first = rows.rows[0][0]
        if not rows.claim_id:
            self._add(self._place("claim", first), "this row names no claim")
        if len(rows.rows) > MAX_LINES:
            self._add(self._place("claim", first), f"the claim has {len(rows.rows)} rows; {MAX_LINES} are the most")
            return None
        wide = len(self._columns.headers)
        for line, cells in rows.rows:
            if any(cell.strip() for cell in cells[wide:]):
                self._add(_Cell("", line, wide + 1), "the row has more cells than the headers; is a quote missing?")
        values: dict[str, Any] = {}
        for key in KEYS:
            if key != "dx" and key in self._columns.places:
                value = self._of_the_claim(key, rows)
                if value is not None:
                    values[_FIELD.get(key, key)] = value
        diagnoses, own = self._diagnoses(rows)
        lines = []
        # Without a diagnosis there is nothing to hold pointers against, as in the shorthand.
        count = len(diagnoses) or None
        for (number, cells), pointers in zip(rows.rows, own, strict=True):
            one = self._line(number, cells, pointers, count)
            if one is not None:
                lines.append(one)
        return Claim(tuple(lines), diagnoses=diagnoses, **values)

    def _of_the_claim(self, key: str, rows: CsvRows) -> Any:
        """The value all rows agree on; None when none of them says it."""
        known: dict[str, Any] = {}
        before = len(self.problems)
        for line, cells in rows.rows:
            cell = self._cell(key, line, cells)
            if not cell.text or cell.text in known:
                continue
            value = self._read(key, cell)
            if known and len(self.problems) == before and value not in known.values():
                self._add(cell, f"the rows of this claim differ in {key}: a claim has one, so split it or mend a row")
            known[cell.text] = value
        return next(iter(known.values()), None)

    def _read(self, key: str, cell: _Cell) -> Any:
        text = cell.text
        if key in ("dos", "received"):
            return self._date(cell)
        if key == "payer":
            text = self._mapping.payers.get(text, text)
        elif key in ("age", "pos") and (whole := _WHOLE.match(text)):
            text = whole[1]
        if key == "pos" and len(text) == 1:
            # A spreadsheet drops the zero of 01 to 09, and no place of service has one digit.
            text = f"0{text}"
        elif key == "sex" and text.upper() in _NOT_SAID:
            return None
        elif key == "new-patient":
            text = _ANSWERS.get(text, text)
        return self._through(lambda given, line, column, own: read_given(key, given, line, column, own), text, cell)

    def _date(self, cell: _Cell) -> date | None:
        for written in self._mapping.date_formats:
            match = _pattern(written).match(cell.text)
            if match is None:
                continue
            try:
                return date(int(match["y"]), int(match["m"]), int(match["d"]))
            except ValueError:
                self._add(cell, f"{quoted(cell.text)} is not a day of the calendar when read as {written}")
                return None
        known = ", ".join(self._mapping.date_formats)
        self._add(cell, f"{quoted(cell.text)} is not a date written {known}; name its format in date-formats")
        return None

    def _diagnoses(self, rows: CsvRows) -> tuple[tuple[Diagnosis, ...], list[tuple[int, ...] | None]]:
        """The claim's diagnoses, and for each row the places of its own; None: the row does not say its own."""
        nothing: list[tuple[int, ...] | None] = [None] * len(rows.rows)
        if "dx" not in self._columns.places:
            return (), nothing
        known: dict[tuple[str, ...], tuple[str, ...]] = {}
        of_rows: list[tuple[str, ...]] = []
        for line, cells in rows.rows:
            written = tuple(self._cells("dx", line, cells))
            key = tuple(cell.text for cell in written)
            if key not in known:
                known[key] = self._codes(written)
            of_rows.append(known[key])
        told = list(dict.fromkeys(codes for codes in of_rows if codes))
        pointed = any(cell.text for line, cells in rows.rows for cell in self._cells("pointers", line, cells))
        if len(told) > 1 and pointed:
            cell = self._place("dx", rows.rows[0][0])
            self._add(
                cell, "the rows of this claim name different diagnoses, so pointers cannot be told; give all in each"
            )
        every = list(dict.fromkeys(code for codes in told for code in codes)) if len(told) > 1 else list(*told[:1])
        if len(every) > MAX_DIAGNOSES:
            cell = self._place("dx", rows.rows[0][0])
            self._add(cell, f"a claim carries at most {MAX_DIAGNOSES} diagnoses; these rows name {len(every)}")
            every = every[:MAX_DIAGNOSES]
        diagnoses = tuple(Diagnosis(code) for code in every)
        if len(told) < 2 or pointed:
            return diagnoses, nothing
        return diagnoses, [tuple(every.index(code) for code in dict.fromkeys(c) if code in every) for c in of_rows]

    def _codes(self, cells: tuple[_Cell, ...]) -> tuple[str, ...]:
        found: list[str] = []
        for cell in cells:
            for part in self._parts(cell.text):
                code = read_diagnosis_code(part)
                if code is None:
                    self._add(cell, f"{quoted(part)} is not a diagnosis code (such as J32.0)")
                else:
                    found.append(code)
        return tuple(found)

    def _line(
        self, number: int, cells: tuple[str, ...], own: tuple[int, ...] | None, diagnoses: int | None
    ) -> ClaimLine | None:
        cell = self._cell("code", number, cells)
        written, *joined = (part.strip() for part in cell.text.split("-"))
        if whole := _WHOLE.match(written):
            written = whole[1]
        code = self._through(read_procedure_code, written, cell)
        given = [(part, cell) for part in joined]
        for one in self._cells("modifiers", number, cells):
            given += [(part, one) for part in self._parts(one.text.replace("-", " "))]
        modifiers = [self._modifier(text, where) for text, where in given]
        units = self._number("units", number, cells, read_units)
        billed = self._number("billed", number, cells, read_charge)
        pointers = own if own is not None else self._pointers(number, cells, diagnoses)
        if code is None:
            return None
        return ClaimLine(code, tuple(one for one in modifiers if one), 1 if units is None else units, pointers, billed)

    def _modifier(self, text: str, cell: _Cell) -> str | None:
        whole = _WHOLE.match(text)
        modifier: str | None = self._through(read_modifier, whole[1] if whole else text, cell)
        return modifier

    def _number(self, name: str, line: int, cells: tuple[str, ...], read: Callable[..., Any]) -> Any:
        cell = self._cell(name, line, cells)
        if not cell.text:
            return None
        text = cell.text
        if self._mapping.decimal == ",":
            text = text.replace(".", "").replace(",", ".")
        return self._through(read, text, cell)

    def _pointers(self, line: int, cells: tuple[str, ...], diagnoses: int | None) -> tuple[int, ...]:
        found: list[int] = []
        for cell in self._cells("pointers", line, cells):
            for part in self._parts(cell.text):
                found += self._pointed(part, cell, diagnoses)
        if len(set(found)) < len(found):
            self._add(self._cell("pointers", line, cells), "a diagnosis pointer stands here twice")
        if diagnoses is not None and any(place >= diagnoses for place in found):
            message = f"a pointer of this row points to no diagnosis; the claim has {diagnoses}"
            self._add(self._cell("pointers", line, cells), message)
        return tuple(found)

    def _pointed(self, part: str, cell: _Cell, diagnoses: int | None) -> list[int]:
        """`A`, `AB`, `1`, `12` (1 and 2, unless there is a twelfth diagnosis: then nobody can tell)."""
        if whole := _WHOLE.match(part):
            part = whole[1]
        if re.fullmatch("[0-9]+", part, re.ASCII):
            if len(part) > 1 and int(part[:9]) <= (diagnoses or 0):
                self._add(cell, "these numbers can be read in two ways; write diagnosis pointers as letters")
                return []
            letters = [chr(ord("A") + int(digit) - 1) for digit in part]
        else:
            letters = list(part)
        places = (self._through(read_pointer, letter, cell) for letter in letters[: MAX_DIAGNOSES + 1])
        return [place for place in places if place is not None]

    def _parts(self, text: str) -> list[str]:
        return [part for part in _separators(self._mapping.separators).split(text) if part]

    def _cell(self, name: str, line: int, cells: tuple[str, ...]) -> _Cell:
        return next(iter(self._cells(name, line, cells)), _Cell("", line, 1))

    def _cells(self, name: str, line: int, cells: tuple[str, ...]) -> list[_Cell]:
        places = self._columns.places.get(name, ())
        return [_Cell(cell_text(cells[at]) if at < len(cells) else "", line, at + 1) for at in places]

    def _place(self, name: str, line: int) -> _Cell:
        return _Cell("", line, next(iter(self._columns.places.get(name, ())), 0) + 1)

    def _through(self, read: Callable[..., Any], text: str, cell: _Cell) -> Any:
        own = ProblemList()
        value = read(text, cell.line, cell.column, own)
        for problem in own.in_order() if own else ():
            self._add(cell, problem.message)
        return value

    def _add(self, cell: _Cell, message: str) -> None:
        header = self._columns.headers[cell.column - 1] if cell.column <= len(self._columns.headers) else ""
        self.problems.append(ClaimProblem(cell.line, cell.column, f"{header}: {message}" if header else message))


@lru_cache(maxsize=64)
def _pattern(date_format: str) -> re.Pattern[str]:
    return date_pattern(date_format)


@lru_cache(maxsize=64)
def _separators(signs: str) -> re.Pattern[str]:
    return re.compile(f"[{re.escape(signs)}\\s]+")
