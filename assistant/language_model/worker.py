"""The one worker that runs the language model: a line with a bound, a place in it, cancel, limits of time.

Knows no model and no question: it runs jobs, one after the other, in one thread of its own. A job that is stopped sees
it through `stopping.current_stop()`. Where a job cannot be taken the caller is told at once and does without the model.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from assistant.language_model.errors import AnswerStopped, WorkerBusy
from assistant.language_model.stopping import stoppable
from assistant.language_model.ticket import Say, Ticket

T = TypeVar("T")

_NEVER = float("inf")


@dataclass(frozen=True, slots=True)
class WorkerState:
    """What a screen may show: whether a job runs, how many wait, and whether the running one is over its time."""

    running: bool
    waiting: int
    stuck: bool
    closed: bool


class ModelWorker:
    """Runs jobs one at a time. Safe for any number of threads; its own two threads start with the first job.

    `most_waiting` jobs may wait beside the one that runs. A job that has waited `wait_seconds`, or run `run_seconds`,
    ends with an error for its caller. One that runs on all the same for `grace_seconds` more is stuck: nobody waits for
    it, and no job is taken until it ends.
    """

    def __init__(
        self,
        *,
        most_waiting: int = 8,
        wait_seconds: float = 30.0,
        run_seconds: float = 90.0,
        grace_seconds: float = 10.0,
    ) -> None:
        if most_waiting < 0 or min(wait_seconds, run_seconds, grace_seconds) <= 0:
            raise ValueError("a worker needs room for 0 or more and times above 0 seconds")
        self.most_waiting = most_waiting
        self.wait_seconds = wait_seconds
        self.run_seconds = run_seconds
        self.grace_seconds = grace_seconds
        self._changed = threading.Condition()
        # What waits, first come first served, each with the moment it will have waited too long.
        self._waiting: deque[tuple[Ticket[Any], float]] = deque()
        self._running: Ticket[Any] | None = None
        self._due = _NEVER
        self._over = False
        self._stuck = False
        self._closed = False
        self._threads: list[threading.Thread] = []

    def submit(self, job: Callable[[Say], T]) -> Ticket[T]:
        """Put a job in the line. It is called with `say`, which streams a piece of text to the ticket's readers.

        Raises WorkerBusy, at once, when the line is full, the running job is stuck, or the worker is closed.
        """
        with self._changed:
            if self._closed:
                raise WorkerBusy("the language model is being shut down")
            if self._stuck:
                raise WorkerBusy("the language model does not come to an end of an earlier answer; try again later")
            if len(self._waiting) + (self._running is not None) > self.most_waiting:
                raise WorkerBusy(
                    f"the language model is busy, {len(self._waiting)} questions wait for it already; try again in a "
                    "moment"
                )
            ticket = Ticket(job, self._place, self._leave)
            self._waiting.append((ticket, time.monotonic() + self.wait_seconds))
            self._start()
            self._changed.notify_all()
        return ticket

    def state(self) -> WorkerState:
        """How it stands now."""
        with self._changed:
            return WorkerState(self._running is not None, len(self._waiting), self._stuck, self._closed)

    def close(self, wait_seconds: float = 5.0) -> None:
        """Take no more, end what waits and what runs, and wait so long at most for the threads."""
        with self._changed:
            self._closed = True
            left = [ticket for ticket, _ in self._waiting]
            self._waiting.clear()
            running = self._running
            self._changed.notify_all()
        for ticket in left:
            ticket.end(WorkerBusy("the language model is being shut down"))
        if running is not None:
            running.end(AnswerStopped("the answer was stopped: the language model is being shut down"))
        until = time.monotonic() + wait_seconds
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(max(0.0, until - time.monotonic()))

    def __enter__(self) -> ModelWorker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- what tickets ask

    def _place(self, ticket: Ticket[Any]) -> int:
        """How many jobs come before this one; 0 when it runs or is done."""
        with self._changed:
            for before, (other, _) in enumerate(self._waiting):
                if other is ticket:
                    return before + (self._running is not None)
        return 0

    def _leave(self, ticket: Ticket[Any]) -> None:
        """Take a ticket that was cancelled out of the line, so that its place is free."""
        with self._changed:
            self._waiting = deque(entry for entry in self._waiting if entry[0] is not ticket)
            self._changed.notify_all()

    # -- the two threads

    def _start(self) -> None:
        if not self._threads:
            for name, work in (("understudy-model", self._work), ("understudy-model-clock", self._watch)):
                thread = threading.Thread(target=work, name=name, daemon=True)
                self._threads.append(thread)
                thread.start()

    def _work(self) -> None:
        while self._next():
            pass

    def _next(self) -> bool:
        """Wait for a job and do it; False when the worker is closed."""
        with self._changed:
            while not self._waiting and not self._closed:
                self._changed.wait()
            if self._closed:
                return False
            ticket, _ = self._waiting.popleft()
            self._running = ticket
            self._due = time.monotonic() + self.run_seconds
            self._changed.notify_all()
        with stoppable(ticket.stop):
            ticket.run()
        with self._changed:
            self._running = None
            self._due = _NEVER
            self._over = self._stuck = False
            self._changed.notify_all()
        return True

    def _watch(self) -> None:
        while self._tick():
            pass

    def _tick(self) -> bool:
        """End what has waited or run too long, or wait until something may have; False when the worker is closed."""
        with self._changed:
            if self._closed:
                return False
            now = time.monotonic()
            over = None
            if self._running is not None and self._due <= now:
                if self._over:
                    self._stuck, self._due = True, _NEVER
                else:
                    over, self._over, self._due = self._running, True, now + self.grace_seconds
            late = []
            while self._waiting and (self._stuck or self._waiting[0][1] <= now):
                late.append(self._waiting.popleft()[0])
            if not late and over is None:
                due = min(self._due, self._waiting[0][1] if self._waiting else _NEVER)
                self._changed.wait(None if due == _NEVER else due - now)
                return True
        for ticket in late:
            ticket.end(WorkerBusy("the language model was busy with earlier questions for too long; try again later"))
        if over is not None:
            over.end(AnswerStopped(f"the language model gave no whole answer within {self.run_seconds:g} seconds"))
        return True
