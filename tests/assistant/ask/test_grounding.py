"""A sentence stands only when its source holds every code, modifier, number with its role, payer and polarity in it."""

from __future__ import annotations

import pytest

from assistant.ask.grounding import check_sentence, clauses, grounded, marks, split_sentences

BOTH_EARS = "Bill one line with modifier 50 and one unit. Two lines with RT and LT deny CO-4."
NO_59 = "Do not use 59 on 31231; the visit is paid without it."
USE_59 = "Use 59 on 31231 when two scopes were done."
FILING = "Northwind PPO: the payer must get the claim within 120 days of the date of service."
UNITS = "At most 8 units of 95165 within 90 days. Send form LE-40 to 555-0190."


@pytest.fixture
def stands(directory):
    """Whether a sentence stands before a source."""

    def check(sentence: str, source: str, question: str = "which modifier for tubes in both ears") -> bool:
        return check_sentence(sentence, source, question=question, directory=directory).stands

    return check


@pytest.mark.parametrize(
    ("sentence", "source"),
    [
        ("Bill one line with modifier 50 and one unit.", BOTH_EARS),
        ("Use modifier 50 on one line with 1 unit.", BOTH_EARS),
        ("Two lines with RT and LT deny CO-4.", BOTH_EARS),
        ("Do not use 59 on 31231; the visit is paid.", NO_59),
        ("The visit is paid, so never use 59 on 31231.", NO_59),
        ("Do not bill RT and LT lines.", "Do not bill RT and LT lines; use 50."),
        ("Use 59 on 31231 when two scopes were done.", USE_59),
        ("The claim must arrive within 120 days of the date of service.", FILING),
        ("Northwind must get the claim within 120 days.", FILING),
        ("Bill at most 8 units of 95165 within 90 days.", UNITS),
    ],
)
def test_a_right_sentence_stands(stands, sentence, source):
    assert stands(sentence, source)


@pytest.mark.parametrize(
    ("sentence", "source"),
    [
        # The value stands in a clause of either polarity: the clause nearest in its words decides.
        ("Never bill modifier 79.", "After 30520, bill modifier 79. Without 79 the line is denied."),
        ("Use 50.", "Bill two lines with RT and LT; do not use 50. Modifier 50 is for one line with one unit."),
        ("Bill RT or LT.", "Bill one line with modifier 50; do not bill RT or LT. RT and LT are two lines elsewhere."),
        # "one with RT" counts no days, and a number on its own is no month.
        ("Bill two lines, one with RT and one with LT, 1 day each.", "Bill two lines, one with RT and one with LT, 1 unit each."),
        ("I still had 180 months in my head.", "I still had the old 180 in my head."),
        # A second denial in the same words, and a denial left out where two clauses are joined.
        ("A patient may not come without an order for a problem that is not acute.", "A patient may come without an order for a problem that is not acute."),
        ("A septum is 30520, a side on it.", "A septum is 30520, never a side on it."),
    ],
)  # fmt: skip
def test_a_denial_or_unit_moved_within_the_same_words_does_not_stand(stands, sentence, source):
    assert not stands(sentence, source)
    assert stands(source.split(". ")[0], source)


@pytest.mark.parametrize(
    ("sentence", "source"),
    [
        # No word of more than three letters: counted as if every word were strange.
        ("Do not use 59 on 31231.", NO_59),
        ("Use 59 on 31231.", USE_59),
        # "and" ends the reach of "not", so LT is read as allowed.
        ("Do not use RT and LT on two lines.", BOTH_EARS),
        # A comma after a digit is taken into the number, so the clause goes on and 50 is read as negated.
        ("Use modifier 50, not RT or LT.", "Use modifier 50; do not use RT or LT."),
    ],
)
def test_a_right_sentence_stands_in_these_forms_too(stands, sentence, source):
    assert stands(sentence, source)


