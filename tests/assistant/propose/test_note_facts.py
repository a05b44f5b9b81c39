"""What a note tells of its encounter, its headings and its numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.propose.facts import age_of, anesthesia_of, sex_of
from assistant.propose.note_reader import read_clinical_note
from assistant.propose.numbers import numbers_in
from assistant.propose.patient_known import new_patient_of
from assistant.propose.sections import kind_of, sections_of
from assistant.propose.visit_minutes import minutes_of


@pytest.mark.parametrize(("text", "kind"), [
    ("Anesthesia: General endotracheal.", "general"),
    ("ANESTHESIA\nMAC with local", "sedation"),
    ("Under mask anesthesia the ears were examined.", "general"),
    ("1% lidocaine with epinephrine was infiltrated. Punch biopsy taken.", "local"),
    ("After topical lidocaine spray the scope was passed.", "topical"),
    ("Wax removed without anesthesia.", "none"),
    ("40 mg triamcinolone with lidocaine was injected into the knee.", None),
    ("Past surgical history: tubes under general anesthesia. Ear wax removed.", None),
    ("Hydrocodone prescribed, sedation warnings given.", None),
    ("No general anesthesia; local block of the digit.", "local"),
])  # fmt: skip
def test_the_deepest_anesthesia_told_is_found(text: str, kind: str | None) -> None:
    assert anesthesia_of(read_clinical_note(text)) == kind


@pytest.mark.parametrize(("text", "minutes"), [
    ("I spent 66 minutes total today on her care, my time only.", 66),
    ("Time: total encounter time 38 minutes. This includes 6 minutes of nurse teaching. My own time was 32 minutes.", 32),
    ("Total time 38 minutes. This includes 6 minutes of nurse teaching.", 32),
    ("Total time spent on the date of the encounter: 45 min.", 45),
    ("I personally spent one hour and ten minutes on this visit.", 70),
    ("Total physician time 1 hour 5 minutes.", 65),
    ("Total time 30-39 minutes.", 30),
    ("Nosebleed 90 minutes. Dry after ten minutes.", None),
    ("Waited 30 minutes after the shot, no reaction.", None),
    ("Operative time 95 minutes. Tourniquet time 40 minutes.", None),
    ("Last visit I spent 40 minutes with him.", None),
    ("Reviewed records 10 minutes, examined and counseled 20 minutes; documented 5 minutes.", 35),
])  # fmt: skip
def test_the_physicians_minutes_are_told_from_other_times(text: str, minutes: int | None) -> None:
    told = minutes_of(read_clinical_note(text))
    assert (told[0] if told else None) == minutes
    if told:
        assert all(text[one.start : one.end] == one.quote for one in told[1])


@pytest.mark.parametrize(("text", "age"), [
    ("57 y/o walk-in, established.", 57), ("Sixty-eight-year-old man with sinusitis.", 68), ("OPERATIVE REPORT. Age 14. Dx: tonsillitis.", 14),
    ("73M, established.", 73), ("New patient, 34, teacher.", 34), ("An 18-month-old boy with otitis.", 1), ("Pt is a 44 y.o. female.", 44),
    ("Retained right T-tube, four years old, admitted for removal.", None), ("History: adenoids removed at age 4.", None),
    ("This is a 6-week-old infant.", 0), ("Family history: mother, 60-year-old woman, deaf.", None),
])  # fmt: skip
def test_the_patients_age_is_told_from_other_ages(text: str, age: int | None) -> None:
    assert age_of(read_clinical_note(text)) == age


@pytest.mark.parametrize(("text", "sex"), [
    ("69F, established.", "F"), ("A 5-year-old boy. Mother reports he snores; she is worried.", "M"), ("Sex: Female. He was seen.", "F"),
    ("She returns. Her ear is dry. She is well.", "F"), ("Ear wax removed.", None), ("Sister had tubes. Knee dry.", None),
])  # fmt: skip
def test_the_patients_sex_is_told_or_left_open(text: str, sex: str | None) -> None:
    assert sex_of(read_clinical_note(text)) == sex


@pytest.mark.parametrize(("text", "new"), [
    ("New patient, 55, sent by his dentist.", True), ("Established, 61, atrial fibrillation.", False), ("Follow-up, 48.", False),
    ("Knee injection.", None), ("New complaint of ear pain.", None), ("Not seen here in over 4 years; hearing worse.", True),
    ("Last seen by me in May.", False),
])  # fmt: skip
def test_new_and_established_are_told_apart(text: str, new: bool | None) -> None:
    assert new_patient_of(read_clinical_note(text)) is new


@pytest.mark.parametrize(("heading", "kind"), [
    ("PREOPERATIVE DIAGNOSIS", "diagnosis"), ("Pre-op dx", "diagnosis"), ("Procedure(s) performed", "title"), ("Op", "title"),
    ("DETAILS OF PROCEDURE", "procedure"), ("HPI", "history"), ("PSH", "past-surgical"), ("PSH copied from last note", "past-surgical"),
    ("A/P", "assessment"), ("Assessment & Plan", "assessment"), ("Plan", "plan"), ("ROS", "review-of-systems"), ("FH", "family-history"),
    ("Right ear", None), ("Medial compartment", None),
])  # fmt: skip
def test_headings_are_known_in_their_many_forms(heading: str, kind: str | None) -> None:
    assert kind_of(heading) == kind


@pytest.mark.parametrize("text", [
    "Plan: rinses", "PLAN\nrinses", "## Plan\nrinses", "**Plan**\nrinses", "Plan - rinses", "4. PLAN: rinses", "Nose clear. Plan: rinses",
    "plan\nrinses", "| x |\nPLAN:\n\nrinses",
])  # fmt: skip
def test_a_heading_opens_its_section_in_every_style(text: str) -> None:
    held = [section for section in sections_of(text) if section.start <= text.index("rinses") < section.end]
    assert [section.kind for section in held] == ["plan"]


def test_a_sentence_that_begins_like_a_heading_is_none() -> None:
    text = "History of left shoulder dislocation, stable now."
    assert [section.heading for section in sections_of(text)] == [""]


@given(st.text(max_size=300))
def test_sections_stand_in_order_and_never_overlap(text: str) -> None:
    last = 0
    for section in sections_of(text):
        assert last <= section.start <= section.end <= len(text)
        last = section.end


@pytest.mark.parametrize(("text", "told"), [
    ("nine lesions", [(9, 9, "")]), ("twenty-two minutes", [(22, 22, "minutes")]), ("two to three vials", [(2, 3, "")]),
    ("4 mm", [(0.4, 0.4, "cm")]), (".5 cm", [(0.5, 0.5, "cm")]), ("1.5 hours", [(90, 90, "minutes")]), ("30-39 min", [(30, 39, "minutes")]),
    ("no numbers", []), ("1,200 units", [(1200, 1200, "")]),
])  # fmt: skip
def test_numbers_are_read_in_digits_and_words(text: str, told: list[tuple[float, float, str]]) -> None:
    assert [(round(one.low, 6), round(one.high, 6), one.unit) for one in numbers_in(text)] == told
