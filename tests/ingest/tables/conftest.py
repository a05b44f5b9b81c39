"""Files in the layouts CMS publishes, written with invented codes, and a store to bring them into."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import pytest

from ingest.tables.importer import ImportReport, import_file
from ingest.tables.store import StoredTables

PTP_HEAD = (
    "Invented codes only.\t\t\t\t\t\t",
    "Column1/Column2 Edits\t\t\t\t\t\t",
    "Column 1\tColumn 2\t*=in existence\tEffective\tDeletion\tModifier\tPTP Edit Rationale",
    "\t\tprior to 1996\tDate\tDate\t0=not allowed\t",
    "\t\t\t\t*=no data\t1=allowed\t",
    "\t\t\t\t\t9=not applicable\t",
)
MUE_HEAD = (
    '"Invented codes only.\r\n\r\nNothing here, and nothing ""quoted"", is real.",,,\r\n'
    '"HCPCS/\r\nCPT Code",Practitioner Services MUE Values,MUE Adjudication Indicator,MUE Rationale\r\n'
)
# The stacked heading of a relative value file, from top to bottom, for each column; 2026 has PRIC IND in addition.
_STACK_2025 = [
    ("", "", "", "", "HCPCS"), ("", "", "", "", "MOD"), ("", "", "", "", "DESCRIPTION"),
    ("", "", "", "STATUS", "CODE"), ("", "NOT USED", "FOR", "MEDICARE ", "PAYMENT"), ("", "", "", "WORK", "RVU"),
    ("", "", "NON-FAC", "NON-FAC", "PE RVU"), ("", "", "", "NA", "INDICATOR"), ("", "", "FACILITY ", "FACILITY", "PE RVU"),
    ("", "", "", "NA", "INDICATOR"), ("", "", "", "MP", "RVU"), ("", "", "", "NON-FACILITY", "TOTAL"),
    ("", "", "", "FACILITY", "TOTAL"), ("", "", "", "PCTC", "IND"), ("", "", "", "GLOB", "DAYS"),
    ("", "", "", "PRE", "OP"), ("", "", "", "INTRA", "OP"), ("", "", "", "POST", "OP"), ("", "", "", "MULT", "PROC"),
    ("", "", "", "BILAT", "SURG"), ("", "", "", "ASST", "SURG"), ("", "", "", "CO-", "SURG"), ("", "", "", "TEAM", "SURG"),
    ("", "", "", "ENDO", "BASE"), ("", "", "", "CONV", "FACTOR"),
    ("", "PHYSICIAN", "SUPERVISION OF", "DIAGNOSTIC", "PROCEDURES"), ("", "", "", "CALCULATION", "FLAG"),
    ("", "DIAGNOSTIC", "IMAGING", "FAMILY", "INDICATOR"), ("NON-FACILITY", "PE USED", "FOR OPPS", "PAYMENT", "AMOUNT"),
    ("FACILITY", "PE USED", "FOR OPPS", "PAYMENT", "AMOUNT"), ("", "MP USED", "FOR OPPS", "PAYMENT", "AMOUNT"),
]  # fmt: skip
_STACK_2026 = [*_STACK_2025[:23], ("", "", "", "PRIC", "IND"), *_STACK_2025[23:]]
AOC_HEAD = (
    "AOC_Edit_Type", "Add-On_Code", "AOC_DelDT", "Primary_Code", "Primary_Code_DelDT", "AOC_Edit_EffDT",
    "AOC_Edit_DelDT", "Special_Instruction_Notes",
)  # fmt: skip
HCPCS_HEAD = (
    "HCPC,SEQNUM,RECID,LONG DESCRIPTION,SHORT DESCRIPTION,PRICE1,PRICE2,PRICE3,PRICE4,MULT_PI,CIM1,CIM2,CIM3,MCM1,MCM2,"
    "MCM3,STATUTE,LABCERT1,LABCERT2,LABCERT3,LABCERT4,LABCERT5,LABCERT6,LABCERT7,LABCERT8,XREF1,XREF2,XREF3,XREF4,"
    "XREF5,COV,ASC_GRP,ASC_DT,OPPS,OPPS_PI,OPPS_DT,PROCNOTE,BETOS,TOS1,TOS2,TOS3,TOS4,TOS5,ANEST_BU,ADD DT,ACT EFF DT,"
    "TERM DT,ACTION CD"
)


class CmsFiles:
    """Writes files as CMS does and imports them into one store."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = folder / "data" / "tables.sqlite"

    def write(self, name: str, content: str | bytes) -> Path:
        """A file with this content, lines ending as given."""
        path = self.folder / name
        path.write_bytes(content.encode("latin-1") if isinstance(content, str) else content)
        return path

    def sheet(self, name: str, rows: Iterable[Sequence[object]], title: str = "Sheet1") -> Path:
        """A spreadsheet with these rows."""
        return self.write(name, spreadsheet(rows, title))

    def zip(self, name: str, members: dict[str, bytes | Path]) -> Path:
        """A zip of members."""
        path = self.folder / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, content in members.items():
                archive.writestr(member, content.read_bytes() if isinstance(content, Path) else content)
        return path

    def ptp(self, *rows: str, name: str = "ccipra-v302r0-f1.TXT") -> Path:
        """A PTP file; a row is `column1 column2 effective deletion indicator [*]`."""
        lines = list(PTP_HEAD)
        for row in rows:
            one, two, first, last, indicator, *before = row.split()
            lines.append("\t".join((one, two, *(before or [""]), first.strip("-"), last, indicator, "Invented reason")))
        return self.write(name, "".join(f"{line}\r\n" for line in lines))

    def mue(self, *rows: str, name: str = "MCR_MUE_PractitionerServices_Eff_07-01-2024.csv") -> Path:
        """An MUE file; a row is `code units indicator`."""
        written = []
        for row in rows:
            code, units, indicator = row.split()
            written.append(f"{code},{units},{indicator} Date of Service Edit: Policy,Invented\r\n")
        return self.write(name, MUE_HEAD + "".join(written))

    def fees(self, *rows: str, year: int = 2025, month: str = "October", name: str = "table.csv") -> Path:
        """A relative value file; a row is `code modifier(-) status pctc global mult bilat asst co team base(-)`."""
        return self.write(name, "".join(f"{','.join(row)}\r\n" for row in fee_rows(rows, year, month)))

    def add_ons(self, *rows: str, name: str = "AOC_V2026Q2-MCR.xlsx", notice: bool = True) -> Path:
        """Add-on code edits; a row is `type add-on add-on-deleted(-) primary primary-deleted(-) first last(-)`."""
        cells = [[None if cell == "-" else cell for cell in row.split()] + ["A note"] for row in rows]
        top: list[Sequence[object]] = [["Invented codes only."]] if notice else []
        return self.sheet(name, [*top, AOC_HEAD, *cells])

    def hcpcs(self, *rows: str, name: str = "HCPC2026_OCT_ANWEB.csv") -> Path:
        """HCPCS Level II; a row is `code record added terminated(-)`."""
        lines = [HCPCS_HEAD]
        for row in rows:
            code, record, added, ended = row.split()
            ended = "" if ended == "-" else ended
            lines.append(f'{code:>5},0010,{record},"Invented, of course",Invented{"," * 39},{added},{added},{ended},N')
        return self.write(name, "".join(f"{line}\r\n" for line in lines))

    def bring(self, path: Path, declared: tuple[str, str] | None = None) -> ImportReport:
        """Import one file."""
        window = tuple(date.fromisoformat(text) for text in declared) if declared else None
        return import_file(path, self.store, lambda *_told: None, window)  # type: ignore[arg-type]

    def tables(self) -> StoredTables:
        """The lookups over what was imported."""
        return StoredTables(self.store)


