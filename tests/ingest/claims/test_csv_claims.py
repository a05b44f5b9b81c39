"""Claims as CSV: files as spreadsheets and practice systems write them, mappings, and that writing loses nothing."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from ingest.claims.csv_claims import read_csv_claims, safe_cell, write_csv_claims
from ingest.claims.csv_mapping import FIELDS, CsvMapping, guess_mapping, read_mapping, write_mapping
from ingest.claims.model import Claim, ClaimLine, Diagnosis, PriorProcedure
from ingest.claims.shorthand import read_claim, write_claim

from .test_shorthand import claims

LINE = ClaimLine("31267")


def read(raw: bytes | str, mapping: CsvMapping | None = None) -> dict[str, Claim]:
    found, wrong = read_csv_claims(raw, mapping)
    assert wrong == ()
    told = {one.claim_id: one.read.claim for one in found}
    assert None not in told.values(), [one.read.problems for one in found]
    return {key: claim for key, claim in told.items() if claim is not None}


def problems(raw: bytes | str, mapping: CsvMapping | None = None) -> list[tuple[int, int, str]]:
    found, wrong = read_csv_claims(raw, mapping)
    every = [*wrong, *(problem for one in found for problem in one.read.problems)]
    return [(problem.line, problem.column, problem.message) for problem in every]


EXPORT = """\
Claim ID,Payer,Date of Service,Place of Service,CPT,Mod 1,Mod 2,Units,Dx 1,Dx 2,Dx Pointer,Charge
1001,Blue Shield PPO,09/15/2026,24,31267,50,,1,J32.0,J34.2,A,"1,120.50"
1001,Blue Shield PPO,09/15/2026,24,30520,,,1,J32.0,J34.2,B,$900
1002,Medicare,9/16/2026,11,99213,25,,,H61.23,,,
"""
OF_EXPORT = {
    "1001": Claim(
        lines=(
            ClaimLine("31267", ("50",), 1, (0,), Decimal("1120.50")),
            ClaimLine("30520", (), 1, (1,), Decimal(900)),
        ),
        payer="Blue Shield PPO",
        date_of_service=date(2026, 9, 15),
        place_of_service="24",
        diagnoses=(Diagnosis("J32.0"), Diagnosis("J34.2")),
    ),
    "1002": Claim(
        lines=(ClaimLine("99213", ("25",)),),
        payer="Medicare",
        date_of_service=date(2026, 9, 16),
        place_of_service="11",
        diagnoses=(Diagnosis("H61.23"),),
    ),
}


@pytest.mark.parametrize(
    "raw",
    [
        EXPORT,
        EXPORT.encode(),
        EXPORT.encode("utf-8-sig"),
        EXPORT.encode("utf-16"),
        EXPORT.replace("\n", "\r\n"),
        EXPORT.replace("\n", "\r"),
        "\r\n\r\n" + EXPORT + ",,,,,,,,,,,\r\n\r\n",
        EXPORT.rstrip("\n"),
    ],
)
def test_an_export_is_read_whatever_program_wrote_it(raw: bytes | str) -> None:
    assert read(raw) == OF_EXPORT


@pytest.mark.parametrize(("delimiter", "first"), [(";", ""), ("\t", ""), ("|", ""), (";", "sep=;\r\n")])
def test_other_delimiters_are_seen_from_the_headers(delimiter: str, first: str) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(csv.reader(io.StringIO(EXPORT)))
    assert read((first + out.getvalue()).encode("utf-8-sig")) == OF_EXPORT


def test_quoted_line_ends_keep_lines_and_rows_apart() -> None:
    text = 'claim,code,"Rendering\nProvider"\r\nc1,31267,"Dr.\r\nIto"\r\nc2,3126,x\r\n'
    found, wrong = read_csv_claims(text)
    assert wrong == ()
    assert found[0].read.claim == Claim(lines=(LINE,), rendering="Dr. Ito")
    assert [(one.line, one.column) for one in found[1].read.problems] == [(5, 2)]


def test_a_file_of_windows_letters_is_read() -> None:
    assert read("claim,code,rendering\n1,31267,Dr. Núñez\n".encode("cp1252"))["1"].rendering == "Dr. Núñez"


def test_rows_of_a_claim_may_lie_apart_and_claims_come_by_their_first_rows() -> None:
    text = "claim,code\nb,31267\na,30520\nb,31255\na,30140\n"
    assert list(read(text).items()) == [
        ("b", Claim(lines=(LINE, ClaimLine("31255")))),
        ("a", Claim(lines=(ClaimLine("30520"), ClaimLine("30140")))),
    ]


def test_what_belongs_to_the_claim_may_stand_in_its_first_row_alone() -> None:
    text = "claim,dos,age,code\n1,2026-09-15,46,31267\n1,,,30520\n1,20260915,46.0,30140\n"
    assert read(text)["1"].date_of_service == date(2026, 9, 15)
    assert len(read(text)["1"].lines) == 3


@pytest.mark.parametrize(
    ("headers", "row", "wanted"),
    [
        ("code", "31267.0", {}),
        ("code", "31267-50", {"lines": (ClaimLine("31267", ("50",)),)}),
        ("code,mod", "31267-50,RT-59", {"lines": (ClaimLine("31267", ("50", "RT", "59")),)}),
        ("code,modifier,modifier,modifier", "31267,50,,59", {"lines": (ClaimLine("31267", ("50", "59")),)}),
        ("code,modifiers", '31267,"50, RT"', {"lines": (ClaimLine("31267", ("50", "RT")),)}),
        ("code,modifiers", "31267,50.0", {"lines": (ClaimLine("31267", ("50",)),)}),
        ("code,units", "31267,2.00", {"lines": (ClaimLine("31267", units=2),)}),
        ("code,pointers", "31267,AB", {"lines": (ClaimLine("31267", pointers=(0, 1)),)}),
        ("code,pointers", "31267,1:2", {"lines": (ClaimLine("31267", pointers=(0, 1)),)}),
        ("code,pointers", "31267,12", {"lines": (ClaimLine("31267", pointers=(0, 1)),)}),
        ("code,pointer 1,pointer 2", "31267,1,2", {"lines": (ClaimLine("31267", pointers=(0, 1)),)}),
        ("code,dx", "31267,J320|J34.2", {"diagnoses": (Diagnosis("J32.0"), Diagnosis("J34.2"))}),
        ("code,pos", "31267,2", {"place_of_service": "02"}),
        ("code,pos", "31267,11.0", {"place_of_service": "11"}),
        ("code,sex", "31267,Female", {"sex": "F"}),
        ("code,sex", "31267,Unknown", {}),
        ("code,new patient", "31267,1", {"new_patient": True}),
        ("code,dos", "31267,2026-09-15 00:00:00", {"date_of_service": date(2026, 9, 15)}),
        ("code,dos", "31267,9/5/2026 12:00:00 AM", {"date_of_service": date(2026, 9, 5)}),
        ("code,prior", "31267,none", {"prior": ()}),
        ("code,prior", "31267,30520 2026-02-10", {"prior": (PriorProcedure("30520", (), date(2026, 2, 10)),)}),
        ("code,documentation", '31267,"a, b"', {"documentation": ("a", "b")}),
        ("code,authorization", '31267,"=""00123"""', {"authorization": "00123"}),
        ("code,authorization", "31267,'=1+1", {"authorization": "=1+1"}),
        ("code,authorization", "31267,'tis", {"authorization": "'tis"}),
    ],
)
def test_cells_are_read_as_people_and_spreadsheets_write_them(headers, row, wanted) -> None:
    claim = read(f"claim,{headers}\n1,{row}\n")["1"]
    assert claim == Claim(**{"lines": (LINE,), **wanted})


