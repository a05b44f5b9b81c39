"""Coronary arteries by their HCPCS modifiers, and whether a diagnostic study beside their treatment is distinct.

LM, LD, LC, RC and RI are the left main, left anterior descending, left circumflex, right coronary and ramus with their
branches (HCPCS Level II, CMS). Distinct diagnostic study: NCCI Policy Manual, chapter 11, section I.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from assistant.propose.model import Clause, ClinicalNote, Evidence, ProcedureCandidate
from ingest.codes import CodeSet

_TREATED = CodeSet.parse("92920 92924 92928 92930 92933 92937 92941 92943 92945".split())
_DIAGNOSTIC = CodeSet.parse(["93454-93461"])
_VESSELS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("LM", re.compile(r"\bleft main\b|\blmca?\b|\blm\b", re.IGNORECASE)),
    (
        "LD",
        re.compile(
            r"\b[mpd]?lad\b|\b(?:left )?anterior descending\b|\bdiagonal\b|\bdiag\b|\bd[12]\b|\bseptal perf", re.I
        ),
    ),
    ("LC", re.compile(r"\b(?:left )?circumflex\b|\bl?cx\b|\blcfx\b|\bobtuse marginal\b|\bom ?[123]?\b", re.IGNORECASE)),
    (
        "RC",
        re.compile(
            r"\b[mpd]?rca\b|\bright coronary\b|\br?pda\b|\brpl[ab]?\b|\bposterior descending\b|\bacute marginal", re.I
        ),
    ),
    ("RI", re.compile(r"\bramus\b", re.IGNORECASE)),
)
_WORK = re.compile(
    r"stent|\bdes\b|\bbms\b|balloon|angioplast|atherectom|thrombectom|\bpci\b|deploy|dilat|recanali|drug[- ]eluting",
    re.I,
)
# Where the guide sat, not what was treated.
_GUIDED = re.compile(
    r"\bguid\w+(?: catheter)?(?: \w+){0,3} (?:in|into|to|at|engag\w+) (?:the )?(?:left main|lmca?|lm)\b", re.IGNORECASE
)
_SPARED = re.compile(
    r"\b(?:medical (?:therapy|management|treatment)|left alone|not treated|no (?:treatment|intervention))\b", re.I
)
_BEFORE = 14
_FIRST_STUDY = re.compile(
    r"\bno (?:prior|previous|earlier|old|recent)\b[^.\n]{0,60}\b(?:cath|angiogra|coronar|stud)"
    r"|\b(?:never|not)\b[^.\n]{0,30}\b(?:cath|angiogra)"
    r"|\bfirst(?:[- ]ever|[- ]time)?\b[^.\n]{0,20}\b(?:cath|angiogra)"
    r"|\b(?:basis of|based on|because of|result of|after)\b[^.\n]{0,40}"
    r"\b(?:this|these|today's|the diagnostic)\b[^.\n]{0,20}(?:stud|finding|angiogra|picture|result)"
    r"|\bad hoc\b|\bstemi\b|\bnstemi\b|\bst[- ]elevation\b|\bacute (?:mi|myocardial|coronary)\b"
    r"|\b(?:changed?|worse|new|progress\w*)\b[^.\n]{0,40}\bsince\b[^.\n]{0,40}\b(?:cath|angiogra|stud)",
    re.IGNORECASE,
)
NEED_NOT_TOLD = "beside the treatment of an artery the note does not say why the study was needed"
ASK_EARLIER_STUDY = (
    "Was there an earlier study of the coronary arteries, and what was the decision to treat based on? "
    "The note does not say."
)


def is_coronary_treatment(procedure_code: str) -> bool:
    """Whether the code opens a coronary artery and so wants the artery on its line."""
    return procedure_code in _TREATED


def is_coronary_study(procedure_code: str) -> bool:
    """Whether the code is a diagnostic catheterization that shows the coronary arteries."""
    return procedure_code in _DIAGNOSTIC


def hold_study(note: ClinicalNote, candidates: Sequence[ProcedureCandidate]) -> list[ProcedureCandidate]:
    """The candidates; a study beside a treatment waits where nothing tells why it was needed before it."""
    treated = any(is_coronary_treatment(one.procedure_code) and not one.why_not for one in candidates)
    if not treated or tells_first_study(note) is not None:
        return list(candidates)
    return [
        replace(one, confidence="low", why_not=NEED_NOT_TOLD, ask=ASK_EARLIER_STUDY)
        if is_coronary_study(one.procedure_code) and not one.why_not
        else one
        for one in candidates
    ]


def vessels_treated(note: ClinicalNote, candidate: ProcedureCandidate) -> tuple[str, ...]:
    """The modifiers of the arteries the candidate's words treat, in the order of the note; empty where none is named.

    The artery stands in the words themselves, else it is the one named last before them.
    """
    spans = [(one.start, one.end) for one in candidate.evidence if _WORK.search(one.quote)]
    told: dict[str, None] = {}
    for start, _ in spans:
        number = next((place for place, clause in enumerate(note.clauses) if clause.start <= start < clause.end), None)
        if number is not None:
            told.update(dict.fromkeys(_named_for(note.clauses, number)))
    return tuple(told)


def _named_for(clauses: Sequence[Clause], number: int) -> tuple[str, ...]:
    """The artery where the work was done; where no other is named, the one the guide sat in."""
    return _named_before(clauses, number, _GUIDED) or _named_before(clauses, number, None)


def _named_before(clauses: Sequence[Clause], number: int, without: re.Pattern[str] | None) -> tuple[str, ...]:
    for place in range(number, max(-1, number - _BEFORE), -1):
        clause = clauses[place]
        # "Planned intervention on the circumflex" opens a report of it.
        stated = clause.status in {"done", "negated"} or (clause.sentence == 0 and clause.status == "planned")
        if place != number and (not stated or _SPARED.search(clause.text)):
            continue
        named = vessels_in(without.sub(" ", clause.text) if without else clause.text)
        if named:
            return named if place == number else named[-1:]
    return ()


def vessels_in(text: str) -> tuple[str, ...]:
    """The modifiers of the arteries a text names, in its order."""
    places = sorted((match.start(), name) for name, pattern in _VESSELS if (match := pattern.search(text)))
    return tuple(name for _, name in places)


def tells_first_study(note: ClinicalNote) -> Evidence | None:
    """The words by which a diagnostic study was needed for the decision to treat; None where the note has none."""
    match = _FIRST_STUDY.search(note.text)
    return Evidence(match.start(), match.end(), match.group()) if match else None
