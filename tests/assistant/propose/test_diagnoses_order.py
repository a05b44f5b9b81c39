"""The order of a claim's diagnoses and what each line points to."""

from __future__ import annotations

from datetime import date

import pytest

from assistant.propose.diagnoses_order import MOST_DIAGNOSES, first_listed_order, fits, is_visit, points_for
from assistant.propose.model import BOTH, DiagnosisCandidate, Evidence, Side
from ingest.tables.icd10cm_lookup import DiagnosisTables

TABLES = DiagnosisTables()
ON = date(2026, 3, 3)


def candidate(code: str, *, at: int = 0, sides: frozenset[Side] = frozenset(), why_not: str = "") -> DiagnosisCandidate:
    return DiagnosisCandidate(code, (Evidence(at, at + 4, "text"),), sides=sides, why_not=why_not)


def ordered(codes: list[str], procedures: tuple[str, ...] = ()) -> list[str]:
    found = first_listed_order([candidate(code) for code in codes], procedures, TABLES, ON)
    return [one.diagnosis_code for one in found]


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        (["R04.0", "I78.0"], ["I78.0", "R04.0"]),
        (["J32.8", "J33.8"], ["J33.8", "J32.8"]),
        (["N18.32", "I12.9"], ["I12.9", "N18.32"]),
        (["I50.22", "I11.0"], ["I11.0", "I50.22"]),
        (["Z79.01", "I48.0"], ["I48.0", "Z79.01"]),
        (["T45.515A", "D68.32", "R04.0"], ["D68.32", "R04.0", "T45.515A"]),
        (["R04.0", "J95.830"], ["J95.830", "R04.0"]),
        (["M17.11", "I10"], ["M17.11", "I10"]),
    ],
)
def test_causes_and_complications_stand_before_what_they_explain(told: list[str], wanted: list[str]) -> None:
    assert ordered(told) == wanted


def test_what_a_procedure_is_done_for_stands_first_where_there_is_no_visit() -> None:
    assert ordered(["I10", "J34.2"], ("30520",)) == ["J34.2", "I10"]
    assert ordered(["I10", "J34.2"], ("30520", "99213")) == ["I10", "J34.2"]


def test_a_reserve_counts_only_for_a_procedure_that_has_nothing_else() -> None:
    told = [candidate("H60.331"), candidate("H61.21", why_not="only mentioned")]
    assert [one.diagnosis_code for one in first_listed_order(told, ("99213",))] == ["H60.331"]
    with_wax = first_listed_order(told, ("99213", "69210"))
    assert [(one.diagnosis_code, one.why_not) for one in with_wax] == [("H60.331", ""), ("H61.21", "")]


def test_a_claim_holds_twelve_diagnoses_and_a_line_four_pointers() -> None:
    many = [candidate(f"J34.{number}") for number in range(20)]
    assert len(first_listed_order(many)) == MOST_DIAGNOSES
    assert len(points_for("31267", many)) == 4
    assert points_for("31267", []) == ()


@pytest.mark.parametrize(
    ("procedure", "wanted"),
    [
        ("31575", ("J38.01",)),
        ("31231", ("J33.0",)),
        ("99213", ("J38.01", "J33.0")),
        ("00000", ("J38.01",)),
    ],
)
def test_a_line_points_to_the_diagnosis_of_its_organ(procedure: str, wanted: tuple[str, ...]) -> None:
    assert points_for(procedure, [candidate("J38.01"), candidate("J33.0")]) == wanted


def test_a_line_of_one_side_does_not_point_to_the_other() -> None:
    ears = [candidate("H65.21", sides=frozenset({"RT"})), candidate("H61.22", sides=frozenset({"LT"}))]
    knees = [candidate("M17.11", sides=frozenset({"RT"})), candidate("M25.462", sides=frozenset({"LT"}))]
    assert points_for("69436", ears, sides=frozenset({"RT"})) == ("H65.21",)
    assert points_for("20610", knees, sides=frozenset({"LT"})) == ("M25.462",)
    assert points_for("20610", knees, sides=BOTH) == ("M17.11", "M25.462")


def test_a_visit_leaves_the_shots_their_own_reason() -> None:
    told = [candidate("J34.0"), candidate("J30.1")]
    assert points_for("99213", told, beside=("95117",)) == ("J34.0",)
    assert points_for("95117", told) == ("J30.1",)
    assert points_for("99213", told[1:], beside=("95117",)) == ("J30.1",)


def test_of_several_skin_diagnoses_the_one_told_near_the_work_comes_first() -> None:
    told = [candidate("R21", at=0), candidate("D49.2", at=500)]
    assert points_for("11104", told, evidence=[Evidence(10, 20, "near first")]) == ("R21",)
    assert points_for("11102", told, evidence=[Evidence(510, 520, "near last.")]) == ("D49.2",)


def test_the_table_knows_visits_and_says_what_it_does_not_know() -> None:
    assert is_visit("99214")
    assert not is_visit("31231")
    assert fits("31231", "J32.0") is True
    assert fits("31231", "M17.11") is False
    assert fits("ZZZZZ", "M17.11") is None
