"""What a note says of a service that a modifier tells the payer: one ear tested of two, a second scope on purpose.

Finds no procedure. Sources: CPT audiology guideline (one ear is 52); NCCI Policy Manual, chapter 5, and AAO-HNS on two
scopes in one session: another instrument and a reason of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from assistant.propose.model import ClinicalNote, ProcedureCandidate
from ingest.codes import CodeSet

REDUCED = "52"
_BOTH_EARS = CodeSet.parse("92550 92552-92553 92555-92557 92562-92588".split())
_SIDE = r"(?:right|left|r|l|one|single)"
_ONE_EAR = re.compile(
    rf"\b{_SIDE} ear (?:was )?(?:tested )?only\b|\bonly (?:the )?{_SIDE} ear\b|\bmonaural\b"
    rf"|\b(?:{_SIDE}|other|opposite) ear (?:was |is )?(?:not (?:be )?test\w*|could not be test\w*|untest\w*|deferred)"
    rf"|\bnot (?:to )?test(?:ed|ing)? (?:in |on )?the {_SIDE} ear\b"
)
# What was found in one ear only says nothing of what was tested.
_FOUND = re.compile(r"\b(?:loss|perforat\w+|fluid|effusion|impression|pain|tinnitus)\b")
_TWO_EARS = re.compile(r"\b(?:both ears|bilaterally|each ear|au)\b")
_ANOTHER_SCOPE = re.compile(
    r"\b(?:rigid|separate|second|different|another)(?:[\s\w-]{0,20}\d+[\s-]*(?:deg\w*)?)?[\s\w-]{0,24}"
    r"\b(?:scope|endoscope|telescope|endoscopy|instrument)\b"
)
_REASON = re.compile(
    r"\b(?:because|since|could ?n[o']t|can(?:no|')t|unable|not able|inadequate\w*|insufficient\w*"
    r"|did not (?:allow|reach|show)|separate (?:reason|indication|complaint|problem)|separately indicated"
    r"|different (?:reason|indication))\b"
)


def reduced_codes(note: ClinicalNote, procedures: Sequence[ProcedureCandidate]) -> dict[str, str]:
    """52 by code for the hearing tests that stand for both ears where one alone was tested."""
    sentences = list(_sentences(note))
    if not any(_ONE_EAR.search(text) and not _FOUND.search(text) for text in sentences):
        return {}
    if any(_TWO_EARS.search(text) for text in sentences):
        return {}
    return {one.procedure_code: REDUCED for one in procedures if one.procedure_code in _BOTH_EARS}


def tells_second_scope(note: ClinicalNote) -> bool:
    """Whether the note says that another scope was used and why the first did not do."""
    return any(_ANOTHER_SCOPE.search(text) and _REASON.search(text) for text in _sentences(note))


def _sentences(note: ClinicalNote) -> Iterator[str]:
    for _, clauses in groupby(note.clauses, key=lambda clause: clause.sentence):
        told = list(clauses)
        yield note.text[told[0].start : told[-1].end].lower()
