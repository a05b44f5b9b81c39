"""`understudy kb check`: every problem of every note, in one run."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.commands.common import Commands, add_practice, practice_of, print_json, today

if TYPE_CHECKING:
    from datetime import date

    from assistant.settings import Practice
    from ingest.notes.model import KbNote, Problem


def register(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser("kb", help="check the notes")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    check = actions.add_parser("check", help="list every problem of every note, with file and line")
    check.add_argument("--json", action="store_true", help="print the problems as JSON")
    check.add_argument("--library", action="store_true", help="list the starter library's problems as well")
    add_practice(check)
    check.set_defaults(run=run)


@dataclass(frozen=True, slots=True)
class Checked:
    """The notes that could be read and every problem found, by path and line."""

    notes: tuple[KbNote, ...]
    problems: tuple[Problem, ...]


def check(practice: Practice, on: date) -> Checked:
    """Read and check all notes of a practice together with the library."""
    from assistant.bootstrap import embedder
    from assistant.kb_check import check_notes
    from ingest.notes.folder import list_folder, read_listing
    from ingest.notes.relations import check_relations, long_sections
    from ingest.tables.icd10cm import is_known_diagnosis

    own = list_folder(practice.kb, exclude=frozenset({"library"}))
    shared = list_folder(practice.library, prefix="library/")
    read_own = read_listing(own, own.files, layer="practice")
    read_shared = read_listing(shared, shared.files, layer="library")
    notes = (*read_own.notes, *read_shared.notes)
    model = embedder()
    problems = [
        *read_own.problems,
        *read_shared.problems,
        *check_relations(notes, paths=own.paths | shared.paths, as_of=on),
        *long_sections(notes, count_tokens=model.count_tokens, max_tokens=model.max_tokens),
        *check_notes(notes, on=on, known_diagnosis=is_known_diagnosis),
    ]
    return Checked(notes, tuple(sorted(set(problems))))


def run(arguments: argparse.Namespace) -> int:
    """Exit 0 without errors (warnings may stand), 1 with errors."""
    checked = check(practice_of(arguments), today())
    library = {note.path for note in checked.notes if note.layer == "library"}
    shown = [
        problem
        for problem in checked.problems
        if arguments.library or problem.severity == "error" or problem.path not in library
    ]
    errors = sum(problem.severity == "error" for problem in shown)
    if arguments.json:
        print_json(
            {
                "notes": len(checked.notes),
                "errors": errors,
                "warnings": len(shown) - errors,
                "problems": [
                    {
                        "path": problem.path,
                        "line": problem.line,
                        "check": problem.check,
                        "severity": problem.severity,
                        "message": problem.message,
                    }
                    for problem in shown
                ],
            }
        )
        return 1 if errors else 0
    for problem in shown:
        print(problem if problem.severity == "error" else f"{problem} (warning)")
    rules = sum(len(note.rules) for note in checked.notes)
    print(f"{len(checked.notes)} notes, {rules} rule blocks: {errors} errors, {len(shown) - errors} warnings.")
    return 1 if errors else 0
