"""A lookup process of the page: answers from a generation of the index that the server names, over its own two pipes.

Opens no socket, writes no file and no record, prints nothing, and keeps nothing of a question but the answers a desk
keeps. It ends when the server closes its input, which happens too when the server ends in whatever way.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from assistant.lookup import Asked, Looked, set_apart

if TYPE_CHECKING:
    from assistant.lookup import Lookup
    from assistant.settings import Practice


@dataclass(frozen=True, slots=True)
class Failed:
    """Nothing came of an order. The server looks it up itself, and tells whatever is wrong."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Answer turns from this generation, each with a result of its own, in order."""

    generation: str
    turns: tuple[Asked, ...]


@dataclass(frozen=True, slots=True)
class Prepare:
    """Prepare some rows of this generation (see Lookup.warm); answered by whether there are more."""

    generation: str
    first_row: int
    rows: int


Order = Ask | Prepare
Result = Looked | Failed | bool


class _Follower:
    """Carries orders out, on the generation that is open or the one an order names."""

    def __init__(self, practice: Practice) -> None:
        self._practice = practice
        self._lookup: Lookup | None = None

    def carry_out(self, order: Order) -> Iterator[Result]:
        """What an order asks for, one result after the other."""
        lookup = self._level(order.generation)
        if isinstance(order, Ask):
            yield from lookup.look_up_all(order.turns)
        else:
            more = lookup.warm(order.first_row, order.rows, keep=False)
            if not more:
                set_apart()
            yield more

    def _level(self, generation: str) -> Lookup:
        from assistant.bootstrap import open_lookup

        before = self._lookup
        if before is None or before.index.generation != generation:
            self._lookup = open_lookup(self._practice, generation, before)
            if before is not None:
                before.index.close()
        assert self._lookup is not None
        return self._lookup


def serve(orders: BinaryIO, results: BinaryIO) -> None:
    """Carry out orders until there are no more. The first thing that comes is the practice."""
    # What comes here was written by the server that started this process, and by nobody else.
    follower = _Follower(pickle.load(orders))  # noqa: S301
    while True:
        try:
            order: Order = pickle.load(orders)  # noqa: S301
        except EOFError:
            return
        left = len(order.turns) if isinstance(order, Ask) else 1
        with suppress(Exception):  # its words may be a question's: none of them is told here
            for result in follower.carry_out(order):
                _send(result, results)
                left -= 1
        for _ in range(left):
            _send(Failed(), results)


def _send(result: Result, results: BinaryIO) -> None:
    results.write(pickle.dumps(result, pickle.HIGHEST_PROTOCOL))
    results.flush()


def main() -> None:
    """Serve on standard input and output."""
    # Ctrl-C in the server's window is the server's to answer: it closes our input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    results = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # What a library prints must not come among the results.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    with suppress(BrokenPipeError):
        serve(sys.stdin.buffer, results)


if __name__ == "__main__":
    # Classes are sent by the name of their module, which is not __main__ for the server.
    from assistant.web.lookup_process import main as run

    run()
