"""Words and codes as keyword search sees them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.index.tokens import MAX_RANGE_WIDTH, code_tokens, tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CO-97", ["co97", "carc97"]),
        ("co 97", ["co97", "carc97"]),
        ("PR-B7", ["prb7", "carcb7"]),
        ("denial code 97", ["denial", "code", "97", "carc97"]),
        ("N122 MA130", ["n122", "ma130"]),
        ("J32.0", ["j320", "j32"]),
        ("j32.0", ["j320", "j32"]),
        ("31253-31256", ["31253", "31254", "31255", "31256"]),
        ("0232T-0234T", ["0232t", "0233t", "0234t"]),
        ("J3301", ["j3301"]),
        ("31255-50", ["31255", "50", "mod50"]),
        ("31237-79-RT", ["31237", "79", "mod79", "rt", "modrt"]),
        ("modifier 50", ["modifier", "50", "mod50"]),
        ("modifiers RT and LT", ["modifiers", "rt", "modrt", "lt", "modlt"]),
        ("append -25", ["append", "25", "mod25"]),
        ("50 days", ["50", "days"]),
        ("The payer's manual doesn't say", ["the", "payer", "manual", "doesnt", "say"]),
        ("both-sided Straße", ["both", "sided", "strasse"]),
        ("1.5 cm", ["1", "5", "cm"]),
        ("", []),
    ],
)
def test_codes_stay_whole_and_words_are_lower_case(text: str, expected: list[str]) -> None:
    assert tokens(text) == expected


def test_a_question_and_a_note_meet_however_the_code_is_written() -> None:
    for asked, written in [("co97", "CO-97"), ("modifier 50", "31255-50"), ("31255", "31253-31259"), ("J32", "J32.0")]:
        assert set(code_tokens(asked) or tokens(asked)) & set(tokens(written)), (asked, written)


def test_a_range_is_expanded_up_to_its_widest_and_kept_as_its_ends_beyond() -> None:
    assert len(tokens(f"10000-{10000 + MAX_RANGE_WIDTH - 1}")) == MAX_RANGE_WIDTH
    assert tokens(f"10000-{10000 + MAX_RANGE_WIDTH}") == ["10000", str(10000 + MAX_RANGE_WIDTH)]
    assert tokens("31259-31253") == ["31259", "31253"]


def test_only_codes_are_code_tokens() -> None:
    assert code_tokens("Bill 31255-50 for J32.0 in 90 days, see CO-97") == [
        *("31255", "mod50"),
        *("j320", "j32"),
        *("co97", "carc97"),
    ]


@given(st.text())
def test_every_token_is_letters_and_digits_whatever_the_text(text: str) -> None:
    found = tokens(text)
    assert all(token.isalnum() for token in found)
    assert set(code_tokens(text)) <= set(found)
