"""The modifier of a procedure done in the period after an earlier operation, where the note itself tells of it.

58 staged or planned then, 78 back in the operating room for a complication, 79 not related. Source: Medicare Claims
Processing Manual, chapter 12, section 40. Counts against no fee schedule: the validator does, where the claim names
earlier procedures.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby

from assistant.propose.encounter_day import earlier_days
from assistant.propose.model import ClinicalNote, ProcedureCandidate, Side
from assistant.propose.status_cues import NUMBER_WORDS
from ingest.codes import CodeSet

# The visit of an operation's global period, free of charge.
FOLLOW_UP = "99024"
_OPERATED = frozenset({"000", "010", "090"})
_LONGEST_DAYS = 90
_DAYS = {"d": 1, "w": 7, "m": 30}
# Cleaning of opened sinuses has no period to fall into but that of the septum or turbinate done with them.
_SINUS_CLEANING = CodeSet.parse(["31237"])
# A later cast or splint of a fracture that is being treated was to be expected.
_CASTS = CodeSet.parse(["29000-29799"])
# Stents and studies of the heart have no days after them that a later one could fall into.
_HEART_LABORATORY = CodeSet.parse(["92920-92978", "93451-93662"])
_FRACTURE = re.compile(r"\b(?:fractures?|fx|fxs|cast|orif|crpp|closed (?:treatment|reduction))\b")
_WITH_A_PERIOD = re.compile(r"\b(?:septoplast\w+|septorhinoplast\w+|rhinoplast\w+|septal|septum|turbin\w+|smr\w*)\b")
_COUNT = rf"(\d{{1,3}}|{'|'.join(NUMBER_WORDS)})"
_UNIT = r"(days?|weeks?|wks?|months?|mos?)\b"
_RECENT = re.compile(
    rf"\b{_COUNT}[\s-]*{_UNIT}[\s-]*(?:after|following|from|since|out|post|into|s/p|status|ago|postop\w*)"
    rf"|\b(?:post[\s-]?op\w*|pod|day(?= \d+ (?:after|following|post"
    rf"|from)\b))[\s-]*(?:{_UNIT})?[\s#-]*{_COUNT}(?:[\s-]*{_UNIT})?"
    r"|\b(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth) day (?:after|following|since|post)\b"
    r"|\bweek \d{1,2}\b"
    r"|\b(?:global|post[\s-]?operative) period\b"
    r"|\b(?:done|made|performed|operated|surgery|operation|\w+ectomy|\w+plasty) (?:(?:earlier"
    r"|this) (?:this )?(?:morning|today|afternoon)|yesterday|last night)\b"
)
ELSEWHERE = re.compile(
    r"\b(?:another|different|outside|other) (?:surgeon|doctor|hospital|practice|group|provider)\b|\belsewhere\b"
)
_BACK = re.compile(
    r"\b(?:back|returned|returns|return|unplanned return) to (?:the )?(?:or|operating (?:room|theat\w+)|theat\w+)\b"
    r"|\b(?:re-?explor\w+|re-?operat\w+|take-?back)\b"
)
# Every operation is brought to the operating room; soon after another one, a complication is.
_TO_OPERATING_ROOM = re.compile(
    r"\b(?:brought|taken|taking|took|went|rushed|transferred|moved|wheeled|to be explored|explored) (?:\w+ ){0,3}?"
    r"(?:to|in) (?:the )?(?:or|operating (?:room|theat\w+)|theat\w+)\b"
)
_COMPLICATION = re.compile(
    r"\b(?:bleed\w*|bled|hemorrhag\w+|haemorrhag\w+|hematoma|haematoma|seroma|dehisc\w+|infect\w+|abscess|leak\w*"
    r"|wound (?:has )?(?:opened|broke\w*|came apart)|thrombos\w+|compartment syndrome|necro\w+)\b"
)
_STAGED = re.compile(
    r"\b(?:staged|second[\s-]look|second[\s-]stage|stage (?:2|ii|two) of)\b"
    r"|\bplanned (?:at|during|before) (?:the )?(?:time|first|initial|original|index)\b"
)
# Operations with days of follow-up; scopes and small procedures have none or few.
_OPERATION = re.compile(
    r"\b(?:\w+(?:ectomy|plasty|desis)|release|replacement|fixation|orif|surgery|operation|turbin\w+ reduction"
    r"|(?:cuff|tendon|hernia|fracture) repair|excision"
    r"|(?:parotid|thyroid|tonsils?|adenoids?|gland|septum) (?:was |were )?(?:out|removed|taken out|straightened))\b"
)
_APART = re.compile(
    r"\b(?:unrelated|not related|nothing to do with|(?:an)?other matter"
    r"|(?:another|a different) (?:matter|problem|complaint))\b"
)
# Said by a word of denial, so that the clause it stands in is one.
_APART_DENIED = re.compile(r"\b(?:not related|nothing to do with|no (?:relation|connection) (?:to|with))\b")


def period_modifiers(note: ClinicalNote, procedures: Sequence[ProcedureCandidate]) -> dict[str, str]:
    """58, 78 or 79 by procedure code; empty where the note tells of no operation of the last 90 days by these hands."""
    sentences = list(_sentences(note))
    recent = [text for text in sentences if _is_recent(text, note.on) and not ELSEWHERE.search(text)]
    operated = [
        one.procedure_code
        for one in procedures
        if one.global_days in _OPERATED and one.procedure_code not in _HEART_LABORATORY
    ]
    if any(_BACK.search(text) for text in sentences) and recent:
        return dict.fromkeys(operated, "78")
    if not recent:
        return {}
    if _tells_apart(note):
        return dict.fromkeys(operated, "79")
    if any(_TO_OPERATING_ROOM.search(text) for text in sentences) and any(
        _COMPLICATION.search(text) for text in recent
    ):
        return dict.fromkeys(operated, "78")
    if any(_STAGED.search(text) for text in sentences):
        return dict.fromkeys(operated, "58")
    if other := _on_the_other_side(note, procedures):
        return {code: "79" for code in operated if code in other}
    if any(_FRACTURE.search(text) for text in recent) and (casts := [code for code in operated if code in _CASTS]):
        return dict.fromkeys(casts, "58")
    if any(_WITH_A_PERIOD.search(text) for text in recent):
        return {code: "79" for code in operated if code in _SINUS_CLEANING}
    return {}


def _on_the_other_side(note: ClinicalNote, procedures: Sequence[ProcedureCandidate]) -> frozenset[str]:
    """The codes all done on the side that a recent operation of one side, by these hands, was not on."""
    operated: set[Side] = set()
    for _, members in groupby(note.clauses, key=lambda clause: clause.sentence):
        clauses = [clause for clause in members if clause.status != "negated"]
        text = " ".join(clause.text for clause in clauses).lower()
        if not (_is_recent(text, note.on) and _OPERATION.search(text)) or ELSEWHERE.search(text):
            continue
        sides = {side for clause in clauses if clause.sides_own for side in clause.sides}
        if len(sides) != 1:
            return frozenset()
        operated |= sides
    if len(operated) != 1:
        return frozenset()
    codes = {one.procedure_code for one in procedures if one.side and one.side not in operated}
    return frozenset(codes - {one.procedure_code for one in procedures if one.side in operated or not one.side})


def is_apart_in_period(note: ClinicalNote) -> bool:
    """Whether the note calls what it treats unrelated to an operation of the last 90 days by these hands (24)."""
    sentences = list(_sentences(note))
    return _tells_apart(note) and any(
        _is_recent(text, note.on) and _OPERATION.search(text) and not ELSEWHERE.search(text) for text in sentences
    )


def _tells_apart(note: ClinicalNote) -> bool:
    return any(_APART.search(text) for text in _sentences(note)) or any(
        clause.status == "negated" and _APART_DENIED.search(clause.text.lower()) for clause in note.clauses
    )


def without_follow_up(procedures: Sequence[ProcedureCandidate]) -> tuple[ProcedureCandidate, ...]:
    """The procedures without the free follow-up visit where an operation of the day itself is billed."""
    operated = any(one.global_days in _OPERATED for one in procedures)
    return tuple(one for one in procedures if not (operated and one.procedure_code == FOLLOW_UP))


def _sentences(note: ClinicalNote) -> Iterator[str]:
    """The sentences in lower case, without what they deny."""
    for _, clauses in groupby(note.clauses, key=lambda clause: clause.sentence):
        told = [clause.text for clause in clauses if clause.status != "negated"]
        if told:
            yield " ".join(told).lower()


def _is_recent(text: str, on: date | None) -> bool:
    """Whether a sentence tells of an operation at most 90 days back."""
    days = days_since(text, on)
    return days is not None and days <= _LONGEST_DAYS


def days_since(text: str, on: date | None = None) -> int | None:
    """The days back of which a sentence (lower case) speaks, 0 where it only says that they are few; None: of none.

    `on`: the date of service, from which the days to a written date are counted.
    """
    match = _RECENT.search(text)
    if match is None:
        dated = (days for _, _, days in earlier_days(text.title(), on)) if on is not None else iter(())
        return next(dated, None)
    number = match[1] or match[4]
    unit = match[2] or match[3] or match[5]
    if number is None:
        return 0
    return (int(number) if number.isdigit() else NUMBER_WORDS[number]) * _DAYS[unit[0] if unit else "d"]
