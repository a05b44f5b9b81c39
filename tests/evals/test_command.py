"""`understudy eval` on the command line: registration, exit codes, errors."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from assistant.cli import main
from evals.ablation import PARTS
from evals.command import _PARTS
from evals.record import Count, RunRecord, write_record


def record(path: Path, *misses: str) -> Path:
    """A record over the items a and b, written."""
    write_record(
        path,
        RunRecord(
            set="some",
            practice="p",
            as_of=date(2026, 11, 22),
            set_hash="s",
            notes_hash="n",
            weights_hash="w",
            fitted_on="delta",
            items=("a", "b"),
            figures={"right_answer": Count(n=2 - len(misses), of=2)},
            misses=dict.fromkeys(misses, ("right_answer",)),
            seconds_median=0.1,
        ),
    )
    return path


@pytest.fixture
def practice(tmp_path: Path) -> Path:
    """An empty practice folder."""
    (tmp_path / "practice" / "kb").mkdir(parents=True)
    return tmp_path / "practice"


def test_the_installed_command_line_knows_eval() -> None:
    from importlib.metadata import entry_points

    [point] = entry_points(group="understudy.commands", name="eval")
    assert point.value == "evals.command:register"


@pytest.mark.parametrize("action", ["run", "compare", "fit", "plain", "metamorphic"])
def test_every_action_has_help(action: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["eval", action, "--help"])
    assert ended.value.code == 0
    assert f"understudy eval {action}" in capsys.readouterr().out


def test_the_parts_that_can_be_left_out_are_those_of_the_ablation() -> None:
    assert _PARTS == PARTS


def test_registering_imports_nothing_heavy() -> None:
    heavy = ("numpy", "pydantic", "onnxruntime", "chromadb", "langchain_core", "torch", "tqdm")
    program = f"import sys, evals.command; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_compare_ends_with_0_when_nothing_is_below_and_with_1_otherwise(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before, after = record(tmp_path / "before.json", "a"), record(tmp_path / "after.json", "a", "b")
    assert main(["eval", "compare", str(before), str(before)]) == 0
    assert "no item has changed" in capsys.readouterr().out
    assert main(["eval", "compare", str(after), str(before)]) == 0
    assert "mended: b" in capsys.readouterr().out
    assert main(["eval", "compare", str(before), str(after)]) == 1
    shown = capsys.readouterr().out
    assert "1 to 2 BELOW" in shown
    assert "new misses: b" in shown


def test_compare_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, after = record(tmp_path / "before.json"), record(tmp_path / "after.json", "b")
    assert main(["eval", "compare", str(before), str(after), "--json"]) == 1
    shown = json.loads(capsys.readouterr().out)
    assert shown["below"] is True
    assert next(one for one in shown["differences"] if one["figure"] == "right_answer")["new"] == ["b"]


def test_a_record_that_is_not_there_is_bad_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "compare", "nothing", str(tmp_path / "none.json")]) == 2
    assert "none.json: cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["aks"], 'did you mean "ask"?'),
        (["nowhere.jsonl"], "no such file"),
        (["ask", "--write-baseline", "--subset"], "whole set"),
        (["ask", "--without", "words", "--model", "default"], "model off"),
        (["ask", "--baseline", "nothing.json"], "cannot be read"),
    ],
)
def test_what_cannot_be_run_is_bad_input(
    practice: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["eval", "run", *arguments, "--practice", str(practice)]) == 2
    assert said in capsys.readouterr().err
    assert not (practice / "data").exists()


def test_a_folder_that_is_no_practice_is_bad_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "run", "ask", "--practice", str(tmp_path)]) == 2
    assert "name it with --practice" in capsys.readouterr().err


def test_an_accept_that_is_no_probability_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "fit", "--dry-run", "--accept", "5"]) == 2
    assert "no probability" in capsys.readouterr().err
