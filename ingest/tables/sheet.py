"""Rows of cells out of delimited text and out of spreadsheets, with their line numbers. Knows no table's columns."""

from __future__ import annotations

import csv
import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, TypeAlias

from ingest.tables.errors import ImportRefused
from ingest.tables.source import BROKEN, LARGEST_FILE, LARGEST_SPREADSHEET, Progress, Source, too_big

# 1-based line of the file (where a record ends, if it has several) and its cells, not stripped.
Row: TypeAlias = tuple[int, list[str]]
HEAD_ROWS: Final = 60
_LONGEST_LINE: Final = 1 << 16
_MOST_COLUMNS: Final = 256
_MOST_ROWS: Final = 5_000_000
_LARGEST_SHARED: Final = 32 << 20
_PROGRESS_ROWS: Final = 8_192
_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


@dataclass(frozen=True)
class Sheet:
    """A text file, or one worksheet of a spreadsheet. `head` holds its first rows; `broken` why there are no more."""

    source: Source
    title: str
    delimiter: str
    head: tuple[Row, ...]
    broken: str | None = None

    @property
    def is_spreadsheet(self) -> bool:
        """True when cells come from a spreadsheet, where rows may be short and numbers may be numbers."""
        return self.delimiter == ""

    def rows(self, on_progress: Progress) -> Iterator[Row]:
        """Every row from the first. Raises ImportRefused for what cannot be read as a table."""
        if self.is_spreadsheet:
            return _spreadsheet_rows(self.source, self.title, on_progress)
        return text_rows(self.source, self.delimiter, on_progress)


def sheets(source: Source) -> Iterator[Sheet]:
    """The tables a file may hold: itself, or each of its worksheets; none for a picture, a PDF and the like.

    Raises ImportRefused for a spreadsheet of Excel's old form.
    """
    if source.is_zip:
        yield from _worksheets(source)
        return
    if source.head.startswith(b"\xd0\xcf\x11\xe0") and source.name.casefold().endswith(".xls"):
        raise source.refused(
            "Excel's old form (.xls) is not read; download CMS's .xlsx, .csv or .txt of the same table, or save this "
            "one as .xlsx"
        )
    if source.head.startswith((b"%PDF", b"\xd0\xcf\x11\xe0", b"<?xml")) or (
        b"\0" in source.head and not source.head.startswith((b"\xff\xfe", b"\xfe\xff"))
    ):
        return
    delimiter = _delimiter(source)
    yield _with_head(source, "", delimiter, text_rows(source, delimiter, _silent))


def text_rows(source: Source, delimiter: str, on_progress: Progress) -> Iterator[Row]:
    """Rows of a text file. Tab-separated text knows no quotes; in comma-separated text they are kept strictly."""
    if delimiter == "\t":
        for number, line in enumerate(text_lines(source, on_progress), start=1):
            yield number, line.rstrip("\r\n").split("\t")
        return
    reader = csv.reader(text_lines(source, on_progress), strict=True)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        raise source.refused(
            f"no comma-separated text from here on ({error}); the file is cut off or was changed: download it again",
            reader.line_num,
        ) from error


def text_lines(source: Source, on_progress: Progress) -> Iterator[str]:
    """Lines with their ends. What is not ASCII may come out wrong: no code is written with it."""
    done = 0
    try:
        with source.open() as raw, io.TextIOWrapper(raw, encoding=_encoding(source), newline="") as text:
            for number in range(1, _MOST_ROWS + 2):
                line = text.readline(_LONGEST_LINE)
                if not line:
                    break
                if len(line) >= _LONGEST_LINE or number > _MOST_ROWS:
                    raise source.refused("longer than any table of CMS; is it the right file?", number)
                yield line
                done += len(line)
                if number % _PROGRESS_ROWS == 0:
                    on_progress(source.name, min(done, source.size - 1), source.size)
    except BROKEN as error:
        raise source.refused(f"cannot be read to its end ({error}); download it again") from error
    on_progress(source.name, source.size, source.size)


def cell_text(value: Any) -> str:
    """A spreadsheet's cell as CMS's text files write it: dates as YYYYMMDD, whole numbers without a point."""
    if value is None:
        return ""
    if isinstance(value, (datetime, date)):
        return value.strftime("%Y%m%d")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def words(cell: str) -> str:
    """A header cell in small letters, line breaks and runs of blanks as one blank."""
    return " ".join(cell.casefold().split())


