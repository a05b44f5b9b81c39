"""The wish that a running answer end, as every model of ours sees it. Ends nothing by itself.

Who runs a model says `with stoppable(stop):` around it; the model asks `current_stop()` between tokens, or registers
what shall happen when the wish comes (a socket closed).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from assistant.language_model.errors import AnswerStopped


class Stop:
    """A wish that comes at most once, from any thread, with its reason."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reason: str | None = None
        self._actions: list[Callable[[], None]] = []

    def set(self, reason: str) -> None:
        """Wish it. The first reason stays; every action that waits for the wish is done, in this thread."""
        with self._lock:
            if self._reason is not None:
                return
            self._reason = reason
            actions, self._actions = self._actions, []
        for action in actions:
            action()

    def is_set(self) -> bool:
        """Whether it was wished."""
        return self._reason is not None

    def check(self) -> None:
        """Raises AnswerStopped with the reason when it was wished."""
        if self._reason is not None:
            raise AnswerStopped(self._reason)

    @contextmanager
    def doing(self, action: Callable[[], None]) -> Iterator[None]:
        """While inside, the wish does `action`; at once where it came already. The action must not wait."""
        with self._lock:
            come = self._reason is not None
            if not come:
                self._actions.append(action)
        if come:
            action()
        try:
            yield
        finally:
            with self._lock:
                if action in self._actions:
                    self._actions.remove(action)


_CURRENT: ContextVar[Stop | None] = ContextVar("understudy_stop", default=None)


@contextmanager
def stoppable(stop: Stop) -> Iterator[None]:
    """Let the models called inside end when `stop` is wished."""
    token = _CURRENT.set(stop)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def current_stop() -> Stop:
    """The wish that holds here; one that never comes where nobody can stop the answer."""
    return _CURRENT.get() or Stop()
