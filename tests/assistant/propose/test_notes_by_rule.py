"""What a note leaves out and what must then be asked; whose minutes count; visits beside an earlier operation."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from assistant.propose.evidence_amounts import counted
from assistant.propose.model import Encounter
from assistant.propose.note_reader import read_clinical_note
from assistant.propose.patient_known import new_patient_of
from assistant.propose.queries import nothing_shown
from assistant.propose.queries_vague import open_work, vague_queries
from assistant.propose.visit_in_period import visit_in_period
from assistant.propose.visit_minutes import minutes_of

ROOT = Path(__file__).resolve().parents[3]
DAY = date(2026, 3, 5)


def told(proposer, text, *, payer="summit-hmo", pos="11", age=50, new=False):
    proposal = proposer.propose(text, Encounter(payer, DAY.isoformat(), pos, age, "F", new)).proposal
    return (
        sorted("-".join((line.procedure_code, *line.modifiers)) for line in proposal.lines),
        [query.about for query in proposal.queries],
    )


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("Patient is new to me. Seen by my partner Dr. Ames on 2024-08-12 for vertigo.", False),
        ("Last visit here with me was May 2022 for wax. Comes with a blocked nose.", True),
        ("Last seen by me in May.", False),
        ("Our audiologist saw him last year; no physician of this group has ever seen him.", True),
        ("She was seen here but cannot remember when.", None),
        ("Last seen in this office four years ago.", True),
        ("He came from the hospital with a letter.", None),
    ],
)
def test_the_date_of_the_last_visit_tells_new_from_established(text, new):
    assert new_patient_of(read_clinical_note(text), DAY) is new


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("I was with her and her chart for 77 minutes today.", 77),
        ("Encounter time 70 minutes, of which 9 minutes were the nurse's.", 61),
        ("Total time 64 minutes; the scope took 9 of them and is billed separately.", 55),
        ("Total 55 minutes: mine 41, nurse 14.", 41),
        ("Total time: 90 min (me 75, resident 15).", 75),
        ("Time attested: 95 minutes by me; nurse time of 20 minutes not included.", 95),
        ("Total time 44 minutes, of which the therapist used 15. My time therefore 29.", 29),
        ("Total minutes today: 69. All mine.", 69),
        ("Start 9:00, end 9:52, all with me.", 52),
        ("Operating time 90 minutes.", None),
        ("Pressure held by me for 12 minutes.", None),
    ],
)
def test_only_the_physicians_minutes_count(text, minutes):
    found = minutes_of(read_clinical_note("Established. Assessment: vertigo.\n" + text))
    assert (found[0] if found else None) == minutes


@pytest.mark.parametrize(
    ("text", "codes", "stands"),
    [
        ("Three weeks after right parotidectomy by me. Left ear canal swollen.", ["H60.502"], "apart"),
        ("Five weeks after septoplasty by this practice. Septum straight.", ["J34.2"], "follow-up"),
        ("Twelve days after septoplasty here. Headache for four days.", ["R51.9"], "open"),
        ("Twelve weeks after ear tubes. Ear drains.", ["H92.11"], None),
        ("Three weeks after septoplasty by another surgeon. Headache.", ["R51.9"], None),
        ("Headache for three weeks.", ["R51.9"], None),
    ],
)
def test_a_visit_in_the_days_of_follow_up(text, codes, stands):
    found = visit_in_period(read_clinical_note(text), codes)
    assert (found[0] if found else None) == stands


def test_a_visit_that_may_belong_to_the_operation_is_asked_about_and_not_billed(proposer):
    note = "Twelve days after septoplasty here. Headache for four days. Sumatriptan 50 mg prescribed.\nAssessment: headache."
    assert told(proposer, note) == ([], ["relation to the earlier operation"])
    apart = "Three weeks after right parotidectomy by me. Left ear sore. Exam: left canal swollen. Drops prescribed.\nA: otitis externa, left."
    assert told(proposer, apart) == (["99213-24"], [])


@pytest.mark.parametrize(
    ("note", "about"),
    [
        (
            "Established. Total 74 minutes from check-in to check-out with the nurse teaching. A: gout. P: colchicine.",
            "time",
        ),
        (
            "Established. Header: total time 25 minutes. I spent 42 minutes today. A: gout, stable.",
            "the time by which the visit is billed",
        ),
        ("Established. The visit took most of an hour. A: gout, worse. P: diet.", "time"),
    ],
)
def test_minutes_of_several_people_or_of_two_sizes_are_asked_about(proposer, note, about):
    assert told(proposer, note)[1] == [about]


def test_an_act_named_only_stands_beside_a_visit_as_a_procedure_would(proposer):
    note = (
        "Established. Left nosebleed today.\nThe left-sided bleeding was controlled in the chair.\nA: epistaxis left."
    )
    assert told(proposer, note) == ([], ["nosebleed"])
    queries = tuple(vague_queries(read_clinical_note(note), []))
    assert [one.global_days for one in open_work(queries)] == ["000"]


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("Pinched for ten minutes; the nosebleed was controlled.", []),
        ("New set mixed by our nurse: two vials. Allergy.", ["allergy serum"]),
        ("Vials prepared and billed by his outside allergist. Allergy.", []),
        ("Both maxillary openings were dilated.", ["sinus dilation"]),
        ("Sinuses open and healed.", []),
        ("The nasal fracture was dealt with in the usual way.", ["nose fracture"]),
        ("Impacted wax filled the right canal; it was cleared.", ["impacted wax"]),
        ("A little soft wax was wiped out of the way.", []),
        ("After tonsillectomy: the clot was removed and the spot coagulated.", ["throat bleeding"]),
    ],
)
def test_what_is_open_is_asked_and_what_is_told_is_not(text, about):
    assert [one.about for one in vague_queries(read_clinical_note(text), [])] == about


def test_a_scope_found_on_one_side_answers_for_both():
    note = read_clinical_note("Left nose coagulated under the endoscope. Right side scoped, clean.")
    assert not list(vague_queries(note, [("31238", "LT")]))


def test_work_without_any_code_is_asked_about_and_a_note_without_work_is_not():
    assert nothing_shown(read_clinical_note("Deviated bone and cartilage taken out."))
    assert not nothing_shown(read_clinical_note("Patient did not come. Called, no answer."))


@pytest.mark.parametrize(
    ("kind", "texts", "number"),
    [
        ("tests", ["36 scratch tests with aeroallergens plus positive and negative control"], 38),
        ("tests", ["40 prick tests placed"], 40),
        ("units", ["vial A pollens, vial B mites, five 1 cc aliquots each"], 10),
        ("units", ["vial A, vial B; one 1 cc aliquot is a dose, ten doses from each vial"], 20),
        ("units", ["two vials, 10 doses per vial"], 20),
    ],
)
def test_controls_count_as_tests_and_each_vial_has_its_doses(kind, texts, number):
    assert counted(kind, texts, []).number == number


@pytest.mark.parametrize(
    ("text", "part", "status"),
    [
        ("Septoplasty and turbinate surgery 18 days ago, splints out.", "Septoplasty", "historical"),
        ("Septoplasty and turbinates by me 18 days ago (global).", "Septoplasty", "historical"),
        ("At the operation eight weeks ago (mine: tympanoplasty) he bled.", "tympanoplasty", "historical"),
        ("The nasopharynx had to be seen: flexible scope through the nose.", "flexible scope", "done"),
        ("Right parotidectomy decided and set for March 12.", "parotidectomy", "planned"),
        ("36 prick tests plus negative control.", "negative control", "done"),
        ("A rigid scope was passed since the cleft could not be seen.", "rigid scope", "done"),
        ("Tests placed for extracts that were negative on prick last week.", "Tests placed", "done"),
    ],
)
def test_what_was_then_is_not_of_today(text, part, status):
    note = read_clinical_note(text)
    assert next(clause.status for clause in note.clauses if part in clause.text) == status


def test_an_operation_in_the_paragraph_of_the_diagnosis_is_told(proposer):
    note = "Operation: tonsils. General anesthesia. Diagnosis: chronic tonsillitis. Both tonsils taken with coblation. No bleeding."
    assert told(proposer, note, pos="24", age=20)[0] == ["42826"]


def test_a_label_of_another_organ_ends_the_side():
    note = read_clinical_note("L nose: dry. EARS: right canal blocked by wax. Wax lifted out. No cholesteatoma left.")
    assert [sorted(clause.sides) for clause in note.clauses][-2:] == [["RT"], ["RT"]]


def test_a_diagnosis_of_the_other_side_takes_no_side_from_a_line(proposer):
    note = (
        "Mask general anesthesia. Right: incision in the drum, glue out, grommet placed. "
        "Left: incision in the drum, dry, no tube placed.\nDiagnosis: chronic mucoid otitis media, right."
    )
    assert told(proposer, note, pos="24", age=3)[0] == ["69421-LT", "69436-RT"]


def test_a_first_visit_told_in_a_few_words_beside_a_scope_is_a_visit(proposer):
    note = (
        "New to us. Right neck mass two months, smoker. Neck: 3 cm firm right level II node. Flexible laryngoscopy by me"
        " through the right nostril: small irregular right tonsil. Discussed likely serious disease, CT neck ordered,"
        " fine needle aspiration planned for Thursday. No biopsy today."
    )
    lines = told(proposer, note, new=True)[0]
    assert "31575" in lines
    assert any(line.startswith("9920") and line.endswith("-25") for line in lines)


@pytest.mark.parametrize(
    "note",
    [
        "Two weeks after tonsillectomy. Eating well, fossae healed. No complaint.",
        "Here five weeks after total knee replacement by me, wound healed, walking with cane.",
    ],
)
def test_healing_after_a_named_operation_is_its_follow_up(proposer, note):
    assert told(proposer, note)[0] == ["99024"]
