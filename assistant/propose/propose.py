"""From a pasted note to a checked claim: read, find, choose, assemble, judge, ask. Stores nothing.

A pasted note is data: whatever it says, it changes no rule, no verdict and no setting.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from assistant.propose.assembly import Assembled, Support, assemble
from assistant.propose.candidates import procedure_candidates
from assistant.propose.coronary import (
    hold_study,
    is_coronary_treatment,
    tells_first_study,
    vessels_treated,
)
from assistant.propose.diagnoses import diagnosis_candidates
from assistant.propose.diagnoses_order import first_listed_order, points_for
from assistant.propose.drug_waste import Container, container_queries, containers_of
from assistant.propose.evaluation_management import NEW_OR_ESTABLISHED, evaluate_visit
from assistant.propose.evaluation_management_time import TIME_DECIDES
from assistant.propose.evaluation_management_visit import is_looking
from assistant.propose.evidence import Repertoire, repertoire_of
from assistant.propose.facts import age_of, sex_of
from assistant.propose.global_period import FOLLOW_UP, period_modifiers, without_follow_up
from assistant.propose.model import (
    BOTH,
    ClinicalNote,
    DiagnosisCandidate,
    EmProposal,
    Encounter,
    Evidence,
    ProcedureCandidate,
    Proposal,
    ProposedLine,
    ProviderQuery,
    Rejected,
)
from assistant.propose.note_reader import read_clinical_note
from assistant.propose.patient_known import new_patient_of
from assistant.propose.queries import (
    asked_once,
    hold_contradicted,
    hold_drugs,
    hold_side_of_injections,
    nothing_shown,
    queries_for,
)
from assistant.propose.queries_unrecorded import still_open, with_unrecorded_apart
from assistant.propose.queries_vague import open_work
from assistant.propose.repeats import repeated_tests
from assistant.propose.told_modifiers import hold_second_scope, reduced_codes, stopped_codes, tells_second_scope
from assistant.propose.visit_in_period import apart_modifiers, related_query, visit_in_period, without_free_visit
from assistant.propose.wrong_side import hold_wrong_side
from assistant.validate import Judge, Report
from ingest.claims.shorthand import write_claim

if TYPE_CHECKING:
    from ingest.tables.icd10cm_lookup import DiagnosisTables

# Which procedures stand, of those the note carries: (note, candidates) -> the chosen ones.
Chooser = Callable[[ClinicalNote, Sequence[ProcedureCandidate]], Sequence[ProcedureCandidate]]


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposal with the report on its claim (None: nothing to bill) and how it was made."""

    proposal_id: str
    proposal: Proposal
    report: Report | None
    model: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The proposal as DESIGN section 5 names its fields."""
        found = self.proposal
        return {
            "id": self.proposal_id,
            "lines": [_line_json(line) for line in found.lines],
            "diagnoses": [
                {
                    "code": one.diagnosis_code,
                    "evidence": _evidence_json(one.evidence),
                    "confidence": one.confidence,
                    "evaluated": one.covered,
                    "needs_review": one.confidence != "high" or not one.covered,
                }
                for one in found.diagnoses
            ],
            "em": _em_json(found.em) if found.em else None,
            "claim": write_claim(found.claim) if found.claim else None,
            "report": self.report.to_json() if self.report else None,
            "queries": [
                {"text": one.text, "about": one.about, "evidence": _evidence_json(one.evidence)}
                for one in found.queries
            ],
            "rejected": [
                {"code": one.code, "why": one.why, "evidence": _evidence_json(one.evidence)} for one in found.rejected
            ],
            "model": self.model,
        }


@dataclass
class Proposer:
    """Proposes from one set of notes, tables and rules. Keeps nothing of a patient's note.

    `model` names the model that is asked; `not_asked` says why one that was named is not.
    """

    judge: Judge
    diagnoses: DiagnosisTables
    choose: Chooser | None = None
    model: str | None = None
    not_asked: str = ""
    _repertoires: dict[frozenset[str], Repertoire] = field(init=False, repr=False, default_factory=dict)

    def propose(self, text: str, encounter: Encounter) -> Proposed:
        """What the note supports for this payer and day. Raises ValueError for a date that is none."""
        on = date.fromisoformat(encounter.date_of_service) if encounter.date_of_service else None
        note, unrecorded = with_unrecorded_apart(read_clinical_note(text, on))
        known = _with_what_the_note_says(note, encounter, on)
        candidates, rejected = procedure_candidates(note, self._repertoire(on), known)
        found, without, asked = diagnosis_candidates(note, known, self.diagnoses)
        candidates = tuple(hold_study(note, hold_contradicted(note, _with_diagnosed_side(note, candidates, found))))
        candidates = tuple(hold_second_scope(note, hold_side_of_injections(note, candidates)))
        candidates = tuple(hold_drugs(note, hold_wrong_side(note, candidates)))
        standing = without_follow_up([one for one in candidates if not one.why_not])
        if self.choose is not None and standing:
            chosen = set(self.choose(note, standing))
            standing = tuple(one for one in standing if one in chosen)
        codes_found = [one.diagnosis_code for one in found]
        standing = without_free_visit(note, standing, codes_found)
        candidates = without_free_visit(note, candidates, codes_found)
        open_queries = queries_for(note, candidates, rejected)
        visit, visit_queries = self._visit(note, known, (*candidates, *open_work(open_queries)), standing)
        if visit is not None:
            visit, standing, stood = self._in_period(note, visit, standing, codes_found)
            visit_queries = stood if visit is None else stood or visit_queries
            if any(one.about in {NEW_OR_ESTABLISHED, TIME_DECIDES} for one in visit_queries):
                # Which code it is only the answer tells: the visit waits.
                visit = None
        codes = [*([visit.procedure_code] if visit else []), *(one.procedure_code for one in standing)]
        listed = first_listed_order(found, codes, self.diagnoses, on)
        pointed = {code: _points(code, listed, standing, codes) for code in dict.fromkeys(codes)}
        containers = self._containers(note, known, standing)
        assembled = assemble(
            known,
            standing,
            visit,
            listed,
            pointed,
            self.judge,
            said=_work_done(note),
            vessels=_vessels(note, standing),
            study_apart=tells_first_study(note) is not None,
            stated=apart_modifiers(note, standing, codes_found)
            | reduced_codes(note, standing)
            | period_modifiers(note, standing)
            | stopped_codes(note, standing),
            again=repeated_tests(note, standing),
            second_scope=tells_second_scope(note),
            containers=containers,
        )
        queries = (*open_queries, *asked, *visit_queries)
        queries = (*queries, *container_queries(containers, standing))
        queries = (*queries, *still_open(unrecorded, queries))
        if assembled is None and not queries:
            queries = nothing_shown(note)
        proposal = Proposal(
            lines=_lines(assembled) if assembled else (),
            diagnoses=listed,
            em=_kept_visit(visit, assembled),
            claim=assembled.claim if assembled else None,
            queries=_once(queries),
            rejected=(
                *(Rejected(one.procedure_code, one.why_not, one.evidence) for one in candidates if one.why_not),
                *rejected,
                *without,
                *(assembled.rejected if assembled else ()),
            ),
        )
        return Proposed(_identity(text, encounter), proposal, assembled.report if assembled else None, self.model)

    def _visit(
        self,
        note: ClinicalNote,
        known: Encounter,
        candidates: Sequence[ProcedureCandidate],
        standing: Sequence[ProcedureCandidate],
    ) -> tuple[EmProposal | None, tuple[ProviderQuery, ...]]:
        """The visit beside what stands; none where what must be asked about was all that was done."""
        payer = self.judge.payer(known.payer)
        medicare = payer is not None and payer.is_medicare
        asked = [one for one in candidates if one.why_not]
        if asked and evaluate_visit(note, known, (*standing, *asked), medicare=medicare)[0] is None:
            return None, ()
        return evaluate_visit(note, known, standing, medicare=medicare)

    def _containers(
        self, note: ClinicalNote, known: Encounter, standing: Sequence[ProcedureCandidate]
    ) -> dict[str, Container]:
        """What is told of the containers of the drugs given; empty for payers that do not ask."""
        payer = self.judge.payer(known.payer)
        return containers_of(note, standing) if payer is not None and payer.is_medicare else {}

    def _in_period(
        self,
        note: ClinicalNote,
        visit: EmProposal,
        standing: tuple[ProcedureCandidate, ...],
        diagnoses: Sequence[str],
    ) -> tuple[EmProposal | None, tuple[ProcedureCandidate, ...], tuple[ProviderQuery, ...]]:
        """The visit beside an operation of the days before: with 24, free of charge, or held until it is answered."""
        if {"24", "57"}.intersection(visit.modifiers):
            return visit, tuple(one for one in standing if one.procedure_code != FOLLOW_UP), ()
        told = visit_in_period(note, diagnoses)
        if told is None:
            return visit, standing, ()
        stands, evidence = told
        if stands == "apart":
            return replace(visit, modifiers=("24", *visit.modifiers)), standing, ()
        if stands == "open":
            # What was treated that day tells what the visit was about.
            treated = [one for one in standing if not is_looking(one.procedure_code)]
            return None, standing, () if treated else (related_query(evidence),)
        return None, (*standing, ProcedureCandidate(FOLLOW_UP, None, 1, evidence, confidence="medium")), ()

    def _repertoire(self, on: date | None) -> Repertoire:
        """The evidence blocks in force on a day; compiled once for each set of notes in force."""
        shown = [note for note in self.judge.notes if note.evidence]
        key = frozenset(note.note_id for note in shown if on is None or note.in_force(on))
        if key not in self._repertoires:
            self._repertoires[key] = repertoire_of(shown, on=on)
        return self._repertoires[key]


def _with_diagnosed_side(
    note: ClinicalNote, candidates: Sequence[ProcedureCandidate], diagnoses: Sequence[DiagnosisCandidate]
) -> list[ProcedureCandidate]:
    """The candidates; where the work names no side, it was done on the one side every diagnosis of a side names.

    Not where the note speaks of both sides in one breath: one may have been treated and the other found.
    """
    told = {side for one in diagnoses for side in one.sides}
    if len(told) != 1 or any(one.sides_own and one.sides == BOTH and one.status == "done" for one in note.clauses):
        return list(candidates)
    side = next(iter(told))
    return [
        replace(one, side=side, confidence="medium")
        if one.sides_rule == "per-side" and one.side is None and not one.why_not
        else one
        for one in candidates
    ]


def _points(
    code: str, listed: Sequence[DiagnosisCandidate], standing: Sequence[ProcedureCandidate], codes: Sequence[str]
) -> tuple[str, ...]:
    """The diagnosis codes a procedure points to, by the sides and the words that carry it."""
    own = [one for one in standing if one.procedure_code == code]
    return points_for(
        code,
        listed,
        sides=frozenset(one.side for one in own if one.side),
        evidence=tuple(words for one in own for words in one.evidence),
        beside=tuple(other for other in codes if other != code),
    )


def _vessels(note: ClinicalNote, standing: Sequence[ProcedureCandidate]) -> dict[str, tuple[str, ...]]:
    """The coronary arteries each procedure treated."""
    return {
        one.procedure_code: vessels_treated(note, one) for one in standing if is_coronary_treatment(one.procedure_code)
    }


def _work_done(note: ClinicalNote) -> str:
    """What the note says was done or found, in its own words."""
    return " ".join(clause.text for clause in note.clauses if clause.status == "done")


def _with_what_the_note_says(note: ClinicalNote, encounter: Encounter, on: date | None) -> Encounter:
    """The encounter with age, sex and new patient as the note tells them, where nobody said."""
    return replace(
        encounter,
        age=encounter.age if encounter.age is not None else age_of(note),
        sex=encounter.sex or sex_of(note),
        new_patient=encounter.new_patient if encounter.new_patient is not None else new_patient_of(note, on),
    )


def _lines(assembled: Assembled) -> tuple[ProposedLine, ...]:
    claim = assembled.claim
    codes = [one.diagnosis_code for one in claim.diagnoses]
    refused = {
        place
        for finding in assembled.report.findings
        if finding.severity == "error"
        for place in finding.lines or range(len(claim.lines))
    }
    lines = []
    for place, line in enumerate(claim.lines):
        support = assembled.support.get(line.procedure_code, Support((), (), "low"))
        lines.append(
            ProposedLine(
                line.procedure_code,
                line.modifiers,
                line.units,
                tuple(codes[pointer] for pointer in line.pointers if pointer < len(codes)),
                support.evidence,
                support.sources,
                support.confidence,
                support.confidence != "high" or place in refused or line.procedure_code in assembled.asserted,
            )
        )
    return tuple(lines)


def _kept_visit(visit: EmProposal | None, assembled: Assembled | None) -> EmProposal | None:
    """The visit as it stands on the claim; None when the validator took it out."""
    if visit is None or assembled is None:
        return None
    line = next((one for one in assembled.claim.lines if one.procedure_code == visit.procedure_code), None)
    return None if line is None else replace(visit, modifiers=line.modifiers)


def _once(queries: Sequence[ProviderQuery]) -> tuple[ProviderQuery, ...]:
    return asked_once(queries)


def _identity(text: str, encounter: Encounter) -> str:
    """Names the proposal by what went in, so that the same input has the same id; it holds nothing of the note."""
    return hashlib.sha256(f"{encounter!r}\n{text}".encode()).hexdigest()[:16]


def _evidence_json(evidence: Sequence[Evidence]) -> list[dict[str, Any]]:
    return [{"start": one.start, "end": one.end, "quote": one.quote} for one in evidence]


def _line_json(line: ProposedLine) -> dict[str, Any]:
    return {
        "code": line.procedure_code,
        "modifiers": list(line.modifiers),
        "units": line.units,
        "diagnoses": list(line.diagnoses),
        "evidence": _evidence_json(line.evidence),
        "sources": list(line.sources),
        "confidence": line.confidence,
        "needs_review": line.needs_review,
    }


def _em_json(visit: EmProposal) -> dict[str, Any]:
    return {
        "code": visit.procedure_code,
        "basis": visit.basis,
        "elements": {
            name: {"level": part.level, "reasons": list(part.reasons), "evidence": _evidence_json(part.evidence)}
            for name, part in (("problems", visit.problems), ("data", visit.data), ("risk", visit.risk))
        },
        "minutes": visit.minutes,
        "modifiers": list(visit.modifiers),
        "add_ons": [{"code": code, "units": units} for code, units in visit.add_ons],
        "evidence": _evidence_json(visit.evidence),
        "flags": list(visit.flags),
    }
