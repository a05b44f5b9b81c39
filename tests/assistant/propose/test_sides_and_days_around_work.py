"""What the words around a procedure decide: the other side, an operation of the days before, whose plan a line is."""

from __future__ import annotations

import pytest

from assistant.propose.model import Encounter
from assistant.propose.note_reader import read_clinical_note
from assistant.propose.propose import Proposer


def lines_of(proposer: Proposer, text: str, pos: str = "11", payer: str = "blue-shield-ppo") -> list[str]:
    proposal = proposer.propose(text, Encounter(payer, "2026-05-05", pos, 50, "F", False)).proposal
    return ["-".join((line.procedure_code, *line.modifiers)) for line in proposal.lines]


def status_of(text: str, words: str) -> str:
    return next(one.status for one in read_clinical_note(text).clauses if words in one.text)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "Ten days after my right carpal tunnel release, healed. Left trigger thumb: flexor sheath at the A1 pulley of "
            "the left thumb injected with 10 mg triamcinolone.",
            "20550-79-FA",
        ),
        (
            "Ten days after right carpal tunnel release elsewhere, healed. Left trigger thumb: flexor sheath at the A1 "
            "pulley of the left thumb injected with 10 mg triamcinolone.",
            "20550-FA",
        ),
    ],
)
def test_work_on_the_other_side_than_a_recent_operation_is_apart_from_it(
    proposer: Proposer, text: str, wanted: str
) -> None:
    assert wanted in lines_of(proposer, text)


def test_bleeding_after_an_operation_taken_to_the_operating_room_is_a_return(proposer: Proposer) -> None:
    text = (
        "Eight days after tonsillectomy by me; bleeding since three. Brought to the operating room, general anesthesia. "
        "A vessel of the left tonsil bed was cauterized. Bleeding after tonsillectomy."
    )
    assert lines_of(proposer, text, pos="22") == ["42962-78"]


def test_an_anesthetic_given_elsewhere_makes_no_visit_an_operation(proposer: Proposer) -> None:
    text = (
        "Established, 52. He was seen in the ER: shoulder dislocation, they put it back under propofol. Today: shoulder "
        "in place, cuff weak. MRI ordered. Naproxen 500 mg prescribed. Dislocation of right shoulder."
    )
    assert any(line.startswith("992") for line in lines_of(proposer, text))


@pytest.mark.parametrize(
    ("text", "words", "status"),
    [
        ("1) Knee worse. Plan: start meloxicam.\n2) Trigger finger: sheath injected.", "injected", "done"),
        ("Knee worse. Plan: start meloxicam.\nSeparately the thumb: sheath injected.", "injected", "done"),
        ("Knee worse. Plan: start meloxicam.\nInjection of the thumb next week.", "Injection", "planned"),
        ("Thumb, booked for injection: A1 pulley, dexamethasone 4 mg with lidocaine.", "dexamethasone", "done"),
        ("Thumb, booked for injection: right side first.", "right side", "planned"),
        ("ICD, placed 2022, checked in person.", "checked", "done"),
        (
            "Seven weeks from sinus surgery by me (ethmoid, with septoplasty). Crusts removed.",
            "septoplasty",
            "historical",
        ),
        ("Films again three weeks from now.", "Films", "planned"),
    ],
)
def test_which_words_belong_to_the_plan_and_to_the_past(text: str, words: str, status: str) -> None:
    assert status_of(text, words) == status


def test_a_dose_raised_after_the_drug_was_named_is_a_decision_on_it(proposer: Proposer) -> None:
    text = "Established. Hypertension, not at goal on lisinopril 20; raised to 40 mg, potassium in two weeks."
    assert lines_of(proposer, text) == ["99214"]


def test_the_first_cast_waits_with_the_fracture_that_is_asked_about(proposer: Proposer) -> None:
    text = (
        "Displaced fracture of the base of the first metacarpal, left. Thumb spica cast put on here after a wrist block. "
        "I follow him."
    )
    assert lines_of(proposer, text) == []
