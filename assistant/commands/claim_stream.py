"""Many claims judged one after the other or on all cores: in order, in constant memory, with the same result.

Reads claims as they come in and prints nothing. What a process needs is sent to it once.
"""

from __future__ import annotations

import gc
import json
import signal
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from assistant.bootstrap import JudgeParts, build_judge
from assistant.commands.claim_report import render
from assistant.errors import PracticeError
from assistant.report_words import verdict_line
from ingest.claims.csv_claims_rows import Columns, CsvRows, read_rows
from ingest.claims.json_claims import decode_json, read_decoded
from ingest.claims.model import ClaimProblem, ReadClaim
from ingest.claims.shorthand import read_claim

if TYPE_CHECKING:
    from concurrent.futures import Future

    from assistant.validate import Judge, Report

PASS, FOUND, BAD = 0, 1, 2
# So many claims are done before it is worth while to start processes (about half a second each).
_AT_ONCE = 300
_CHUNK = 50
# Chunks that wait for or hold results, for each process: what bounds the memory.
_AHEAD = 4
MAX_ROW_BYTES = 4 * 1024 * 1024
_JSON = json.JSONEncoder(ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One line of a batch: its 1-based number and its bytes; `too_long` when only their beginning was read."""

    number: int
    raw: bytes
    too_long: bool = False


@dataclass(frozen=True, slots=True)
class Given:
    """A claim that was read already; `claim_id` None where it is the only one."""

    claim_id: str | int | None
    read: ReadClaim


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What stands where claims should be, and why it is none."""

    problem: ClaimProblem


Task = BatchRow | CsvRows | Given | Unreadable


@dataclass(frozen=True, slots=True)
class Work:
    """Everything a process needs to do tasks. `columns` are those of the CSV file the rows come from."""

    parts: JudgeParts
    as_json: bool
    columns: Columns | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What to print for one task; its exit code; the verdict (None: unreadable); whether everything was checked."""

    text: str
    code: int
    verdict: str | None
    complete: bool


def stream(tasks: Iterable[Task], work: Work, jobs: int, *, one_by_one: bool = False) -> Generator[Done, None, None]:
    """What became of each task, in order. Close the iterator to end it early.

    With one job, or few tasks, all is done here; else by `jobs` processes of their own, whatever the way this system
    starts processes. `one_by_one`: no task is waited for before the one before it is answered. Raises PracticeError
    when the tables fail or a process was ended from outside.
    """
    here = Worker(work)
    waiting = iter(tasks)
    size = 1 if one_by_one else _CHUNK
    if jobs <= 1 or one_by_one:
        while chunk := list(islice(waiting, size)):
            yield from here.do_all(chunk)
        return
    first_ones = islice(waiting, _AT_ONCE)
    while chunk := list(islice(first_ones, size)):
        yield from here.do_all(chunk)
    first = next(waiting, None)
    if first is not None:
        yield from _on_processes(chain((first,), waiting), work, jobs)


def _on_processes(tasks: Iterator[Task], work: Work, jobs: int) -> Generator[Done, None, None]:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    # A forked process would share the tables' open file and whatever lock was held.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(jobs, context, initializer=_begin, initargs=(work,))
    pending: deque[Future[list[Done]]] = deque()
    try:
        while chunk := list(islice(tasks, _CHUNK)):
            pending.append(pool.submit(_do_all, chunk))
            if len(pending) >= jobs * _AHEAD:
                yield from pending.popleft().result()
        while pending:
            yield from pending.popleft().result()
    except BrokenProcessPool as error:
        raise PracticeError("a process that judges claims was ended from outside; try again with --jobs 1") from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


# The worker of a process that `_on_processes` started: an initializer has no other way to hand it to the calls.
_in_this_process: list[Worker] = []


def _begin(work: Work) -> None:
    # The parent ends the children when a person presses Ctrl-C.
    with suppress(ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    _in_this_process[:] = [Worker(work)]


def _do_all(tasks: list[Task]) -> list[Done]:
    return _in_this_process[0].do_all(tasks)


@contextmanager
def _fewer_collections() -> Iterator[None]:
    """Judging makes many small values and no cycles: looking for cycles every 700 of them costs a third of the time."""
    before = gc.get_threshold()
    gc.set_threshold(100_000, 50, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)


class Worker:
    """Does tasks."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._judge: Judge = build_judge(work.parts)
        # Notes, tables and rules stay for as long as claims are judged: they need not be looked at for cycles.
        gc.collect()
        gc.freeze()

    def do_all(self, tasks: Sequence[Task]) -> list[Done]:
        """What to print for each task, and how it ended. Raises PracticeError when the tables fail."""
        with _fewer_collections():
            return self._do_all(tasks)

    def _do_all(self, tasks: Sequence[Task]) -> list[Done]:
        from ingest.tables.errors import TablesError

        taken = [self._read(task) for task in tasks]
        claims = [read.claim for _, read in taken if read.claim is not None]
        try:
            reports = iter(self._judge.judge_all(claims))
        except TablesError as error:
            raise PracticeError(str(error)) from error
        return [self._told(claim_id, read, next(reports) if read.claim else None) for claim_id, read in taken]

    def _read(self, task: Task) -> tuple[Any, ReadClaim]:
        if isinstance(task, Given):
            return task.claim_id, task.read
        if isinstance(task, CsvRows):
            assert self._work.columns is not None
            return task.claim_id, read_rows(task, self._work.columns)
        if isinstance(task, Unreadable):
            return None, ReadClaim(None, (task.problem,))
        return _read_row(task)

    def _told(self, claim_id: Any, read: ReadClaim, report: Report | None) -> Done:
        if read.claim is None or report is None:
            return self._bad(claim_id, read)
        code = PASS if report.verdict == "pass" else FOUND
        if self._work.as_json:
            shown = report.to_json() if claim_id is None else {"id": claim_id, **report.to_json()}
            text = _JSON.encode(shown)
        else:
            text = render(read.claim, report)
            if claim_id is not None:
                text = f"=== claim {claim_id}: {verdict_line(report).partition(':')[0].partition(';')[0]}\n{text}\n"
        return Done(text, code, report.verdict, report.complete)

    def _bad(self, claim_id: Any, read: ReadClaim) -> Done:
        told = "; ".join(map(str, read.problems))
        if self._work.as_json:
            shown = {"error": told} if claim_id is None else {"id": claim_id, "error": told}
            return Done(_JSON.encode(shown), BAD, None, False)
        named = "=== not read" if claim_id is None else f"=== claim {claim_id}: not read"
        return Done("\n".join([named, *(f"  {one}" for one in read.problems), ""]), BAD, None, False)


def _read_row(row: BatchRow) -> tuple[Any, ReadClaim]:
    """The id of a batch row, else its number, and its claim."""
    if row.too_long:
        return row.number, _no_claim(row, f"the line is longer than {MAX_ROW_BYTES:,} bytes")
    try:
        text = row.raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return row.number, _no_claim(row, "the line is no UTF-8 text")
    value, problem = decode_json(text)
    if problem is not None:
        return row.number, _no_claim(row, problem.message, problem.column)
    if not isinstance(value, dict):
        return row.number, _no_claim(row, "the line is no JSON object with id and claim")
    row_id = value.get("id")
    if not isinstance(row_id, str | int) or isinstance(row_id, bool):
        row_id = row.number
    claim = value.get("claim")
    if isinstance(claim, str):
        return row_id, read_claim(claim)
    if isinstance(claim, dict):
        read = read_decoded(claim, text, "/claim").read
        return row_id, ReadClaim(read.claim, tuple(replace(one, line=row.number) for one in read.problems))
    return row_id, _no_claim(row, 'the row has no claim; write {"id": 1, "claim": "dos: 2026-09-15; 31267-50 x1"}')


def _no_claim(row: BatchRow, message: str, column: int = 1) -> ReadClaim:
    return ReadClaim(None, (ClaimProblem(row.number, column, message),))
