"""Written dates tell what was done before the encounter; sizes and wounds in one breath; visits that wait for an answer."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from assistant.propose.encounter_day import earlier_days
from assistant.propose.evidence_sizes import sizes
from assistant.propose.global_period import days_since
from assistant.propose.model import Encounter
from assistant.propose.note_reader import read_clinical_note
from assistant.propose.propose import Proposer

ON = date(2026, 6, 25)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Septum straightened on May 14.", [42]),
        ("Biopsy 4/20/26 and June 25, 2026.", [66]),
        ("Seen December 30.", [177]),
        ("Back on June 30; in May 12 units were given.", []),
        ("February 30, 2026 is no day.", []),
    ],
)
def test_a_date_before_the_encounter_is_read_with_its_days(text, days):
    assert [found[2] for found in earlier_days(text, ON)] == days


@pytest.mark.parametrize(
    ("text", "statuses"),
    [
        ("Septum straightened by me on May 14.", ["historical"]),
        ("Excised 6/25/2026 under local.", ["done"]),
        ("Symptoms began May 4.", ["done"]),
        ("Pacemaker of 2021 interrogated here.", ["done"]),
        ("Surgery of 2021 went well.", ["historical"]),
        ("Punch biopsy last month showed squamous cell carcinoma.", ["historical", "done"]),
        ("Serum was mixed here in January and billed then.", ["historical"]),
        ("Plan:\nCeftriaxone 1 g IM given by the nurse.", ["done"]),
        ("Plan:\nSamples of apixaban 5 mg given.", ["planned"]),
        ("Basal cell carcinoma per pathology of June 3.", ["done"]),
        ("Hypertension not controlled.", ["done"]),
        ("Counted with mother: left armpit 6.", ["done", "done"]),
    ],
)
def test_the_status_follows_dates_and_who_gave_what(text, statuses):
    assert [clause.status for clause in read_clinical_note(text, ON).clauses] == statuses


def test_the_days_since_an_operation_are_counted_from_its_date():
    assert days_since("septoplasty by me on may 14", ON) == 42
    assert days_since("septoplasty by me on may 14") is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Tumor 1.2 cm excised with margins of 5 mm", [("1.2", "lesion"), ("0.5", "margin")]),
        ("Lesion 1.2 cm margins 5 mm each side", [("1.2", "lesion"), ("0.5", "margin")]),
        ("1.0 cm biopsy scar with 5 mm all around", [("1.0", "lesion"), ("0.5", "margin")]),
    ],
)
def test_each_of_two_sizes_is_told_by_the_words_at_its_side(text, told):
    assert [(size.centimeters, size.measures) for size in sizes(text)] == [(Decimal(cm), name) for cm, name in told]


def _codes(proposer: Proposer, note: str, **known: object) -> tuple[list[str], list[str]]:
    encounter = Encounter("blue-shield-ppo", "2026-06-25", str(known.get("pos", "11")), 40, "F")
    told = proposer.propose(note, encounter).proposal
    return sorted(line.procedure_code for line in told.lines), [query.about for query in told.queries]


def test_two_wounds_in_one_sentence_are_coded_each_by_its_layers(proposer):
    note = (
        "Two lacerations: left eyebrow 2.2 cm and chin 1.4 cm. The eyebrow was closed in two layers."
        " Chin closed with three nylon stitches."
    )
    assert _codes(proposer, note)[0] == ["12011", "12051"]


def test_a_visit_waits_where_nobody_knows_whether_the_patient_is_new(proposer):
    note = "Right ear full since a flight.\nExam: right drum dull.\nA: serous otitis media, right.\nP: fluticasone prescribed."
    assert _codes(proposer, note) == ([], ["new or established patient"])
    assert _codes(proposer, f"Established. {note}") == (["99213"], [])


def test_a_visit_billed_by_time_waits_for_its_minutes(proposer):
    note = (
        "Established. Tinnitus, long talk on sleep. Exam normal.\nA: tinnitus, both ears.\nP: therapy. Billed by time."
    )
    assert _codes(proposer, note) == ([], ["the time by which the visit is billed"])


@pytest.mark.parametrize(("place", "drug"), [("11", True), ("22", False)])
def test_a_drug_is_the_facilitys_where_the_facility_bought_it(proposer, place, drug):
    note = "Ketorolac 30 mg IM given in the left deltoid by the nurse."
    assert ("J1885" in _codes(proposer, note, pos=place)[0]) is drug


def test_doses_given_one_after_the_other_are_added(proposer):
    note = "SVT. Adenosine 6 mg pushed fast IV by me from office stock, no change, then 12 mg, and sinus at once."
    told = proposer.propose(note, Encounter("blue-shield-ppo", "2026-06-25", "11", 40, "F")).proposal
    assert [(line.procedure_code, line.units) for line in told.lines if line.procedure_code.startswith("J")] == [
        ("J0153", 18)
    ]
