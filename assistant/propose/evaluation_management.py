"""The office visit a note supports: its level with the elements that carry it, its modifiers and add-ons.

Judges no claim and never raises a level by itself: what was billed is compared and a difference flagged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

from assistant.propose.evaluation_management_data import data_of
from assistant.propose.evaluation_management_problems import problems_of
from assistant.propose.evaluation_management_risk import management_of
from assistant.propose.evaluation_management_table import (
    LEVELS,
    LONGITUDINAL,
    LONGITUDINAL_WITH_25_FROM,
    NURSE_VISIT,
    PREVENTIVE,
    level_of_code,
    level_of_elements,
    office_code,
)
from assistant.propose.evaluation_management_time import TIME_DECIDES, VisitTime, time_of
from assistant.propose.evaluation_management_visit import Visit, needs_25, visit_of
from assistant.propose.evaluation_management_words import Line, lines_of, once, words
from assistant.propose.model import (
    ClinicalNote,
    EmElement,
    EmProposal,
    Encounter,
    Evidence,
    ProcedureCandidate,
    ProviderQuery,
)
from assistant.propose.patient_known import new_patient_of

_OFFICE_CODE = re.compile(r"\b(?:9920[2-5]|9921[1-5])\b")
_TIME_UNTOLD = "How many minutes, if any, did the physician spend on the visit that day? The note tells no number."
# What a query is about where only its answer tells which of two codes the visit has; so too TIME_DECIDES.
NEW_OR_ESTABLISHED = "new or established patient"
_NEW_UNKNOWN = "Was the patient seen by this group in the same specialty within three years? The note does not say."


def evaluate_visit(
    note: ClinicalNote, encounter: Encounter, procedures: Sequence[ProcedureCandidate], *, medicare: bool
) -> tuple[EmProposal | None, tuple[ProviderQuery, ...]]:
    """The visit beside the day's procedures, with what to ask; None where the note supports no visit of its own.

    `encounter.new_patient` None is read from the note; untold, the patient counts as established and a query says so.
    `medicare` chooses the prolonged service and lets G2211 stand. Source: CPT guidelines of 2021 and 2023.
    """
    lines = lines_of(note)
    management = management_of(lines)
    problems, addressed = problems_of(lines, changes_treatment=management.changes_treatment)
    visit = visit_of(note, lines, encounter, procedures, addressed, management)
    if visit.kind == "none":
        return None, tuple(_billed_without_visit(encounter, visit))
    new_patient = encounter.new_patient if encounter.new_patient is not None else new_patient_of(note)
    data = data_of(lines, [one.procedure_code for one in procedures])
    if visit.kind == "nurse":
        return _nurse_visit(lines, visit, problems, data, management.element), ()
    time = time_of(note, lines, procedures, new_patient=bool(new_patient), medicare=medicare)
    queries: list[ProviderQuery] = []
    flags: list[str] = []
    if new_patient is None:
        queries.append(ProviderQuery(_NEW_UNKNOWN, NEW_OR_ESTABLISHED))
        flags.append("new or established is not told; read as established")
    if time is not None and time.query is not None:
        queries.append(time.query)
    elif time is None and (untold := _time_untold(lines)):
        decides = any(words("visit", "time_decides").found(line.view) for line in lines)
        queries.append(ProviderQuery(_TIME_UNTOLD, TIME_DECIDES if decides else "time", untold))
    by_decisions = level_of_elements(problems.level, data.level, management.element.level)
    by_time = time is not None and _time_wins(time, by_decisions)
    level = time.level if time is not None and time.level is not None and by_time else by_decisions
    code = office_code(level, new_patient=bool(new_patient))
    flags.extend(_compared(encounter, code, (problems, data, management.element), time))
    evidence = [*problems.evidence, *data.evidence, *management.element.evidence]
    proposal = EmProposal(
        procedure_code=code,
        basis="time" if by_time else "mdm",
        problems=problems,
        data=data,
        risk=management.element,
        minutes=(time.minutes or None) if time is not None else None,
        modifiers=visit.modifiers,
        evidence=once([*(time.evidence if time is not None and by_time else ()), *evidence]) or _first(lines),
        add_ons=tuple(_add_ons(lines, encounter, procedures, visit, time if by_time else None, medicare=medicare)),
        flags=tuple(flags),
    )
    return proposal, tuple(queries)


def _first(lines: Sequence[Line]) -> tuple[Evidence, ...]:
    return tuple(line.evidence for line in lines[:1])


def _time_untold(lines: Sequence[Line]) -> tuple[Evidence, ...]:
    """The words that speak of the visit's time without a number."""
    return tuple(
        line.evidence
        for line in lines
        if line.clause.status in {"done", "planned"} and words("visit", "time_untold").found(line.view)
    )[:2]


