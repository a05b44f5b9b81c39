"""A professional claim as coders write it, as frozen values. Knows no file format.

Nothing clinical has a default: what a claim does not say is None, and a rule that needs it is not evaluated.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One ICD-10-CM code of the claim, with its point, at its place in the claim's order."""

    diagnosis_code: str


@dataclass(frozen=True, slots=True)
class PriorProcedure:
    """An earlier procedure of the same surgeon or group; the claim's date of service says how old it is."""

    procedure_code: str
    modifiers: tuple[str, ...]
    date_of_service: date


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """One service line. `units` are units of service; `pointers` are 0-based places in the claim's diagnoses.

    `pointers` empty means the line points to none: a rule then looks at all diagnoses of the claim.
    """

    procedure_code: str
    modifiers: tuple[str, ...] = ()
    units: int = 1
    pointers: tuple[int, ...] = ()
    billed: Decimal | None = None

    def with_modifiers(self, modifiers: tuple[str, ...]) -> ClaimLine:
        """The line with these modifiers. Faster than `replace`, and asked for thousands of times a second."""
        return ClaimLine(self.procedure_code, modifiers, self.units, self.pointers, self.billed)


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim. Every None means "not said"; an empty tuple in `prior`, `documentation` or `attachments` means "none".

    `age` is in whole years on the date of service.
    """

    lines: tuple[ClaimLine, ...]
    payer: str | None = None
    date_of_service: date | None = None
    place_of_service: str | None = None
    age: int | None = None
    sex: str | None = None
    diagnoses: tuple[Diagnosis, ...] = ()
    prior: tuple[PriorProcedure, ...] | None = None
    received: date | None = None
    authorization: str | None = None
    documentation: tuple[str, ...] | None = None
    attachments: tuple[str, ...] | None = None
    new_patient: bool | None = None
    rendering: str | None = None
    ordering: str | None = None
    corrected_of: str | None = None

    def with_lines(self, lines: tuple[ClaimLine, ...]) -> Claim:
        """The claim with these lines. Faster than `replace`, and asked for thousands of times a second."""
        return Claim(
            lines,
            self.payer,
            self.date_of_service,
            self.place_of_service,
            self.age,
            self.sex,
            self.diagnoses,
            self.prior,
            self.received,
            self.authorization,
            self.documentation,
            self.attachments,
            self.new_patient,
            self.rendering,
            self.ordering,
            self.corrected_of,
        )


@dataclass(frozen=True, slots=True, order=True)
class ClaimProblem:
    """One thing wrong in a claim as it was written. `line` and `column` are 1-based and count code points.

    `message` says what and how to mend. It repeats codes and keys, never whole values: what is pasted by mistake may
    be clinical text.
    """

    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.message}"


@dataclass(frozen=True, slots=True)
class ReadClaim:
    """What a reader made of a claim: the claim, or None and every problem found, in the order of the text."""

    claim: Claim | None
    problems: tuple[ClaimProblem, ...]
