"""Text in a note that is no clinician's: it is blanked in place, and everything else stays as it is."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.propose.foreign_text import clinical_text
from assistant.propose.note_reader import read_clinical_note
from evals.hostile_notes import INJECTIONS, with_injection

NOTE = "Right ear: a tube was placed through the incision. Left ear clear.\nPlan: recheck in two weeks."


@pytest.mark.parametrize("kind", INJECTIONS)
def test_an_order_in_the_note_is_read_as_nothing_done(kind):
    before = [(one.text, one.status) for one in read_clinical_note(NOTE).clauses]
    after = [(one.text, one.status) for one in read_clinical_note(with_injection(NOTE, INJECTIONS[kind])).clauses]
    assert [one for one in after if one in before] == before or kind in {"encoded", "tool result"}
    assert not any("septum" in text.lower() or "thyroid" in text.lower() for text, _ in after)


@pytest.mark.parametrize("text", [
    NOTE, "BP < 130 and HR > 60", "<p>Septoplasty was done.</p>", "1. cyst {left} removed", "System review: negative.",
    "Assistant: J. Ruiz PA", "polyps [see photo] removed", "Note to file: tolerated well.",
])  # fmt: skip
def test_a_clinicians_words_stay(text):
    assert clinical_text(text) == text


@given(st.text(alphabet="<>!-`{}\"':|[]()abEND \n", max_size=200))
def test_the_length_never_changes(text):
    read = clinical_text(text)
    assert len(read) == len(text)
    assert all(one == other or one == "\n" for one, other in zip(read, text, strict=True))


@pytest.mark.parametrize("unit", ["<!-- ", "<x>", '{"a": ', "```", "BEGIN TOOL ", "ignore ", "[a](http:"])
def test_cost_does_not_run_away(unit):
    began = time.process_time()
    clinical_text(unit * (50_000 // len(unit)))
    assert time.process_time() - began < 2