def _time_wins(time: VisitTime, by_decisions: str) -> bool:
    """Time is chosen where it reaches a higher level, or the same with a prolonged service that only time carries."""
    if time.level is None:
        return False
    higher = LEVELS.index(time.level) > LEVELS.index(by_decisions)
    return higher or (time.level == by_decisions and time.add_on is not None)


def _add_ons(
    lines: Sequence[Line],
    encounter: Encounter,
    procedures: Sequence[ProcedureCandidate],
    visit: Visit,
    time: VisitTime | None,
    *,
    medicare: bool,
) -> Iterator[tuple[str, int]]:
    if time is not None and time.add_on is not None:
        yield time.add_on
    lasting = any(
        line.clause.status in {"done", "planned"} and words("visit", "longitudinal").found(line.view) for line in lines
    )
    if medicare and lasting and (not visit.modifiers or _only_preventive(encounter, procedures, visit)):
        yield LONGITUDINAL, 1


def _only_preventive(encounter: Encounter, procedures: Sequence[ProcedureCandidate], visit: Visit) -> bool:
    """Whether 25 stands only because of a preventive service, on a day from which G2211 may stand beside it."""
    on = date.fromisoformat(encounter.date_of_service) if encounter.date_of_service else None
    if on is None or on < LONGITUDINAL_WITH_25_FROM or visit.modifiers != ("25",):
        return False
    return all(one.procedure_code in PREVENTIVE for one in procedures if needs_25(one))


def _nurse_visit(
    lines: Sequence[Line], visit: Visit, problems: EmElement, data: EmElement, risk: EmElement
) -> EmProposal:
    supervised = any(words("visit", "supervised").found(line.view) for line in lines)
    flags = () if supervised else ("the note does not tell of the supervising physician",)
    return EmProposal(NURSE_VISIT, "mdm", problems, data, risk, None, (), visit.evidence, flags=flags)


def _billed_code(encounter: Encounter) -> str | None:
    found = _OFFICE_CODE.search(encounter.billed or "")
    return found.group() if found else None


def _billed_without_visit(encounter: Encounter, visit: Visit) -> Iterator[ProviderQuery]:
    if _billed_code(encounter) is not None:
        yield ProviderQuery(
            "A visit was billed. What was evaluated or managed that day besides the service itself? "
            f"As read: {visit.why}.",
            "overcoding: visit without separate work",
            visit.evidence,
        )


def _compared(
    encounter: Encounter, code: str, elements: tuple[EmElement, EmElement, EmElement], time: VisitTime | None
) -> Iterator[str]:
    """What was billed against what the note supports, with the elements that are missing or were not used."""
    billed = _billed_code(encounter)
    billed_level, level = level_of_code(billed or ""), level_of_code(code)
    if billed is None or level is None:
        return
    if billed[:4] != code[:4]:
        yield f"billed {billed}, the note tells of {'a new' if code.startswith('9920') else 'an established'} patient"
    names = ("problems", "data", "risk")
    if billed_level is not None and LEVELS.index(billed_level) > LEVELS.index(level):
        missing = [
            f"{name} {one.level}"
            for name, one in zip(names, elements, strict=True)
            if LEVELS.index(one.level) < LEVELS.index(billed_level)
        ]
        minutes = (
            f"; {time.minutes} minutes do not reach it" if time is not None and time.minutes else "; no time is told"
        )
        yield (
            f"overcoding: billed {billed} needs {billed_level} in two elements; "
            f"the note has {', '.join(missing)}{minutes}"
        )
    elif billed_level is None or LEVELS.index(billed_level) < LEVELS.index(level):
        above = LEVELS.index(billed_level) if billed_level is not None else -1
        unused = [
            f"{name} {one.level} ({one.reasons[0]})"
            for name, one in zip(names, elements, strict=True)
            if LEVELS.index(one.level) > above and one.reasons
        ]
        if time is not None and time.level is not None and LEVELS.index(time.level) > above:
            unused.append(f"{time.minutes} minutes")
        yield f"undercoding: billed {billed}, the note supports {code}; not used: {', '.join(unused)}"
