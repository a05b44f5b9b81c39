"""Words, stems and phrases as the question reader compares them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.ask.words import PhraseBook, forms, stem, stems, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("T&A under 12", ["t&a", "under", "12"]),
        ("post-op", ["post", "op"]),
        ("RT/LT", ["rt", "lt"]),
        ("Summit\u2019s rule", ["summit's", "rule"]),
        ("2.5 units", ["2.5", "units"]),
        ("BS212 form", ["bs212", "form"]),
        ("", []),
    ],
)
def test_a_text_is_cut_into_its_words(text, expected):
    assert [word.form for word in words(text)] == expected


def test_inflections_share_a_stem_and_short_words_stay():
    assert stem("denied") == stem("denies") == stem("deny")
    assert stem("tubes") == stem("tube")
    assert stem("filing") != stem("file")
    assert stem("era") == "era"
    assert stem("timely") != stem("time")


def test_proper_names_compare_without_a_possessive_ending():
    assert forms("Northwind's PPO") == ("northwind", "ppo")


def test_the_longest_phrase_is_found_and_hides_those_in_it():
    book = PhraseBook([("tube", "ear-tube"), ("tube removal", "tube-removal")])
    assert [hit.names for hit in book.find(stems("tubes removal and a tube"))] == [("tube-removal",), ("ear-tube",)]


def test_one_phrase_may_stand_for_several_names():
    book = PhraseBook([("granite", "a"), ("granite", "b"), ("granite", "a")], by_form=True)
    assert [hit.names for hit in book.find(forms("Granite tubes"))] == [("a", "b")]


def test_an_empty_book_finds_nothing():
    assert PhraseBook([]).find(stems("any words")) == []


@given(st.text(max_size=120))
def test_every_word_stands_where_it_says(text):
    for word in words(text):
        assert text[word.start : word.end].translate({0x2019: "'", 0x2018: "'"}).lower() == word.form


@given(st.lists(st.sampled_from("a b c ab".split()), max_size=12))
def test_phrases_found_never_overlap_and_lie_within_the_text(text_words):
    book = PhraseBook([("a b", "1"), ("b c", "2"), ("c", "3")], by_form=True)
    end = 0
    for hit in book.find(text_words):
        assert 0 <= hit.first < hit.end <= len(text_words)
        assert hit.end > end
        end = hit.end
