"""Fits the sufficiency weights: a logistic regression over the features of passages, each practice held out in turn.

Reads the fitting sets' practices only, never the set `ask`. Writes sufficiency.toml only when asked to.
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
from numpy.typing import NDArray

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
from evals.wording import holds
from evals.workbench import RememberingEmbedder
from ingest.index.sync import ensure_current

Floats = NDArray[np.float64]

# The penalty on a weight of a feature scaled to unit variance; the constant is free.
RIDGE = 0.3
# All passages that answer together weigh this share of all passages. They are few: without it everything is refused;
# with a half, as balance would have it, too little is.
_POSITIVE_SHARE = 0.25
_MOST_STEPS = 100
_STEP_ENOUGH = 1e-9
THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that was found for an item: its features in the order of FEATURES, and what is known of it.

    `answers`: of an expected note, and it holds an expected value. `expected_note`: of an expected note.
    """

    features: tuple[float, ...]
    answers: bool
    expected_note: bool


@dataclass(frozen=True, slots=True)
class Row:
    """An item with its candidates; none where the question names a payer nobody knows."""

    item: Item
    candidates: tuple[Candidate, ...]


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
                found.append(FittingSet(one.name, practice, load_items(one.items), Asker.open(knowledges[-1])))
            yield found
        finally:
            for knowledge in knowledges:
                knowledge.index.close()


def collect(fitting: FittingSet, *, as_of: date, on_progress: Progress) -> list[Row]:
    """Every item that may be answered or refused, with the candidates of its search and their features."""
    rows: list[Row] = []
    items = [item for item in fitting.items if item.expect.status != "declined" and decline(item.question) is None]
    for done, item in enumerate(items, start=1):
        rows.append(Row(item, tuple(_candidates(fitting.asker, item, item.as_of or as_of))))
        on_progress(f"reading {fitting.name}", done, len(items))
    return rows


def _candidates(asker: Asker, item: Item, as_of: date) -> Iterator[Candidate]:
    question = asker.read(item.question, as_of=as_of)
    if question.unknown_payers and not question.payers:
        return
    on = question.on or as_of
    searcher = Searcher.open(
        asker.knowledge,
        question,
        lexicon=asker.lexicon,
        directory=asker.directory,
        weights=asker.weights,
        legs=asker.legs,
    )
    for payer in question.payer_slugs or (None,):
        for weighed in searcher.run(select(asker.knowledge.scopes(), on=on, accept=_may_answer(payer)), payer=payer):
            expected = weighed.passage.note.note_id in item.expect.notes
            yield Candidate(
                tuple(weighed.features[name] for name in FEATURES),
                answers=expected and _holds_a_value(asker, question, weighed.passage, item),
                expected_note=expected,
            )


def _may_answer(payer: str | None) -> Callable[[NoteScope], bool]:
    """The notes a question about a payer may be answered from; without a payer, all, the library included."""
    if payer is None:
        return lambda _scope: True
    return lambda scope: scope.layer == "practice" and (not scope.payers or payer in scope.payers)


def _holds_a_value(asker: Asker, question: Question, passage: Passage, item: Item) -> bool:
    sentences = (
        fact_of(rule, passage.note, ()).sentence for rule in matching_rules(question, passage, lexicon=asker.lexicon)
    )
    said = " ".join((passage.prose, *sentences))
    return any(holds(said, one) for group in item.expect.must for one in group)


