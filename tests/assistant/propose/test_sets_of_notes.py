"""Sets of synthetic notes after their mending: what is proposed for them may not fall below what was reached."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.propose.propose import Proposer
from evals.propose_set import as_json, run_cases

SETS = Path(__file__).resolve().parents[3] / "evals" / "sets"


@pytest.mark.parametrize(
    ("name", "lines", "exact", "asks"),
    [("notes-vignettes-b", 0.965, 91, 33), ("notes-vignettes-a", 0.935, 86, 20)],
)
def test_a_set_of_notes_stays_where_it_was(name: str, lines: float, exact: int, asks: int, proposer: Proposer) -> None:
    told = as_json(run_cases(SETS / f"{name}.jsonl", proposer, lambda *_: None))["all"]
    assert told["lines_f1"] >= lines
    assert told["exact"] >= exact
    assert int(told["queries"].split("/")[0]) >= asks
