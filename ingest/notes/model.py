"""What one Markdown note of the practice says, as typed values. Knows no file and no Markdown."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from ingest.codes import CodeSet

Kind = Literal["payer", "payer-rule", "denial", "workflow", "procedure", "reference"]
Status = Literal["draft", "live", "retired"]
Layer = Literal["practice", "library"]
Severity = Literal["error", "warning", "advice"]
Fix = Literal["one-line-50", "two-lines-rt-lt", "drop-modifier", "set-units"]
ProblemSeverity = Literal["error", "warning"]

KINDS: tuple[Kind, ...] = ("payer", "payer-rule", "denial", "workflow", "procedure", "reference")
CMS_EDITS: tuple[str, ...] = ("ptp", "mue", "mpfs", "add-on")


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong in a user's file. `line` is 1-based; `message` says what and how to mend, never clinical text."""

    path: str
    line: int
    check: str
    message: str
    severity: ProblemSeverity = "error"

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.check}: {self.message}"


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it up to the next heading. Lines are 1-based file lines, inclusive.

    The part of a note before its first heading is a section with an empty heading, slug "" and level 0.
    `path` holds the headings above and this one, outermost first.
    """

    heading: str
    slug: str
    level: int
    path: tuple[str, ...]
    start_line: int
    end_line: int


@dataclass(frozen=True, slots=True)
class NumberRange:
    """Whole numbers from `low` to `high`, both inclusive; `high` None means no upper end (`n+`)."""

    low: int
    high: int | None

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int) and self.low <= number and (self.high is None or number <= self.high)

    def __str__(self) -> str:
        if self.high is None:
            return f"{self.low}+"
        return str(self.low) if self.low == self.high else f"{self.low}-{self.high}"


@dataclass(frozen=True, slots=True)
class DecimalRange:
    """Decimal numbers from `low` to `high`, both inclusive; `high` None means no upper end (`n+`)."""

    low: Decimal
    high: Decimal | None

    def __contains__(self, number: object) -> bool:
        return isinstance(number, int | Decimal) and self.low <= number and (self.high is None or number <= self.high)


@dataclass(frozen=True, slots=True)
class DaysSince:
    """An earlier procedure within a number of days before the date of service."""

    codes: CodeSet
    days: NumberRange


@dataclass(frozen=True, slots=True)
class When:
    """The conditions of a rule block. All hold together; any one inside a list is enough. Empty or None: not asked."""

    codes: CodeSet = CodeSet()
    modifiers: tuple[str, ...] = ()
    with_codes: CodeSet = CodeSet()
    without_codes: CodeSet = CodeSet()
    diagnoses: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    bilateral: bool | None = None
    units: NumberRange | None = None
    age: NumberRange | None = None
    sex: str | None = None
    new_patient: bool | None = None
    days_since: DaysSince | None = None


@dataclass(frozen=True, slots=True)
class Require:
    """What a matched line (or the claim) must have."""

    modifiers: tuple[str, ...] = ()
    units: int | None = None
    places: tuple[str, ...] = ()
    diagnoses: tuple[str, ...] = ()
    authorization: bool = False
    documentation: tuple[str, ...] = ()
    attachments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Forbid:
    """What a matched line must not have; `codes` may stand nowhere on the claim."""

    modifiers: tuple[str, ...] = ()
    units: int | None = None
    places: tuple[str, ...] = ()
    diagnoses: tuple[str, ...] = ()
    codes: CodeSet = CodeSet()


@dataclass(frozen=True, slots=True)
class Example:
    """A claim in the shorthand that must pass or fail the rule block it stands in. `line` is its 1-based file line."""

    expects: Literal["pass", "fail"]
    claim_text: str
    line: int


@dataclass(frozen=True, slots=True)
class RuleBlock:
    """One executable rule of a note. Lines are 1-based file lines of the fenced block, fences included.

    `when` None means the rule looks at the claim once; otherwise at each line it selects.
    """

    rule_id: str
    when: When | None
    require: Require | None
    forbid: Forbid | None
    units_max: int | None
    file_within_days: int | None
    severity: Severity
    message: str | None
    fix: Fix | None
    examples: tuple[Example, ...]
    heading: str
    heading_slug: str
    start_line: int
    end_line: int


@dataclass(frozen=True, slots=True)
class EvidenceExample:
    """A sentence of an evidence block that must, or must not, show the procedure. `line` is its 1-based file line."""

    expects: Literal["yes", "no"]
    sentence: str
    line: int


@dataclass(frozen=True, slots=True)
class EvidenceBlock:
    """The words that show a procedure was done, as written.

    `fields` holds every key but `examples` with its strings, in order; `field_lines` the 1-based file line of each.
    """

    procedure_code: str
    fields: tuple[tuple[str, tuple[str, ...]], ...]
    heading_slug: str
    start_line: int
    end_line: int
    examples: tuple[EvidenceExample, ...] = ()
    field_lines: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class KbNote:
    """One note. `text` is the whole file with `\\n` line ends, without a byte order mark; line numbers count in it.

    `payers` empty means every payer. Dates are inclusive; None means unbounded (or, for `verified`, unknown).
    `declared` names the front-matter fields that were written, `field_lines` the 1-based file line of each.
    `body_line` is the first line after the front matter.
    """

    note_id: str
    path: str
    layer: Layer
    title: str
    kind: Kind
    status: Status
    text: str
    body_line: int
    sections: tuple[Section, ...]
    payers: tuple[str, ...] = ()
    codes: CodeSet = CodeSet()
    modifiers: tuple[str, ...] = ()
    carcs: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    specialties: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    lines_of_business: tuple[str, ...] = ()
    edits: tuple[str, ...] | None = None
    owner: str | None = None
    verified: date | None = None
    review_by: date | None = None
    effective_from: date | None = None
    effective_through: date | None = None
    supersedes: tuple[str, ...] = ()
    confidence: str | None = None
    sources: tuple[str, ...] = ()
    rules: tuple[RuleBlock, ...] = ()
    evidence: tuple[EvidenceBlock, ...] = ()
    links: tuple[tuple[str, int], ...] = ()
    declared: frozenset[str] = field(default_factory=frozenset)
    field_lines: tuple[tuple[str, int], ...] = ()

    @property
    def lines(self) -> list[str]:
        """The file's lines without their line ends; `lines[n - 1]` is file line n."""
        return self.text.split("\n")

    def in_force(self, on: date) -> bool:
        """True when `on` lies within the note's own dates, both ends included."""
        return (self.effective_from is None or self.effective_from <= on) and (
            self.effective_through is None or on <= self.effective_through
        )


@dataclass(frozen=True, slots=True)
class ReadNote:
    """What the reader made of one file: the note (None when nothing could be read) and all its problems."""

    note: KbNote | None
    problems: tuple[Problem, ...]
