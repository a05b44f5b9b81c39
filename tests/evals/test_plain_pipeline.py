"""The plain pipeline, the writers set against grounding, and the table of what each part is worth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant import bootstrap
from assistant.ask.answer import Answer
from assistant.ask.payers import directory_of
from assistant.cli import main
from assistant.language_model.fake import FakeChatModel
from assistant.settings import find_practice
from evals import plain_pipeline_run
from evals.items import Item
from evals.places import EvalSet
from evals.plain_pipeline import MAX_TOKENS, PIECES, as_answer, plain_pipeline, prompt_of, split
from evals.plain_pipeline_run import Comparison, ComparisonPlan, Outcome, Row, chosen_for_model, compare_plain
from evals.plain_pipeline_table import as_json, figures_of, render
from evals.plain_pipeline_writers import Written, spoiled
from evals.scorers import score
from ingest.index.embedder import FakeEmbedder
from ingest.notes.model import KbNote
from ingest.notes.reader import read_note

ON = date(2026, 11, 22)
ACORN = """---
title: Acorn Health
kind: payer
payers: [acorn]
aliases: [Acorn Health, Acorn]
---
## Appeals
An appeal to Acorn goes in within 90 days of the remittance date, on form AH-7.
"""
BIRCH = ACORN.replace("corn", "birch").replace("acorn", "abirch").replace("90 days", "30 days").replace("AH-7", "BX-2")


@pytest.fixture
def notes(sinus_text: str) -> dict[str, str]:
    """Three notes by id."""
    return {"sinus": sinus_text, "plans/acorn": ACORN, "plans/birch": BIRCH}


# The pipeline


def test_a_piece_names_the_lines_it_stands_in(notes: dict[str, str]) -> None:
    long = "---\ntitle: Long\n---\n" + "\n\n".join(f"Paragraph {n} speaks of {'words ' * 40}" for n in range(20))
    with plain_pipeline({**notes, "long": long}, FakeEmbedder()) as plain:
        pieces = plain.retrieve("Paragraph 13 speaks of words")
        assert len(pieces) == PIECES
        for piece in pieces:
            first, last = piece.lines
            named = "\n".join(plain.notes[piece.note].split("\n")[first - 1 : last])
            assert piece.text in named
        assert any(piece.note == "long" and piece.lines[0] > 1 for piece in pieces)


def test_the_splitter_keeps_every_word(notes: dict[str, str]) -> None:
    for note_id, text in notes.items():
        held = " ".join(document.page_content for document in split({note_id: text})).split()
        assert set(text.split()) == set(held)


def test_every_piece_and_the_question_stand_in_the_prompt_and_the_answer_is_the_models(notes: dict[str, str]) -> None:
    model = FakeChatModel(answers=(" Within 90 days. ",))
    with plain_pipeline(notes, FakeEmbedder()) as plain:
        said = plain.ask("How long for an appeal to Acorn?", model)
        pieces = plain.retrieve("How long for an appeal to Acorn?")
    assert said == "Within 90 days."
    [asked] = model.asked
    prompt = "\n".join(turn.text for turn in asked.turns)
    assert asked.wishes.max_tokens == MAX_TOKENS
    assert "How long for an appeal to Acorn?" in prompt
    assert all(piece.text in prompt for piece in pieces)
    assert prompt_of("Why?", pieces).to_messages()[-1].content == "Why?"


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("I don't know.", "not_in_kb"),
        ("Sorry, i don\u2019t know", "not_in_kb"),
        ("", "not_in_kb"),
        ("50, one line", "answered"),
    ],
)
def test_a_plain_answer_is_refused_only_when_it_says_it_does_not_know(text: str, status: str) -> None:
    assert as_answer(text, [], as_of=ON).status == status


def test_evidence_blocks_are_no_text_for_people() -> None:
    block = "```evidence\ncode: 30140\nany: [submucous]\nexamples:\n  - yes: a submucous one\n```"
    text = f"---\ntitle: Turbinates\nkind: reference\n---\n## Shows\nWords.\n\n{block}\nMore.\n"
    note = read_note(text.encode(), note_id="turbs", path="kb/turbs.md", layer="library").note
    assert note is not None
    assert note.evidence
    shown = plain_pipeline_run.readable(note)
    assert "30140" not in shown
    assert shown.splitlines()[-1] == "More."
    assert shown.count("\n") == text.count("\n")


# The writers


@pytest.fixture
def payers() -> list[KbNote]:
    """The two payers' notes, read."""
    found = []
    for note_id, text in (("plans/acorn", ACORN), ("plans/birch", BIRCH)):
        read = read_note(text.encode(), note_id=note_id, path=f"kb/{note_id}.md", layer="practice")
        assert read.note is not None
        found.append(read.note)
    return found


