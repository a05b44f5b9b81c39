"""What a note says of a service that a modifier tells the payer: one ear tested of two, a second scope on purpose.

Finds no procedure. Sources: CPT audiology guideline (one ear is 52); NCCI Policy Manual, chapter 5, and AAO-HNS on two
scopes in one session: another instrument and a reason of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
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


# A rigid rod for the nose is another scope than the flexible one for the larynx.
_OWN_SCOPE = re.compile(
    r"\b(?:rigid|hopkins|rod|telescope|sinuscope|nasal endoscope|(?:0|30|45|70|zero|thirty|forty-five|seventy)"
    r"[\s-]*deg\w*|degree)\b"
    r"|\b(?:separate|second|different|another|two|both|same|new)\b[\s\w-]{0,24}\b(?:scopes?|endoscopes?|instruments?)\b"
)
_NOSE_SCOPE = "31231"
_LARYNX_SCOPES = CodeSet.parse(["31575", "31579", "92511"])
ONE_SCOPE = "the note does not say that another scope was used for the nose"
_ASK_SCOPE = "With which scope was the nose examined, with which the larynx, and what was the reason for each?"


def hold_second_scope(note: ClinicalNote, candidates: Sequence[ProcedureCandidate]) -> list[ProcedureCandidate]:
    """The candidates; a look into the nose beside one at the larynx waits where no scope of its own is told."""
    standing = {one.procedure_code for one in candidates if not one.why_not}
    if not any(code in _LARYNX_SCOPES for code in standing) or any(_OWN_SCOPE.search(one) for one in _sentences(note)):
        return list(candidates)
    return [
        replace(one, confidence="low", why_not=ONE_SCOPE, ask=_ASK_SCOPE)
        if one.procedure_code == _NOSE_SCOPE and not one.why_not
        else one
        for one in candidates
    ]


STOPPED = "53"
_BEGUN = frozenset({"000", "010", "090"})
_WORK = (
    r"(?:procedure|operation|surgery|study|case|arthroscopy|catheterization|angiogra\w+|intervention|injection|excision"
    r"|repair|scope|endoscopy|\w+(?:ectomy|otomy|oplasty|oscopy))"
)
_STOPPED = re.compile(
    rf"\b{_WORK}(?: itself)? (?:was |were |had to be |is )+(?:then |therefore |immediately |at once )?"
    r"(?:stopped|aborted|terminated|discontinued|abandoned|halted|broken off|ended early|not completed|cut short)\b"
    rf"|\b(?:stopped|aborted|terminated|discontinued|abandoned|halted|broke off) the {_WORK}\b"
)
_DANGER = re.compile(
    r"\b(?:hypotens\w+|blood pressure|pressure (?:fell|dropped)|desaturat\w*|saturation|oxygen|arrhythm\w*|bradycard\w*"
    r"|tachycard\w*|fibrillation|asystole|heart block|anaphyla\w*|bronchospasm|laryngospasm|unstable|instability"
    r"|st change"
    r"|ischemi\w*|seizure|vasovagal|syncop\w*|chest pain|arrest|bleeding|malignant hyperthermia|airway"
    r"|safety|well[- ]being|could not be tolerated|dissection|perforat\w+)\b"
)


def reduced_codes(note: ClinicalNote, procedures: Sequence[ProcedureCandidate]) -> dict[str, str]:
    """52 by code for the hearing tests that stand for both ears where one alone was tested."""
    sentences = list(_sentences(note))
    if not any(_ONE_EAR.search(text) and not _FOUND.search(text) for text in sentences):
        return {}
    if any(_TWO_EARS.search(text) for text in sentences):
        return {}
    return {one.procedure_code: REDUCED for one in procedures if one.procedure_code in _BOTH_EARS}


def stopped_codes(note: ClinicalNote, procedures: Sequence[ProcedureCandidate]) -> dict[str, str]:
    """53 for the procedure that was begun and then stopped for the patient's sake; of several the one told last."""
    begun = [one for one in procedures if one.global_days in _BEGUN and not one.why_not]
    stop = _stopped_at(note)
    if stop is None:
        return {}
    before = [one for one in begun if min(words.start for words in one.evidence) <= stop]
    if not before:
        return {}
    last = max(before, key=lambda one: max(words.start for words in one.evidence if words.start <= stop))
    return {last.procedure_code: STOPPED}


def _stopped_at(note: ClinicalNote) -> int | None:
    """Where the note says that the work was stopped, if its sentence or a neighbouring one tells a danger."""
    sentences = [list(clauses) for _, clauses in groupby(note.clauses, key=lambda clause: clause.sentence)]
    texts = [note.text[told[0].start : told[-1].end].lower() for told in sentences]
    for number, text in enumerate(texts):
        match = _STOPPED.search(text)
        if match is None or all(one.status in {"historical", "planned"} for one in sentences[number]):
            continue
        if any(_DANGER.search(near) for near in texts[max(0, number - 1) : number + 2]):
            return sentences[number][0].start + match.end()
    return None


def tells_second_scope(note: ClinicalNote) -> bool:
    """Whether the note says that another scope was used and why the first did not do."""
    return any(_ANOTHER_SCOPE.search(text) and _REASON.search(text) for text in _sentences(note))


def _sentences(note: ClinicalNote) -> Iterator[str]:
    for _, clauses in groupby(note.clauses, key=lambda clause: clause.sentence):
        told = list(clauses)
        yield note.text[told[0].start : told[-1].end].lower()
