"""Encounter codes fitted to the patient: the yearly examination by age and result, the joint that was replaced.

Source: ICD-10-CM tabular list at Z00, Z47.1 and Z96.6; Official Guidelines, section I.C.21.
"""

from __future__ import annotations

import re
from dataclasses import replace

from assistant.propose.diagnoses_draft import Draft
from assistant.propose.model import ClinicalNote, Encounter

_ADULT = 18
_ABNORMAL = re.compile(r"(?<!no )(?<!without )(?<!no new )\babnormal (?:finding|exam)", re.I)
_JOINTS = (("knee", "Z96.65"), ("hip", "Z96.64"), ("shoulder", "Z96.61"))
_JOINT_SIDES = {"RT": "1", "LT": "2"}


def fitted_to_patient(drafts: list[Draft], note: ClinicalNote, encounter: Encounter) -> list[Draft]:
    """The drafts, with codes that follow from age, result or joint."""
    found: list[Draft] = []
    for draft in drafts:
        code = draft.diagnosis_code
        if code.startswith(("Z00.0", "Z00.12")):
            child = code.startswith("Z00.12") or (encounter.age is not None and encounter.age < _ADULT)
            abnormal = bool(_ABNORMAL.search(note.text))
            code = ("Z00.121" if abnormal else "Z00.129") if child else ("Z00.01" if abnormal else "Z00.00")
            found.append(replace(draft, diagnosis_code=code, title=""))
            continue
        found.append(draft)
        if code == "Z47.1":
            found.extend(_joint(draft))
    return found


def _joint(draft: Draft) -> list[Draft]:
    text = " ".join(evidence.quote for evidence in draft.evidence).lower()
    for word, stem in _JOINTS:
        if word in text or (word == "knee" and "tka" in text) or (word == "hip" and "tha" in text):
            last = "3" if len(draft.sides) > 1 else _JOINT_SIDES.get(next(iter(draft.sides), ""), "9")
            return [replace(draft, diagnosis_code=stem + last, title="", place=draft.place + 1, side_open=last == "9")]
    return []
