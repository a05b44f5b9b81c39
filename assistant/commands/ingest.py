"""`understudy ingest`: takes changed notes into the index, Chroma included, and closes answered gaps."""

from __future__ import annotations

import argparse
import sys

from assistant.commands.common import Commands, add_practice, practice_of, print_json, progress_bar, today


def register(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser("ingest", help="take new and changed notes into the index")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    add_practice(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Exit 0 when every note is in, 1 when some could not be taken in, 2 when another process is writing."""
    from assistant.bootstrap import ingest

    report, closed = ingest(practice_of(arguments), on_progress=progress_bar(), today=today())
    errors = [problem for problem in report.problems if problem.severity == "error"]
    if arguments.json:
        print_json(
            {
                "added": list(report.added),
                "changed": list(report.changed),
                "deleted": list(report.deleted),
                "unchanged": report.unchanged,
                "not_taken": list(report.not_taken),
                "notes": report.notes,
                "chunks": report.chunks,
                "embedded": report.embedded,
                "healed": report.healed,
                "chroma": report.chroma,
                "chroma_failure": report.chroma_failure,
                "gaps_closed": [gap.gap_id for gap in closed],
                "seconds": round(report.seconds, 3),
                "problems": [str(problem) for problem in errors],
            }
        )
    else:
        print(
            f"{report.notes} notes in {report.chunks} passages: {len(report.added)} new, "
            f"{len(report.changed)} changed, "
            f"{len(report.deleted)} gone, {report.unchanged} as before ({report.seconds:.1f} s)."
        )
        if report.healed:
            print(f"The index was damaged and has been rebuilt from the notes: {report.healed}.")
        if report.chroma_failure:
            print(f"Chroma could not be brought level ({report.chroma_failure}); answers come from the exact scan.")
        for gap in closed:
            print(f"Gap {gap.gap_id} is answered now: {gap.question}")
        for problem in errors:
            print(problem, file=sys.stderr)
        if report.not_taken:
            print(f"{len(report.not_taken)} notes were left at their last good version; mend them and ingest again.")
    return 1 if report.not_taken else 0
