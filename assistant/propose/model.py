"""A patient's note as read, and what is proposed from it, as frozen values. Knows no pattern, no table and no payer.

Offsets count code points of the note as pasted, end excluded; `note.text[start:end]` is the quote.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from ingest.claims.model import Claim

Status = Literal["done", "planned", "negated", "historical", "hypothetical", "other-person", "uncertain"]
SectionKind = Literal[
    "title", "diagnosis", "indication", "anesthesia", "procedure", "findings", "history", "past-surgical",
    "family-history", "social-history", "medications", "allergies", "review-of-systems", "exam", "data", "assessment",
    "plan", "time", "consent", "billing", "other",
]  # fmt: skip
Confidence = Literal["high", "medium", "low"]
Side = Literal["RT", "LT"]
BOTH: frozenset[Side] = frozenset({"RT", "LT"})


@dataclass(frozen=True, slots=True, order=True)
class Evidence:
    """An exact piece of the note that supports something."""

    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Clause:
    """The smallest piece of the note with a meaning and a status of its own.

    `sides`: those it speaks of, its own words first, else what the text before it set ("Right side: ..."); empty when
    nothing tells. `sides_own` is True when its own words tell. `sentence`, `paragraph` and `section` are 0-based counts
    and the kind of the section it stands in. `repeated` is True for text that stands in the note more than once.
    `mirror` is the index of the clause that says the same was done on the other side; `sides` then are both.
    """

    start: int
    end: int
    text: str
    status: Status
    section: SectionKind
    sides: frozenset[Side]
    sides_own: bool
    sentence: int
    paragraph: int
    repeated: bool = False
    mirror: int | None = None

    @property
    def evidence(self) -> Evidence:
        """The clause as evidence."""
        return Evidence(self.start, self.end, self.text)


@dataclass(frozen=True, slots=True)
class NoteSection:
    """A stretch of the note under one heading ("" before the first); `start` to `end` without the heading."""

    kind: SectionKind
    heading: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ClinicalNote:
    """A patient's note, read. It is data: nothing in it is ever an instruction."""

    text: str = field(repr=False)
    sections: tuple[NoteSection, ...] = field(repr=False)
    clauses: tuple[Clause, ...] = field(repr=False)
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Encounter:
    """What is known beside the note. None: not said. `prior` and `billed` are claim shorthand."""

    payer: str | None
    date_of_service: str | None
    place_of_service: str | None
    age: int | None = None
    sex: str | None = None
    new_patient: bool | None = None
    prior: str | None = None
    authorization: str | None = None
    billed: str | None = None


@dataclass(frozen=True, slots=True)
class ProcedureCandidate:
    """A procedure the note may support, on one side (None: no side, or the code has none).

    `units` counts what the block counts. `source` is the note id of the evidence block with its heading. `confidence`
    is low where something the block wants is not told. `why_not` says why it must not be coded (empty: it may);
    `ask` then holds the block's question to the provider, in words that suggest no answer.
    """

    procedure_code: str
    side: Side | None
    units: int
    evidence: tuple[Evidence, ...] = field(repr=False)
    source: str = ""
    confidence: Confidence = "high"
    global_days: str | None = None
    sides_rule: str = "once"
    why_not: str = ""
    ask: str = ""


@dataclass(frozen=True, slots=True)
class DiagnosisCandidate:
    """A diagnosis the note states. `score` orders candidates of one mention; `covered` is False where no release covers
    the date of service, so that the code is not evaluated and needs review. `why_not` as above."""

    diagnosis_code: str
    evidence: tuple[Evidence, ...] = field(repr=False)
    score: float = 1.0
    confidence: Confidence = "high"
    covered: bool = True
    sides: frozenset[Side] = frozenset()
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class EmElement:
    """One element of medical decision making: its level (straightforward, low, moderate, high) and what carries it."""

    level: str
    reasons: tuple[str, ...]
    evidence: tuple[Evidence, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class EmProposal:
    """An office visit level. `basis` is mdm or time; `modifiers` 25 or 57 where the visit is separate and supported."""

    procedure_code: str
    basis: Literal["mdm", "time"]
    problems: EmElement
    data: EmElement
    risk: EmElement
    minutes: int | None
    modifiers: tuple[str, ...]
    evidence: tuple[Evidence, ...] = field(repr=False)
    add_ons: tuple[tuple[str, int], ...] = ()
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProviderQuery:
    """A question to the provider in words that suggest no answer; `about` names what is open."""

    text: str
    about: str
    evidence: tuple[Evidence, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Rejected:
    """What was considered and refused: a procedure or diagnosis code, why, and the words that brought it up."""

    code: str
    why: str
    evidence: tuple[Evidence, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class ProposedLine:
    """A line of the proposed claim with what carries it. `diagnoses` are codes in pointer order."""

    procedure_code: str
    modifiers: tuple[str, ...]
    units: int
    diagnoses: tuple[str, ...]
    evidence: tuple[Evidence, ...] = field(repr=False)
    sources: tuple[str, ...]
    confidence: Confidence
    needs_review: bool


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the note supports. `claim` is the proposed claim; None when nothing can be coded."""

    lines: tuple[ProposedLine, ...]
    diagnoses: tuple[DiagnosisCandidate, ...]
    em: EmProposal | None
    claim: Claim | None
    queries: tuple[ProviderQuery, ...]
    rejected: tuple[Rejected, ...]
