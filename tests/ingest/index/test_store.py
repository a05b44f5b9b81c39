"""Reading the index: keyword search, exact scan, notes on demand."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ingest.index import catalog
from ingest.index.catalog import COLUMN_WEIGHTS
from ingest.index.errors import IndexMissing
from ingest.index.store import Index, open_index
from ingest.index.tokens import tokens
from ingest.notes.model import KbNote


def ids(index: Index, found: list[tuple[int, float]]) -> list[str]:
    return [index.chunk(row).chunk_id for row, _ in found]


def search(index: Index, question: str, **options: Any) -> list[str]:
    return ids(index, index.search(tokens(question), limit=10, **options))


def test_an_index_that_was_never_written_is_missing_and_not_damaged(practice: Any) -> None:
    with pytest.raises(IndexMissing, match="understudy ingest"):
        open_index(practice.index_dir)


def test_a_code_inside_a_range_finds_the_section(index: Index) -> None:
    assert search(index, "31254")[0].startswith("sinus#")
    assert search(index, "69210") == ["library/earwax#ear-wax"]


def test_words_are_found_in_any_form_and_codes_however_they_are_written(index: Index) -> None:
    assert search(index, "correcting a claim") == ["sinus#if-it-already-denied", "payers/blue-shield-ppo#"]
    assert search(index, "denial CO 4")[0] == "sinus#both-sides-in-one-session"


def test_a_word_nobody_wrote_finds_nothing_and_spoils_nothing(index: Index) -> None:
    assert search(index, "zebra") == []
    assert search(index, "") == []
    assert search(index, 'fresno zebra "quoted" NEAR( *') == ["payers/blue-shield-ppo#"]


def test_scores_are_higher_for_better_rows_and_weights_move_them(index: Index) -> None:
    found = index.search(tokens("wax Fresno ear"), limit=10)
    assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)
    assert all(score > 0 for _, score in found)
    body_only = dict(index.search(["bsp"], limit=10, weights=(0.0, 1.0, 1.0)))
    assert all(score == 0 for score in body_only.values())


def test_only_allowed_rows_are_found(index: Index) -> None:
    allowed = index.rows_of(["library/earwax"])
    assert search(index, "wax modifier fresno", allowed_rows=allowed) == ["library/earwax#ear-wax"]
    assert search(index, "wax", allowed_rows=[]) == []
    vector = np.ones(48, np.float32) / np.sqrt(48)
    assert ids(index, index.nearest(vector, limit=5, allowed_rows=allowed)) == ["library/earwax#ear-wax"]
    assert index.nearest(vector, limit=5, allowed_rows=[]) == []


@pytest.mark.parametrize("weights", [COLUMN_WEIGHTS, (0.1, 5.0, 1.0)])
@pytest.mark.parametrize("allowed", [None, [], [0, 2, 3]])
def test_scores_added_up_word_by_word_are_those_of_one_query(
    shared_practice: Any,
    monkeypatch: pytest.MonkeyPatch,
    weights: tuple[float, float, float],
    allowed: list[int] | None,
) -> None:
    words = tokens("claim wax modifier 50 paper sinus bill billing 31255-RT zebra needs one line")
    with shared_practice.open() as index:
        added_up = index.search(words, limit=20, allowed_rows=allowed, weights=weights)
        fewest = index.search(words, limit=2, allowed_rows=allowed, weights=weights)
    monkeypatch.setattr(catalog, "_CHUNKS_KEPT", 0)
    with shared_practice.open() as index:
        assert index.search(words, limit=20, allowed_rows=allowed, weights=weights) == added_up
    assert fewest == added_up[:2]
    assert bool(added_up) == (allowed != [])


def test_the_exact_scan_orders_by_cosine(practice: Any, index: Index) -> None:
    vector = practice.embedder.embed(["Impacted wax both ears"])[0]
    found = index.nearest(vector, limit=10)
    assert len(found) == index.manifest.chunks
    expected = sorted(
        ((row, float(index.vectors[row] @ vector)) for row, _ in found), key=lambda one: (-one[1], one[0])
    )
    assert [row for row, _ in found] == [row for row, _ in expected]
    assert np.allclose([cosine for _, cosine in found], [cosine for _, cosine in expected], atol=1e-6)
    assert index.nearest(vector, limit=2) == found[:2]
    assert index.nearest(vector, limit=0) == []


def test_the_exact_scan_skips_rows_without_a_chunk(practice: Any) -> None:
    practice.sync()
    practice.remove("sinus")
    practice.sync()
    with practice.open() as index:
        found = index.nearest(np.ones(48, np.float32), limit=99)
        assert len(found) == index.manifest.chunks == 2


def test_a_vector_of_another_length_is_refused(index: Index) -> None:
    with pytest.raises(ValueError, match="384 numbers"):
        index.nearest(np.zeros(384, np.float32), limit=1)


def test_notes_come_back_whole_and_payers_at_once(index: Index, note_of: Callable[..., KbNote]) -> None:
    sinus = index.note("sinus")
    assert sinus is not None
    assert sinus.rules[0].rule_id == "bsp-sinus-50"
    assert [note.aliases for note in index.payer_notes] == [("BSP",)]
    assert [note.note_id for note in index.notes(with_rules=True)] == ["sinus"]
    assert [note.note_id for note in index.notes()] == ["library/earwax", "payers/blue-shield-ppo", "sinus"]
    assert index.note("nobody") is None
    header = index.headers["sinus"]
    assert (header.payers, header.layer, "31254" in header.codes) == (("blue-shield-ppo",), "practice", True)
    assert index.headers["library/earwax"].layer == "library"


def test_only_the_notes_asked_for_are_deserialised(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    from ingest.index import catalog

    read: list[str] = []
    real = catalog.from_json

    def counting(kind: type, text: str) -> Any:
        read.append(kind.__name__)
        return real(kind, text)

    monkeypatch.setattr(catalog, "from_json", counting)
    (hit, *_) = index.search(tokens("impacted wax"), limit=1)
    index.note(index.chunk(hit[0]).note_id)
    assert read == ["Chunk", "KbNote"]


def test_chunk_rows_lead_back_to_the_note_and_a_free_row_is_an_error(index: Index) -> None:
    row = index.catalog.chunk_row("sinus#if-it-already-denied")
    assert row in index.rows["sinus"]
    assert row is not None
    chunk = index.chunk(row)
    note = index.note(chunk.note_id)
    assert note is not None
    assert chunk.text == "\n".join(note.lines[chunk.start_line - 1 : chunk.end_line])
    with pytest.raises(KeyError):
        index.chunk(10_000)


def test_several_threads_may_read_one_index(index: Index) -> None:
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(50):
                assert search(index, "wax") == ["library/earwax#ear-wax"]
        except (AssertionError, sqlite3.Error) as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
