"""The processes that look answers up beside the server's own, so that many who ask at once use every processor.

Starts them, gives each a few questions at a time, takes the place of one that ended. They read; what is to be recorded
is recorded by the server.
"""

from __future__ import annotations

import pickle
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from assistant.lookup import Asked, Looked
from assistant.processors import all_cores
from assistant.settings import Practice
from assistant.web.lookup_process import Ask, Failed, Order, Prepare, Result
from ingest.index.worker import child_environment, command_of

_MODULE = "assistant.web.lookup_process"
# More of them would take memory that a small machine has better use for.
_MOST_UNASKED = 4
# Several compute at once: each by itself alone.
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
_ENDS_WITHIN_SECONDS = 5.0
# So many that ended one after the other before they served: none will serve this generation here.
_MOST_FAILURES = 3


def suitable_processes(practice: Practice) -> int:
    """How many lookup processes the settings want; unsaid, one for each processor, none where there is one alone."""
    said = practice.settings.processes
    if said is not None:
        return said
    cores = all_cores()
    return min(cores, _MOST_UNASKED) if cores > 1 else 0


class EndedError(Exception):
    """A lookup process is no more."""


class LookupProcess:
    """One process, for one order at a time. `row` is how far it has prepared `generation`; None: all of it."""

    def __init__(self, practice: Practice) -> None:
        self.generation = ""
        self.row: int | None = 0
        # Its errors may quote a question: they go nowhere.
        self._process = subprocess.Popen(
            command_of(_MODULE),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=child_environment() | _ONE_THREAD,
        )
        with suppress(EndedError):  # whoever asks it first will see
            self._send(practice)

    @property
    def pid(self) -> int:
        """Its number on this machine."""
        return self._process.pid

    def look_up(self, generation: str, turns: Sequence[Asked]) -> Iterator[Looked | None]:
        """What each turn brought, in order; None when nothing came of it. Raises EndedError."""
        self._send(Ask(generation, tuple(turns)))
        for _ in turns:
            result = self._received()
            yield result if isinstance(result, Looked) else None

    def prepare(self, generation: str, rows: int) -> None:
        """Prepare some more rows of a generation. Raises EndedError, also where it cannot."""
        if self.generation != generation:
            self.generation, self.row = generation, 0
        if self.row is not None:
            more = self._ordered(Prepare(generation, self.row, rows))
            if isinstance(more, Failed):
                raise EndedError
            self.row = self.row + rows if more else None

    def is_prepared(self, generation: str) -> bool:
        """True when it has prepared all of the generation."""
        return self.generation == generation and self.row is None

    def _ordered(self, order: Order) -> Result:
        self._send(order)
        return self._received()

    def _received(self) -> Result:
        assert self._process.stdout is not None
        try:
            # What comes here was written by the process we started.
            result: Result = pickle.load(self._process.stdout)  # noqa: S301
        except (EOFError, OSError, ValueError, pickle.UnpicklingError) as error:
            raise EndedError from error
        return result

    def _send(self, thing: Practice | Order) -> None:
        assert self._process.stdin is not None
        try:
            pickle.dump(thing, self._process.stdin, pickle.HIGHEST_PROTOCOL)
            self._process.stdin.flush()
        except (OSError, ValueError) as error:
            raise EndedError from error

    def close(self) -> None:
        """Let it end, or end it; to be called when no order is under way."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(_ENDS_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def kill(self) -> None:
        """End it now, whatever it does."""
        self._process.kill()


@dataclass
class Lookups:
    """All lookup processes of one server. Safe to call from several threads."""

    practice: Practice
    size: int
    _all: list[LookupProcess] = field(default_factory=list, repr=False)
    _serving: list[LookupProcess] = field(default_factory=list, repr=False)
    _free: list[LookupProcess] = field(default_factory=list, repr=False)
    _changed: threading.Condition = field(default_factory=threading.Condition, repr=False)
    _newest: str = field(default="", repr=False)
    _failures: int = field(default=0, repr=False)
    _closed: bool = field(default=False, repr=False)

    @property
    def ready(self) -> bool:
        """True when at least one serves."""
        return self.serving > 0

    @property
    def serving(self) -> int:
        """How many have prepared the notes and answer."""
        return len(self._serving)

    @property
    def free(self) -> int:
        """How many of those wait for a question."""
        return len(self._free)

    @property
    def pids(self) -> list[int]:
        """The numbers of all processes, serving or not yet."""
        with self._changed:
            return [one.pid for one in self._all]

    def look_up(self, generation: str, turns: Sequence[Asked]) -> Iterator[Looked | None]:
        """What each turn brought, in order, from the first process that is free; None for what none could look up.

        To be read to its end.
        """
        left = len(turns)
        process = self._take()
        if process is not None:
            try:
                with suppress(EndedError):
                    for looked in process.look_up(generation, turns):
                        left -= 1
                        yield looked
            finally:
                if left:
                    # Whatever it may still send would be taken for an answer to the next one's question.
                    self._drop(process)
                self._give_back(process)
        for _ in range(left):
            yield None

    def prepare(self, generation: str, rows: int) -> bool:
        """Start what is missing, and let one process prepare some rows more; False when there is nothing to prepare.

        A process serves when it has prepared all; for a newer generation it prepares between its questions.
        """
        with self._changed:
            if self._closed:
                return False
            if generation != self._newest:
                self._newest, self._failures = generation, 0
            while len(self._all) < self.size and self._failures < _MOST_FAILURES:
                self._all.append(LookupProcess(self.practice))
            behind = next((one for one in self._all if not one.is_prepared(generation)), None)
        if behind is None:
            return False
        taken = self._take(behind) if behind in self._serving else behind
        if taken is None:
            return True
        try:
            taken.prepare(generation, rows)
        except EndedError:
            self._drop(taken)
        else:
            self._joined(taken, generation)
        finally:
            self._give_back(taken)
        return True

    def are_prepared(self, generation: str) -> bool:
        """True when all processes that are to serve have prepared all of the generation."""
        with self._changed:
            whole = len(self._all) >= self.size or self._failures >= _MOST_FAILURES
            return whole and all(one.is_prepared(generation) for one in self._all)

    def _take(self, wanted: LookupProcess | None = None) -> LookupProcess | None:
        """A free process, or the wanted one when it is free; None when there is none to wait for."""
        with self._changed:
            while self._serving and not self._closed:
                if wanted is not None and wanted not in self._serving:
                    return None
                free = [one for one in self._free if wanted in (None, one)]
                if free:
                    self._free.remove(free[-1])
                    return free[-1]
                self._changed.wait()
        return None

    def _joined(self, process: LookupProcess, generation: str) -> None:
        with self._changed:
            if process.is_prepared(generation) and process not in self._serving and not self._closed:
                self._serving.append(process)
                self._failures = 0

    def _give_back(self, process: LookupProcess) -> None:
        with self._changed:
            if process in self._serving:
                self._free.append(process)
            self._changed.notify_all()

    def _drop(self, process: LookupProcess) -> None:
        """Take a process that ended out; another is started in its place when somebody prepares."""
        with self._changed:
            self._failures += process not in self._serving
            for kept in (self._all, self._serving):
                if process in kept:
                    kept.remove(process)
        process.kill()
        process.close()

    def close(self) -> None:
        """End every process; orders under way end without a result."""
        with self._changed:
            self._closed = True
            ending, self._all = self._all, []
            self._serving, self._free = [], []
            self._changed.notify_all()
        for process in ending:
            process.kill()
        for process in ending:
            process.close()
