"""What rules may ask of the reference tables, whoever keeps them: the SQLite store, or rows in memory for tests.

Does not say which payer an edit binds.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AbstractContextManager
from datetime import date
from typing import Protocol

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


class Tables(Protocol):
    """Dated lookups. Each answer is from the release that covers `on`; ask `release` first: when it is None, nothing
    is known for that day and the other answers are empty. Of two releases that cover a day the one that begins later
    answers."""

    def reading(self) -> AbstractContextManager[None]:
        """While it is open all answers are of one state of the tables, and come faster; an import waits for its end, so
        it is held for moments only. May be opened inside another."""

    def release(self, program: Program, on: date) -> Release | None:
        """The release of the program that covers the day; None: none was imported."""

    def ptp_edits(self, procedure_codes: Collection[str], on: date) -> tuple[PtpEdit, ...]:
        """Every edit in force between two of these codes, by column 1 then column 2."""

    def mue(self, procedure_code: str, on: date) -> MueLimit | None:
        """The limit of the code; None: the release has none for it."""

    def fee_schedule(self, procedure_code: str, on: date, modifier: str = "") -> FeeScheduleRow | None:
        """The row of the code with this modifier ("", "26", "TC", "53"); None: no such row."""

    def add_on(self, procedure_code: str, on: date) -> AddOnEdit | None:
        """What the code needs beside it; None: it is no add-on code."""

    def hcpcs(self, hcpcs_code: str, on: date) -> HcpcsEntry | None:
        """The entry of a HCPCS Level II code or two-character modifier; None: not in the release."""

    def diagnosis(self, diagnosis_code: str, on: date) -> DiagnosisEntry | None:
        """The entry of an ICD-10-CM code or heading, with its point, in force on the day; None: there is none."""
