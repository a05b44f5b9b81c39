"""Reads the YAML cases of the coded rules: tables of invented codes, claims, and what the rule must make of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from assistant.rules.rule import Case, Finding, PayerFacts, Rule
from ingest.claims.shorthand import read_claim, write_claim
from ingest.notes.model import Severity
from ingest.tables.memory import MemoryTables
from ingest.tables.model import (
    AddOnEdit,
    DiagnosisEntry,
    DiagnosisSpan,
    FeeScheduleRow,
    HcpcsEntry,
    MueLimit,
    Program,
    PtpEdit,
    Release,
)

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class RuleCase:
    """One case of a rule: what goes in, and the expectation as written (`finds`, `silent`, `not-evaluated` or `switched-off`)."""

    rule_id: str
    name: str
    case: Case
    expected: dict[str, Any]


def all_cases() -> list[RuleCase]:
    """The cases of every file, by rule."""
    return [case for path in sorted(FOLDER.glob("*.yaml")) for case in cases_of(path)]


def cases_of(path: Path) -> Iterator[RuleCase]:
    """The cases of one file."""
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    tables = _tables(raw.get("tables") or {})
    for one in raw["cases"]:
        read = read_claim(one["claim"])
        assert read.claim is not None, f"{path.name}: {one['name']}: {read.problems}"
        governed = {int(index): frozenset(keys) for index, keys in (one.get("governed") or {}).items()}
        case = Case(read.claim, tables, _payer(one.get("payer")), governed)
        yield RuleCase(raw["rule"], one["name"], case, one)


def complaint(rule: Rule, one: RuleCase) -> str | None:
    """What the rule makes of the case against what the case says; None: as expected."""
    asked = rule.binds(one.case.payer) and (rule.trigger is None or rule.trigger.met(one.case.claim))
    outcomes = list(rule.check(one.case)) if asked else []
    findings = [outcome for outcome in outcomes if isinstance(outcome, Finding)]
    open_ones = [outcome for outcome in outcomes if not isinstance(outcome, Finding)]
    if any(outcome.rule != one.rule_id for outcome in outcomes):
        return f"another rule's name: {outcomes}"
    if one.expected.get("switched-off"):
        return None if not rule.binds(one.case.payer) else "it is not switched off"
    if one.expected.get("silent"):
        return None if not outcomes else f"it is not silent: {outcomes}"
    if (owed := one.expected.get("not-evaluated")) is not None:
        told = any(
            owed.get("reason", "") in outcome.reason and owed.get("table") in (None, outcome.table)
            for outcome in open_ones
        )
        return None if told and not findings else f"it is not left open, or not so: {outcomes}"
    wanted = one.expected["finds"] if isinstance(one.expected["finds"], list) else [one.expected["finds"]]
    if len(findings) != len(wanted) or not all(any(_is(finding, each) for finding in findings) for each in wanted):
        return f"wanted {wanted}, found {findings}"
    return None


def gravest(rule: Rule, cases: Iterable[RuleCase]) -> Severity | None:
    """The gravest severity the rule's cases show; None: nothing is found in any."""
    shown = {
        outcome.severity
        for one in cases
        if rule.binds(one.case.payer)
        for outcome in rule.check(one.case)
        if isinstance(outcome, Finding)
    }
    return next((severity for severity in ("error", "warning", "advice") if severity in shown), None)


def _is(finding: Finding, wanted: dict[str, Any]) -> bool:
    fix, fixed = finding.fix, wanted.get("fixed")
    return all(
        (
            "lines" not in wanted or finding.lines == tuple(wanted["lines"]),
            "severity" not in wanted or finding.severity == wanted["severity"],
            "message" not in wanted or str(wanted["message"]) in finding.message,
            "fix" not in wanted or (fix.shorthand if fix else None) == wanted["fix"],
            "safe" not in wanted or (fix is not None and fix.safe == wanted["safe"]),
            fixed is None or (fix is not None and write_claim(fix.fixed) == _written(str(fixed))),
        )
    )


def _written(text: str) -> str:
    claim = read_claim(text).claim
    assert claim is not None, text
    return write_claim(claim)


def _payer(raw: dict[str, Any] | None) -> PayerFacts | None:
    if raw is None:
        return None
    edits = None if raw.get("edits") is None else frozenset(raw["edits"])
    return PayerFacts(raw["slug"], raw.get("name", raw["slug"]), tuple(raw.get("lines-of-business", ())), edits)


def _tables(raw: dict[str, Any]) -> MemoryTables:
    releases: dict[Program, Release] = {}
    rows: dict[str, list[Any]] = {}
    for program, table in raw.items():
        told = table["release"]
        found = table.get("rows") or []
        releases[program] = Release(program, str(told["label"]), told["from"], told["through"], len(found), "0", "test")
        rows[program] = found
    return MemoryTables(
        releases,
        tuple(PtpEdit(str(a), str(b), str(c), d, e) for a, b, c, d, e in rows.get("ptp", ())),
        tuple(MueLimit(str(code), units, str(mai)) for code, units, mai in rows.get("mue", ())),
        tuple(_fee(row) for row in rows.get("mpfs", ())),
        tuple(AddOnEdit(str(a), str(kind), frozenset(map(str, codes))) for a, kind, codes in rows.get("add-on", ())),
        tuple(HcpcsEntry(str(a), len(str(a)) == 2, b, c) for a, b, c in rows.get("hcpcs", ())),
        tuple(_diagnosis(row, releases["icd10cm"].effective_from) for row in rows.get("icd10cm", ())),
    )


def _fee(row: dict[str, Any]) -> FeeScheduleRow:
    """Rows name what matters; everything else is what CMS writes where an indicator does not apply."""
    known = {
        "code", "modifier", "status", "pctc", "global", "multiple", "bilateral", "assistant", "co", "team", "base",
    }  # fmt: skip
    assert set(row) <= known, f"unknown keys in a fee schedule row: {set(row) - known}"
    text = {key: str(value) for key, value in row.items()}
    return FeeScheduleRow(
        text["code"],
        text.get("modifier", ""),
        text.get("status", "A"),
        text.get("pctc", "0"),
        text.get("global", "XXX"),
        text.get("multiple", "0"),
        text.get("bilateral", "0"),
        text.get("assistant", "9"),
        text.get("co", "9"),
        text.get("team", "9"),
        text.get("base", ""),
    )


def _diagnosis(row: dict[str, Any], release_from: date) -> DiagnosisEntry:
    """`excludes1: {heading: [span, ...]}`; a span is a code or LOW-HIGH."""
    return DiagnosisEntry(
        str(row["code"]),
        row.get("description", "invented"),
        row.get("billable", True),
        row.get("from", release_from),
        row.get("through"),
        tuple(str(one) for one in row.get("seventh", ())),
        tuple((_span(one), str(at)) for at, spans in (row.get("excludes1") or {}).items() for one in spans),
        tuple(_span(one) for one in row.get("code-first", ())),
        tuple(_span(one) for one in row.get("use-additional", ())),
        row.get("manifestation", False),
        row.get("instructions", True),
    )


def _span(text: str) -> DiagnosisSpan:
    low, _, high = str(text).partition("-")
    return DiagnosisSpan(low, high or low)
