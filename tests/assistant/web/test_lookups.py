"""Lookup processes: the answers of the server's own, right after an edit, in place of one that died, ended with it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from langchain_core.language_models.fake_chat_models import FakeListChatModel

from assistant.bootstrap import Desk
from assistant.records.gaps import list_gaps
from assistant.settings import Practice, Settings
from assistant.web import lookups
from assistant.web.app import build_app
from assistant.web.lookups import Lookups, suitable_processes
from assistant.web.services import Services

TODAY = date(2026, 11, 22)
HOST, TOKEN = "127.0.0.1:8760", "the-token-of-this-start"
PATIENCE_SECONDS = 120
TUBES = "which modifier does Northwind want for 69436 in both ears"
TIMELY = "Granite HMO timely filing"
IMPLANT = "does Northwind need authorization for a cochlear implant"
on_linux = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks into /proc")


def until(true):
    ends = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < ends, "it never came to that"
        time.sleep(0.02)


def lives(pid):
    """Whether a process runs; one that ended and that nobody has asked after does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def serve():
    """Services of a practice, all of whose lookup processes have prepared the notes and serve."""
    made = []

    def start(practice, *, processes, ready=True, **desk):
        practice = replace(practice, settings=Settings(processes=processes))
        services = Services(practice, lambda: TODAY, Desk(practice, **desk))
        made.append(services)
        services.warm_up()
        if ready:
            until(lambda: services.lookups.serving == processes)
        return services

    yield start
    for services in made:
        services.close()


@pytest.fixture
def client_of(enter):
    return lambda services: enter(build_app(services, hosts=[HOST], token=TOKEN))


@pytest.fixture
def elsewhere(monkeypatch):
    """What came of each question that was given to a lookup process: True for an answer."""
    found = []
    real_look_up = Lookups.look_up

    def look_up(self, generation, turns):
        for looked in real_look_up(self, generation, turns):
            found.append(looked is not None)
            yield looked

    monkeypatch.setattr(Lookups, "look_up", look_up)
    return found


def again(question, number):
    """The same question in words nobody has used before."""
    return question + " " * number


def ask(client, question, thread="a"):
    body = client.post("/api/ask", json={"question": question, "thread": thread}).text
    told = [json.loads(line) for line in body.splitlines()]
    assert told[-1]["event"] == "end", told
    (answer,) = [one["reply"] for one in told if one["event"] == "answer"]
    return {**answer, "timings": {}}


@pytest.mark.models
@pytest.mark.slow
def test_another_process_answers_as_this_one_does_and_its_gaps_are_recorded_once(
    small, shared, serve, client_of, elsewhere
):
    here, other = client_of(serve(shared.practice, processes=0)), client_of(serve(small.practice, processes=1))
    turns = (TUBES, "and Granite HMO?", "who says so?", "thanks", "which code pays the most for tubes", TIMELY)
    assert [ask(other, turn) for turn in turns] == [ask(here, turn) for turn in turns]
    assert elsewhere == [True] * len(turns)
    assert not small.practice.records.exists()
    assert ask(other, IMPLANT)["status"] == "not_in_kb"
    (gap,) = list_gaps(small.practice.records)
    assert (gap.question, gap.times_asked) == (IMPLANT, 1)


@pytest.mark.models
@pytest.mark.slow
def test_a_note_edited_meanwhile_is_right_in_the_next_answer_of_every_process(small, serve, client_of, elsewhere):
    client = client_of(serve(small.practice, processes=2))
    whole = small.text("payers/granite-hmo/payer")
    for days in ("95 days", "77 days", "66 days"):
        small.write("payers/granite-hmo/payer", whole.replace("95 days", days))
        with ThreadPoolExecutor(4) as four:
            answers = list(four.map(lambda number: ask(client, again(TIMELY, number), str(number))["answer"], range(4)))
        assert all(days in answer for answer in answers)
    assert elsewhere == [True] * 12


@pytest.mark.models
@pytest.mark.slow
def test_after_an_edit_every_process_prepares_the_notes_anew(small, serve, client_of, elsewhere):
    services = serve(small.practice, processes=1)
    until(lambda: services.prepared)
    small.write("payers/granite-hmo/payer", small.text("payers/granite-hmo/payer").replace("95 days", "77 days"))
    before = services.desk.generation
    ask(client_of(services), TIMELY)
    generation = services.desk.generation
    assert generation != before
    until(lambda: services.lookups.are_prepared(generation))
    until(lambda: services.prepared)
    assert services.lookups.free == 1


@pytest.mark.models
@pytest.mark.slow
def test_where_the_notes_could_not_be_taken_in_at_first_processes_serve_once_they_are(
    small, serve, client_of, elsewhere
):
    small.practice.data.mkdir()
    small.practice.index.write_text("in the way", encoding="utf-8")
    services = serve(small.practice, processes=1, ready=False)
    time.sleep(1)
    assert not services.prepared
    assert not services.lookups.pids
    small.practice.index.unlink()
    client = client_of(services)
    assert "modifier 50" in ask(client, TUBES)["answer"]
    assert elsewhere == []
    until(lambda: services.prepared)
    assert "95 days" in ask(client, TIMELY)["answer"]
    assert elsewhere == [True]


