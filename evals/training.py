"""Learns the sufficiency weights: a logistic regression over the features of passages that answer and that do not.

Reads no practice and no file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from assistant.ask.sufficiency import FEATURES
from evals.items import Item

Floats = NDArray[np.float64]
Deleted = Literal["nothing", "notes", "passages"]

# The penalty on a weight of a feature scaled to unit variance; the constant is free.
RIDGE = 1.0
# All passages that answer together weigh this many times all others that are learned from.
POSITIVE_SHARE = 1.5
# A row is decided by its most probable passage: after the first round only so many of the wrong ones of a row teach.
_HARDEST = 2
_ROUNDS = 4
_MOST_STEPS = 100
_STEP_ENOUGH = 1e-9


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that was found for an item: its features in the order of FEATURES, and what is known of it.

    `answers`: of an expected note, and it holds an expected value. `unjudged`: neither right nor wrong, as another
    section of an expected note. `refused`: a demand for which nothing else will do refuses it, whatever its features.
    """

    features: tuple[float, ...]
    answers: bool
    unjudged: bool = False
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """An item with its candidates; none where the question names a payer nobody knows.

    `deleted`: what was taken away before the search. "notes": the expected notes; "passages": all that hold an
    expected value. Such an item is unanswerable, and its candidates are the near misses it must be refused over.
    """

    item: Item
    candidates: tuple[Candidate, ...]
    deleted: Deleted = "nothing"

    @property
    def answerable(self) -> bool:
        """True when the answer is expected and still there."""
        return self.item.expect.status == "answered" and self.deleted == "nothing"


def train(rows: Sequence[Row], *, ridge: float = RIDGE) -> tuple[float, dict[str, float]]:
    """The constant and a weight for each feature. Raises ValueError when nothing, or everything, answers.

    What is unjudged, and what is refused whatever its features, is left out. Learns in rounds: first from all passages,
    then from those that answer and the wrong ones that the round before found most probable, row by row.
    """
    judged = [[one for one in row.candidates if not one.unjudged and not one.refused] for row in rows]
    constant, by_feature = fit_once([one for row in judged for one in row], ridge)
    for _ in range(_ROUNDS - 1):
        weights = np.array([by_feature[name] for name in FEATURES])
        constant, by_feature = fit_once([one for row in judged for one in _teaching(row, weights)], ridge)
    return constant, by_feature


def _teaching(row: Sequence[Candidate], weights: Floats) -> list[Candidate]:
    """The passages of a row that answer, and the hardest of those that do not."""
    wrong = sorted((one for one in row if not one.answers), key=lambda one: -float(weights @ np.array(one.features)))
    return [*(one for one in row if one.answers), *wrong[:_HARDEST]]


def fit_once(chosen: Sequence[Candidate], ridge: float) -> tuple[float, dict[str, float]]:
    """The minimum of the weighted, penalised loss over these passages; see `train`."""
    inputs = np.array([one.features for one in chosen], dtype=np.float64).reshape(len(chosen), len(FEATURES))
    answers = np.array([one.answers for one in chosen], dtype=np.float64)
    positives = float(answers.sum())
    if not 0 < positives < len(answers):
        raise ValueError("the fitting sets need passages that answer and passages that do not")
    mean, spread = inputs.mean(axis=0), inputs.std(axis=0)
    # A feature that never varies says nothing: its weight is 0.
    scale = np.where(spread > 1e-9, spread, np.inf)
    importance = np.where(answers > 0, POSITIVE_SHARE * len(answers) / positives, 1.0)
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
