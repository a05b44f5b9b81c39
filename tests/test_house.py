"""The house around the code: what the README says can be typed, what make and CI do, what the sets explain."""

from __future__ import annotations

import os
import re
import shlex
import stat
from pathlib import Path

import pytest

from assistant.cli import build_parser

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = sorted(
    path
    for path in (
        ROOT / "README.md",
        ROOT / "kb" / "README.md",
        *(ROOT / "assistant").glob("*.md"),
        *(ROOT / "evals").rglob("*.md"),
    )
    if path.is_file()
)


def console_lines(text: str) -> list[str]:
    """What is typed in the console blocks of a document, without the prompt."""
    blocks = re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]


TYPED = [
    pytest.param(line, id=f"{path.relative_to(ROOT)}: {line[:60]}")
    for path in DOCUMENTS
    for line in console_lines(path.read_text(encoding="utf-8"))
    if line.startswith("understudy ")
]


def commands() -> list[str]:
    """The commands of `understudy --help`."""
    actions = build_parser()._subparsers
    assert actions is not None
    return list(actions._group_actions[0].choices or ())


@pytest.mark.parametrize("line", TYPED)
def test_every_command_line_in_the_documents_can_be_typed(line):
    parsed = build_parser().parse_args(shlex.split(line)[1:])
    assert callable(parsed.run)


def test_the_readme_shows_command_lines_at_all():
    assert sum("README.md: " in str(case.id) for case in TYPED) >= 3


@pytest.mark.parametrize("command", commands())
def test_every_command_is_named_in_the_readme(command):
    assert re.search(rf"`understudy {command}\b", README)


def test_the_readme_names_no_command_that_does_not_exist():
    assert set(re.findall(r"understudy ([a-z]+)\b", "\n".join(re.findall(r"`[^`]*`", README)))) <= {*commands(), "ask"}


@pytest.mark.parametrize("option", ["--as-of", "--json", "--batch", "--model", "--practice", "--closed"])
def test_every_option_that_changes_an_answer_is_named_in_the_readme(option):
    assert option in README


@pytest.mark.parametrize("setting", ["UNDERSTUDY_PRACTICE", "understudy.toml"])
def test_every_way_to_set_something_is_named_in_the_readme(setting):
    assert setting in README


def test_every_setting_is_named_in_a_document():
    from assistant.settings import _KEYS

    told = "\n".join(path.read_text(encoding="utf-8") for path in DOCUMENTS)
    missing = [
        f"{table}.{key}"
        for table, keys in _KEYS.items()
        for key in keys
        if not re.search(rf"`[^`]*\b{key}\b[^`]*`", told)
    ]
    assert missing == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_of_a_document_leads_to_a_file(path):
    text = re.sub(r"^(`{3,}).*?^\1", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)\s#]+)", re.sub(r"`[^`]*`", "", text)):
        if "://" not in target:
            assert (path.parent / target).exists(), target


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_document_names_a_machine(path):
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"(?:/home/|/Users/|/work/|/tmp/|C:\\Users)", text)


def targets() -> dict[str, str]:
    """The targets of the Makefile with their recipes."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return {name: recipe for name, recipe in re.findall(r"^([a-z]+):[^=\n]*\n((?:\t.*\n?)*)", text, re.MULTILINE)}


@pytest.mark.parametrize("target", ["setup", "demo", "test", "lint", "clean"])
def test_make_has_the_target_and_calls_it_no_file(target):
    assert target in targets()
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert phony is not None
    assert target in phony.group(1).split()


def test_make_demo_and_make_test_set_up_what_they_need():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in ("demo", "test", "lint"):
        assert re.search(rf"^{target}: \$\(STAMP\)$", text, re.MULTILINE), target
    assert "assistant.demo" in targets()["demo"]
    assert "pytest" in targets()["test"]
    for tool in ("ruff check", "ruff format --check", "mypy", "lint-imports"):
        assert tool in targets()["lint"]


def test_make_clean_takes_nothing_that_cannot_be_made_again():
    removed = shlex.split(targets()["clean"])
    assert not {"kb", ".git", "evals", "."} & set(removed)


def test_make_clean_leaves_the_records_alone():
    assert "data" not in shlex.split(targets()["clean"])


def test_ci_sets_up_lints_and_tests_and_stops_at_the_first_failure():
    path = ROOT / ".ci" / "run"
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "#!/usr/bin/env bash"
    assert "set -euo pipefail" in lines
    assert [line for line in lines if line.startswith("make ")] == ["make setup", "make lint", "make test"]
    assert os.name == "nt" or path.stat().st_mode & stat.S_IXUSR


def test_every_dependency_has_a_version_that_was_tested():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    pinned = {
        re.split(r"==", line)[0].lower().replace("_", "-")
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    }
    names = {re.split(r"[<>=!~\[; ]", name)[0].lower().replace("_", "-") for name in wanted}
    assert names - pinned == set()


def test_what_the_program_writes_is_not_kept_in_git():
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {"data/", ".venv/", "__pycache__/"} <= set(ignored)


def test_the_sets_are_explained_where_they_lie():
    sets = ROOT / "evals" / "sets"
    explained = (sets / "README.md").read_text(encoding="utf-8")
    for path in sets.glob("*.jsonl"):
        assert f"`{path.name}`" in explained, path.name


def test_the_count_of_questions_that_the_sets_readme_states_is_right():
    sets = ROOT / "evals" / "sets"
    explained = (sets / "README.md").read_text(encoding="utf-8")
    stated = re.search(r"`ask\.jsonl`: (\d+) questions", explained)
    assert stated is not None
    lines = [line for line in (sets / "ask.jsonl").read_text(encoding="utf-8").splitlines() if line.strip()]
    assert len(lines) == int(stated.group(1))
