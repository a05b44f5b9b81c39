"""A small notes folder, an embedder that counts its work, and the sync between them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from ingest.index.embedder import EmbedProgress, FakeEmbedder, Vectors
from ingest.index.store import Index, open_index
from ingest.index.sync import SyncReport, sync
from ingest.notes.model import KbNote
from ingest.notes.reader import read_note

SINUS = """---
title: Blue Shield PPO, both-sided sinus surgery
kind: payer-rule
payers: [blue-shield-ppo]
codes: [31253-31259, 31267]
modifiers: ["50"]
effective-from: 2025-01-01
---
# Sinus surgery

## Both sides in one session
Bill one line with modifier 50 and one unit. Two lines with RT and LT deny CO-4.

```rule
id: bsp-sinus-50
when: {codes: [31253-31259, 31267], bilateral: true}
require: {modifiers: ["50"], units: 1}
forbid: {modifiers: [RT, LT]}
fix: one-line-50
examples:
  - pass: 31255-50 x1
  - fail: 31255-RT; 31255-LT
```

## If it already denied
Send a corrected claim with frequency code 7 within 90 days.
"""
PAYER = """---
title: Blue Shield PPO
kind: payer
payers: [blue-shield-ppo]
aliases: [BSP]
---
Paper claims go to the box in Fresno.
"""
EARWAX = "# Ear wax\n\nImpacted wax is 69210, once for both ears at Medicare.\n"


class CountingEmbedder(FakeEmbedder):
    """A FakeEmbedder that remembers every text it was given."""

    def __init__(self) -> None:
        super().__init__(dimensions=48)
        self.texts: list[str] = []

    def embed(self, texts: Sequence[str], on_progress: EmbedProgress | None = None) -> Vectors:
        self.texts += texts
        return super().embed(texts, on_progress)


class Practice:
    """A notes folder and its index below one temporary folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.kb = root / "kb"
        self.library = self.kb / "library"
        self.index_dir = root / "data" / "index"
        self.embedder = CountingEmbedder()

    def write_all(self) -> Practice:
        """Write the three notes."""
        self.write("sinus", SINUS)
        self.write("payers/blue-shield-ppo", PAYER)
        self.write("library/earwax", EARWAX)
        return self

    def write(self, note_id: str, text: str) -> Path:
        """Write a note's file."""
        path = self.kb / f"{note_id}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def remove(self, note_id: str) -> None:
        """Delete a note's file."""
        (self.kb / f"{note_id}.md").unlink()

    def sync(self, **options: Any) -> SyncReport:
        """Take the notes in; without Chroma unless asked, because that takes seconds."""
        return sync(self.kb, self.library, self.index_dir, self.embedder, **({"chroma": "defer"} | options))

    def open(self) -> Index:
        """The current index."""
        return open_index(self.index_dir)

    def content(self) -> list[tuple[str, str, bytes]]:
        """Every chunk of the current index: its id, its text, its vector; sorted."""
        with self.open() as index:
            rows = [row for rows in index.rows.values() for row in rows]
            assert len(rows) == index.manifest.chunks
            found = [(index.chunk(row).chunk_id, index.chunk(row).text, index.vectors[row].tobytes()) for row in rows]
            words = index.catalog.search(["claim", "wax", "modifier", "paper", "zebra"], limit=1000)
            assert {row for row, _ in words} <= set(rows)
        return sorted(found)


@pytest.fixture
def practice(tmp_path: Path) -> Practice:
    """Three notes, nothing taken in yet."""
    return Practice(tmp_path).write_all()


@pytest.fixture(scope="module")
def shared_practice(tmp_path_factory: pytest.TempPathFactory) -> Practice:
    """Three notes taken in with Chroma, for tests that change nothing."""
    practice = Practice(tmp_path_factory.mktemp("practice")).write_all()
    report = practice.sync(chroma="level")
    assert (report.chroma, report.chroma_failure) == ("level", None)
    return practice


@pytest.fixture
def leveled(shared_practice: Practice, tmp_path: Path) -> Practice:
    """A practice of its own, taken in with Chroma: a copy, because that takes seconds."""
    root = tmp_path / "copy"
    shutil.copytree(shared_practice.root, root)
    return Practice(root)


@pytest.fixture
def index(practice: Practice) -> Iterator[Index]:
    """The index of the three notes."""
    practice.sync()
    with practice.open() as opened:
        yield opened


@pytest.fixture(scope="session")
def note_of() -> Callable[..., KbNote]:
    """Reads a note from its text."""

    def read(text: str, note_id: str = "some/note") -> KbNote:
        note = read_note(text.encode(), note_id=note_id, path=f"kb/{note_id}.md", layer="practice").note
        assert note is not None
        return note

    return read
