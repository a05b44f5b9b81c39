"""Helpers for the tests of notes: read a text as a note, write a folder of notes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.notes.model import KbNote, Problem, ReadNote
from ingest.notes.reader import read_note

Read = Callable[..., ReadNote]


def _read(text: str | bytes, note_id: str = "payers/acme/mod-25", layer: str = "practice") -> ReadNote:
    raw = text.encode() if isinstance(text, str) else text
    assert layer in ("practice", "library")
    return read_note(
        raw, note_id=note_id, path=f"kb/{note_id}.md", layer="library" if layer == "library" else "practice"
    )


@pytest.fixture(scope="session")
def read() -> Read:
    """Reads a text or bytes as one note."""
    return _read


@pytest.fixture(scope="session")
def good() -> Callable[..., KbNote]:
    """Reads a text that must have no problem at all."""

    def read_good(text: str | bytes, note_id: str = "payers/acme/mod-25", layer: str = "practice") -> KbNote:
        result = _read(text, note_id, layer)
        assert result.problems == ()
        assert result.note is not None
        return result.note

    return read_good


@pytest.fixture(scope="session")
def only_problem() -> Callable[[str | bytes], Problem]:
    """Reads a text that must have exactly one problem, and gives that."""

    def read_bad(text: str | bytes) -> Problem:
        result = _read(text)
        assert len(result.problems) == 1, result.problems
        return result.problems[0]

    return read_bad


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[dict[str, str]], Path]:
    """Writes files below a new kb folder and gives the folder."""

    def write(files: dict[str, str]) -> Path:
        kb_dir = tmp_path / "kb"
        kb_dir.mkdir(exist_ok=True)
        for name, text in files.items():
            path = kb_dir / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="")
        return kb_dir

    return write
