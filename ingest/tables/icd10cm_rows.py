"""The rows ICD-10-CM is kept as, in the compiled base and in a practice's tables file alike: codes, notes and terms.

Written from a tabular list or from bare codes; read one code at a time. Does not know which release holds on a day.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from ingest.tables.icd10cm_instructions import CodeUniverse, bare, pointed, spans_of
from ingest.tables.icd10cm_tabular import TabularCode, TabularNote, TabularUnreadable, full_code, is_manifestation_title
from ingest.tables.model import DiagnosisSpan

# A part that lists every code ("codes": order file or addenda) and a part with the tabular list.
CODES_PART: Final = "codes"
TABULAR_PART: Final = "tabular"
_SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS icd10cm_code (
        part_id INTEGER NOT NULL REFERENCES part (part_id) ON DELETE CASCADE,
        diagnosis_code TEXT NOT NULL,
        description TEXT NOT NULL,
        billable INTEGER NOT NULL,
        seventh_characters TEXT NOT NULL,
        manifestation INTEGER NOT NULL,
        notes TEXT NOT NULL,
        PRIMARY KEY (part_id, diagnosis_code)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS icd10cm_note (
        part_id INTEGER NOT NULL REFERENCES part (part_id) ON DELETE CASCADE,
        note_id INTEGER NOT NULL,
        kind TEXT NOT NULL,
        heading TEXT NOT NULL,
        spans TEXT NOT NULL,
        PRIMARY KEY (part_id, note_id)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS icd10cm_term (
        part_id INTEGER NOT NULL REFERENCES part (part_id) ON DELETE CASCADE,
        diagnosis_code TEXT NOT NULL,
        place INTEGER NOT NULL,
        term TEXT NOT NULL,
        PRIMARY KEY (part_id, diagnosis_code, place)
    ) STRICT, WITHOUT ROWID""",
)


@dataclass(frozen=True, slots=True)
class CodeRow:
    """One code or heading, with its point. `seventh_characters` are written one after the other; `notes` are the
    note_ids that hold for it, its own and those above it."""

    diagnosis_code: str
    description: str
    billable: bool
    seventh_characters: str
    manifestation: bool
    notes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class NoteRow:
    """One instruction that names codes. `kind` is the tabular list's own word."""

    note_id: int
    kind: str
    heading: str
    spans: tuple[DiagnosisSpan, ...]


@dataclass(frozen=True, slots=True)
class DiagnosisTerms:
    """A code or heading with the words it is found by: its description, and its own inclusion terms. The terms of a
    heading hold for what stands below it as well."""

    diagnosis_code: str
    description: str
    billable: bool
    terms: tuple[str, ...]


@dataclass(frozen=True)
class CodeRows:
    """Everything one file says, ready to be written."""

    codes: tuple[CodeRow, ...]
    notes: tuple[NoteRow, ...] = ()
    terms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def store(self, connection: sqlite3.Connection, part_id: int) -> None:
        """Write the rows for a part; inside the caller's transaction."""
        for statement in _SCHEMA:
            connection.execute(statement)
        connection.executemany(
            "INSERT INTO icd10cm_code VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    part_id,
                    row.diagnosis_code,
                    row.description,
                    int(row.billable),
                    row.seventh_characters,
                    int(row.manifestation),
                    " ".join(map(str, row.notes)),
                )
                for row in self.codes
            ),
        )
        connection.executemany(
            "INSERT INTO icd10cm_note VALUES (?, ?, ?, ?, ?)",
            (
                (part_id, row.note_id, row.kind, row.heading, json.dumps([(one.low, one.high) for one in row.spans]))
                for row in self.notes
            ),
        )
        connection.executemany(
            "INSERT INTO icd10cm_term VALUES (?, ?, ?, ?)",
            (
                (part_id, diagnosis_code, place, term)
                for diagnosis_code, terms in self.terms.items()
                for place, term in enumerate(terms)
            ),
        )


def rows_of_list(listed: Iterable[tuple[str, str, bool]]) -> CodeRows:
    """From code (with its point), description and whether it can be billed, as an order file tells them. No notes."""
    rows = sorted(listed)
    seventh = seventh_characters({bare(code) for code, _description, _billable in rows})
    return CodeRows(
        tuple(
            CodeRow(code, description, billable, seventh.get(bare(code), ""), is_manifestation_title(description))
            for code, description, billable in rows
        )
    )


