"""Hand-made items, answers, facts and notes for the evaluation's tests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from assistant.ask.answer import Answer, Citation
from assistant.ask.facts import Fact, fact_of
from evals.items import Expect, Item
from ingest.notes.model import KbNote
from ingest.notes.reader import read_note

SINUS = """---
title: Acorn Health, sinus surgery
kind: payer-rule
payers: [acorn]
codes: [31255, 31267]
modifiers: ["50"]
effective-from: 2025-01-01
---
## Both sides
Bill one line with modifier **50** and one unit. Appeal within 90 days on form AH-7.

```rule
id: acorn-50
when: {codes: [31255, 31267], bilateral: true}
require: {modifiers: ["50"], units: 1}
forbid: {modifiers: [RT, LT]}
fix: one-line-50
examples:
  - pass: 31255-50 x1
  - fail: 31255-RT; 31255-LT
```
"""


@pytest.fixture
def sinus_text() -> str:
    """The text of the one note, `sinus`."""
    return SINUS


@pytest.fixture
def sinus() -> KbNote:
    """The one note, `sinus`, read."""
    read = read_note(SINUS.encode(), note_id="sinus", path="kb/sinus.md", layer="practice")
    assert read.note is not None
    assert not read.problems
    return read.note


@pytest.fixture
def fact(sinus: KbNote) -> Fact:
    """The fact of the note's rule."""
    return fact_of(sinus.rules[0], sinus, ("Acorn Health",))


@pytest.fixture
def note_text() -> Callable[[str], str | None]:
    """The text of `sinus`; there is no other note."""
    return {"sinus": SINUS}.get


@pytest.fixture
def item_of() -> Callable[..., Item]:
    """An item, answerable from `sinus` with 50 unless told otherwise."""

    def make(question: str = "Acorn, 31255 on both sides?", **changes: Any) -> Item:
        item_id = changes.pop("id", "one")
        tags = changes.pop("tags", ())
        if changes.get("status", "answered") == "answered":
            changes = {"status": "answered", "notes": ("sinus",), "must": (("50",),)} | changes
        return Item(id=item_id, question=question, tags=tags, expect=Expect(**changes))

    return make


@pytest.fixture
def citation_of() -> Callable[..., Citation]:
    """A citation of a whole line of `sinus` unless told otherwise."""

    def make(
        quote: str = "Bill one line with modifier **50** and one unit.",
        *,
        n: int = 1,
        note: str = "sinus",
        lines: tuple[int, int] = (10, 10),
    ) -> Citation:
        return Citation(
            n=n,
            note=note,
            title="Acorn Health, sinus surgery",
            heading="Both sides",
            lines=lines,
            quote=quote,
            verified=None,
            review_by=None,
            owner=None,
            stale=False,
            status="live",
            effective_from=None,
            effective_through=None,
        )

    return make


@pytest.fixture
def answer_of() -> Callable[..., Answer]:
    """An answer with the given text, citations and facts; refused or declined when told so."""

    def make(text: str, *citations: Citation, status: Any = "answered", facts: tuple[Fact, ...] = ()) -> Answer:
        return Answer(status, text, date(2026, 11, 22), citations=citations, facts=facts)

    return make


@pytest.fixture
def write_set(tmp_path: Path) -> Callable[..., Path]:
    """Writes lines as a set and gives its path."""

    def write(*lines: str) -> Path:
        path = tmp_path / "some.jsonl"
        path.write_text("\n".join(lines), encoding="utf-8")
        return path

    return write
