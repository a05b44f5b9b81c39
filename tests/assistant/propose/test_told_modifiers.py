"""Modifiers a note itself tells: one ear tested, a second scope with its reason, work after an earlier operation."""

from __future__ import annotations

import pytest

from assistant.propose.global_period import period_modifiers
from assistant.propose.model import ProcedureCandidate
from assistant.propose.note_reader import read_clinical_note
from assistant.propose.told_modifiers import reduced_codes, tells_second_scope


def found(code, days="000"):
    return ProcedureCandidate(code, None, 1, (), global_days=days)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Audiology, R ear only. Complete audiogram right ear.", {"92557": "52"}),
        ("Complete audiogram. The left ear was not tested.", {"92557": "52"}),
        ("Complete audiogram, both ears. Conductive loss in the right ear only.", {}),
        ("Complete audiogram. Impression: hearing loss, left ear only.", {}),
    ],
)
def test_one_ear_tested_is_reduced(text, expected):
    assert reduced_codes(read_clinical_note(text), [found("92557", "XXX"), found("31575")]) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Then a rigid 30-degree endoscope was used because the flexible one could not reach the meatus.", True),
        ("A separate rigid telescope was used for a different reason, the nasal polyps.", True),
        ("A rigid endoscope was passed on both sides.", False),
        ("The flexible scope was passed because of hoarseness.", False),
    ],
)
def test_a_second_scope_needs_an_instrument_and_a_reason(text, expected):
    assert tells_second_scope(read_clinical_note(text)) is expected


@pytest.mark.parametrize(
    ("text", "code", "expected"),
    [
        ("POD 6 after tonsillectomy by me. Brought back to OR for bleeding, vessel ligated.", "42962", "78"),
        ("Three weeks s/p septoplasty and FESS. Crusts removed from both cavities.", "31237", "79"),
        ("Ten days s/p bilateral FESS (no septoplasty). Crusts removed.", "31237", None),
        ("Two years after septoplasty. Crusts removed.", "31237", None),
        ("Two weeks after tonsillectomy by another surgeon. Brought back to OR for bleeding.", "42962", None),
        ("Four weeks after septoplasty. Unrelated to that surgery, a lip cyst was excised.", "40810", "79"),
    ],
)
def test_work_after_an_earlier_operation_takes_its_modifier(text, code, expected):
    assert period_modifiers(read_clinical_note(text), [found(code)]).get(code) == expected
