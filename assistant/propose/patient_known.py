"""Whether the note calls the patient new or known to the group and specialty, by words and dates. Guesses nothing.

A physician of the group and specialty within three years makes the patient established (CPT; Medicare Claims Processing
Manual, chapter 12, section 30.6.7); who else worked there does not.
"""

from __future__ import annotations

import re
from datetime import date
from itertools import groupby

from assistant.propose.model import Clause, ClinicalNote
from assistant.propose.status_cues import NUMBER_WORDS

_KNOWN = re.compile(
    r"\b(?:established|known to (?:me|us|our|the) ?(?:practice|clinic|office)?|return(?:ing)? patient"
    r"|follow[- ]?up (?:visit|patient|appointment|of)|last seen (?:here|by me|by us|in (?:our|this|my))"
    r"|not a new patient|returns (?:for|to)|seen (?:here|by my partner|by us) (?:in|last|two|one|a)"
    r"|patient of (?:mine|ours))\b|^follow[- ]?up\b",
    re.IGNORECASE,
)
_NEW = re.compile(
    r"\bnew (?:pt|patient|referral|consult)\b|\bnew to (?:me|us|our|this|the) ?(?:practice|clinic|office"
    r"|group)?|\bfirst (?:ever )?visit (?:here|to|with)\b|\bnever (?:been )?seen (?:here|by|in this)\b"
    r"|^\W*new\W*$|^\W*new, \d"
    r"|\bno (?:physician|doctor|provider|one|surgeon)\b[^.;]{0,30}\b(?:here|group|practice|office|department|clinic)\b"
    r"[^.;]{0,20}\b(?:has|had)\b[^.;]{0,12}\bseen\b",
    re.IGNORECASE,
)
_UNSURE = re.compile(
    r"\b(?:thinks?|believes?|(?:may|might) have|unsure|not sure|cannot (?:remember|recall)|can't (?:remember|recall)"
    r"|unclear"
    r"|not found|does not (?:remember|recall|know)|possibly|perhaps)\b",
    re.IGNORECASE,
)
_SEEN = re.compile(
    r"\b(?:(?:last|previously|once|was|been|were|him|her) (?:\w+ ){0,2}?seen|seen|last (?:office )?visit|last came"
    r"|saw (?:me|us|my|our|dr)|last encounter|was (?:last )?here|visited us|last appointment)\b",
    re.IGNORECASE,
)
_HANDS = re.compile(
    r"\b(?:here|by me|by us|with (?:me|us)|saw (?:me|us)|visited us|my (?:partner|colleague|associate)"
    r"|our (?:practice|office|group|clinic|department)"
    r"|this (?:practice|office|group|clinic|department)|partner|the (?:practice|group|office))\b",
    re.IGNORECASE,
)
# Of the group, and yet no physician of the specialty.
_OTHERS = re.compile(
    r"\b(?:audiologists?|nurses?|technicians?|hygienist|(?:speech|physical|occupational) therapists?"
    r"|(?:other|another|different) (?:sub)?special\w+|not (?:in|of) (?:our|this|the same) special\w+)\b",
    re.IGNORECASE,
)
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_WHEN = re.compile(
    r"\b(?:in|on|since|of)?\s*(?:(january|february|march|april|may|june|july|august|september|october|november|december"
    r"|spring|summer|fall|autumn|winter)\s+(?:of\s+)?)?((?:19|20)\d\d)\b",
    re.IGNORECASE,
)
_NUMBERS = "|".join(NUMBER_WORDS)
_AGO = re.compile(
    rf"\b(?:(?:more than|over|almost|nearly|about|some)\s+)?(\d{{1,2}}|an?|{_NUMBERS})(\s+and a half)?\s+(years?"
    rf"|months?|weeks?)\s+(?:ago|back|earlier)\b",
    re.IGNORECASE,
)
_LONG_AWAY = re.compile(
    r"\bnot (?:been )?seen (?:here|by us|in (?:our|this)[^.;]{0,20}) (?:in|for) (?:over|more than|the last|the past)? ?"
    r"(?:three|four|five|six|seven|eight|nine|ten|[3-9]|1\d) years",
    re.IGNORECASE,
)
_LIMIT = 36


def new_patient_of(note: ClinicalNote, on: date | None = None) -> bool | None:
    """True where the note calls the patient new to the practice, False where established or returning, else None.

    `on`, the date of service, lets a date of the last visit speak; more than three years back makes the patient new.
    """
    sentences = {
        number: note.text[parts[0].start : parts[-1].end]
        for number, parts in ((number, list(group)) for number, group in groupby(note.clauses, key=_number))
    }
    for sentence in sentences.values():
        # A date of the last visit to the group says more than "new to me".
        if not (_UNSURE.search(sentence) or _OTHERS.search(sentence)):
            months = _months_since(sentence, on)
            if months is not None:
                return months > _LIMIT
    for clause in note.clauses:
        if clause.section in {"plan", "family-history"} or clause.status in {"hypothetical", "other-person"}:
            continue
        text = note.text[max(0, clause.start - 6) : clause.end]
        if _LONG_AWAY.search(text):
            return True
        sentence = sentences[clause.sentence]
        if _UNSURE.search(sentence) and _SEEN.search(sentence):
            continue
        known, new = _KNOWN.search(text), _NEW.search(text)
        if known and not (_SEEN.search(sentence) and _OTHERS.search(sentence)):
            return False
        if new:
            return True
    return None


def _number(clause: Clause) -> int:
    return clause.sentence


def _months_since(sentence: str, on: date | None) -> int | None:
    """Whole months from the visit to this group that the sentence tells of to `on`; None where it tells of none."""
    if not (_SEEN.search(sentence) and _HANDS.search(sentence)):
        return None
    if (ago := _AGO.search(sentence)) is not None:
        told = ago.group(1).lower()
        count = int(told) if told.isdigit() else 1 if told in {"a", "an"} else NUMBER_WORDS[told]
        unit = ago.group(3).lower()
        months = count * 12 if unit.startswith("y") else count if unit.startswith("mo") else 0
        later = bool(ago.group(2)) or re.match(r"(?:more than|over)\b", ago.group(), re.IGNORECASE) is not None
        return months + (6 if later else 0)
    if on is None or (when := _WHEN.search(sentence)) is None:
        return None
    name = (when.group(1) or "")[:3].lower()
    month = (
        _MONTHS.index(name) + 1
        if name in _MONTHS
        else {"spr": 4, "sum": 7, "fal": 10, "aut": 10, "win": 1}.get(name, 6)
    )
    return (on.year - int(when.group(2))) * 12 + on.month - month
