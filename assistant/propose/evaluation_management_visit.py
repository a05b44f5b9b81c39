"""Whether a note holds an office visit at all, and whether it stands beside the day's procedures. Sets no level.

Source: NCCI Policy Manual, chapter 1, section D; Medicare Claims Processing Manual, chapter 12, sections 30.6 and 40.1.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from assistant.propose.evaluation_management_data import unbilled_tests
from assistant.propose.evaluation_management_problems import Problem
from assistant.propose.evaluation_management_risk import Management
from assistant.propose.evaluation_management_words import Line, words
from assistant.propose.facts import anesthesia_of
from assistant.propose.global_period import FOLLOW_UP, is_apart_in_period
from assistant.propose.model import ClinicalNote, Encounter, Evidence, ProcedureCandidate
from assistant.propose.patterns import view_of
from ingest.codes import CodeSet

# Places where the office visit codes are used; a note without a place may be one.
_OFFICE_PLACES = frozenset("02 03 04 05 07 10 11 12 15 17 18 19 20 22 49 50 53 57 62 65 71 72".split())
_MINOR = frozenset({"000", "010"})
# Scopes that only look: the visit's plan rests on them, it is not part of them.
_LOOKING = frozenset("31231 31575 31579 92511 31505 31615 46600 57452 92504 92502".split())
_PREVENTIVE_VISITS = CodeSet.parse(["99381-99397", "G0402", "G0438-G0439"])
# Counseling that is billed beside a visit.
_COUNSELING = CodeSet.parse(["99406-99409", "G0446-G0447"])
# Giving a vaccine is edited with a visit (NCCI, chapter 11).
_VACCINATIONS = CodeSet.parse(["90460", "90471", "90473", "G0008-G0010"])
# Critical care, and care after discharge, whose visit they hold.
_INSTEAD_OF_VISIT = CodeSet.parse(["99291", "99495-99496"])
_HEARING_TESTS = CodeSet.parse(["92517-92519", "92537-92588", "92650-92653"])
_TITLE_CHARACTERS = 160
_MOST_PLACE_WORDS = 6
_OPENING_SENTENCES = 2
# A nurse's own task may be told with who ordered it and when.
_SAID = frozenset({"done", "planned", "negated"})
# A note that begins with whom it is about: "New.", "Est, 54".
_OPENS = re.compile(r"\W*(?:new|est)\b\W*(?:\d+\b.*)?$", re.IGNORECASE)
_OCCURRED = frozenset({"done", "historical"})
VisitKind = Literal["visit", "nurse", "none"]


@dataclass(frozen=True, slots=True)
class Visit:
    """Whether there is a visit, why not, and the modifiers it takes beside the day's procedures."""

    kind: VisitKind
    why: str = ""
    modifiers: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = field(default=(), repr=False)


