"""The prompt templates: the shipped one, its hash, and what a template may not be."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import assistant.shipped
from assistant.prompts import Prompt, PromptError, load_prompt
from assistant.shipped import shipped_folder

GOOD = "---\nversion: 2\npurpose: test\n---\n## System\nFixed.\n\n## User\nAsk {question} of {passages}.\n"


def write(folder: Path, text: str, name: str = "ask") -> Path:
    (folder / f"{name}.md").write_bytes(text.encode())
    return folder


def test_the_shipped_prompt_asks_for_facts_passages_and_a_question():
    prompt = load_prompt("ask")
    assert prompt.placeholders == ("question", "facts", "passages")
    assert "{" not in prompt.system
    assert prompt.version
    assert prompt.purpose


def test_the_hash_is_that_of_the_file_and_the_same_each_time():
    expected = hashlib.sha256((shipped_folder("prompts") / "ask.md").read_text(encoding="utf-8").encode()).hexdigest()
    assert load_prompt("ask").sha256 == load_prompt("ask").sha256 == expected


def test_line_ends_do_not_change_the_hash_and_any_other_byte_does(tmp_path):
    one = load_prompt("ask", write(tmp_path, GOOD))
    windows = load_prompt("ask", write(tmp_path, GOOD.replace("\n", "\r\n")))
    other = load_prompt("ask", write(tmp_path, GOOD.replace("Fixed.", "Fixed!")))
    assert one == windows
    assert other.sha256 != one.sha256


def test_a_template_is_read_into_its_parts(tmp_path):
    prompt = load_prompt("ask", write(tmp_path, GOOD))
    assert (prompt.name, prompt.version, prompt.purpose) == ("ask", "2", "test")
    assert (prompt.system, prompt.user) == ("Fixed.", "Ask {question} of {passages}.")


@given(question=st.text(), passages=st.text())
def test_braces_in_the_data_are_data(question, passages):
    prompt = Prompt("ask", "1", "p", "s", "Ask {question} of {passages}.", "0")
    filled = prompt.fill({"question": question, "passages": passages})
    assert filled == "Ask " + question + " of " + passages + "."


def test_a_placeholder_inside_a_value_is_not_filled():
    prompt = Prompt("ask", "1", "p", "s", "{question} / {passages}", "0")
    filled = prompt.fill({"question": "{passages} {0} {x.__class__} %s", "passages": "{question}"})
    assert filled == "{passages} {0} {x.__class__} %s / {question}"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"question": "q"}, "values missing: passages; values it has no place for: none"),
        ({"question": "q", "passages": "p", "fact": "Jane"}, "missing: none; values it has no place for: fact"),
    ],
)
def test_missing_and_unknown_values_are_named_without_their_text(values, said):
    prompt = Prompt("ask", "1", "p", "s", "{question} / {passages}", "0")
    with pytest.raises(PromptError, match=said) as caught:
        prompt.fill(values)
    assert "Jane" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", r"ask\.md:1: must begin with front matter"),
        (GOOD.removeprefix("---\n"), r"ask\.md:1: must begin with front matter"),
        (GOOD.replace("version: 2\n", ""), r'ask\.md:3: the field "version" is missing'),
        (GOOD.replace("version: 2", "versoin: 2"), r'ask\.md:2: field "versoin" is unknown'),
        (GOOD.replace("version: 2", "version 2"), r"ask\.md:2: is no field"),
        (GOOD.replace("purpose: test", "version: 3"), r'ask\.md:3: field "version" is unknown or there twice'),
        (GOOD.replace("## User", "## Usr"), r'ask\.md:8: section "Usr" is unknown'),
        (GOOD + "## User\nagain\n", r'ask\.md:10: section "User" is unknown or there twice'),
        (GOOD.replace("Fixed.", ""), r'the section "## System" is missing or empty'),
        (GOOD.replace("Fixed.", "Fixed {question}."), r"the section System holds \{question\}"),
        (GOOD.replace("## System", "Hello\n## System"), r"ask\.md:5: text before the first section"),
    ],
)
def test_a_malformed_template_is_refused_where_it_is_wrong(tmp_path, text, said):
    with pytest.raises(PromptError, match=said):
        load_prompt("ask", write(tmp_path, text))


def test_a_template_that_is_not_there_lists_those_that_are(tmp_path):
    with pytest.raises(PromptError, match=r'there is no prompt "aks"; there are: ask'):
        load_prompt("aks", write(tmp_path, GOOD))


def test_a_template_in_another_encoding_is_refused(tmp_path):
    (tmp_path / "ask.md").write_bytes(GOOD.encode() + b"\xff")
    with pytest.raises(PromptError, match=f"is not UTF-8 at byte {len(GOOD)}"):
        load_prompt("ask", tmp_path)


def test_the_installed_folder_comes_before_the_checkout(tmp_path, monkeypatch):
    package = tmp_path / "assistant"
    for folder in (tmp_path / "prompts", tmp_path / "kb" / "library", package):
        folder.mkdir(parents=True)
    monkeypatch.setattr(assistant.shipped, "__file__", str(package / "shipped.py"))
    assert shipped_folder("prompts") == tmp_path / "prompts"
    assert shipped_folder("library") == shipped_folder("kb/library") == tmp_path / "kb" / "library"
    for name in ("prompts", "library"):
        (package / "_shipped" / name).mkdir(parents=True)
    assert shipped_folder("prompts") == package / "_shipped" / "prompts"
    assert shipped_folder("library") == shipped_folder("kb/library") == package / "_shipped" / "library"


def test_a_folder_that_is_nowhere_is_an_error_naming_both_places(tmp_path, monkeypatch):
    monkeypatch.setattr(assistant.shipped, "__file__", str(tmp_path / "assistant" / "shipped.py"))
    with pytest.raises(FileNotFoundError, match=r"_shipped/prompts nor .*prompts is there"):
        shipped_folder("prompts")
