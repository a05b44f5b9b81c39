"""`understudy ask` as people and programs call it."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.models
QUESTION = "which modifier does Northwind want for 69436 in both ears"
# Section 5 of the design: the stable JSON of `ask`.
KEYS = {"status", "answer", "citations", "facts", "general", "gap", "model", "timings"}
CITATION_KEYS = {"n", "note", "heading", "lines", "quote", "verified", "review_by", "stale", "status"}
FACT_KEYS = {
    "rule", "note", "payers", "codes", "when", "require", "forbid", "units_max", "file_within_days", "severity",
    "effective_from", "effective_through", "sentence",
}  # fmt: skip


@pytest.fixture
def ask(small, library_of, run):
    """Runs `understudy ask` on the small practice."""
    library_of(small.library)
    return lambda *arguments: run("ask", *arguments, "--practice", str(small.root))


def test_an_answer_is_shown_with_where_it_stands_and_how_fresh_it_is(ask):
    code, out, err = ask(QUESTION)
    assert (code, err) == (0, "")
    assert "modifier 50" in out
    assert "[1] payers/northwind-ppo/tubes, Both ears in one session, line 11" in out
    assert "verified 2026-09-01 by lee.park" in out


def test_the_question_may_be_given_without_quotes(ask):
    assert ask(*QUESTION.split())[0] == 0


def test_a_refusal_says_so_shows_the_nearest_notes_and_where_gaps_are(ask):
    code, out, _ = ask("does Northwind need authorization for a cochlear implant")
    assert code == 1
    assert out.startswith("Not in the knowledge base for Northwind PPO.")
    assert "Nearest notes:" in out
    assert "understudy gaps" in out


def test_a_declined_question_exits_one_and_says_what_may_be_done(ask):
    code, out, _ = ask("which code pays the most for tubes")
    assert code == 1
    assert "never by what it pays" in out


def test_the_librarys_rule_beside_a_refusal_is_shown_as_general(ask):
    code, out, _ = ask("Medicare: 69210 for ear wax in both ears, which modifier")
    assert code == 1
    assert "General, not this practice's own: library/national/ear-wax" in out


def test_json_has_the_names_of_the_contract(ask):
    code, out, _ = ask("--json", QUESTION)
    assert code == 0
    stated = json.loads(out)
    assert set(stated) >= KEYS
    assert stated["status"] == "answered"
    assert set(stated["citations"][0]) >= CITATION_KEYS
    assert set(stated["facts"][0]) == FACT_KEYS
    assert stated["citations"][0]["lines"] == [11, 11]
    assert stated["model"] is None
    assert len(out.splitlines()) == 1


def test_json_of_a_refusal_and_of_a_declined_question_has_the_same_names(ask):
    answered = set(json.loads(ask("--json", QUESTION)[1]))
    code, out, _ = ask("--json", "Medicare: 69210 for ear wax in both ears, which modifier")
    refused = json.loads(out)
    assert (code, refused["status"], set(refused)) == (1, "not_in_kb", answered)
    assert refused["gap"]["payers"] == ["medicare"]
    assert {"note", "heading", "lines", "quote", "label"} <= set(refused["general"][0])
    code, out, _ = ask("--json", "which code pays the most for tubes")
    declined = json.loads(out)
    assert (code, declined["status"], set(declined)) == (1, "declined", answered)


def test_as_of_answers_as_of_that_day(ask, small):
    text = small.text("payers/northwind-ppo/tubes").replace("owner:", "effective-from: 2026-01-01\nowner:")
    small.write("payers/northwind-ppo/tubes", text)
    assert ask("--as-of", "2026-01-01", QUESTION)[0] == 0
    assert ask("--as-of", "2025-12-31", QUESTION)[0] == 1


@pytest.mark.parametrize("day", ["2026-13-01", "tomorrow", "01/02/2026", ""])
def test_a_day_that_is_none_is_bad_input(ask, day):
    code, _, err = ask("--as-of", day, QUESTION)
    assert code == 2
    assert "2026-09-15" in err


@pytest.mark.parametrize("question", [[], [""], ["  "], ["x" * 4001], ["a\udce9b"]])
def test_no_question_and_one_that_cannot_be_read_are_bad_input(ask, question):
    code, out, err = ask(*question)
    assert (code, out) == (2, "")
    assert err.startswith("understudy: ")
    assert "Traceback" not in err


def test_a_model_that_is_not_there_is_bad_input_with_a_suggestion(ask):
    code, _, err = ask("--model", "of", QUESTION)
    assert code == 2
    assert 'did you mean "off"' in err


def rows(*lines: object) -> str:
    return "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines) + "\n"


@pytest.fixture
def batch(ask, tmp_path, json_lines):
    """Runs a batch over these lines: exit code and the answers."""

    def run_batch(*lines: object) -> tuple[int, list[dict]]:
        path = tmp_path / "batch.jsonl"
        path.write_text(rows(*lines), encoding="utf-8")
        code, out, err = ask("--batch", str(path))
        assert err == ""
        return code, json_lines(out)

    return run_batch


def test_a_batch_answers_each_line_in_order_with_its_id(batch):
    code, answers = batch(
        {"id": "b", "question": QUESTION}, "", {"id": "a", "question": "does Aetna want 50 for tubes"}
    )
    assert code == 0
    assert [(answer["id"], answer["status"]) for answer in answers] == [("b", "answered"), ("a", "not_in_kb")]
    assert set(answers[0]) >= KEYS | {"id"}


@pytest.mark.parametrize(
    "bad",
    [
        "no json",
        "[1, 2]",
        "7",
        "[" * 100_000,
        '{"id": "bad", "question": ' + "1" * 5000 + "}",
        {"id": "bad"},
        {"id": "bad", "question": ""},
        {"id": "bad", "question": 7},
        {"id": "bad", "question": None},
        {"id": "bad", "question": "x" * 4001},
        {"id": "bad", "question": "a\ud800b"},
        {"id": "bad", "question": QUESTION, "as_of": "soon"},
        {"id": "bad", "question": QUESTION, "as_of": 20260101},
    ],
)
def test_a_bad_row_gives_its_id_and_the_error_and_the_rest_go_on(batch, bad):
    code, answers = batch({"id": 1, "question": QUESTION}, bad, {"id": 3, "question": QUESTION})
    assert code == 2
    assert [answer.get("status") for answer in answers] == ["answered", None, "answered"]
    assert set(answers[1]) == {"id", "error"}
    assert answers[1]["id"] == ("bad" if isinstance(bad, dict) else 2)
    assert answers[1]["error"]


@pytest.mark.parametrize(
    "row",
    [
        {"id": "bad", "question": "\u0663\u0661\u0662\u0665\u0665 tubes"},
        {"id": "bad", "question": "two years ago, tubes", "as_of": "0001-01-01"},
    ],
)
def test_a_row_that_nobody_would_type_does_not_end_the_batch(batch, row):
    _, answers = batch(row, {"id": 3, "question": QUESTION})
    assert len(answers) == 2


def test_a_row_has_its_own_date_and_null_means_today(batch, small):
    text = small.text("payers/northwind-ppo/tubes").replace("owner:", "effective-from: 2026-01-01\nowner:")
    small.write("payers/northwind-ppo/tubes", text)
    _, answers = batch(
        {"id": 1, "question": QUESTION, "as_of": "2025-12-31"}, {"id": 2, "question": QUESTION, "as_of": None}
    )
    assert [answer["status"] for answer in answers] == ["not_in_kb", "answered"]
    assert answers[0]["as_of"] == "2025-12-31"


def test_a_row_without_an_id_is_known_by_its_line(batch):
    _, answers = batch({"question": QUESTION}, {"question": QUESTION})
    assert [answer["id"] for answer in answers] == [1, 2]


def test_a_batch_is_read_from_standard_input(ask, monkeypatch, json_lines):
    import io
    import sys

    monkeypatch.setattr(sys, "stdin", io.StringIO(rows({"id": "x", "question": QUESTION})))
    code, out, _ = ask("--batch", "-")
    assert code == 0
    assert json_lines(out)[0]["id"] == "x"


def test_a_batch_file_with_a_byte_order_mark_is_read(ask, tmp_path, json_lines):
    path = tmp_path / "batch.jsonl"
    path.write_text("\ufeff" + rows({"id": "x", "question": QUESTION}), encoding="utf-8")
    code, out, _ = ask("--batch", str(path))
    assert (code, json_lines(out)[0]["id"]) == (0, "x")


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_batch_file_that_cannot_be_read_is_bad_input(ask, tmp_path, content):
    path = tmp_path / "batch.jsonl"
    if content is not None:
        path.write_bytes(content)
    code, out, err = ask("--batch", str(path))
    assert (code, out) == (2, "")
    assert str(path) in err


def test_a_question_and_a_batch_at_once_are_bad_input(ask, tmp_path):
    assert ask("--batch", str(tmp_path / "x"), QUESTION)[0] == 2