def visit_of(
    note: ClinicalNote,
    lines: Sequence[Line],
    encounter: Encounter,
    procedures: Sequence[ProcedureCandidate],
    problems: Sequence[Problem],
    management: Management,
) -> Visit:
    """The visit of a note. `procedures` are those of the same day; `problems` and `management` as read from it."""
    if encounter.place_of_service is not None and encounter.place_of_service not in _OFFICE_PLACES:
        return Visit("none", "the place is none of an office visit")
    if any(one.procedure_code == FOLLOW_UP for one in procedures) and not is_apart_in_period(note):
        return Visit("none", "the follow-up is part of the operation")
    if _is_operative(note, lines):
        return Visit("none", "the note describes an operation")
    nurse = [
        line
        for line in lines
        if line.clause.status not in {"planned", "negated"} and words("visit", "nurse").found(line.view)
    ] or _headed_nurse(note, lines)
    if nurse and not _seen_by_physician(lines):
        return _nurse_visit(note, lines, nurse, procedures)
    separate = [
        line for line in lines if line.clause.status != "negated" and words("visit", "separate").found(line.view)
    ]
    if not separate and any(one.procedure_code in _INSTEAD_OF_VISIT for one in procedures):
        return Visit("none", "the day is billed by a service that holds the visit")
    denied = [
        line
        for line in lines
        if words("visit", "no_visit").found(line.view) and not words("visit", "no_visit_before").found(line.view)
    ]
    planned = [line for line in lines if words("visit", "planned_procedure").found(line.view)]
    own = _own_work(lines, procedures, problems, management, apart=bool(separate))
    strong = [line for line in own if line not in management.treatment]
    if procedures and (denied or planned) and not (separate and strong):
        return Visit("none", "only the planned service was done", evidence=_evidence([*denied, *planned]))
    if any("visit" in line.view.tokens for line in denied) or (denied and planned and not strong):
        return Visit("none", "the note says that nothing else was evaluated", evidence=_evidence(denied))
    decided = (*management.drugs, *management.surgery)
    if planned and not separate and not any(line in decided for line in own):
        return Visit("none", "only the planned service is told", evidence=_evidence(planned))
    tests = unbilled_tests(lines, [one.procedure_code for one in procedures])
    weighed = (*tests, *(one.line for one in problems))
    if _is_report(note) and (all(line in weighed for line in own) or not _meets_patient(lines, management)):
        return Visit("none", "the note reports a test")
    if (
        procedures
        and all(one.procedure_code in _HEARING_TESTS for one in procedures)
        and not (separate or management.surgery or _meets_patient(lines, management))
    ):
        return Visit("none", "only hearing or balance was tested")
    if _only_preventive(procedures, separate, management):
        return Visit("none", "only the preventive visit is told", evidence=_evidence(separate))
    treating = any(one.global_days in {*_MINOR, "090"} for one in procedures)
    if not _looks_like_visit(lines, problems, management, tests, treating=treating):
        return Visit("none", "nothing of a visit is told")
    decided_today = management.surgery or [
        line for line in lines if line.clause.status != "negated" and words("visit", "decision_major").found(line.view)
    ]
    soon = bool(decided_today) and any(
        line.clause.status in {"done", "planned"} and words("visit", "surgery_soon").found(line.view) for line in lines
    )
    return _beside(note, lines, procedures, separate, own, encounter, soon=soon)


def _beside(
    note: ClinicalNote,
    lines: Sequence[Line],
    procedures: Sequence[ProcedureCandidate],
    separate: Sequence[Line],
    own: Sequence[Line],
    encounter: Encounter,
    *,
    soon: bool,
) -> Visit:
    major = [one for one in procedures if one.global_days == "090"]
    minor = [one for one in procedures if needs_25(one)]
    modifiers: list[str] = []
    if major:
        decided = [
            line for line in lines if line.clause.status != "negated" and words("visit", "decision").found(line.view)
        ]
        before = any(words("visit", "scheduled_major").found(line.view) for line in lines)
        if (decided and not before) or (encounter.new_patient and not before):
            modifiers.append("57")
        elif not own:
            return Visit("none", "the operation was decided before")
        else:
            minor = minor or major[:1]
    elif soon:
        # The operation of the same or the next day, decided at this visit, is billed with its own note.
        modifiers.append("57")
    if minor:
        if not own and not major:
            return Visit("none", "only the procedure and its decision are told", evidence=_evidence(separate))
        modifiers.insert(0, "25")
    if is_apart_in_period(note):
        modifiers.insert(0, "24")
    return Visit("visit", modifiers=tuple(modifiers), evidence=_evidence(own))


def needs_25(procedure: ProcedureCandidate) -> bool:
    """Whether a visit beside this procedure takes 25: minor procedures, and tests and services edited with a visit.

    Laboratory tests, plain imaging, hearing tests, drugs and supplies are not edited with a visit.
    """
    code = procedure.procedure_code
    if procedure.global_days in _MINOR:
        return True
    if code in _VACCINATIONS:
        return True
    if procedure.global_days in {"ZZZ", "090", "YYY", "MMM"} or not code.isdigit():
        return False
    if code in _PREVENTIVE_VISITS or code in _COUNSELING:
        return True
    if code.startswith(("7", "8", "99", "9255", "9256", "9257", "9258", "36415", "906", "907")):
        return False
    return procedure.global_days in {"XXX", None}


