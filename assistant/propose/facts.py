"""Facts a note tells of its encounter: anesthesia, age and sex. Guesses nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from assistant.propose.model import Clause, ClinicalNote
from assistant.propose.status_cues import NUMBER_WORDS

Anesthesia = Literal["general", "local", "topical", "sedation", "none"]

_ANESTHESIA: tuple[tuple[Anesthesia, re.Pattern[str]], ...] = (
    (
        "general",
        re.compile(
            r"\bgeneral\b(?!\s+(?:exam|appear|health|surg|pract))|\bgeta\b|\blma\b|\bendotracheal\b|\bintubated\b"
            r"|\bmask an?a?esth"
            r"|\binhalation\w* an?a?esth|\bunder an?a?esthesia\b|\blaryngeal mask\b"
            r"|\bg\.?a\.?\b(?= |$)",
            re.IGNORECASE,
        ),
    ),
    (
        "sedation",
        re.compile(r"\bsedat\w*|\bmac\b|\bmonitored an?a?esth|\bpropofol\b|\btwilight\b|\bmidazolam\b", re.IGNORECASE),
    ),
    (
        "local",
        re.compile(
            r"\blocal(?:ly)?\b(?!\s+(?:hospital|doctor|physician|er\b))|\binfiltrat\w*|\bfield block\b"
            r"|\bdigital block\b|\bnerve block\b"
            r"|\b(?:xylocaine|lidocaine|lido|marcaine|bupivacaine|septocaine|articaine)\b",
            re.IGNORECASE,
        ),
    ),
    (
        "topical",
        re.compile(
            r"\btopical\w*|\bemla\b|\bphenol\b|\bpledgets?\b[^.;]{0,40}(?:caine|cocaine)|\btetracaine\b"
            r"|\bpontocaine\b|\bcetacaine\b"
            r"|\bnumbing (?:cream|spray)\b|\bspray\w* with [^.;]{0,20}caine|\bcocaine\b",
            re.IGNORECASE,
        ),
    ),
)
_NO_ANESTHESIA = re.compile(
    r"\b(?:no|without|none|nil)\b[^.;,]{0,24}an?a?esth|^\s*(?:none|nil|n/a|no)\s*$", re.IGNORECASE
)
_NO_NEED = re.compile(
    r"\b(?:no|without)\b[^.;,]{0,24}an?a?esth|an?a?esthesia[^.;,]{0,12}\b(?:none|not)\b", re.IGNORECASE
)
_WARNED = re.compile(r"\b(?:warn\w*|risks?|caution\w*|avoid\w*|drows\w*)\b", re.IGNORECASE)
_TOPICAL_LIDOCAINE = re.compile(
    r"\btopical\w*[^.;]{0,30}(?:lidocaine|lido\b|xylocaine)|(?:lidocaine|xylocaine)[^.;]{0,20}\b(?:spray|jelly"
    r"|gel|cream|pledget|soaked|drops)"
    r"|\b(?:spray|pledget|cotton|soaked)\w*[^.;]{0,30}(?:lidocaine|xylocaine)",
    re.IGNORECASE,
)
_INJECTED = re.compile(r"\binject\w*|\binfiltrat\w*|\bblock\b|\bwith epi|\b1:100,?000\b|\blocal\b", re.IGNORECASE)
_DRUG = re.compile(
    r"\b(?:triamcinolone|kenalog|methylpred|depo|betamethasone|celestone|dexamethasone|steroid)\b", re.IGNORECASE
)


# Seen in the ER, where they put it back under propofol.
_ELSEWHERE = re.compile(
    r"\b(?:(?:seen|treated|reduced|sutured|was|went|brought|taken) (?:\w+ ){0,3}?(?:in|at|to) (?:the |an? |another )?"
    r"(?:\w+ )?(?:er|ed|emergency (?:room|department)|urgent care|outside hospital)|elsewhere|outside hospital)\b",
    re.IGNORECASE,
)


def anesthesia_of(note: ClinicalNote) -> Anesthesia | None:
    """The deepest anesthesia given: what an anesthesia section says, else the done clauses; "none" where it is denied;
    None     where nothing is told. A steroid mixed with lidocaine is no anesthesia."""
    told: list[Anesthesia] = []
    denied = False
    for clause in note.clauses:
        if clause.section == "anesthesia":
            denied = denied or bool(_NO_ANESTHESIA.search(clause.text))
            told.extend(_named(clause.text))
    if told:
        return _deepest(told)
    if denied:
        return "none"
    elsewhere = {clause.sentence for clause in note.clauses if _ELSEWHERE.search(clause.text)}
    for clause in note.clauses:
        if clause.sentence in elsewhere and clause.status != "negated":
            continue
        if clause.section in {
            "past-surgical",
            "history",
            "allergies",
            "medications",
            "plan",
            "family-history",
            "consent",
            "billing",
        }:
            continue
        if clause.status == "negated":
            denied = denied or bool(_NO_NEED.search(clause.text))
        elif clause.status == "done" and not _WARNED.search(clause.text):
            told.extend(_named(clause.text))
    return _deepest(told) if told else "none" if denied else None


def _named(text: str) -> Iterator[Anesthesia]:
    for kind, pattern in _ANESTHESIA:
        if not pattern.search(text):
            continue
        if kind == "local":
            if _DRUG.search(text) and not re.search(r"\blocal|\bblock", text, re.IGNORECASE):
                continue
            if _TOPICAL_LIDOCAINE.search(text) and not _INJECTED.search(text):
                yield "topical"
                continue
        yield kind


def _deepest(told: list[Anesthesia]) -> Anesthesia:
    order: tuple[Anesthesia, ...] = ("general", "sedation", "local", "topical", "none")
    return next(kind for kind in order if kind in told)


_PERSON = r"(?:m|f|male|female|man|woman|boy|girl|gentleman|lady|patient|pt|child|infant|toddler|individual|person)"
_AGE = (
    re.compile(
        rf"\b(\d{{1,3}}|[a-z]+(?:-[a-z]+)?)[\s-]{{0,2}}(years?|yrs?|yo|y/o|y\.o\.?|months?|mo|mos|weeks?"
        rf"|wks?)[\s-]{{0,2}}(?:old|of age)?[\s-]{{0,2}}(?:\w+[\s-]){{0,2}}?{_PERSON}\b",
        re.IGNORECASE,
    ),
    re.compile(r"\b(\d{1,3})[\s-]?(y/o|yo|y\.o\.?)\b", re.IGNORECASE),
    re.compile(
        r"\b(?:patient|pt|he|she|child)\b[^.;]{0,20}\b(?:is|was)\b[^.;]{0,12}?\b(\d{1,3}"
        r"|[a-z]+(?:-[a-z]+)?)[\s-](years?|months?)[\s-]old",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?:^|\b(?=[\w-]+-(?:year|month)))(\d{1,3}|[a-z]+(?:-[a-z]+)?)[\s-](year"
        r"|month)s?[\s-]old\b(?=[\s,]*(?:with|who|here|presents|seen|new|established|for|known|$|\.|,))",
        re.IGNORECASE,
    ),
    re.compile(r"^(?:patient )?age\b\s*[:=]?\s*(\d{1,3})\s*(months?|mo)?", re.IGNORECASE),
    re.compile(r"^(\d{1,3})\s?()(?:m|f)\b(?!\w)", re.IGNORECASE),
    re.compile(
        r"(?:\bestablished|\bnew|\breturning"
        r"|\bfollow-?up)\b[^.;\d]{0,40}?[,;]\s*(\d{1,3})\s?()(?:[mf]\b)?(?=\s*(?:,|;|$|\.))",
        re.IGNORECASE,
    ),
    re.compile(r",\s*(\d{1,3})\s?()[mf]\b(?=\s*(?:,|;|$|\.))", re.IGNORECASE),
)


def age_of(note: ClinicalNote) -> int | None:
    """The patient's age in whole years as first told (months and weeks give 0 or 1 ...); None if untold."""
    for clause in note.clauses[:60]:
        if clause.status in {"historical", "other-person"} or clause.section in {"past-surgical", "family-history"}:
            continue
        text = _with_neighbors(note, clause)
        for pattern in _AGE:
            match = pattern.search(text)
            value = _age_value(match.group(1)) if match else None
            if match is None or value is None:
                continue
            unit = (match.group(2) or "").lower() if match.lastindex and match.lastindex >= 2 else ""
            if unit.startswith("mo"):
                return value // 12
            if unit.startswith(("we", "wk")):
                return value // 52
            if value <= 115:
                return value
    return None


