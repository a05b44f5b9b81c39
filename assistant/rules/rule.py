"""What a coded rule is, what it is given and what it may say. Holds no rule and does not run them.

A rule reads a `Case` and nothing else: no file, no clock, no setting.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any, Literal, TypeAlias, TypeVar

from assistant.rules.trigger import Trigger
from ingest.claims.model import Claim, ClaimLine
from ingest.claims.service_line import write_service_line
from ingest.notes.model import Severity
from ingest.tables.lookup import Tables
from ingest.tables.model import PROGRAM_NAMES, Program, Release

Value = TypeVar("Value")
Confidence = Literal["high", "medium", "low"]
# Edits a payer note may switch on or off; the names are those of its field `edits`.
BINDING: tuple[Program, ...] = ("ptp", "mue", "mpfs", "add-on")


@dataclass(frozen=True, slots=True)
class PayerFacts:
    """What the payer's own note says of it. `edits` None: the note does not say which of CMS's edits bind it."""

    slug: str
    name: str
    lines_of_business: tuple[str, ...] = ()
    edits: frozenset[str] | None = None

    @property
    def is_medicare(self) -> bool:
        """Traditional Medicare Part B, whose policy is CMS's own."""
        return self.slug == "medicare" or "medicare-part-b" in self.lines_of_business


