"""How fast, small and tough validating is: `python -m evals.bench.bench_validate` prints one table, with ratios.

Works in a temporary folder with full-size invented tables in CMS's layouts, brought in by the practice's own importer.
Speed is the processor's time of the whole path (reading, judging, writing), once for a worker that has looked nothing
up yet and once again; its start is a line of its own. Beside it stands the cost of a claim in rounds of an empty loop,
measured in the same run, since a busy or slow machine stretches both. What the clock says (the processes) holds on an
idle machine alone. Ratios hold from machine to machine, seconds do not. The full run takes some minutes; `--pairs` and
`--only` make it smaller.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import permutations
from pathlib import Path
from typing import Any

from assistant.bootstrap import JudgeParts, build_judge
from assistant.commands.claim_stream import BatchRow, Done, Work, Worker, stream
from assistant.validate import Judge
from evals.bench.generated_tables import (
    FULL_PAIRS,
    invented_codes,
    write_add_on,
    write_fee_schedule,
    write_mue,
    write_ptp,
)
from evals.bench.hostile_claims import bytes_of_csv, text_of_json, text_of_shorthand
from ingest.claims.csv_claims import read_csv_claims
from ingest.claims.json_claims import read_json_claims
from ingest.claims.model import Claim
from ingest.claims.shorthand import read_claim
from ingest.index.enforced_notes import read_enforced
from ingest.tables.icd10cm_lookup import DiagnosisTables
from ingest.tables.importer import import_file
from ingest.tables.store import StoredTables

_ROOT = Path(__file__).resolve().parents[2]
# Codes that rules and notes speak of, so that they run too; what the invented tables say of them is invented.
_KNOWN = (
    "31231 31237 31240 31253 31254 31255 31256 31257 31267 31276 31287 31288 31295 30520 30140 30130 30901 30903 61782 "
    "69433 69436 69210 42820 42826 42830 92557 92552 92567 95004 95165 95115 95117 99202 99203 99213 99214 20610 20611 "
    "25605 29881 29877 17000 17003 17110 11102 11104 12031 93000 93010 93306 93458 96372 J1030 36415 G2211"
).split()
_HEADERS = (
    "payer: Blue Shield PPO   dos: {day}   pos: 24   age: 46   sex: F   received: 2026-09-20\ndx: J32.0, J34.2, J33.0",
    "payer: Medicare   dos: {day}   pos: 11   age: 71   sex: M\ndx: H61.23, H90.3\nprior: 31255 2026-06-20",
    "payer: summit-hmo   dos: {day}   pos: 22   new-patient: no\ndx: M17.11, M25.561\nprior: none",
    "payer: Medicaid   dos: {day}   pos: 11   age: 9\ndx: H65.23",
)
_MODIFIERS = ("", "", "", "", "-50", "-RT", "-LT", "-59", "-25", "-26", "-51", "-XS-RT")


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table."""

    what: str
    measured: str
    wanted: str
    holds: bool


def claim_texts(count: int, seed: int = 7) -> list[str]:
    """Claims of 3 to 5 lines over known and invented codes."""
    chance = random.Random(seed)
    codes = invented_codes()
    texts = []
    for _ in range(count):
        lines = []
        for _ in range(chance.randint(3, 5)):
            code = chance.choice(_KNOWN) if chance.random() < 0.6 else chance.choice(codes)
            lines.append(f"{code}{chance.choice(_MODIFIERS)} x{chance.choice((1, 1, 1, 1, 2, 3))} [A]")
        day = f"2026-{chance.randint(7, 9):02}-{chance.randint(1, 28):02}"
        texts.append("\n".join([chance.choice(_HEADERS).format(day=day), *lines]))
    return texts


def rows_of(texts: Sequence[str]) -> list[BatchRow]:
    """The claims as lines of a batch."""
    return [
        BatchRow(number, json.dumps({"id": number, "claim": text}).encode())
        for number, text in enumerate(texts, start=1)
    ]