def _with_neighbors(note: ClinicalNote, clause: Clause) -> str:
    """The clause with what follows it on its line, so that "Established, 61," stays together; at most 60 more."""
    return note.text[clause.start : clause.end + 60].split("\n")[0] if len(clause.text) < 60 else clause.text


def _age_value(told: str) -> int | None:
    if told.isdigit():
        return int(told)
    parts = told.lower().split("-")
    if not all(part in NUMBER_WORDS for part in parts):
        return None
    return sum(NUMBER_WORDS[part] for part in parts)


_MALE = re.compile(
    r"\b(?:male|man|boy|gentleman|mr\.?)\b|\b\d{1,3}\s?(?:y/?o|yo|yrs?|year[- ]old)?[\s-]{0,2}m\b(?=[\s,.;]|$)",
    re.IGNORECASE,
)
_FEMALE = re.compile(
    r"\b(?:female|woman|girl|lady|mrs\.?|ms\.)\b|\b\d{1,3}\s?(?:y/?o|yo|yrs?|year[- ]old)?[\s-]{0,2}f\b(?=[\s,.;]|$)",
    re.IGNORECASE,
)
_HE = re.compile(r"\b(?:he|him|his|himself)\b", re.IGNORECASE)
_SHE = re.compile(r"\b(?:she|her|hers|herself)\b", re.IGNORECASE)


def sex_of(note: ClinicalNote) -> Literal["M", "F"] | None:
    """The patient's sex as words or pronouns tell it; None where untold or told both ways."""
    clauses = [one for one in note.clauses if one.status != "other-person" and one.section != "family-history"]
    labelled = re.search(r"\b(?:sex|gender)\s*[:=]\s*(m|f)", note.text[:3000], re.IGNORECASE)
    if labelled:
        return "M" if labelled.group(1).lower() == "m" else "F"
    for clause in clauses[:40]:
        male, female = _MALE.search(clause.text), _FEMALE.search(clause.text)
        if bool(male) != bool(female):
            return "M" if male else "F"
    he = sum(len(_HE.findall(clause.text)) for clause in clauses)
    she = sum(len(_SHE.findall(clause.text)) for clause in clauses)
    if he == she:
        return None
    return "M" if he > 2 * she else "F" if she > 2 * he else None
