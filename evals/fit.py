"""Fits the sufficiency weights over the features of passages, each practice held out in turn.

Every answerable item is searched three times: as it is, with the notes it expects gone, and with the passages that hold
an expected value gone. The last two are unanswerable, and what they find are the near misses. Reads the fitting sets'
practices only, never the set `ask`. Writes sufficiency.toml only when asked to.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np

from assistant.ask.decline import decline
from assistant.ask.facts import fact_of, matching_rules
from assistant.ask.flow import Asker
from assistant.ask.index_knowledge import IndexKnowledge
from assistant.ask.knowledge import NoteScope
from assistant.ask.passage import Passage
from assistant.ask.question import Question
from assistant.ask.retrieval import Searcher
from assistant.ask.scope import select
from assistant.ask.sufficiency import FEATURES, Weights
from assistant.bootstrap import embedder
from assistant.settings import Practice, find_practice
from evals.items import Item, load_items
from evals.places import EvalSet
from evals.record import Count, counted
from evals.run import Progress, ask_all, text_reader
from evals.scorers import RUN_FIGURES
from evals.training import Candidate, Row, train
from evals.wording import holds
from evals.workbench import RememberingEmbedder
from ingest.index.sync import ensure_current

THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7)
# What is searched and read does not depend on the weights; those in use may lack a feature that is to be fitted.
_UNFITTED = Weights(0.0, dict.fromkeys(FEATURES, 0.0), 0.5, "")


@dataclass(frozen=True, slots=True)
class FittingSet:
    """A fitting set opened: its practice, its items and an asker over its notes."""

    name: str
    practice: Practice
    items: tuple[Item, ...]
    asker: Asker


@contextmanager
def opened(sets: Sequence[EvalSet], on_progress: Progress) -> Iterator[list[FittingSet]]:
    """The sets over indexes in a temporary folder: the library is embedded once, the practices are not touched."""
    remembering = RememberingEmbedder(embedder())
    found: list[FittingSet] = []
    knowledges: list[IndexKnowledge] = []
    with tempfile.TemporaryDirectory(prefix="understudy-fit-") as folder:
        try:
            first: Path | None = None
            for one in sets:
                practice = find_practice(str(one.practice), {}, Path.cwd())
                index_dir = Path(folder) / one.name / "index"
                if first is not None:
                    shutil.copytree(first, index_dir)
                first = first or index_dir
                current = ensure_current(practice.kb, practice.library, index_dir, remembering, on_progress=on_progress)
                knowledges.append(IndexKnowledge(current.index, remembering))
                items = (*load_items(one.items), *(load_items(one.more) if one.more else ()))
                found.append(FittingSet(one.name, practice, items, Asker.open(knowledges[-1], weights=_UNFITTED)))
            yield found
        finally:
            for knowledge in knowledges:
                knowledge.index.close()


def collect(fitting: FittingSet, *, as_of: date, on_progress: Progress) -> list[Row]:
    """Every item that may be answered or refused, with the candidates of its searches and their features."""
    rows: list[Row] = []
    items = [item for item in fitting.items if item.expect.status != "declined" and decline(item.question) is None]
    for done, item in enumerate(items, start=1):
        rows.extend(_rows(fitting.asker, item, item.as_of or as_of))
        on_progress(f"reading {fitting.name}", done, len(items))
    return rows


def _rows(asker: Asker, item: Item, as_of: date) -> Iterator[Row]:
    question = asker.read(item.question, as_of=as_of)
    if question.unknown_payers and not question.payers:
        yield Row(item, ())
        return
    searcher = Searcher.open(
        asker.knowledge,
        question,
        lexicon=asker.lexicon,
        directory=asker.directory,
        weights=asker.weights,
        legs=asker.legs,
    )
    in_force = select(asker.knowledge.scopes(), on=question.on or as_of, accept=lambda _scope: True)
    yield Row(item, tuple(_candidates(asker, searcher, item, in_force)))
    if item.expect.status == "answered":
        left = [scope for scope in in_force if scope.note_id not in item.expect.notes]
        yield Row(item, tuple(_candidates(asker, searcher, item, left, deleted=True)), "notes")
        left = [_without_values(asker, item, scope) for scope in in_force]
        yield Row(item, tuple(_candidates(asker, searcher, item, left, deleted=True)), "passages")


def _candidates(
    asker: Asker, searcher: Searcher, item: Item, scopes: Sequence[NoteScope], *, deleted: bool = False
) -> Iterator[Candidate]:
    """What asking would search: for each payer named, else the practice's notes and then the library's."""
    question = searcher.question
    searches: list[tuple[str | None, Callable[[NoteScope], bool]]] = [
        (payer, _practice_for(payer)) for payer in question.payer_slugs
    ] or [(None, lambda scope: scope.layer == "practice"), (None, lambda scope: scope.layer == "library")]
    for payer, may_answer in searches:
        for weighed in searcher.run([scope for scope in scopes if scope.rows and may_answer(scope)], payer=payer):
            passage = weighed.passage
            expected = passage.note.note_id in item.expect.notes
            answers = expected and not deleted and _holds_a_value(asker, question, passage, item)
            yield Candidate(
                tuple(weighed.features[name] for name in FEATURES),
                answers=answers,
                # The items name the notes of their practice; a national rule may say the same.
                unjudged=(expected and not deleted and not answers)
                or (passage.note.layer == "library" and _says_all(passage, item)),
                refused=weighed.refused_by is not None,
            )


def _practice_for(payer: str) -> Callable[[NoteScope], bool]:
    return lambda scope: scope.layer == "practice" and (not scope.payers or payer in scope.payers)


def _without_values(asker: Asker, item: Item, scope: NoteScope) -> NoteScope:
    """The scope without those passages of an expected note whose lines hold an expected value."""
    if scope.note_id not in item.expect.notes:
        return scope
    lines = asker.knowledge.note(scope.note_id).lines

    def holds_one(row: int) -> bool:
        chunk = asker.knowledge.chunk(row)
        said = "\n".join((chunk.text, *lines[chunk.start_line - 1 : chunk.end_line]))
        return any(holds(said, one) for group in item.expect.must for one in group)

    return replace(scope, rows=tuple(row for row in scope.rows if not holds_one(row)))


def _says_all(passage: Passage, item: Item) -> bool:
    said = f"{passage.headline}\n{passage.prose}"
    return bool(item.expect.must) and all(any(holds(said, one) for one in group) for group in item.expect.must)


def _holds_a_value(asker: Asker, question: Question, passage: Passage, item: Item) -> bool:
    sentences = (
        fact_of(rule, passage.note, ()).sentence for rule in matching_rules(question, passage, lexicon=asker.lexicon)
    )
    said = " ".join((passage.prose, *sentences))
    return any(holds(said, one) for group in item.expect.must for one in group)


@dataclass(frozen=True, slots=True)
class Split:
    """How the most probable passage does at one threshold: right, and refused of each kind of item.

    `deleted_refused` counts the answerable items once more for each of the two ways of taking their answer away.
    """

    right: Count
    refused: Count
    refusal_right: Count
    deleted_refused: Count

    def __add__(self, other: Split) -> Split:
        pairs = (
            (self.right, other.right),
            (self.refused, other.refused),
            (self.refusal_right, other.refusal_right),
            (self.deleted_refused, other.deleted_refused),
        )
        return Split(*(Count(n=one.n + two.n, of=one.of + two.of) for one, two in pairs))


def evaluate(rows: Sequence[Row], constant: float, weights: Mapping[str, float], accept: float) -> Split:
    """The figures of the most probable passage alone; what is composed of it is not looked at."""
    vector = np.array([weights[name] for name in FEATURES])
    right: list[bool] = []
    refused: list[bool] = []
    refusal_right: list[bool] = []
    deleted_refused: list[bool] = []
    for row in rows:
        chances = [
            (1.0 / (1.0 + float(np.exp(-np.clip(constant + vector @ np.array(one.features), -30, 30)))), one.answers)
            for one in row.candidates
            if not one.refused
        ]
        chance, answers = max(chances, default=(0.0, False))
        if row.answerable:
            refused.append(chance < accept)
            right.append(chance >= accept and answers)
        else:
            (deleted_refused if row.deleted != "nothing" else refusal_right).append(chance < accept)
    return Split(*(Count(n=sum(one), of=len(one)) for one in (right, refused, refusal_right, deleted_refused)))


@dataclass(frozen=True, slots=True)
class Fold:
    """One practice with weights fitted on all others: by threshold, and all figures of its whole answers."""

    name: str
    by_threshold: dict[float, Split]
    figures: dict[str, Count]


@dataclass(frozen=True, slots=True)
class Fit:
    """The weights fitted on all sets, and what each set showed when it was left out."""

    weights: Weights
    folds: tuple[Fold, ...]


def fit(sets: Sequence[EvalSet], *, accept: float, as_of: date, on_progress: Progress) -> Fit:
    """Fit on all sets; cross-validate by leaving out one practice at a time.

    Raises ValueError when there are fewer than two sets, or nothing to learn in them.
    """
    if len(sets) < 2:
        raise ValueError("one fitting set cannot be held out against others; there must be two at least")
    with opened(sets, on_progress) as fittings:
        rows = {one.name: collect(one, as_of=as_of, on_progress=on_progress) for one in fittings}
        folds = []
        for held_out in fittings:
            others = [row for name, found in rows.items() if name != held_out.name for row in found]
            constant, by_feature = train(others)
            weights = Weights(constant, by_feature, accept, "")
            folds.append(
                Fold(
                    held_out.name,
                    {one: evaluate(rows[held_out.name], constant, by_feature, one) for one in THRESHOLDS},
                    _whole_answers(held_out, weights, as_of=as_of, on_progress=on_progress),
                )
            )
    constant, by_feature = train([row for found in rows.values() for row in found])
    return Fit(Weights(constant, by_feature, accept, ", ".join(sorted(rows))), tuple(folds))


def _whole_answers(held_out: FittingSet, weights: Weights, *, as_of: date, on_progress: Progress) -> dict[str, Count]:
    asker = replace(held_out.asker, weights=weights)
    scored, _ = ask_all(
        held_out.items,
        lambda item, day: asker.ask(item.question, as_of=day),
        as_of=as_of,
        note_text=text_reader(held_out.practice),
        on_progress=on_progress,
        label=f"asking {held_out.name}",
    )
    return counted(RUN_FIGURES, [one.good for one in scored])


def as_toml(weights: Weights) -> str:
    """The weights as sufficiency.toml holds them."""
    lines = [
        f'fitted_on = "{weights.fitted_on}"',
        f"constant = {weights.constant:.4f}",
        f"accept = {weights.accept:.2f}",
        "",
        "[weights]",
        *(f"{name} = {weights.by_feature[name]:.4f}" for name in FEATURES),
    ]
    return "\n".join(lines) + "\n"


def render(found: Fit) -> Iterator[str]:
    """The cross-validation as two tables, for people."""
    yield "Each practice with weights fitted on all others; whole answers, scored as `eval run` does:"
    yield ""
    yield f"| practice | {' | '.join(kind.label for kind in RUN_FIGURES)} |"
    yield f"|---|{'---|' * len(RUN_FIGURES)}"
    total: dict[str, Count] = {}
    for fold in found.folds:
        yield f"| {fold.name} | {' | '.join(_cell(fold.figures, kind.name) for kind in RUN_FIGURES)} |"
        for name, count in fold.figures.items():
            before = total.get(name, Count(n=0, of=0))
            total[name] = Count(n=before.n + count.n, of=before.of + count.of)
    yield f"| all | {' | '.join(_cell(total, kind.name) for kind in RUN_FIGURES)} |"
    yield ""
    yield "The most probable passage alone, by the probability from which it may answer:"
    yield ""
    yield "| from | right | answerable, refused | unanswerable, refused | answer deleted, refused |"
    yield "|---|---|---|---|---|"
    for threshold in THRESHOLDS:
        splits = [fold.by_threshold[threshold] for fold in found.folds]
        summed = splits[0]
        for split in splits[1:]:
            summed = summed + split
        shown = (summed.right, summed.refused, summed.refusal_right, summed.deleted_refused)
        yield f"| {threshold:.1f} | {' | '.join(map(str, shown))} |"


def _cell(figures: Mapping[str, Count], name: str) -> str:
    count = figures.get(name)
    return str(count) if count is not None and count.of else "-"