def rows_of_tabular(tabular: Iterable[TabularCode], listed: Collection[str] | None = None) -> CodeRows:
    """From the tabular list. `listed` holds every code and heading that exists, without points; None: all that the
    list's 7th characters give. Raises TabularUnreadable."""
    read = list(tabular)
    codes = [(one, code, text) for one in read for code, text in _with_seventh(one, listed)]
    if twice := [code for code, times in Counter(code for _one, code, _text in codes).items() if times > 1]:
        raise TabularUnreadable(f"{twice[0]} stands there twice")
    billable = {bare(code): text for one, code, text in codes if code != one.diagnosis_code or _stands_alone(one)}
    universe = CodeUniverse(billable)
    seventh = seventh_characters({bare(code) for _one, code, _text in codes})
    notes: dict[TabularNote, NoteRow | None] = {}
    for note in dict.fromkeys(note for one in read for note in one.notes):
        spans = spans_of(note.text, universe)
        notes[note] = NoteRow(len(notes) + 1, note.kind, note.heading, spans) if spans else None
    return CodeRows(
        tuple(
            CodeRow(
                code,
                text,
                bare(code) in billable,
                seventh.get(bare(code), ""),
                one.manifestation,
                tuple(row.note_id for note in one.notes if (row := notes[note])),
            )
            for one, code, text in sorted(codes, key=lambda item: item[1])
        ),
        tuple(row for row in notes.values() if row),
        {one.diagnosis_code: one.terms for one in read if one.terms},
    )


def seventh_characters(codes: Collection[str]) -> dict[str, str]:
    """For each heading directly above codes of seven characters, and for those codes, which characters may stand
    there. Without points: `S022` and `S022XXA` both give `ABDGKS`."""
    below: dict[str, list[str]] = {}
    for code in codes:
        if len(code) == 7:
            above = next((code[:length] for length in range(6, 2, -1) if code[:length] in codes), "")
            below.setdefault(above, []).append(code)
    found: dict[str, str] = {}
    for above, full in below.items():
        characters = "".join(sorted({code[6] for code in full}))
        found.update(dict.fromkeys((above, *full) if above else (), characters))
    return found


def read_code(connection: sqlite3.Connection, part_id: int, diagnosis_code: str) -> CodeRow | None:
    """The row of a code with its point; None: the part has no such code."""
    row = connection.execute(
        "SELECT description, billable, seventh_characters, manifestation, notes FROM icd10cm_code"
        " WHERE part_id = ? AND diagnosis_code = ?",
        (part_id, diagnosis_code),
    ).fetchone()
    if row is None:
        return None
    description, billable, seventh, manifestation, notes = row
    return CodeRow(
        diagnosis_code, description, bool(billable), seventh, bool(manifestation), tuple(map(int, notes.split()))
    )


def read_note(connection: sqlite3.Connection, part_id: int, note_id: int) -> NoteRow | None:
    """One note; None: the part has no such note."""
    row = connection.execute(
        "SELECT kind, heading, spans FROM icd10cm_note WHERE part_id = ? AND note_id = ?", (part_id, note_id)
    ).fetchone()
    if row is None:
        return None
    return NoteRow(note_id, row[0], row[1], tuple(DiagnosisSpan(low, high) for low, high in json.loads(row[2])))


def read_list(connection: sqlite3.Connection, part_id: int) -> Iterator[tuple[str, str, bool]]:
    """Every code of a part, sorted, with description and whether it can be billed."""
    for code, description, billable in connection.execute(
        "SELECT diagnosis_code, description, billable FROM icd10cm_code WHERE part_id = ? ORDER BY diagnosis_code",
        (part_id,),
    ):
        yield code, description, bool(billable)


def read_terms(connection: sqlite3.Connection, part_id: int) -> Iterator[DiagnosisTerms]:
    """Every code and heading of a part, sorted, with its inclusion terms."""
    terms: dict[str, list[str]] = {}
    for code, term in connection.execute(
        "SELECT diagnosis_code, term FROM icd10cm_term WHERE part_id = ? ORDER BY diagnosis_code, place", (part_id,)
    ):
        terms.setdefault(code, []).append(term)
    for code, description, billable in read_list(connection, part_id):
        yield DiagnosisTerms(code, description, billable, tuple(terms.get(code, ())))


def _with_seventh(one: TabularCode, listed: Collection[str] | None) -> Iterator[tuple[str, str]]:
    """The code itself and its full codes, each with its description."""
    if listed is None or bare(one.diagnosis_code) in listed:
        yield pointed(one.diagnosis_code), one.description
    for character, text in one.extensions:
        code = full_code(one.diagnosis_code, character)
        if listed is None or bare(code) in listed:
            yield code, f"{one.description}, {text}" if text else one.description


def _stands_alone(one: TabularCode) -> bool:
    return one.is_leaf and not one.extensions