def test_rows_with_diagnoses_of_their_own_point_to_them() -> None:
    claim = read("claim,code,dx1,dx2\n1,31267,J32.0,J33.0\n1,30520,J34.2,\n1,31255,J33.0,J34.2\n1,99213,,\n")["1"]
    assert claim.diagnoses == (Diagnosis("J32.0"), Diagnosis("J33.0"), Diagnosis("J34.2"))
    assert [line.pointers for line in claim.lines] == [(0, 1), (2,), (1, 2), ()]


@pytest.mark.parametrize(
    ("text", "where", "words"),
    [
        ("", (1, 1), "empty"),
        ("\n\n,,\n", (1, 1), "empty"),
        ("claim,code\n", (1, 1), "no service line below"),
        ("code\n31267\n", (1, 1), "which rows are one claim"),
        ("claim\n1\n", (1, 1), "the procedure code (code)"),
        ("Jane Doe,31267\n", (1, 1), "a line of headers"),
        ("claim,code\n1,3126\n", (2, 2), 'code: "3126" is not a procedure code'),
        ("claim,code\n1,100\n", (2, 2), 'did you mean "00100"?'),
        ("claim,code\n1,\n", (2, 2), "there is no procedure code"),
        ("claim,code\n,31267\n", (2, 1), "names no claim"),
        ("claim,code,mod\n1,31267,5\n", (2, 3), "not a modifier"),
        ("claim,code,units\n1,31267,0.5\n", (2, 3), "whole number"),
        ("claim,code,charge\n1,31267,-5\n", (2, 3), "dollars and cents"),
        ("claim,code,dos\n1,31267,15.09.2026\n", (2, 3), "name its format in date-formats"),
        ("claim,code,dos\n1,31267,13/13/2026\n", (2, 3), "not a day of the calendar"),
        ("claim,code,dos\n1,31267,2026-09-15\n1,30520,2026-09-16\n", (3, 3), "differ in dos"),
        ("claim,code,dx\n1,31267,J3\n", (2, 3), "not a diagnosis code"),
        ("claim,code,dx,pointers\n1,31267,J32.0,B\n", (2, 4), "points to no diagnosis"),
        ("claim,code,dx,pointers\n1,31267,J32.0,A A\n", (2, 4), "twice"),
        ("claim,code,dx,pointers\n1,31267,J32.0,M\n", (2, 4), "A to L"),
        ("claim,code,dx,pointers\n1,31267,J32.0,A\n1,31267,J34.2,A\n", (2, 3), "give all in each"),
        ("claim,code,dx,pointers\n1,31267," + "J32.0 " * 12 + ",12\n", (2, 4), "in two ways"),
        ("claim,code,dx\n1,31267," + " ".join(f"J{n}" for n in range(30, 43)) + "\n", (2, 3), "at most 12"),
        ("claim,code,pos\n1,31267,home\n", (2, 3), "place of service"),
        ("claim,code,payer\n1,31267,AETNA: HMO\n", (2, 3), 'no ":"'),
        ("claim,code\n1,31267,30520\n", (2, 3), "more cells than the headers"),
        ('claim,code\n1,31267\n2,"31267\n3,31267\n', (3, 1), "lone quotation mark"),
        ('claim,code\n1,31267\n2,"31"267\n', (3, 1), "lone quotation mark"),
        ("claim,code,CPT,code\n1,31267,1,2\n", (1, 4), "twice"),
        (b"claim,code\n1,31267\x81\n", (1, 1), "no text"),
    ],
)
def test_what_is_wrong_is_told_with_line_and_cell(text: str | bytes, where: tuple[int, int], words: str) -> None:
    assert any((line, cell) == where and words in message for line, cell, message in problems(text)), problems(text)


