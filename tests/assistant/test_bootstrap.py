"""The desk of one practice: notes that change, gaps that come and go, and what is opened only once."""

from __future__ import annotations

import hashlib
import shutil
import time
from dataclasses import replace
from datetime import date

import pytest

import assistant.bootstrap
from assistant.ask.conversation import ConversationState
from assistant.bootstrap import Desk, ingest
from assistant.errors import PracticeError, UnderstudyError
from assistant.lookup import Asked
from assistant.records.gaps import list_gaps
from assistant.settings import Settings
from ingest.index.embedder import CompiledEmbedder, load_embedder

pytestmark = pytest.mark.models
TUBES = "which modifier does Granite HMO want for 69436 in both ears"
TODAY = date(2026, 11, 22)
IMPLANT = "does Northwind need authorization for a cochlear implant"
IMPLANT_NOTE = """---
title: Northwind PPO, cochlear implants
kind: payer-rule
payers: [northwind-ppo]
codes: [69930]
---
## Authorization for a cochlear implant
A cochlear implant, 69930, needs prior authorization; ask ten days ahead.
"""


def ask(desk: Desk, question: str):
    return desk.ask(question, as_of=TODAY, today=TODAY)


def test_an_edited_note_is_right_in_the_next_answer(small):
    desk = small.desk()
    assert "95 days" in ask(desk, "Granite HMO timely filing").text
    small.write("payers/granite-hmo/payer", small.text("payers/granite-hmo/payer").replace("95 days", "77 days"))
    answer = ask(desk, "Granite HMO timely filing")
    assert "77 days" in answer.text
    assert "95 days" not in answer.text
    assert small.quotes_stand(answer)


def test_an_added_note_answers_in_the_next_answer(small):
    desk = small.desk()
    assert ask(desk, IMPLANT).status == "not_in_kb"
    small.write("payers/northwind-ppo/implants", IMPLANT_NOTE)
    answer = ask(desk, IMPLANT)
    assert answer.status == "answered"
    assert [citation.note for citation in answer.citations] == ["payers/northwind-ppo/implants"]


def test_a_deleted_note_answers_no_more(small):
    desk = small.desk()
    assert ask(desk, TUBES).status == "answered"
    small.remove("payers/granite-hmo/tubes")
    assert ask(desk, TUBES).status == "not_in_kb"


def test_a_moved_note_is_cited_by_its_new_name(small):
    desk = small.desk()
    ask(desk, TUBES)
    small.write("payers/granite-hmo/ears", small.text("payers/granite-hmo/tubes"))
    small.remove("payers/granite-hmo/tubes")
    assert [citation.note for citation in ask(desk, TUBES).citations] == ["payers/granite-hmo/ears"]


def test_a_new_payer_note_makes_the_payer_known_at_once(small):
    desk = small.desk()
    assert ask(desk, "timely filing at Zephyr").status == "not_in_kb"
    small.write(
        "payers/zephyr/payer",
        "---\ntitle: Zephyr Mutual\nkind: payer\npayers: [zephyr]\naliases: [Zephyr]\n---\n"
        "## Timely filing\n45 days from the date of service for a first claim.\n",
    )
    assert "45 days" in ask(desk, "timely filing at Zephyr").text


def test_a_note_broken_by_an_edit_answers_by_its_last_good_version_and_says_so(small):
    desk = small.desk()
    ask(desk, TUBES)
    small.write(
        "payers/granite-hmo/tubes",
        small.text("payers/granite-hmo/tubes").replace("owner:", "onwer:").replace("RT", "KX"),
    )
    answer = ask(desk, TUBES)
    assert "Two lines, RT on one" in answer.text
    assert any("kb check" in notice for notice in answer.notices)


def test_a_desk_opens_its_index_once_while_no_note_changes(small):
    desk = small.desk()
    first = desk.asker(TODAY)
    ask(desk, TUBES)
    assert desk.asker(TODAY) is first
    small.write("payers/granite-hmo/tubes", small.text("payers/granite-hmo/tubes") + "\nOne more line.\n")
    assert desk.asker(TODAY) is not first


