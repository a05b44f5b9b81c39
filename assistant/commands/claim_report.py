"""The report on a claim for a person: each line with its findings, what could not be checked, and the verdict.

Judges nothing. Severity is told in words and letter case, so that it is seen without colour.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from datetime import date

from assistant.report_words import import_hint, verdict_line
from assistant.rules.rule import Finding, ProposedFix, Source, Unevaluated
from assistant.validate import Report
from ingest.claims.model import Claim, ClaimLine
from ingest.claims.service_line import LETTERS, write_service_line
from ingest.claims.shorthand import write_claim
from ingest.tables.model import PROGRAM_NAMES, Program

_WIDTH = 100
_WORDS = {"error": "ERROR", "warning": "Warning", "advice": "advice"}
_FINDING = "       "
_DETAIL = "         "
_FIRST_KEYS = ("payer", "dos", "pos", "age", "sex")


def render(claim: Claim, report: Report) -> str:
    """The whole report on one claim."""
    rows = [*_header(claim), ""]
    under, others = _by_line(report.findings, claim)
    for index, line in enumerate(claim.lines):
        rows.append(f"{index:>3}  {write_service_line(line)}")
        for finding in under.get(index, ()):
            rows += _finding(finding, index, claim)
        rows += [
            f"{_FINDING}see {_WORDS[one.severity]} {one.rule} on line {_told_at(one, claim)}"
            for one in others.get(index, ())
        ]
    whole = [finding for finding in report.findings if not finding.lines]
    if whole:
        rows += ["", "The claim as a whole:"]
        for finding in whole:
            rows += _finding(finding, None, claim)
    rows += _not_checked(report.not_evaluated, claim.date_of_service)
    if report.fixed is not None:
        rows += ["", "After the fixes that change form alone:"]
        rows += [f"     {row}" for row in write_claim(report.fixed).split("\n")[-len(report.fixed.lines) :]]
    return "\n".join([*rows, "", verdict_line(report)])


def _header(claim: Claim) -> Iterator[str]:
    text = write_claim(claim).split("\n")[: -len(claim.lines)]
    for row in text:
        if row.startswith("dx: "):
            codes = (one.diagnosis_code for one in claim.diagnoses)
            yield "dx: " + "  ".join(f"{LETTERS[place]} {code}" for place, code in enumerate(codes))
        else:
            yield row
    missing = [key for key in ("payer", "dos") if not any(f"{key}: " in row for row in text[:1])]
    if missing:
        yield f"({' and '.join(missing)} not given)"


def _by_line(findings: Sequence[Finding], claim: Claim) -> tuple[dict[int, list[Finding]], dict[int, list[Finding]]]:
    """For each line the findings told under it, and those told under another."""
    under: dict[int, list[Finding]] = {}
    others: dict[int, list[Finding]] = {}
    for finding in findings:
        if not finding.lines:
            continue
        at = _told_at(finding, claim)
        for index in finding.lines:
            (under if index == at else others).setdefault(index, []).append(finding)
    return under, others


def _told_at(finding: Finding, claim: Claim) -> int:
    """The line under which a finding is told: the first that its fix would change, else its first."""
    changed = _gone(claim.lines, finding.fix.fixed.lines) if finding.fix else []
    return next((index for index in changed if index in finding.lines), finding.lines[0])


def _finding(finding: Finding, index: int | None, claim: Claim) -> Iterator[str]:
    rest = [str(other) for other in finding.lines if other != index]
    beside = f" (with line{'s' if len(rest) > 1 else ''} {', '.join(rest)})" if rest else ""
    rules = " = ".join((finding.rule, *(rule for rule, _ in finding.also)))
    yield f"{_FINDING}{_WORDS[finding.severity]}  {rules}{beside}"
    yield from _wrapped(finding.message)
    if finding.fix is not None:
        kind = "form alone" if finding.fix.safe else "to confirm by the record"
        yield from _wrapped(f"fix ({kind}): {_fix(finding.fix, claim)}")
    for source in (finding.source, *(source for _, source in finding.also)):
        yield from _wrapped(f"source: {_source(source)}")


def _fix(fix: ProposedFix, claim: Claim) -> str:
    """The lines as they would read, and which lines they take the place of."""
    gone = _gone(claim.lines, fix.fixed.lines)
    where = f"line{'s' if len(gone) > 1 else ''} {' and '.join(map(str, gone))}"
    if not fix.shorthand:
        return f"take {where} away" if gone else "see the claim after the fix"
    return f"{fix.shorthand}  in place of {where}" if gone else fix.shorthand


def _gone(before: tuple[ClaimLine, ...], after: tuple[ClaimLine, ...]) -> list[int]:
    """The 0-based places of the lines that are not there as they were."""
    left = list(after)
    gone = []
    for place, line in enumerate(before):
        if line in left:
            left.remove(line)
        else:
            gone.append(place)
    return gone


def _source(source: Source) -> str:
    return f"{source.text}, {source.release}" if source.release else source.text


def _not_checked(open_ones: Sequence[Unevaluated], on: date | None) -> Iterator[str]:
    if not open_ones:
        return
    yield ""
    yield "Not checked:"
    by_table: dict[Program, list[Unevaluated]] = {}
    by_reason: dict[str, list[str]] = {}
    for one in open_ones:
        if one.table is not None:
            by_table.setdefault(one.table, []).append(one)
        else:
            rules = by_reason.setdefault(one.reason, [])
            if one.rule not in rules:
                rules.append(one.rule)
    for program, found in by_table.items():
        rules = list(dict.fromkeys(one.rule for one in found))
        day = f"no release covers {on:%Y-%m-%d}" if on else "which release holds cannot be told without dos"
        yield from _wrapped(f"{PROGRAM_NAMES[program]}: {day} ({_listed(rules)})", "  - ", "    ")
        if on:
            yield from _wrapped(f"to import: {import_hint(program, on)}", "    ", "      ")
    if by_table and on:
        yield "    Download it from CMS, then `understudy tables import FILE`."
    for reason, rules in by_reason.items():
        named = [rule for rule in rules if rule not in ("payer-rules", "dated-notes", "notes")]
        yield from _wrapped(reason + (f" ({_listed(named)})" if named else ""), "  - ", "    ")


def _listed(rules: Sequence[str]) -> str:
    return ", ".join(rules[:6]) + (f" and {len(rules) - 6} more" if len(rules) > 6 else "")


def _wrapped(text: str, first: str = _DETAIL, then: str = _DETAIL + "  ") -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent=first, subsequent_indent=then, break_long_words=False, break_on_hyphens=False
    )
