"""What must be asked because the note tells of two things and not how they hang together. Codes nothing.

Source: ICD-10-CM Official Guidelines, section I.B.16 (a complication must be documented as one) and section I.C.19.e.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assistant.propose.diagnoses_draft import Draft
from assistant.propose.model import Clause, ClinicalNote, ProviderQuery

_AFTER_SURGERY = re.compile(
    r"\b(?:post[ -]?op(?:erative(?:ly)?)?|pod ?#?\d+|status post|s/p"
    r"|(?:days?|weeks?|wks?) (?:after|since|out from|following)\b[^.;]{0,40}"
    r"(?:ectomy|plasty|otomy|surgery|operation|procedure|excision|replacement|repair|arthroscopy|biopsy))\b", re.I
)  # fmt: skip
_TROUBLE = re.compile(
    r"\b(?:bleed(?:ing|s)?|bled|ha?emorrhage|ha?ematoma|seroma|dehiscence|infect(?:ed|ion)|abscess|purulent|fistula)\b",
    re.I,
)
_TIE = re.compile(
    r"\b(?:complicat\w+|expected|due to|caused by|secondary to|because of|attribut\w+|result(?:ed|ing)? (?:of|from)"
    r"|(?:un)?related to|as usual|normal healing|part of healing|provoked by|not a (?:cause|factor))\b", re.I
)  # fmt: skip
_OPERATION = re.compile(r"\b(?:estimated blood loss|ebl|post-?operative diagnosis|anesthesia: general)\b", re.I)
# Who goes back to the operating room for it does so because of the operation.
_BACK = re.compile(
    r"\b(?:back|return(?:ed|s)?|taken|take-?back)\b[^.;]{0,12}\bto (?:the )?(?:or|operating room|theat(?:er|re))\b",
    re.I,
)
_BLEEDING = ("R04", "K62.5", "K92", "R31", "N92", "N93", "H11.3", "H31.3", "R58", "M25.0")
# The note calls it a complication: the chapters' own blocks and T80-T88.
_COMPLICATIONS = (
    "T80", "T81", "T82", "T83", "T84", "T85", "T86", "T87", "T88", "D78", "E36", "E89", "G97", "H59", "H95", "I97",
    "J95", "K91", "L76", "M96", "N99",
)  # fmt: skip


def link_queries(note: ClinicalNote, drafts: Sequence[Draft]) -> Iterator[ProviderQuery]:
    """One query for a bleeding beside an anticoagulant, one for trouble after an operation, where no cause is told."""
    if any(clause.status == "done" and _TIE.search(clause.text) for clause in note.clauses):
        return
    bleeding = next((one for one in drafts if one.diagnosis_code.startswith(_BLEEDING) and not one.reserve), None)
    drug = next((one for one in drafts if one.diagnosis_code == "Z79.01"), None)
    if bleeding is not None and drug is not None:
        yield ProviderQuery(
            "What is the cause of the bleeding, if it is known? The note does not say.",
            "cause of the bleeding",
            tuple(dict.fromkeys((*bleeding.evidence, *drug.evidence))),
        )
    if any(one.diagnosis_code.startswith(_COMPLICATIONS) for one in drafts):
        return
    trouble = _after_surgery(note)
    if trouble is not None:
        yield ProviderQuery(
            "How does this finding stand to the earlier operation, if at all? The note does not say.",
            "relation to the earlier operation",
            (trouble.evidence,),
        )


def _after_surgery(note: ClinicalNote) -> Clause | None:
    if _OPERATION.search(note.text) or _BACK.search(note.text) or not _AFTER_SURGERY.search(note.text):
        return None
    return next(
        (one for one in note.clauses if one.status == "done" and _TROUBLE.search(one.text) and not _routine(one)), None
    )


def _routine(clause: Clause) -> bool:
    return clause.section in {"consent", "plan", "past-surgical", "family-history"} or bool(
        re.search(r"\b(?:no|without|denies|risks?|stopped)\b", clause.text, re.I)
    )
