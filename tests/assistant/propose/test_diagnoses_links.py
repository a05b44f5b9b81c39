"""What is asked where a note tells of two things and not how they hang together, and what is left unasked."""

from __future__ import annotations

import pytest

from assistant.propose.diagnoses_draft import Draft
from assistant.propose.diagnoses_links import link_queries
from assistant.propose.model import ClinicalNote, Evidence, ProviderQuery
from assistant.propose.note_reader import read_clinical_note


def draft(diagnosis_code: str, evidence: Evidence, *, reserve: bool = False) -> Draft:
    return Draft(diagnosis_code, "", 3, evidence.start, (evidence,), frozenset(), False, True, reserve=reserve)


def asked(text: str, *codes: str, reserve: bool = False) -> list[ProviderQuery]:
    note: ClinicalNote = read_clinical_note(text)
    words = note.clauses[0].evidence
    return list(link_queries(note, [draft(code, words, reserve=reserve) for code in codes]))


@pytest.mark.parametrize("code", ["R04.0", "K92.1", "R31.9", "M25.061"])
def test_a_bleeding_beside_an_anticoagulant_is_asked_about_once(code: str) -> None:
    queries = asked("Nosebleed since this morning. Takes apixaban.", code, "Z79.01")
    assert [one.about for one in queries] == ["cause of the bleeding"]
    assert queries[0].evidence


def test_a_bleeding_without_the_drug_and_the_drug_without_a_bleeding_ask_nothing() -> None:
    assert asked("Nosebleed since this morning.", "R04.0") == []
    assert asked("Takes apixaban for atrial fibrillation.", "I48.0", "Z79.01") == []


def test_a_bleeding_that_is_only_mentioned_beside_the_diagnoses_asks_nothing() -> None:
    assert asked("Nosebleed since this morning. Takes apixaban.", "R04.0", "Z79.01", reserve=True) == []


@pytest.mark.parametrize(
    "told", ["due to apixaban", "unrelated to the apixaban", "because of dry air", "provoked by nose picking"]
)
def test_a_cause_that_is_told_ends_the_question(told: str) -> None:
    assert asked(f"The nosebleed is {told}.", "R04.0", "Z79.01") == []


@pytest.mark.parametrize(
    "text",
    [
        "Status post excision of a nevus last week. The wound is infected.",
        "POD 6 after knee arthroscopy. There is a hematoma at the portal.",
        "Two weeks after tonsillectomy. Bled twice last night.",
    ],
)
def test_trouble_after_an_operation_is_asked_about_with_its_words(text: str) -> None:
    queries = asked(text, "L08.9")
    assert [one.about for one in queries] == ["relation to the earlier operation"]
    assert all(text[one.start : one.end] == one.quote for one in queries[0].evidence)


@pytest.mark.parametrize(
    "text",
    [
        "Status post excision of a nevus last week. The wound is healed, no infection.",
        "Status post excision last week. Infection as expected in normal healing.",
        "The wound is infected after a cat bite.",
        "POSTOPERATIVE DIAGNOSIS: abscess. Estimated blood loss 5 mL. Status post drainage; abscess opened.",
        "Status post excision. Plan: return if bleeding.",
    ],
)
def test_healing_a_told_tie_and_the_operation_itself_ask_nothing(text: str) -> None:
    assert asked(text, "L08.9") == []


def test_a_question_suggests_no_answer() -> None:
    queries = [
        *asked("Nosebleed since this morning. Takes apixaban.", "R04.0", "Z79.01"),
        *asked("POD 6 after knee arthroscopy. There is a hematoma at the portal.", "L08.9"),
    ]
    for one in queries:
        assert one.text.startswith(("What", "How"))
        assert not {"complication", "apixaban", "anticoagulant", "caused"}.intersection(one.text.lower().split())
