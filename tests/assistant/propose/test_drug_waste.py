"""JZ and JW: what the note tells of a drug's container, and what is asked where it does not."""

from __future__ import annotations

import pytest

from assistant.propose.drug_waste import ASK_CONTAINER, Container, container_queries, containers_of
from assistant.propose.evidence_amounts import counted
from assistant.propose.model import Evidence, ProcedureCandidate
from assistant.propose.note_reader import read_clinical_note


def given(code, units, text=""):
    evidence = (Evidence(0, len(text), text),) if text else ()
    return ProcedureCandidate(code, None, units, evidence)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("40 mg triamcinolone from a new single-dose vial, the whole vial used.", Container(no_waste=True)),
        ("Triamcinolone 40 mg, single use vial, no waste.", Container(no_waste=True)),
        ("40 mg given from a 40 mg single-dose vial.", Container(no_waste=True)),
        ("40 mg injected. Wastage: none.", Container(no_waste=True)),
        ("40 mg from the 10 mL multi-dose vial.", Container()),
        ("Kenalog 40 mg MDV, lot 7.", Container()),
        ("40 mg injected, the other 40 mg were discarded.", Container(wasted=4)),
        ("40 mg injected, 20 mg of triamcinolone wasted.", Container(wasted=2)),
        ("From a vial of 80 mg, 40 mg given, the rest was discarded.", Container(wasted=4)),
        ("40 mg triamcinolone injected with lidocaine.", Container(open=True)),
        ("40 mg from a single-dose vial.", Container(open=True)),
    ],
)
def test_the_container_decides_between_jz_jw_nothing_and_a_question(text, expected):
    assert containers_of(read_clinical_note(text), [given("J3301", 4)]) == {"J3301": expected}


def test_a_gel_syringe_is_emptied_unless_the_note_says_otherwise():
    note = read_clinical_note("One syringe of Synvisc-One, 48 mg, into the right knee.")
    assert containers_of(note, [given("J7325", 48)]) == {"J7325": Container(no_waste=True)}


def test_of_two_drugs_each_is_told_by_its_own_sentences():
    text = "Botulinum toxin 155 units, 45 units wasted. Ketorolac 30 mg from the multi-dose vial."
    note = read_clinical_note(text)
    toxin, pain = text.index("Botulinum"), text.index("Ketorolac")
    drugs = [
        ProcedureCandidate("J0585", None, 155, (Evidence(toxin, toxin + 10, "Botulinum"),)),
        ProcedureCandidate("J1885", None, 2, (Evidence(pain, pain + 10, "Ketorolac"),)),
    ]
    assert containers_of(note, drugs) == {"J0585": Container(wasted=45), "J1885": Container()}


def test_no_procedure_and_no_inhaled_dose_has_a_container():
    note = read_clinical_note("Albuterol 2.5 mg by nebulizer. Knee injected.")
    assert containers_of(note, [given("J7613", 3), given("20610", 1)]) == {}


def test_one_question_is_asked_for_all_open_drugs():
    drugs = [given("J3301", 4), given("J1885", 2)]
    told = {"J3301": Container(open=True), "J1885": Container(open=True)}
    assert [one.text for one in container_queries(told, drugs)] == [ASK_CONTAINER]
    assert container_queries({"J3301": Container(no_waste=True)}, drugs) == ()


@pytest.mark.parametrize(
    ("text", "milligrams"),
    [
        ("From one single-dose vial of 40 mg triamcinolone, 20 mg were injected and the remaining 20 mg discarded", 20),
        ("30 mg of a 40 mg single-dose vial injected, 10 mg wasted", 30),
        ("40 mg vial injected", 40),
    ],
)
def test_the_size_of_a_vial_and_what_was_thrown_away_are_no_dose(text, milligrams):
    assert counted("mg", [text], []).number == milligrams
