"""People who ask the web page at once, over HTTP, against the same questions one after the other.

The page and its lookup processes run beside this one, which is the people; on a machine of two processors all share
them. People's browsers run on machines of their own, so this one asks over plain sockets: that costs least here.
"""

from __future__ import annotations

import http.client
import json
import re
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from urllib.parse import urlsplit

from assistant.settings import Practice
from evals.bench.ratios import Progress, Ratio, Seconds, by_time, told
from evals.items import Item, load_items
from evals.places import find_set

PEOPLE = (20, 50)
_WAIT_SECONDS = 300
_END = b'{"event": "end"}'
_PREPARED_SECONDS = 600


class Visitor:
    """Somebody who came in with the token; one session, a conversation for each question."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._host = (parts.hostname or "", parts.port or 80)
        self._cookie = ""
        entered = self._send("GET", f"/?{parts.query}")[0]
        self._cookie = (entered.getheader("set-cookie") or "").split(";")[0]

    def _send(self, method: str, path: str, told_: object = None) -> tuple[http.client.HTTPResponse, str]:
        connection = http.client.HTTPConnection(*self._host, timeout=_WAIT_SECONDS)
        headers = {"X-Understudy": "1", "Content-Type": "application/json"}
        if self._cookie:
            headers["Cookie"] = self._cookie
        try:
            connection.request(method, path, json.dumps(told_) if told_ else None, headers)
            response = connection.getresponse()
            return response, response.read().decode("utf-8")
        finally:
            connection.close()

    def practice(self) -> dict[str, object]:
        """What the page tells its forms."""
        told_: dict[str, object] = json.loads(self._send("GET", "/api/practice")[1])
        return told_

    def ask(self, question: str, thread: str) -> float:
        """The seconds until the whole answer was there. Raises RuntimeError when none came."""
        body = json.dumps({"question": question, "thread": thread}).encode()
        host, port = self._host
        head = (
            f"POST /api/ask HTTP/1.1\r\nHost: {host}:{port}\r\nX-Understudy: 1\r\nContent-Type: application/json\r\n"
            f"Cookie: {self._cookie}\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        received = []
        started = time.perf_counter()
        with socket.create_connection(self._host, timeout=_WAIT_SECONDS) as connection:
            connection.sendall(head.encode() + body)
            while more := connection.recv(1 << 16):
                received.append(more)
        took = time.perf_counter() - started
        answer = b"".join(received)
        if not answer.startswith(b"HTTP/1.1 200 ") or b'{"event": "answer"' not in answer or _END not in answer:
            raise RuntimeError(f"no whole answer: {answer[:200]!r}")
        return took


@contextmanager
def served(practice: Practice) -> Iterator[str]:
    """The address of the practice's page in a process of its own, the model off."""
    command = [sys.executable, "-m", "assistant.cli", "serve", "--port", "0", "--model", "off"]
    with subprocess.Popen(
        [*command, "--practice", str(practice.folder)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout
        try:
            yield next(found.group() for line in process.stdout if (found := re.search(r"http://\S+", line)))
        finally:
            process.terminate()


def bench_serve(practice: Practice, *, quick: bool, progress: Progress) -> Iterator[Ratio]:
    """Many people at once: questions nobody asked before, and the same again, against one after the other."""
    crowds = (4,) if quick else PEOPLE
    items = [item for item in load_items(find_set("ask").items) if item.as_of is None]
    with served(practice) as address:
        visitor = Visitor(address)
        _wait_until_prepared(visitor)
        for done, people in enumerate(crowds, start=1):
            asked, others = items[:people], items[people : 2 * people]
            del items[: 2 * people]
            rounds = {again: at_once(visitor, asked, f"{people}{again}") for again in ("new", "again")}
            started = time.perf_counter()
            alone = [visitor.ask(item.question, f"alone{people}-{number}") for number, item in enumerate(others)]
            in_line = Seconds((time.perf_counter() - started,))
            progress("people at once", done, len(crowds))
            plain = f"as many new questions one after the other (each {told(statistics.median(alone))})"
            for again, (waits, took) in rounds.items():
                slowest = sorted(waits)[max(0, int(len(waits) * 0.95) - 1)]
                waited = f"wait median {told(statistics.median(waits))}, p95 {told(slowest)}, none lost"
                kind = "questions nobody asked before" if again == "new" else "the same questions again"
                yield by_time(f"{people} people at once over HTTP, {kind}: {waited}", Seconds((took,)), plain, in_line)


def at_once(visitor: Visitor, items: Sequence[Item], threads: str) -> tuple[list[float], float]:
    """Every item asked at the same moment; the seconds each waited, in order, and until the last was served."""
    together = Barrier(len(items))

    def wait(numbered: tuple[int, Item]) -> float:
        together.wait()
        return visitor.ask(numbered[1].question, f"{threads}{numbered[0]}")

    started = time.perf_counter()
    with ThreadPoolExecutor(max_workers=len(items)) as pool:
        waits = list(pool.map(wait, enumerate(items)))
    return waits, time.perf_counter() - started


def _wait_until_prepared(visitor: Visitor) -> None:
    """Until the page and its lookup processes have prepared the notes. Raises RuntimeError when they never do."""
    until = time.monotonic() + _PREPARED_SECONDS
    while not visitor.practice()["prepared"]:
        if time.monotonic() > until:
            raise RuntimeError("the page has not prepared the notes")
        time.sleep(0.5)
