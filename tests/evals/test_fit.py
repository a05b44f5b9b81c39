"""The regression by itself: what it learns from made-up passages, and what it leaves out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from assistant.ask.sufficiency import FEATURES, Weights
from evals.fit import Split, as_toml, evaluate
from evals.items import Item
from evals.record import Count
from evals.training import POSITIVE_SHARE, RIDGE, Candidate, Deleted, Row, fit_once, train

MakeItem = Callable[..., Item]


def candidate(
    share: float, *, answers: bool, unjudged: bool = False, refused: bool = False, noise: float = 0.0
) -> Candidate:
    """A passage whose only feature that matters is the share of demands met."""
    features = tuple(share if name == "share" else noise if name == "lexical" else 0.0 for name in FEATURES)
    return Candidate(features, answers, unjudged, refused)


@pytest.fixture
def rows(item_of: MakeItem) -> list[Row]:
    """Items whose right passage meets most demands, and items that nothing answers."""
    random = np.random.default_rng(7)
    found = []
    for number in range(40):
        noise = float(random.random())
        right = candidate(0.7 + 0.3 * float(random.random()), answers=True, noise=noise)
        wrong = [candidate(0.5 * float(random.random()), answers=False, noise=1 - noise) for _ in range(5)]
        if number % 3:
            found.append(Row(item_of(id=str(number)), (*wrong, right)))
        else:
            found.append(Row(item_of(id=str(number), status="not_in_kb"), tuple(wrong)))
    return found


def test_the_feature_that_tells_right_from_wrong_gets_the_weight(rows: list[Row]) -> None:
    _, weights = train(rows)
    assert weights["share"] > 1
    assert abs(weights["lexical"]) < weights["share"] / 4
    assert weights["rule"] == 0
    assert set(weights) == set(FEATURES)


def test_the_fit_is_a_minimum_of_the_penalised_loss(rows: list[Row]) -> None:
    chosen = [one for row in rows for one in row.candidates]
    constant, weights = fit_once(chosen, RIDGE)
    inputs = np.array([one.features for one in chosen])
    answers = np.array([one.answers for one in chosen], dtype=float)
    importance = np.where(answers > 0, POSITIVE_SHARE * len(answers) / answers.sum(), 1.0)
    spread = inputs.std(axis=0)
    vector = np.array([weights[name] for name in FEATURES])

    def loss(change: np.ndarray, by: float) -> float:
        logits = constant + by + inputs @ (vector + change)
        return float(
            importance @ (np.logaddexp(0, logits) - answers * logits)
            + RIDGE * np.sum(((vector + change) * spread) ** 2)
        )

    best = loss(np.zeros(len(FEATURES)), 0.0)
    for place in np.flatnonzero(spread):
        for size in (-0.05, 0.05):
            moved = np.zeros(len(FEATURES))
            moved[place] = size
            assert loss(moved, 0.0) > best
    assert loss(np.zeros(len(FEATURES)), 0.05) > best


def test_after_the_first_round_the_easy_wrong_passages_of_a_row_teach_nothing(rows: list[Row]) -> None:
    # Far below every other wrong passage, and told apart by another feature alone.
    easy = [replace(row, candidates=(*row.candidates, candidate(-3.0, answers=False, noise=9.0))) for row in rows]
    all_at_once, in_rounds = fit_once([one for row in easy for one in row.candidates], RIDGE), train(easy)
    assert in_rounds == train([replace(row, candidates=row.candidates) for row in rows])
    assert in_rounds != all_at_once


@pytest.mark.parametrize("how", [{"unjudged": True}, {"refused": True}])
def test_what_is_unjudged_or_refused_anyway_teaches_nothing(
    rows: list[Row], item_of: MakeItem, how: dict[str, bool]
) -> None:
    more = Row(item_of(id="more"), (candidate(0.9, answers=False, **how),) * 50)
    assert train([*rows, more]) == train(rows)


@pytest.mark.parametrize("deleted", ["notes", "passages"])
def test_near_misses_of_an_item_whose_answer_is_gone_make_refusing_likelier(
    rows: list[Row], item_of: MakeItem, deleted: Deleted
) -> None:
    gone = [Row(item_of(id=f"gone {n}"), (candidate(0.65, answers=False),), deleted) for n in range(40)]

    def chance(found: tuple[float, dict[str, float]]) -> float:
        return found[0] + 0.65 * found[1]["share"]

    assert chance(train([*rows, *gone])) < chance(train(rows))


def test_nothing_to_learn_is_an_error(item_of: MakeItem) -> None:
    with pytest.raises(ValueError, match="passages that answer"):
        train([Row(item_of(), (candidate(0.9, answers=True),))])


def test_the_split_counts_right_refused_and_rightly_refused(item_of: MakeItem) -> None:
    weights = dict.fromkeys(FEATURES, 0.0) | {"share": 10.0}
    unanswerable = item_of(status="not_in_kb")
    found = evaluate(
        [
            Row(item_of(), (candidate(0.9, answers=True), candidate(0.2, answers=False))),
            Row(item_of(), (candidate(0.8, answers=True), candidate(0.9, answers=False))),
            Row(item_of(), (candidate(0.3, answers=True),)),
            Row(item_of(), ()),
            Row(unanswerable, (candidate(0.9, answers=False),)),
            Row(unanswerable, ()),
            Row(item_of(), (candidate(0.9, answers=False), candidate(0.1, answers=False)), "notes"),
            Row(item_of(), (candidate(0.9, answers=False, refused=True),), "passages"),
        ],
        -5.0,
        weights,
        0.5,
    )
    assert found == Split(Count(n=1, of=4), Count(n=2, of=4), Count(n=1, of=2), Count(n=1, of=2))
    assert found + found == Split(Count(n=2, of=8), Count(n=4, of=8), Count(n=2, of=4), Count(n=2, of=4))


def test_the_weights_are_written_as_they_are_read() -> None:
    import tomllib

    raw = tomllib.loads(as_toml(Weights(-1.5, dict.fromkeys(FEATURES, 0.25), 0.5, "delta, echo")))
    assert raw["fitted_on"] == "delta, echo"
    assert (raw["constant"], raw["accept"]) == (-1.5, 0.5)
    assert raw["weights"] == dict.fromkeys(FEATURES, 0.25)
