"""`understudy tables`: which reference tables the practice has; `tables import`: brings CMS's own files in."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.commands.common import Commands, add_practice, day, practice_of, print_json, progress_bar
from assistant.errors import InputError
from assistant.reference_tables import all_releases, changes_by, changes_json, imported_json, release_json

if TYPE_CHECKING:
    from ingest.tables.comparison import Comparison
    from ingest.tables.importer import ImportReport

# So many codes of a note, and so many partners of a pair, are printed; --json has them all.
_SHOWN_CODES = 12
_SHOWN_OTHERS = 6


def register(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser("tables", help="list the reference tables, or import CMS's files")
    parser.add_argument("--json", action="store_true", help="print as JSON")
    add_practice(parser)
    parser.set_defaults(run=run)
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    bring = actions.add_parser(
        "import",
        help="import files as CMS publishes them, also zipped",
        description="Recognises each file by its content and takes the dates it covers from content or name. "
        "A file goes in whole or not at all.",
    )
    bring.add_argument("files", nargs="+", metavar="FILE", type=Path)
    bring.add_argument("--effective-from", type=day, metavar="D", help="first date of service the files cover")
    bring.add_argument("--effective-through", type=day, metavar="D", help="last date of service they cover")
    # Without a default of their own, so that what stands before `import` holds.
    bring.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print as JSON")
    bring.add_argument("--practice", metavar="DIR", default=argparse.SUPPRESS, help="the practice folder")
    bring.set_defaults(run=run_import)


def run(arguments: argparse.Namespace) -> int:
    """List the releases with what they leave open. Exit 0."""
    from ingest.tables.coverage import remarks
    from ingest.tables.errors import TablesError
    from ingest.tables.model import PROGRAM_NAMES

    practice = practice_of(arguments)
    try:
        shipped, imported = all_releases(practice)
    except TablesError as error:
        raise InputError(str(error)) from error
    told = remarks((*shipped, *imported))
    if arguments.json:
        listed = [*(release_json(one, True) for one in shipped), *(release_json(one, False) for one in imported)]
        print_json({"releases": listed, "remarks": list(told)})
        return 0
    for one in (*shipped, *imported):
        days = f"{one.effective_from:%Y-%m-%d} to {one.effective_through:%Y-%m-%d}"
        origin = ", comes with Understudy" if one in shipped else ""
        print(f"{PROGRAM_NAMES[one.program]}, {one.label}: {days}, {one.released().rows:,} rows{origin}")
        for part in one.parts:
            print(f"    {part.file_name}  {part.rows:,} rows  sha256 {part.sha256}")
    if not imported:
        print("No table was imported yet: `understudy tables import FILE...` takes CMS's files as downloaded.")
    for remark in told:
        print(remark)
    return 0


def run_import(arguments: argparse.Namespace) -> int:
    """Import each file by itself. Exit 0 when all are in, 2 when one was refused (the others are in)."""
    from ingest.tables.errors import TablesError
    from ingest.tables.importer import import_file

    first, last = arguments.effective_from, arguments.effective_through
    if (first is None) != (last is None):
        raise InputError("--effective-from and --effective-through belong together: give both, or neither")
    practice = practice_of(arguments)
    show = progress_bar()
    reports: list[ImportReport] = []
    errors: list[str] = []
    for path in arguments.files:
        try:
            reports.append(import_file(path, practice.tables, show, (first, last) if first and last else None))
        except TablesError as error:
            errors.append(str(error))
    try:
        changes = changes_by(practice, [one for report in reports for one in report.imported])
    except TablesError as error:
        raise InputError(str(error)) from error
    if arguments.json:
        print_json(
            {
                "imported": [imported_json(one) for report in reports for one in report.imported],
                "left_out": [told for report in reports for told in report.left_out],
                "changes": [changes_json(one) for one in changes],
                "errors": errors,
            }
        )
    else:
        _print_reports(reports)
        for comparison in changes:
            _print_changes(comparison)
    for told in errors:
        print(f"understudy: {told}", file=sys.stderr)
    return 2 if errors else 0


def _print_reports(reports: Sequence[ImportReport]) -> None:
    from ingest.tables.model import PROGRAM_NAMES

    told = {"added": "imported", "replaced": "imported in place of an earlier one", "unchanged": "was there already"}
    for report in reports:
        for one in report.imported:
            release = one.release
            print(
                f"{one.file_name}: {PROGRAM_NAMES[release.program]}, {release.label}, {one.rows:,} rows, "
                f"{release.effective_from:%Y-%m-%d} to {release.effective_through:%Y-%m-%d}: {told[one.outcome]}"
            )
        for left_out in report.left_out:
            print(f"  left out: {left_out}")


def _print_changes(one: Comparison) -> None:
    from ingest.tables.model import PROGRAM_NAMES

    release, before, changes, notes = one.release, one.before, one.changes, one.notes
    totals = ", ".join(f"{count:,} {kind}" for kind, count in sorted(changes.totals.items())) or "nothing changed"
    print(f"{PROGRAM_NAMES[release.program]}, {release.label} against {before.label}: {totals}.")
    if not notes:
        print("  No note names a code of these.")
    for note in notes:
        print(f"  {note.path}")
        for code, kind, others in note.codes[:_SHOWN_CODES]:
            more = f" and {len(others) - _SHOWN_OTHERS} more" if len(others) > _SHOWN_OTHERS else ""
            print(f"    {code} {kind}{': ' if others else ''}{', '.join(others[:_SHOWN_OTHERS])}{more}")
        if len(note.codes) > _SHOWN_CODES:
            print(f"    ... and {len(note.codes) - _SHOWN_CODES} more; --json lists them all")
