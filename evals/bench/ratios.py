"""What the bench's measurements share: a ratio against a plain alternative, timing in turns, processes, the machine.

Measures nothing of Understudy itself.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
Progress = Callable[[str, int, int], None]
_MEGABYTE = 1024


@dataclass(frozen=True, slots=True)
class Ratio:
    """One row: what was measured of ours, against what, and ours divided by it (None: nothing to divide by)."""

    what: str
    ours: str
    against: str
    plain: str
    ratio: float | None
    measured: str


@dataclass(frozen=True, slots=True)
class Seconds:
    """The same work several times, in seconds."""

    each: tuple[float, ...]

    @property
    def least(self) -> float:
        """The fastest: what the work takes when nobody is in its way."""
        return min(self.each)

    def __str__(self) -> str:
        return f"{told(self.least)} (median {told(statistics.median(self.each))})"


def told(seconds: float) -> str:
    """Seconds as people read them."""
    if seconds >= 1:
        return f"{seconds:.1f} s"
    return f"{seconds * 1e3:.1f} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.0f} microseconds"


def in_turns(
    *works: Callable[[], object], rounds: int, clock: Callable[[], float] = time.perf_counter
) -> tuple[Seconds, ...]:
    """Each work's seconds, `rounds` times in turns, so that all meet the same company on the machine."""
    seconds: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for place, work in enumerate(works):
            started = clock()
            work()
            seconds[place].append(clock() - started)
    return tuple(Seconds(tuple(one)) for one in seconds)


def by_time(what: str, ours: Seconds, against: str, plain: Seconds, *, clock: str = "the clock") -> Ratio:
    """A row of two times: the ratio is that of the fastest runs."""
    measured = f"{len(ours.each)} in turns, {clock}"
    return Ratio(what, str(ours), against, str(plain), ours.least / plain.least, measured)


@dataclass(frozen=True, slots=True)
class Cost:
    """A process run to its end: seconds by the clock and of the processor, and its largest resident size in MB."""

    clock: float
    processor: float
    megabytes: float


# A process started from here would inherit this one's largest size as its own: a small one starts it instead.
_STARTER = """
import json, resource, subprocess, sys, time
started = time.perf_counter()
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([code, time.perf_counter() - started, used.ru_utime + used.ru_stime, used.ru_maxrss]))
"""


def cost_of(command: Sequence[str]) -> Cost:
    """Run a command from the checkout, its output thrown away. Raises RuntimeError when it ends with 2 or worse."""
    starter = [sys.executable, "-I", "-S", "-c", _STARTER, *command]
    # As on a person's machine, where a second start finds compiled modules.
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(starter, cwd=ROOT, env=environ, capture_output=True, text=True, check=True)
    code, clock, processor, size = json.loads(done.stdout)
    if code not in (0, 1):
        raise RuntimeError(f"{command[1:4]} ended with {code}")
    # Linux gives kilobytes, macOS bytes.
    return Cost(clock, processor, size / (_MEGABYTE if sys.platform != "darwin" else _MEGABYTE * _MEGABYTE))


def machine() -> Iterator[str]:
    """What a reader must know of the machine before comparing seconds."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    yield f"{_processor()}, {processors} processors, Python {platform.python_version()}, {platform.system()}"
    if hasattr(os, "getloadavg"):
        yield f"load before the run: {os.getloadavg()[0]:.1f} (above the processors' number, seconds say little)"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def table(ratios: Sequence[Ratio]) -> Iterator[str]:
    """The one table. A ratio below 1 means that ours takes less."""
    yield "| what | ours | against | it takes | ours / it | measured |"
    yield "|---|---|---|---|---:|---|"
    for one in ratios:
        ratio = "-" if one.ratio is None else f"{one.ratio:.2f}" if one.ratio >= 0.1 else f"{one.ratio:.1g}"
        yield f"| {one.what} | {one.ours} | {one.against} | {one.plain} | {ratio} | {one.measured} |"
