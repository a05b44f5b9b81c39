"""What a question names and asks for, read as one."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("how long do we have to file a claim", "timely-filing"),
        ("timely filing limit", "timely-filing"),
        ("does septoplasty need prior authorization", "authorization"),
        ("how do I appeal a denial", "appeal"),
        ("where do I send a corrected claim", "corrected-claim"),
        ("what is their fax number", "fax"),
        ("who do i call", "contact"),
        ("how many units", "units"),
        ("both ears", "both-sides"),
        ("is the left side only different", "one-side"),
        ("which modifier goes on it", "modifier"),
        ("post-op visit", "global-period"),
        ("do they need the op note", "document"),
    ],
)
def test_the_topic_of_a_question_is_read_from_its_everyday_words(ask_reader, text, topic):
    assert ask_reader(text).asks(topic)


@pytest.mark.parametrize(
    ("text", "procedure"),
    [
        ("tubes both ears", "ear-tube"),
        ("fess both sides", "sinus-surgery"),
        ("septoplasty and turbs", "septoplasty"),
        ("septoplasty and turbs", "turbinate"),
        ("t&a under 12", "tonsil-adenoid"),
        ("ear wax", "ear-wax"),
        ("septoplsty authorization", "septoplasty"),
        ("tonsilectomy under 12", "tonsil-adenoid"),
    ],
)
def test_a_procedure_is_known_by_its_everyday_names_and_through_a_typing_mistake(ask_reader, text, procedure):
    assert procedure in ask_reader(text).procedures


def test_a_longer_name_hides_the_shorter_one_in_it(ask_reader):
    assert ask_reader("tube removal").procedures == ("tube-removal",)


def test_how_long_do_we_have_for_a_claim_means_timely_filing_and_for_an_appeal_does_not(ask_reader):
    assert ask_reader("how long do we have to send the claim").asks("timely-filing")
    assert not ask_reader("how long do we have to appeal the claim").asks("timely-filing")


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("which form goes with a tonsil request", True),
        ("who signs the request for a septoplasty", True),
        ("septoplasty records request", False),
        ("what modifier for a septoplasty", False),
    ],
)
def test_a_request_beside_a_procedure_asks_for_authorization(ask_reader, text, asks):
    assert ask_reader(text).asks("authorization") == asks


def test_em_is_a_visit_only_beside_what_makes_it_one(ask_reader):
    assert "office-visit" in ask_reader("31231 with an em same day").procedures
    assert "office-visit" not in ask_reader("what do we send to convince em").procedures


def test_a_denial_code_makes_it_a_question_about_a_denial(ask_reader):
    question = ask_reader("CO-97 on the second scope")
    assert question.carcs == ("CO-97",)
    assert question.asks("denial")


def test_everything_in_one_question_is_read_apart(ask_reader):
    question = ask_reader("northwind: 31254/5 50 with J32.0 at pos 24 for a 46 year old, dos 2025-12-31, denied CO-4?")
    assert question.payers == (("northwind-ppo",),)
    assert str(question.codes) == "31254, 31255"
    assert question.modifiers == ("50",)
    assert question.diagnoses == ("J32.0",)
    assert question.places == ("24",)
    assert question.age == 46
    assert question.on == date(2025, 12, 31)
    assert question.carcs == ("CO-4",)


def test_a_relative_date_is_counted_from_the_day_asked_about(ask_reader):
    assert ask_reader("timely filing last year", as_of=date(2026, 3, 1)).on == date(2025, 3, 1)
    assert ask_reader("timely filing").on is None


def test_only_words_that_nothing_else_explains_are_left_over(ask_reader):
    question = ask_reader("which modifier does Northwind want for tubes in both ears on a zebra morning")
    assert [word.form for word in question.rest] == ["zebra", "morning"]


def test_a_question_of_plain_words_alone_demands_nothing(ask_reader):
    question = ask_reader("what should we do with it then")
    assert (question.payers, question.procedures, question.topics, question.rest) == ((), (), (), ())
    assert not question.procedure_demand


def test_an_unknown_payer_counts_as_a_payer_named(ask_reader):
    question = ask_reader("does Aetna want 50 for tubes")
    assert question.payer_slugs == ()
    assert question.unknown_payers == ("aetna",)
    assert question.names_a_payer


def test_a_shared_alias_is_one_group_of_several_plans(ask_reader):
    question = ask_reader("granite tubes")
    assert len(question.payers) == 1
    assert set(question.payers[0]) == {"granite-hmo", "granite-advantage"}


@pytest.mark.parametrize("text", ["", "   ", "?!", "\n\n", "50", "a" * 4000, "\u00e9\u00fc \u4e2d\u6587 \U0001f600"])
def test_odd_texts_are_read_without_an_error(ask_reader, text):
    assert ask_reader(text).text == text


@given(st.lists(st.sampled_from("northwind granite hmo medicare 31255 31254/5 50 RT modifier CO-97 2025-12-31 tubes both ears "
    "how long deadline zephyr J32.0 pos 24 46 yo , ? - / \u2019s".split()), max_size=14))  # fmt: skip
def test_reading_any_mixture_of_words_gives_values_that_stand_in_it(ask_reader, parts):
    text = " ".join(parts)
    question = ask_reader(text)
    for modifier in question.modifiers:
        assert modifier in text.upper()
    for word in (*question.rest, *question.content):
        assert text[word.start : word.end].lower().replace("\u2019", "'") == word.form
    assert set(question.rest) <= set(question.content)
