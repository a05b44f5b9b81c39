"""The reference tables claim sets are judged by: invented rows from a file, or CMS's own files through the importers.

ICD-10-CM is in both, as every practice has it from the start. Judges nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from assistant.errors import InputError
from ingest.tables.errors import ImportRefused
from ingest.tables.importer import import_file
from ingest.tables.lookup import Tables
from ingest.tables.memory import MemoryTables
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
from ingest.tables.store import Diagnoses, StoredTables

# Wider than any of the files says of itself, so that every claim of the sets is looked up in the rows there are.
CMS_FROM, CMS_THROUGH = date(2024, 7, 1), date(2026, 12, 31)
_CMS_SUFFIXES = frozenset({".csv", ".txt", ".xlsx"})
_HCPCS_FROM = date(2000, 1, 1)


@dataclass(frozen=True)
class WithDiagnoses(MemoryTables):
    """Rows in memory, and ICD-10-CM from where every practice has it."""

    icd: Diagnoses | None = None

    def release(self, program: Program, on: date) -> Release | None:
        """See `Tables`."""
        if program == "icd10cm" and self.icd:
            return self.icd.release(on)
        return super().release(program, on)

    def diagnosis(self, diagnosis_code: str, on: date) -> DiagnosisEntry | None:
        """See `Tables`."""
        return self.icd.diagnosis(diagnosis_code, on) if self.icd else None


def invented_tables(path: Path | None, icd: Diagnoses | None) -> Tables:
    """The rows of a tables file (None: no table but ICD-10-CM). Raises InputError for a file that cannot be used."""
    raw: Mapping[Program, Any] = {}
    if path:
        try:
            raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise InputError(f"{path}: cannot be read ({error})") from error
    rows = {program: table.get("rows", ()) for program, table in raw.items()}
    hcpcs = raw.get("hcpcs", {})
    return WithDiagnoses(
        {program: _release(program, table) for program, table in raw.items()},
        tuple(PtpEdit(*row) for row in rows.get("ptp", ())),
        tuple(MueLimit(*row) for row in rows.get("mue", ())),
        tuple(_fee(row) for row in rows.get("mpfs", ())),
        tuple(AddOnEdit(code, kind, frozenset(primaries)) for code, kind, primaries in rows.get("add-on", ())),
        (
            *(_hcpcs(name, _HCPCS_FROM, None) for name in hcpcs.get("entries", ())),
            *(_hcpcs(*row) for row in hcpcs.get("ended", ())),
        ),
        icd=icd,
    )


def cms_tables(
    folder: Path, store: Path, icd: Diagnoses | None, on_progress: Callable[[str, int, int], None]
) -> Tables:
    """CMS's files of a folder, imported into a new tables file at `store`, declared from CMS_FROM through CMS_THROUGH.

    Raises InputError when a file is refused. Two fee schedule files would cover each other's days: each keeps its year.
    """
    for path in cms_files(folder):
        try:
            import_file(path, store, on_progress, declared=_window(path))
        except ImportRefused as error:
            raise InputError(f"{path}: {error}") from error
    return StoredTables(store, icd)


def cms_files(folder: Path) -> tuple[Path, ...]:
    """The table files of the folder, by name; () when there is no such folder."""
    if not folder.is_dir():
        return ()
    return tuple(sorted(path for path in folder.iterdir() if path.suffix.casefold() in _CMS_SUFFIXES))


def _window(path: Path) -> tuple[date, date]:
    if path.name.startswith("PPRRVU2025"):
        return CMS_FROM, date(2025, 12, 31)
    if path.name.startswith("PPRRVU2026"):
        return date(2026, 1, 1), CMS_THROUGH
    return CMS_FROM, CMS_THROUGH


def _release(program: Program, table: Mapping[str, Any]) -> Release:
    told = table["release"]
    found: Iterable[Any] = (*table.get("rows", ()), *table.get("entries", ()), *table.get("ended", ()))
    return Release(
        program, told["label"], told["from"], told["through"], len(tuple(found)), "0", "validate-tables.yaml"
    )


def _fee(row: Mapping[str, str]) -> FeeScheduleRow:
    usual = FeeScheduleRow(row["code"], row.get("modifier", ""), "A", "0", "XXX", "0", "0", "9", "9", "9", "")
    return replace(
        usual,
        pctc=row.get("pctc", usual.pctc),
        global_days=row.get("global", usual.global_days),
        bilateral=row.get("bilateral", usual.bilateral),
        assistant=row.get("assistant", usual.assistant),
        co_surgeon=row.get("co", usual.co_surgeon),
        team=row.get("team", usual.team),
    )


def _hcpcs(name: str, effective_from: date, effective_through: date | None) -> HcpcsEntry:
    return HcpcsEntry(name, len(name) == 2, effective_from, effective_through)
