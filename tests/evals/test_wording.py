"""How the evaluation compares texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.wording import holds, normalised, values, without_marks


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("Bill 31255-50 x1.", "50"),
        ("use modifier **50**", "modifier 50"),
        ("| days | 90 |\n|---|---|\n| form | `AH-7` |", "ah-7"),
        ("bill two\n  lines", "Two lines"),
        ("the plan\u2019s desk", "plan's desk"),
        ("$1,500 at most", "1500"),
        ("see [the form](forms.md)", "the form"),
        ("Claims > Correct a claim", "claims > correct a claim"),
        ("It is 24.", "24"),
        ("_never_ a side", "never a side"),
    ],
)
def test_a_phrase_is_found_as_whole_words_whatever_the_case_marks_and_line_breaks(text: str, phrase: str) -> None:
    assert holds(text, phrase)


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("within 150 days", "50"),
        ("50.5 percent", "50"),
        ("J50 of the form", "50"),
        ("within 90 days", "90 day"),
        ("31255", "3125"),
        ("two short lines", "two lines"),
        ("1,500", "500"),
        ("anything", " "),
    ],
)
def test_a_part_of_a_word_or_a_number_is_not_found(text: str, phrase: str) -> None:
    assert not holds(text, phrase)


def test_only_the_marks_of_the_given_citations_are_taken_away() -> None:
    assert without_marks("Use 50 [1], see [7].", {1}) == "Use 50, see [7]."


def test_values_are_codes_modifiers_denials_and_numbers_once_each_in_order() -> None:
    text = (
        "31253-31259 with RT, J32.0, deny CO-97 or CO 97 and N122; ninety days, 1,500, 50 or XS; 31253 again; P.O. box"
    )
    assert values(text) == (
        *("31253", "31259", "RT", "J32.0", "CO-97", "N122", "90", "1500", "50", "XS"),
    )  # fmt: skip


def test_ordinary_words_and_small_number_words_are_no_values() -> None:
    assert values("One of them is a PPO; E&M on two lines, Bill it.") == ()


@given(st.text())
def test_normalising_twice_changes_nothing_more_for_words(text: str) -> None:
    once = normalised(text)
    assert once == " ".join(once.split())
    assert "*" not in once
    assert "`" not in once


@given(st.text(alphabet="abc 123-.", min_size=1).filter(lambda text: text.strip(" -.")))
def test_a_text_holds_its_own_words(text: str) -> None:
    words = [word for word in normalised(text).split() if word.isalnum()]
    assert all(holds(f"( {text} )", word) for word in words)
