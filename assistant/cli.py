"""The command line: parses, hands over to one module for each command, and turns errors into exit codes.

`--help` imports none of the commands' machinery. Exit 0 answered or pass, 1 findings or refused, 2 bad input.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import entry_points

from assistant.errors import UnderstudyError, place_of
from assistant.telemetry import silence_telemetry

# Command modules of our own, in the order a reader meets them. Others come through the entry-point group.
_COMMANDS = (
    "ask",
    "chat",
    "propose",
    "validate",
    "kb",
    "note",
    "ingest",
    "gaps",
    "tables",
    "rules",
    "models",
    "serve",
    "init",
)
ENTRY_POINT_GROUP = "understudy.commands"
BAD_INPUT = 2
INTERNAL_ERROR = 70


def build_parser() -> argparse.ArgumentParser:
    """The whole parser, every command registered."""
    parser = argparse.ArgumentParser(
        prog="understudy",
        description="Keeps what a medical practice's coder knows: answers from the practice's own notes, with sources.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in _COMMANDS:
        import_module(f"assistant.commands.{name}").register(commands)
    for point in sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda point: point.name):
        try:
            register = point.load()
        except ImportError as error:
            # A command that came with another package must not take the practice's own commands with it.
            print(f"understudy: the command {point.name} cannot be loaded ({error})", file=sys.stderr)
            continue
        register(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    silence_telemetry(os.environ)
    # Read by numpy when it is imported: a second thread gains nothing on products this small, and waits by spinning.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:  # a console in another encoding must not end an answer
            reconfigure(encoding="utf-8", errors="replace")
    parsed = build_parser().parse_args(arguments)
    try:
        code: int = parsed.run(parsed)
    except UnderstudyError as error:
        print(f"understudy: {error}", file=sys.stderr)
        return BAD_INPUT
    except BrokenPipeError:
        # The reader (head, a pager) has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("understudy: stopped", file=sys.stderr)
        return 130
    except Exception as error:  # noqa: BLE001  the end of the program: nothing goes on after it
        # An error's own text may hold what was asked or pasted: only its kind and place in the program are told.
        print(f"understudy: internal error: {place_of(error)}; please report this line", file=sys.stderr)
        return INTERNAL_ERROR
    return code


if __name__ == "__main__":
    sys.exit(main())
