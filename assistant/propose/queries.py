"""What to ask the provider before a note can be coded in full, in words that suggest no answer.

Decides nothing: it words what the candidates left open.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import replace

from assistant.propose.candidates import TITLE_ONLY
from assistant.propose.candidates_units import AMOUNT_NOT_TOLD
from assistant.propose.digits import leaves_digit_open
from assistant.propose.model import (
    ClinicalNote,
    Evidence,
    ProcedureCandidate,
    ProviderQuery,
    Rejected,
    SectionKind,
    Side,
)
from assistant.propose.note_openings import SILENT_SECTIONS
from assistant.propose.queries_vague import vague_queries
from ingest.codes import CodeSet

GIVEN_BY_OPEN = "the injection it was given by is asked about"
WAY_OPEN = "the note does not say by which way it was given"
_ASK_WAY = "By which way was the drug given, and into what? The note names the drug and its amount only."
# Injections into joints, tendons, muscles, nerves and skin, and the drugs they carry.
_INJECTIONS = CodeSet.parse(["20526-20611", "64400-64530", "11900-11901"])
_JOINTS = CodeSet.parse(["20526-20611"])
_DRUGS = CodeSet.parse(["J0100-J9999"])
# What is given with a needle by some way, and the services of which such a drug may be a part.
_BY_NEEDLE = CodeSet.parse(["J0100-J3490"])
_WAYS = CodeSet.parse(
    ["10004-69990", "75557-75564", "78012-78999", "90281-90399", "92920-92998", "93015-93018", "93350-93352",
     "93451-93662", "94640-94645", "95060-95180", "96360-96999", "G0068-G0090"]
)  # fmt: skip
SIDES_DIFFER = "the heading and the text name different sides"
_ASK_SIDES = "The heading names one side and the description the other. On which side was this done?"
_ASK_WORK = "What was done or evaluated that day, on which part and side, and by what means? As read, it has no code."
_ASK_GIVEN = "The plan tells an injection with its amount and manner. Was it given that day, or is it for another day?"
_AMOUNT = re.compile(r"\d ?(?:mg|mcg|ml|cc)\b", re.IGNORECASE)
_INJECTION = re.compile(r"\binj(?:ect\w*)?\b|\bblock\b", re.IGNORECASE)
_MANNER = re.compile(
    r"\b(?:approach|needle|gauge|lido\w*|marcaine|bupivacaine|bupi|ropivacaine|xylocaine|steril\w+|prep(?:ped)?|tolerated"
    r"|betadine|chloraprep|chlorhexidine|palpation|landmarks?|lot|ndc|bandaid|time-?out)\b",
    re.IGNORECASE,
)
_TELLING_NOTHING = frozenset(("history", "exam", "plan", "data"))
_WORK = re.compile(
    r"\b(?:\w+(?:ectomy|plasty|otomy|ostomy|oscopy)|procedure|surgery|biops\w+|removed|excised|drained|injected"
    r"|cauteri[sz]ed|packed"
    r"|repaired|treated|tested|cleaned|cleared|taken out|dilated|opened|placed|inserted|reduced|scoped|frozen|closed"
    r"|sutured)\b",
    re.IGNORECASE,
)
_PARTS = tuple(
    (part, re.compile(rf"\b(?:{words})", re.IGNORECASE))
    for part, words in (
        ("nose", r"nose|nasal|nostril|nar[ei]s\b|sept[ua]|turbinate|epistaxis|little's|kiesselbach|sinus|maxill|ethmoid"
         r"|sphenoid|frontal|meatus|antr[ua]"),
        ("ear", r"ears?\b|tympan|drum|otitis|cerumen|wax|mastoid|hearing|swimmer|canal|myring|cochlea|tube"),
        ("neck", r"neck|thyroid|parotid|submandib|cord|laryn|throat|tonsil|lobe\b"),
        ("arm", r"shoulder|cuff|subacromial|clavicle|acromi|elbow|olecranon|humer|epicondyl|supraspinatus"),
        ("hand", r"wrist|hand|finger|thumb|carpal|metacarp|radius|ulna|palm|pulley|trigger"),
        ("leg", r"hip|thigh|knee|menisc|patell|femor|tibi|femur|ankle|foot|toe\b|heel|plantar|fibula|malleol|metatars"),
        ("skin", r"skin|lesion|kerato|nev[ui]|mole|wart|cyst|carcinoma|melanoma|cheek|scalp|forehead|temple"),
        ("heart", r"coronary|atri|ventric|carotid|vein|femoral arter"),
    )
)  # fmt: skip
_QUESTIONS = {AMOUNT_NOT_TOLD: "How much of the drug was given? The note does not say."}


def queries_for(
    note: ClinicalNote, candidates: Sequence[ProcedureCandidate], rejected: Sequence[Rejected]
) -> tuple[ProviderQuery, ...]:
    """One query for each thing left open, in the order of the note."""
    found = [*_of_candidates(candidates, _said(note)), *_of_rejected(candidates, rejected)]
    # What a heading alone names is asked about too; nothing is asked twice.
    known = [(one.procedure_code, one.side) for one in candidates]
    known += [(one.code, None) for one in rejected if one.why == TITLE_ONLY]
    found += vague_queries(note, known)
    found += _given_under_plan(note)
    return tuple(sorted(found, key=lambda query: query.evidence[0].start if query.evidence else len(note.text)))


def _given_under_plan(note: ClinicalNote) -> list[ProviderQuery]:
    """The question where a plan tells amount and manner of an injection: many write there what they have just given."""
    for clause in note.clauses:
        if (
            clause.section == "plan"
            and clause.status == "planned"
            and _AMOUNT.search(clause.text)
            and _MANNER.search(clause.text)
            and _INJECTION.search(clause.text)
        ):
            return [ProviderQuery(_ASK_GIVEN, "told under the plan", (clause.evidence,))]
    return []


def hold_contradicted(note: ClinicalNote, candidates: Sequence[ProcedureCandidate]) -> list[ProcedureCandidate]:
    """The candidates; those on one side are held back where the headings name only the other one."""
    sided = [one for one in candidates if one.sides_rule == "per-side" and not one.why_not]
    told = {one.side for one in sided}
    parts = {part for one in sided for words in one.evidence for part in _parts_of(words.quote)}
    headed = _sides_under(note, "title", parts) or _sides_under(note, "diagnosis", parts)
    if len(told) != 1 or len(headed) != 1 or None in told or told == headed:
        return list(candidates)
    return [
        one
        if one.sides_rule != "per-side" or one.why_not
        else replace(one, confidence="low", why_not=SIDES_DIFFER, ask=_ASK_SIDES)
        for one in candidates
    ]


def hold_side_of_injections(note: ClinicalNote, candidates: Sequence[ProcedureCandidate]) -> list[ProcedureCandidate]:
    """The candidates; an injection told without its side waits where only a film before it names that side.

    "Right knee arthritis. Film of the left knee: normal. 80 mg injected into the knee": the film's side need not be
    meant where the note tells of both.
    """
    return [
        replace(one, side=None)
        if one.procedure_code in _JOINTS and one.side and not one.why_not and _has_the_side_of_a_film(note, one)
        else one
        for one in candidates
    ]


def _has_the_side_of_a_film(note: ClinicalNote, candidate: ProcedureCandidate) -> bool:
    start = min((words.start for words in candidate.evidence), default=0)
    sentences = {
        clause.sentence
        for clause in note.clauses
        if any(clause.start <= words.start < clause.end for words in candidate.evidence)
    }
    sided = [clause for clause in note.clauses if clause.sides_own and clause.status == "done"]
    before = [clause for clause in sided if clause.end <= start]
    if not before or any(clause.sentence in sentences for clause in sided) or not _FILM.search(before[-1].text):
        return False
    parts = _parts_of(before[-1].text)
    return any(clause.sides.isdisjoint(before[-1].sides) and _parts_of(clause.text) & parts for clause in sided)


_FILM = re.compile(r"\b(?:x-?rays?|films?|radiographs?|views?)\b", re.IGNORECASE)


def hold_drugs(note: ClinicalNote, candidates: Sequence[ProcedureCandidate]) -> list[ProcedureCandidate]:
    """The candidates; a drug waits where no way of giving it is told or every injection it may be part of waits."""
    said = _said(note)
    given_by = [one for one in candidates if one.procedure_code in _INJECTIONS]
    waiting = [one for one in given_by if one.why_not or is_open(one, said)]
    if not any(one.procedure_code in _WAYS for one in candidates):
        return [
            replace(one, confidence="low", why_not=WAY_OPEN, ask=_ASK_WAY)
            if one.procedure_code in _BY_NEEDLE and not one.why_not
            else one
            for one in candidates
        ]
    if not waiting or len(waiting) < len(given_by):
        return list(candidates)
    questions = [query.text for query in _of_candidates(waiting, said)]
    return [
        replace(one, confidence="low", why_not=GIVEN_BY_OPEN, ask=questions[0] if questions else "")
        if one.procedure_code in _DRUGS and not one.why_not
        else one
        for one in candidates
    ]


def _said(note: ClinicalNote) -> str:
    return " ".join(clause.text for clause in note.clauses if clause.status == "done")


def _sides_under(note: ClinicalNote, section: SectionKind, parts: Set[str]) -> set[Side]:
    """The sides that what stands under such headings names by itself, where they speak of these parts of the body."""
    return {
        side
        for clause in note.clauses
        if clause.section == section and clause.sides_own and clause.status == "done"
        for side in clause.sides
        if not parts or not (named := _parts_of(clause.text)) or named & parts
    }


def _parts_of(text: str) -> frozenset[str]:
    """The parts of the body that a text names, roughly: an ear's side says nothing of a nose's."""
    return frozenset(part for part, words in _PARTS if words.search(text))


def asked_once(queries: Iterable[ProviderQuery]) -> tuple[ProviderQuery, ...]:
    """Each question once; of two about the side, the first one, since one answer serves both."""
    kept: dict[str, ProviderQuery] = {}
    for one in queries:
        kept.setdefault("side" if one.text.lower().startswith("on which side") else one.text, one)
    return tuple(kept.values())


def is_open(candidate: ProcedureCandidate, said: str) -> bool:
    """True where the code waits for an answer: the side or the digit it is for is not told."""
    if candidate.sides_rule != "per-side":
        return False
    return candidate.side is None or leaves_digit_open(candidate.procedure_code, said)


def nothing_shown(note: ClinicalNote) -> tuple[ProviderQuery, ...]:
    """The question where a note tells of work and supports no code at all; none where it tells of no work."""
    worked = next(
        (
            clause
            for clause in note.clauses
            if clause.status == "done"
            and clause.section not in SILENT_SECTIONS
            and clause.section not in _TELLING_NOTHING
            and _WORK.search(clause.text)
        ),
        None,
    )
    return (ProviderQuery(_ASK_WORK, "what was done", (worked.evidence,)),) if worked is not None else ()


def _of_candidates(candidates: Sequence[ProcedureCandidate], said: str) -> Iterator[ProviderQuery]:
    """One question for one cause: codes of a family of sizes share their question and their words."""
    asked: dict[tuple[Evidence, ...], str] = {}
    for one in candidates:
        if one.why_not:
            text = one.ask or _QUESTIONS.get(one.why_not) or _sentence(one.why_not)
            if asked.setdefault(one.evidence, text) == text:
                yield ProviderQuery(text, one.procedure_code, one.evidence)
        elif one.sides_rule == "per-side" and leaves_digit_open(one.procedure_code, said):
            side = " and side" if one.side is None else ""
            yield ProviderQuery(
                f"On which digit{side} was this done? The note does not say.",
                f"digit of {one.procedure_code}",
                one.evidence,
            )
        elif one.sides_rule == "per-side" and one.side is None:
            yield ProviderQuery(
                "On which side was this done? The note does not say.", f"side of {one.procedure_code}", one.evidence
            )


def _of_rejected(candidates: Sequence[ProcedureCandidate], rejected: Sequence[Rejected]) -> Iterator[ProviderQuery]:
    if any(one.why_not == SIDES_DIFFER for one in candidates):
        # What the heading names is asked about already.
        return
    for one in rejected:
        if one.why == TITLE_ONLY:
            yield ProviderQuery(
                "The heading or the list of procedures names this, and the text below does not describe it. "
                "What was done?",
                one.code,
                one.evidence,
            )


def _sentence(text: str) -> str:
    told = text.strip()
    told = told[:1].upper() + told[1:]
    return told if told.endswith(("?", ".")) else f"{told}. Please describe what was done."
