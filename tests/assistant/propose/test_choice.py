"""The model's choice: it can only keep some of what was found, is asked only as the policy says, and fails softly."""

from __future__ import annotations

import pytest

from assistant.bootstrap import build_proposer
from assistant.language_model.fake import FakeChatModel
from assistant.language_model.grammars import choice_grammar
from assistant.prompts import load_prompt
from assistant.propose.choice import MEASURED, Policy, enumerated, model_chooser
from assistant.propose.model import Evidence, ProcedureCandidate
from assistant.propose.note_reader import read_clinical_note
from assistant.settings import Practice

NOTE = read_clinical_note("Right maxillary antrostomy was done. ECG recorded. Septum was straightened.")


def candidate(code, quote, confidence="high", side=None):
    start = NOTE.text.index(quote)
    return ProcedureCandidate(
        code, side, 1, (Evidence(start, start + len(quote), quote),), "library/procedures/x#what-it-is-1", confidence
    )


ALL = (
    candidate("31256", "Right maxillary antrostomy was done", "low", "RT"),
    candidate("93000", "ECG recorded"),
    candidate("30520", "Septum was straightened", "low"),
)


def chooser(answer, asked="unsure"):
    model = FakeChatModel(answers=(answer,))
    return model_chooser(model, load_prompt("propose"), Policy(asked)), model


def test_only_what_is_unsure_is_put_to_the_model_and_the_rest_stands():
    choose, model = chooser("keep 2")
    assert [one.procedure_code for one in choose(NOTE, ALL)] == ["93000", "30520"]
    assert "ECG" not in model.prompts[0]
    assert model.asked[0].wishes.grammar is not None


def test_everything_is_put_to_it_when_a_model_is_measured():
    choose, model = chooser("keep none", "all")
    assert choose(NOTE, ALL) == []
    assert "ECG recorded" in model.prompts[0]


@pytest.mark.parametrize("answer", ["keep 9", "keep 30520", "31267", "", "keep 1, 2 and 3", "drop all"])
def test_an_answer_that_is_no_choice_takes_nothing_away(answer):
    choose, _ = chooser(answer)
    assert choose(NOTE, ALL) == list(ALL)


def test_a_model_is_not_called_where_nothing_is_unsure():
    choose, model = chooser("keep none")
    assert list(choose(NOTE, ALL[1:2])) == [ALL[1]]
    assert model.asked == ()


def test_the_prompt_shows_numbers_names_sides_and_words_and_no_code():
    shown = enumerated(NOTE, ALL)
    assert shown.splitlines()[0] == "1. what it is, right: \u201cRight maxillary antrostomy was done\u201d"
    assert not any(one.procedure_code in shown for one in ALL)


def test_a_model_without_a_measured_gain_is_not_asked():
    assert not Policy().asks("some.gguf")
    assert "nobody has measured" in Policy().why_not("some.gguf")
    for label, change in MEASURED.items():
        assert Policy().asks(label) == (change["unsure"] > 0)
        assert f"{change['unsure']:+.3f}" in Policy().why_not(label)


def test_a_model_nobody_measured_is_named_and_not_loaded(tmp_path):
    kb = tmp_path / "kb"
    kb.mkdir()
    path = tmp_path / "mine.gguf"
    path.write_bytes(b"GGUF\x03\x00\x00\x00" + bytes(64))
    proposer = build_proposer(Practice(tmp_path, kb), str(path))
    assert (proposer.choose, proposer.model) == (None, None)
    assert proposer.not_asked.startswith("mine.gguf is not asked")
    assert build_proposer(Practice(tmp_path, kb)).not_asked == ""


def test_the_grammar_names_only_the_numbers_each_once_and_in_order():
    rules = dict(line.split(" ::= ", 1) for line in choice_grammar([3, 1, 1]).splitlines())
    assert rules["root"] == '"keep " ("none" | from-0)'
    assert rules["from-0"] == '"1" ("," from-1)? | from-1'
    assert rules["from-1"] == '"3"'
    for wrong in ([], [0, 1]):
        with pytest.raises(ValueError, match="number"):
            choice_grammar(wrong)
