"""The claim shorthand: what it reads, what it refuses and where, and that writing loses nothing."""

from __future__ import annotations

import string
from dataclasses import fields, replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingest.claims.model import Claim, ClaimLine, Diagnosis, PriorProcedure
from ingest.claims.problem_list import MAX_PROBLEMS, ProblemList
from ingest.claims.service_line import _as_typed, _as_written, write_service_line
from ingest.claims.shorthand import MAX_CHARACTERS, read_claim, write_claim
from ingest.claims.typed_line import typed_lines

LINE = ClaimLine("31267")


def claim(text: str) -> Claim:
    read = read_claim(text)
    assert read.claim is not None, read.problems
    return read.claim


def problems(text: str) -> list[tuple[int, int, str]]:
    read = read_claim(text)
    assert read.claim is None
    return [(problem.line, problem.column, problem.message) for problem in read.problems]


def places(text: str) -> list[tuple[int, int]]:
    return [(line, column) for line, column, _ in problems(text)]


# --- the quick way of reading a line ---------------------------------------------------------------------------------

LIKE_LINES = st.from_regex(
    r"[0-9A-Va-v][0-9]{3}[0-9A-Za-z](?:-[0-9A-Z]{2}){0,3}(?: ?[xX]0?[0-9]{1,6})?(?: ?\[[A-Ma]?(?:,[A-M])*\])?(?: ?\$1\.5)?",
    fullmatch=True,
)


@given(LIKE_LINES)
@example("31267-50-RT x1 [A,B]")
@example("31267 x0")
@example("31267 x100000 [A]")
@example("31267-0A [A,A]")
def test_a_line_that_is_read_quickly_is_read_as_it_would_be_slowly(text: str) -> None:
    (piece,) = typed_lines(text)
    quick, found = _as_written(text), ProblemList()
    slow = _as_typed(piece, found)
    assert quick is None or (quick == slow and not found)


@given(
    st.lists(st.sampled_from(("50", "RT", "XS", "1P")), max_size=3).map(tuple), st.integers(1, 99_999), st.booleans()
)
def test_a_line_as_we_write_it_is_read_quickly(modifiers: tuple[str, ...], units: int, pointed: bool) -> None:
    line = ClaimLine("31267", modifiers, units, (0, 11) if pointed else ())
    assert _as_written(write_service_line(line)) == line


def test_a_copy_with_other_lines_or_modifiers_is_what_replace_makes() -> None:
    said = {field.name: object() for field in fields(Claim)}
    whole, lines = Claim(**said), (LINE,)  # type: ignore[arg-type]
    assert whole.with_lines(lines) == replace(whole, lines=lines)
    line = ClaimLine("31267", ("50",), 2, (0, 1), Decimal("1.50"))
    assert line.with_modifiers(("RT", "59")) == replace(line, modifiers=("RT", "59"))


# --- reading -------------------------------------------------------------------------------------------------------


def test_the_claim_of_the_design_is_read() -> None:
    text = """payer: blue-shield-ppo   dos: 2026-09-15   pos: 24   age: 46   sex: F
dx: J32.0, J34.2
31267-50 x1 [A]
30520 [B]
"""
    assert claim(text) == Claim(
        lines=(ClaimLine("31267", ("50",), 1, (0,)), ClaimLine("30520", (), 1, (1,))),
        payer="blue-shield-ppo",
        date_of_service=date(2026, 9, 15),
        place_of_service="24",
        age=46,
        sex="F",
        diagnoses=(Diagnosis("J32.0"), Diagnosis("J34.2")),
    )


def test_every_header_key_is_read() -> None:
    text = """prior: 30520 2026-02-10, 31255-RT-59 2026-02-11
received: 2026-10-01; authorization: A 12/7
documentation: ct report, failed therapy   attachments: none
new-patient: yes   rendering: Dr. Ito   ordering: 1234567893
corrected-of: 8841
99213"""
    assert claim(text) == Claim(
        lines=(ClaimLine("99213"),),
        prior=(
            PriorProcedure("30520", (), date(2026, 2, 10)),
            PriorProcedure("31255", ("RT", "59"), date(2026, 2, 11)),
        ),
        received=date(2026, 10, 1),
        authorization="A 12/7",
        documentation=("ct report", "failed therapy"),
        attachments=(),
        new_patient=True,
        rendering="Dr. Ito",
        ordering="1234567893",
        corrected_of="8841",
    )


