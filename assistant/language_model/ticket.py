"""A job in the model worker's line, as its caller sees it: place, text as it comes, outcome, cancel. Starts nothing.

For threads and for asyncio alike; no reader ever blocks the job.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, Generic, Literal, TypeVar

from assistant.language_model.errors import AnswerStopped
from assistant.language_model.stopping import Stop

T = TypeVar("T")
Say = Callable[[str], None]
State = Literal["waiting", "running", "done", "failed"]


class Ticket(Generic[T]):
    """Given by `ModelWorker.submit`. Every method may be called from any thread, and after the job has ended."""

    def __init__(
        self, job: Callable[[Say], T], place: Callable[[Ticket[Any]], int], leave: Callable[[Ticket[Any]], None]
    ) -> None:
        self.stop = Stop()
        self._job: Callable[[Say], T] | None = job
        self._place = place
        self._leave = leave
        self._told = threading.Condition()
        self._pieces: list[str] = []
        self._state: State = "waiting"
        self._listeners: list[Callable[[], None]] = []
        self._outcome: Future[T] = Future()
        # So that nobody who waits for it can cancel the outcome itself.
        self._outcome.set_running_or_notify_cancel()

    # -- for the caller

    @property
    def state(self) -> State:
        """Where the job stands; `failed` also when it was cancelled or took too long."""
        return self._state

    def place(self) -> int:
        """How many jobs come before this one: 0 when its turn has come, or when it has ended."""
        return self._place(self)

    def cancel(self) -> bool:
        """End the job, waiting or running; False when it had ended already. What waits for it sees AnswerStopped."""
        ended = self.end(AnswerStopped("the answer was cancelled"))
        self._leave(self)
        return ended

    def result(self, timeout_seconds: float | None = None) -> T:
        """What the job returned. Raises what it raised, AnswerStopped, WorkerBusy; TimeoutError when it is not done."""
        return self._outcome.result(timeout_seconds)

    def pieces(self) -> Iterator[str]:
        """The text as it is said, from the first piece on, until the job has ended. Raises nothing: see `result`."""
        seen = 0
        while True:
            with self._told:
                while len(self._pieces) == seen and not self._ended():
                    self._told.wait()
                fresh = self._pieces[seen:]
            if not fresh:
                return
            seen += len(fresh)
            yield from fresh

    async def stream(self) -> AsyncIterator[str]:
        """`pieces` for asyncio. Who leaves early should `cancel`, where nobody else wants the answer."""
        loop = asyncio.get_running_loop()
        wake = asyncio.Event()

        def tell() -> None:
            with suppress(RuntimeError):  # the loop has ended, and its readers with it
                loop.call_soon_threadsafe(wake.set)

        with self._told:
            self._listeners.append(tell)
        try:
            seen = 0
            while True:
                wake.clear()
                with self._told:
                    fresh, ended = self._pieces[seen:], self._ended()
                for piece in fresh:
                    yield piece
                seen += len(fresh)
                if not fresh:
                    if ended:
                        return
                    await wake.wait()
        finally:
            with self._told:
                self._listeners.remove(tell)

    async def outcome(self) -> T:
        """`result` for asyncio, without a limit of time. A caller that is itself cancelled does not end the job."""
        return await asyncio.wrap_future(self._outcome)

    # -- for the worker

    def run(self) -> None:
        """Do the job, unless it has ended already. Whatever it raises is its outcome: the worker lives on."""
        with self._told:
            job = self._job
            if job is None or self._ended():
                return
            self._state = "running"
        try:
            value = job(self._say)
        except BaseException as error:  # noqa: BLE001 - handed to the caller, who raises it
            self.end(error)
        else:
            self._finish("done", lambda: self._outcome.set_result(value))

    def end(self, error: BaseException) -> bool:
        """End the job with an error; False when it had ended already. A job that runs is told to stop."""
        ended = self._finish("failed", lambda: self._outcome.set_exception(error))
        if ended:
            self.stop.set(str(error))
        return ended

    def _say(self, text: str) -> None:
        with self._told:
            if self._ended():
                return
            self._pieces.append(text)
            self._told.notify_all()
            listeners = tuple(self._listeners)
        for tell in listeners:
            tell()

    def _ended(self) -> bool:
        return self._state in ("done", "failed")

    def _finish(self, state: State, settle: Callable[[], None]) -> bool:
        with self._told:
            if self._ended():
                return False
            self._state = state
            # What the job holds (a question, an answer) is not kept longer than it is needed.
            self._job = None
            self._told.notify_all()
            listeners = tuple(self._listeners)
        settle()
        for tell in listeners:
            tell()
        return True