@pytest.mark.models
@pytest.mark.slow
def test_a_model_writes_of_what_another_process_found(small, serve, client_of, elsewhere):
    model = FakeListChatModel(
        responses=["Bill one line with modifier 50 and one unit. [1]", "Bill it as you like. [1]"]
    )
    client = client_of(serve(small.practice, processes=1, model=model))
    for number, sentences in enumerate((["Bill one line with modifier 50 and one unit. [1]"], [])):
        body = client.post("/api/ask", json={"question": again(TUBES, number), "thread": f"t{number}"}).text
        told = [json.loads(line) for line in body.splitlines()]
        assert [one["text"] for one in told if one["event"] == "sentence"] == sentences
        assert [one["event"] for one in told if one["event"] in ("answer", "end")] == ["answer", "answer", "end"]
    assert elsewhere == [True, True]


@pytest.mark.models
@pytest.mark.slow
def test_sessions_and_windows_that_share_a_process_share_nothing_else(small, serve, enter, elsewhere):
    app = build_app(serve(small.practice, processes=1), hosts=[HOST], token=TOKEN)
    first, second = enter(app), enter(app)
    ask(first, TUBES, "one")
    assert not ask(second, "and Granite HMO?", "one")["understood_as"]
    assert not ask(first, "and Granite HMO?", "two")["understood_as"]
    assert "Granite HMO" in ask(first, "and Granite HMO?", "one")["understood_as"]
    assert elsewhere == [True] * 3  # the same first turn of a conversation is looked up once


@pytest.mark.models
@pytest.mark.slow
def test_what_was_asked_before_is_looked_up_once_and_counted_each_time(small, serve, client_of, elsewhere):
    services = serve(small.practice, processes=1)
    client = client_of(services)
    assert ask(client, IMPLANT, "a") == ask(client, IMPLANT, "b")
    assert elsewhere == [True]
    (gap,) = list_gaps(small.practice.records)
    assert gap.times_asked == 2
    note = "---\npayers: [northwind-ppo]\n---\n## Cochlear implant\nA cochlear implant needs prior authorization.\n"
    small.write("payers/northwind-ppo/implants", note)
    assert ask(client, IMPLANT, "c")["status"] == "answered"
    assert elsewhere == [True, True]


@pytest.mark.models
@pytest.mark.slow
def test_many_at_once_lose_nothing(small, serve, client_of, elsewhere):
    client = client_of(serve(small.practice, processes=2))
    asked = [(TUBES, "50") if number % 2 else (TIMELY, "95 days") for number in range(50)]
    with ThreadPoolExecutor(50) as people:
        answers = list(people.map(lambda one: ask(client, again(asked[one][0], one), f"t{one}")["answer"], range(50)))
    assert all(value in answer for (_, value), answer in zip(asked, answers, strict=True))
    assert elsewhere == [True] * 50


@on_linux
@pytest.mark.models
@pytest.mark.slow
def test_the_question_of_a_process_that_dies_is_answered_and_another_takes_its_place(
    small, serve, client_of, elsewhere
):
    services = serve(small.practice, processes=1)
    client = client_of(services)
    (pid,) = services.lookups.pids
    os.kill(pid, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as somebody:
        waiting = somebody.submit(ask, client, TUBES)
        until(lambda: not services.lookups.free)
        os.kill(pid, signal.SIGKILL)
        assert "modifier 50" in waiting.result(PATIENCE_SECONDS)["answer"]
    assert elsewhere == [False]
    until(lambda: services.lookups.serving)
    assert services.lookups.pids != [pid]
    assert "95 days" in ask(client, TIMELY)["answer"]
    assert elsewhere == [False, True]


@on_linux
@pytest.mark.models
@pytest.mark.slow
def test_lookup_processes_hold_pipes_and_no_socket_and_end_with_the_server(small, serve, client_of, elsewhere):
    services = serve(small.practice, processes=2)
    assert "modifier 50" in ask(client_of(services), TUBES)["answer"]
    assert elsewhere == [True]
    pids = services.lookups.pids
    for pid in pids:
        held = {one.name: str(one.readlink()) for one in Path(f"/proc/{pid}/fd").iterdir()}
        assert held["0"].startswith("pipe:")
        assert not [one for one in held.values() if one.startswith("socket:")]
    services.close()
    assert not any(lives(pid) for pid in pids)


STARTS_AND_WAITS = """
import sys, time
from pathlib import Path
from assistant.settings import Practice, Settings
from assistant.web.lookups import Lookups
both = Lookups(Practice(Path(sys.argv[1]), Path(sys.argv[2]), Settings(processes=2)), 2)
both.prepare("gen-1-000000", 1)
print(*both.pids, flush=True)
time.sleep(600)
"""


@on_linux
def test_lookup_processes_end_when_the_server_is_killed(tmp_path):
    command = [sys.executable, "-c", STARTS_AND_WAITS, str(tmp_path), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3]) as server:
        assert server.stdout
        pids = [int(one) for one in server.stdout.readline().split()]
        assert pids
        server.kill()
    until(lambda: not any(lives(pid) for pid in pids))


def test_what_cannot_start_is_given_up_and_no_question_waits_for_it(monkeypatch, tmp_path):
    monkeypatch.setattr(lookups, "_MODULE", "no.such.module")
    none = Lookups(Practice(tmp_path, tmp_path), 2)
    try:
        assert sum(none.prepare("gen-1-000000", 1) for _ in range(10)) <= 4
        assert not none.pids
        assert not none.ready
    finally:
        none.close()


@pytest.mark.parametrize(
    ("said", "cores", "processes"), [(None, 1, 0), (None, 2, 2), (None, 32, 4), (0, 8, 0), (7, 2, 7)]
)
def test_the_settings_say_how_many_or_the_processors_do(tmp_path, monkeypatch, said, cores, processes):
    monkeypatch.setattr(lookups, "all_cores", lambda: cores)
    assert suitable_processes(Practice(tmp_path, tmp_path, Settings(processes=said))) == processes
