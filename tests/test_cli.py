"""The command line itself: exit codes, errors as one line, commands of other packages."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

import assistant.cli
from assistant.cli import _COMMANDS, build_parser, main
from assistant.errors import PracticeError, UnderstudyError


@pytest.fixture(autouse=True)
def _environment_kept(monkeypatch):
    # cli.main switches telemetry off in os.environ; the copy is undone after the test.
    monkeypatch.setattr(os, "environ", os.environ.copy())


@dataclass(frozen=True)
class Point:
    """An entry point: what loading it does."""

    name: str
    load: Callable[[], Any]


@pytest.fixture
def points(monkeypatch):
    """Lets the command line find these entry points and no others."""
    return lambda *found: monkeypatch.setattr(assistant.cli, "entry_points", lambda group: found)


@pytest.fixture
def failing(monkeypatch, points):
    """Runs `gaps` when that ends in an error."""
    points()

    def run(error: BaseException) -> int:
        def fail(_arguments):
            raise error

        monkeypatch.setattr("assistant.commands.gaps.run", fail)
        return main(["gaps"])

    return run


@pytest.mark.parametrize("arguments", [[], ["zebra"], ["ask", "--zebra"], ["kb"], ["kb", "zebra"], ["note"], ["init"]])
def test_what_is_not_understood_exits_two_with_the_usage(capsys, arguments):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "usage: understudy" in captured.err


@pytest.mark.parametrize("command", ["ask", "kb", "note", "ingest", "gaps", "init", "eval"])
def test_help_names_every_command_and_every_command_has_help(capsys, command):
    with pytest.raises(SystemExit) as stopped:
        main(["--help"])
    assert stopped.value.code == 0
    assert f"\n    {command} " in capsys.readouterr().out
    with pytest.raises(SystemExit) as stopped:
        main([command, "--help"])
    assert stopped.value.code == 0
    assert f"usage: understudy {command}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "error", [UnderstudyError("what is wrong; how to mend it"), PracticeError("what is wrong; how to mend it")]
)
def test_an_error_a_user_can_mend_is_one_line_and_exits_two(failing, capsys, error):
    assert failing(error) == 2
    assert capsys.readouterr().err == "understudy: what is wrong; how to mend it\n"


def test_an_interruption_exits_as_the_shell_expects(failing, capsys):
    assert failing(KeyboardInterrupt()) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_an_error_of_ours_tells_its_kind_and_place_and_nothing_of_its_text(failing, capsys):
    assert failing(ZeroDivisionError("quetzalcoatl")) == 70
    told = capsys.readouterr().err
    assert "ZeroDivisionError" in told
    assert "quetzalcoatl" not in told


@pytest.mark.parametrize("command", [["ask", "tubes"], ["kb", "check"], ["note", "new"], ["ingest"], ["gaps"]])
def test_a_folder_without_notes_is_an_error_that_says_how_to_go_on(tmp_path, capsys, command):
    assert main([*command, "--practice", str(tmp_path)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"understudy: {tmp_path}: no kb folder")
    assert "understudy init" in captured.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", [["ask", "tubes"], ["kb", "check"], ["note", "new"], ["ingest"], ["gaps"]])
def test_a_wrong_settings_file_is_an_error_with_a_suggestion(tmp_path, capsys, command):
    (tmp_path / "kb").mkdir()
    (tmp_path / "understudy.toml").write_text("[modle]\n", encoding="utf-8")
    assert main([*command, "--practice", str(tmp_path)]) == 2
    assert 'did you mean "model"?' in capsys.readouterr().err


def test_the_practice_may_be_named_by_the_environment(tmp_path, capsys, monkeypatch):
    (tmp_path / "kb").mkdir()
    monkeypatch.setenv("UNDERSTUDY_PRACTICE", str(tmp_path))
    assert main(["gaps"]) == 0
    assert capsys.readouterr().out == "No open gaps.\n"


def test_a_command_of_another_package_is_registered_and_run(points):
    def register(commands) -> None:
        commands.add_parser("hello", help="says hello").set_defaults(run=lambda _arguments: 7)

    points(Point("hello", lambda: register))
    assert main(["hello"]) == 7


def test_a_command_that_cannot_be_loaded_takes_no_other_with_it(points, capsys, tmp_path):
    def load():
        raise ModuleNotFoundError("No module named 'gone'")

    points(Point("broken", load))
    (tmp_path / "kb").mkdir()
    assert main(["gaps", "--practice", str(tmp_path)]) == 0
    assert "the command broken cannot be loaded (No module named 'gone')" in capsys.readouterr().err


def test_no_two_commands_have_one_name(points):
    points()
    actions = build_parser()._subparsers
    assert actions is not None
    names = [choice.dest for choice in actions._group_actions[0]._choices_actions]  # type: ignore[attr-defined]
    assert len(names) == len(set(names)) == len(_COMMANDS)