def test_what_is_left_out_is_not_said_and_none_is_none() -> None:
    bare = claim("31267")
    assert bare == Claim(lines=(LINE,))
    assert (bare.prior, bare.documentation, bare.attachments, bare.authorization) == (None, None, None, None)
    told = claim("prior: none; documentation: none; attachments: None; authorization: none; 31267")
    assert (told.prior, told.documentation, told.attachments, told.authorization) == ((), (), (), None)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("31267", LINE),
        ("31237-79-RT", ClaimLine("31237", ("79", "RT"))),
        ("31237 - 79 -RT", ClaimLine("31237", ("79", "RT"))),
        ("31237-79-rt x3", ClaimLine("31237", ("79", "RT"), 3)),
        ("j3301 X40", ClaimLine("J3301", (), 40)),
        ("0232t", ClaimLine("0232T")),
        ("31267x2", ClaimLine("31267", (), 2)),
        ("31267-50x 2", ClaimLine("31267", ("50",), 2)),
        ("31267 [A,B]", ClaimLine("31267", (), 1, (0, 1))),
        ("31267 [ab]", ClaimLine("31267", (), 1, (0, 1))),
        ("31267[L A]x2", ClaimLine("31267", (), 2, (11, 0))),
        ("31267 x1 [A] $120.00", ClaimLine("31267", (), 1, (0,), Decimal("120.00"))),
        ("31267 $1,120.5", ClaimLine("31267", billed=Decimal("1120.5"))),
        ("31267 $0", ClaimLine("31267", billed=Decimal(0))),
    ],
)
def test_a_service_line(text: str, line: ClaimLine) -> None:
    assert claim(text).lines == (line,)


@pytest.mark.parametrize(
    "text",
    [
        "31267\u201350 \u00d72\u00a0[A]",
        "31267\u2011\u200b50\tx2\t[A]",
        "\ufeff31267\uff0d50 \uff382 \uff3bA\uff3d",
        "31267\u2212 50\u202fx2\u3000[A]\r\n",
    ],
)
def test_dashes_and_spaces_of_a_word_processor_are_understood(text: str) -> None:
    assert claim(text).lines == (ClaimLine("31267", ("50",), 2, (0,)),)


@pytest.mark.parametrize(
    "text",
    [
        "payer: acme\tpos: 24\n31267",
        "payer: acme pos: 24\n31267",
        "PAYER:acme\nPos : 24\r31267",
        "31267 x1   payer: acme   pos: 24",
        "  payer: acme ;; pos: 24 ; \n\n 31267 ;",
        "payer:\u00a0acme\u2003\u2003pos: 24\n31267",
    ],
)
def test_keys_and_lines_may_be_laid_out_in_many_ways(text: str) -> None:
    assert claim(text) == Claim(lines=(LINE,), payer="acme", place_of_service="24")


def test_a_word_with_a_colon_inside_a_value_belongs_to_the_value() -> None:
    assert claim("authorization: A1 ref: 7; 31267").authorization == "A1 ref: 7"
    assert places("authorization: A1   ref: 7; 31267") == [(1, 21)]


def test_a_service_line_after_a_header_key_needs_its_own_line() -> None:
    assert places("31267; payer: acme   pos: 24   31267") == [(1, 27)]


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("J32.0", "J32.0"),
        ("j320", "J32.0"),
        ("J32", "J32"),
        ("S022XXA", "S02.2XXA"),
        ("i10", "I10"),
        ("C7A.0", "C7A.0"),
    ],
)
def test_diagnosis_codes_may_lack_their_point(written: str, code: str) -> None:
    assert claim(f"dx: {written}; 31267").diagnoses == (Diagnosis(code),)


def test_diagnoses_may_stand_with_spaces_between() -> None:
    assert claim("dx: J32.0 J34.2,J33.0 ,; 31267").diagnoses == tuple(map(Diagnosis, ("J32.0", "J34.2", "J33.0")))


