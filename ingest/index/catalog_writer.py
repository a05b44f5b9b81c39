"""Writing the catalog of a generation that is being built. Nobody else opens it before it is sealed.

Decides nothing about what changed, and makes nothing durable: a half-written generation is thrown away whole.
"""

from __future__ import annotations

import hashlib
import heapq
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path

from ingest.index.blocks import prose_lines
from ingest.index.catalog import SCHEMA, FileRow, NoteHeader, problems_to_json
from ingest.index.chunk import Chunk
from ingest.index.codec import to_json
from ingest.index.tokens import code_tokens, tokens
from ingest.notes.model import KbNote


class CatalogWriter:
    """The one writer of a catalog. Rows of deleted chunks are given out again, so a row is an address, not an order."""

    def __init__(self, path: Path) -> None:
        """Opens `path`, or makes an empty catalog there."""
        is_new = not path.exists()
        self._connection = sqlite3.connect(path, isolation_level=None)
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.execute("BEGIN")
        if is_new:
            for statement in SCHEMA.split(";\n"):
                self._connection.execute(statement)
        used = {row for (row,) in self._connection.execute("SELECT row FROM chunks")}
        self.row_count = max(used, default=-1) + 1
        self._free = [row for row in range(self.row_count) if row not in used]

    def commit(self) -> None:
        """Write everything out and close. Not durable yet: sealing the generation makes it so."""
        self._connection.execute("COMMIT")
        self._connection.close()

    def close(self) -> None:
        """Close without writing; what the file holds is then of no use."""
        self._connection.close()

    def put_file(self, file: FileRow) -> None:
        """Remember a file as it was read."""
        values = (file.note_id, file.path, file.layer, file.size, file.mtime_ns, file.sha256)
        self._connection.execute(
            "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?)", (*values, problems_to_json(file.problems))
        )

    def remove_file(self, note_id: str) -> None:
        """Forget a file."""
        self._connection.execute("DELETE FROM files WHERE note_id = ?", (note_id,))

    def put_note(self, note: KbNote, chunks: Iterable[Chunk]) -> Mapping[int, Chunk]:
        """Store a note and its chunks in place of what it had. Returns the row each chunk was given."""
        self.remove_note(note.note_id)
        values = (note.note_id, note.kind, bool(note.rules), bool(note.evidence))
        self._connection.execute(
            "INSERT INTO notes VALUES (?, ?, ?, ?, ?, ?)", (*values, to_json(NoteHeader.of(note)), to_json(note))
        )
        note_codes, note_title = _note_codes(note), tokens(f"{note.title} {' '.join(note.specialties)}")
        given: dict[int, Chunk] = {}
        for chunk in chunks:
            row = self._next_row()
            given[row] = chunk
            written = to_json(chunk)
            record = hashlib.sha256("\x00".join((written, note.title, note.kind, note.status, *note.payers)).encode())
            self._connection.execute(
                "INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    *(row, chunk.chunk_id, chunk.note_id, chunk.start_line),
                    *(chunk.content_hash, record.hexdigest(), written),
                ),
            )
            codes = [*note_codes, *code_tokens(chunk.text)]
            title = [*note_title, *tokens(" ".join(h for h in chunk.heading_path if h != note.title))]
            body = tokens("\n".join(prose_lines(chunk.text)))
            self._connection.execute(
                "INSERT INTO words (rowid, codes, title, body) VALUES (?, ?, ?, ?)",
                (row, " ".join(codes), " ".join(title), " ".join(body)),
            )
        return given

    def remove_note(self, note_id: str) -> None:
        """Take a note and its chunks out; nothing happens when it is not there."""
        rows = [row for (row,) in self._connection.execute("SELECT row FROM chunks WHERE note_id = ?", (note_id,))]
        for row in rows:
            heapq.heappush(self._free, row)
        self._connection.executemany("DELETE FROM words WHERE rowid = ?", ((row,) for row in rows))
        self._connection.execute("DELETE FROM chunks WHERE note_id = ?", (note_id,))
        self._connection.execute("DELETE FROM notes WHERE note_id = ?", (note_id,))

    def _next_row(self) -> int:
        if self._free:
            return heapq.heappop(self._free)
        self.row_count += 1
        return self.row_count - 1

    def mark_chroma(self, *, level: bool) -> None:
        """Remember that Chroma holds exactly the chunks of this catalog, or (False) nothing at all."""
        self._connection.execute("DELETE FROM in_chroma")
        if level:
            self._connection.execute("INSERT INTO in_chroma SELECT chunk_id, record_hash FROM chunks")


def _note_codes(note: KbNote) -> list[str]:
    """What is searched with the greatest weight: the note's codes, modifiers, denial codes and payers."""
    codes = tokens(" ; ".join((*map(str, note.codes), *note.carcs)))
    modifiers = code_tokens(" ; ".join(f"modifier {modifier}" for modifier in note.modifiers))
    payers = tokens(" ; ".join((*(slug.replace("-", " ") for slug in note.payers), *note.aliases)))
    return [*codes, *modifiers, *payers]
