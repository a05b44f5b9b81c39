"""A run of a claim set as Markdown: figures, kind by kind, and every miss with its claim. Measures nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from assistant.rules.rule import Finding
from evals.record import Difference, tags_counted
from evals.report import baseline_lines, figure_table, judged_header
from evals.validate_run import ClaimRun, by_rule
from evals.validate_scorers import CLAIM_FIGURES, JudgedClaim

# So much of what was not evaluated is shown for a miss; tables come first.
_SHOWN_OPEN = 5


def render_claims(run: ClaimRun, differences: Sequence[Difference] | None, told: Sequence[str]) -> str:
    """The whole report. `differences` None: there is no baseline; `told` says what else differs from it."""
    parts = [
        f"# Evaluation `{run.record.set}`",
        "\n".join((*judged_header(run.record), *([f"- CAUTION: {run.without_cms}"] if run.without_cms else []))),
        "\n".join(figure_table(CLAIM_FIGURES, run.record.figures, differences)),
        "\n".join(baseline_lines(differences, told)),
        "## Planted errors by kind",
        "\n".join(_kinds(run.judged)),
        "## Clean claims by tag",
        "\n".join(_tags(run.judged)),
        "## Planted errors not found",
        "\n".join(_not_found(run.judged)) or "None.",
        "## False alarms by rule",
        "\n".join(_alarms(run.judged)) or "None.",
        "## Other misses",
        "\n".join(_others(run.judged)) or "None.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def shown(finding: Finding) -> str:
    """A finding in one line."""
    lines = f" lines {', '.join(map(str, finding.lines))}" if finding.lines else ""
    return f"{finding.rule} {finding.severity}{lines}: {finding.message}"


def in_one_line(claim: str) -> str:
    """A claim as the shorthand also reads it."""
    return "; ".join(part.strip() for part in claim.splitlines())


def _kinds(judged: Sequence[JudgedClaim]) -> Iterator[str]:
    found = tags_counted(([one.item.planted.kind], one.good["planted_found"]) for one in judged if one.item.planted)
    yield from _table("kind", found.items())


def _tags(judged: Sequence[JudgedClaim]) -> Iterator[str]:
    right = tags_counted((one.item.tags, one.good["false_alarm"]) for one in judged if not one.item.planted)
    yield from _table("tag", right.items())


def _table(what: str, rows: Iterable[tuple[str, object]]) -> Iterator[str]:
    yield f"| {what} | right |"
    yield "|---|---|"
    for name, count in rows:
        yield f"| {name} | {count} |"


def _not_found(judged: Sequence[JudgedClaim]) -> Iterator[str]:
    for one in judged:
        planted = one.item.planted
        if planted is None or one.good["planted_found"]:
            continue
        yield f"### {one.name}: {planted.kind}, at least {planted.severity}, not found"
        yield f"- claim: {in_one_line(one.item.claim)}"
        yield f"- planted: {one.item.why}; lines {list(planted.lines)}; says {'; '.join(map(_or, planted.about))}"
        yield from (f"- got: {shown(finding)}" for finding in one.report.findings)
        if not one.report.findings:
            yield "- got: nothing"
        missing = sorted(one.report.not_evaluated, key=lambda open_: open_.table is None)
        yield from (f"- not evaluated: {open_.rule}: {open_.reason}" for open_ in missing[:_SHOWN_OPEN])


def _or(group: Iterable[str]) -> str:
    return " or ".join(group)


def _alarms(judged: Sequence[JudgedClaim]) -> Iterator[str]:
    last = None
    for rule, finding, one in by_rule(judged):
        if rule != last:
            yield f"### {rule}"
            last = rule
        yield f"- {one.name}: {in_one_line(one.item.claim)}"
        yield f"  - {shown(finding)}"
        yield f"  - why it is right: {one.item.why}"


def _others(judged: Sequence[JudgedClaim]) -> Iterator[str]:
    for one in judged:
        if not one.good.get("open_told", True):
            yield f"- {one.name}: does not say that {', '.join(one.item.open)} could not be checked"
        if not one.good.get("clean_kept", True):
            yield f"- {one.name}: a safe fix changes this right claim: {in_one_line(one.item.claim)}"
        if not one.good.get("only_planted", True):
            said = "; ".join(shown(finding) for finding in one.beside)
            yield f"- {one.name} ({one.item.why}) also says: {said}"