# --- refusing ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "where", "words"),
    [
        ("", (1, 1), "no service line"),
        ("  \n ; ", (1, 1), "no service line"),
        ("pos: 24", (1, 1), "no service line"),
        ("31267\npos: 24\n  pos: 11", (3, 3), '"pos" is already given on line 2, column 1'),
        ("dos: 2026-02-30; 31267", (1, 6), "not a day of the calendar"),
        ("dos: 2026-13-01; 31267", (1, 6), "not a day of the calendar"),
        ("dos: 0000-01-01; 31267", (1, 6), "not a day of the calendar"),
        ("dos: 9/15/2026; 31267", (1, 6), "write it 2026-09-15"),
        ("dos: 2026-9-5; 31267", (1, 6), "write it 2026-09-05"),
        ("dos: yesterday; 31267", (1, 6), "year-month-day"),
        ("received: 15.09.2026; 31267", (1, 11), "not a day of the calendar"),
        ("31267\npos: 2", (2, 6), 'did you mean "02"?'),
        ("pos: home; 31267", (1, 6), "two digits"),
        ("age: 8 months; 31267", (1, 6), "whole years"),
        ("age: -3; 31267", (1, 6), "whole years"),
        ("age: 131; 31267", (1, 6), "0 to 130"),
        ("age: \u0664; 31267", (1, 6), "whole years"),
        ("sex: U; 31267", (1, 6), "F, M or X"),
        ("new-patient: maybe; 31267", (1, 14), "yes or no"),
        ("age:\n31267", (1, 1), "has no value"),
        ("payer: a:b; 31267", (1, 9), 'no ":" in it'),
        ("payr: acme; 31267", (1, 1), 'unknown header key "payr"; did you mean "payer"?'),
        ("payer: acme   place of service: 11\n31267", (1, 15), 'did you mean "pos"?'),
        ("auth: A1; 31267", (1, 1), 'did you mean "authorization"?'),
        ("zzzzz: A1; 31267", (1, 1), "the keys are payer, dos"),
        ("dx: J32.0, J3; 31267", (1, 12), "not a diagnosis code"),
        ("dx: J3.20; 31267", (1, 5), "not a diagnosis code"),
        ("dx: J32.; 31267", (1, 5), "not a diagnosis code"),
        ("dx: A00 A01 A02 A03 A04 A05 A06 A07 A08 A09 B00 B01 B02; 31267", (1, 53), "at most 12"),
        ("prior: 30520; 31267", (1, 8), 'write the day of "30520"'),
        ("prior: 3052 2026-01-01; 31267", (1, 8), "not a procedure code"),
        ("prior: 30520 2026-01-01, 31255 2026-02-30; 31267", (1, 32), "not a day of the calendar"),
        ("rendering: a\x00b; 31267", (1, 13), "cannot be printed"),
        ("31267 x0", (1, 7), "whole number from 1"),
        ("31267 x1.5", (1, 7), "whole number from 1"),
        ("31267 x100000", (1, 7), "whole number from 1"),
        ("31267 x" + "9" * 5000, (1, 7), "whole number from 1"),
        ("31267 2x", (1, 7), 'written "x2"'),
        ("31267 x1 x2", (1, 10), "twice"),
        ("31267 [A] [B]", (1, 11), "twice"),
        ("31267 $1 $2", (1, 10), "twice"),
        ("31267 [M]", (1, 8), "A to L"),
        ("31267 [1]", (1, 8), "A to L"),
        ("31267 [A,A]", (1, 10), "twice"),
        ("31267 []", (1, 7), "empty"),
        ("31267 [A", (1, 7), "not closed"),
        ("dx: J32.0; 31267 [A,B]", (1, 18), "pointer B points to no diagnosis; dx has 1"),
        ("dx: none; 31267 [A]", (1, 17), "dx has 0"),
        ("31267 (A)", (1, 7), "square brackets"),
        ("31267 $12.345", (1, 7), "dollars and cents"),
        ("31267 $-1", (1, 7), "dollars and cents"),
        ("31267 50", (1, 7), "joined by a dash"),
        ("31267 30520", (1, 7), "second code"),
        ("31267-5", (1, 7), "not a modifier"),
        ("31267-", (1, 7), "not a modifier"),
        ("31267-ABC", (1, 7), "not a modifier"),
        ("31255-31259", (1, 7), "stands where a modifier belongs"),
        ("3126", (1, 1), "not a procedure code"),
        ("\uff13\uff11\uff12\uff16", (1, 1), "not a procedure code"),
        ("\u0663\u0661\u0662\u0666\u0667", (1, 1), "neither a service line"),
        ("J32.0", (1, 1), 'write it after "dx:"'),
        ("30520; \nhello", (2, 1), "neither a service line"),
        ("\u200b\u200b31267 ?", (1, 9), "not understood"),
    ],
)
def test_what_is_wrong_is_told_with_line_and_column(text: str, where: tuple[int, int], words: str) -> None:
    ((line, column, message),) = problems(text)
    assert (line, column) == where
    assert words in message


