"""Records of runs: counting, comparing, keeping."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from assistant.ask.sufficiency import Weights
from evals.places import fitting_sets, not_held_out
from evals.record import Count, RecordError, RunRecord, compare, counted, read_record, weights_hash, write_record
from evals.scorers import RUN_FIGURES, FigureKind

RIGHT = FigureKind("right_answer", "right", "more")
WRONG = FigureKind("answered_wrong", "wrong", "fewer")
REFUSED = FigureKind("answerable_refused", "refused", "fewer", decides=False)


def record(misses: dict[str, tuple[str, ...]] | None = None, **changes: Any) -> RunRecord:
    """A record over the items a, b and c."""
    fields: dict[str, Any] = {
        "set": "some",
        "practice": "p",
        "as_of": date(2026, 11, 22),
        "set_hash": "s",
        "notes_hash": "n",
        "weights_hash": "w",
        "fitted_on": "delta",
        "items": ("a", "b", "c"),
        "figures": {"right_answer": Count(n=1, of=3)},
        "misses": misses or {},
        "seconds_median": 0.25,
    }
    return RunRecord(**(fields | changes))


def test_good_ones_are_counted_where_more_is_better_and_bad_ones_otherwise() -> None:
    outcomes = [{"right_answer": True, "answered_wrong": True}, {"right_answer": False, "answered_wrong": False}, {}]
    assert counted((RIGHT, WRONG, REFUSED), outcomes) == {
        "right_answer": Count(n=1, of=2),
        "answered_wrong": Count(n=1, of=2),
        "answerable_refused": Count(n=0, of=0),
    }


def test_one_more_miss_is_below_and_names_the_items() -> None:
    [one] = compare(
        (RIGHT,), record({"a": ("right_answer",)}), record({"b": ("right_answer",), "c": ("right_answer",)})
    )
    assert (one.misses_before, one.misses_now, one.new, one.mended) == (1, 2, ("b", "c"), ("a",))
    assert one.below


def test_as_many_misses_are_not_below_although_others() -> None:
    [one] = compare((RIGHT,), record({"a": ("right_answer",)}), record({"b": ("right_answer",)}))
    assert not one.below


def test_a_figure_that_does_not_decide_is_never_below() -> None:
    [one] = compare((REFUSED,), record(), record({"a": ("answerable_refused",)}))
    assert one.misses_now == 1
    assert not one.below


def test_a_subset_is_compared_over_its_own_items_only() -> None:
    baseline = record({"a": ("right_answer",), "b": ("right_answer",)})
    [one] = compare((RIGHT,), baseline, record({"c": ("right_answer",)}, items=("a", "c"), subset=True))
    assert (one.misses_before, one.misses_now) == (1, 1)


@pytest.mark.parametrize(
    "changes", [{"set": "other"}, {"set_hash": "t"}, {"as_of": date(2026, 1, 1)}, {"kind": "metamorphic"}]
)
def test_runs_of_different_things_are_not_compared(changes: dict[str, Any]) -> None:
    with pytest.raises(RecordError, match="differ"):
        compare((RIGHT,), record(), record(**changes))


def test_a_written_record_is_read_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "some.json"
    written = record({"a": ("right_answer", "answered_wrong")})
    write_record(path, written)
    assert read_record(path) == written
    assert '    "a": ["right_answer", "answered_wrong"]\n' in path.read_text(encoding="utf-8")


def test_a_record_without_misses_is_read_back_too(tmp_path: Path) -> None:
    write_record(tmp_path / "some.json", record())
    assert read_record(tmp_path / "some.json").misses == {}


@pytest.mark.parametrize("text", ["", "[]", '{"set": "x"}'])
def test_what_is_no_record_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RecordError, match=r"bad\.json: no record"):
        read_record(path)


def test_the_weights_hash_follows_values_and_not_the_names_of_sets() -> None:
    weights = Weights(1.0, {"share": 2.0}, 0.5, "delta")
    assert weights_hash(weights) == weights_hash(Weights(1.0, {"share": 2.0}, 0.5, "echo"))
    assert weights_hash(weights) != weights_hash(Weights(1.0, {"share": 2.0}, 0.6, "delta"))


def test_figures_of_a_set_that_was_fitted_on_are_marked_so() -> None:
    assert "fitted on this set" in (not_held_out("ask", "delta, ask:0") or "")
    assert "harbor too" in (not_held_out("ask", "delta, harbor") or "")
    assert not_held_out("ask", ", ".join(one.name for one in fitting_sets())) is None


def test_the_figures_have_names_of_their_own() -> None:
    assert len({kind.name for kind in RUN_FIGURES}) == len(RUN_FIGURES)
