"""`understudy gaps`: what was asked and no note answers."""

from __future__ import annotations

import argparse

from assistant.commands.common import Commands, add_practice, practice_of, print_json


def register(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser("gaps", help="list what was asked and no note answers")
    parser.add_argument("--closed", action="store_true", help="list the gaps that notes answer by now")
    parser.add_argument("--json", action="store_true", help="print the gaps as JSON")
    add_practice(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Exit 0."""
    from assistant.records.gaps import list_gaps

    gaps = list_gaps(practice_of(arguments).records, closed=arguments.closed)
    if arguments.json:
        print_json([gap.as_json() for gap in gaps])
        return 0
    if not gaps:
        print("No closed gaps." if arguments.closed else "No open gaps.")
    for gap in gaps:
        about = "; ".join(", ".join(part) for part in (gap.payers, gap.codes, gap.asked) if part) or "anything"
        asked = "once" if gap.times_asked == 1 else f"{gap.times_asked} times"
        print(f"{gap.gap_id:>4}  asked {asked}, last {gap.last_asked.isoformat()}  [{about}]")
        print(f"      {gap.question}")
        if gap.closed_on:
            print(f"      answered since {gap.closed_on.isoformat()} by {', '.join(gap.closed_by)}")
    return 0
