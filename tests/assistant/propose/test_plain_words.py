"""Everyday words read as clinical ones beside the note's own: a second reading, with the offsets of the first."""

from __future__ import annotations

import pytest

from assistant.propose.patterns import read_pattern, view_of
from assistant.propose.plain_words import _phrases, in_clinical_words


@pytest.mark.parametrize(
    ("text", "pattern", "quote"),
    [
        ("Left cheek sinus opened with the balloon", "maxillary sinus ... balloon", "cheek sinus opened with the balloon"),
        ("The lower turbinates were pushed outwards.", "inferior turbinate ... outfractur*", "lower turbinates were pushed outwards"),
        ("Both drums nicked at the front", "tympanic membrane incis*", "drums nicked"),
        ("Scaly sun spots, freeze spray", "actinic keratos*", "Scaly sun spots"),
        ("Film of the left forearm, two views", "xray ... forearm", "Film of the left forearm"),
    ],
)  # fmt: skip
def test_a_pattern_in_clinical_words_finds_everyday_ones_where_they_stand(text, pattern, quote):
    clinical = in_clinical_words(view_of(text))
    assert clinical is not None
    found = read_pattern(pattern).find(clinical)
    assert found is not None
    assert text[found[0] : found[1]] == quote
    assert read_pattern(pattern).find(view_of(text)) is None


@pytest.mark.parametrize("text", ["", "Septoplasty was performed.", "The tympanic membrane was incised.", "x" * 5000])
def test_a_text_without_everyday_words_has_one_reading(text):
    assert in_clinical_words(view_of(text)) is None


def test_words_and_offsets_stay_of_one_length():
    clinical = in_clinical_words(view_of("Numbed, cut open, pus let out; the voice box was looked at."))
    assert clinical is not None
    assert len(clinical.tokens) == len(clinical.starts) == len(clinical.ends) == len(clinical.places)
    assert all(
        clinical.words[place : place + len(token)] == token
        for place, token in zip(clinical.places, clinical.tokens, strict=True)
    )


def test_no_phrase_stands_for_two_things():
    meant: dict[tuple[str, ...], tuple[str, ...]] = {}
    for rows in _phrases().values():
        for plain, clinical in rows:
            assert meant.setdefault(plain, clinical) == clinical, plain