def test_the_wrong_writer_changes_one_thing_at_a_time(payers: list[KbNote]) -> None:
    directory = directory_of(payers, [])
    source = "Acorn Health: a claim must arrive within 90 days of the date of service with modifier 50.\nSecond line."
    changed = dict(spoiled(source, directory))
    assert changed["none"] in source
    assert changed["value"] == changed["none"].replace("90", "93")
    assert changed["role"] == changed["none"].replace("90 days", "90 months")
    assert changed["polarity"] == changed["none"].replace("must", "must not")
    assert changed["payer"].endswith(changed["none"].removeprefix("Acorn Health: "))
    assert "Acorn" not in changed["payer"]


@pytest.mark.parametrize("source", ["Words without a number.", "| 1 | table row |", "x" * 400 + " 90"])
def test_the_wrong_writer_leaves_a_source_alone_that_it_cannot_spoil(source: str, payers: list[KbNote]) -> None:
    assert not list(spoiled(source, directory_of(payers, [])))


def test_an_end_of_a_range_is_never_changed_since_that_may_be_true_too(payers: list[KbNote]) -> None:
    changed = dict(spoiled("Bill 31253-31259 once, 50 too.", directory_of(payers, [])))
    assert changed["value"] == "Bill 31253-31259 once, 59 too."


# The table


@pytest.fixture
def comparison(item_of: Callable[..., Item], answer_of: Callable[..., Answer], citation_of: Callable[..., Any]) -> Any:
    """One row with a right answer, a refused one and an answer where nothing may be said; and one of a wrong writer."""

    def outcome(item: Item, answer: Answer) -> Outcome:
        scored = score(item, answer, note_text=lambda _note: None)
        return Outcome(scored, tuple(citation.note for citation in answer.citations))

    right = outcome(item_of(id="a"), answer_of("With 50 on one line.", citation_of()))
    refused = outcome(item_of(id="b"), answer_of("Not in the notes.", status="not_in_kb"))
    invented = outcome(item_of(id="c", status="not_in_kb"), answer_of("Fax it to 77.", citation_of(note="other")))
    written = (Written("true", "none", True), Written("wrong", "value", False), Written("wrong", "role", True))
    return Comparison(
        chosen=EvalSet("some", Path("some.jsonl"), None),
        practice="p",
        as_of=ON,
        fitted_on="delta",
        model=None,
        rows=(Row("first", (right, refused, invented)), Row("second", (right,), written)),
        named={"a": frozenset({"acorn"}), "b": frozenset(), "c": frozenset({"acorn"})},
        payers={"sinus": frozenset({"acorn"}), "other": frozenset({"birch"})},
    )


def test_a_row_counts_each_figure_over_the_items_it_applies_to(comparison: Comparison) -> None:
    counts = {name: str(count) for name, count in figures_of(comparison.rows[0], comparison).items()}
    assert counts == {
        "right": "1/2",
        "answered_wrong": "0/2",
        "right_refused": "1/2",
        "answered_though_nothing_may": "1/1",
        "right_note_shown": "1/2",
        "another_payers_note_shown": "1/2",
        "values_without_source": "1/2",
    }


def test_the_table_has_a_line_for_each_pipeline_and_says_what_was_shown_of_wrong_sentences(
    comparison: Comparison,
) -> None:
    shown = "\n".join(render(comparison))
    assert "| first | 3 | 1/2 | 0/2 | 1/2 | 1/1 | 1/2 | 1/2 | 1/2 |" in shown
    assert "wrong sentences shown 1/2, true ones 1/1" in shown
    assert "value 0/1, role 1/1" in shown
    assert [row["not_right"] for row in as_json(comparison)["rows"]] == [["b"], []]


def test_items_for_the_model_are_the_marked_ones_or_spread_over_the_set(item_of: Callable[..., Item]) -> None:
    items = tuple(item_of(id=str(number)) for number in range(100))
    assert [item.id for item in chosen_for_model(items, 4)] == ["0", "25", "50", "75"]
    assert len(chosen_for_model(items, None)) == 60
    assert len(chosen_for_model(items, 500)) == 100
    marked = tuple(item.model_copy(update={"subset": item.id in ("3", "7")}) for item in items)
    assert [item.id for item in chosen_for_model(marked, None)] == ["3", "7"]


