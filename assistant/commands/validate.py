"""`understudy validate`: what a payer would refuse in a claim, and how to mend it."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from assistant.commands.common import Commands, add_practice, practice_of
from assistant.errors import InputError

if TYPE_CHECKING:
    from assistant.commands.claim_stream import BatchRow, Done, Task, Work
    from ingest.claims.csv_claims import CsvTable, Opener
    from ingest.claims.csv_mapping import CsvMapping
    from ingest.claims.model import ClaimProblem, ReadClaim

_FORMATS = ("shorthand", "json", "csv")
_STDIN = "-"


def register(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "validate",
        help="check claims before they go out",
        description="FILE is a claim in the shorthand (any suffix), .json (an object or a list) or .csv (one row for "
        "each service line). Exit code: 0 no error found, 1 an error found, 2 something could not be read.",
    )
    parser.add_argument("file", nargs="?", metavar="FILE", help="the claim, or - for standard input")
    parser.add_argument("--json", action="store_true", help="print reports as JSON, one line for each claim")
    parser.add_argument(
        "--batch", metavar="FILE", help="many claims: JSON lines with id and claim (- for standard input)"
    )
    parser.add_argument("--format", choices=_FORMATS, help="what FILE holds (default: by its suffix)")
    parser.add_argument("--mapping", metavar="FILE", help="which column of a CSV file is what (TOML)")
    parser.add_argument(
        "--write-mapping", metavar="FILE", help="write the mapping guessed from a CSV file's headers, to edit, and stop"
    )
    parser.add_argument("--jobs", type=_jobs, metavar="N", help="processes for many claims (default: all cores)")
    add_practice(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Exit 0 no error found, 1 an error found (the verdict is fix or reject), 2 something could not be read."""
    if (arguments.file is None) == (arguments.batch is None):
        raise InputError("give one FILE, or --batch FILE.jsonl; - stands for standard input")
    if arguments.batch:
        if arguments.mapping or arguments.format or arguments.write_mapping:
            raise InputError("--batch takes JSON lines; --format and the mappings are for one FILE")
        return _batch(arguments)
    if _format(arguments) == "csv":
        return _csv(arguments)
    if arguments.mapping or arguments.write_mapping:
        raise InputError(f"{arguments.file} is no CSV file; a mapping is for CSV (see --format)")
    return _claims(arguments)


def _jobs(text: str) -> int:
    if text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= 256:
        return int(text)
    raise argparse.ArgumentTypeError(f'"{text}" is no number of processes from 1 to 256')


def _format(arguments: argparse.Namespace) -> str:
    if arguments.format:
        return str(arguments.format)
    if arguments.mapping or arguments.write_mapping:
        return "csv"
    suffix = Path(arguments.file).suffix.lower()
    if suffix == ".jsonl":
        raise InputError(f"{arguments.file}: JSON lines are a batch; use --batch {arguments.file}")
    return {".json": "json", ".csv": "csv", ".tsv": "csv"}.get(suffix, "")


def _claims(arguments: argparse.Namespace) -> int:
    """A claim in the shorthand, or one claim or several in JSON."""
    from assistant.commands.claim_stream import Given
    from ingest.claims.json_claims import read_json_claims
    from ingest.claims.shorthand import read_claim

    text = _text(arguments.file)
    kind = _format(arguments) or ("json" if text.lstrip().startswith(("{", "[")) else "shorthand")
    if kind == "shorthand":
        return _one(arguments, read_claim(text))
    found = read_json_claims(text)
    if len(found) == 1 and not text.lstrip("\ufeff \t\r\n").startswith("["):
        return _one(arguments, found[0].read)
    # A claim of a list that has no id of its own is called by its place.
    given = (
        Given(place if one.claim_id is None else one.claim_id, one.read) for place, one in enumerate(found, start=1)
    )
    return _many(arguments, _work(arguments), given)


def _one(arguments: argparse.Namespace, read: ReadClaim) -> int:
    from assistant.commands.claim_stream import BAD, Given, Worker

    if read.claim is None and not arguments.json:
        _tell(arguments.file, read.problems)
        return BAD
    (done,) = Worker(_work(arguments)).do_all([Given(None, read)])
    print(done.text)
    return done.code


def _work(arguments: argparse.Namespace) -> Work:
    from assistant.bootstrap import judge_parts
    from assistant.commands.claim_stream import Work

    return Work(judge_parts(practice_of(arguments)), as_json=arguments.json or bool(arguments.batch))


def _batch(arguments: argparse.Namespace) -> int:
    """One JSON line out for each JSON line in, in order."""
    from assistant.commands.claim_stream import stream
    from assistant.processors import all_cores

    work = _work(arguments)
    worst = 0
    jobs = arguments.jobs or all_cores()
    # Whoever pipes lines in and wants one process may wait for each answer before the next line.
    waited_for = arguments.batch == _STDIN and jobs == 1
    with _open(arguments.batch) as file, closing(stream(_rows(file), work, jobs, one_by_one=waited_for)) as results:
        for done in results:
            print(done.text)
            sys.stdout.flush()
            worst = max(worst, done.code)
    return worst