@pytest.mark.parametrize(
    ("sentence", "source"),
    [
        ("Bill 69433 with modifier 50.", BOTH_EARS),
        ("Bill J3301 with modifier 50.", BOTH_EARS),
        ("Bill one line with modifier 59 and one unit.", BOTH_EARS),
        ("Bill one line with modifier XS and one unit.", BOTH_EARS),
        ("Bill one line with modifier 50 and three units.", BOTH_EARS),
        ("Two lines with RT and LT deny CO-97.", BOTH_EARS),
        ("Two lines with RT and LT deny N122.", BOTH_EARS),
        ("The claim must arrive within 90 days.", FILING),
        ("The claim must arrive within 12 days.", FILING),
        ("Bill at most 80 units of 95165.", UNITS),
        ("Bill it with diagnosis H65.23 and modifier 50 on one line.", BOTH_EARS),
    ],
)
def test_an_invented_code_modifier_or_number_does_not_stand(stands, sentence, source):
    assert not stands(sentence, source)


@pytest.mark.parametrize(
    ("sentence", "source"),
    [
        ("Bill at most 90 units of 95165.", UNITS),
        ("Bill 95165 within 8 days.", UNITS),
        ("The claim must arrive within 120 months of the date of service.", FILING),
        ("Bill two units with modifier 50 on one line.", BOTH_EARS),
        ("Bill 120 units within the date of service.", FILING),
        pytest.param(
            "Bill one line with 50 units.",
            BOTH_EARS,
        ),
        pytest.param(
            "Use 50 units on one line.",
            BOTH_EARS,
        ),
    ],
)
def test_a_right_number_in_the_wrong_role_does_not_stand(stands, sentence, source):
    assert not stands(sentence, source)


@pytest.mark.parametrize(
    ("sentence", "source"),
    [
        ("Use 59 on 31231.", NO_59),
        ("Add modifier 59 to 31231.", NO_59),
        ("Do not use 59 on 31231.", USE_59),
        ("Never add 59 to 31231 when two scopes were done.", USE_59),
        ("Bill two lines with RT and LT.", BOTH_EARS),
        ("Do not bill one line with modifier 50.", BOTH_EARS),
        ("The claim must not arrive within 120 days of the date of service.", FILING),
    ],
)
def test_a_sentence_that_says_the_opposite_does_not_stand(stands, sentence, source):
    assert not stands(sentence, source)


@pytest.mark.parametrize(
    ("sentence", "source"),
    [
        # A polarity that hangs on no modifier and no number is asked of nobody.
        ("Authorization is required for 30520.", "Authorization is not required for 30520."),
        ("No authorization is required for 30520.", "Authorization is required for 30520; without it CO-197."),
        # "and" cuts the source's clause before its "never" and "deny".
        ("Use RT on both lines.", "RT and LT are never used on both lines."),
        ("Bill two lines with RT.", BOTH_EARS),
        # A comma after a digit is taken into the number: the clause goes on, and 50 is read as negated.
        ("Do not use modifier 50 on lines.", "Use modifier 50 on lines with 69436, never 59."),
        # "instead of" and "rather than" negate the whole clause, both sides of it alike.
        ("Use 59 instead of XS.", "Use XS instead of 59."),
        ("Use 59 rather than XS on 31231.", "Use XS rather than 59 on 31231."),
        ("Bill at least 8 units of 95165.", "Bill at most 8 units of 95165."),
        ("File the claim after 120 days.", "File the claim before 120 days."),
        ("The limit is $50 for tubes.", "The limit is 50 units for tubes."),
    ],
)
def test_a_sentence_that_says_the_opposite_does_not_stand_in_these_forms_either(stands, sentence, source):
    assert not stands(sentence, source)


@pytest.mark.parametrize(
    ("sentence", "source"),
    [
        ("The second level must be sent within 60 days.", "First level within 60 days; second level within 30 days."),
        ("Use RT for the left ear and LT for the right ear.", "Use RT for the right ear and LT for the left ear."),
        ("Septoplasty needs no authorization.", "Septoplasty needs authorization; do not schedule before."),
        ("Septoplasty needs authorization.", "Septoplasty never needs authorization; schedule it."),
        ("Claims are paid within 30 days.", "Claims must arrive within 30 days; nobody knows when they are paid."),
    ],
)
def test_a_sentence_that_joins_what_its_source_keeps_apart_does_not_stand(stands, sentence, source):
    assert not stands(sentence, source)