def is_looking(procedure_code: str) -> bool:
    """True for a scope that only looks."""
    return procedure_code in _LOOKING


def _only_preventive(
    procedures: Sequence[ProcedureCandidate], separate: Sequence[Line], management: Management
) -> bool:
    """Whether the day was a preventive visit without a problem that was worked up or treated on its own."""
    if not any(one.procedure_code in _PREVENTIVE_VISITS for one in procedures):
        return False
    return not separate and not (management.drugs and management.changes_treatment)


def _is_operative(note: ClinicalNote, lines: Sequence[Line]) -> bool:
    if words("visit", "operative").found(view_of(note.text.lstrip()[:_TITLE_CHARACTERS])):
        return True
    headings = [section.heading for section in note.sections]
    if any(words("visit", "operative").found(view_of(heading)) for heading in headings if heading):
        return True
    if any(words("visit", "operative").found(line.view) and line.clause.status == "done" for line in lines):
        return True
    if any(words("visit", "decision").found(line.view) and "anesthesia" in line.view.tokens for line in lines):
        # "Decision for drainage under general anesthesia tonight": another note tells of the operation.
        return False
    return anesthesia_of(note) in {"general", "sedation"} and not any(
        line.clause.section == "plan" and words("visit", "encounter").found(line.view) for line in lines
    )


def _is_report(note: ClinicalNote) -> bool:
    line, _, below = note.text.lstrip()[:_TITLE_CHARACTERS].partition("\n")
    first, _, rest = line.partition(".")
    if words("visit", "report").found(view_of(first)):
        return True
    # A short line may name the place before the test: "Hospital stress laboratory. Treadmill test."
    second = (rest.strip() or below).split("\n")[0].split(".")[0]
    place = len(first.split()) <= _MOST_PLACE_WORDS and not words("visit", "encounter").found(view_of(first))
    return place and words("visit", "report").found(view_of(second))


def _meets_patient(lines: Sequence[Line], management: Management) -> bool:
    """Whether a report tells of a visit too: an examination, a problem of its own, or a drug decided on."""
    return bool(management.drugs) or any(
        line.clause.section == "exam"
        or (line.clause.status != "negated" and words("visit", "examined").found(line.view))
        or (line.clause.status != "negated" and words("visit", "separate").found(line.view))
        for line in lines
    )


def _seen_by_physician(lines: Sequence[Line]) -> bool:
    return any(
        line.clause.status == "done" and " seen by " in line.view.words and words("visit", "separate").found(line.view)
        for line in lines
    )


def _headed_nurse(note: ClinicalNote, lines: Sequence[Line]) -> list[Line]:
    """The first line where the note's first words, whatever becomes of them, say that a nurse saw the patient."""
    opening = " ".join(clause.text for clause in note.clauses[:1])
    return list(lines[:1]) if words("visit", "nurse").found(view_of(opening)) else []


def _nurse_visit(
    note: ClinicalNote, lines: Sequence[Line], nurse: Sequence[Line], procedures: Sequence[ProcedureCandidate]
) -> Visit:
    need = [
        clause.evidence
        for clause in note.clauses
        if clause.status in _OCCURRED and words("visit", "nurse_need").found(view_of(clause.text))
    ]
    shots = any(words("visit", "shot_only").found(line.view) and line.clause.status == "done" for line in lines)
    if not need or procedures or shots:
        return Visit("none", "a nurse gave only the service itself")
    return Visit("nurse", evidence=tuple(sorted({*_evidence(nurse), *need})))