def test_a_claim_with_a_problem_takes_no_other_with_it() -> None:
    found, _ = read_csv_claims("claim,code\n1,31267\n2,3\n3,30520\n")
    assert [(one.claim_id, one.line, one.read.claim is None) for one in found] == [
        ("1", 2, False),
        ("2", 3, True),
        ("3", 4, False),
    ]


def test_no_cell_but_codes_and_numbers_is_repeated_in_messages() -> None:
    told = str(problems("claim,code,dos,dx,payer\nMary,Mary Example,Mary,Mary Example,a: Example\n"))
    assert "Mary" not in told
    assert "Example" not in told


# --- mappings ------------------------------------------------------------------------------------------------------

OWN = """\
delimiter = ";"
date-formats = ["DD.MM.YYYY"]
separators = "+"
decimal = ","

[columns]
claim = "Fall"
code = "Leistung"
modifiers = ["M-A", "M-B"]
dos = "Tag"
dx = "Diagnosen"
billed = "Betrag"
payer = "Kasse"

[payers]
"AETNA: HMO 01" = "aetna-hmo"
"""


def test_a_mapping_says_which_column_is_what() -> None:
    mapping, wrong = read_mapping(OWN)
    assert wrong == ()
    text = (
        "Tag;Kasse;Fall;Leistung;M-A;M-B;Diagnosen;Betrag\n05.09.2026;AETNA: HMO 01;7;31267;50;;J32.0+J34.2;1.120,50\n"
    )
    assert read(text, mapping) == {
        "7": Claim(
            lines=(ClaimLine("31267", ("50",), billed=Decimal("1120.50")),),
            payer="aetna-hmo",
            date_of_service=date(2026, 9, 5),
            diagnoses=(Diagnosis("J32.0"), Diagnosis("J34.2")),
        )
    }


