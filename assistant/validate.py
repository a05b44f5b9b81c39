"""Judges a claim by coded rules over the reference tables and by the notes' rule blocks. Reads no file and no clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from assistant.rules.block_result import apply_fix
from assistant.rules.block_run import BlocksReport, evaluate_blocks
from assistant.rules.interpreter import applies
from assistant.rules.precedence import PlacedBlock, enforceable, superseded_on
from assistant.rules.rule import Case, Finding, PayerFacts, ProposedFix, Rule, Source, Unevaluated
from ingest.claims.model import Claim
from ingest.claims.shorthand import write_claim
from ingest.notes.model import KbNote
from ingest.tables.lookup import Tables

Verdict = Literal["pass", "fix", "reject"]
# Safe fixes are applied one after the other, each judged anew; a claim has no more lines than this needs.
_MOST_FIXES = 40
_RANK = {"error": 0, "warning": 1, "advice": 2}


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
        "source": {finding.source.kind: finding.source.text, "release": finding.source.release},
    }


@dataclass
class Judge:
    """Judges claims by one set of notes, tables and rules. Keeps the blocks in force for each payer and date it met."""

    notes: Sequence[KbNote]
    tables: Tables
    rules: Sequence[Rule]
    _payers: dict[str, PayerFacts] = field(init=False, repr=False)
    _names: dict[str, str] = field(init=False, repr=False)
    _in_force: dict[tuple[str | None, date | None], tuple[tuple[PlacedBlock, ...], tuple[KbNote, ...]]] = field(
        init=False, repr=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        self._payers = payers_by_name(self.notes)
        self._names = {payer.slug: payer.name for payer in self._payers.values()}

    def payer(self, name: str | None) -> PayerFacts | None:
        """The payer a claim names, by slug, title or alias; None when no payer note knows it."""
        return self._payers.get(name.casefold().strip()) if name else None

    def judge(self, claim: Claim) -> Report:
        """The report on a claim, its safe fixes applied one after the other."""
        findings, unevaluated = self._once(claim)
        fixed, current = claim, findings
        for _ in range(_MOST_FIXES):
            safe = next((one.fix for one in current if one.fix and one.fix.safe and one.fix.fixed != fixed), None)
            if safe is None:
                break
            fixed = safe.fixed
            current, _open = self._once(fixed)
        return Report(findings, unevaluated, None if fixed == claim else fixed)

    def _once(self, claim: Claim) -> tuple[tuple[Finding, ...], tuple[Unevaluated, ...]]:
        payer = self.payer(claim.payer)
        blocks, open_notes = self._blocks(payer.slug if payer else None, claim.date_of_service)
        report = evaluate_blocks(blocks, claim, payer_names=self._names)
        case = Case(claim, self.tables, payer, report.governed)
        findings = _of_blocks(report, claim)
        unevaluated = [Unevaluated(one.rule_id, one.reason, None, ()) for _placed, one in report.not_evaluated]
        unevaluated.extend(_unknown(claim, payer, open_notes))
        for rule in self.rules:
            if not rule.binds(payer):
                continue
            for outcome in rule.check(case):
                if isinstance(outcome, Finding):
                    findings.append(outcome)
                else:
                    unevaluated.append(outcome)
        findings.sort(key=lambda one: (_RANK[one.severity], one.lines, one.rule, one.message))
        return tuple(findings), tuple(dict.fromkeys(unevaluated))

    def _blocks(self, payer: str | None, on: date | None) -> tuple[tuple[PlacedBlock, ...], tuple[KbNote, ...]]:
        """The rule blocks in force for a payer (its slug) and day, and the notes of which that cannot be told."""
        key = (payer, on)
        if key not in self._in_force:
            superseded = superseded_on(self.notes, on) if on else frozenset[str]()
            placed: list[PlacedBlock] = []
            untold: list[KbNote] = []
            for note in self.notes:
                if not note.rules:
                    continue
                here = applies(note, payer, on)
                if here is False or note.status != "live":
                    continue
                if here is None:
                    untold.append(note)
                elif on is None or enforceable(note, on, superseded=superseded):
                    placed.extend(PlacedBlock(note, block) for block in note.rules)
            self._in_force[key] = (tuple(placed), tuple(untold))
        return self._in_force[key]


def payers_by_name(notes: Sequence[KbNote]) -> dict[str, PayerFacts]:
    """Payers of live payer notes by slug, title and alias, in small letters. A name two payers share is left out."""
    found: dict[str, PayerFacts] = {}
    shared: set[str] = set()
    for note in notes:
        if note.kind != "payer" or note.status != "live" or len(note.payers) != 1:
            continue
        edits = None if note.edits is None else frozenset(note.edits)
        facts = PayerFacts(note.payers[0], note.title, note.lines_of_business, edits)
        for name in {one.casefold().strip() for one in (facts.slug, note.title, *note.aliases)}:
            if name in found and found[name].slug != facts.slug:
                shared.add(name)
            found[name] = facts
    slugs = {facts.slug.casefold() for facts in found.values()}
    return {name: facts for name, facts in found.items() if name not in shared or name in slugs}


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


def _unknown(claim: Claim, payer: PayerFacts | None, open_notes: Sequence[KbNote]) -> list[Unevaluated]:
    """What cannot be told of the practice's notes because the claim lacks payer or date, or its payer is unknown."""
    if payer is None:
        told = "no payer note knows this payer" if claim.payer else "the claim names no payer"
        return [Unevaluated("payer-rules", f"{told}: no payer's own rule was checked")]
    if open_notes:
        return [Unevaluated("payer-rules", "the claim has no date of service: dated notes were not checked")]
    return []
