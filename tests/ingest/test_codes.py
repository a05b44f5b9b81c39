"""The form of a code takes what the code sets have, and nothing that only looks like it."""

from __future__ import annotations

from datetime import date

import pytest

from ingest.codes import DIAGNOSIS_PREFIX_FORM, is_diagnosis_code, is_modifier, is_procedure_code
from ingest.tables.icd10cm_lookup import DiagnosisTables


@pytest.mark.parametrize("on", [date(2025, 10, 1), date(2026, 4, 1), date(2026, 9, 30)])
def test_every_code_and_heading_of_the_compiled_list_has_the_form_of_one(on: date) -> None:
    tables = DiagnosisTables()
    try:
        listed = [one.diagnosis_code for one in tables.terms(on)]
    finally:
        tables.close()
    assert len(listed) > 90_000
    assert [code for code in listed if not is_diagnosis_code(code)] == []
    # A rule block may name a code by any beginning of it that keeps its category's first two characters.
    beginnings = {code[:length] for code in listed for length in range(2, len(code) + 1)}
    assert sorted(text for text in beginnings if not DIAGNOSIS_PREFIX_FORM.match(text)) == []


@pytest.mark.parametrize(
    "text",
    ["QA0.0101", "QA0", "I10", "C4A.10", "M1A.00X0", "S52.512A", "T07.XXXA", "W25.XXXS", "U07.1", "Z3A.08", "F01.A11"],
)
def test_a_diagnosis_code(text: str) -> None:
    assert is_diagnosis_code(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "J", "J3", "J320", "J32.", "J32.01234", "j32.0", "32.0", "JJ2.0", "QB0.1", "AA0.1", "QAA.1", "QA", "QA0.",
        "QA0.01011", "J32,0", "J32 .0", "J32.0 ", " J32.0", "J32.0\n", "\u0662\u0663", "J\u066332.0", "99213", "J3301",
        "1Q0.0",
    ],
)  # fmt: skip
def test_not_a_diagnosis_code(text: str) -> None:
    assert not is_diagnosis_code(text)


@pytest.mark.parametrize("text", ["QA", "QA0", "QA0.", "QA0.01", "J3", "J32", "J32.", "J32.0", "S52.512A"])
def test_the_beginning_of_a_diagnosis_code(text: str) -> None:
    assert DIAGNOSIS_PREFIX_FORM.match(text)


@pytest.mark.parametrize("text", ["", "Q", "QB", "AA", "QAA", "QA.", "J3.", "J32.01234", "J32..0", "j32"])
def test_not_the_beginning_of_a_diagnosis_code(text: str) -> None:
    assert not DIAGNOSIS_PREFIX_FORM.match(text)


@pytest.mark.parametrize("text", ["99213", "J3301", "0232T", "0001U", "G2211", "D9999"])
def test_a_procedure_code(text: str) -> None:
    assert is_procedure_code(text)


@pytest.mark.parametrize(
    "text", ["9921", "992133", "QA0.0", "QA001", "W1234", "j3301", "99213\n", "9921\u0663", "0232t"]
)
def test_not_a_procedure_code(text: str) -> None:
    assert not is_procedure_code(text)


@pytest.mark.parametrize(
    ("text", "form"), [("25", True), ("QA", True), ("F5", True), ("5F", False), ("1P", True), ("4P", False)]
)
def test_a_modifier(text: str, form: bool) -> None:
    assert is_modifier(text) is form