def test_another_desk_on_the_same_practice_embeds_nothing_again(small, monkeypatch):
    ask(small.desk(), TUBES)
    texts = []
    real = assistant.bootstrap.embedder()

    class Counting:
        model_id, dimensions, max_tokens, count_tokens = (
            real.model_id,
            real.dimensions,
            real.max_tokens,
            real.count_tokens,
        )

        def embed(self, given, on_progress=None):
            texts.extend(given)
            return real.embed(given, on_progress)

    counting = Counting()
    monkeypatch.setattr(assistant.bootstrap, "embedder", lambda: counting)
    small.desk().asker(TODAY)
    assert texts == []


def test_a_deleted_data_folder_is_written_again_and_the_answer_is_the_same(small):
    before = small.ask(TUBES)
    shutil.rmtree(small.practice.data)
    after = small.ask(TUBES)
    assert (after.text, after.citations) == (before.text, before.citations)


def test_a_damaged_index_heals_in_the_next_answer_and_says_so(small):
    before = small.ask(TUBES)
    for path in small.practice.index.rglob("*"):
        if path.is_file() and path.suffix in (".sqlite", ".npy", ".bin", ".db"):
            path.write_bytes(b"damaged")
    after = small.ask(TUBES)
    assert after.text == before.text
    assert any("damaged" in notice for notice in after.notices)


def test_an_empty_practice_refuses_and_records_the_gap(empty_practice):
    answer = empty_practice.ask("which modifier for 69436 in both ears")
    assert answer.status == "not_in_kb"
    assert (answer.citations, answer.general, answer.nearest) == ((), (), ())
    assert len(list_gaps(empty_practice.practice.records)) == 1


def test_an_empty_practice_with_the_library_answers_in_general_and_refuses_a_payer(empty_practice, shared):
    empty_practice.write("library/national/ear-wax", shared.text("library/national/ear-wax"))
    general = empty_practice.ask("69210 for ear wax in both ears, which modifier")
    assert general.status == "answered"
    assert general.text.startswith("General (")
    assert empty_practice.ask("does Aetna want 50 on 69210 in both ears").status == "not_in_kb"


def test_a_gap_is_recorded_once_and_counted_whatever_the_wording(small):
    desk = small.desk()
    ask(desk, IMPLANT)
    ask(desk, "cochlear implant at NWP: prior auth needed?")
    (gap,) = list_gaps(small.practice.records)
    assert gap.times_asked == 2
    assert gap.payers == ("northwind-ppo",)
    assert gap.codes == ("cochlear-implant",)


def test_neither_an_answer_nor_a_declined_question_is_a_gap(small):
    desk = small.desk()
    ask(desk, TUBES)
    ask(desk, "which code pays the most for tubes")
    assert list_gaps(small.practice.records) == []


def test_a_desk_that_keeps_no_gaps_writes_no_records(small):
    ask(small.desk(keep_gaps=False), IMPLANT)
    assert not small.practice.records.exists()


def test_a_gap_is_closed_by_the_note_that_answers_it_when_it_is_taken_in(small):
    desk = small.desk()
    ask(desk, IMPLANT)
    ask(desk, "Granite HMO copay for tubes")
    small.write("payers/northwind-ppo/implants", IMPLANT_NOTE)
    report, closed = ingest(small.practice, on_progress=None, today=TODAY)
    assert report.added == ("payers/northwind-ppo/implants",)
    assert [gap.question for gap in closed] == [IMPLANT]
    assert [gap.payers for gap in list_gaps(small.practice.records)] == [("granite-hmo",)]
    (gap,) = list_gaps(small.practice.records, closed=True)
    assert (gap.closed_on, gap.closed_by) == (TODAY, ("payers/northwind-ppo/implants",))


