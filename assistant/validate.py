"""Judges a claim by coded rules over the reference tables and by the notes' rule blocks. Reads no file and no clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from assistant.rules.block_result import apply_fix
from assistant.rules.block_run import BlocksReport, evaluate_blocks
from assistant.rules.rule import Case, Check, Finding, Outcome, PayerFacts, ProposedFix, Rule, Source, Unevaluated
from assistant.rules.same_defect import Messages, told_once
from assistant.rules.trigger import TriggerIndex
from assistant.validate_scope import NoteIndex, NoteScope, PayerDirectory, Payers
from ingest.claims.model import Claim
from ingest.claims.shorthand import write_claim
from ingest.notes.model import KbNote
from ingest.tables.lookup import Tables

Verdict = Literal["pass", "fix", "reject"]
# Safe fixes are applied one after the other, each judged anew. A claim has no more lines than this needs.
_MOST_FIXES = 100


@dataclass(frozen=True, slots=True)
class Report:
    """What is wrong with a claim, what could not be checked, and the claim after its safe fixes (None: none)."""

    findings: tuple[Finding, ...]
    not_evaluated: tuple[Unevaluated, ...]
    fixed: Claim | None = None

    @property
    def verdict(self) -> Verdict:
        """pass: no error. fix: every error carries a fix. reject: at least one error must go back to a person."""
        errors = [finding for finding in self.findings if finding.severity == "error"]
        if not errors:
            return "pass"
        return "fix" if all(finding.fix for finding in errors) else "reject"

    @property
    def complete(self) -> bool:
        """False while something is not evaluated: then a pass is never a plain pass."""
        return not self.not_evaluated

    def to_json(self) -> dict[str, Any]:
        """The report as DESIGN section 5 names its fields."""
        return {
            "verdict": self.verdict,
            "complete": self.complete,
            "findings": [_finding_json(finding) for finding in self.findings],
            "not_evaluated": [
                {"rule": one.rule, "table": one.table, "reason": one.reason, "lines": list(one.lines)}
                for one in self.not_evaluated
            ],
            "fixed": write_claim(self.fixed) if self.fixed else None,
        }


def _finding_json(finding: Finding) -> dict[str, Any]:
    fix = finding.fix
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "lines": list(finding.lines),
        "message": finding.message,
        "fix": {"shorthand": fix.shorthand, "safe": fix.safe} if fix else None,
        "source": _source_json(finding.source),
        "also": [{"rule": rule, "source": _source_json(source)} for rule, source in finding.also],
    }


def _source_json(source: Source) -> dict[str, Any]:
    return {source.kind: source.text, "release": source.release}


@dataclass(frozen=True, slots=True)
class _Opened:
    """A claim with what the notes say of it, ready for the coded rules."""

    payers: Payers
    scope: NoteScope
    report: BlocksReport
    case: Case


@dataclass(frozen=True, slots=True)
class _Judged:
    """What was found in a claim as it is, and what could not be checked."""

    claim: Claim
    payers: Payers
    findings: tuple[Finding, ...]
    not_evaluated: tuple[Unevaluated, ...]


@dataclass(slots=True)
class _Mending:
    """A claim on its way through its safe fixes; `first` is the claim as it came."""

    first: _Judged
    _now: _Judged = field(init=False)
    _looked_at: int = field(init=False, default=0)
    _seen: set[Claim] = field(init=False, default_factory=set)
    _is_endless: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self._now = self.first

    def next_fix(self) -> Claim | None:
        """The claim after the next safe fix; None: there is none left to try."""
        findings = () if self._is_endless else self._now.findings[self._looked_at :]
        for finding in findings:
            self._looked_at += 1
            fix = finding.fix
            if fix is not None and fix.safe and fix.fixed != self._now.claim:
                return fix.fixed
        return None

    def take(self, after: _Judged) -> None:
        """Go on from the mended claim, unless the fix brought an error with it."""
        if _errors(after.findings) <= _errors(self._now.findings):
            self._seen.add(self._now.claim)
            self._now, self._looked_at = after, 0
            self._is_endless = after.claim in self._seen or len(self._seen) == _MOST_FIXES

    def report(self) -> Report:
        """The report on the claim as it came."""
        fixed = None if self._is_endless or self._now is self.first else self._now.claim
        return Report(self.first.findings, self.first.not_evaluated, fixed)


@dataclass(frozen=True, slots=True)
class _Bound:
    """The checks that bind a payer, and which of them a claim can trigger."""

    checks: tuple[Check, ...]
    triggers: TriggerIndex

    @classmethod
    def of(cls, rules: Sequence[Rule]) -> _Bound:
        return cls(tuple(rule.check for rule in rules), TriggerIndex([rule.trigger for rule in rules]))


@dataclass
class Judge:
    """Judges claims by one set of notes, tables and rules. Keeps nothing of a claim.

    `left_out` are notes whose file has an error: their rules cannot be enforced, and every claim they may be about is
    told so.
    """

    notes: Sequence[KbNote]
    tables: Tables
    rules: Sequence[Rule]
    left_out: Sequence[KbNote] = ()
    _directory: PayerDirectory = field(init=False, repr=False)
    _index: NoteIndex = field(init=False, repr=False)
    _by_id: Mapping[str, Rule] = field(init=False, repr=False)
    # By the edits a payer's note names: a practice has a handful of payers.
    _bounds: dict[frozenset[str] | None, _Bound] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._directory = PayerDirectory.of(self.notes)
        self._index = NoteIndex(self.notes, self.left_out)
        self._by_id = {rule.rule_id: rule for rule in self.rules}

    def payer(self, name: str | None) -> PayerFacts | None:
        """The payer a claim names, by slug, title or alias; None when no payer note knows it, or several do."""
        return self._directory.find(name).facts

    def judge(self, claim: Claim) -> Report:
        """The report on a claim, its safe fixes applied one after the other.

        A safe fix that brings a new error with it is not applied. Where safe fixes run in a circle none is: two rules
        then want opposite forms, which a person must settle. Judging `fixed` again finds no safe fix to apply.
        """
        return self.judge_all((claim,))[0]

    def judge_all(self, claims: Sequence[Claim]) -> list[Report]:
        """The report on each claim, the same as from `judge`. Faster for many: each rule runs over all of them. All are
        judged by one state of the tables."""
        with self.tables.reading():
            ways = [_Mending(one) for one in self._judged([(one, self._directory.find(one.payer)) for one in claims])]
            waiting = ways
            while waiting:
                tried = [(way, fixed) for way in waiting if (fixed := way.next_fix()) is not None]
                found = self._judged([(fixed, way.first.payers) for way, fixed in tried])
                for (way, _fixed), after in zip(tried, found, strict=True):
                    way.take(after)
                waiting = [way for way, _fixed in tried]
        return [way.report() for way in ways]

    def _judged(self, claims: Sequence[tuple[Claim, Payers]]) -> list[_Judged]:
        """What is found in each claim as it is."""
        opened = [self._open(claim, payers) for claim, payers in claims]
        outcomes = self._held_back(opened, self._coded(opened))
        return [self._close(one, found) for one, found in zip(opened, outcomes, strict=True)]

    def _open(self, claim: Claim, payers: Payers) -> _Opened:
        """What the notes say of the claim, and the case for the coded rules."""
        payer = payers.facts
        scope = self._index.scope(payer.slug if payer else None, claim.date_of_service)
        blocks = scope.about({line.procedure_code for line in claim.lines})
        report = evaluate_blocks(blocks, claim, payer_names=self._directory.names)
        return _Opened(payers, scope, report, Case(claim, self.tables, payer, report.governed))

    def _coded(self, opened: Sequence[_Opened]) -> list[list[Outcome]]:
        """What the coded rules say of each, in the order of the rules."""
        outcomes: list[list[Outcome]] = [[] for _ in opened]
        groups: dict[frozenset[str] | None, list[tuple[list[Outcome], Case]]] = {}
        for one, found in zip(opened, outcomes, strict=True):
            payer = one.case.payer
            groups.setdefault(payer.edits if payer else None, []).append((found, one.case))
        for edits, cases in groups.items():
            bound = self._bound(edits, cases[0][1].payer)
            asked: dict[int, list[tuple[list[Outcome], Case]]] = {}
            for pair in cases:
                for place in bound.triggers.met(pair[1].claim):
                    asked.setdefault(place, []).append(pair)
            # Rule by rule over all claims: each rule's code is then at hand.
            for place in sorted(asked):
                check = bound.checks[place]
                for found, case in asked[place]:
                    found.extend(check(case))
        return outcomes

    def _bound(self, edits: frozenset[str] | None, payer: PayerFacts | None) -> _Bound:
        bound = self._bounds.get(edits)
        if bound is None:
            bound = self._bounds[edits] = _Bound.of([rule for rule in self.rules if rule.binds(payer)])
        return bound

    def _close(self, opened: _Opened, outcomes: list[Outcome]) -> _Judged:
        """Notes and rules together: what was found, in order and each defect once, and what was not evaluated."""
        report, claim = opened.report, opened.case.claim
        unevaluated = [Unevaluated(one.rule_id, one.reason, None, ()) for _placed, one in report.not_evaluated]
        unevaluated += _unknown(opened.payers, opened.scope)
        unevaluated += [one for one in outcomes if isinstance(one, Unevaluated)]
        findings = _of_blocks(report, claim) + [one for one in outcomes if isinstance(one, Finding)]
        if len(findings) > 1:
            findings = list(told_once(findings, claim, self._messages(opened.case.payer)))
        return _Judged(claim, opened.payers, tuple(findings), tuple(dict.fromkeys(unevaluated)))

    def _held_back(self, opened: Sequence[_Opened], outcomes: list[list[Outcome]]) -> list[list[Outcome]]:
        """The outcomes; where a note may govern a line and the claim does not tell, what a table would find there is
        not evaluated."""
        unsure = [place for place, one in enumerate(opened) if one.report.undecided]
        if not unsure:
            return outcomes
        narrowed = self._coded([_as_if_governed(opened[place]) for place in unsure])
        kept = list(outcomes)
        for place, narrow in zip(unsure, narrowed, strict=True):
            kept[place] = _what_stays(outcomes[place], narrow, opened[place].report.undecided)
        return kept

    def _messages(self, payer: PayerFacts | None) -> Messages:
        def messages_on(rule_id: str, claim: Claim) -> frozenset[str]:
            case = Case(claim, self.tables, payer)
            return frozenset(one.message for one in self._by_id[rule_id].check(case) if isinstance(one, Finding))

        return messages_on


def _as_if_governed(opened: _Opened) -> _Opened:
    """The same claim as if every note that may govern a line did."""
    governed, undecided = opened.report.governed, opened.report.undecided
    possible = {
        index: governed.get(index, frozenset()) | frozenset(undecided.get(index, {}))
        for index in {*governed, *undecided}
    }
    return replace(opened, case=replace(opened.case, governed=possible))


def _what_stays(
    outcomes: list[Outcome], narrowed: list[Outcome], undecided: Mapping[int, Mapping[str, frozenset[str]]]
) -> list[Outcome]:
    if narrowed == outcomes:
        return outcomes
    kept: list[Outcome] = [one for one in narrowed if isinstance(one, Finding)]
    for outcome in outcomes:
        if isinstance(outcome, Unevaluated):
            kept.append(outcome)
        elif outcome not in narrowed:
            missing = {key for index in outcome.lines for keys in undecided.get(index, {}).values() for key in keys}
            reason = f"a note may say otherwise; the claim does not say: {', '.join(sorted(missing))}"
            kept.append(Unevaluated(outcome.rule, reason, None, outcome.lines))
    return kept


def _errors(findings: Sequence[Finding]) -> frozenset[str]:
    """The rules that find an error; one rule's errors may be told in other words after a fix."""
    errors = [one for one in findings if one.severity == "error"]
    return frozenset([one.rule for one in errors] + [rule for one in errors for rule, _source in one.also])


