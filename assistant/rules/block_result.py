"""What the interpreter of rule blocks makes of one block and one claim.

Does not print: the report of a claim is built elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from ingest.claims.model import Claim, ClaimLine
from ingest.notes.model import Severity


@dataclass(frozen=True, slots=True)
class BlockFinding:
    """One rule broken by one procedure code (None: by the claim as a whole).

    `lines` are 0-based places of the lines that break it, in claim order; () when no line does, such as a missing
    authorization of a rule without `when`. `fix` holds the shorthand lines that take the place of `lines`, None when
    the rule offers no fix that would satisfy it; `fixed_lines` are the same as values. `safe` is True only where the
    fix changes form alone and asserts nothing about the encounter.
    """

    rule_id: str
    severity: Severity
    lines: tuple[int, ...]
    procedure_code: str | None
    message: str
    fix: tuple[str, ...] | None = None
    safe: bool = False
    fixed_lines: tuple[ClaimLine, ...] | None = None


@dataclass(frozen=True, slots=True)
class NotEvaluated:
    """A rule that could not be decided. `missing` names the claim's header keys it needs, such as `age` or `prior`."""

    rule_id: str
    missing: tuple[str, ...]

    @property
    def reason(self) -> str:
        """The same as a sentence."""
        return f"the claim does not say: {', '.join(self.missing)}"


@dataclass(frozen=True, slots=True)
class BlockResult:
    """Everything known about one block and one claim: what it certainly breaks, and what stays open beside that."""

    findings: tuple[BlockFinding, ...] = ()
    not_evaluated: NotEvaluated | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """The answer "cannot be told": the claim lacks these header keys."""

    keys: tuple[str, ...]


# True, False, or which header keys would have to be there to tell.
Answer: TypeAlias = bool | Missing


def all_hold(answers: list[Answer]) -> Answer:
    """Three-valued "and": one False decides; else every missing key counts; else True."""
    if False in answers:
        return False
    missing = [answer for answer in answers if isinstance(answer, Missing)]
    return Missing(tuple(sorted({key for answer in missing for key in answer.keys}))) if missing else True


def apply_fix(claim: Claim, finding: BlockFinding) -> Claim:
    """The claim with the finding's fix in the place of its first line; the same claim when it has no fix."""
    if finding.fixed_lines is None or not finding.lines:
        return claim
    first, dropped = finding.lines[0], set(finding.lines)
    lines: list[ClaimLine] = []
    for index, line in enumerate(claim.lines):
        if index == first:
            lines.extend(finding.fixed_lines)
        if index not in dropped:
            lines.append(line)
    return claim.with_lines(tuple(lines))
