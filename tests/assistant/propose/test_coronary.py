"""Arteries and the physician's part on the lines: what the note's words put there."""

from __future__ import annotations

from datetime import date

import pytest

from assistant.propose.components import takes_professional
from assistant.propose.coronary import tells_first_study, vessels_in, vessels_treated
from assistant.propose.encounter_day import day_pattern
from assistant.propose.model import Evidence, ProcedureCandidate
from assistant.propose.note_reader import read_clinical_note


def treated(text, quote):
    start = text.index(quote)
    evidence = (Evidence(start, start + len(quote), quote),)
    return vessels_treated(read_clinical_note(text), ProcedureCandidate("92928", None, 1, evidence))


@pytest.mark.parametrize(("text", "quote", "vessels"), [
    ("A stent was deployed in the mid LAD.", "A stent was deployed in the mid LAD", ("LD",)),
    ("Wire across the circumflex. Predilated. Stent deployed.", "Stent deployed", ("LC",)),
    ("LAD 40 %, for medical therapy. RCA 90 %. DES placed.", "DES placed", ("RC",)),
    ("DES to the left main and the ramus.", "DES to the left main and the ramus", ("LM", "RI")),
    ("Intervention on the circumflex. Guide in the left main. Stent deployed.", "Stent deployed", ("LC",)),
    ("Guide in the left main. Stent deployed.", "Stent deployed", ("LM",)),
    ("Stent deployed.", "Stent deployed", ()),
])  # fmt: skip
def test_the_artery_stands_in_the_words_or_last_before_them(text, quote, vessels):
    assert treated(text, quote) == vessels


def test_branches_count_as_their_artery():
    assert vessels_in("second obtuse marginal, then D1, then the PDA") == ("LC", "LD", "RC")


@pytest.mark.parametrize(("text", "tells"), [
    ("No prior catheterization.", True),
    ("Ad hoc intervention on the basis of this study.", True),
    ("Inferior STEMI.", True),
    ("Angiogram last month by us, films reviewed.", False),
])  # fmt: skip
def test_why_the_study_was_needed_is_found_or_not(text, tells):
    assert (tells_first_study(read_clinical_note(text)) is not None) == tells


@pytest.mark.parametrize(("code", "place", "takes"), [
    ("93306", "22", True), ("93306", "11", False), ("93306", None, False), ("93000", "22", False), ("93458", "21", True),
    ("73610", "23", True), ("99213", "22", False), ("93294", "22", False),
])  # fmt: skip
def test_the_physicians_part_is_told_only_in_facilities(code, place, takes):
    assert takes_professional(code, place) == takes


@pytest.mark.parametrize("written", ["6/2/2026", "06-02-26", "2026-06-02", "June 2, 2026", "2 Jun 2026", "06.02.2026"])
def test_the_date_of_service_is_today_however_written(written):
    assert day_pattern(date(2026, 6, 2)).fullmatch(written)
    text = f"Transmission received {written}. Device placed 6/2/2021."
    clauses = read_clinical_note(text, date(2026, 6, 2)).clauses
    assert [one.status for one in clauses] == ["done", "historical"]
