"""What a report on a claim is worth against its item, figure by figure. Pure: judges nothing and opens no file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assistant.rules.rule import Finding
from assistant.validate import Report
from evals.scorers import FigureKind
from evals.validate_items import ClaimItem, Planted
from evals.wording import holds

CLAIM_FIGURES = (
    FigureKind("planted_found", "planted errors found (needed: 97%)", "more"),
    FigureKind("false_alarm", "clean claims with an error or warning (at most 2%)", "fewer"),
    FigureKind("open_told", "clean claims without a table: said so", "more"),
    FigureKind("clean_kept", "clean claims that safe fixes leave as they are", "more"),
    # Not deciding: a planted error may rightly draw a second finding (the same line breaks two rules).
    FigureKind("only_planted", "planted claims with no error or warning beside the planted one", "more", decides=False),
)
_RANK = {"advice": 0, "warning": 1, "error": 2}


@dataclass(frozen=True, slots=True)
class JudgedClaim:
    """One item's result. `name` is the item's id, with the tables' name behind `@` where they are not the set's own.

    `telling` are the findings that tell the planted error, `beside` the errors and warnings that do not.
    """

    name: str
    item: ClaimItem
    report: Report
    good: Mapping[str, bool]
    telling: tuple[Finding, ...]
    beside: tuple[Finding, ...]

    @property
    def missed(self) -> tuple[str, ...]:
        """The figures this item counts against."""
        return tuple(name for name, good in self.good.items() if not good)


def score_claim(name: str, item: ClaimItem, report: Report) -> JudgedClaim:
    """The report against the item."""
    loud = tuple(finding for finding in report.findings if is_loud(finding))
    good: dict[str, bool] = {}
    if item.planted:
        telling = tuple(finding for finding in report.findings if tells(finding, item.planted))
        beside = tuple(finding for finding in loud if finding not in telling)
        good["planted_found"] = bool(telling)
        good["only_planted"] = not beside
        return JudgedClaim(name, item, report, good, telling, beside)
    good["false_alarm"] = not loud
    good["clean_kept"] = report.fixed is None
    if item.open:
        good["open_told"] = set(item.open) <= {one.table for one in report.not_evaluated}
    return JudgedClaim(name, item, report, good, (), loud)


def tells(finding: Finding, planted: Planted) -> bool:
    """True when the finding is about the planted error: severe enough, on one of its lines, in its words or codes."""
    if _RANK[finding.severity] < _RANK[planted.severity]:
        return False
    if planted.lines and finding.lines and not set(planted.lines) & set(finding.lines):
        return False
    return all(any(holds(finding.message, one) for one in group) for group in planted.about)


def is_loud(finding: Finding) -> bool:
    """True for what a person must act on: an error or a warning."""
    return _RANK[finding.severity] > 0
