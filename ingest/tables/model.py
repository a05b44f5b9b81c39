"""What a reference table says, as frozen values: one kind of row for each of CMS's files, and the release it came from.

Knows no file layout and no database. Every date is inclusive at both ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

Program = Literal["ptp", "mue", "mpfs", "add-on", "hcpcs", "icd10cm"]
PROGRAMS: tuple[Program, ...] = ("ptp", "mue", "mpfs", "add-on", "hcpcs", "icd10cm")
PROGRAM_NAMES: dict[Program, str] = {
    "ptp": "NCCI PTP edits, practitioner",
    "mue": "MUE, practitioner services",
    "mpfs": "Medicare physician fee schedule",
    "add-on": "NCCI add-on code edits",
    "hcpcs": "HCPCS Level II",
    "icd10cm": "ICD-10-CM",
}


@dataclass(frozen=True, slots=True)
class Release:
    """One imported file of one program and the dates of service it covers. `label` is what findings show."""

    program: Program
    label: str
    effective_from: date
    effective_through: date
    rows: int
    sha256: str
    file_name: str


@dataclass(frozen=True, slots=True)
class PtpEdit:
    """A procedure-to-procedure edit in force on the date asked: column 1 is paid, column 2 is not.

    `modifier_indicator`: "0" no modifier releases the pair, "1" an NCCI modifier may, "9" the edit does not apply.
    """

    column1: str
    column2: str
    modifier_indicator: str
    effective_from: date
    effective_through: date | None = None


@dataclass(frozen=True, slots=True)
class MueLimit:
    """Units of service a day (or a line) that Medicare takes. `adjudication_indicator`: "1" line, "2" or "3" day."""

    procedure_code: str
    units: int
    adjudication_indicator: str


@dataclass(frozen=True, slots=True)
class FeeScheduleRow:
    """The payment policy indicators of one row of the physician fee schedule, as CMS writes them (strings).

    `modifier` is "", "26", "TC" or "53". `global_days`: 000, 010, 090, MMM, XXX, YYY or ZZZ.
    """

    procedure_code: str
    modifier: str
    status: str
    pctc: str
    global_days: str
    multiple_procedure: str
    bilateral: str
    assistant: str
    co_surgeon: str
    team: str
    endoscopic_base: str


@dataclass(frozen=True, slots=True)
class AddOnEdit:
    """An add-on code and the primaries it may stand with. Type 1: `primaries` is complete; 2: the contractor decides
    (`primaries` may be empty); 3: `primaries` is a beginning, the contractor may add."""

    add_on: str
    edit_type: str
    primaries: frozenset[str]


@dataclass(frozen=True, slots=True)
class HcpcsEntry:
    """One HCPCS Level II code or modifier. `effective_through` None: not terminated."""

    hcpcs_code: str
    is_modifier: bool
    effective_from: date | None
    effective_through: date | None


@dataclass(frozen=True, slots=True)
class DiagnosisSpan:
    """The diagnosis codes an instruction names: every code that begins with `low`, or that lies in `low`-`high`."""

    low: str
    high: str

    def __contains__(self, diagnosis_code: object) -> bool:
        if not isinstance(diagnosis_code, str):
            return False
        bare, low, high = (text.replace(".", "") for text in (diagnosis_code, self.low, self.high))
        return low <= bare and (bare <= high or bare.startswith(high))


@dataclass(frozen=True, slots=True)
class DiagnosisEntry:
    """One ICD-10-CM code or heading in force on the date asked, with the instructions it inherits from its ancestors.

    `diagnosis_code` has its point. `billable` is False for a heading. `seventh_characters` are the characters of which
    one must stand in the seventh place, () when none is asked for. `excludes1` holds what may not be coded together
    with it, each with the code or heading whose note says so; `code_first` what an instruction there wants before it;
    `manifestation` is True where the list says the code is never first ("in diseases classified elsewhere").
    `instructions_known` is False where the release has no tabular list (an order file alone): then `excludes1`,
    `code_first` and `use_additional` are empty because nobody knows, not because there is none.
    """

    diagnosis_code: str
    description: str
    billable: bool
    effective_from: date
    effective_through: date | None = None
    seventh_characters: tuple[str, ...] = ()
    excludes1: tuple[tuple[DiagnosisSpan, str], ...] = ()
    code_first: tuple[DiagnosisSpan, ...] = ()
    use_additional: tuple[DiagnosisSpan, ...] = ()
    manifestation: bool = False
    instructions_known: bool = True
