"""Parts of the heart studied, and the one code they make."""

from __future__ import annotations

import pytest

from assistant.propose.catheterization import studied
from assistant.propose.coronary import NEED_NOT_TOLD, hold_study
from assistant.propose.model import ProcedureCandidate
from assistant.propose.note_reader import read_clinical_note

ACCESS = "Right radial sheath. "


def code_of(text, place="22"):
    found = studied(read_clinical_note(text).clauses, place)
    return found and found[0]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (
            "Both coronary arteries filmed. Pigtail across the aortic valve, left ventricle filled with contrast.",
            "93458",
        ),
        ("Left and right coronary pictures taken. The aortic valve was not crossed.", "93454"),
        ("Coronary arteriography done. LVEDP 18.", "93458"),
        ("Native coronaries injected. Mammary graft open. Vein graft to the marginal injected.", "93455"),
        ("Coronaries filmed. Vein graft patent. Left ventriculogram EF 45.", "93459"),
        ("Catheter: right atrium mean 8, pulmonary artery 54/22, wedge 11.", "93451"),
        ("Swan to the pulmonary artery, wedge 12. Coronary angiograms. LV pressure 120/10.", "93460"),
        ("Coronaries filmed. No right heart study. The right heart study was dropped.", "93454"),
        ("Left ventriculogram only, EF 50, catheter out.", "93452"),
    ],
)
def test_what_was_studied_makes_one_code(text, code):
    assert code_of(ACCESS + text) == code


@pytest.mark.parametrize(
    "text",
    [
        "Guiding pictures of the left coronary to place the stent.",
        "Diagnostic coronary pictures were made two weeks ago. Catheter to the LAD, stent placed.",
        "Catheterization next week: coronary angiography.",
        "Congenital heart disease: left ventricle entered, coronary pictures.",
    ],
)
def test_guides_other_days_and_congenital_hearts_make_no_study(text):
    assert code_of(ACCESS + text) is None


def test_a_visit_that_reads_a_report_shows_no_study():
    assert code_of("Cath report read: coronary pictures normal, LVEDP 12.") is None
    assert code_of(ACCESS + "Coronaries filmed.", place="12") is None


def test_a_study_beside_a_stent_waits_where_nothing_tells_why():
    both = [ProcedureCandidate("92928", None, 1, ()), ProcedureCandidate("93458", None, 1, ())]
    held = hold_study(read_clinical_note("Coronaries filmed. Stent to the LAD."), both)
    assert [one.why_not for one in held] == ["", NEED_NOT_TOLD]
    told = hold_study(read_clinical_note("No prior catheterization. Coronaries filmed. Stent to the LAD."), both)
    assert [one.why_not for one in told] == ["", ""]
