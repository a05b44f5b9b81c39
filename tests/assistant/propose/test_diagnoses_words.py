"""Words and titles made comparable, and the index made of them."""

from __future__ import annotations

import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.propose.diagnoses_index import open_index
from assistant.propose.diagnoses_refine import full_code
from assistant.propose.diagnoses_terms import own_terms
from assistant.propose.diagnoses_titles import leaf_words, term_sets
from assistant.propose.diagnoses_words import plain, smallest_window, tokens_of
from ingest.tables.icd10cm_lookup import DiagnosisTables

TABLES = DiagnosisTables()
ON = date(2026, 3, 3)


@pytest.mark.parametrize(
    ("written", "wanted"),
    [("keratoses", "keratosis"), ("nevi", "nevus"), ("biopsies", "biopsy"), ("sinus", "sinus"), ("nasal", "nose")],
)
def test_a_word_has_one_form(written: str, wanted: str) -> None:
    assert plain(written) == wanted


def test_words_keep_their_places_and_phrases_their_stretch() -> None:
    text = "Left TM perforation, high blood pressure"
    found = {token.word: text[token.start : token.end] for token in tokens_of(text)}
    assert found["membrane"] == "TM"
    assert found["hypertension"] == "high blood pressure"


def test_a_list_in_a_title_gives_each_of_its_members() -> None:
    assert ("furuncle", "nose") in set(term_sets("Abscess, furuncle and carbuncle of nose"))
    assert list(term_sets("Chronic tonsillitis and adenoiditis")) == [("chronic", "tonsillitis", "adenoiditis")]


def test_what_a_title_says_is_absent_is_no_word_of_it() -> None:
    title = "Laceration without foreign body of left index finger without damage to nail"
    assert leaf_words(title) == ("laceration", "left", "index", "finger")


@pytest.mark.parametrize(("code", "wanted"), [("S02.2", "S02.2XXA"), ("S52.512", "S52.512A"), ("T16.1", "T16.1XXA")])
def test_the_seventh_character_stands_seventh(code: str, wanted: str) -> None:
    assert full_code(code, "A") == wanted


@given(st.lists(st.lists(st.integers(0, 30), min_size=1, max_size=5).map(sorted), min_size=1, max_size=4))
def test_the_smallest_window_holds_one_place_of_each(places: list[list[int]]) -> None:
    window = smallest_window(places)
    assert window is not None
    assert all(any(window[0] <= place <= window[1] for place in held) for held in places)


def test_every_code_of_ours_stands_in_the_tabular_list() -> None:
    codes = {term.diagnosis_code for held in own_terms().values() for term in held}
    assert len(codes) > 400
    assert [code for code in sorted(codes) if TABLES.diagnosis(code, ON) is None] == []


def test_the_index_is_made_once_and_then_opens_at_once() -> None:
    assert open_index(TABLES, ON) is not None
    begun = time.perf_counter()
    again = open_index(TABLES, ON)
    assert again is not None
    assert time.perf_counter() - begun < 0.3
    assert [leaf.diagnosis_code for leaf in again.leaves("G56.0")] == ["G56.00", "G56.01", "G56.02", "G56.03"]


def test_no_release_gives_no_index() -> None:
    assert open_index(TABLES, date(1999, 1, 1)) is None
