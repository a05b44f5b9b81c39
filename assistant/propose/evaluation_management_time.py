"""The level a visit reaches by the physician's minutes on the date, and the prolonged service beside it.

Reads no decision making. Source: CPT evaluation and management guidelines of 2021 to 2024 on time; CMS for G2212.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from assistant.propose.evaluation_management_table import level_of_minutes, office_code, prolonged
from assistant.propose.evaluation_management_words import Line, words
from assistant.propose.facts import minutes_of
from assistant.propose.model import ClinicalNote, Evidence, ProcedureCandidate, ProviderQuery


@dataclass(frozen=True, slots=True)
class VisitTime:
    """The physician's minutes of the visit with the level they reach; None where they may hold billed work."""

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
