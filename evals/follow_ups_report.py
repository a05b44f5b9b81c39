"""A run over conversations as Markdown: figures, against the baseline, tag by tag, every miss with all its turns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evals.follow_ups import FOLLOW_UP_FIGURES, FollowUpRun, ScoredTurn
from evals.record import Difference, tags_counted
from evals.report import baseline_lines, figure_table, header

_SHOWN_CHARACTERS = 300


def render_follow_ups(run: FollowUpRun, differences: Sequence[Difference] | None, told: Sequence[str]) -> str:
    """The whole report. `differences` None: there is no baseline; `told` says what else differs from it."""
    parts = [
        f"# Evaluation `{run.record.set}`: conversations, the last turn scored",
        "\n".join(header(run.record)),
        "\n".join(figure_table(FOLLOW_UP_FIGURES, run.record.figures, differences)),
        "\n".join(baseline_lines(differences, told)),
        "## By tag",
        "\n".join(_tag_table(run.scored)),
        "## Misses",
        "\n".join(line for one in run.scored if one.missed for line in _miss(one)) or "None.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _tag_table(scored: Sequence[ScoredTurn]) -> Iterator[str]:
    yield "| tag | right | |"
    yield "|---|---|---|"
    for tag, count in tags_counted((one.item.tags, one.good["right"]) for one in scored).items():
        yield f"| {tag} | {count} | {count.percent} |"


def _miss(one: ScoredTurn) -> Iterator[str]:
    yield f"### {one.item.id}: {', '.join(one.missed)}"
    for turn, understood in one.turns:
        yield f"- turn: {turn} (understood: {understood})"
    expect = one.item.expect
    must = "; ".join(" or ".join(group) for group in expect.must)
    yield f"- expected: {expect.status}{f', {must}, from ' if must else ''}{', '.join(expect.notes)}"
    answer = one.reply.answer
    cited = ", ".join(citation.note for citation in answer.citations) if answer else ""
    text = " ".join(one.reply.text.split())
    shown = text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS].rstrip()} ..."
    yield f"- got: {one.reply.status}{f', citing {cited}' if cited else ''}: {shown}"
    if one.scored and one.scored.missing:
        yield f"- does not say: {'; '.join(' or '.join(group) for group in one.scored.missing)}"
    if one.scored and one.scored.unsourced:
        yield f"- says without a source: {', '.join(one.scored.unsourced)}"