def test_all_problems_are_told_in_the_order_of_the_text() -> None:
    text = "dos: 2026-02-30   pso: 11\n31267 x0 [M]\nage: 46   age: 47\nJ32.0"
    assert places(text) == [(1, 6), (1, 19), (2, 7), (2, 11), (3, 11), (4, 1)]


def test_too_long_a_text_is_one_problem() -> None:
    assert claim("31267" + " " * (MAX_CHARACTERS - 5)).lines == (LINE,)
    assert places("31267" + " " * MAX_CHARACTERS) == [(1, 1)]


def test_the_list_of_problems_ends() -> None:
    found = problems("?\n" * 1000)
    assert len(found) == MAX_PROBLEMS + 1
    assert "950 more" in found[-1][2]


def test_a_pasted_note_is_not_repeated_in_messages() -> None:
    text = "Mary Example, seen 3/4/26 for epistaxis.\npayer: x   Patient name: Mary Example\ndx: Mary\npos: Example"
    told = " ".join(message for _, _, message in problems(text))
    assert "Mary" not in told
    assert "Example" not in told
    assert "epistaxis" not in told


# --- writing -------------------------------------------------------------------------------------------------------


def test_a_claim_is_written_as_coders_write_it() -> None:
    written = write_claim(
        Claim(
            lines=(ClaimLine("31267", ("50",), 1, (0,), Decimal("120")), ClaimLine("30520", (), 2, (0, 1))),
            payer="blue-shield-ppo",
            date_of_service=date(2026, 9, 15),
            place_of_service="24",
            age=46,
            sex="F",
            diagnoses=(Diagnosis("J32.0"), Diagnosis("J34.2")),
            prior=(PriorProcedure("31255", ("RT",), date(2026, 2, 10)),),
            documentation=(),
            new_patient=False,
        )
    )
    assert written == (
        "payer: blue-shield-ppo   dos: 2026-09-15   pos: 24   age: 46   sex: F\n"
        "new-patient: no\n"
        "dx: J32.0, J34.2\n"
        "prior: 31255-RT 2026-02-10\n"
        "documentation: none\n"
        "31267-50 x1 [A] $120.00\n"
        "30520 x2 [A,B]"
    )


@pytest.mark.parametrize(
    ("broken", "field"),
    [
        (Claim(lines=()), "lines"),
        (Claim(lines=(ClaimLine("3126"),)), "lines"),
        (Claim(lines=(ClaimLine("31267", units=0),)), "lines"),
        (Claim(lines=(ClaimLine("31267", pointers=(12,)),)), "lines"),
        (Claim(lines=(ClaimLine("31267", pointers=(-1,)),)), "lines"),
        (Claim(lines=(ClaimLine("31267", billed=Decimal("1.005")),)), "lines"),
        (Claim(lines=(ClaimLine("31267", billed=Decimal("sNaN")),)), "lines"),
        (Claim(lines=(ClaimLine("31267", billed=Decimal("-1")),)), "lines"),
        (Claim(lines=(LINE,), authorization="none"), "authorization"),
        (Claim(lines=(LINE,), authorization="a;b"), "authorization"),
        (Claim(lines=(LINE,), authorization=""), "authorization"),
        (Claim(lines=(LINE,), authorization="A1 pos: 24"), "authorization"),
        (Claim(lines=(LINE,), documentation=("a, b",)), "documentation"),
        (Claim(lines=(LINE,), documentation=("none",)), "documentation"),
        (Claim(lines=(LINE,), rendering="two\nlines"), "rendering"),
        (Claim(lines=(LINE,), sex="female"), "sex"),
        (Claim(lines=(ClaimLine("31267", pointers=(1,)),), diagnoses=(Diagnosis("J32.0"),)), "beyond the diagnoses"),
        (Claim(lines=(LINE,), payer="a:b", ordering="x\ty"), "payer, ordering"),
        (Claim(lines=(LINE,), diagnoses=(Diagnosis("J320"),)), "diagnoses"),
        (Claim(lines=(LINE,), age=-1), "age"),
    ],
)
def test_a_claim_the_shorthand_cannot_hold_is_refused_without_its_values(broken: Claim, field: str) -> None:
    with pytest.raises(ValueError, match=field):
        write_claim(broken)