def test_a_gap_is_closed_too_when_the_next_question_takes_the_note_in(small):
    desk = small.desk()
    ask(desk, IMPLANT)
    small.write("payers/northwind-ppo/implants", IMPLANT_NOTE)
    ask(desk, TUBES)
    assert list_gaps(small.practice.records) == []


def test_a_gap_whose_note_is_deleted_is_open_again_once_it_is_asked(small):
    desk = small.desk()
    ask(desk, IMPLANT)
    small.write("payers/northwind-ppo/implants", IMPLANT_NOTE)
    ask(desk, IMPLANT)
    assert list_gaps(small.practice.records) == []
    small.remove("payers/northwind-ppo/implants")
    ask(desk, IMPLANT)
    (gap,) = list_gaps(small.practice.records)
    assert gap.closed_on is None


def test_a_gap_of_another_date_is_not_closed_by_a_note_that_does_not_speak_for_that_date(small):
    text = small.text("payers/granite-hmo/tubes").replace("owner:", "effective-from: 2025-01-01\nowner:")
    small.write("payers/granite-hmo/tubes", text)
    desk = small.desk()
    assert desk.ask(TUBES, as_of=date(2024, 6, 1), today=TODAY).status == "not_in_kb"
    small.write("workflows/other", "## Parking\nThe key hangs by the door.\n")
    ask(desk, "timely filing Northwind")
    assert len(list_gaps(small.practice.records)) == 1


def test_a_higher_acceptance_in_the_settings_refuses_more(small):
    strict = Desk(replace(small.practice, settings=Settings(accept=0.999999)), keep_gaps=False)
    assert ask(strict, TUBES).status == "not_in_kb"


@pytest.mark.parametrize(
    "model", ["of", "no-such-model", "missing/model.gguf", "ftp://127.0.0.1", "http://example.org:80"]
)
def test_a_model_that_is_not_there_is_an_error_and_never_another_model(small, model):
    with pytest.raises(UnderstudyError):
        small.desk().ask(TUBES, as_of=TODAY, today=TODAY, model=model)


def test_an_index_folder_that_cannot_be_made_is_an_error_that_names_it(small):
    small.practice.data.mkdir()
    (small.practice.data / "index").write_text("in the way", encoding="utf-8")
    with pytest.raises(PracticeError) as caught:
        small.ask(TUBES)
    assert str(small.practice.index) in str(caught.value)


NORTHWIND_TUBES = "which modifier does Northwind want for 69436 in both ears"
CHANGED = (
    "---\npayers: [northwind-ppo]\ncodes: [69433, 69436]\n---\n## Both ears in one session\n"
    "Bill one line with modifier 52 and one unit.\n"
)


def test_the_same_question_is_answered_alike_until_a_note_changes(small, today):
    desk = small.desk(keep_gaps=False)
    first, _ = desk.look_up(NORTHWIND_TUBES, as_of=today, today=today, model="off")
    again, _ = desk.look_up(NORTHWIND_TUBES, as_of=today, today=today, model="off")
    assert replace(again, timings={}) == replace(first, timings={})
    small.write("payers/northwind-ppo/tubes", CHANGED)
    changed, _ = desk.look_up(NORTHWIND_TUBES, as_of=today, today=today, model="off")
    assert "modifier 52" in changed.text
    other_day, _ = desk.look_up(NORTHWIND_TUBES, as_of=date(2020, 1, 1), today=today, model="off")
    assert other_day.as_of == date(2020, 1, 1)


def test_who_asked_before_the_last_look_at_the_notes_shares_it_and_who_asks_later_sees_the_change(small, today):
    desk = small.desk(keep_gaps=False)
    before = time.monotonic()
    desk.look_up(NORTHWIND_TUBES, as_of=today, today=today, model="off")
    small.write("payers/northwind-ppo/tubes", CHANGED)
    shared, _ = desk.look_up(NORTHWIND_TUBES, as_of=today, today=today, model="off", since=before)
    later, _ = desk.look_up(NORTHWIND_TUBES, as_of=today, today=today, model="off", since=time.monotonic())
    assert "modifier 50" in shared.text
    assert "modifier 52" in later.text


