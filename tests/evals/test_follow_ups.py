"""Conversations as an evaluation set: reading them, scoring the last turn, the sets that come with the project."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from assistant.ask.answer import Answer
from assistant.ask.conversation import Reply, Understood
from evals.command import _kind
from evals.follow_ups import FollowUp, load_follow_ups, score_turn
from evals.items import SetError
from evals.places import find_set
from evals.wording import holds

SETS = Path(__file__).resolve().parents[2] / "evals" / "sets"
PRACTICES = {
    "follow-ups": SETS.parents[1] / "kb",
    "foxtrot-follow-ups": SETS / "practices" / "foxtrot" / "kb",
}
EXPECTED = {"status": "answered", "notes": ["sinus"], "must": [["50"]]}


def follow_up(**expect) -> FollowUp:
    return FollowUp.model_validate(
        {"id": "one", "before": ["Acorn 31255?"], "question": "both sides?", "expect": expect or EXPECTED}
    )


def replied(answer: Answer | None, kind="ask", text: str = "") -> list[Reply]:
    question = "Acorn 31255, both sides" if kind == "ask" else None
    return [Reply(Understood(kind, "both sides?", question), answer.text if answer else text, answer)]


def test_a_right_answer_to_the_turn_as_understood_is_right(answer_of, citation_of, note_text):
    answer = answer_of("Acorn 31255: 50, 1 unit. [1]", citation_of(), citation_of(n=2, lines=(13, 13), quote="1"))
    scored = score_turn(follow_up(), replied(answer), note_text=note_text)
    assert scored.good["right"]
    assert scored.turns == (("both sides?", "Acorn 31255, both sides"),)


def test_a_wrong_note_or_a_missing_value_is_a_miss(answer_of, citation_of, note_text):
    wrong = answer_of("50 [1]", citation_of(note="other"))
    assert not score_turn(follow_up(), replied(wrong), note_text=note_text).good["right"]
    silent = answer_of("One line. [1]", citation_of())
    assert "right" in score_turn(follow_up(), replied(silent), note_text=note_text).missed


def test_asking_back_where_an_answer_is_expected_counts_as_refused(note_text):
    scored = score_turn(follow_up(), replied(None, "unclear", "What do you mean?"), note_text=note_text)
    assert not scored.good["right"]
    assert not scored.good["answerable_refused"]


@pytest.mark.parametrize(("status", "figure"), [("unclear", "asked_back"), ("noted", "noted")])
def test_a_turn_that_needs_no_answer_is_right_only_without_one(status, figure, answer_of, citation_of, note_text):
    item = follow_up(status=status)
    assert score_turn(item, replied(None, status, "Hm."), note_text=note_text).good == {"right": True, figure: True}
    answered = score_turn(item, replied(answer_of("50 [1]", citation_of())), note_text=note_text)
    assert answered.good == {"right": False, figure: False}


def test_a_refusal_where_the_conversation_asks_for_one_is_right_but_not_by_asking_back(answer_of, note_text):
    item = follow_up(status="not_in_kb")
    assert score_turn(item, replied(answer_of("No.", status="not_in_kb")), note_text=note_text).good["right"]
    assert not score_turn(item, replied(None, "unclear", "What?"), note_text=note_text).good["right"]


def test_an_answer_about_its_sources_may_say_what_the_header_says(answer_of, citation_of, note_text):
    answer = answer_of("50, in force from 2025-01-01. [1]", citation_of())
    asked = score_turn(follow_up(), replied(answer), note_text=note_text)
    assert not asked.good["values_sourced"]
    about = score_turn(follow_up(), replied(answer, "source"), note_text=note_text)
    assert about.good["values_sourced"]
    strange = answer_of("50, in force from 1999. [1]", citation_of())
    assert not score_turn(follow_up(), replied(strange, "source"), note_text=note_text).good["values_sourced"]


@pytest.mark.parametrize(
    "expect",
    [
        {"status": "answered", "notes": ["sinus"]},
        {"status": "unclear", "notes": ["sinus"]},
        {"status": "noted", "must": [["50"]]},
        {"status": "declined", "must": [["50"]]},
        {"status": "perhaps"},
    ],
)
def test_an_expectation_that_cannot_be_scored_is_refused(write_set, expect):
    with pytest.raises(SetError):
        load_follow_ups(write_set(json.dumps({"id": "a", "question": "and?", "expect": expect})))


@pytest.mark.parametrize("name", PRACTICES)
def test_the_sets_are_told_apart_by_their_fields(name):
    assert _kind(find_set(name)) == "follow-ups"
    assert _kind(find_set("ask")) == "run"


@pytest.mark.parametrize(("name", "least"), [("follow-ups", 60), ("foxtrot-follow-ups", 30)])
def test_the_sets_are_large_enough_and_their_notes_say_what_is_expected(name, least):
    items = load_follow_ups(find_set(name).items)
    assert len(items) >= least
    for item in items:
        texts = [(PRACTICES[name] / f"{note}.md").read_text(encoding="utf-8") for note in item.expect.notes]
        for group in item.expect.must:
            assert any(holds(text, one) for text in texts for one in group), (item.id, group)


@pytest.mark.parametrize("name", PRACTICES)
def test_no_turn_is_copied_from_a_note_it_expects(name):
    for item in load_follow_ups(find_set(name).items):
        texts = [
            " ".join(_words((PRACTICES[name] / f"{note}.md").read_text(encoding="utf-8"))) for note in item.expect.notes
        ]
        for turn in (*item.before, item.question):
            said = _words(turn)
            for first in range(len(said) - 3):
                four = " ".join(said[first : first + 4])
                assert not any(f" {four} " in f" {text} " for text in texts), (item.id, four)


def test_the_count_that_the_readme_of_the_sets_states_is_right():
    explained = (SETS / "README.md").read_text(encoding="utf-8")
    stated = re.search(r"(\d+) conversations over the sample practice.*?holds (\d+) over another", explained, re.DOTALL)
    assert stated is not None
    assert [int(one) for one in stated.groups()] == [len(load_follow_ups(find_set(name).items)) for name in PRACTICES]


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text.lower())
