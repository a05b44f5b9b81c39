"""The physician's minutes of a visit as the note tells them: own time, a total less what others did. Guesses nothing.

Source: CPT's office visit guidelines on time, in our own words: the physician's time of the day, without staff time and
without what is billed on its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from assistant.propose.model import Clause, ClinicalNote, Evidence
from assistant.propose.numbers import numbers_in

_OWN = re.compile(
    r"\b(?:my (?:own )?(?:total |personal )?time|(?:physician|provider|clinician|doctor"
    r"|practitioner)(?:'s)? (?:total )?(?:face[- ]to[- ]face )?time"
    r"|i (?:personally )?(?:have )?spent|minutes (?:are|were|is) (?:mine|my own)|i devoted|time (?:i"
    r"|personally) spent|my time only)\b",
    re.IGNORECASE,
)
# "My time therefore 29."
_BARE = re.compile(r"\bmy (?:own )?time(?: \w+){0,2}?[ :=]+(\d{1,3})(?= *$| *[.;,)])", re.IGNORECASE)
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
    r"ago|apart|pack\w*|bruce|naughton|treadmill|protocol|stages?|mets|bike|ergometer|soak\w*|late|walk\w*|exercise"
    r"|dwell|drive|sleep|each|every|for (?:ten|five"
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


def _by_clauses(note: ClinicalNote) -> tuple[int, tuple[Evidence, ...]] | None:
    """The physician's total minutes on the date with the words that tell them; None where no visit time is told.

    The physician's own time wins over an encounter total; minutes of staff or of a separate procedure told as included
    are taken off a total. Operating, waiting and pressure times are none. Of a range the lower end. Source: CPT's
    office visit guidelines on time, in our own words.
    """
    bare = next(
        (
            (int(match.group(1)), clause)
            for clause in note.clauses
            if clause.status in {"done", "planned"} and (match := _BARE.search(clause.text))
        ),
        None,
    )
    if bare is not None:
        return bare[0], (bare[1].evidence,)
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


_N = r"(\d{1,3})(?:[ -]?min(?:ute)?s?)?"
_ME = r"(?:me|mine|myself|my own|physician|provider|clinician|doctor)"
_HELPERS = (
    r"(?:nurses?|nursing|rn|lpn|ma|assistants?|staff|technicians?|tech|audiologists?|therapists?|scribe|residents?"
    r"|students?|fellows?|educators?)"
)
_BILLED = (
    r"(?:scope|scoping|\w*laryngoscopy|\w*endoscopy|stroboscopy|procedures?|injections?|removal|biopsy|cautery|ecg|ekg"
    r"|cleaning|tests?|testing|interpretation)"
)
# Whose time it is stands beside the number.
_STATED_OWN = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b(?:me|mine|my (?:own )?(?:time|part|share))(?: \w+){{0,2}}?[ :=,]+(?:was |were |is )?{_N}\b(?! ?(?:%|am"
        rf"|pm|:))",
        rf"\b(\d{{1,3}})[ -]?min(?:ute)?s?\b(?:,? (?!supervis|watch|monitor|interpret|read)\w+){{0,4}}?"
        rf" (?:by me|mine|of mine|with me|by the {_ME})\b",
        r"\bi (?:\w+ ){0,2}?(?:spent|devoted|used|worked|gave|needed|took|was with)\b[^.;]{0,60}?\b(\d{1,3})[ -]?min",
        r"\btotal minutes\b[^.;\d]{0,20}(\d{1,3})\b",
        rf"\b(?:total|visit|encounter|time)\b[^.;]{{0,30}}?\b{_N}\b[^;]{{0,12}}\ball (?:of (?:it|them) )?(?:{_ME}"
        rf"|by me|with me)\b",
    )
)
_CLOCK = re.compile(
    r"\b(?:start\w*|began|from|in)\b:? ?(?:at )?(\d{1,2}):(\d\d)\D{1,14}?(?:end\w*|stop\w*|finish\w*|to|until"
    r"|out)?:? ?(?:at )?"
    r"(\d{1,2}):(\d\d)"
)
_WHOLE = re.compile(
    rf"\b(?:total|encounter|visit|appointment|altogether)\b[^.;]{{0,30}}?\b{_N}\b"
    rf"|\b(\d{{1,3}}) min\w*[^.;]{{0,12}}\btotal\b"
)
_INCLUDED = re.compile(r"\b(?:of which|of this|of that|of them|of these|of it|includ\w+|less|minus|contains?|inside)\b")
_LEFT_OUT = re.compile(
    r"\b(?:not (?:\w+ )?(?:includ\w+|count\w+|in (?:it|this|that|the))|exclud\w+|extra|besides|in addition|without"
    r"|apart from"
    r"|on top|aside from|does not include|separate from)\b"
)
_PARTS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b(\d{{1,3}})(?:[ -]?min(?:ute)?s?)?(?: of (?:them|these|it"
        rf"|which))?(?: (?!min)[a-z']+){{0,6}}? {_HELPERS}\b",
        rf"\b(\d{{1,3}})(?:[ -]?min(?:ute)?s?)?(?: of (?:them|these|it|which))?(?: (?!min)[a-z']+){{0,4}}? {_BILLED}\b",
        rf"\b{_HELPERS}(?:'s)?(?: [a-z']+){{0,3}}? (\d{{1,3}})\b",
        rf"\b{_BILLED}(?: [a-z']+){{0,2}}? (\d{{1,3}})\b",
    )
)
_TIMED = re.compile(r"\b(?:min|mins|minutes?|time)\b")


def minutes_of(note: ClinicalNote) -> tuple[int, tuple[Evidence, ...]] | None:
    """The physician's total minutes on the date with the words that tell them; None where no visit time is told.

    The physician's own time wins over an encounter total; minutes of staff or of a separate procedure told as included
    are taken off a total. Operating, waiting and pressure times are none. Of a range the lower end.
    """
    for _, clauses in groupby(note.clauses, key=lambda clause: clause.sentence):
        told = [clause for clause in clauses if clause.status in _TELLING and not clause.repeated]
        text = note.text[told[0].start : told[-1].end].lower() if told else ""
        if not told or told[0].section == "history" or not (_TIMED.search(text) or _CLOCK.search(text)):
            continue
        stated = _stated(text)
        if stated is not None:
            numbered = [clause for clause in told if re.search(rf"\b{stated}\b", clause.text)]
            return stated, tuple(clause.evidence for clause in numbered or told)
    return _by_clauses(note)


_TELLING = frozenset({"done", "planned", "negated"})


def _stated(text: str) -> int | None:
    """What a sentence (lower case) says of the physician's own minutes, or a total less the parts of others."""
    if re.search(r"\b(?:operat\w+|tourniquet|pressure|surgery time|wait\w*|observ\w+|ago)\b", text):
        return None
    parts = _parts(text)
    for pattern in _STATED_OWN:
        match = pattern.search(text)
        if match is not None and not _of_others(text, match):
            return int(match[1])
    clock = _CLOCK.search(text)
    if clock is not None and (re.search(rf"\b(?:with|by) {_ME}\b", text) or not re.search(rf"\b{_HELPERS}\b", text)):
        hours, minutes, last, end = (int(one) for one in clock.groups())
        length = (last - hours) % 12 * 60 + end - minutes
        return length if 0 < length < _LONGEST else None
    whole = _WHOLE.search(text)
    if whole is not None and parts and _INCLUDED.search(text) and not _LEFT_OUT.search(text):
        rest = int(whole[1] or whole[2]) - sum(parts)
        return rest if rest > 0 else None
    return None


_LONGEST = 300


def _of_others(text: str, match: re.Match[str]) -> bool:
    """Whether the number is told to be someone else's: "nurse 14", "14 more were the nurse's"."""
    before = re.split(r"[,;(]", text[max(0, match.start(1) - 18) : match.start(1)])[-1]
    around = before + "|" + re.split(r"[,;)]", text[match.end(1) : match.end(1) + 30])[0]
    return re.search(rf"\b{_HELPERS}\b", around) is not None and "not" not in around


def _parts(text: str) -> Sequence[int]:
    """The minutes a sentence names for others or for what is billed on its own, each number once."""
    found: dict[int, int] = {}
    whole = _WHOLE.search(text)
    taken = whole.start(1) if whole and whole[1] else whole.start(2) if whole else -1
    for pattern in _PARTS:
        for match in pattern.finditer(text):
            if match.start(1) != taken:
                found[match.start(1)] = int(match[1])
    return tuple(found.values())
