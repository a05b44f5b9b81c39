"""The comparison with the plain pipeline as one table for people, and as JSON. Measures nothing."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator
from typing import Any

from evals.plain_pipeline import CHUNK_CHARACTERS, PIECES
from evals.plain_pipeline_run import Comparison, Outcome, Row
from evals.plain_pipeline_writers import Written
from evals.record import Count

_COLUMNS = (
    "pipeline",
    "items",
    "right",
    "answered wrong",
    "right ones refused",
    "answered, though nothing may",
    "right note shown",
    "another payer's note shown",
    "values without a source",
    "characters to read",
    "the model's own words",
)


def render(found: Comparison) -> Iterator[str]:
    """What was compared, the table, and how to read it."""
    yield f"# What each part is worth, on `{found.chosen.name}`"
    yield ""
    yield f"- practice {found.practice}, as of {found.as_of.isoformat()}; language model: {found.model or 'off'}"
    yield f"- weights fitted on {found.fitted_on}; plain: pieces of {CHUNK_CHARACTERS} characters, {PIECES} of them"
    yield ""
    yield f"| {' | '.join(_COLUMNS)} |"
    yield f"|---|{'---:|' * (len(_COLUMNS) - 2)}---|"
    for row in found.rows:
        yield f"| {' | '.join(cells(row, found))} |"
    for row in found.rows:
        if row.written:
            yield ""
            yield f"{row.name}, sentences shown by what was changed in them: {', '.join(_by_change(row.written))}."


def cells(row: Row, found: Comparison) -> tuple[str, ...]:
    """A row's cells in the order of the columns."""
    figures = figures_of(row, found)
    lengths = [len(one.scored.answer.text) for one in row.outcomes if one.scored.answer.status == "answered"]
    return (
        row.name,
        str(len(row.outcomes)),
        *(str(count) if count.of else "-" for count in figures.values()),
        f"{statistics.median(lengths):.0f}" if lengths else "-",
        _words(row),
    )


def figures_of(row: Row, found: Comparison) -> dict[str, Count]:
    """The counted figures of a row, under the names of the JSON."""

    def good(name: str) -> Count:
        return _count(one.scored.good[name] for one in row.outcomes if name in one.scored.good)

    def bad(name: str) -> Count:
        count = good(name)
        return Count(n=count.of - count.n, of=count.of)

    answerable = [one for one in row.outcomes if one.scored.item.expect.status == "answered"]
    others = [one for one in row.outcomes if one.scored.item.expect.status != "answered"]
    about_payers = [one for one in row.outcomes if found.named[one.scored.item.id]]
    return {
        "right": good("right_answer"),
        "answered_wrong": bad("answered_wrong"),
        "right_refused": bad("answerable_refused"),
        "answered_though_nothing_may": _count(one.scored.answer.status == "answered" for one in others),
        "right_note_shown": _count(bool(set(one.shown) & set(one.scored.item.expect.notes)) for one in answerable),
        "another_payers_note_shown": _count(_strange(one, found) for one in about_payers),
        "values_without_source": bad("values_sourced"),
    }


def as_json(found: Comparison) -> dict[str, Any]:
    """The comparison as JSON: figures row by row, and the ids of the answerable items that were not right."""
    return {
        "set": found.chosen.name,
        "practice": found.practice,
        "as_of": found.as_of.isoformat(),
        "model": found.model,
        "fitted_on": found.fitted_on,
        "rows": [
            {
                "name": row.name,
                "items": len(row.outcomes),
                "figures": {name: count.model_dump() for name, count in figures_of(row, found).items()},
                "not_right": [
                    one.scored.item.id for one in row.outcomes if not one.scored.good.get("right_answer", True)
                ],
                "words": _words(row),
            }
            for row in found.rows
        ],
    }


def _strange(one: Outcome, found: Comparison) -> bool:
    """Whether a note was shown that is about payers, none of them named by the question."""
    named = found.named[one.scored.item.id]
    return any(found.payers[note] and not found.payers[note] & named for note in one.shown)


def _words(row: Row) -> str:
    """What is shown of a writer's sentences, and how much of it is right."""
    if row.written:
        wrong = _count(one.stands for one in row.written if one.changed != "none")
        true = _count(one.stands for one in row.written if one.changed == "none")
        return f"wrong sentences shown {wrong}, true ones {true}"
    said = [one.said for one in row.outcomes if one.said is not None]
    if not said:
        return "-"
    right = sum(one.good.get("right_answer", False) for one in said)
    invented = sum(bool(one.unsourced) for one in said)
    return f"shown {len(said)}, right {right}, with a value of no source {invented}"


def _by_change(written: Iterable[Written]) -> Iterator[str]:
    kept = list(written)
    for changed in dict.fromkeys(one.changed for one in kept):
        of_it = [one.stands for one in kept if one.changed == changed]
        yield f"{'as the source has it' if changed == 'none' else changed} {_count(of_it)}"


def _count(outcomes: Iterable[bool]) -> Count:
    seen = list(outcomes)
    return Count(n=sum(seen), of=len(seen))
