"""`understudy chat` as people and programs use it: turns from standard input, answers one by one."""

from __future__ import annotations

import io
import json

import pytest

pytestmark = pytest.mark.models
SIDES = "which modifier does Northwind want for 69436 in both ears"


@pytest.fixture
def chat(small, library_of, run, monkeypatch):
    """Runs `understudy chat` on the small practice with these lines typed."""
    library_of(small.library)

    def hold(*lines: str, options: tuple[str, ...] = (), watched: bool = False):
        typed = io.StringIO("".join(f"{line}\n" for line in lines))
        typed.isatty = lambda: watched  # type: ignore[method-assign]
        monkeypatch.setattr("sys.stdin", typed)
        return run("chat", *options, "--practice", str(small.root))

    return hold


def answers(out: str) -> list[dict]:
    return [json.loads(line) for line in out.splitlines()]


def test_a_follow_up_is_answered_and_shown_as_it_was_understood(chat):
    code, out, err = chat(SIDES, "and for 69433?")
    assert (code, err) == (0, "")
    assert out.count("modifier 50") >= 2
    assert "(understood as: which modifier does Northwind want for 69433 in both ears)" in out


def test_json_gives_one_line_for_each_question(chat):
    code, out, _ = chat(SIDES, "why?", "", "and the deadline?", "ok thanks", options=("--json",))
    assert code == 0
    found = answers(out)
    assert [one["status"] for one in found] == ["answered", "answered", "unclear", "noted"]
    assert found[0]["understood_as"] is None
    assert found[0]["citations"][0]["note"] == found[1]["citations"][0]["note"] == "payers/northwind-ppo/tubes"
    assert set(found[0]) == set(found[2])
    assert "2026-09-01" in found[1]["answer"]


def test_new_starts_anew_and_quit_ends(chat):
    code, out, _ = chat(SIDES, "/new", "why?", "/quit", SIDES, options=("--json",))
    assert code == 0
    assert [one["status"] for one in answers(out)] == ["answered", "unclear"]


def test_a_line_that_cannot_be_taken_is_an_error_and_the_others_go_on(chat):
    code, out, _ = chat("x" * 5000, SIDES, options=("--json",))
    assert code == 2
    assert "error" in answers(out)[0]
    assert answers(out)[1]["status"] == "answered"
    code, out, err = chat("x" * 5000)
    assert (code, out) == (2, "")
    assert "5000 characters" in err


def test_a_person_at_a_terminal_is_told_what_to_do(chat):
    code, out, _ = chat("/quit", watched=True)
    assert code == 0
    assert "/quit ends" in out
    assert out.endswith("> ")


def test_as_of_holds_for_the_whole_conversation(chat, small):
    text = small.text("payers/northwind-ppo/tubes").replace("owner:", "effective-from: 2026-01-01\nowner:")
    small.write("payers/northwind-ppo/tubes", text)
    options = ("--json", "--as-of", "2025-12-31")
    assert [one["status"] for one in answers(chat(SIDES, "and for 69433?", options=options)[1])] == ["not_in_kb"] * 2


def test_a_follow_up_that_nothing_answers_is_a_gap_in_full_words(chat, run, small):
    chat("does Northwind need authorization for a cochlear implant", "and for 69930?")
    _, out, _ = run("gaps", "--practice", str(small.root))
    assert "69930" in out
