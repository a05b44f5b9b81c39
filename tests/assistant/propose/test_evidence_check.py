"""kb check of evidence blocks: patterns that compile, examples that hold, codes with one block."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.propose.evidence_check import evidence_problems, read_example
from ingest.notes.model import KbNote
from ingest.notes.reader import read_note

BLOCK = """\
code: 30520
sides: once
any: [septum ... straightened]
examples:
  - yes: The septum was straightened.
  - no: The septum was not straightened."""


def a_note(block: str, note_id: str = "library/septum", layer: Any = "library", status: str = "live") -> KbNote:
    text = f"---\nkind: procedure\nstatus: {status}\n---\n## Septum\n```evidence\n{block}\n```\n"
    note = read_note(text.encode(), note_id=note_id, path=f"{note_id}.md", layer=layer).note
    assert note is not None
    return note


def problems(*notes: KbNote) -> list[tuple[str, int]]:
    return [(problem.what, problem.line) for problem in evidence_problems(notes)]


def test_a_block_that_does_what_its_examples_say_is_silent() -> None:
    assert problems(a_note(BLOCK)) == []


def test_an_example_that_does_not_hold_is_named_by_its_line() -> None:
    assert problems(a_note(BLOCK.replace("yes: The septum", "yes: The turbinate"))) == [("example", 11)]
    assert problems(a_note(BLOCK.replace("was not", "was"))) == [("example", 12)]


def test_a_pattern_that_cannot_be_read_is_named_and_its_examples_are_not_run() -> None:
    (problem,) = evidence_problems([a_note(BLOCK.replace("[septum ... straightened]", "[septum ...]"))])
    assert (problem.what, problem.line) == ("pattern", 9)
    assert "stands between two words" in problem.message


def test_a_code_in_two_notes_of_a_layer_is_named_once() -> None:
    other = a_note(BLOCK, note_id="library/zweite")
    assert problems(a_note(BLOCK), other) == [("twice", 6)]
    assert problems(a_note(BLOCK), a_note(BLOCK, note_id="own", layer="practice")) == []
    assert problems(a_note(BLOCK), a_note(BLOCK, note_id="library/zweite", status="draft")) == []


def test_only_the_notes_named_are_looked_at() -> None:
    broken = a_note(BLOCK.replace("was not", "was"))
    assert list(evidence_problems([broken], only={"other"})) == []


def test_an_example_says_what_is_known_beside_it() -> None:
    read = read_example("[age 7; pos 24; payer medicare] Text here.")
    assert not isinstance(read, str)
    encounter, text = read
    assert (encounter.age, encounter.place_of_service, encounter.payer, text) == (7, "24", "medicare", "Text here.")


@pytest.mark.parametrize("sentence", ["[age seven] x", "[height 7] x", "[] x", "[age 7;] x"])
def test_a_context_that_cannot_be_read_is_refused(sentence: str) -> None:
    assert isinstance(read_example(sentence), str)
