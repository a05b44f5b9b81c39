"""Tells one defect once: two findings about the same lines that one correction mends become one with both sources.

Runs no rule by itself and drops nothing a reader would miss: severity is the graver, and every source stays named.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from assistant.rules.rule import Finding, ProposedFix
from ingest.claims.model import Claim

# What the rule of a finding finds in another claim: its messages.
Messages = Callable[[str, Claim], frozenset[str]]

RANK = {"error": 0, "warning": 1, "advice": 2}
# A pair of a table says least about why; what a specialty's rule or the practice's own note says helps more.
_PAIRS = "PTP001"
_HELPFUL = {"note": 0, "guideline": 1, "table": 2}
_CODE = re.compile(r"(?<![0-9A-Z])(?:[0-9]{4}[0-9A-Z]|[A-V][0-9]{4})(?![0-9A-Z])")


def order(finding: Finding) -> tuple[int, tuple[int, ...], str, str]:
    """How findings are told: the gravest first, then by line, rule and message."""
    return RANK[finding.severity], finding.lines, finding.rule, finding.message


def told_once(findings: Sequence[Finding], claim: Claim, messages_on: Messages) -> tuple[Finding, ...]:
    """The findings in their order, those of one defect as one.

    Two rules have found one defect when both would turn the claim into the same one; a PTP pair also when another
    finding about its lines names both codes and has no mend of its own, or is mended by a claim in which the pair is
    no longer found. Two findings of one rule are never joined.
    """
    kept: list[Finding] = []
    for finding in _different(sorted(findings, key=_help_first)):
        same = next((place for place, one in enumerate(kept) if _same(one, finding, claim, messages_on)), None)
        if same is None:
            kept.append(finding)
        else:
            kept[same] = _joined(kept[same], finding)
    return tuple(sorted(kept, key=order))


def _different(findings: Sequence[Finding]) -> Iterator[Finding]:
    """Each of the sorted findings once. Equal ones have neighbours of the same message between them, if any: so nobody
    need hash the whole claims of their fixes."""
    alike: list[Finding] = []
    for finding in findings:
        if alike and alike[-1].message != finding.message:
            alike = []
        if finding not in alike:
            alike.append(finding)
            yield finding


def _help_first(finding: Finding) -> tuple[bool, int, int, tuple[int, ...], str, str]:
    helpful = _HELPFUL[finding.source.kind]
    return finding.rule == _PAIRS, RANK[finding.severity], helpful, finding.lines, finding.rule, finding.message


def _same(one: Finding, other: Finding, claim: Claim, messages_on: Messages) -> bool:
    is_pair, fix = other.rule == _PAIRS, other.fix
    may_mend_alike = one.lines == other.lines and one.fix is not None and fix is not None
    if not (is_pair or may_mend_alike) or other.rule in (one.rule, *(rule for rule, _ in one.also)):
        return False
    if may_mend_alike and one.fix and fix and one.fix.fixed == fix.fixed:
        return True
    if not is_pair or not set(other.lines) <= set(one.lines):
        return False
    codes = {claim.lines[index].procedure_code for index in other.lines}
    if not codes <= set(_CODE.findall(one.message)):
        return False
    return one.fix is None or other.message not in messages_on(_PAIRS, one.fix.fixed)


def _joined(one: Finding, other: Finding) -> Finding:
    """`one` with the source of `other`; the graver severity, whose fix stands when `one` has only given advice."""
    fix: ProposedFix | None = one.fix
    if RANK[other.severity] < RANK[one.severity] and fix is None:
        fix = other.fix
    severity = min(one.severity, other.severity, key=RANK.__getitem__)
    return replace(one, severity=severity, fix=fix, also=(*one.also, (other.rule, other.source), *other.also))
