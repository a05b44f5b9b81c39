"""Codes, modifiers, denial codes, ages, places and dates as coders type them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.ask.spelled import (
    age_written,
    carcs_written,
    codes_written,
    date_written,
    diagnoses_written,
    is_number_like,
    mask,
    modifiers_written,
    places_written,
)

AS_OF = date(2026, 11, 22)


def codes(text: str) -> tuple[str, ...]:
    return tuple(str(code_range) for code_range in codes_written(text, [])[0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("does 31255 need 50", ("31255",)),
        ("j3301 waste", ("J3301",)),
        ("0232t at all?", ("0232T",)),
        ("31255 31267", ("31255", "31267")),
        ("31253-31259 both sides", ("31253-31259",)),
        ("31253 to 31259", ("31253-31259",)),
        ("31253 through 31259", ("31253-31259",)),
        ("31253\u201331259", ("31253-31259",)),
        ("31254/5 both sides", ("31254", "31255")),
        ("31254/55/67", ("31254", "31255", "31267")),
        ("69433/6, both ears", ("69433", "69436")),
        ("31255 and 31255 again", ("31255",)),
        ("G0268 (not 69210)?", ("G0268", "69210")),
    ],
)
def test_codes_and_ranges_are_read_in_every_usual_form(text, expected):
    assert codes(text) == expected


@pytest.mark.parametrize(
    "text", ["claim 312556", "$31255", "member id NW31255", "the 1,200 limit", "zip 3125", "#31255"]
)
def test_other_numbers_are_no_codes(text):
    assert codes(text) == ()


def test_a_range_that_runs_backwards_is_two_codes():
    assert codes("31259-31253") != ("31259-31253",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("31255-50", ("50",)), ("31237-79-RT", ("79", "RT")), ("69436-rt", ("RT",)), ("31255", ())],
)
def test_modifiers_hung_on_a_code_are_read_with_it(text, expected):
    found, modifiers = codes_written(text, [])
    assert modifiers == expected
    assert len(found.ranges) == 1


@pytest.mark.parametrize("text", ["\u0663\u0661\u0662\u0665\u0665 both sides", "\uff13\uff11\uff12\uff15\uff15"])
def test_digits_of_other_scripts_do_not_break_the_reader(text):
    codes_written(text, [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("modifier 50 or RT", ("50", "RT")),
        ("which mod 59?", ("59",)),
        ("modifiers 25 and 57", ("25", "57")),
        ("mod. 79", ("79",)),
        ("modifier -25", ("25",)),
        ("modifier xs, modifier 59", ("XS", "59")),
        ("a 25 modifier on the visit", ("25",)),
        ("LT modifier", ("LT",)),
        ("modifier is 24", ("24",)),
        ("modifier 99", ("99",)),
    ],
)
def test_a_modifier_is_known_by_the_word_beside_it(text, expected):
    assert modifiers_written(text, []) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("do they want 50 on both ears", ("50",)),
        ("RT/LT or what", ("RT", "LT")),
        ("50 or RT LT", ("50", "RT", "LT")),
        ("JW for waste", ("JW",)),
        ("59 vs XS on the second scope", ("59", "XS")),
        ("-25 on the visit", ("25",)),
    ],
)
def test_a_bare_modifier_is_known_by_its_form(text, expected):
    assert modifiers_written(text, []) == expected


@pytest.mark.parametrize(
    "text",
    [
        "within 90 days",
        "30 days after surgery",
        "90 day global",
        "under 22 years",
        "25 minutes",
        "50 percent",
        "50%",
        "25 units",
        "$50",
        "pos 22",
        "place of service 24",
        "page 59",
        "ext 24",
        "box 24",
        "aged 52",
        "september 25",
        "room 22",
        "25 lesions",
        "at us",
        "as we do",
        "we go to a rt meeting",
    ],
)
def test_a_number_of_something_else_is_never_a_modifier(text):
    assert modifiers_written(text, []) == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("denied CO-97", ("CO-97",)),
        ("CO 97", ("CO-97",)),
        ("co97 again", ("CO-97",)),
        ("PR-204 and OA-18", ("PR-204", "OA-18")),
        ("CO-B7", ("CO-B7",)),
        ("CARC 97", ("97",)),
        ("denial code 16", ("16",)),
        ("reason code 50", ("50",)),
        ("remark N122", ("N122",)),
        ("MA130", ("MA130",)),
        ("remark M15", ("M15",)),
        ("CO-16 with N822", ("CO-16", "N822")),
    ],
)
def test_denial_codes_are_read_in_every_usual_form(text, expected):
    assert carcs_written(text, []) == expected


@pytest.mark.parametrize("text", ["31255", "code 31255", "modifier 50", "N95 mask"[1:], "call 555-0190"])
def test_other_codes_are_no_denial_codes(text):
    assert carcs_written(text, []) == ()


def test_a_denial_code_is_not_read_once_more_as_a_modifier():
    used: list[tuple[int, int]] = []
    assert carcs_written("reason code 50 on 31255", used) == ("50",)
    assert modifiers_written(mask("reason code 50 on 31255", used), used) == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("J32.0 or J34.2", ("J32.0", "J34.2")),
        ("h61.23 with 69210", ("H61.23",)),
        ("I10", ("I10",)),
        ("J32.0 J32.0", ("J32.0",)),
    ],
)
def test_diagnosis_codes_are_read(text, expected):
    assert diagnoses_written(text, []) == expected


@pytest.mark.parametrize("text", ["31255", "J3301", "room b12", "G0268"])
def test_procedure_codes_and_other_words_are_no_diagnosis_codes(text):
    assert diagnoses_written(text, []) == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("service on 2025-12-31", date(2025, 12, 31)),
        ("dos 12/31/2025", date(2025, 12, 31)),
        ("dos 1/5/26", date(2026, 1, 5)),
        ("on December 31, 2025", date(2025, 12, 31)),
        ("on dec. 31st 2025", date(2025, 12, 31)),
        ("31 December 2025", date(2025, 12, 31)),
        ("sept 1 2025", date(2025, 9, 1)),
        ("surgery in March 2025", date(2025, 3, 15)),
        ("back in march of 2025", date(2025, 3, 15)),
        ("in 2025", date(2025, 7, 1)),
        ("a 2024 claim", date(2024, 7, 1)),
        ("2024 dates of service", date(2024, 7, 1)),
        ("last year", date(2025, 11, 22)),
        ("a year ago", date(2025, 11, 22)),
        ("last month", date(2026, 10, 23)),
        ("two years ago", date(2024, 11, 22)),
    ],
)
def test_the_date_of_a_question_is_read_in_every_usual_form(text, expected):
    assert date_written(text, AS_OF, []) == expected


@pytest.mark.parametrize(
    "text",
    [
        "within 90 days",
        "which modifier may we use",
        "2026-13-45",
        "13/45/2026",
        "february 31 2026",
        "31254/55",
        "what is new in 2026",
        "today",
    ],
)
def test_no_date_is_read_where_none_is_or_the_date_does_not_exist(text):
    assert date_written(text, AS_OF, []) is None


def test_the_digits_of_a_date_are_no_modifiers_and_no_codes(ask_reader):
    question = ask_reader("31255 both sides, dos 10/25/2025")
    assert question.on == date(2025, 10, 25)
    assert question.modifiers == ()
    assert str(question.codes) == "31255"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12 year old", 12),
        ("a 12-year-old", 12),
        ("aged 7", 7),
        ("age 65", 65),
        ("46 yo", 46),
        ("46 y/o", 46),
        ("tubes", None),
    ],
)
def test_an_age_is_read(text, expected):
    assert age_written(text, []) == expected


def test_a_place_of_service_is_read_with_the_word_in_front():
    assert places_written("pos 24 or place of service 11") == ("24", "11")
    assert places_written("24 claims") == ()


@pytest.mark.parametrize("form", ["90", "x2", "7pm", "1st", "90d", "2.5", "12mo"])
def test_numbers_with_a_unit_hung_on_them_are_number_like(form):
    assert is_number_like(form)


@pytest.mark.parametrize("form", ["tubes", "g0268", "fmla", "h"])
def test_words_are_not_number_like(form):
    assert not is_number_like(form)


def test_masked_places_are_blank_and_nothing_moves():
    assert mask("dos 2025-12-31 tubes", [(4, 14)]) == "dos            tubes"


@given(st.dates(date(2012, 1, 1), date(2029, 12, 31)))
def test_a_written_day_is_that_day(day):
    for text in (
        day.isoformat(),
        f"{day:%m/%d/%Y}",
        f"{day:%B} {day.day}, {day.year}",
        f"{day.day} {day:%B} {day.year}",
    ):
        assert date_written(f"for service on {text}", AS_OF, []) == day


@given(st.text(alphabet=st.characters(codec="ascii"), max_size=80))
def test_the_readers_never_break_on_any_ascii_text_and_mark_only_places_in_it(text):
    used: list[tuple[int, int]] = []
    date_written(text, AS_OF, used)
    age_written(text, used)
    carcs_written(text, used)
    codes_written(text, used)
    diagnoses_written(text, used)
    modifiers_written(text, used)
    assert all(0 <= start <= end <= len(text) for start, end in used)
    assert len(mask(text, used)) == len(text)


def test_two_years_ago_lies_seven_hundred_and_thirty_days_back():
    assert date_written("two years ago", AS_OF, []) == AS_OF - timedelta(days=730)