def test_what_was_prepared_is_kept_for_the_next_start_and_nothing_of_a_question_is(small, today, monkeypatch):
    desk = small.desk(keep_gaps=False)
    desk.look_up(NORTHWIND_TUBES, as_of=today, today=today, model="off")
    kept = small.practice.data / "kept-vectors"
    assert not kept.exists()
    row = 0
    while desk.warm(row, 4):
        row += 4
    prepared = set((kept / "vectors.keys").read_text().split("\n", 1)[1].split())
    assert len(prepared) > 20

    embedded: list[str] = []
    real = CompiledEmbedder.embed
    monkeypatch.setattr(
        CompiledEmbedder, "embed", lambda self, texts, *more: embedded.extend(texts) or real(self, texts, *more)
    )
    next_start = small.desk(keep_gaps=False)
    again, _ = next_start.look_up(NORTHWIND_TUBES, as_of=today, today=today, model="off")
    assert "modifier 50" in again.text
    asked = {hashlib.sha256(text.encode()).hexdigest()[:32] for text in embedded}
    assert asked
    assert not asked & prepared

    # Damaged, they count as absent.
    (kept / "vectors.npy").write_bytes(b"\x00" * 4096)
    embedded.clear()
    damaged, _ = small.desk(keep_gaps=False).look_up(NORTHWIND_TUBES, as_of=today, today=today, model="off")
    assert replace(damaged, timings={}) == replace(again, timings={})
    assert len(embedded) > len(asked)


def test_turns_looked_up_together_are_embedded_together_and_answered_as_each_alone(small, today, monkeypatch):
    turns = (NORTHWIND_TUBES, "Granite HMO timely filing", "thanks", "which code pays the most", NORTHWIND_TUBES)
    asked = [Asked(ConversationState(), turn, today) for turn in turns]
    alone = [small.desk(keep_gaps=False).level(today)[0].look_up(one) for one in asked]
    lookup = small.desk(keep_gaps=False).level(today)[0]
    row = 0
    while lookup.warm(row, 4):
        row += 4
    embedded: list[int] = []
    real = CompiledEmbedder.embed
    monkeypatch.setattr(
        CompiledEmbedder, "embed", lambda self, texts, *more: embedded.append(len(texts)) or real(self, texts, *more)
    )
    together = list(lookup.look_up_all(asked))
    assert [one.reply.text for one in together] == [one.reply.text for one in alone]
    assert [one.question for one in together] == [one.question for one in alone]
    assert len(embedded) == 1
    assert embedded[0] >= 2


def test_preparing_ends_with_everything_loaded_that_a_first_question_needs(small, today, monkeypatch):
    monkeypatch.setattr(assistant.bootstrap, "embedder", load_embedder)  # one of its own that has embedded nothing
    lookup = small.desk(keep_gaps=False).level(today)[0]
    row = 0
    while lookup.warm(row, 4):
        row += 4
    again = small.desk(keep_gaps=False).level(today)[0]
    assert "_session" not in vars(again.asker.knowledge._embedder)
    row = 0
    while again.warm(row, 4):
        row += 4
    assert "_session" in vars(again.asker.knowledge._embedder)


def test_rows_prepared_before_anybody_asks_change_no_answer(small, today):
    plain, _ = small.desk(keep_gaps=False).look_up(NORTHWIND_TUBES, as_of=today, today=today, model="off")
    desk = small.desk(keep_gaps=False)
    assert not desk.warm(0, 4)  # nothing is open yet
    desk.asker(today)
    row = 0
    while desk.warm(row, 4):
        row += 4
    assert row > 0
    warm, _ = desk.look_up(NORTHWIND_TUBES, as_of=today, today=today, model="off")
    assert replace(warm, timings={}) == replace(plain, timings={})
