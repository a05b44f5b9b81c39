"""Judging claims, proposing codes, and what the commands take of memory, each against something plain."""

from __future__ import annotations

import argparse
import re
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

from assistant.bootstrap import build_proposer, embedder
from assistant.propose.model import Encounter
from assistant.settings import Practice
from evals.bench import bench_validate
from evals.bench.ratios import ROOT, Cost, Progress, Ratio, by_time, cost_of, in_turns
from evals.run import DEFAULT_AS_OF

_NOTE = ROOT / "evals" / "sets" / "demo-note.txt"
_CLAIM = ROOT / "evals" / "sets" / "demo-claim.txt"
_QUESTION = "Which modifier does Blue Shield need for 31255 on both sides?"
_RATIO = re.compile(r"([\d.,]+) times")


def bench_claims(folder: Path, *, quick: bool, progress: Progress) -> Iterator[Ratio]:
    """Claims a second, and the PTP edits of claims against SQLite and pandas: the rows of bench_validate."""
    options = argparse.Namespace(claims=50 if quick else 1000, pairs=2_000 if quick else 200_000)
    options.store, _ = bench_validate.make_tables(folder, options.pairs)
    progress("claims", 1, 3)
    if not quick:
        for line in bench_validate.bench_speed(folder, options):
            yield Ratio(line.what, line.measured, "", "", None, "see bench_validate")
    progress("claims", 2, 3)
    for line in bench_validate.bench_plain(folder, options):
        found = _RATIO.search(line.measured)
        ratio = 1 / float(found.group(1).replace(",", "")) if found else None
        against = line.what.partition(": ")[2] or line.what
        yield Ratio("PTP edits of a claim", "1", against, line.measured, ratio, f"{options.pairs:,} rows")
    progress("claims", 3, 3)


def bench_note(practice: Practice, *, quick: bool, progress: Progress) -> Iterator[Ratio]:
    """Proposing codes for a note, model off, against embedding its sentences: where a search by likeness begins."""
    proposer = build_proposer(practice)
    text = _NOTE.read_text(encoding="utf-8")
    encounter = Encounter("Blue Shield PPO", "2026-09-15", "24", age=46, sex="F", new_patient=False)
    sentences = [one for one in re.split(r"(?<=[.:])\s+", text) if one.strip()]

    def ours() -> None:
        assert proposer.propose(text, encounter).proposal.lines

    def plain() -> None:
        embedder().embed(sentences)

    ours()
    plain()
    rounds = 2 if quick else 10
    mine, other = in_turns(ours, plain, rounds=rounds)
    progress("a note", 1, 1)
    yield by_time(f"proposing for a note of {len(text.split())} words", mine, "embedding its sentences", other)


def bench_memory(practice: Practice, *, quick: bool, progress: Progress) -> Iterator[Ratio]:
    """The largest resident size of each command, against Python with the packages a plain pipeline imports."""
    plainly = (
        "import chromadb, langchain_chroma, sentence_transformers" if not quick else "import langchain_core.prompts"
    )
    bare = cost_of([sys.executable, "-c", plainly]).megabytes
    own = ["--practice", str(practice.folder)]
    commands = {
        "ask, model off": ["ask", _QUESTION, "--model", "off", "--as-of", DEFAULT_AS_OF.isoformat(), *own],
        "ask, default model": ["ask", _QUESTION, "--model", "default", "--as-of", DEFAULT_AS_OF.isoformat(), *own],
        "propose": ["propose", str(_NOTE), "--payer", "blue-shield-ppo", "--dos", "2026-09-15", "--pos", "24", *own],
        "validate": ["validate", str(_CLAIM), *own],
    }
    if quick:
        del commands["ask, default model"], commands["propose"]
    for done, (name, arguments) in enumerate(commands.items(), start=1):
        runs = [_run(arguments) for _ in range(1 if quick else 3)]
        progress("memory", done, len(commands))
        size = statistics.median(run.megabytes for run in runs)
        yield Ratio(
            f"memory of {name}",
            f"{size:.0f} MB",
            "Python with Chroma and sentence-transformers imported" if not quick else "Python with langchain_core",
            f"{bare:.0f} MB",
            size / bare,
            f"largest resident size, median of {len(runs)} processes",
        )


def _run(arguments: list[str]) -> Cost:
    return cost_of([sys.executable, "-m", "assistant.cli", *arguments])
