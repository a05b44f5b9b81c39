"""Amounts and counts that a note tells again of the same things are billed once; what is another dose is added."""

from __future__ import annotations

from decimal import Decimal

import pytest

from assistant.propose.evidence_amounts import counted
from assistant.propose.evidence_repeats import given, heads_others, told_once
from assistant.propose.evidence_tests import own_tests


@pytest.mark.parametrize(
    ("kind", "evidence", "number"),
    [
        ("mg", ["Dexamethasone 10 mg IM given in the left deltoid", "Dexamethasone 10 mg, lot 3"], 10),
        ("mg", ["Kenalog 40 mg was drawn up", "30 mg of kenalog was injected into the knee"], 30),
        ("mg", ["40 mg into the right knee", "40 mg into the left shoulder"], 80),
        ("mg", ["4 mg given", "again 4 mg given"], 8),
        ("units", ["155 units injected", "OnabotulinumtoxinA 155 units given"], 155),
        ("lesions", ["Destruction of six keratoses", "liquid nitrogen applied to four keratoses"], 4),
        ("lesions", ["six keratoses of the face frozen", "four keratoses of the hands frozen"], 10),
        ("lesions", ["six keratoses of the face frozen", "six keratoses of the hands frozen"], 12),
        ("lesions", ["six keratoses frozen", "the six keratoses frosted"], 6),
        ("lesions", ["punch biopsy of both lesions"], 2),
        ("lesions", ["shave biopsy of the left cheek", "the shave biopsy specimen was sent to pathology"], 1),
        ("lesions", ["shave biopsy of the left cheek", "shave biopsy of the right arm, specimen sent to pathology"], 2),
        ("prick-tests", ["40 prick tests placed", "40 pricks were read"], 40),
        ("prick-tests", ["40 prick tests placed", "another 40 pricks placed"], 80),
        ("prick-tests", ["60 percutaneous tests and 12 intradermal tests were placed"], 60),
        ("intradermal-tests", ["60 percutaneous tests and 12 intradermal tests were placed"], 12),
        ("intradermal-tests", ["Percutaneous 60, intradermal 12, placed and read"], 12),
    ],
)
def test_what_is_told_again_is_counted_once(kind, evidence, number):
    assert counted(kind, evidence, []).number == number


def test_the_same_amount_on_the_other_side_is_another_dose():
    dose = Decimal(40)
    assert told_once([("40 mg", {"RT"}, dose), ("40 mg", {"LT"}, dose)]) == [dose, dose]
    assert told_once([("40 mg", {"RT"}, dose), ("40 mg", {"RT"}, dose)]) == [dose]
    assert told_once([("40 mg", {"RT"}, dose), ("40 mg, lot 7", (), dose)]) == [dose]


def test_the_same_words_on_either_side_are_two_doses():
    words = ["40 mg triamcinolone injected"] * 2
    assert counted("mg", words, [], (), [{"RT"}, {"LT"}]).number == 80
    assert counted("mg", words, [], (), [{"RT"}, {"RT"}]).number == 40


def test_what_was_made_ready_counts_where_nothing_tells_what_was_given():
    assert given(["40 mg drawn up"]) == ["40 mg drawn up"]
    assert given(["40 mg drawn up", "30 mg injected"]) == ["30 mg injected"]


def test_only_a_bare_name_of_the_work_heads_what_follows():
    done = "liquid nitrogen applied to four"
    assert heads_others("Destruction of six keratoses", [done])
    assert not heads_others("Destruction of six keratoses on the left hand, two cycles", [done])
    assert not heads_others("Destruction of six keratoses", ["four keratoses"])


@pytest.mark.parametrize(
    ("text", "pricks"),
    [
        ("48 prick tests placed", "48 prick tests placed"),
        ("12 intradermal tests placed", ""),
        ("Prick: 40. Intradermal: 12", "40 tests"),
        ("sixty percutaneous and twelve intradermal tests", "sixty tests"),
        ("all tests read", "all tests read"),
    ],
)
def test_what_a_text_tells_of_one_kind_of_test(text, pricks):
    assert own_tests(text, "prick-tests") == pricks
