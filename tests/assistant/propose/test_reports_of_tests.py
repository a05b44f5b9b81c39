"""Notes that report a test: its name at the top, its parts in the body, and what the facility supplies."""

from __future__ import annotations

import pytest

from assistant.propose.candidates import procedure_candidates
from assistant.propose.evidence import repertoire_of
from assistant.propose.global_period import is_apart_in_period
from assistant.propose.model import Encounter
from assistant.propose.note_reader import read_clinical_note
from ingest.notes.reader import read_note

NOTE = """---
title: Holter and a drug
kind: procedure
codes: [93227, J2785]
verified: 2026-11-22
review-by: 2027-11-22
owner: library
sources: ["own"]
---
```evidence
code: 93227
any: ["holter ... interpret*"]
subject: [holter]
titled: ["interpretation|impression", "review* ... strips"]
```

```evidence
code: J2785
any: [regadenoson]
```
"""


@pytest.fixture(scope="module")
def repertoire():
    read = read_note(NOTE.encode(), note_id="reports", path="reports.md", layer="library")
    assert read.note is not None
    return repertoire_of([read.note])


def shown(repertoire, text, place="11"):
    encounter = Encounter(None, "2026-03-01", place)
    return [one.procedure_code for one in procedure_candidates(read_clinical_note(text), repertoire, encounter)[0]]


@pytest.mark.parametrize(
    "text",
    [
        "HOLTER REPORT\nRecording 48 hours.\nInterpretation: rare PVCs.",
        "Hospital heart station. Holter, 24 hours. I reviewed all strips.",
        "HOLTER\nFindings: sinus.\nImpression: no pause.",
    ],
)
def test_a_report_names_its_test_at_the_top_and_tells_the_rest_below(repertoire, text):
    assert shown(repertoire, text) == ["93227"]


@pytest.mark.parametrize(
    "text",
    [
        "Established patient. Holter last month. Interpretation of symptoms: anxiety.",
        "Here for results. Holter was normal. Impression: palpitations.",
        "HOLTER REPORT\nRecording 48 hours.",
        "Palpitations. No syncope. Pulse regular. Lungs clear. Holter worn in May. Impression: PVCs.",
        "Chief complaint: flutters\nHolter worn in May.\nImpression: PVCs.",
    ],
)
def test_a_test_that_a_visit_speaks_of_is_no_report(repertoire, text):
    assert shown(repertoire, text) == []


@pytest.mark.parametrize(("place", "expected"), [("11", ["J2785"]), ("22", []), (None, ["J2785"])])
def test_a_facility_supplies_the_drugs(repertoire, place, expected):
    assert shown(repertoire, "Regadenoson 0.4 mg given.", place) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ten days after septoplasty. Unrelated: left ear pain, otitis externa.", True),
        ("Ten days after septoplasty. Breathing well.", False),
        ("Two years after septoplasty. Unrelated: left ear pain.", False),
        ("Ten days after septoplasty by another surgeon. Unrelated: left ear pain.", False),
    ],
)
def test_an_unrelated_problem_in_the_period_is_told_apart(text, expected):
    assert is_apart_in_period(read_clinical_note(text)) is expected


@pytest.mark.parametrize(
    ("text", "piece", "status"),
    [
        ("Because no clot was found we went on to a shock of 200 joules.", "shock", "done"),
        ("He brought the report of an echo done in January.", "echo", "historical"),
        ("Hook-up of the recorder was billed in July.", "Hook-up", "historical"),
        ("Will treat closed without manipulation, short arm cast (fiberglass) put on.", "short arm cast", "done"),
    ],
)
def test_what_was_done_here_today(text, piece, status):
    clauses = read_clinical_note(text).clauses
    assert [one.status for one in clauses if piece in one.text] == [status]


def test_an_indication_on_a_running_line_ends_where_the_report_begins():
    told = read_clinical_note("ECHO. Indication: murmur. LV size normal. EF 60.")
    assert [one.section for one in told.clauses] == ["other", "indication", "other", "other"]
    story = read_clinical_note("REPORT. Indication: chest pain. He had a stent in 2019.")
    assert [one.section for one in story.clauses][1:] == ["indication", "indication"]
