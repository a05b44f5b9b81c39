"""What is asked where a note does not tell enough: vague acts, sides that contradict each other, and what is not asked."""

from __future__ import annotations

import pytest

from assistant.propose.model import ProcedureCandidate
from assistant.propose.note_reader import read_clinical_note
from assistant.propose.queries import SIDES_DIFFER, hold_contradicted
from assistant.propose.queries_vague import vague_acts, vague_queries


def asked(text, *found):
    return [query.about for query in vague_queries(read_clinical_note(text), found)]


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("Taken to OR. Sinus surgery performed. To recovery.", "sinus surgery"),
        ("Hoarseness. Scope done, ok.", "scope"),
        ("Polyps were taken out in the office today.", "polyps"),
        ("Balance testing was done by the audiologist.", "balance tests"),
        ("Tubes placed today without problems.", "ear tubes"),
        ("Serum vials were mixed for him.", "allergy serum"),
        ("Allergy testing was done today.", "allergy tests"),
        ("Mass removed, closed with vicryl.", "lesion"),
        ("Epistaxis. Treated the bleeding today in the chair.", "nosebleed"),
        ("The procedure was performed as planned.", "procedure"),
    ],
)
def test_an_act_that_is_only_named_is_asked_about(text, about):
    assert asked(text) == [about]


@pytest.mark.parametrize(
    "text",
    [
        "Sinus surgery is planned for March.",
        "No scope done today.",
        "Allergy testing was discussed.",
        "PAST SURGICAL HISTORY: Sinus surgery performed elsewhere.",
        "Nosebleed stopped with pressure at home.",
        "Chest tube placed.",
    ],
)
def test_nothing_is_asked_about_what_was_not_done_here(text):
    assert asked(text) == []


def test_a_code_of_the_kind_leaves_nothing_open_but_one_side_does_not_answer_for_the_other():
    assert asked("Sinus surgery performed.", ("31267", "RT")) == []
    assert asked("Left: the sinuses were cleaned.", ("31267", "RT")) == ["sinus surgery"]
    assert asked("Left: the sinuses were cleaned.", ("31267", "LT")) == []


def test_what_is_asked_last_is_not_asked_beside_other_work():
    assert asked("Mass removed, closed with vicryl.", ("31575", None)) == []


def test_every_question_is_a_question_and_no_two_acts_share_a_name():
    acts = vague_acts()
    assert all(act.ask.endswith("?") for act in acts)
    assert len({act.about for act in acts}) == len(acts)


def candidate(side, **more):
    return ProcedureCandidate("69436", side, 1, (), sides_rule="per-side", **more)


def test_work_on_the_side_the_heading_does_not_name_is_held_back():
    note = read_clinical_note("TITLE: Left myringotomy with tube.\nThe right drum was incised and a tube placed.")
    (held,) = hold_contradicted(note, [candidate("RT")])
    assert held.why_not == SIDES_DIFFER
    assert held.ask.endswith("?")
    assert hold_contradicted(note, [candidate("LT")]) == [candidate("LT")]


def test_a_heading_of_both_sides_contradicts_nothing():
    note = read_clinical_note("TITLE: Bilateral tubes.\nThe right drum was incised and a tube placed.")
    assert hold_contradicted(note, [candidate("RT")]) == [candidate("RT")]
