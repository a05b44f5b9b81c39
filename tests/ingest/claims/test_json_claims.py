"""Claims as JSON: what is read, what is refused and where, and that writing loses nothing."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingest.claims.given_value import MAX_LINES
from ingest.claims.json_claims import read_json_claim, read_json_claims, write_json_claim
from ingest.claims.json_claims_places import places
from ingest.claims.model import Claim, ClaimLine, Diagnosis, PriorProcedure
from ingest.claims.shorthand import read_claim, write_claim

from .test_shorthand import claims

LINE = ClaimLine("31267")


def claim(value: Any) -> Claim:
    read = read_json_claim(json.dumps(value))
    assert read.claim is not None, read.problems
    return read.claim


def problems(text: str) -> list[tuple[int, int, str]]:
    read = read_json_claim(text)
    assert read.claim is None
    return [(problem.line, problem.column, problem.message) for problem in read.problems]


def test_every_key_is_read() -> None:
    read = claim(
        {
            "id": "c-1",
            "payer": "blue-shield-ppo",
            "dos": "2026-09-15",
            "pos": "24",
            "age": 46,
            "sex": "F",
            "dx": ["J32.0", "j342"],
            "prior": [{"code": "30520", "modifiers": ["RT"], "dos": "2026-02-10"}, "31255 2026-02-11"],
            "received": "2026-10-01",
            "authorization": "A 12/7",
            "documentation": ["ct report", "failed therapy"],
            "attachments": [],
            "new-patient": True,
            "rendering": "Dr. Ito",
            "ordering": "1234567893",
            "corrected-of": 8841,
            "lines": [
                {"code": "31267", "modifiers": ["50"], "units": 1, "diagnoses": ["A"], "billed": "120.00"},
                {"code": "30520", "diagnoses": ["J34.2"]},
            ],
        }
    )
    assert read == Claim(
        lines=(ClaimLine("31267", ("50",), 1, (0,), Decimal(120)), ClaimLine("30520", (), 1, (1,))),
        payer="blue-shield-ppo",
        date_of_service=date(2026, 9, 15),
        place_of_service="24",
        age=46,
        sex="F",
        diagnoses=(Diagnosis("J32.0"), Diagnosis("J34.2")),
        prior=(PriorProcedure("30520", ("RT",), date(2026, 2, 10)), PriorProcedure("31255", (), date(2026, 2, 11))),
        received=date(2026, 10, 1),
        authorization="A 12/7",
        documentation=("ct report", "failed therapy"),
        attachments=(),
        new_patient=True,
        rendering="Dr. Ito",
        ordering="1234567893",
        corrected_of="8841",
    )


@pytest.mark.parametrize(
    ("given_one", "other"),
    [
        ({"new_patient": True}, {"new-patient": "yes"}),
        ({"corrected_of": "7"}, {"Corrected-Of": "7"}),
        ({"dx": "J32.0, J34.2"}, {"dx": ["J320", "J342"]}),
        ({"documentation": "a, b"}, {"documentation": ["a", "b"]}),
        ({"prior": "none"}, {"prior": []}),
        ({"prior": "30520-RT 2026-02-10"}, {"prior": [{"code": 30520, "modifiers": "RT", "dos": "2026-02-10"}]}),
        ({"pos": 24, "age": "46"}, {"pos": "24", "age": 46}),
        ({"payer": None, "prior": None, "dx": None}, {}),
    ],
)
def test_a_key_may_be_written_in_several_ways(given_one: dict[str, Any], other: dict[str, Any]) -> None:
    lines = {"lines": [{"code": "31267"}]}
    assert claim(given_one | lines) == claim(other | lines)


@pytest.mark.parametrize(
    "line",
    [
        {"code": "31237", "modifiers": ["79", "RT"], "units": 2, "diagnoses": ["A", "B"], "billed": 120.5},
        {"code": 31237, "modifiers": "79-RT", "units": "2", "diagnoses": "A,B", "billed": "$120.50"},
        {"code": "31237", "modifiers": [79, "rt"], "units": 2.0, "diagnoses": ["J32.0", "b"], "billed": "120.5"},
        {"CODE": "31237", "Modifiers": "79, RT", "units": 2, "diagnoses": "AB", "billed": 120.50},
        {"code": "31237", "modifiers": ["79", "RT"], "units": 2, "diagnoses": "J32.0 J34.2", "billed": 120.5},
        "31237-79-RT x2 [A,B] $120.50",
    ],
)
def test_a_service_line_may_be_written_in_several_ways(line: Any) -> None:
    read = claim({"dx": ["J32.0", "J34.2"], "lines": [line]})
    assert read.lines == (ClaimLine("31237", ("79", "RT"), 2, (0, 1), Decimal("120.5")),)


def test_what_is_left_out_or_null_is_not_said_and_an_empty_list_says_none() -> None:
    bare = claim({"lines": [{"code": "31267", "modifiers": None, "units": None, "diagnoses": None, "billed": None}]})
    assert bare == Claim(lines=(LINE,))
    told = claim({"prior": [], "documentation": [], "attachments": [], "lines": ["31267"]})
    assert (told.prior, told.documentation, told.attachments) == ((), (), ())


@pytest.mark.parametrize(
    ("text", "where", "words"),
    [
        ("", (1, 1), "no JSON"),
        ("31267", (1, 1), "a claim is an object"),
        ('{"lines": ["31267"],\n }', (2, 2), "no JSON"),
        ('{\n "dos": "2026-02-30", "lines": ["31267"]}', (2, 9), "/dos: "),
        ('{"lines": []}', (1, 11), "/lines: the claim has no service line"),
        ("{}", (1, 1), "no service line"),
        ('{"lines": [{}]}', (1, 12), "/lines/0: there is no procedure code"),
        ('{"lines": [{"code": "3126"}]}', (1, 21), '/lines/0/code: "3126" is not a procedure code'),
        ('{"lines": [{"code": "31267",\n"modifiers": ["50", "5"]}]}', (2, 21), "/lines/0/modifiers/1: "),
        ('{"lines": [{"code": "31267", "modifiers": {"a": 1}}]}', (1, 43), "modifiers are a list"),
        ('{"lines": [{"code": "31267", "modifiers": [[]]}]}', (1, 44), "two characters"),
        ('{"lines": [{"code": "31267", "units": 0}]}', (1, 39), "whole number"),
        ('{"lines": [{"code": "31267", "units": 1.5}]}', (1, 39), "whole number"),
        ('{"lines": [{"code": "31267", "units": true}]}', (1, 39), "whole number"),
        ('{"lines": [{"code": "31267", "units": 1e999999999}]}', (1, 39), "whole number"),
        ('{"lines": [{"code": "31267", "units": ' + "9" * 5000 + "}]}", (1, 39), "whole number"),
        ('{"lines": [{"code": "31267", "billed": -1}]}', (1, 40), "dollars and cents"),
        ('{"lines": [{"code": "31267", "billed": 1.005}]}', (1, 40), "dollars and cents"),
        ('{"lines": [{"code": "31267", "billed": NaN}]}', (1, 40), "dollars and cents"),
        ('{"lines": [{"code": "31267", "diagnoses": [1]}]}', (1, 44), 'a letter: "A"'),
        ('{"lines": [{"code": "31267", "diagnoses": ["M"]}]}', (1, 44), "A to L"),
        ('{"lines": [{"code": "31267", "diagnoses": ["A", "A"]}]}', (1, 49), "twice"),
        ('{"dx": ["J32.0"], "lines": [{"code": "31267", "diagnoses": ["B"]}]}', (1, 60), "dx has 1"),
        ('{"dx": ["J32.0"], "lines": [{"code": "31267", "diagnoses": ["J34.2"]}]}', (1, 61), "not among dx"),
        ('{"dx": ["J32.0"], "lines": ["31267 [B]"]}', (1, 29), "dx has 1"),
        ('{"lines": ["31267 x0"]}', (1, 12), "/lines/0: units"),
        ('{"lines": ["31267", 7]}', (1, 21), "/lines/1: a service line is an object"),
        ('{"dx": ["J32.0", 7], "lines": ["31267"]}', (1, 18), "/dx/1: "),
        ('{"dx": ' + json.dumps(["J32.0"] * 13) + ', "lines": ["31267"]}', (1, 117), "at most 12"),
        ('{"age": "8 months", "lines": ["31267"]}', (1, 9), "whole years"),
        ('{"age": [], "lines": ["31267"]}', (1, 9), "age is a text"),
        ('{"age": "", "lines": ["31267"]}', (1, 9), "age is empty"),
        ('{"payer": "a:b", "lines": ["31267"]}', (1, 11), "/payer: "),
        ('{"authorization": "a;b", "lines": ["31267"]}', (1, 19), "cannot be written"),
        ('{"authorization": "A1 pos: 24", "lines": ["31267"]}', (1, 19), "cannot be written"),
        ('{"documentation": ["a, b"], "lines": ["31267"]}', (1, 20), 'no ","'),
        ('{"documentation": ["none"], "lines": ["31267"]}', (1, 20), 'not "none"'),
        ('{"prior": ["30520"], "lines": ["31267"]}', (1, 12), "write the day"),
        ('{"prior": [{"code": "30520"}], "lines": ["31267"]}', (1, 12), "needs its day"),
        ('{"prior": ["none"], "lines": ["31267"]}', (1, 12), "one code and its day"),
        ('{"new_patient": "maybe", "lines": ["31267"]}', (1, 17), "yes or no"),
        ('{"diagnoses": ["J32.0"], "lines": ["31267"]}', (1, 15), 'did you mean "dx"?'),
        ('{"lines": [{"cpt": "31267"}]}', (1, 20), 'did you mean "code"?'),
        ('{"pos": "24", "pos": "11", "lines": ["31267"]}', (1, 22), "stands here twice"),
        ('{"new-patient": true, "new_patient": true, "lines": ["31267"]}', (1, 38), "a second time"),
        ("[" * 100_000, (1, 1), "brackets"),
        ("[]", (1, 1), "no claim"),
        ('[{"lines": ["31267"]}, {"lines": ["31267"]}]', (1, 1), "2 claims"),
    ],
)
def test_what_is_wrong_is_told_with_pointer_line_and_column(text: str, where: tuple[int, int], words: str) -> None:
    assert any((line, column) == where and words in message for line, column, message in problems(text)), problems(text)


def test_all_problems_of_a_claim_are_told_in_the_order_of_the_text() -> None:
    text = '{"dos": "x",\n "pos": "7",\n "lines": [{"code": "1"},\n {"code": "31267", "units": 0}]}'
    assert [line for line, _, _ in problems(text)] == [1, 2, 3, 4]


def test_each_claim_of_a_list_has_its_own_problems_and_id() -> None:
    text = '[{"id": "a", "lines": ["31267"]},\n {"id": 7, "lines": ["x"]},\n {"lines": ["30520"]}]'
    read = read_json_claims(text)
    assert [one.claim_id for one in read] == ["a", 7, None]
    assert [one.read.claim is None for one in read] == [False, True, False]
    assert [(problem.line, problem.column) for problem in read[1].read.problems] == [(2, 22)]


def test_a_claim_of_too_many_lines_is_refused() -> None:
    assert len(claim({"lines": ["31267"] * MAX_LINES}).lines) == MAX_LINES
    assert "are the most" in problems(json.dumps({"lines": ["31267"] * (MAX_LINES + 1)}))[0][2]


def test_words_that_may_be_clinical_are_not_repeated() -> None:
    text = json.dumps({"dx": ["Mary Example"], "pos": "Mary", "Mary Example": 1, "lines": ["Mary", {"code": "Mary"}]})
    told = " ".join(message for _, _, message in problems(text))
    assert "epistaxis" not in told
    assert '"Mary"' not in told


def test_places_are_those_of_the_text() -> None:
    text = '\ufeff{"a": [1, {"b/c": "x:,}"},\n  [] ], "\\u0064": {"e": null}}'
    assert places(text) == {
        "": (1, 1),
        "/a": (1, 7),
        "/a/0": (1, 8),
        "/a/1": (1, 11),
        "/a/1/b~1c": (1, 19),
        "/a/2": (2, 3),
        "/d": (2, 19),
        "/d/e": (2, 25),
    }


@settings(deadline=None)
@given(claims())
def test_what_is_written_is_read_back_exactly(written: Claim) -> None:
    assert read_json_claim(write_json_claim(written)).claim == written
    assert read_claim(write_claim(written)).claim == written


@pytest.mark.parametrize(
    "broken",
    [
        Claim(lines=()),
        Claim(lines=(ClaimLine("3126"),)),
        Claim(lines=(LINE,), authorization="a;b"),
        Claim(lines=(ClaimLine("31267", billed=Decimal("1.005")),)),
        Claim(lines=(ClaimLine("31267", pointers=(12,)),)),
    ],
)
def test_a_claim_that_cannot_be_read_back_is_not_written(broken: Claim) -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        write_json_claim(broken)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("31267")
KEY = st.sampled_from(
    [
        "lines",
        "dx",
        "dos",
        "pos",
        "age",
        "sex",
        "prior",
        "payer",
        "new_patient",
        "documentation",
        "code",
        "units",
        "modifiers",
        "diagnoses",
        "billed",
        "id",
        "authorization",
        "Lines",
        "zz",
    ]
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEY, inner, max_size=6), max_leaves=12
)


@settings(deadline=None, max_examples=500)
@given(VALUES.map(json.dumps) | st.text() | st.text('{}[]",:\\ \n31267lines\x00\ud800'))
@example('{"lines": ["31267"], "authorization": "\\ud800"}')
@example('{"\\ud800": 1}')
@example('{"lines": ["31267"], "payer": "\u0130\u200b"}')
@example('{"lines": [{"code": "31267", "units": "\u0661"}]}')
def test_no_text_makes_the_reader_raise_and_problems_point_into_it(text: str) -> None:
    lines = text.replace("\r\n", "\n").split("\n")
    for one in read_json_claims(text):
        assert (one.read.claim is None) == bool(one.read.problems)
        for problem in one.read.problems:
            assert 1 <= problem.line <= len(lines)
            assert 1 <= problem.column <= len(lines[problem.line - 1]) + 1
        if one.read.claim is not None:
            assert read_claim(write_claim(one.read.claim)).claim == one.read.claim
            assert read_json_claim(write_json_claim(one.read.claim)).claim == one.read.claim