def make_tables(folder: Path, pairs: int) -> tuple[Path, float]:
    """A tables file with a release of every CMS program, and the seconds the PTP import took."""
    files = folder / f"files-{pairs}"
    files.mkdir()
    store = folder / f"tables-{pairs}.sqlite"
    started = time.perf_counter()
    for path in write_ptp(files, pairs):
        import_file(path, store, _silent)
    seconds = time.perf_counter() - started
    for path in (write_mue(files), write_fee_schedule(files), write_add_on(files)):
        import_file(path, store, _silent)
    return store, seconds


def _silent(*_progress: object) -> None:
    return None


def parts_of(folder: Path, store: Path) -> JudgeParts:
    """The sample practice's notes over the generated tables."""
    read = read_enforced(_ROOT / "kb", _ROOT / "kb" / "library", folder / "notes.json")
    return JudgeParts(read.notes, read.left_out, store)


def practice_of(folder: Path, store: Path) -> Path:
    """A practice folder with the sample notes and the generated tables."""
    practice = folder / f"practice-{store.stem}"
    (practice / "data").mkdir(parents=True)
    (practice / "kb").symlink_to(_ROOT / "kb", target_is_directory=True)
    (practice / "data" / "tables.sqlite").symlink_to(store)
    return practice


def bench_speed(folder: Path, options: argparse.Namespace) -> Iterator[Line]:
    """Claims a second on one core and on all; the same findings in the same order."""
    work = Work(parts_of(folder, options.store), as_json=True)
    rows = rows_of(claim_texts(options.claims))
    worker = Worker(work)
    for caches in ("cold", "warm"):
        rounds = _rounds()
        started, cpu = time.perf_counter(), time.process_time()
        alone = [done for first in range(0, len(rows), 50) for done in worker.do_all(rows[first : first + 50])]
        wall, cpu = time.perf_counter() - started, time.process_time() - cpu
        found = sum(len(json.loads(done.text)["findings"]) for done in alone)
        cost = cpu / len(rows) * (rounds + _rounds()) / 2 * 1e3
        a_core = len(rows) / cpu
        told = (
            f"{a_core:,.0f} claims/s of one core's time ({len(rows) / wall:,.0f}/s of the clock), a claim as long as "
        )
        told += f"{cost:,.0f} thousand rounds of an empty loop, {found / len(rows):.1f} findings each"
        yield Line(f"batch, JSON in to JSON out, one core, {caches} caches", told, "500/s", a_core >= 500)
    jobs = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    many = rows * max(1, 20_000 // len(rows))
    started, before = time.perf_counter(), _processor_seconds()
    together = list(stream(many, work, jobs))
    seconds, spent = time.perf_counter() - started, _processor_seconds() - before
    same = _texts(together) == _texts(alone) * (len(many) // len(rows))
    by_clock = (len(many) / seconds) / (len(rows) / wall)
    # Their start, and what it costs to send claims and reports about, is in it.
    on_free_cores = jobs * (len(many) * cpu / len(rows)) / spent
    told = f"{len(many) / seconds:,.0f}/s of the clock ({by_clock:.2f} times one); by the processor's time "
    told += f"{on_free_cores:.2f} times one where {jobs} cores are free"
    yield Line(f"batch, {jobs} processes, {len(many):,} claims", told, "more than 1", on_free_cores > 1)
    yield Line("the same findings in the same order", "yes" if same else "NO", "yes", same)


def _processor_seconds() -> float:
    """Of this process and of those it started that have ended."""
    return sum(os.times()[:4])


def _texts(results: Sequence[Done]) -> list[str]:
    return [done.text for done in results]


def bench_start(folder: Path, options: argparse.Namespace) -> Iterator[Line]:
    """A fresh process for one claim: the clock and the processor time, the best of several."""
    practice = practice_of(folder, options.store)
    claim = folder / "claim.txt"
    claim.write_text(claim_texts(1)[0], encoding="utf-8")
    command = [sys.executable, "-m", "assistant.cli", "validate", str(claim), "--practice", str(practice)]
    runs = [_measured(command) for _ in range(options.starts + 1)][1:]
    wall, cpu = min(run[0] for run in runs), min(run[1] for run in runs)
    bare = min(_measured([sys.executable, "-c", "pass"])[0] for _ in range(3))
    told = f"{wall:.2f} s of the clock, {cpu:.2f} s of the processor (Python alone {bare:.2f} s)"
    yield Line("start, one claim, warm caches", told, "0.5 s", min(wall, cpu) < 0.5)


def bench_memory(folder: Path, options: argparse.Namespace) -> Iterator[Line]:
    """The largest resident size of a process over few and over many claims."""
    practice = practice_of(folder / "memory", options.store)
    sizes = []
    for count in (options.claims // 4, options.claims * 4):
        batch = folder / f"rows-{count}.jsonl"
        batch.write_bytes(b"\n".join(row.raw for row in rows_of(claim_texts(count))))
        command = [sys.executable, "-m", "assistant.cli", "validate", "--jobs", "1", "--batch", str(batch)]
        sizes.append((count, _largest_mb([*command, "--practice", str(practice)])))
    (few, small), (many, large) = sizes
    told = f"{small:.0f} MB for {few:,} claims, {large:.0f} MB for {many:,} ({large / small:.2f} times)"
    yield Line("memory of a process", told, "300 MB", large < 300)


def _measured(command: Sequence[str]) -> tuple[float, float]:
    """Clock seconds and processor seconds of a process run to its end."""
    started = time.perf_counter()
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    running = subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environ)
    _, _, usage = os.wait4(running.pid, 0)
    running.returncode = 0
    return time.perf_counter() - started, usage.ru_utime + usage.ru_stime


def _largest_mb(command: Sequence[str]) -> float:
    """The largest resident size of a process run to its end. A small process starts it: the count begins with the size
    of whoever starts it, and this one has grown by then."""
    asked = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL); "
    asked += "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    told = subprocess.run(
        [sys.executable, "-c", asked, *command], cwd=_ROOT, capture_output=True, text=True, check=True
    )
    return int(told.stdout) / 1024


