"""`python -m evals.bench`: one table of ratios, each against a plain alternative in the same run.

Seconds differ from machine to machine; ratios hold better. `--only` picks measurements, `--quick` takes small sizes to
see that they run. The tougher benches of one room (kills, damage, hostile claims) stay commands of their own.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from assistant.commands.common import add_practice, progress_bar
from assistant.settings import find_practice
from evals.bench import bench_ask, bench_notes, bench_propose, bench_serve, bench_whole
from evals.bench.ratios import ROOT, Progress, Ratio, machine, table
from evals.run import DEFAULT_AS_OF
from evals.workbench import workbench

Bench = Callable[[Path, argparse.Namespace, Progress], Iterator[Ratio]]


def _in_folder(measure: Callable[..., Iterator[Ratio]]) -> Bench:
    return lambda folder, options, progress: measure(folder, quick=options.quick, progress=progress)


def _on_practice(measure: Callable[..., Iterator[Ratio]]) -> Bench:
    return lambda _folder, options, progress: measure(options.found, quick=options.quick, progress=progress)


BENCHES: dict[str, Bench] = {
    "ingest": _in_folder(bench_notes.bench_ingest),
    "unchanged": _in_folder(bench_notes.bench_unchanged),
    "retrieval": _in_folder(bench_notes.bench_retrieval),
    "cold": _on_practice(bench_ask.bench_cold),
    "first-word": _on_practice(bench_ask.bench_first_word),
    "tokens": _on_practice(bench_ask.bench_tokens),
    "people": _on_practice(bench_serve.bench_serve),
    "claims": _in_folder(bench_whole.bench_claims),
    "note": _on_practice(bench_whole.bench_note),
    "notes": _on_practice(bench_propose.bench_propose),
    "memory": _on_practice(bench_whole.bench_memory),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 0, or what is raised when something cannot be measured."""
    parser = argparse.ArgumentParser(prog="python -m evals.bench", description=__doc__)
    parser.add_argument("--only", choices=list(BENCHES), action="append", help="one measurement; may be repeated")
    parser.add_argument("--quick", action="store_true", help="small sizes: that it runs, not what it measures")
    add_practice(parser)
    options = parser.parse_args(arguments)
    practice = find_practice(options.practice or str(ROOT), os.environ, Path.cwd())
    facts = list(machine())
    found: list[Ratio] = []
    progress = progress_bar()
    # On a copy: a note somebody saves meanwhile would be taken in, and timed as asking.
    with workbench(practice, today=DEFAULT_AS_OF, on_progress=progress) as copy:
        options.found = copy.practice
        for name in options.only or BENCHES:
            with tempfile.TemporaryDirectory(prefix="understudy-bench-") as folder:
                for ratio in BENCHES[name](Path(folder), options, progress):
                    found.append(ratio)
                    against = f"; {ratio.against}: {ratio.plain}" if ratio.against else ""
                    print(f"{ratio.what}: {ratio.ours}{against}", file=sys.stderr)
    print("\n".join(f"- {fact}" for fact in facts))
    if options.quick:
        print("- quick: small sizes, no figure to quote")
    print("\n" + "\n".join(table(found)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