def _of_blocks(report: BlocksReport, claim: Claim) -> list[Finding]:
    findings = []
    for placed, found in report.findings:
        fix = None
        if found.fix is not None and found.fixed_lines is not None:
            fix = ProposedFix("; ".join(found.fix), found.safe, apply_fix(claim, found))
        block, note = placed.block, placed.note
        anchor = f"#{block.heading_slug}" if block.heading_slug else ""
        source = Source("note", f"{note.note_id}{anchor}:{block.start_line}-{block.end_line}")
        findings.append(Finding(found.rule_id, found.severity, found.lines, found.message, source, fix))
    return findings


def _unknown(payers: Payers, scope: NoteScope) -> list[Unevaluated]:
    """What cannot be told of the notes: an unknown payer, a claim without a date, a note with an error."""
    found: list[Unevaluated] = []
    if payers.facts is None:
        found.append(Unevaluated("payer-rules", f"{payers.why}: no payer's own rule was checked"))
    if scope.undated:
        notes = _some(scope.undated)
        found.append(Unevaluated("dated-notes", f"the claim does not say: dos; so notes were not checked ({notes})"))
    if scope.left_out:
        notes = _some(scope.left_out)
        reason = f"notes with an error were not checked ({notes}); see `understudy kb check`"
        found.append(Unevaluated("notes", reason))
    return found


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