@dataclass(frozen=True, slots=True)
class Case:
    """One claim with what is known around it.

    `payer` None: the claim names none, or one that no payer note knows. `governed` holds for each 0-based line the keys
    (`units`, `modifiers:side` ...; see `block_keys`) on which a rule block of the notes has spoken: there
    a CMS table gives way.
    """

    claim: Claim
    tables: Tables
    payer: PayerFacts | None = None
    governed: Mapping[int, frozenset[str]] = field(default_factory=dict)
    _worked_out: dict[Callable[[Case], Any], Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def once(self, work: Callable[[Case], Value]) -> Value:
        """What `work` makes of the case, kept for the other rules that ask for the same; give a function, no lambda."""
        try:
            value: Value = self._worked_out[work]
        except KeyError:
            value = self._worked_out[work] = work(self)
        return value

    @property
    def on(self) -> date | None:
        """The claim's date of service."""
        return self.claim.date_of_service

    def lines(self, procedure_codes: Collection[str] | None = None) -> Iterator[tuple[int, ClaimLine]]:
        """0-based place and line, of these codes (None: of all)."""
        if procedure_codes is None:
            return enumerate(self.claim.lines)
        # A list, not a generator: hundreds of rules ask this of every claim, and mostly there is nothing.
        return iter([one for one in enumerate(self.claim.lines) if one[1].procedure_code in procedure_codes])

    def yields(self, index: int, key: str) -> bool:
        """True when a rule block governs this key on this line, so that a table must keep silent."""
        keys = self.governed.get(index)
        return keys is not None and key in keys


@dataclass(frozen=True, slots=True)
class ProposedFix:
    """A way to mend the claim. `shorthand` shows the lines that change as they would read then, joined by "; " ("" when
    lines only go); `fixed` is the whole claim afterwards. `safe`: form alone changes, nothing is asserted about the
    encounter (DESIGN section 5)."""

    shorthand: str
    safe: bool
    fixed: Claim


@dataclass(frozen=True, slots=True)
class Source:
    """Where a finding comes from. `kind` note: `text` is note id and lines; table: the file's name and `release`;
    guideline: authority and date."""

    kind: Literal["note", "table", "guideline"]
    text: str
    release: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a payer would refuse or a reader should know. `lines` are 0-based, () for the claim as a whole.

    `also` names the rules that found the same defect, each with its source: it is told once (see same_defect.py).
    """

    rule: str
    severity: Severity
    lines: tuple[int, ...]
    message: str
    source: Source
    fix: ProposedFix | None = None
    also: tuple[tuple[str, Source], ...] = ()


@dataclass(frozen=True, slots=True)
class Unevaluated:
    """What could not be checked. `table` is the program whose release is missing, None when the claim lacks a key."""

    rule: str
    reason: str
    table: Program | None = None
    lines: tuple[int, ...] = ()


Outcome: TypeAlias = Finding | Unevaluated
Check: TypeAlias = Callable[[Case], Iterable[Outcome]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, named as its module (`PTP001`).

    `tables` are the programs it cannot do without, `optional_keys` the claim's header keys it may miss (`prior`, `age`
    ...); each needs a not-evaluated case. `edits` names the switch of the payer note that turns the rule off; None: it
    binds every payer. `authority` is who says so, with its date or chapter. `covers` are ids of the domain rule list.
    `trigger` is what a claim must hold before `check` can say anything; None: `check` is asked about every claim.
    """

    rule_id: str
    severity: Severity
    authority: str
    confidence: Confidence
    check: Check
    tables: tuple[Program, ...] = ()
    optional_keys: tuple[str, ...] = ()
    edits: Program | None = None
    trigger: Trigger | None = None
    covers: tuple[str, ...] = ()

    def binds(self, payer: PayerFacts | None) -> bool:
        """False when the payer's own note says that these edits are none of its."""
        return self.edits is None or payer is None or payer.edits is None or self.edits in payer.edits

    def finding(
        self,
        case: Case,
        lines: Iterable[int],
        message: str,
        *,
        fix: ProposedFix | None = None,
        severity: Severity | None = None,
    ) -> Finding:
        """A finding of this rule with its source; says so where the plan is not known to follow the edit."""
        source = None
        if self.tables and case.on is not None:
            source = _tables_source(tuple([case.tables.release(program, case.on) for program in self.tables]))
        if source is None:
            source = Source("guideline", self.authority)
        if self.edits is not None and not _confirmed(self.edits, case.payer):
            message = f"{message} (Medicare's edit; this plan not confirmed)"
        return Finding(self.rule_id, severity or self.severity, _in_order(lines), message, source, fix)

    def missing_table(self, case: Case, program: Program, lines: Iterable[int] = ()) -> Unevaluated:
        """What to say when no release of the program covers the date of service."""
        day = f"covers {case.on:%Y-%m-%d}" if case.on else "can be chosen without a date of service"
        name = PROGRAM_NAMES[program]
        return Unevaluated(self.rule_id, f"no release of {name} {day}", program, _in_order(lines))

    def missing_key(self, keys: Iterable[str], lines: Iterable[int] = ()) -> Unevaluated:
        """What to say when the claim does not give these header keys."""
        told = ", ".join(sorted(keys))
        return Unevaluated(self.rule_id, f"the claim does not say: {told}", None, _in_order(lines))


def _in_order(lines: Iterable[int]) -> tuple[int, ...]:
    places = tuple(lines)
    return places if len(places) < 2 else tuple(sorted(set(places)))


@lru_cache(maxsize=1024)
def _tables_source(releases: tuple[Release | None, ...]) -> Source | None:
    """The releases as a source; None when there is none."""
    found = [one for one in releases if one is not None]
    labels = [f"{one.label} ({one.effective_from:%Y-%m-%d} to {one.effective_through:%Y-%m-%d})" for one in found]
    return Source("table", "; ".join(PROGRAM_NAMES[one.program] for one in found), "; ".join(labels)) if found else None


def _confirmed(program: Program, payer: PayerFacts | None) -> bool:
    return payer is not None and (payer.is_medicare or (payer.edits is not None and program in payer.edits))


def change_lines(claim: Claim, changes: Mapping[int, tuple[ClaimLine, ...]], *, safe: bool) -> ProposedFix:
    """Other lines in the place of some; () takes the line away. Raises ValueError if no line is left."""
    lines: list[ClaimLine] = []
    for index, line in enumerate(claim.lines):
        lines.extend(changes.get(index, (line,)))
    if not lines:
        raise ValueError("a fix may not take the last line of a claim")
    written = [write_service_line(line) for index in sorted(changes) for line in changes[index]]
    return ProposedFix("; ".join(written), safe, claim.with_lines(tuple(lines)))


def without_modifiers(line: ClaimLine, *modifiers: str) -> ClaimLine:
    """The line without these modifiers."""
    return line.with_modifiers(tuple([one for one in line.modifiers if one not in modifiers]))


def with_modifier(line: ClaimLine, modifier: str) -> ClaimLine:
    """The line with the modifier, before any side; the order of all modifiers is MOD-order's business."""
    if modifier in line.modifiers:
        return line
    at = next((place for place, one in enumerate(line.modifiers) if one in SIDES), len(line.modifiers))
    return line.with_modifiers((*line.modifiers[:at], modifier, *line.modifiers[at:]))


# Anatomical modifiers of HCPCS Level II: RT and LT, eyelids, fingers, toes, coronary vessels.
SIDES = frozenset({"RT", "LT"})
ANATOMICAL = frozenset(
    {*SIDES, "FA", "TA", *(f"E{n}" for n in range(1, 5)), *(f"F{n}" for n in range(1, 10))}
    | {*(f"T{n}" for n in range(1, 10)), "LC", "LD", "LM", "RC", "RI"}
)
# NCCI Policy Manual, chapter 1, section E: what may release an edit whose modifier indicator is 1.
NCCI_MODIFIERS = ANATOMICAL | {"24", "25", "27", "57", "58", "78", "79", "59", "91", "XE", "XS", "XP", "XU"}
DISTINCT = frozenset({"59", "XE", "XS", "XP", "XU"})


def sides_of(line: ClaimLine) -> frozenset[str]:
    """Which sides the line speaks of: RT and LT, both for 50; empty when it says none."""
    if "50" in line.modifiers:
        return SIDES
    return SIDES.intersection(line.modifiers)


def may_meet(one: ClaimLine, other: ClaimLine) -> bool:
    """True unless the two lines name different sides: a line without a side may be on either."""
    mine, theirs = sides_of(one), sides_of(other)
    return not mine or not theirs or bool(mine & theirs)