def test_a_column_that_is_not_there_is_named_with_a_suggestion() -> None:
    mapping, _ = read_mapping('[columns]\nclaim = "Claim"\ncode = "CPT Code"\n')
    assert problems("Claim,CPT-Code\n1,31267\n", mapping) == [
        (1, 1, 'no column "CPT Code" for code; did you mean "CPT-Code"?')
    ]


@pytest.mark.parametrize(
    ("text", "where", "words"),
    [
        ("", (1, 1), "no table [columns]"),
        ("claim = ", (1, 9), "no TOML"),
        ('[columns]\nclaim = "a"\n', (1, 2), "does not say where code stands"),
        ('[columns]\nclaim = "a"\ncode = "b"\ncpt = "c"\n', (4, 1), 'did you mean "code"?'),
        ('[columns]\nclaim = "a"\ncode = ["b", "c"]\n', (3, 1), "may have several"),
        ('[columns]\nclaim = "a"\ncode = 7\n', (3, 1), "in quotation marks"),
        ('delimeter = ";"\n[columns]\nclaim = "a"\ncode = "b"\n', (1, 1), 'did you mean "delimiter"?'),
        ('delimiter = "x"\n[columns]\nclaim = "a"\ncode = "b"\n', (1, 1), "the delimiter is"),
        ('date-formats = ["MM/YYYY"]\n[columns]\nclaim = "a"\ncode = "b"\n', (1, 1), "YYYY, MM and DD"),
        ('date-formats = "MM/DD/YYYY"\n[columns]\nclaim = "a"\ncode = "b"\n', (1, 1), "is a list"),
        ('separators = "a"\n[columns]\nclaim = "a"\ncode = "b"\n', (1, 1), "no letters"),
        ('decimal = "x"\n[columns]\nclaim = "a"\ncode = "b"\n', (1, 1), "decimal is"),
        ('[columns]\nclaim = "a"\ncode = "b"\n[payers]\na = 1\n', (4, 2), "[payers] holds"),
    ],
)
def test_what_is_wrong_in_a_mapping_is_told_with_its_line(text: str, where: tuple[int, int], words: str) -> None:
    mapping, wrong = read_mapping(text)
    assert mapping is None
    assert any((one.line, one.column) == where and words in one.message for one in wrong), wrong