def _looks_like_visit(
    lines: Sequence[Line],
    problems: Sequence[Problem],
    management: Management,
    tests: Sequence[Line],
    *,
    treating: bool,
) -> bool:
    """Two signs of a visit. Beside no treating procedure a drug that is prescribed is a second sign of its own."""
    if not problems:
        return False
    sections = {line.clause.section for line in lines}
    signs = sum((
        any(words("visit", "encounter").found(line.view) for line in lines)
        or (bool(lines) and _OPENS.match(lines[0].clause.text) is not None),
        bool(sections & {"history", "indication"})
        or any(words("visit", "onset").found(line.view) for line in lines if line.clause.status in _OCCURRED),
        "exam" in sections or any(words("visit", "examined").found(line.view) for line in lines),
        any(words("visit", "spent").found(line.view) for line in lines),
        bool(sections & {"assessment", "diagnosis"}),
        "plan" in sections
        or bool(management.drugs or management.treatment or management.surgery)
        or any(words("risk", "reassured").found(line.view) for line in lines if line.clause.status in _SAID)
        or any(line.clause.status == "planned" or words("data", "ordered").found(line.view) for line in tests),
        any(line.clause.status != "negated" and words("visit", "separate").found(line.view) for line in lines),
        not treating and any(words("visit", "prescribed").found(line.view) for line in management.drugs),
    ))  # fmt: skip
    return signs >= 2


def _own_work(
    lines: Sequence[Line],
    procedures: Sequence[ProcedureCandidate],
    problems: Sequence[Problem],
    management: Management,
    *,
    apart: bool,
) -> list[Line]:
    """Clauses that show work of the visit's own, beyond the procedures and the decision for them.

    `apart`: the note names another problem as such, so that an antibiotic is no aftercare.
    """
    used = {(one.start, one.end) for procedure in procedures for one in procedure.evidence}
    therapeutic = [
        one
        for one in procedures
        if one.global_days in {*_MINOR, "090"}
        and one.procedure_code not in _LOOKING
        and not one.procedure_code.startswith("29")
    ]

    def free(line: Line) -> bool:
        return all(line.clause.end <= start or line.clause.start >= end for start, end in used)

    own = [line for line in (*management.drugs, *management.surgery) if free(line)]
    if therapeutic and len(problems) < 2 and not apart:
        own = [
            line
            for line in own
            if not words("risk", "aftercare").found(line.view) or words("visit", "own_disease").found(line.view)
        ]
    tests = unbilled_tests(lines, [one.procedure_code for one in procedures])
    if therapeutic and len(problems) < 2:
        # A film of the one problem, read before it is treated, belongs to the treatment; a new order does not.
        tests = [
            line
            for line in tests
            if line.clause.status == "planned"
            or words("data", "ordered").found(line.view)
            or not words("data", "images").found(line.view)
        ]
    own.extend(line for line in tests if free(line))
    if not therapeutic:
        own.extend(line for line in management.treatment if free(line))
        if not procedures or (_only_tests(procedures) and _has_parts(lines)):
            own.extend(one.line for one in problems)
    return own


def _only_tests(procedures: Sequence[ProcedureCandidate]) -> bool:
    """Whether the day's procedures are tests without a global period, such as a tracing or an ultrasound."""
    return all(one.global_days in {"XXX", None} for one in procedures)


def _has_parts(lines: Sequence[Line]) -> bool:
    """Whether the note has what only a visit has: a history, an examination, and what was made of them."""
    sections = {line.clause.section for line in lines}
    examined = "exam" in sections or any(
        line.clause.status != "negated" and words("visit", "examined").found(line.view) for line in lines
    )
    opened = "history" in sections or any(
        line.clause.sentence < _OPENING_SENTENCES and words("visit", "encounter").found(line.view) for line in lines
    )
    return opened and (examined or bool(sections & {"plan"})) and "assessment" in sections


def _evidence(lines: Sequence[Line]) -> tuple[Evidence, ...]:
    return tuple(sorted({line.evidence for line in lines}))