def is_notice(cells: list[str]) -> bool:
    """True for an empty row and for one that holds prose in a single cell."""
    filled = [cell for cell in cells if cell.strip()]
    return not filled or (len(filled) == 1 and " " in filled[0].strip())


def _worksheets(source: Source) -> Iterator[Sheet]:
    for title in _titles(source):
        yield _with_head(source, title, "", _spreadsheet_rows(source, title, _silent))


def _with_head(source: Source, title: str, delimiter: str, rows: Iterator[Row]) -> Sheet:
    head: list[Row] = []
    try:
        for row in rows:
            head.append(row)
            if len(head) == HEAD_ROWS:
                break
    except ImportRefused as error:
        return Sheet(source, title, delimiter, tuple(head), str(error))
    return Sheet(source, title, delimiter, tuple(head))


def _delimiter(source: Source) -> str:
    text = source.head.decode(_encoding(source), errors="replace")
    return "\t" if text.count("\t") > text.count("\n") else ","


def _encoding(source: Source) -> str:
    for mark, encoding in _MARKS:
        if source.head.startswith(mark):
            return encoding
    return "latin-1"


def _titles(source: Source) -> list[str]:
    _guard(source)
    try:
        with source.open() as raw:
            book = _book(raw)
            try:
                return list(book.sheetnames)
            finally:
                book.close()
    except ImportRefused:
        raise
    except Exception as error:
        raise _unreadable(source, error) from error


def _spreadsheet_rows(source: Source, title: str, on_progress: Progress) -> Iterator[Row]:
    _guard(source)
    number = 0
    try:
        with source.open() as raw:
            book = _book(raw)
            try:
                sheet = book[title]
                total = max(sheet.max_row or 1, 1)
                # The size a sheet claims to have may be wrong and would cut it off.
                sheet.reset_dimensions()
                for number, values in enumerate(sheet.iter_rows(values_only=True), start=1):
                    if len(values) > _MOST_COLUMNS or number > _MOST_ROWS:
                        raise source.refused("larger than any table of CMS; is it the right file?", number)
                    if number % _PROGRESS_ROWS == 0:
                        on_progress(source.name, min(number, total - 1), total)
                    yield number, [cell_text(value) for value in values]
                on_progress(source.name, total, total)
            finally:
                book.close()
    except (ImportRefused, GeneratorExit):
        raise
    except Exception as error:
        raise _unreadable(source, error, number) from error


def _book(raw: Any) -> Any:
    import openpyxl
    from openpyxl import xml

    # CMS's files have page headers that openpyxl does not understand, and nobody here needs.
    warnings.filterwarnings("ignore", category=UserWarning, module=r"openpyxl\.")
    # Without defusedxml a spreadsheet could blow up entities; it is one of our own dependencies.
    assert xml.DEFUSEDXML
    held = io.BytesIO(raw.read(LARGEST_SPREADSHEET + 1))
    return openpyxl.load_workbook(held, read_only=True, data_only=True, keep_links=False)


def _guard(source: Source) -> None:
    """Refuse a spreadsheet that would unpack to more than any table of CMS, before anything is unpacked."""
    if source.size > LARGEST_SPREADSHEET:
        raise source.refused("a spreadsheet this big is not read; import the text file that CMS puts beside it")
    try:
        with source.open() as raw, zipfile.ZipFile(io.BytesIO(raw.read(LARGEST_SPREADSHEET + 1))) as archive:
            members = archive.infolist()
    except BROKEN as error:
        raise _unreadable(source, error) from error
    for info in members:
        shared = re.search(r"sharedStrings|styles|workbook\.xml|\.rels\Z", info.filename)
        if too_big(info, _LARGEST_SHARED if shared else LARGEST_FILE):
            raise source.refused(
                f"{info.filename} in it would unpack to {info.file_size:,} bytes; that is no table of CMS"
            )


def _unreadable(source: Source, error: Exception, number: int | None = None) -> ImportRefused:
    told = f"the spreadsheet cannot be read ({type(error).__name__}: {error})"
    return source.refused(f"{told}; download it again, or import CMS's text or csv form of it", number)


def _silent(_label: str, _done: int, _total: int) -> None:
    return None