@pytest.mark.parametrize(
    ("sentence", "source"),
    [
        ("The second level must be sent within 30 days.", "First level within 60 days; second level within 30 days."),
        (
            "Use RT for the right ear and LT for the left ear.",
            "Use RT and LT, one line for the right ear and one for the left.",
        ),
        ("Septoplasty needs authorization.", "Septoplasty needs authorization; do not schedule before."),
        ("Septoplasty needs no authorization.", "Tubes need it; septoplasty needs no authorization."),
        ("Claims are paid within 30 days.", "Clean claims are paid within 30 days; they must arrive within 90 days."),
    ],
)
def test_a_sentence_that_keeps_apart_what_its_source_does_stands(stands, sentence, source):
    assert stands(sentence, source)


@pytest.mark.parametrize(
    "sentence",
    [
        "Granite HMO must get the claim within 120 days of the date of service.",
        "Medicaid must get the claim within 120 days of the date of service.",
        "Medicare and Northwind must get the claim within 120 days of the date of service.",
    ],
)
def test_another_payers_name_does_not_stand(stands, sentence):
    assert not stands(sentence, FILING)


def test_a_sentence_made_of_other_words_does_not_stand(stands):
    assert not stands("Zebras graze quietly beneath golden mountains with modifier 50.", BOTH_EARS)


def test_the_question_lends_words_and_never_a_value(stands):
    assert stands("Bill tubes in both ears on one line.", BOTH_EARS, "tubes in both ears?")
    assert not stands("Bill 69436 on one line with modifier 50.", BOTH_EARS, "does 69436 take modifier 50?")


def test_why_a_sentence_does_not_stand_is_said(directory):
    verdict = check_sentence("Bill one line with modifier 59.", BOTH_EARS, question="", directory=directory)
    assert "59" in verdict.reason


def test_number_words_and_digits_are_one_value():
    assert clauses("one unit")[0].values == clauses("1 unit")[0].values
    assert clauses("twelve months")[0].values == clauses("12 months")[0].values


def test_a_value_knows_its_role_and_its_clause_its_polarity():
    said = clauses("Use 50 on 69436; never 59; wait 90 days.")
    found = {(value.written, value.role): clause.negated for clause in said for value in clause.values}
    assert found == {
        ("50", "modifier"): False,
        ("69436", "code"): False,
        ("59", "modifier"): True,
        ("90", "day"): False,
    }


def test_marks_and_sentences_of_an_answer_are_told_apart():
    text = "Bill one line. [1] Use 50. [2]\nNever RT [1][2]."
    assert split_sentences(text) == ["Bill one line. [1]", "Use 50. [2]", "Never RT [1][2]."]
    assert [marks(sentence) for sentence in split_sentences(text)] == [(1,), (2,), (1, 2)]


def test_sentences_are_kept_and_dropped_one_by_one(directory):
    kept, dropped = grounded(
        "Bill one line with modifier 50. [1] Bill one line with modifier 59. [1] Use modifier 50.",
        {1: BOTH_EARS},
        question="tubes",
        directory=directory,
    )
    assert kept == ["Bill one line with modifier 50. [1]"]
    assert [sentence for sentence, _ in dropped] == ["Bill one line with modifier 59. [1]", "Use modifier 50."]
    assert all(reason for _, reason in dropped)


@pytest.mark.parametrize(
    "text",
    ["Bill one line with modifier 50.", "Bill one line with modifier 50. [2]", "Bill one line with modifier 50. [0]"],
)
def test_a_sentence_without_the_mark_of_a_given_source_is_dropped(directory, text):
    kept, dropped = grounded(text, {1: BOTH_EARS}, question="tubes", directory=directory)
    assert kept == []
    assert len(dropped) == 1


def test_a_sentence_is_held_against_the_source_it_cites_and_no_other(directory):
    sources = {1: BOTH_EARS, 2: FILING}
    assert grounded("Bill one line with modifier 50. [2]", sources, question="", directory=directory)[0] == []
    assert grounded("Bill one line with modifier 50. [1]", sources, question="", directory=directory)[0] != []


def test_nothing_written_is_nothing_kept(directory):
    assert grounded("", {1: BOTH_EARS}, question="", directory=directory) == ([], [])
