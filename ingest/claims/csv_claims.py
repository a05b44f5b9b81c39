"""Claims as CSV, one row for each service line: finds the rows of each claim, whatever program wrote the file.

Reads rows as a stream and keeps none; csv_claims_rows makes a claim of them. Knows no rule.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from ingest.claims.csv_claims_rows import FORMULA_SIGNS, Columns, CsvRows, cell_text, read_rows
from ingest.claims.csv_mapping import DELIMITERS, FIELDS, SEVERAL, CsvMapping, guess_mapping
from ingest.claims.model import Claim, ClaimProblem, ReadClaim
from ingest.claims.service_line import LETTERS

# Opens the file anew, at its beginning.
Opener = Callable[[], BinaryIO]
# A spreadsheet that meets one of these first takes the cell for a formula.
_FORMULA = (*FORMULA_SIGNS, "\t", "\r")
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class CsvTable:
    """How a CSV file is laid out. `skipped` rows stand before the first claim's; `apart`: a claim's rows are not
    together, so the whole file is read before its first claim can be told."""

    columns: Columns
    headers: tuple[str, ...]
    encoding: str
    delimiter: str
    skipped: int
    apart: bool


@dataclass(frozen=True, slots=True)
class CsvClaim:
    """One claim of a CSV file: its value in the `claim` column ("" when it has none), its first line, what was read."""

    claim_id: str
    line: int
    read: ReadClaim


def open_table(opener: Opener, mapping: CsvMapping | None = None) -> tuple[CsvTable | None, tuple[ClaimProblem, ...]]:
    """The layout of a file, or why its claims cannot be read. Reads the file once, and keeps no row of it.

    `mapping` None: guessed from the headers. Understood are UTF-8 and UTF-16 with or without byte order mark,
    Windows-1252, the line `sep=;`, commas, semicolons, tabs and bars, line ends of every kind, and quoted line ends.
    """
    try:
        encoding = _encoding(opener)
        skipped, delimiter, headers = _headers(opener, encoding, mapping.delimiter if mapping else None)
        if not headers:
            return None, (ClaimProblem(1, 1, "the file is empty; its first line names the columns"),)
        chosen = mapping or guess_mapping(headers, delimiter)
        columns, problems = _columns(chosen, headers, skipped, guessed=mapping is None)
        if problems:
            return None, problems
        table = CsvTable(columns, headers, encoding, delimiter, skipped, apart=False)
        apart = _are_apart(opener, table)
    except UnicodeError:
        return None, (ClaimProblem(1, 1, "the file is no text a spreadsheet writes; save it as CSV UTF-8"),)
    except csv.Error as error:
        return None, (ClaimProblem(1, 1, f"the first line is no CSV ({error})"),)
    return CsvTable(columns, headers, encoding, delimiter, skipped, apart), ()


def csv_headers(opener: Opener) -> tuple[tuple[str, ...], str, tuple[ClaimProblem, ...]]:
    """The headers of a file and its delimiter, or what is wrong with its first line."""
    try:
        _skipped, delimiter, headers = _headers(opener, _encoding(opener), None)
    except (UnicodeError, csv.Error):
        return (), ",", (ClaimProblem(1, 1, "the file does not begin with a line of headers as CSV"),)
    return headers, delimiter, () if headers else (ClaimProblem(1, 1, "the file is empty"),)


def claim_rows(opener: Opener, table: CsvTable) -> Iterator[CsvRows | ClaimProblem]:
    """The rows of each claim, in the order of their first rows. A problem with the file itself ends them.

    One claim is in memory at a time, all of them when `table.apart`.
    """
    rows = _body(opener, table)
    if table.apart:
        yield from _gathered(rows)
        return
    current: list[tuple[int, tuple[str, ...]]] = []
    current_id = ""
    for row in rows:
        if isinstance(row, ClaimProblem):
            if current:
                yield CsvRows(current_id, tuple(current))
            yield row
            return
        claim_id, number, cells = row
        if current and (claim_id != current_id or not claim_id):
            yield CsvRows(current_id, tuple(current))
            current = []
        current_id = claim_id
        current.append((number, cells))
    if current:
        yield CsvRows(current_id, tuple(current))


def read_csv_claims(
    raw: bytes | str, mapping: CsvMapping | None = None
) -> tuple[tuple[CsvClaim, ...], tuple[ClaimProblem, ...]]:
    """All claims of a whole file, and what is wrong with the file itself. Never raises whatever the bytes.

    Each claim has its own problems: `line` is the file's, `column` the number of the cell in its row, both 1-based.
    """
    # Text may hold what no encoding can write; such a character is then found in the cell where it stands.
    content = raw.encode("utf-8", "replace") if isinstance(raw, str) else raw
    opener: Opener = lambda: io.BytesIO(content)  # noqa: E731  a def would say no more
    table, problems = open_table(opener, mapping)
    if table is None:
        return (), problems
    claims: list[CsvClaim] = []
    wrong: list[ClaimProblem] = []
    for one in claim_rows(opener, table):
        if isinstance(one, ClaimProblem):
            wrong.append(one)
        else:
            claims.append(CsvClaim(one.claim_id, one.rows[0][0], read_rows(one, table.columns)))
    if not claims and not wrong:
        wrong.append(ClaimProblem(table.skipped, 1, "the file has a line of headers and no service line below it"))
    return tuple(claims), tuple(wrong)


def write_csv_claims(claims: Iterable[tuple[str, Claim]]) -> str:
    """Claims, each with an id of its own, as CSV; `read_csv_claims` gives them back exactly.

    A cell that a spreadsheet would take for a formula gets an apostrophe in front, which reading takes away. Raises
    ValueError when an id is empty or not unique, or a claim holds what no claim text can hold.
    """
    given = list(claims)
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(FIELDS)
    for claim_id, claim in given:
        header = _header_cells(claim)
        for line in claim.lines:
            cells = {
                **header,
                "claim": claim_id,
                "code": line.procedure_code,
                "modifiers": " ".join(line.modifiers),
                "units": str(line.units),
                "pointers": " ".join(LETTERS[one] if 0 <= one < len(LETTERS) else "?" for one in line.pointers),
                "billed": "" if line.billed is None else f"{line.billed:.2f}",
            }
            writer.writerow([safe_cell(cells.get(name, "")) for name in FIELDS])
    text = out.getvalue()
    back, wrong = read_csv_claims(text)
    if given and (wrong or [(one.claim_id, one.read.claim) for one in back] != given):
        told = "an id is empty or stands twice, or a claim holds what no claim text can hold"
        raise ValueError(f"these claims cannot be written as CSV and read back as they are: {told}")
    return text


def safe_cell(text: str) -> str:
    """The text as no spreadsheet takes it for a formula: with an apostrophe in front where it would."""
    return f"'{text}" if text.lstrip("'").startswith(_FORMULA) else text


def _header_cells(claim: Claim) -> dict[str, str]:
    dos, received = claim.date_of_service, claim.received
    prior = None
    if claim.prior is not None:
        prior = ", ".join(
            "-".join((one.procedure_code, *one.modifiers)) + f" {one.date_of_service.isoformat()}"
            for one in claim.prior
        )
    words = {"prior": prior, "documentation": _joined(claim.documentation), "attachments": _joined(claim.attachments)}
    return {
        "payer": claim.payer or "",
        "dos": dos.isoformat() if dos else "",
        "pos": claim.place_of_service or "",
        "age": "" if claim.age is None else str(claim.age),
        "sex": claim.sex or "",
        "dx": " ".join(one.diagnosis_code for one in claim.diagnoses),
        "received": received.isoformat() if received else "",
        "authorization": claim.authorization or "",
        "new-patient": "" if claim.new_patient is None else ("yes" if claim.new_patient else "no"),
        "rendering": claim.rendering or "",
        "ordering": claim.ordering or "",
        "corrected-of": claim.corrected_of or "",
        **{key: "" if text is None else (text or "none") for key, text in words.items()},
    }


def _joined(words: tuple[str, ...] | None) -> str | None:
    return None if words is None else ", ".join(words)


def _encoding(opener: Opener) -> str:
    with opener() as file:
        head = file.read(4)
        for mark, name in _BOMS:
            if head.startswith(mark):
                return name
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            decoder.decode(head)
            while block := file.read(_BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8"


def _lines(opener: Opener, encoding: str) -> Iterator[str]:
    with opener() as file, io.TextIOWrapper(file, encoding=encoding, newline="") as text:
        yield from text


def _headers(opener: Opener, encoding: str, told: str | None) -> tuple[int, str, tuple[str, ...]]:
    """How many physical lines end with the headers, the delimiter, and the headers."""
    lines = _lines(opener, encoding)
    skipped = 0
    delimiter = told
    for line in lines:
        bare = line.strip("\r\n")
        if bare.lower().startswith("sep=") and len(bare) == 5:
            delimiter = delimiter or bare[4]
            skipped += 1
            continue
        if not bare.strip(' \t,;|"'):
            skipped += 1
            continue
        delimiter = delimiter or _delimiter(bare)
        if len(delimiter) != 1 or delimiter in '"\r\n':
            raise csv.Error("the delimiter is no sign of its own")
        reader = csv.reader(_first_then(line, lines), delimiter=delimiter, strict=True)
        headers = tuple(" ".join(cell.split()) for cell in next(reader))
        return skipped + reader.line_num, delimiter, headers
    return skipped, delimiter or ",", ()


def _first_then(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def _delimiter(header: str) -> str:
    outside = "".join(header.split('"')[::2])
    return max(DELIMITERS, key=lambda one: (outside.count(one), -DELIMITERS.index(one)))


def _columns(
    mapping: CsvMapping, headers: tuple[str, ...], line: int, *, guessed: bool
) -> tuple[Columns, tuple[ClaimProblem, ...]]:
    """Where each field stands, as 0-based places in a row."""
    problems: list[ClaimProblem] = []
    places: dict[str, tuple[int, ...]] = {}
    for name, wanted in mapping.columns.items():
        found: list[int] = []
        for header in wanted:
            here = [place for place, one in enumerate(headers) if one == " ".join(header.split())]
            if not here:
                problems.append(ClaimProblem(line, 1, f'no column "{header}" for {name}{_near(header, headers)}'))
            elif len(here) > 1 and name not in SEVERAL:
                problems.append(ClaimProblem(line, here[1] + 1, f'the column "{header}" for {name} is there twice'))
            found += here
        places[name] = tuple(dict.fromkeys(found))
    missing = [name for name in ("claim", "code") if name not in mapping.columns]
    if missing and not problems:
        problems.append(ClaimProblem(line, 1, _missing(missing, headers, mapping, guessed=guessed)))
    return Columns(places, headers, mapping), tuple(problems)


def _missing(missing: list[str], headers: tuple[str, ...], mapping: CsvMapping, *, guessed: bool) -> str:
    what = {"claim": "which rows are one claim (claim)", "code": "the procedure code (code)"}
    told = f"no column says {' and '.join(what[one] for one in missing)}"
    if not guessed:
        return f"{told}; add it to [columns] of the mapping"
    if len(mapping.columns) < 2:
        return f"{told}; is the first line a line of headers? Write a mapping, see --write-mapping"
    return f"{told}; the columns are {', '.join(headers[:30])}. Write a mapping, see --write-mapping"


def _near(header: str, headers: tuple[str, ...]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(header, headers, n=1)
    return f'; did you mean "{near[0]}"?' if near else "; see the first line of the file"


def _body(opener: Opener, table: CsvTable) -> Iterator[tuple[str, int, tuple[str, ...]] | ClaimProblem]:
    """Claim id, line and cells of every row below the headers; a problem with the file ends them."""
    lines = _lines(opener, table.encoding)
    number = 0
    place = table.columns.places["claim"][0]
    try:
        for _ in range(table.skipped):
            number += 1
            next(lines, None)
        reader = csv.reader(lines, delimiter=table.delimiter, strict=True)
        for cells in reader:
            first, number = number + 1, table.skipped + reader.line_num
            if any(cell.strip() for cell in cells):
                yield cell_text(cells[place]) if place < len(cells) else "", first, tuple(cells)
    except csv.Error as error:
        yield ClaimProblem(number + 1, 1, f"from here on the file is no CSV ({error}); look for a lone quotation mark")
    except UnicodeError:
        yield ClaimProblem(number + 1, 1, "from here on the file is no text; save it as CSV UTF-8")


def _are_apart(opener: Opener, table: CsvTable) -> bool:
    """True when rows of one claim stand on both sides of another's."""
    seen: set[str] = set()
    current = ""
    for row in _body(opener, table):
        if isinstance(row, ClaimProblem):
            break
        if row[0] and row[0] != current:
            if row[0] in seen:
                return True
            seen.add(row[0])
        current = row[0]
    return False


def _gathered(rows: Iterable[tuple[str, int, tuple[str, ...]] | ClaimProblem]) -> Iterator[CsvRows | ClaimProblem]:
    together: dict[str | int, list[tuple[int, tuple[str, ...]]]] = {}
    problem: ClaimProblem | None = None
    for row in rows:
        if isinstance(row, ClaimProblem):
            problem = row
            break
        claim_id, number, cells = row
        together.setdefault(claim_id or number, []).append((number, cells))
    for key, found in together.items():
        yield CsvRows(key if isinstance(key, str) else "", tuple(found))
    if problem is not None:
        yield problem