def train(rows: Sequence[Row], *, ridge: float = RIDGE) -> tuple[float, dict[str, float]]:
    """The constant and a weight for each feature. Raises ValueError when nothing, or everything, answers.

    Another section of an expected note is neither right nor wrong and left out.
    """
    chosen = [one for row in rows for one in row.candidates if one.answers or not one.expected_note]
    inputs = np.array([one.features for one in chosen], dtype=np.float64).reshape(len(chosen), len(FEATURES))
    answers = np.array([one.answers for one in chosen], dtype=np.float64)
    positives = float(answers.sum())
    if not 0 < positives < len(answers):
        raise ValueError("the fitting sets need passages that answer and passages that do not")
    mean, spread = inputs.mean(axis=0), inputs.std(axis=0)
    # A feature that never varies says nothing: its weight is 0.
    scale = np.where(spread > 1e-9, spread, np.inf)
    importance = np.where(answers > 0, _POSITIVE_SHARE * len(answers) / positives, 1.0)
    fitted = _newton((inputs - mean) / scale, answers, importance, ridge)
    weights = fitted[:-1] / scale
    constant = float(fitted[-1] - weights @ mean)
    return constant, {name: float(weight) for name, weight in zip(FEATURES, weights, strict=True)}


def _newton(inputs: Floats, answers: Floats, importance: Floats, ridge: float) -> Floats:
    """The minimum of the weighted logistic loss with a ridge on all but the constant (last); the loss is convex."""
    design = np.column_stack([inputs, np.ones(len(inputs))])
    penalty = np.full(design.shape[1], 2.0 * ridge)
    penalty[-1] = 1e-9

    def loss(point: Floats) -> float:
        logits = design @ point
        return float(importance @ (np.logaddexp(0.0, logits) - answers * logits) + 0.5 * penalty @ point**2)

    point = np.zeros(design.shape[1])
    for _ in range(_MOST_STEPS):
        chance = 1.0 / (1.0 + np.exp(-np.clip(design @ point, -30.0, 30.0)))
        gradient = design.T @ (importance * (chance - answers)) + penalty * point
        curvature = (design * (importance * chance * (1.0 - chance))[:, None]).T @ design + np.diag(penalty)
        step = np.linalg.solve(curvature, gradient)
        size = 1.0
        while loss(point - size * step) > loss(point) and size > 1e-6:
            size /= 2.0
        point = point - size * step
        if float(np.abs(size * step).max()) < _STEP_ENOUGH:
            break
    return point


@dataclass(frozen=True, slots=True)
class Split:
    """How the most probable passage does at one threshold: right, and refused of either kind of item."""

    right: Count
    refused: Count
    refusal_right: Count

    def __add__(self, other: Split) -> Split:
        pairs = ((self.right, other.right), (self.refused, other.refused), (self.refusal_right, other.refusal_right))
        return Split(*(Count(n=one.n + two.n, of=one.of + two.of) for one, two in pairs))


def evaluate(rows: Sequence[Row], constant: float, weights: Mapping[str, float], accept: float) -> Split:
    """The figures of the most probable passage alone; what is composed of it is not looked at."""
    vector = np.array([weights[name] for name in FEATURES])
    right = refused = refusal_right = answerable = 0
    for row in rows:
        chances = [
            (1.0 / (1.0 + float(np.exp(-np.clip(constant + vector @ np.array(one.features), -30, 30)))), one.answers)
            for one in row.candidates
        ]
        chance, answers = max(chances, default=(0.0, False))
        if row.item.expect.status == "answered":
            answerable += 1
            refused += chance < accept
            right += chance >= accept and answers
        else:
            refusal_right += chance < accept
    others = len(rows) - answerable
    return Split(Count(n=right, of=answerable), Count(n=refused, of=answerable), Count(n=refusal_right, of=others))


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
    yield "| from | right | answerable, refused | unanswerable, refused |"
    yield "|---|---|---|---|"
    for threshold in THRESHOLDS:
        splits = [fold.by_threshold[threshold] for fold in found.folds]
        summed = splits[0]
        for split in splits[1:]:
            summed = summed + split
        yield f"| {threshold:.1f} | {summed.right} | {summed.refused} | {summed.refusal_right} |"


def _cell(figures: Mapping[str, Count], name: str) -> str:
    count = figures.get(name)
    return str(count) if count is not None and count.of else "-"
