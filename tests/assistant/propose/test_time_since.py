"""Operations named only to say how long ago they were, and amounts told as a whole."""

from __future__ import annotations

import pytest

from assistant.propose.evidence_amounts import counted
from assistant.propose.note_reader import read_clinical_note


def statuses(text):
    return [(clause.text, clause.status) for clause in read_clinical_note(text).clauses]


@pytest.mark.parametrize(
    "text",
    [
        "Post op check 3 weeks after septoplasty and turbinate resection by me.",
        "Two months out from tympanoplasty.",
        "Here for postop visit after FESS.",
        "Six weeks following tonsillectomy.",
    ],
)
def test_an_operation_named_to_tell_the_time_is_past(text):
    assert statuses(text)[-1][1] == "historical"


@pytest.mark.parametrize(
    "text",
    [
        "Ten minutes after the injection the scope was passed.",
        "Two weeks after FESS the crusts were removed from both sides.",
        "The frontal sinus could be seen and its ostium was enlarged.",
        "Injections given as per schedule.",
    ],
)
def test_what_is_done_now_stays_done(text):
    assert all(status == "done" for _, status in statuses(text))


def test_what_follows_the_time_is_of_today():
    told = dict(statuses("Ten days after septoplasty and FESS, bilateral debridement with suction."))
    assert told["after septoplasty and FESS"] == "historical"
    assert told["bilateral debridement with suction"] == "done"


@pytest.mark.parametrize(
    ("kind", "text", "number"),
    [
        ("tests", "40 inhalant allergens plus 2 controls, 42 pricks in all", 42),
        ("tests", "SPT - 34 + 2 controls = 36", 36),
        ("units", "Vial 1, 10 doses. Vial 2, 10 doses. Total 20 doses prepared", 20),
        ("units", "two 10 mL maintenance vials mixed today, 10 doses (1 mL each) per vial", 20),
        ("units", "three vials, 8 doses each", 24),
    ],
)
def test_a_whole_that_is_told_is_taken(kind, text, number):
    assert counted(kind, text.split(". "), []).number == number


def test_the_total_of_another_kind_of_test_is_not_taken():
    assert counted("tests", ["ID tests - 8"], ["SPT total 36"]).number == 8
