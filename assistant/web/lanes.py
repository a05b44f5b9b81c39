"""Lanes: one worker thread for each kind of work, with a bounded line in front of it.

What the work holds (an open index, the judge's tables) belongs to one thread; only what holds nothing may have several.
A full lane says so at once.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from assistant.errors import UnderstudyError

P = ParamSpec("P")
T = TypeVar("T")


class LaneFullError(UnderstudyError):
    """So many wait already that one more would not be served in time."""


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
        with self._lock:
            if self._waiting >= self._most:
                raise LaneFullError(f"{self._waiting} requests wait already ({self._name}); try again in a moment")
            self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, lambda: call(*args, **kwargs))
        finally:
            with self._lock:
                self._waiting -= 1

    def start(self, call: Callable[[], T]) -> Future[T]:
        """Begin a call outside the line's bound; what comes after waits for its end."""
        return self._pool.submit(call)

    def close(self) -> None:
        """End the thread when its work is done; what only waits is given up."""
        self._pool.shutdown(wait=True, cancel_futures=True)