# --- properties ----------------------------------------------------------------------------------------------------

procedure_codes = st.from_regex(r"[0-9]{5}|[0-9]{4}[A-Z]|[A-V][0-9]{4}", fullmatch=True).filter(str.isascii)
modifiers = st.lists(st.from_regex(r"[0-9]{2}|[A-Z][A-Z0-9]", fullmatch=True), max_size=5).map(tuple)
diagnosis_codes = st.from_regex(r"[A-Z][0-9][0-9A-Z](\.[0-9A-Z]{1,4})?", fullmatch=True)
days = st.dates()
printable = string.ascii_letters + string.digits + " .,:#/()[]$-&'\u00e9\u2013\u4e2d"
texts = (
    st.text(printable, min_size=1, max_size=20)
    .map(str.strip)
    .filter(lambda text: text and ":" not in text and text.lower() != "none")
)
words = texts.filter(lambda text: "," not in text)


@st.composite
def claims(draw: st.DrawFn) -> Claim:
    diagnoses = tuple(map(Diagnosis, draw(st.lists(diagnosis_codes, max_size=12))))
    letters = st.integers(0, max(len(diagnoses), 1) - 1)
    lines = st.builds(
        ClaimLine,
        procedure_code=procedure_codes,
        modifiers=modifiers,
        units=st.integers(1, 99_999),
        pointers=st.lists(letters, max_size=4, unique=True).map(tuple),
        billed=st.none() | st.decimals(0, 999_999_999, places=2),
    )
    prior = st.builds(PriorProcedure, procedure_codes, modifiers, days)
    return Claim(
        lines=tuple(draw(st.lists(lines, min_size=1, max_size=6))),
        payer=draw(st.none() | texts),
        date_of_service=draw(st.none() | days),
        place_of_service=draw(st.none() | st.from_regex(r"[0-9]{2}", fullmatch=True)),
        age=draw(st.none() | st.integers(0, 130)),
        sex=draw(st.sampled_from((None, "F", "M", "X"))),
        diagnoses=diagnoses,
        prior=draw(st.none() | st.lists(prior, max_size=3).map(tuple)),
        received=draw(st.none() | days),
        authorization=draw(st.none() | texts),
        documentation=draw(st.none() | st.lists(words, max_size=3).map(tuple)),
        attachments=draw(st.none() | st.lists(words, max_size=3).map(tuple)),
        new_patient=draw(st.none() | st.booleans()),
        rendering=draw(st.none() | texts),
        ordering=draw(st.none() | texts),
        corrected_of=draw(st.none() | texts),
    )


@settings(deadline=None)
@given(claims())
def test_what_is_written_is_read_back_exactly(written: Claim) -> None:
    assert read_claim(write_claim(written)).claim == written


@settings(deadline=None)
@given(claims())
def test_letter_case_and_line_breaks_make_no_difference_to_codes(written: Claim) -> None:
    plain = replace(written, payer=None, authorization=None, documentation=None, attachments=None)
    plain = replace(plain, rendering=None, ordering=None, corrected_of=None)
    assert read_claim(write_claim(plain).lower().replace("\n", " ; ")).claim == plain


PIECES = (
    "31267|-|50| x|2|[A|]|$|dx:|J32.0|,|;|\n|   |dos:|2026-02-30|\u2013|prior:|none|age:|payer:|\u200b|\t|\r|\u2028"
    "|\x00|\ud800|zz:|\u00df|0|\u0130"
)
pieces = st.sampled_from(PIECES.split("|"))


@settings(deadline=None, max_examples=300)
@given(st.text() | st.lists(pieces).map("".join) | st.text("31267-50xX[]$.,:; \nABx\u0661"))
@example("[" * 10_000)
@example("$" + "1," * 9_000)
@example("a " * 9_000 + ":")
@example("31267" + "-50" * 6_000)
def test_no_text_makes_the_reader_raise_and_problems_point_into_it(text: str) -> None:
    read = read_claim(text)
    assert (read.claim is None) == bool(read.problems)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for problem in read.problems:
        assert 1 <= problem.line <= len(lines)
        assert 1 <= problem.column <= len(lines[problem.line - 1]) + 1
    if read.claim is not None:
        assert read_claim(write_claim(read.claim)).claim == read.claim
