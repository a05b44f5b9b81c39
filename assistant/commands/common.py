"""What several commands share: the practice option, dates, progress on a terminal, batches. Imports nothing heavy."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

from assistant.errors import InputError
from assistant.settings import Practice, find_practice

Commands = argparse._SubParsersAction  # argparse names its own type no other way


def add_practice(parser: argparse.ArgumentParser) -> None:
    """The option that every command on a practice has."""
    parser.add_argument(
        "--practice", metavar="DIR", help="the practice folder (else $UNDERSTUDY_PRACTICE, else this folder)"
    )


def practice_of(arguments: argparse.Namespace) -> Practice:
    """The practice the arguments or the environment name."""
    return find_practice(arguments.practice, os.environ, Path.cwd())


def day(text: str) -> date:
    """A date as YYYY-MM-DD, for argparse."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f'"{text}" is no date; write it as 2026-09-15') from error


def today() -> date:
    """The day it is. The only clock of the commands; everything below is handed its dates."""
    return date.today()  # noqa: DTZ011  a practice's day is the local one


def progress_bar() -> Callable[[str, int, int], None]:
    """A progress callback (label, done, total) that draws on stderr, and only when somebody watches."""
    if not sys.stderr.isatty():
        return _silent
    from tqdm import tqdm

    bars: dict[str, Any] = {}

    def show(label: str, done: int, total: int) -> None:
        if total <= 1:
            return
        bar = bars.get(label)
        if bar is None:
            bar = bars[label] = tqdm(total=total, desc=label, unit="", leave=False, file=sys.stderr)
        bar.update(done - bar.n)
        if done >= total:
            bar.close()
            bars.pop(label)

    return show


def _silent(_label: str, _done: int, _total: int) -> None:
    return None


def print_json(value: Any) -> None:
    """One JSON value on one line, characters as they are."""
    print(json.dumps(value, ensure_ascii=False))


def batch(path: str, handle: Callable[[dict[str, Any]], dict[str, Any]]) -> int:
    """One JSON line out for each JSON line in, in order, as it is done. A bad row gives {id, error}; exit code 0 or 2.

    Raises InputError when the file cannot be read at all.
    """
    failed = False
    for number, line in _lines(path):
        row_id: Any = number
        try:
            row = _row(line, number)
            row_id = row.get("id", number)
            answer = {"id": row_id, **handle(row)}
        except InputError as error:
            failed = True
            answer = {"id": row_id, "error": str(error)}
        print_json(answer)
        sys.stdout.flush()
    return 2 if failed else 0


def _row(line: str, number: int) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise InputError(f"line {number} is no JSON ({error.msg})") from error
    except (ValueError, RecursionError) as error:  # a number of thousands of digits; brackets without end
        raise InputError(f"line {number} is no JSON that can be read (too deep, or a number too long)") from error
    if not isinstance(row, dict):
        raise InputError("the line is no JSON object")
    return row


def _lines(path: str) -> Iterator[tuple[int, str]]:
    try:
        if path == "-":
            yield from ((number, line) for number, line in enumerate(sys.stdin, start=1) if line.strip())
            return
        with Path(path).open(encoding="utf-8-sig") as file:
            yield from ((number, line) for number, line in enumerate(file, start=1) if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error})") from error
