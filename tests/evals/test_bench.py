"""`python -m evals.bench`: its cheap measurements run from beginning to end and print one table of ratios."""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path

import pytest

from evals.bench import __main__ as bench
from evals.bench.ratios import Ratio, Seconds, by_time, cost_of, in_turns, table


@pytest.fixture
def practice(tmp_path: Path) -> str:
    """A practice folder that these measurements do not ask."""
    (tmp_path / "kb").mkdir()
    return str(tmp_path)


def test_the_cheap_measurements_run_and_give_one_table(practice: str, capsys: pytest.CaptureFixture[str]) -> None:
    only = ["--only", "unchanged", "--only", "retrieval"]
    assert bench.main(["--quick", *only, "--practice", practice]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("|")]
    assert lines[0].count("|") == 7
    assert len(lines) == 2 + 1 + 4
    for line in lines[2:]:
        assert float(line.split("|")[5]) > 0


def test_every_measurement_of_the_issue_has_its_name() -> None:
    assert list(bench.BENCHES) == (
        "ingest unchanged retrieval cold first-word tokens people claims note notes memory".split()
    )


def test_a_measurement_that_does_not_exist_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        bench.main(["--only", "speed-of-light"])
    assert ended.value.code == 2
    assert "invalid choice" in capsys.readouterr().err


def test_work_is_timed_in_turns_and_the_ratio_is_that_of_the_fastest() -> None:
    order: list[str] = []
    mine, other = in_turns(lambda: order.append("a"), lambda: order.append("b"), rounds=3)
    assert order == list("ababab")
    assert len(mine.each) == len(other.each) == 3
    row = by_time("x", Seconds((4.0, 2.0)), "y", Seconds((1.0, 3.0)))
    assert row.ratio == 2.0
    assert "2.0 s (median 3.0 s)" in row.ours


def test_a_small_ratio_is_not_shown_as_nothing_and_none_is_no_number() -> None:
    rows = (Ratio("a", "1", "b", "200", 0.005, "once"), Ratio("a", "1", "", "", None, "once"))
    shown = list(table(rows))[2:]
    assert re.search(r"\| 0\.005 \|", shown[0])
    assert re.search(r"\| - \|", shown[1])


def test_a_process_is_measured_and_a_failing_one_is_no_measurement() -> None:
    started = time.perf_counter()
    cost = cost_of([sys.executable, "-c", "x = bytearray(60_000_000)"])
    assert 0 < cost.clock <= time.perf_counter() - started
    assert cost.megabytes > 60
    held = bytearray(150_000_000)
    assert cost_of([sys.executable, "-c", "pass"]).megabytes < 60, "the size of the process that asks is not counted"
    del held
    with pytest.raises(RuntimeError, match="ended with 3"):
        cost_of([sys.executable, "-c", "raise SystemExit(3)"])
