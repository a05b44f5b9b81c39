"""Facts a note tells of its encounter: anesthesia, physician's time, age, sex, new or established. Guesses nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from assistant.propose.model import Clause, ClinicalNote, Evidence
from assistant.propose.numbers import numbers_in
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
    for clause in note.clauses:
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


_OWN = re.compile(
    r"\b(?:my (?:own )?(?:total |personal )?time|(?:physician|provider|clinician|doctor"
    r"|practitioner)(?:'s)? (?:total )?(?:face[- ]to[- ]face )?time"
    r"|i (?:personally )?(?:have )?spent|i devoted|time (?:i|personally) spent|my time only)\b",
    re.IGNORECASE,
)
_TOTAL_TIME = re.compile(
    r"\b(?:total(?: \w+){0,3} time|time spent|total(?: of)?|encounter time|visit time"
    r"|time on (?:the )?date|spent|time\b|were spent|was spent)\b",
    re.IGNORECASE,
)
_STAFF = re.compile(
    r"\b(?:nurse|nursing|rn|lpn|ma|medical assistant|assistant|staff|tech|technician|audiologist|scribe"
    r"|resident|student)\b",
    re.IGNORECASE,
)
_NOT_VISIT = re.compile(
    r"\b(?:operat\w*|surg\w*|procedure time|tourniquet|an?a?esthesia time|turnover|bleed\w*|nosebleed"
    r"|wait\w*|observ\w*|ischemi\w*|inflat\w*|dry|pressure|after|"
    r"ago|apart|pack\w*|soak\w*|late|walk\w*|exercise|dwell|drive|sleep|each|every|for (?:ten|five"
    r"|\d+) minutes with)\b",
    re.IGNORECASE,
)
_SUBTRACTED = re.compile(r"\b(?:includ\w+|of which|of this|with)\b", re.IGNORECASE)
_SEPARATE = re.compile(r"\b(?:procedure|scope|endoscopy|separately|injection|interpretation|test)\b", re.IGNORECASE)
_COUNSELING = re.compile(
    r"\b(?:counsel\w*|face[- ]to[- ]face|review\w*|document\w*|chart\w*|coordinat\w*|record\w*|exam\w*"
    r"|talk\w*|educat\w*|order\w*)\b",
    re.IGNORECASE,
)


def minutes_of(note: ClinicalNote) -> tuple[int, tuple[Evidence, ...]] | None:
    """The physician's total minutes on the date with the words that tell them; None where no visit time is told.

    The physician's own time wins over an encounter total; minutes of staff or of a separate procedure told as included
    are taken off a total. Operating, waiting and pressure times are none. Of a range the lower end. Source: CPT's
    office visit guidelines on time, in our own words.
    """
    own: list[tuple[int, Clause]] = []
    totals: list[tuple[int, Clause]] = []
    parts: list[tuple[int, Clause]] = []
    taken_off: list[tuple[int, Clause]] = []
    for clause in note.clauses:
        if (
            clause.repeated
            or clause.status in {"historical", "planned", "hypothetical", "other-person"}
            or clause.section == "history"
        ):
            continue
        minutes = _clause_minutes(note.text, clause)
        if minutes is None:
            continue
        text = clause.text
        if _OWN.search(text):
            own.append((minutes, clause))
        elif clause.status == "negated":
            continue
        elif _STAFF.search(text):
            if _SUBTRACTED.search(text):
                taken_off.append((minutes, clause))
        elif _SEPARATE.search(text) and _SUBTRACTED.search(text) and totals:
            taken_off.append((minutes, clause))
        elif _NOT_VISIT.search(text) and clause.section != "time" and not re.search(r"\btotal\b", text, re.IGNORECASE):
            continue
        elif _TOTAL_TIME.search(text) or (clause.section == "time" and not totals):
            totals.append((minutes, clause))
        elif _COUNSELING.search(text):
            parts.append((_all_minutes(note.text, clause), clause))
    chosen = own or totals
    if chosen:
        value, clause = max(chosen, key=lambda one: one[0]) if not own else chosen[0]
        evidence = [clause.evidence]
        if not own:
            value -= sum(one for one, _ in taken_off)
            evidence.extend(one.evidence for _, one in taken_off)
        return (value, tuple(evidence)) if value > 0 else None
    if len(parts) > 1 and sum(one for one, _ in parts) > 0:
        return sum(one for one, _ in parts), tuple(one.evidence for _, one in parts)
    return None


def _clause_minutes(text: str, clause: Clause) -> int | None:
    """The minutes a clause tells; hours and minutes are added ("1 hour 10 minutes"), else the largest counts."""
    told = [
        number
        for number in numbers_in(text, clause.start, clause.end)
        if number.unit == "minutes" and number.low < 1000
    ]
    if not told:
        return None
    if (
        len(told) == 2
        and told[0].low >= 60
        and told[1].low < 60
        and len(text[told[0].end : told[1].start].split()) <= 1
    ):
        return int(told[0].low + told[1].low)
    return int(max(number.low for number in told))


def _all_minutes(text: str, clause: Clause) -> int:
    return int(sum(number.low for number in numbers_in(text, clause.start, clause.end) if number.unit == "minutes"))


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


_KNOWN = re.compile(
    r"\b(?:established|known to (?:me|us|our|the) ?(?:practice|clinic|office)?|return(?:ing)? patient"
    r"|follow[- ]?up (?:visit|patient|appointment|of)|last seen (?:here|by me|by us|in (?:our|this|my))"
    r"|not a new patient|returns (?:for|to)|seen (?:here|by my partner|by us) (?:in|last|two|one|a)"
    r"|patient of (?:mine|ours))\b|^follow[- ]?up\b",
    re.IGNORECASE,
)
_NEW = re.compile(
    r"\bnew (?:pt|patient|referral|consult)\b|\bnew to (?:me|us|our|this|the) ?(?:practice|clinic|office"
    r"|group)?|\bfirst visit (?:here|to|with)\b|\bnever (?:been )?seen (?:here|by)\b",
    re.IGNORECASE,
)
_LONG_AWAY = re.compile(
    r"\bnot (?:been )?seen (?:here|by us|in (?:our|this)[^.;]{0,20}) (?:in|for) (?:over|more than|the last|the past)? ?"
    r"(?:three|four|five|six|seven|eight|nine|ten|[3-9]|1\d) years",
    re.IGNORECASE,
)


def new_patient_of(note: ClinicalNote) -> bool | None:
    """True where the note calls the patient new to the practice, False where established or returning, else None."""
    for clause in note.clauses:
        if clause.section in {"plan", "family-history"} or clause.status in {"hypothetical", "other-person"}:
            continue
        text = note.text[max(0, clause.start - 6) : clause.end]
        if _LONG_AWAY.search(text):
            return True
        known, new = _KNOWN.search(text), _NEW.search(text)
        if known:
            return False
        if new:
            return True
    return None
