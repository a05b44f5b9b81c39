"""A run as Markdown: figures, against the baseline, tag by tag, and every miss. Measures nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from evals.places import not_held_out
from evals.record import Count, Difference, RunRecord, tags_counted
from evals.run import Run
from evals.scorers import RUN_FIGURES, FigureKind, Scored

_QUOTED_CHARACTERS = 300


def render(run: Run, differences: Sequence[Difference] | None, told: Sequence[str]) -> str:
    """The whole report. `differences` None: there is no baseline; `told` says what else differs from it."""
    record = run.record
    parts = [
        f"# Evaluation `{record.set}`",
        "\n".join(header(record)),
        "\n".join(figure_table(RUN_FIGURES, record.figures, differences)),
        "\n".join(_totals(run)),
        "\n".join(baseline_lines(differences, told)),
        "## By tag",
        "\n".join(_tag_table(run.scored)),
        "## Misses",
        "\n".join(_misses(run.scored)) or "None.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def figures_of(kind: str) -> tuple[FigureKind, ...]:
    """The figures of a record of this kind."""
    if kind == "metamorphic":
        from evals.metamorphic import METAMORPHIC_FIGURES

        return METAMORPHIC_FIGURES
    if kind == "follow-ups":
        from evals.follow_ups import FOLLOW_UP_FIGURES

        return FOLLOW_UP_FIGURES
    if kind == "claims":
        from evals.validate_scorers import CLAIM_FIGURES

        return CLAIM_FIGURES
    if kind == "vignettes":
        from evals.vignettes import VIGNETTE_FIGURES

        return VIGNETTE_FIGURES
    return RUN_FIGURES


def header(record: RunRecord) -> Iterator[str]:
    """What was run, and whatever a reader must know before believing the figures."""
    if record.kind in ("claims", "vignettes"):
        yield from judged_header(record)
        return
    subset = ", the subset" if record.subset else ""
    yield f"- {len(record.items)} items{subset}, practice {record.practice}, as of {record.as_of.isoformat()}"
    left_out = f"; left out: {', '.join(record.without)}" if record.without else ""
    yield f"- model: {record.model or 'off'}{left_out}; {record.seconds_median:.2f} seconds an item (median)"
    yield f"- set {record.set_hash}, notes {record.notes_hash}, weights {record.weights_hash}"
    warning = not_held_out(record.set, record.fitted_on)
    if warning:
        yield f"- CAUTION: {warning}"


def judged_header(record: RunRecord) -> Iterator[str]:
    """What was judged."""
    yield f"- {len(record.items)} items, practice {record.practice}; each claim is judged as of its date of service"
    yield f"- {1000 * record.seconds_median:.1f} milliseconds a claim (median)"
    yield f"- set {record.set_hash}, notes {record.notes_hash}"


def figure_table(
    kinds: Iterable[FigureKind], figures: Mapping[str, Count], differences: Sequence[Difference] | None
) -> Iterator[str]:
    """One row for each figure that was counted; with the misses in the baseline where there is one."""
    by_name = {difference.kind.name: difference for difference in differences or ()}
    yield "| figure | n/N | | better | misses, baseline to now |" if by_name else "| figure | n/N | | better |"
    yield "|---|---|---|---|---|" if by_name else "|---|---|---|---|"
    for kind in kinds:
        count = figures.get(kind.name)
        if count is None or not count.of:
            continue
        row = f"| {kind.label} | {count} | {count.percent} | {kind.better} |"
        difference = by_name.get(kind.name)
        if difference:
            verdict = " BELOW" if difference.below else ""
            row += f" {difference.misses_before} to {difference.misses_now}{verdict} |"
        elif by_name:
            row += " |"
        yield row


def baseline_lines(differences: Sequence[Difference] | None, told: Sequence[str]) -> Iterator[str]:
    """The items that changed since the baseline, and what else did."""
    if differences is None:
        return
    yield "## Against the baseline"
    yield from (f"- {one}" for one in told)
    changed = False
    for difference in differences:
        for what, ids in (("new misses", difference.new), ("mended", difference.mended)):
            if ids:
                changed = True
                yield f"- {difference.kind.label}: {what}: {', '.join(ids)}"
    if not changed:
        yield "- no item has changed"


def _totals(run: Run) -> Iterator[str]:
    citations = sum(len(one.answer.citations) for one in run.scored)
    inexact = sum(len(one.inexact) for one in run.scored)
    values = sum(len(one.unsourced) for one in run.scored)
    yield f"Quotes exact: {citations - inexact}/{citations}. Values without a source: {values}."
    for one in run.scored:
        if one.unsourced:
            yield f"- {one.item.id} says without a source: {', '.join(one.unsourced)}"
        if one.inexact:
            yield f"- {one.item.id} quotes what is not there: {', '.join(f'[{n}]' for n in one.inexact)}"


def _tag_table(scored: Sequence[Scored]) -> Iterator[str]:
    refused = tags_counted(
        (one.item.tags, not one.good["answerable_refused"]) for one in scored if "answerable_refused" in one.good
    )
    yield "| tag | as expected | | answerable, refused |"
    yield "|---|---|---|---|"
    for tag, count in tags_counted((one.item.tags, one.as_expected) for one in scored).items():
        yield f"| {tag} | {count} | {count.percent} | {refused.get(tag, '')} |"


def _misses(scored: Sequence[Scored]) -> Iterator[str]:
    for one in scored:
        if not one.missed:
            continue
        labels = {kind.name: kind.label for kind in RUN_FIGURES}
        yield f"### {one.item.id}: {'; '.join(_as_fault(labels, name) for name in one.missed)}"
        yield f"- question: {one.item.question}"
        yield f"- expected: {expected(one)}"
        yield f"- got: {got(one)}"
        near = ", ".join(f"{note.note} ({note.heading or 'top'})" for note in one.answer.nearest)
        if near:
            yield f"- nearest: {near}"
        if one.missing:
            yield f"- does not say: {'; '.join(' or '.join(group) for group in one.missing)}"
        if one.forbidden:
            yield f"- says: {', '.join(one.forbidden)}"


def _as_fault(labels: Mapping[str, str], name: str) -> str:
    """What a miss of a figure is, in a few words."""
    return {
        "right_answer": "not right",
        "right_by_expected": "not by the expected notes alone",
        "answered_wrong": "wrong answer",
        "answerable_refused": "refused",
        "refusal_right": "answered though nothing holds it",
        "decline_right": "not declined",
        "quotes_exact": "inexact quote",
        "values_sourced": "value without a source",
    }.get(name, labels[name])


def expected(one: Scored) -> str:
    """What the item expects, in one line."""
    expect = one.item.expect
    if expect.status != "answered":
        return expect.status
    must = "; ".join(" or ".join(group) for group in expect.must)
    return f"{must}, from {', '.join(expect.notes)}"


def got(one: Scored) -> str:
    """What came, in one line: the status, what was cited, how the text begins."""
    cited = ", ".join(f"{citation.note} ({citation.heading or 'top'})" for citation in one.answer.citations)
    text = " ".join(one.answer.text.split())
    shown = text if len(text) <= _QUOTED_CHARACTERS else f"{text[:_QUOTED_CHARACTERS].rstrip()} ..."
    return f"{one.answer.status}{f', citing {cited}' if cited else ''}: {shown}"