def test_the_guessed_mapping_can_be_written_edited_and_read() -> None:
    headers = next(csv.reader(io.StringIO(EXPORT)))
    guessed = guess_mapping(headers, ",")
    assert guessed.columns["modifiers"] == ("Mod 1", "Mod 2")
    text = write_mapping(guessed, ["Patient"])
    assert '#   "Patient"' in text
    assert "# age = " in text
    mapping, wrong = read_mapping(text)
    assert wrong == ()
    assert mapping == guessed
    assert read(EXPORT, mapping) == OF_EXPORT


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(FIELDS), st.text(st.characters(codec="utf-8"), min_size=1).map(str.strip).filter(bool)
    ),
    st.dictionaries(st.text(st.characters(codec="utf-8")).map(str.strip), st.text(st.characters(codec="utf-8"))),
)
def test_a_written_mapping_is_read_back_exactly(columns: dict[str, str], payers: dict[str, str]) -> None:
    columns = {"claim": "c", "code": "p", **columns}
    mapping = CsvMapping({name: (header,) for name, header in columns.items()}, ";", payers=payers)
    assert read_mapping(write_mapping(mapping)) == (mapping, ())


# --- writing -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "'=1", "''=1"])
def test_no_cell_can_be_taken_for_a_formula(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.text("ab1-=+@' ", min_size=1, max_size=6), claims()),
        min_size=1,
        max_size=3,
        unique_by=lambda p: p[0],
    ),
    st.sampled_from(["", "=", "+", "-", "@", "'", "'=", '="x"']),
)
def test_what_is_written_is_read_back_exactly(given_claims: list[tuple[str, Claim]], sign: str) -> None:
    assume(all(key == key.strip() for key, _ in given_claims))
    signed = []
    for key, claim in given_claims:
        named = Claim(**{**{n: getattr(claim, n) for n in claim.__slots__}, "authorization": f"{sign}A1"})
        signed.append((key, named))
    text = write_csv_claims(signed)
    assert read(text) == dict(signed)
    for row in csv.reader(io.StringIO(text)):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)


@pytest.mark.parametrize(
    "broken",
    [
        [("", Claim(lines=(LINE,)))],
        [("a", Claim(lines=(LINE,))), ("a", Claim(lines=(LINE,)))],
        [("a", Claim(lines=()))],
        [("a", Claim(lines=(LINE,), authorization="a;b"))],
    ],
)
def test_claims_that_cannot_be_read_back_are_not_written(broken: list[tuple[str, Claim]]) -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        write_csv_claims(broken)


CELLS = st.sampled_from(
    [
        "claim",
        "code",
        "dx",
        "modifiers",
        "pointers",
        "units",
        "31267",
        "50",
        "A",
        "J32.0",
        "1",
        "",
        "2026-09-15",
        "12",
        "none",
        '"',
        "'=1",
        '="1"',
        "\n",
        "\r",
        "dos",
        "prior",
        "payer",
        "\x00",
        "١",
        "a;b",
        "sep=;",
    ]
)
TABLES = st.lists(st.lists(CELLS, max_size=6).map(",".join), max_size=6).map("\n".join)


@settings(deadline=None, max_examples=500)
@given(TABLES | st.text() | st.binary() | TABLES.map(lambda text: "claim,code,dx,modifiers,pointers\n" + text))
@example('claim,code\n1,"' + "x" * 200_000)
@example("claim,code\n" + "1,31267\n" * 1_000)
@example(b"\xff\xfec")
@example("\ud800,code\n1,31267")
def test_no_bytes_make_the_reader_raise(raw: str | bytes) -> None:
    found, wrong = read_csv_claims(raw)
    assert found or wrong
    for one in found:
        assert (one.read.claim is None) == bool(one.read.problems)
        assert all(problem.line >= 1 and problem.column >= 1 for problem in one.read.problems)
        if one.read.claim is not None:
            assert read_claim(write_claim(one.read.claim)).claim == one.read.claim
