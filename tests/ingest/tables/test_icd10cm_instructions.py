"""Which codes an instruction of the tabular list names: the forms that occur in it, and those that name none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.tables.icd10cm_instructions import CodeUniverse, bare, pointed, spans_of

# Real code numbers of the list, which is in the public domain.
UNIVERSE = CodeUniverse(
    {
        "S02110A": "initial encounter for closed fracture",
        "S02110B": "initial encounter for open fracture",
        "S02111B": "initial encounter for open fracture",
        "S022XXA": "initial encounter for closed fracture",
        "S022XXB": "initial encounter for open fracture",
        "S52001C": "initial encounter for open fracture type IIIA",
        "S52001P": "subsequent encounter for closed fracture with malunion",
        "E0839": "other",
        "E0840": "unspecified",
        "E0841": "mononeuropathy",
        "E1041": "mononeuropathy",
        "E10620": "dermatitis",
        "E10628": "other",
        "T360X1A": "poisoning",
        "T360X4S": "undetermined",
        "T360X5A": "adverse effect",
        "T360X6A": "underdosing",
        "T39011A": "poisoning",
        "T39015A": "adverse effect",
        "T5191XA": "toxic effect",
        "I69020": "aphasia",
        "I69023": "fluency disorder",
        "I69123": "fluency disorder",
        "F1096": "amnestic",
        "F10951": "hallucinations",
    }
)


def named(note):
    return [one.low if one.low == one.high else f"{one.low}-{one.high}" for one in spans_of(note, UNIVERSE)]


@pytest.mark.parametrize(
    ("note", "codes"),
    [
        ("acute sinusitis (J01.00)", ["J01.00"]),
        ("chronic sinusitis (J32.-)", ["J32"]),
        ("upper airways (J00-J06)", ["J00-J06"]),
        ("Crohn's disease (K50.-, K51.80, K52)", ["K50", "K51.80", "K52"]),
        ("abscess of intestine (K50.014, K50.114,)", ["K50.014", "K50.114"]),
        ("ear canal (C43.2-,C44.2-)", ["C43.2", "C44.2"]),
        ("certain disorders (D80-D83, D84.0, D84.9)", ["D80-D83", "D84.0", "D84.9"]),
        ("infarction (I63.3-I63.5-)", ["I63.3-I63.5"]),
        ("cholelithiasis (K80.00-K80.19)", ["K80.00-K80.19"]),
        ("heart involvement (I01.0 -I01.9)", ["I01.0-I01.9"]),
        ("apnea of newborn (P28.3- - P28.4-)", ["P28.3-P28.4"]),
        ("syndactyly (Q70.0- -Q70.3-)", ["Q70.0-Q70.3"]),
        ("atherosclerosis (I70.2--I70.7-)", ["I70.2-I70.7"]),
        ("behavioral disorders (F98.2.-F98.3)", ["F98.2-F98.3"]),
        ("benign neoplasm of testis (D29.2.-)", ["D29.2"]),
        ("by site, if known (M05.00 to M05.8A)", ["M05.00-M05.8A"]),
        ("several conditions (T80-T88.6 and T88.8)", ["T80-T88.6", "T88.8"]),
        ("meconium passage (P03.82 )", ["P03.82"]),
        ("polyp (J33.-) or cyst (J34.1)", ["J33", "J34.1"]),
        ("celiac disease (with gluten ataxia) (K90.0)", ["K90.0"]),
        ("misadventures, classifiable to (Y62-Y69)", ["Y62-Y69"]),
        ("a disorder of the new kind (QA0.01-)", ["QA0.01"]),
    ],
)
def test_codes_in_brackets_are_read_in_every_form_the_list_writes(note, codes):
    assert named(note) == codes


@pytest.mark.parametrize(
    ("note", "codes"),
    [
        ("torticollis NOS M43.6", ["M43.6"]),
        ("congenital (sternomastoid) torticollis Q68.0", ["Q68.0"]),
        ("explantation of knee prosthesis (Z89.52-", ["Z89.52"]),
        ("hearing loss as classified in H90.-", ["H90"]),
        ("conditions classified to Q67.0-Q67.4", ["Q67.0-Q67.4"]),
        ("injuries classified in subcategories S06.1- to S06.6-, and S06.81- to S06.89-, code to injury",
         ["S06.1-S06.6", "S06.81-S06.89"]),
        ("pneumoconiosis with tuberculosis, any type in A15 (J65)", ["J65"]),
        ("influenza A/H1N1 (J10.-)", ["J10"]),
    ],
)  # fmt: skip
def test_codes_outside_brackets_count_only_where_the_words_leave_no_doubt(note, codes):
    assert named(note) == codes


@pytest.mark.parametrize(
    "note",
    [
        "current injury - see injury of spine by body region",
        "signs and symptoms - code to the sign(s) or symptom(s)",
        "",
        "()",
        "diabetic acidosis - see categories E08-E10, E11, E13 with ketoacidosis",
        "poisoning due to drug (T51-T65 with fifth or sixth character to indicate intent)",
        "hepatitis A (HAV) carrier",
        "ranges that run backwards (J40-J30)",
        "specified adverse effects (A00-R94)",
    ],
)
def test_what_names_no_code_for_certain_gives_none(note):
    assert named(note) == []


def test_a_very_wide_range_is_left_out_and_its_neighbours_stay():
    assert named("adverse effects (A00-R94 and T80-T88.6, T88.8)") == ["T80-T88.6", "T88.8"]


def test_a_missing_comma_after_a_dash_makes_two_items_not_a_range():
    assert named("sequelae (I69.81- I69.83-)") == ["I69.81", "I69.83"]


def test_dashed_subcategories_of_different_parents_are_two_items():
    assert named("sequelae (I69.01-I69.11-, I69.81- I69.91-)") == ["I69.01", "I69.11", "I69.81", "I69.91"]


@pytest.mark.parametrize(
    ("note", "codes"),
    [
        ("open skull fracture (S02.- with 7th character B)", "S02110B S02111B S022XXB"),
        ("open fracture (S02.-with 7th character B)", "S02110B S02111B S022XXB"),
        ("open fracture of forearm (S52.- with open fracture 7th character)", "S52001C"),
        ("mononeuropathy (E08-E13 with .41)", "E0841 E1041"),
        ("neuropathies (E08-E13 with .39-.40)", "E0839 E0840"),
        ("skin disorders in diabetes (E08-E13 with .62-)", "E10620 E10628"),
        ("poisoning (T36-T65 with fifth or sixth character 1-4)", "T360X1A T360X4S T39011A T5191XA"),
        ("underdosing (T36-T50) with fifth or sixth character 6", "T360X6A"),
        ("adverse effect (T36-T50 with fifth or six character 5)", "T360X5A T39015A"),
        ("poisoning (T36-T50 with fifth or sixth character 1-4 or 6)", "T360X1A T360X4S T360X6A T39011A"),
        ("fluency disorder (I69. with final characters -23)", "I69023 I69123"),
        ("amnestic syndrome (F10-F19 with 5th character .6)", "F1096"),
        ("hallucinations (F10-F19 with fifth to sixth characters 51)", "F10951"),
    ],
)
def test_conditions_on_single_characters_are_resolved_against_the_codes_that_exist(note, codes):
    spans = spans_of(note, UNIVERSE)
    assert [code for code in UNIVERSE.ordered if any(pointed(code) in span for span in spans)] == codes.split()


def test_a_span_holds_what_lies_below_it():
    (span,) = spans_of("upper airways (J00-J06)", UNIVERSE)
    assert "J00" in span
    assert "J06.9" in span
    assert "J07" not in span
    assert "I99.9" not in span


@given(st.text(alphabet="AJKSTQ0123456789.-, ()withandor7thcharacter–\n", max_size=80) | st.text(max_size=60))
def test_any_note_is_read_without_a_crash_and_every_span_runs_forwards(note):
    for span in spans_of(note, UNIVERSE):
        assert bare(span.low) <= bare(span.high)


@given(st.from_regex(r"[A-Z][0-9A-Z]{2,6}", fullmatch=True))
def test_the_point_goes_and_comes_back(code):
    assert bare(pointed(code)) == code
    assert pointed(pointed(code)) == pointed(code)
