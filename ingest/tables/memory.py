"""Reference tables whose rows are handed in: for rule cases and tests, with invented code numbers. Reads no file."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import date

from ingest.tables.model import (
    AddOnEdit,
    DiagnosisEntry,
    FeeScheduleRow,
    HcpcsEntry,
    MueLimit,
    Program,
    PtpEdit,
    Release,
)


@dataclass(frozen=True)
class MemoryTables:
    """One release for each program at most; outside its dates every answer is empty, as `Tables` wants it."""

    releases: Mapping[Program, Release] = field(default_factory=dict)
    ptp_rows: tuple[PtpEdit, ...] = ()
    mue_rows: tuple[MueLimit, ...] = ()
    fee_rows: tuple[FeeScheduleRow, ...] = ()
    add_on_rows: tuple[AddOnEdit, ...] = ()
    hcpcs_rows: tuple[HcpcsEntry, ...] = ()
    diagnosis_rows: tuple[DiagnosisEntry, ...] = ()

    def reading(self) -> AbstractContextManager[None]:
        """See `Tables`."""
        return nullcontext()

    def release(self, program: Program, on: date) -> Release | None:
        """See `Tables`."""
        release = self.releases.get(program)
        return release if release and release.effective_from <= on <= release.effective_through else None

    def ptp_edits(self, procedure_codes: Collection[str], on: date) -> tuple[PtpEdit, ...]:
        """See `Tables`."""
        if self.release("ptp", on) is None:
            return ()
        rows = (
            row
            for row in self.ptp_rows
            if row.column1 in procedure_codes
            and row.column2 in procedure_codes
            and row.effective_from <= on
            and (row.effective_through is None or on <= row.effective_through)
        )
        return tuple(sorted(rows, key=lambda row: (row.column1, row.column2)))

    def mue(self, procedure_code: str, on: date) -> MueLimit | None:
        """See `Tables`."""
        if self.release("mue", on) is None:
            return None
        return next((row for row in self.mue_rows if row.procedure_code == procedure_code), None)

    def fee_schedule(self, procedure_code: str, on: date, modifier: str = "") -> FeeScheduleRow | None:
        """See `Tables`."""
        if self.release("mpfs", on) is None:
            return None
        wanted = (procedure_code, modifier)
        return next((row for row in self.fee_rows if (row.procedure_code, row.modifier) == wanted), None)

    def add_on(self, procedure_code: str, on: date) -> AddOnEdit | None:
        """See `Tables`."""
        if self.release("add-on", on) is None:
            return None
        return next((row for row in self.add_on_rows if row.add_on == procedure_code), None)

    def hcpcs(self, hcpcs_code: str, on: date) -> HcpcsEntry | None:
        """See `Tables`."""
        if self.release("hcpcs", on) is None:
            return None
        return next((row for row in self.hcpcs_rows if row.hcpcs_code == hcpcs_code), None)

    def diagnosis(self, diagnosis_code: str, on: date) -> DiagnosisEntry | None:
        """See `Tables`."""
        if self.release("icd10cm", on) is None:
            return None
        return next(
            (
                row
                for row in self.diagnosis_rows
                if row.diagnosis_code == diagnosis_code
                and row.effective_from <= on
                and (row.effective_through is None or on <= row.effective_through)
            ),
            None,
        )
