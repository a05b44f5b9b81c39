"""Taking notes in and finding them again, each against the plainest program that does as much of it.

Works on generated notes in a temporary folder; the retrieval sizes use random vectors.
"""

from __future__ import annotations

import hashlib
import random
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from evals.bench.bench_index import RandomEmbedder, TimedEmbedder, settle, write_notes
from evals.bench.ratios import Progress, Ratio, by_time, in_turns, told
from ingest.index.embedder import load_embedder
from ingest.index.store import Index, open_index
from ingest.index.sync import sync
from ingest.index.tokens import tokens

_FOUND = 20
_SECTIONS = 20


def bench_ingest(folder: Path, *, quick: bool, progress: Progress) -> Iterator[Ratio]:
    """A first ingest with the real embedder, Chroma written too, against that embedder alone on the same texts."""
    kb, index_dir, model = folder / "kb", folder / "index", load_embedder()
    notes = 8 if quick else 200
    write_notes(kb, notes, sections=2)
    model.embed(["warm"])
    seen = TimedEmbedder(model)
    started, processor = time.perf_counter(), time.process_time()
    sync(kb, None, index_dir, seen, on_progress=progress)
    clock, processor = time.perf_counter() - started, time.process_time() - processor
    alone = TimedEmbedder(model)
    alone.embed(seen.texts)
    what = f"first ingest of {notes} notes ({len(seen.texts)} chunks)"
    yield Ratio(
        what,
        told(processor),
        "the embedder alone",
        told(alone.cpu_seconds),
        processor / alone.cpu_seconds,
        "once, processor time, Chroma's own process left out",
    )
    yield Ratio(
        f"{what}, Chroma written",
        told(clock),
        "the embedding within it",
        told(seen.wall_seconds),
        clock / seen.wall_seconds,
        "once, the clock",
    )


def bench_unchanged(folder: Path, *, quick: bool, progress: Progress) -> Iterator[Ratio]:
    """An ingest when nothing changed against reading and hashing every file, the plainest way to see that."""
    kb, index_dir, embedder = folder / "kb", folder / "index", RandomEmbedder()
    notes = 100 if quick else 5000
    write_notes(kb, notes, sections=1)
    settle(kb)
    sync(kb, None, index_dir, embedder, chroma="defer", on_progress=progress)

    def ours() -> None:
        report = sync(kb, None, index_dir, embedder, chroma="defer")
        assert report.embedded == 0

    def plain() -> None:
        for path in kb.rglob("*.md"):
            hashlib.sha256(path.read_bytes()).digest()

    mine, other = in_turns(ours, plain, rounds=5)
    yield by_time(f"ingest of {notes} notes, nothing changed", mine, "reading and hashing all files", other)


def bench_retrieval(folder: Path, *, quick: bool, progress: Progress) -> Iterator[Ratio]:
    """Words and vectors at three sizes against numpy over the same vectors."""
    for chunks in (200, 400) if quick else (1_000, 10_000, 100_000):
        kb, index_dir, embedder = folder / f"kb-{chunks}", folder / f"index-{chunks}", RandomEmbedder()
        write_notes(kb, chunks // _SECTIONS, sections=_SECTIONS)
        sync(kb, None, index_dir, embedder, chroma="defer", on_progress=progress)
        with open_index(index_dir) as index:
            yield from _search(index, embedder, 10 if quick else 50)


def _search(index: Index, embedder: RandomEmbedder, count: int) -> Iterator[Ratio]:
    generator = random.Random(5)
    asked = [
        f"which modifier for {generator.randint(10000, 69999)} on a claim, visit {number}" for number in range(count)
    ]
    vectors = embedder.embed(asked)
    held = np.array(index.vectors)
    mine: list[float] = []
    both: list[float] = []
    plain: list[float] = []
    for question, vector in zip(asked, vectors, strict=True):
        scan, scan_and_words, numpy_scan = in_turns(
            lambda vector=vector: index.nearest(vector, limit=_FOUND),  # type: ignore[misc]
            lambda vector=vector, question=question: (  # type: ignore[misc]
                index.nearest(vector, limit=_FOUND),
                index.search(tokens(question), limit=_FOUND),
            ),
            lambda vector=vector: _numpy_nearest(held, vector),  # type: ignore[misc]
            rounds=3,
        )
        mine.append(scan.least)
        both.append(scan_and_words.least)
        plain.append(numpy_scan.least)
        assert [row for row, _ in index.nearest(vector, limit=_FOUND)] == _numpy_nearest(held, vector)
    measured = f"median of {count} questions, the fastest of 3 each; the same {_FOUND} rows"
    against, takes = "numpy: product and sort", statistics.median(plain)
    for what, seconds in (("exact scan", mine), ("exact scan and BM25", both)):
        ours = statistics.median(seconds)
        yield Ratio(
            f"{what} at {index.manifest.chunks:,} chunks", told(ours), against, told(takes), ours / takes, measured
        )


def _numpy_nearest(vectors: np.ndarray[tuple[int, ...], np.dtype[np.float32]], vector: object) -> list[int]:
    cosine = vectors @ np.asarray(vector)
    best = np.argpartition(-cosine, _FOUND)[:_FOUND]
    return [int(row) for row in best[np.argsort(-cosine[best], kind="stable")]]
