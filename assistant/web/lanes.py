"""Lanes: one worker thread for each kind of work, with a bounded line in front of it.

What the work holds (an open index, the judge's tables) belongs to one thread. A shared lane has several, each of which
takes some of those that wait and serves them together. A full lane says so at once.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Generic, ParamSpec, TypeVar

from assistant.errors import UnderstudyError

P = ParamSpec("P")
T = TypeVar("T")
Item = TypeVar("Item")
Result = TypeVar("Result")


class LaneFullError(UnderstudyError):
    """So many wait already that one more would not be served in time."""


@dataclass(frozen=True, slots=True)
class Waiting(Generic[Item, Result]):
    """One that waits in a shared lane: what it brought, and what it is to be told."""

    item: Item
    told: Future[Result] = field(default_factory=Future)

    def finish(self, call: Callable[[], Result]) -> None:
        """Tell it what the call brings, or raises."""
        try:
            result = call()
        except Exception as error:  # noqa: BLE001  it is raised where the result is waited for
            self.told.set_exception(error)
        else:
            self.told.set_result(result)


class Lane:
    """Runs calls one after the other on its own thread (`threads`: as many at once); at most `most` wait or run."""

    def __init__(self, name: str, *, most: int = 200, threads: int = 1) -> None:
        self._name = name
        self._most = most
        self._waiting = 0
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix=name)

    @property
    def waiting(self) -> int:
        """How many wait or run."""
        return self._waiting

    async def run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The result of the call. Raises LaneFullError at once when the line is full."""
        self._enter()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, lambda: call(*args, **kwargs))
        finally:
            self._leave()

    def _enter(self) -> None:
        with self._lock:
            if self._waiting >= self._most:
                raise LaneFullError(f"{self._waiting} requests wait already ({self._name}); try again in a moment")
            self._waiting += 1

    def _leave(self) -> None:
        with self._lock:
            self._waiting -= 1

    def start(self, call: Callable[[], T]) -> Future[T]:
        """Begin a call outside the line's bound; what comes after waits for its end."""
        return self._pool.submit(call)

    def close(self) -> None:
        """End the thread when its work is done; what only waits is given up."""
        self._pool.shutdown(wait=True, cancel_futures=True)


class SharedLane(Lane, Generic[Item, Result]):
    """A lane whose threads take up to `together` of those that wait at once, none more than its even part of them.

    `serve` finishes every one of what it is given; what it leaves open, or raises, is an error of each.
    """

    def __init__(
        self,
        name: str,
        serve: Callable[[Sequence[Waiting[Item, Result]]], None],
        *,
        threads: int,
        together: int,
        most: int = 200,
    ) -> None:
        super().__init__(name, most=most, threads=threads)
        self._serve = serve
        self._threads = threads
        self._together = together
        self._line: deque[Waiting[Item, Result]] = deque()

    async def take(self, item: Item) -> Result:
        """What comes of the item. Raises LaneFullError at once when the line is full."""
        self._enter()
        try:
            one: Waiting[Item, Result] = Waiting(item)
            self._line.append(one)
            self._pool.submit(self._serve_some)
            return await asyncio.wrap_future(one.told)
        finally:
            self._leave()

    def _serve_some(self) -> None:
        taken: list[Waiting[Item, Result]] = []
        even = -(-len(self._line) // self._threads)
        while self._line and len(taken) < min(self._together, even):
            one = self._line.popleft()
            # Whoever has gone meanwhile is asked for nothing.
            if one.told.set_running_or_notify_cancel():
                taken.append(one)
        if not taken:
            return
        try:
            self._serve(taken)
            left_open: Exception = RuntimeError("nothing came of it")
        except Exception as error:  # noqa: BLE001  it is raised where the results are waited for
            left_open = error
        for one in taken:
            if not one.told.done():
                one.told.set_exception(left_open)

    def close(self) -> None:
        """End the threads when their work is done; whoever only waits is given up."""
        super().close()
        while self._line:
            self._line.popleft().told.cancel()