def fee_rows(rows: Iterable[str], year: int = 2025, month: str = "October") -> list[list[str]]:
    """The rows of a relative value file as cells, its ten preamble lines included."""
    stack = _STACK_2026 if year >= 2026 else _STACK_2025
    width = len(stack)
    lines = [
        ["", "", f"{year} National Physician Fee Schedule Relative Value File {month} Release".strip()],
        ["", "", "Invented codes only."],
        ["", "", " "],
        [],
        ["", "", f"RELEASED 09/11/{year}"],
        *([column[level] for column in stack] for level in range(5)),
    ]
    for row in rows:
        code, modifier, status, pctc, days, mult, bilat, asst, co, team, base = row.split()
        cells = [
            code,
            modifier.strip("-"),
            "INVENTED",
            status,
            "",
            "1.22",
            "2.49",
            "",
            "1.89",
            "",
            "0.13",
            "3.84",
            "3.24",
        ]
        cells += [pctc, days, "0.10", "0.80", "0.10", mult, bilat, asst, co, team]
        cells += (["9"] if year >= 2026 else []) + [base.strip("-"), "32.3465", "09", "0", "99", "0.00", "0.00", "0.00"]
        lines.append(cells)
    return [line + [""] * (width - len(line)) for line in lines]


def spreadsheet(rows: Iterable[Sequence[object]], title: str = "Sheet1") -> bytes:
    """The bytes of a spreadsheet with one worksheet."""
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(title)
    for row in rows:
        sheet.append(list(row))
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def fixed_hcpcs(*rows: str) -> str:
    """CMS's text form of HCPCS Level II; a row is `code record added terminated(-)`."""
    lines = []
    for row in rows:
        code, record, added, ended = row.split()
        told = f"{code:>5}00100{record}Invented"
        last = ("" if ended == "-" else ended).ljust(8)
        # A further line of a description (4, 8) ends with it.
        whole = f"{told.ljust(268)}{added}{added}{last}N".ljust(320) if record in "37" else told.ljust(91)
        lines.append(f"{whole}\r\n")
    return "".join(lines)


@pytest.fixture
def cms(tmp_path):
    return CmsFiles(tmp_path)


@pytest.fixture
def make_spreadsheet():
    return spreadsheet


@pytest.fixture
def make_fixed_hcpcs():
    return fixed_hcpcs


@pytest.fixture
def make_fee_rows():
    return fee_rows


@pytest.fixture(scope="session")
def cms_at():
    """Files in a folder of one's choice, for tests that make many."""
    return CmsFiles
