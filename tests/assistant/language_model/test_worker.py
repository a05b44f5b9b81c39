"""The one model worker under many callers: a bounded line, nothing lost, cancel, limits of time, shutdown."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from assistant.language_model.errors import AnswerStopped, ServerError, WorkerBusy
from assistant.language_model.stopping import current_stop
from assistant.language_model.worker import ModelWorker

SOON = 10.0


@pytest.fixture
def worker():
    with ModelWorker(most_waiting=3) as made:
        yield made


class Gate:
    """A job that runs until it is let go, or until it is stopped."""

    def __init__(self, heeds: bool = True) -> None:
        self.began = threading.Event()
        self.may_end = threading.Event()
        self.heeds = heeds

    def __call__(self, say) -> str:
        self.began.set()
        ending = current_stop()
        while not self.may_end.wait(0.005):
            if self.heeds:
                ending.check()
        return "done"


def until(true, seconds: float = SOON) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.002)


def test_a_job_gives_its_pieces_and_its_result(worker):
    def job(say) -> int:
        for word in ("one ", "two ", "three"):
            say(word)
        return 3

    ticket = worker.submit(job)
    assert list(ticket.pieces()) == ["one ", "two ", "three"]
    assert ticket.result(SOON) == 3
    assert list(ticket.pieces()) == ["one ", "two ", "three"]
    assert (ticket.state, ticket.place()) == ("done", 0)


def test_a_job_that_fails_hands_its_error_over_and_the_worker_lives_on(worker):
    def fail(say) -> None:
        say("half")
        raise ServerError("it broke")

    ticket = worker.submit(fail)
    with pytest.raises(ServerError, match="it broke"):
        ticket.result(SOON)
    assert list(ticket.pieces()) == ["half"]
    assert worker.submit(lambda say: 1 // 1).result(SOON) == 1
    with pytest.raises(ZeroDivisionError):
        worker.submit(lambda say: 1 // 0).result(SOON)
    assert worker.submit(lambda say: "still here").result(SOON) == "still here"


def test_places_count_those_before_and_fall_as_they_end(worker):
    gates = [Gate() for _ in range(4)]
    tickets = [worker.submit(gate) for gate in gates]
    assert gates[0].began.wait(SOON)
    assert [ticket.place() for ticket in tickets] == [0, 1, 2, 3]
    gates[0].may_end.set()
    assert gates[1].began.wait(SOON)
    assert [ticket.place() for ticket in tickets] == [0, 0, 1, 2]
    for gate in gates:
        gate.may_end.set()
    assert [ticket.result(SOON) for ticket in tickets] == ["done"] * 4


def test_a_full_line_says_busy_at_once_and_takes_jobs_again_when_one_has_ended(worker):
    gates = [Gate() for _ in range(4)]
    tickets = [worker.submit(gate) for gate in gates]
    assert gates[0].began.wait(SOON)
    with pytest.raises(WorkerBusy, match="3 questions wait"):
        worker.submit(lambda say: None)
    gates[0].may_end.set()
    assert gates[1].began.wait(SOON)
    late = worker.submit(lambda say: "in")
    for gate in gates:
        gate.may_end.set()
    assert late.result(SOON) == "in"
    assert all(ticket.result(SOON) == "done" for ticket in tickets)


def test_a_worker_without_a_line_takes_one_job_alone():
    with ModelWorker(most_waiting=0) as worker:
        gate = Gate()
        ticket = worker.submit(gate)
        with pytest.raises(WorkerBusy):
            worker.submit(lambda say: None)
        gate.may_end.set()
        assert ticket.result(SOON) == "done"
        until(lambda: not worker.state().running)
        assert worker.submit(lambda say: 2).result(SOON) == 2


def test_a_waiting_job_that_is_cancelled_never_runs_and_frees_its_place(worker):
    gate, second = Gate(), Gate()
    running = worker.submit(gate)
    assert gate.began.wait(SOON)
    waiting = worker.submit(second)
    assert waiting.cancel()
    assert not waiting.cancel()
    assert worker.state().waiting == 0
    with pytest.raises(AnswerStopped, match="cancelled"):
        waiting.result(SOON)
    gate.may_end.set()
    assert running.result(SOON) == "done"
    assert worker.submit(lambda say: 1).result(SOON) == 1
    assert not second.began.is_set()


def test_a_running_job_that_is_cancelled_is_told_to_stop_and_its_caller_waits_no_longer(worker):
    gate = Gate()
    ticket = worker.submit(gate)
    assert gate.began.wait(SOON)
    assert ticket.cancel()
    with pytest.raises(AnswerStopped, match="cancelled"):
        ticket.result(0)
    assert worker.submit(lambda say: "next").result(SOON) == "next"
    assert not ticket.cancel()


def test_cancelling_after_the_end_changes_nothing(worker):
    ticket = worker.submit(lambda say: 5)
    assert ticket.result(SOON) == 5
    assert not ticket.cancel()
    assert ticket.result(0) == 5


def test_what_waits_too_long_is_told_busy():
    with ModelWorker(most_waiting=3, wait_seconds=0.1) as worker:
        gate = Gate()
        running = worker.submit(gate)
        waiting = worker.submit(lambda say: 1)
        with pytest.raises(WorkerBusy, match="busy with earlier questions for too long"):
            waiting.result(SOON)
        assert worker.state().waiting == 0
        gate.may_end.set()
        assert running.result(SOON) == "done"


def test_what_runs_too_long_is_stopped_and_the_next_one_runs():
    with ModelWorker(run_seconds=0.1) as worker:
        ticket = worker.submit(Gate())
        with pytest.raises(AnswerStopped, match=r"no whole answer within 0\.1 seconds"):
            ticket.result(SOON)
        assert worker.submit(lambda say: "next").result(SOON) == "next"


def test_a_job_that_heeds_no_stop_leaves_its_caller_free_and_others_are_told_at_once():
    with ModelWorker(run_seconds=0.1, grace_seconds=0.1) as worker:
        deaf = Gate(heeds=False)
        ticket = worker.submit(deaf)
        waiting = worker.submit(lambda say: 1)
        with pytest.raises(AnswerStopped):
            ticket.result(SOON)
        with pytest.raises(WorkerBusy, match="for too long"):
            waiting.result(SOON)
        until(lambda: worker.state().stuck)
        with pytest.raises(WorkerBusy, match="does not come to an end"):
            worker.submit(lambda say: None)
        deaf.may_end.set()
        until(lambda: not worker.state().stuck)
        assert worker.submit(lambda say: "well again").result(SOON) == "well again"


def test_what_a_stopped_job_says_afterwards_reaches_nobody(worker):
    began, go_on = threading.Event(), threading.Event()

    def job(say) -> None:
        say("before")
        began.set()
        go_on.wait(SOON)
        say("after")

    ticket = worker.submit(job)
    assert began.wait(SOON)
    ticket.cancel()
    go_on.set()
    assert worker.submit(lambda say: 1).result(SOON) == 1
    assert list(ticket.pieces()) == ["before"]


def test_a_stream_for_asyncio_gives_each_piece_as_it_is_said(worker):
    steps = [threading.Event() for _ in range(3)]

    def job(say) -> str:
        for number, step in enumerate(steps):
            assert step.wait(SOON)
            say(f"{number} ")
        return "all"

    async def read() -> tuple[list[str], str]:
        ticket = worker.submit(job)
        seen: list[str] = []
        steps[0].set()
        async for piece in ticket.stream():
            seen.append(piece)
            if len(seen) < len(steps):
                steps[len(seen)].set()
        return seen, await ticket.outcome()

    assert asyncio.run(asyncio.wait_for(read(), SOON)) == (["0 ", "1 ", "2 "], "all")


def test_an_asyncio_reader_that_is_cancelled_does_not_end_the_job_and_one_that_cancels_does(worker):
    gate = Gate()
    ticket = worker.submit(gate)

    async def give_up() -> None:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(ticket.outcome(), 0.05)

    asyncio.run(give_up())
    assert ticket.state in ("waiting", "running")
    gate.may_end.set()
    assert ticket.result(SOON) == "done"

    async def leave() -> None:
        hanging = worker.submit(Gate())
        hanging.cancel()
        assert [piece async for piece in hanging.stream()] == []
        with pytest.raises(AnswerStopped):
            await hanging.outcome()

    asyncio.run(asyncio.wait_for(leave(), SOON))


def test_a_reader_whose_loop_has_ended_does_not_hurt_the_job(worker):
    gate = Gate()

    def job(say) -> str:
        gate(say)
        say("late")
        return "whole"

    async def leave_open() -> object:
        ticket = worker.submit(job)
        reader = ticket.stream()
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(anext(reader), 0.05)
        return ticket

    ticket = asyncio.run(leave_open())
    gate.may_end.set()
    assert ticket.result(SOON) == "whole"


def test_fifty_callers_at_once_each_get_their_own_answer_or_busy_and_no_job_runs_beside_another():
    beside: list[int] = []
    now = 0
    ran: list[int] = []
    ready = threading.Barrier(50)
    outcomes: dict[int, str] = {}

    def job_of(number: int):
        def job(say) -> str:
            nonlocal now
            now += 1
            beside.append(now)
            say(f"{number} begins ")
            time.sleep(0.002)
            say("and ends")
            ran.append(number)
            now -= 1
            return f"answer {number}"

        return job

    with ModelWorker(most_waiting=8) as worker:

        def call(number: int) -> None:
            ready.wait(SOON)
            try:
                ticket = worker.submit(job_of(number))
            except WorkerBusy:
                outcomes[number] = "busy"
                return
            state = worker.state()
            assert state.waiting + state.running <= 9
            assert 0 <= ticket.place() <= 8
            text = "".join(ticket.pieces())
            assert text == f"{number} begins and ends"
            outcomes[number] = ticket.result(SOON)

        threads = [threading.Thread(target=call, args=(number,)) for number in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(SOON)
            assert not thread.is_alive()
        answered = {number for number, outcome in outcomes.items() if outcome != "busy"}
        assert len(outcomes) == 50
        assert all(outcomes[number] == f"answer {number}" for number in answered)
        assert sorted(ran) == sorted(answered)
        assert len(answered) >= 9
        assert set(beside) == {1}
        assert worker.submit(lambda say: "idle again").result(SOON) == "idle again"


def test_fifty_callers_who_come_again_when_busy_are_all_answered_in_the_end():
    with ModelWorker(most_waiting=4) as worker:
        outcomes: list[int] = []

        def call(number: int) -> None:
            while True:
                try:
                    outcomes.append(worker.submit(lambda say: number).result(SOON))
                    return
                except WorkerBusy:
                    time.sleep(0.001)

        threads = [threading.Thread(target=call, args=(number,)) for number in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(SOON)
        assert sorted(outcomes) == list(range(50))


def test_fifty_callers_of_whom_every_other_cancels_lose_nothing():
    with ModelWorker(most_waiting=60) as worker:
        gate = Gate()
        first = worker.submit(gate)
        tickets = [worker.submit(lambda say, number=number: number) for number in range(50)]
        threads = [threading.Thread(target=ticket.cancel) for ticket in tickets[::2]]
        for thread in threads:
            thread.start()
        gate.may_end.set()
        for thread in threads:
            thread.join(SOON)
        assert first.result(SOON) == "done"
        assert [ticket.result(SOON) for ticket in tickets[1::2]] == list(range(1, 50, 2))
        for number, ticket in enumerate(tickets[::2]):
            try:
                assert ticket.result(SOON) == 2 * number
            except AnswerStopped:
                assert ticket.state == "failed"


@pytest.mark.parametrize("heeds", [True, False])
def test_closing_ends_everyone_at_once_and_nobody_hangs(heeds):
    worker = ModelWorker(most_waiting=50)
    gate = Gate(heeds=heeds)
    tickets = [worker.submit(gate), *(worker.submit(lambda say: 1) for _ in range(20))]
    assert gate.began.wait(SOON)
    told: list[str] = []

    def wait(ticket) -> None:
        try:
            ticket.result(SOON)
        except (WorkerBusy, AnswerStopped) as error:
            told.append(str(error))

    threads = [threading.Thread(target=wait, args=(ticket,)) for ticket in tickets]
    for thread in threads:
        thread.start()
    began = time.monotonic()
    worker.close(wait_seconds=0.3)
    for thread in threads:
        thread.join(SOON)
        assert not thread.is_alive()
    assert time.monotonic() - began < SOON / 2
    assert len(told) == 21
    assert all("being shut down" in text for text in told)
    with pytest.raises(WorkerBusy, match="being shut down"):
        worker.submit(lambda say: None)
    worker.close(wait_seconds=0.1)
    gate.may_end.set()
    until(lambda: not [thread for thread in worker._threads if thread.is_alive()])


def test_closing_from_inside_a_job_does_not_wait_for_itself():
    worker = ModelWorker()
    ticket = worker.submit(lambda say: worker.close())
    with pytest.raises(AnswerStopped):
        ticket.result(SOON)
    until(lambda: not [thread for thread in worker._threads if thread.is_alive()])


def test_a_worker_that_was_never_asked_has_no_thread_and_closes():
    before = threading.active_count()
    worker = ModelWorker()
    assert threading.active_count() == before
    worker.close()
    assert worker.state().closed


@pytest.mark.parametrize(
    "wrong", [{"most_waiting": -1}, {"wait_seconds": 0}, {"run_seconds": -1}, {"grace_seconds": 0}]
)
def test_limits_that_cannot_be_are_refused(wrong):
    with pytest.raises(ValueError, match="above 0 seconds"):
        ModelWorker(**wrong)
