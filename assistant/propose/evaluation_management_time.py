"""The level a visit reaches by the physician's minutes on the date, and the prolonged service beside it.

Reads no decision making. Source: CPT evaluation and management guidelines of 2021 to 2024 on time; CMS for G2212.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from assistant.propose.evaluation_management_table import level_of_minutes, office_code, prolonged
from assistant.propose.evaluation_management_words import Line, words
from assistant.propose.model import ClinicalNote, Evidence, ProcedureCandidate, ProviderQuery
from assistant.propose.visit_minutes import minutes_of

_WHOSE = "How many of the minutes told were the physician's own, apart from those of others?"
# What a query is about where only the minutes tell which code the visit has.
TIME_DECIDES = "the time by which the visit is billed"
_WHICH = "How many minutes did the physician spend on the visit that day? The note tells different numbers."
_TOTAL = re.compile(
    r"\b(?:total|encounter|visit)(?: \w+){0,3} time\b[^\d.;]{0,40}(\d{1,3}) ?min"
    r"|\b(\d{1,3}) ?min\w*\b[^.;]{0,20}\btotal\b",
    re.IGNORECASE,
)
# A part of the whole told with a number of its own contradicts nothing.
_PART = re.compile(r"\b(?:counsel\w*|face|procedure|scope|review|nurse|staff|injection|prolonged)\b", re.IGNORECASE)
_MINUTES = re.compile(r"\b(?:minutes?|mins?|min)\b", re.IGNORECASE)
_OF_VISIT = re.compile(
    r"\b(?:visit|encounter|appointment|check-?in|total|altogether|in all|spent|in the room|combined|together"
    r"|session)\b",
    re.IGNORECASE,
)
_STAFF = re.compile(
    r"\b(?:(?:with|and|by|between|including|includes|plus|our|the|my) (?:\w+ ){0,3}?(?:nurses?|nursing|rn|lpn|ma|mas"
    r"|medical assistants?|assistants?|staff|team|technicians?|audiologists?|dieti[tc]ians?|educators?|residents?"
    r"|students?"
    r"|fellows?|coordinators?|therapists?))\b",
    re.IGNORECASE,
)
# Who says whose the minutes were, or that the others' do not count, leaves nothing open.
_OWN_TIME = re.compile(
    r"\b(?:my own|my time|myself|i (?:personally )?(?:have )?spent|by me|mine|physician|provider|doctor"
    r"|exclud\w+|not (?:count\w+|includ\w+)|without)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class VisitTime:
    """The physician's minutes of the visit with the level they reach; None where they may hold billed work.

    `minutes` 0: they were told of several people together.
    """

    minutes: int
    level: str | None
    add_on: tuple[str, int] | None
    evidence: tuple[Evidence, ...] = field(repr=False)
    query: ProviderQuery | None = None


def time_of(
    note: ClinicalNote,
    lines: Sequence[Line],
    procedures: Sequence[ProcedureCandidate],
    *,
    new_patient: bool,
    medicare: bool,
) -> VisitTime | None:
    """The time of the visit; None where none is told. Minutes that may hold a billed procedure carry no level."""
    told = minutes_of(_with_time_stated(note, lines))
    if told is not None and (other := _another_total(lines, told[0], told[1])):
        evidence = tuple(dict.fromkeys((*told[1], *other)))
        return VisitTime(0, None, None, evidence, ProviderQuery(_WHICH, TIME_DECIDES, evidence))
    shared = () if told is not None and any(_OWN_TIME.search(one.quote) for one in told[1]) else _shared(lines)
    if shared and (told is None or set(told[1]) <= {line.evidence for line in shared}):
        evidence = tuple(line.evidence for line in shared)
        return VisitTime(0, None, None, evidence, ProviderQuery(_WHOSE, "time", evidence))
    if told is None:
        return None
    minutes, evidence = told
    timed = [one for one in procedures if one.global_days != "ZZZ" and not one.procedure_code.startswith(("8", "J"))]
    if timed and not any(words("visit", "time_apart").found(line.view) for line in lines):
        query = ProviderQuery(
            "Which of the minutes told were spent on services that are billed on their own?", "time", evidence
        )
        return VisitTime(minutes, None, None, evidence, query)
    level = level_of_minutes(minutes, new_patient=new_patient)
    add_on = prolonged(office_code(level, new_patient=new_patient), minutes, medicare=medicare) if level else None
    return VisitTime(minutes, level, add_on, evidence)


_OTHERS = re.compile(
    r"\b(?:nurse\w*|rn|staff|assistant\w*|ma|resident\w*|tech\w*|trainee\w*|student\w*|includ\w*|exclud\w*|of which"
    r"|procedures?|separate\w*|billed|without|dietitian\w*|audiologist\w*|therapist\w*)\b",
    re.IGNORECASE,
)


def _another_total(lines: Sequence[Line], minutes: int, told: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """The words of a total of the visit that does not fit the physician's own minutes: one of the two is wrong."""
    return tuple(
        line.evidence
        for line in lines
        if line.clause.status in {"done", "planned"}
        and line.evidence not in told
        and (total := _TOTAL.search(line.clause.text)) is not None
        and (
            int(total[1] or total[2]) < minutes
            # A greater one holds what others did, where the note tells of any; else the two contradict each other.
            or (int(total[1] or total[2]) > minutes and not any(_OTHERS.search(one.clause.text) for one in lines))
        )
        and not _PART.search(line.clause.text)
    )


def _shared(lines: Sequence[Line]) -> tuple[Line, ...]:
    """The clauses of a sentence that tells minutes of the visit spent by several people, without saying whose."""
    found: list[Line] = []
    for _, members in groupby(lines, key=lambda line: line.clause.sentence):
        told = [line for line in members if line.clause.status in {"done", "planned"}]
        text = " ".join(line.clause.text for line in told)
        if (
            len(_MINUTES.findall(text)) == 1
            and _OF_VISIT.search(text)
            and _STAFF.search(text)
            and not _OWN_TIME.search(text)
        ):
            found.extend(line for line in told if _MINUTES.search(line.clause.text))
    return tuple(found)


def _with_time_stated(note: ClinicalNote, lines: Sequence[Line]) -> ClinicalNote:
    """The note with a statement of time under "Plan" read as what happened: nobody plans the minutes spent."""
    stated = {
        line.number for line in lines if line.clause.status == "planned" and words("visit", "spent").found(line.view)
    }
    if not stated:
        return note
    clauses = tuple(
        replace(clause, status="done", section="time") if number in stated else clause
        for number, clause in enumerate(note.clauses)
    )
    return replace(note, clauses=clauses)