def bench_growth(folder: Path, options: argparse.Namespace) -> Iterator[Line]:
    """Seconds a claim as claims, and as tables, grow."""
    judge = build_judge(parts_of(folder, options.store))
    costs = [
        (count, _a_claim(judge, _claims(count))) for count in (options.claims // 4, options.claims, options.claims * 4)
    ]
    told = ", ".join(f"{count:,}: {cost * 1e3:.2f} ms" for count, cost in costs)
    ratio = costs[-1][1] / costs[0][1]
    yield Line("a claim among more claims", f"{told} ({ratio:.2f} times)", "flat", ratio < 1.5)
    costs = []
    for pairs in (options.pairs // 100, options.pairs // 10, options.pairs):
        store = options.store if pairs == options.pairs else make_tables(folder, pairs)[0]
        costs.append((pairs, _a_claim(build_judge(parts_of(folder, store)), _claims(options.claims))))
    told = ", ".join(f"{pairs:,}: {cost * 1e3:.2f} ms" for pairs, cost in costs)
    ratio = costs[-1][1] / costs[0][1]
    yield Line(
        "a claim over larger tables (pairs)", f"{told} ({ratio:.2f} times)", "below 2 times for 100 times", ratio < 2
    )


def _claims(count: int) -> list[Claim]:
    read = [read_claim(text).claim for text in claim_texts(count)]
    return [claim for claim in read if claim is not None]


def _a_claim(judge: Judge, claims: Sequence[Claim]) -> float:
    for claim in claims[:100]:
        judge.judge(claim)
    started = time.process_time()
    for claim in claims:
        judge.judge(claim)
    return (time.process_time() - started) / len(claims)


def bench_plain(folder: Path, options: argparse.Namespace) -> Iterator[Line]:
    """Finding the PTP edits of claims against a query for each pair, and against pandas, over the same rows."""
    tables = StoredTables(options.store, DiagnosisTables(options.store))
    wanted = [
        (sorted({line.procedure_code for line in claim.lines}), claim.date_of_service)
        for claim in _claims(options.claims)
        if claim.date_of_service is not None
    ]
    for codes, on in wanted[:100]:
        tables.ptp_edits(codes, on)
    started = time.perf_counter()
    with tables.reading():
        ours = [len(tables.ptp_edits(codes, on)) for codes, on in wanted]
    seconds = time.perf_counter() - started
    rows = list(_pair_rows(folder / f"files-{options.pairs}"))
    plain, plain_seconds = _query_for_each_pair(folder / "plain.sqlite", rows, wanted)
    size = (folder / "plain.sqlite").stat().st_size / options.store.stat().st_size
    same = sum(ours) == sum(plain)
    each = seconds / len(wanted) * 1e6
    told = f"{plain_seconds / seconds:.1f} times as long as ours ({each:.0f} microseconds a claim), "
    told += f"its file is {size:.0f} times as large"
    yield Line(
        "PTP edits of a claim: SQLite, a query for each pair",
        told + ("" if same else "; OTHER EDITS"),
        "slower, same edits",
        same and plain_seconds > seconds,
    )
    yield from _pandas(rows, wanted, ours, seconds)


def _pair_rows(files: Path) -> Iterator[tuple[str, str, int, int, str]]:
    for path in sorted(files.glob("ccipra*")):
        with path.open(encoding="ascii") as lines:
            for line in lines:
                cells = line.split("\t")
                if len(cells[0]) == 5 and cells[3].isdigit():
                    yield cells[0], cells[1], int(cells[3]), int(cells[4]) if cells[4] != "*" else 99999999, cells[5]


def _query_for_each_pair(
    path: Path, rows: Sequence[tuple[object, ...]], wanted: Sequence[tuple[list[str], object]]
) -> tuple[list[int], float]:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE pair (a TEXT, b TEXT, low INTEGER, high INTEGER, indicator TEXT)")
    connection.executemany("INSERT INTO pair VALUES (?, ?, ?, ?, ?)", rows)
    connection.execute("CREATE INDEX pairs ON pair (a, b)")
    connection.commit()
    query = "SELECT COUNT(*) FROM pair WHERE a = ? AND b = ? AND low <= ? AND ? <= high"
    started = time.perf_counter()
    found = []
    for codes, on in wanted:
        day = int(f"{on:%Y%m%d}")
        found.append(sum(connection.execute(query, (*pair, day, day)).fetchone()[0] for pair in permutations(codes, 2)))
    seconds = time.perf_counter() - started
    connection.close()
    return found, seconds


def _pandas(
    rows: Sequence[tuple[object, ...]], wanted: Sequence[tuple[list[str], object]], ours: Sequence[int], seconds: float
) -> Iterator[Line]:
    try:
        pd: Any = import_module("pandas")
    except ImportError:
        yield Line("the same with a pandas merge", "pandas is not installed", "", True)
        return
    frame = pd.DataFrame(rows, columns=["a", "b", "low", "high", "indicator"])
    size = frame.memory_usage(deep=True).sum() / 1e6
    asked = [
        (place, *pair, int(f"{on:%Y%m%d}"))
        for place, (codes, on) in enumerate(wanted)
        for pair in permutations(codes, 2)
    ]
    started = time.perf_counter()
    pairs = pd.DataFrame(asked, columns=["claim", "a", "b", "day"])
    merged = pairs.merge(frame, on=["a", "b"])
    merged = merged[(merged["low"] <= merged["day"]) & (merged["day"] <= merged["high"])]
    all_at_once = time.perf_counter() - started
    same = len(merged) == sum(ours)
    told = f"{all_at_once / seconds:.1f} times as long for all claims in one merge; the frame takes {size:,.0f} MB"
    yield Line(
        "the same with a pandas merge",
        told + ("" if same else "; OTHER EDITS"),
        "slower, same edits",
        same and all_at_once > seconds,
    )
    started = time.perf_counter()
    few = wanted[:5]
    for codes, _on in few:
        one = pd.DataFrame(list(permutations(codes, 2)), columns=["a", "b"])
        one.merge(frame, on=["a", "b"])
    each = (time.perf_counter() - started) / len(few)
    yield Line(
        "the same with a pandas merge for each claim",
        f"{each / (seconds / len(wanted)):,.0f} times as long",
        "slower",
        each > seconds / len(wanted),
    )


def bench_hostile(_folder: Path, options: argparse.Namespace) -> Iterator[Line]:
    """Generated inputs for each reader: none may raise, and each gives a claim or a problem with its place."""
    readers: tuple[tuple[str, Callable[[random.Random], bool]], ...] = (
        ("shorthand", lambda chance: _gives(read_claim(text_of_shorthand(chance)))),
        ("JSON", lambda chance: all(_gives(one.read) for one in read_json_claims(text_of_json(chance)))),
        ("CSV", _csv_gives),
    )
    for name, reads in readers:
        chance = random.Random(11)
        times = []
        good = 0
        for _ in range(options.hostile):
            started = time.perf_counter()
            good += reads(chance)
            times.append(time.perf_counter() - started)
        median = statistics.median(times) * 1e6
        told = f"{good:,} of {options.hostile:,} gave a claim or its problems; "
        told += f"slowest {max(times):.2f} s, median {median:.0f} microseconds"
        yield Line(f"hostile input, {name}", told, "all, no crash", good == options.hostile and max(times) < 5)


def _gives(read: object) -> bool:
    claim, problems = getattr(read, "claim", None), getattr(read, "problems", ())
    return (claim is None) == bool(problems) and all(one.line >= 1 and one.column >= 1 for one in problems)


def _csv_gives(chance: random.Random) -> bool:
    claims, problems = read_csv_claims(bytes_of_csv(chance))
    return bool(claims or problems) and all(_gives(one.read) for one in claims)


_BENCHES: dict[str, Callable[[Path, argparse.Namespace], Iterator[Line]]] = {
    "speed": bench_speed,
    "start": bench_start,
    "memory": bench_memory,
    "growth": bench_growth,
    "plain": bench_plain,
    "hostile": bench_hostile,
}


def _rounds() -> float:
    """What seconds are worth here: rounds of an empty loop, which an idle core of 2024 does some 40 million of."""
    started = time.process_time()
    for _ in range(5_000_000):
        pass
    return 5 / (time.process_time() - started)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; exit 1 when something does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=list(_BENCHES), action="append", help="one measurement; may be repeated")
    parser.add_argument("--pairs", type=int, default=FULL_PAIRS, help="rows of the PTP tables")
    parser.add_argument("--claims", type=int, default=2_000)
    parser.add_argument("--hostile", type=int, default=10_000, help="inputs for each reader")
    parser.add_argument("--starts", type=int, default=5)
    options = parser.parse_args(arguments)
    lines = [Line("this machine, now", f"{_rounds():.0f} million rounds of an empty loop a second", "", True)]
    with tempfile.TemporaryDirectory(prefix="understudy-bench-") as name:
        folder = Path(name)
        if set(options.only or _BENCHES) - {"hostile"}:
            options.store, seconds = make_tables(folder, options.pairs)
            told = f"{seconds:.0f} s with writing the files, {options.store.stat().st_size / 1e6:.0f} MB on disk"
            lines.append(Line(f"import of {options.pairs:,} pairs", told, "90 s", seconds < 90))
        for bench in options.only or _BENCHES:
            for line in _BENCHES[bench](folder, options):
                lines.append(line)
                print(f"{line.what}: {line.measured}", file=sys.stderr)
    print("| what | measured | wanted | |\n|---|---|---|---|")
    for line in lines:
        print(f"| {line.what} | {line.measured} | {line.wanted} | {'holds' if line.holds else 'DOES NOT HOLD'} |")
    return 0 if all(line.holds for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
