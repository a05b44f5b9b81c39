"""Words that change what was done and how much: results of a stage, times told once for two, margins, neighbours."""

from __future__ import annotations

import pytest

from assistant.propose.digits import digit_modifiers
from assistant.propose.evidence_amounts import counted
from assistant.propose.evidence_sizes import excised, sizes
from assistant.propose.global_period import period_modifiers
from assistant.propose.model import Evidence, ProcedureCandidate
from assistant.propose.note_openings import booked_for, opening_of, report_sentences
from assistant.propose.note_reader import read_clinical_note


@pytest.mark.parametrize(
    ("text", "words", "status"),
    [
        ("Fourth stage one block, negative.", "Fourth stage one block", "done"),
        ("Biopsy, not done.", "Biopsy", "negated"),
        ("Three weeks ago pictures and a stent were placed here.", "stent", "historical"),
        ("The emergency doctor applied a splint.", "splint", "historical"),
        ("Finger locks, two injections failed.", "two injections failed", "historical"),
        ("Splint with the fingers free put on.", "put on", "done"),
    ],
)
def test_what_became_of_a_thing(text, words, status):
    told = next(one for one in read_clinical_note(text).clauses if words in one.text)
    assert told.status == status


@pytest.mark.parametrize(
    ("text", "centimeters"),
    [
        ("0.8 cm lesion with 0.4 cm margin at the narrowest", "1.6"),
        ("Lesion 1.6 cm. Marked with 0.8 cm on every side.", "3.2"),
        ("Size 1.9 cm. Cut with 0.2 cm to spare at the nearest edge.", "2.3"),
        ("Excised with a total diameter of 3.5 cm including margins.", "3.5"),
        ("Cyst 1.0 cm, narrowest margin 0.2 cm, single row of nylon, 2.2 cm.", "1.4"),
    ],
)
def test_the_lesion_takes_its_narrowest_margin_twice(text, centimeters):
    assert str(excised(sizes(text))) == centimeters


def test_all_of_a_number_that_were_treated_are_the_total():
    assert counted("premalignant-lesions", ["All nineteen frozen", "AKs of the scalp 11, ear 2"], []).number == 19
    assert counted("lesions", ["Two shave biopsies"], ["All three to pathology"]).number == 2


@pytest.mark.parametrize(
    ("text", "modifiers"),
    [
        ("left little finger taped to the ring finger", ("F4",)),
        ("left little finger and left ring finger taped", ("F3", "F4")),
    ],
)
def test_the_neighbour_a_finger_is_tied_to_is_not_treated(text, modifiers):
    assert digit_modifiers("26720", "LT", (Evidence(0, len(text), text),)) == modifiers


@pytest.mark.parametrize(
    ("text", "code", "expected"),
    [
        ("Seven weeks after my knee replacement, which has nothing to do with today. Pulley cut.", "26055", "79"),
        ("Two weeks into treatment of her wrist fracture. New cast.", "29075", "58"),
        ("Second-stage stenting, three weeks after the first stent.", "92928", None),
        ("Six months after my knee replacement, not related. Pulley cut.", "26055", None),
    ],
)
def test_the_period_of_an_operation_is_told_by_its_words(text, code, expected):
    done = ProcedureCandidate(code, None, 1, (), global_days="000" if code != "26055" else "090")
    assert period_modifiers(read_clinical_note(text), [done]).get(code) == expected


def test_a_report_may_tell_the_age_after_its_name_and_a_visit_begins_with_it():
    assert opening_of(read_clinical_note("STRESS LABORATORY. 70-year-old woman. Bruce."))
    assert not opening_of(read_clinical_note("70-year-old woman. Stress test last month."))


def test_what_the_patient_came_for_and_what_pathology_says_are_found():
    assert booked_for(read_clinical_note("Planned injection, right shoulder. Dry tap.")) == (0,)
    assert booked_for(read_clinical_note("Knee pain. Exam normal. Injection planned for May.")) == ()
    note = read_clinical_note("Cyst of the neck.\nPathology in the chart: epidermal cyst. Closed.")
    assert [one.text for one in note.clauses if one.sentence in report_sentences(note)] == ["epidermal cyst"]