def _rows(file: BinaryIO) -> Iterator[BatchRow]:
    from assistant.commands.claim_stream import MAX_ROW_BYTES, BatchRow

    number = 0
    while raw := file.readline(MAX_ROW_BYTES + 1):
        number += 1
        too_long = len(raw) > MAX_ROW_BYTES
        if too_long:
            rest = raw
            while rest and not rest.endswith(b"\n"):
                rest = file.readline(MAX_ROW_BYTES)
            raw = b""
        if too_long or raw.strip(b"\xef\xbb\xbf \t\r\n"):
            yield BatchRow(number, raw, too_long)


def _csv(arguments: argparse.Namespace) -> int:
    from dataclasses import replace

    from ingest.claims.csv_claims import open_table

    opener = _opener(arguments.file)
    mapping = _mapping(arguments.mapping) if arguments.mapping else None
    if arguments.write_mapping:
        return _write_mapping(opener, arguments.file, arguments.write_mapping)
    table, problems = open_table(opener, mapping)
    if table is None:
        _tell(arguments.file, problems)
        return 2
    work = replace(_work(arguments), columns=table.columns)
    return _many(arguments, work, _csv_tasks(opener, table))


def _csv_tasks(opener: Opener, table: CsvTable) -> Iterator[Task]:
    from assistant.commands.claim_stream import Unreadable
    from ingest.claims.csv_claims import claim_rows
    from ingest.claims.model import ClaimProblem

    for one in claim_rows(opener, table):
        yield Unreadable(one) if isinstance(one, ClaimProblem) else one


def _many(arguments: argparse.Namespace, work: Work, tasks: Iterator[Task]) -> int:
    """Report after report, and for a person a line that counts them."""
    from assistant.commands.claim_stream import stream
    from assistant.processors import all_cores

    counts = dict.fromkeys(("pass", "fix", "reject", None), 0)
    worst = incomplete = 0
    with closing(stream(tasks, work, arguments.jobs or all_cores())) as results:
        done: Done
        for done in results:
            print(done.text)
            worst = max(worst, done.code)
            counts[done.verdict] += 1
            incomplete += done.verdict is not None and not done.complete
    if not sum(counts.values()):
        raise InputError(f"{arguments.file}: there is no claim in it")
    if not arguments.json:
        told = f"{sum(counts.values())} claims: {counts['pass']} without an error, {counts['fix']} to fix, "
        told += f"{counts['reject']} for a person, {counts[None]} not read"
        print(told + (f"; {incomplete} of them NOT complete" if incomplete else ""))
    return worst


def _mapping(path: str) -> CsvMapping:
    from ingest.claims.csv_mapping import read_mapping

    mapping, problems = read_mapping(_text(path))
    if mapping is None:
        raise InputError(f"{path}: " + "; ".join(map(str, problems)))
    return mapping


def _write_mapping(opener: Opener, file: str, target: str) -> int:
    from ingest.claims.csv_claims import csv_headers
    from ingest.claims.csv_mapping import guess_mapping, write_mapping

    headers, delimiter, problems = csv_headers(opener)
    if problems:
        _tell(file, problems)
        return 2
    mapping = guess_mapping(headers, delimiter)
    used = {header for names in mapping.columns.values() for header in names}
    text = write_mapping(mapping, [header for header in headers if header and header not in used])
    if target == _STDIN:
        print(text, end="")
        return 0
    try:
        with Path(target).open("x", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError as error:
        raise InputError(f"{target} is there already; name another file, or take it away") from error
    except OSError as error:
        raise InputError(f"{target}: cannot be written ({error.strerror})") from error
    print(f"{target} says which column is what; edit it, then `understudy validate {file} --mapping {target}`.")
    return 0


def _text(path: str) -> str:
    """The text of a file or of standard input. Raises InputError."""
    with _open(path) as file:
        raw = file.read()
    for encoding in ("utf-8-sig", "utf-16") if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig",):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InputError(f"{path}: is no UTF-8 text; save it as UTF-8")


def _open(path: str) -> AbstractContextManager[BinaryIO]:
    # Standard input is not ours to close.
    return nullcontext(sys.stdin.buffer) if path == _STDIN else _open_file(path)


def _open_file(path: str) -> BinaryIO:
    try:
        return Path(path).open("rb")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error


def _opener(path: str) -> Opener:
    """Opens the file anew each time; standard input is kept in memory for that."""
    if path != _STDIN:
        _open_file(path).close()
        return lambda: _open_file(path)
    content = sys.stdin.buffer.read()
    return lambda: io.BytesIO(content)


def _tell(path: str, problems: tuple[ClaimProblem, ...]) -> None:
    shown = "standard input" if path == _STDIN else path
    for problem in problems:
        print(f"{shown}:{problem.line}:{problem.column}: {problem.message}", file=sys.stderr)
