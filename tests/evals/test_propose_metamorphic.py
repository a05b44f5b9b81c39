"""The changes made to notes, and that a check can fail: a proposer that follows nothing is found out."""

from __future__ import annotations

import json

import pytest

from assistant.propose.model import Evidence, Proposal, ProposedLine
from assistant.propose.propose import Proposed
from evals.hostile_notes import INJECTIONS, generated_notes, sentences_of, with_injection
from evals.propose_metamorphic import denied, faults, moved, render, run_propose_metamorphic, swapped

NOTE = "DETAILS: A polyp was removed on the right. ECG recorded, normal. I placed a tube in the L ear."


def piece(quote):
    start = NOTE.index(quote)
    return Evidence(start, start + len(quote), quote)


@pytest.mark.parametrize(("quote", "told"), [
    ("A polyp was removed on the right", "A polyp was not removed on the right"),
    ("I placed a tube in the L ear", "I did not placed a tube in the L ear"),
    ("ECG recorded, normal", "Not done: ECG recorded, normal"),
])  # fmt: skip
def test_evidence_is_denied_as_its_words_allow(quote, told):
    assert told in denied(NOTE, [piece(quote)])


def test_the_sentence_moves_without_its_heading():
    assert moved(NOTE, [piece("A polyp was removed on the right")], "Plan").endswith(
        "\n\nPLAN:\nA polyp was removed on the right.\n"
    )


def test_sides_swap_and_anatomy_stays():
    assert swapped("Right ear, L side, left ventricle, RT; he left. left main") == (
        "Left ear, R side, left ventricle, LT; he right. left main"
    )


def test_there_are_twenty_kinds_of_orders_and_each_stands_three_times():
    assert len(INJECTIONS) == 20
    assert all(with_injection(NOTE, text).count(text) == 3 for text in INJECTIONS.values())


def test_generated_notes_are_the_same_for_a_seed_and_made_of_the_sentences():
    sentences = sentences_of(NOTE)
    assert len(sentences) == 3
    assert list(generated_notes(sentences, 5, seed=1)) == list(generated_notes(sentences, 5, seed=1))


class Deaf:
    """Proposes the same line whatever the note says."""

    def propose(self, text, encounter):
        line = ProposedLine("31256", ("RT",), 1, (), (Evidence(0, 4, text[:4]),), (), "high", needs_review=False)
        return Proposed("p", Proposal((line,), (), None, None, (), ()), None)


def test_a_proposer_that_does_not_listen_fails_what_it_must(tmp_path):
    row = {"id": "D01", "note": NOTE, "payer_style": "medicare", "dos": "2026-01-05", "pos": "24", "age": 40,
           "sex": "F", "new_patient": None}  # fmt: skip
    rows = [row, row | {"id": "D02"}]
    path = tmp_path / "set.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    done = run_propose_metamorphic(path, Deaf(), lambda *_: None, generated=0)
    told = done.to_json()
    assert {name for name, check in told.items() if check["failed"]} == {
        "negate", "past surgical history", "plan", "swap"
    }  # fmt: skip
    assert told["negate"] == {"tried": 2, "failed": ["D01: 31256-RT"], "held_back_failed": 1}
    assert "D02" not in "\n".join(render(done))


def test_a_quote_that_is_not_the_notes_is_a_fault(tmp_path):
    proposed = Deaf().propose("abcdef", None)
    assert not list(faults("abcdef", proposed, _encounter(), None))
    assert list(faults("xyzabc", proposed, _encounter(), None)) == ["a quote is not the note's own words"]


def _encounter():
    from assistant.propose.model import Encounter

    return Encounter(None, None, None)
