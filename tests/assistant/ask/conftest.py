"""Hand-made payers, a reader of questions and of passages, and an embedder without a model."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from assistant.ask.lexicon import Lexicon, load_lexicon
from assistant.ask.passage import Passage
from assistant.ask.payers import PayerDirectory, directory_of
from assistant.ask.question import Question, read_question
from assistant.ask.segments import segments
from ingest.index.chunk import chunk_note
from ingest.index.embedder import FakeEmbedder
from ingest.notes.model import KbNote
from ingest.notes.reader import read_note

PAYERS = (
    ("northwind-ppo", "Northwind PPO", "Northwind, NW Plan"),
    ("granite-hmo", "Granite HMO", "Granite, GHMO"),
    ("granite-advantage", "Granite Medicare Advantage", "Granite, GMA"),
    ("medicare", "Medicare Part B", "Medicare, MCR"),
    ("medicaid", "State Medicaid", "Medicaid, Title 19"),
    ("blue-heron", "Blue Heron of Salt County", "Blue Heron"),
    ("copper-trust", "Copper Workers Trust", "Copper"),
)
Read = Callable[..., Question]


def _note(text: str, note_id: str = "some/note", layer: str = "practice") -> KbNote:
    read = read_note(
        text.encode(),
        note_id=note_id,
        path=f"kb/{note_id}.md",
        layer="library" if layer == "library" else "practice",
    )
    assert read.note is not None, read.problems
    return read.note


def _payer(slug: str, title: str, aliases: str) -> KbNote:
    return _note(
        f"---\ntitle: {title}\nkind: payer\npayers: [{slug}]\naliases: [{aliases}]\n---\nA payer.\n",
        f"payers/{slug}/payer",
    )


@pytest.fixture(scope="session")
def lexicon() -> Lexicon:
    return load_lexicon()


@pytest.fixture(scope="session")
def directory() -> PayerDirectory:
    """The payers of PAYERS, and one slug that only other notes name."""
    return directory_of([_payer(*entry) for entry in PAYERS], ["harvest-plan"])


@pytest.fixture(scope="session")
def note_of() -> Callable[..., KbNote]:
    """Reads a note from its text."""
    return _note


@pytest.fixture(scope="session")
def payer_note() -> Callable[[str, str, str], KbNote]:
    """A payer note from slug, title and aliases."""
    return _payer


@pytest.fixture(scope="session")
def passages_of(lexicon: Lexicon) -> Callable[..., list[Passage]]:
    """The passages of a note's text, one for each chunk."""

    def cut(text: str, note_id: str = "some/note", layer: str = "practice", max_tokens: int = 256) -> list[Passage]:
        note = _note(text, note_id, layer)
        embedder = FakeEmbedder()
        return [
            Passage(chunk, note, row, lexicon, segments(note, chunk))
            for row, chunk in enumerate(chunk_note(note, count_tokens=embedder.count_tokens, max_tokens=max_tokens))
        ]

    return cut


@pytest.fixture(scope="session")
def ask_reader(directory: PayerDirectory, lexicon: Lexicon) -> Read:
    """Reads a question as of 22 November 2026. `knows` are words that the notes hold."""

    def read(text: str, as_of: date = date(2026, 11, 22), knows: tuple[str, ...] = ()) -> Question:
        return read_question(text, directory=directory, lexicon=lexicon, as_of=as_of, knows=lambda form: form in knows)

    return read
