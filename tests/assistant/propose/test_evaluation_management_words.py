"""The word lists of the visit level: every pattern compiles and finds, and every list is asked for somewhere."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import assistant.propose
from assistant.propose.evaluation_management_words import any_test, words, words_of_tests
from assistant.propose.patterns import view_of

LISTS: dict[str, Any] = tomllib.loads(
    files("assistant.propose").joinpath("evaluation_management_words.toml").read_text("utf-8")
)
NAMES = [(table, name) for table, lists in LISTS.items() for name in lists if not isinstance(lists[name], dict)]


def test_every_list_compiles() -> None:
    assert all(words(table, name).rows for table, name in NAMES)
    assert len(words_of_tests()) == len(LISTS["data"]["tests"])


def test_every_list_is_used() -> None:
    (room,) = assistant.propose.__path__
    source = "".join(path.read_text("utf-8") for path in Path(room).glob("evaluation_management*.py"))
    unused = [f"{table}.{name}" for table, name in NAMES if f'"{name}"' not in source]
    assert unused == []


def test_a_test_is_found_under_one_name() -> None:
    assert any_test().found(view_of("MRI of the brain ordered"))
    assert [name for name, listed in words_of_tests() if listed.found(view_of("MRI of the brain ordered"))] == ["mri"]
    assert not any_test().found(view_of("the knee was examined"))
