"""A run of the worked cases as Markdown. Of the cases held back (even numbers) it shows rule ids and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evals.record import Difference
from evals.report import baseline_lines, figure_table, judged_header
from evals.validate_report import in_one_line, shown
from evals.vignettes import VIGNETTE_FIGURES, VignetteRun
from ingest.claims.shorthand import write_claim


def render_vignettes(run: VignetteRun, differences: Sequence[Difference] | None, told: Sequence[str]) -> str:
    """The whole report. `differences` None: there is no baseline; `told` says what else differs from it."""
    parts = [
        f"# Evaluation `{run.record.set}`",
        "\n".join((*judged_header(run.record), *([f"- CAUTION: {run.without_cms}"] if run.without_cms else []))),
        "\n".join(figure_table(VIGNETTE_FIGURES, run.record.figures, differences)),
        "\n".join(baseline_lines(differences, told)),
        "## Right claims with an error or warning",
        "\n".join(_right(run)) or "None.",
        "## Wrong claims not caught",
        "\n".join(_uncaught(run)) or "None.",
        "## Wrong claims caught",
        "\n".join(_caught(run)) or "None.",
        "## What a claim alone cannot show",
        "\n".join(f"- {one.vignette}: {one.wrong}: {one.why_not}" for one in run.not_visible) or "None.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _right(run: VignetteRun) -> Iterator[str]:
    for one in run.right:
        if not one.loud:
            continue
        if not one.vignette.is_open:
            rules = ", ".join(sorted({f"{finding.rule} {finding.severity}" for finding in one.loud}))
            yield f"- {one.vignette.id}: {rules}"
            continue
        yield f"- {one.vignette.id}: {in_one_line(write_claim(one.vignette.claim))}"
        yield from (f"  - {shown(finding)}" for finding in one.loud)


def _uncaught(run: VignetteRun) -> Iterator[str]:
    for one in run.wrong:
        if one.catching:
            continue
        yield f"- {one.wrong.id}, {one.wrong.wrong}: {in_one_line(one.wrong.claim or '')}"
        yield from (f"  - {shown(finding)}" for finding in one.report.findings)


def _caught(run: VignetteRun) -> Iterator[str]:
    for one in run.wrong:
        if one.catching:
            rules = ", ".join(sorted({f"{finding.rule} {finding.severity}" for finding in one.catching}))
            yield f"- {one.wrong.id}, {one.wrong.wrong}: {rules}"
