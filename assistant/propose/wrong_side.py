"""Work on one side where the note tells of trouble on the other side alone: one of the two was written wrongly.

Reads candidates and the words around them; which side is right only the provider can say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from assistant.propose.model import Clause, ClinicalNote, ProcedureCandidate, Side

SIDE_OF_TROUBLE = "the trouble is told of one side and the work of the other"
_ASK = "The complaint or diagnosis names one side and the description of the work the other. On which side was it done?"
_PARTS = {
    "knee": r"knees?|menisc\w*|patell\w*",
    "shoulder": r"shoulders?|cuff|subacromial|acromi\w*|glenohumeral",
    "hip": r"hips?|trochanter\w*",
    "elbow": r"elbows?|olecranon|epicondyl\w*",
    "wrist": r"wrists?|carpal",
    "thumb": r"thumbs?",
    "ankle": r"ankles?|malleol\w*",
    "foot": r"foot|heels?|plantar",
    "nose": r"nose|nasal|nostrils?|nares?|naris|epistaxis|nosebleeds?|septum|septal",
    "sinus": r"sinus\w*|maxillary|ethmoid\w*|sphenoid\w*",
    "ear": r"ears?|cerumen|wax|eardrums?|otitis",
}
_NAMED = re.compile("|".join(rf"\b(?P<{part}>{words})\b" for part, words in _PARTS.items()), re.IGNORECASE)
_TROUBLE = re.compile(
    r"\b(?:pain\w*|hurt\w*|aches?|aching|\w*arthritis|bursitis|\w*tend[io]nitis|tendinosis|impingement|trigger\w*|tears?|torn"
    r"|sprain\w*|fractur\w*|effusion|sinusitis|polyp\w*|epistaxis|nosebleeds?|bleed\w*|impact\w*|cerumen|otitis|plugged"
    r"|blocked|perforation|tunnel|capsulitis)\b",
    re.IGNORECASE,
)
_PAST = frozenset({"historical", "hypothetical", "other-person", "planned"})


def hold_wrong_side(note: ClinicalNote, candidates: Sequence[ProcedureCandidate]) -> list[ProcedureCandidate]:
    """The candidates; those on one side wait where the assessment names that part's trouble on the other side only.

    Not where any word outside the work speaks of the part on the side of the work.
    """
    wrong = [_contradicts(note, one, candidates) for one in candidates]
    return [
        replace(one, confidence="low", why_not=SIDE_OF_TROUBLE, ask=_ASK) if waits else one
        for one, waits in zip(candidates, wrong, strict=True)
    ]


def _contradicts(note: ClinicalNote, candidate: ProcedureCandidate, others: Iterable[ProcedureCandidate]) -> bool:
    side = candidate.side
    if candidate.sides_rule != "per-side" or side is None or candidate.why_not:
        return False
    if any(one.procedure_code == candidate.procedure_code and one.side != side for one in others):
        return False
    parts = {part for words in candidate.evidence for part in _parts(words.quote)}
    worked = {clause.sentence for clause in note.clauses if _is_evidence(clause, candidate)}
    if not parts or not worked:
        return False
    told: set[Side] = set()
    decides = False
    for clause in note.clauses:
        of_the_work = clause.sentence in worked or clause.section == "title"
        if of_the_work or not clause.sides_own or not parts & _parts(clause.text):
            continue
        told.update(clause.sides)
        if clause.status not in _PAST and clause.status != "negated" and _TROUBLE.search(clause.text):
            decides |= clause.sentence > max(worked) or clause.section in ("assessment", "diagnosis")
    return decides and bool(told) and side not in told


def _is_evidence(clause: Clause, candidate: ProcedureCandidate) -> bool:
    return any(words.start < clause.end and clause.start < words.end for words in candidate.evidence)


def _parts(text: str) -> frozenset[str]:
    return frozenset(match.lastgroup for match in _NAMED.finditer(text) if match.lastgroup)
