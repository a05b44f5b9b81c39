"""How proposing grows with the note: `python -m evals.bench.bench_propose` prints a table of ratios.

Notes of the worked cases put together to a size; processor time, since the clock tells of the machine's other work.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from assistant.bootstrap import build_proposer
from assistant.commands.common import add_practice, progress_bar
from assistant.propose.note_reader import read_clinical_note
from assistant.propose.propose import Proposer
from assistant.settings import Practice, find_practice
from evals.bench.ratios import ROOT, Progress, Ratio, by_time, in_turns, machine, table, told
from evals.hostile_notes import generated_notes, sentences_of
from evals.places import find_set
from evals.propose_set import encounter_of

SIZES = (5_000, 10_000, 25_000, 50_000)
_ROUNDS = 3
_SEED = 7


def bench_propose(practice: Practice, *, quick: bool, progress: Progress) -> Iterator[Ratio]:
    """One note of the worked cases, long notes by size, and the same with a model that is asked of everything."""
    rows = [json.loads(line) for line in find_set("vignettes").items.read_text("utf-8").splitlines() if line.strip()]
    proposer = build_proposer(practice)
    yield _of_cases(rows[:4] if quick else rows, proposer)
    sizes = SIZES[:2] if quick else SIZES
    sentences = [sentence for row in rows for sentence in sentences_of(row["note"])]
    texts = [_of_size(sentences, size) for size in sizes]
    encounter = encounter_of(rows[0])
    works = [lambda text=text: proposer.propose(text, encounter) for text in texts]
    proposer.propose(texts[0], encounter)
    progress("long notes", 0, 1)
    timed = in_turns(*works, rounds=1 if quick else _ROUNDS, clock=time.process_time)
    for text, seconds in zip(texts[1:], timed[1:], strict=True):
        row = by_time(
            f"a note of {len(text):,} characters",
            seconds,
            f"one of {len(texts[0]):,}",
            timed[0],
            clock="processor time",
        )
        assert row.ratio is not None
        # What is left of the ratio after the length: 1.0 is linear.
        by_length = row.ratio / (len(text) / len(texts[0]))
        yield Ratio(row.what, row.ours, row.against, row.plain, by_length, f"{row.measured}; ratio divided by length")


def _of_cases(rows: Sequence[dict[str, str]], proposer: Proposer) -> Ratio:
    """A whole proposal against reading the note alone, over the cases."""
    notes = [(row["note"], encounter_of(row)) for row in rows]

    def whole() -> None:
        for note, encounter in notes:
            proposer.propose(note, encounter)

    def read() -> None:
        for note, _ in notes:
            read_clinical_note(note)

    whole()
    ours, plain = in_turns(whole, read, rounds=_ROUNDS, clock=time.process_time)
    count = len(notes)
    return Ratio(
        f"a proposal, mean of {count} cases",
        told(ours.least / count),
        "reading the note alone",
        told(plain.least / count),
        ours.least / plain.least,
        f"{_ROUNDS} in turns, processor time, model off",
    )


def _of_size(sentences: Sequence[str], size: int) -> str:
    note = " ".join(generated_notes(sentences, 1 + size // 200, seed=_SEED))
    return note[:size]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 0."""
    parser = argparse.ArgumentParser(prog="python -m evals.bench.bench_propose", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes: that it runs, not what it measures")
    add_practice(parser)
    options = parser.parse_args(arguments)
    practice = find_practice(options.practice or str(ROOT), os.environ, Path.cwd())
    found = list(bench_propose(practice, quick=options.quick, progress=progress_bar()))
    print("\n".join(f"- {fact}" for fact in machine()))
    print("\n" + "\n".join(table(found)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