# All of it


def test_a_whole_comparison_over_a_small_practice_with_a_fake_embedder_and_a_fake_model(
    tmp_path: Path, notes: dict[str, str], item_of: Callable[..., Item], monkeypatch: pytest.MonkeyPatch
) -> None:
    practice = _practice(tmp_path, notes)
    items = (
        item_of("Acorn, 31255 on both sides, which modifier?", id="sides"),
        item_of("How many days for an appeal to Acorn?", id="days", notes=("plans/acorn",), must=(("90",),)),
        item_of("Acorn: who repairs the kettle?", id="kettle", status="not_in_kb"),
    )
    path = tmp_path / "few.jsonl"
    path.write_text("\n".join(item.model_dump_json() for item in items), encoding="utf-8")
    monkeypatch.setattr(bootstrap, "embedder", FakeEmbedder)
    monkeypatch.setattr(plain_pipeline_run, "embedder", FakeEmbedder)
    answers = ("Bill 31255 with 99. [1]",) * 20
    monkeypatch.setattr(plain_pipeline_run, "_model", lambda *_: (FakeChatModel(answers=answers), "fake"))
    progress: list[str] = []
    found = compare_plain(
        ComparisonPlan(EvalSet("few", path, None), practice, ON, "default", 2),
        lambda label, _done, _total: progress.append(label),
    )
    rows = {row.name: row for row in found.rows}
    assert [len(row.outcomes) for row in found.rows] == [3] * 8 + [2] * 6
    plain = figures_of(rows["plain, its four passages read whole"], found)
    assert str(plain["answered_though_nothing_may"]) == "1/1"
    assert str(plain["another_payers_note_shown"]) == "3/3"
    assert str(figures_of(rows["ours, model off"], found)["another_payers_note_shown"]) == "0/3"
    assert str(figures_of(rows["plain with the model"], found)["values_without_source"]) == "2/2"
    for outcome in rows["ours with the model"].outcomes:
        assert "99" not in outcome.scored.answer.text
        assert outcome.said is None
    unchecked = rows["ours with the model, without grounding"].outcomes
    answered = [one for one in unchecked if one.scored.answer.status == "answered"]
    assert answered
    assert all("99" in one.scored.answer.text for one in answered)
    assert {row.name for row in found.rows} <= set(progress)


def _practice(folder: Path, notes: dict[str, str]) -> Any:
    for note_id, text in notes.items():
        path = folder / "practice" / "kb" / f"{note_id}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / "library").mkdir()
    return replace(find_practice(str(folder / "practice"), {}, folder), library=folder / "library")


def test_without_vectors_nothing_is_embedded_and_without_sufficiency_nothing_is_too_little(
    tmp_path: Path, notes: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from assistant.bootstrap import Desk
    from evals.ablation import without

    monkeypatch.setattr(bootstrap, "embedder", FakeEmbedder)
    asker = Desk(_practice(tmp_path, notes), keep_gaps=False).asker(ON)
    question = "How many days for an appeal to Acorn?"

    def never(_self: object, texts: Sequence[str], *_: object) -> np.ndarray[Any, Any]:
        raise AssertionError(f"{len(texts)} texts were embedded")

    kettle = "Acorn: who repairs the kettle?"
    assert asker.ask(kettle, as_of=ON).status == "not_in_kb"
    assert without(asker, ("sufficiency",)).ask(kettle, as_of=ON).status == "answered"
    monkeypatch.setattr(FakeEmbedder, "embed", never)
    with pytest.raises(AssertionError, match="embedded"):
        asker.ask(f"{question} And now?", as_of=ON)
    answer = without(asker, ("vectors",)).ask(question, as_of=ON)
    assert answer.status == "answered"
    assert "90 days" in answer.text


def test_a_set_that_is_judged_has_no_plain_pipeline(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "kb").mkdir()
    assert main(["eval", "plain", "validate", "--practice", str(tmp_path)]) == 2
    assert "judged, not asked" in capsys.readouterr().err
    assert main(["eval", "plain", "ask", "--with-model", "0", "--practice", str(tmp_path)]) == 2
    assert "--with-model" in capsys.readouterr().err
