"""The practice's reference tables as commands and the page tell of them: releases, imports and what changed.

Prints nothing; the reading is ingest.tables'.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assistant.settings import Practice
    from ingest.notes.model import KbNote
    from ingest.tables.comparison import Comparison
    from ingest.tables.importer import Imported
    from ingest.tables.releases import StoredRelease


def all_releases(practice: Practice) -> tuple[tuple[StoredRelease, ...], tuple[StoredRelease, ...]]:
    """What comes with the installation (ICD-10-CM), and what the practice imported."""
    from contextlib import closing

    from ingest.tables.icd10cm import base_releases, open_base
    from ingest.tables.store import StoredTables

    with closing(open_base()) as base, closing(StoredTables(practice.tables)) as tables:
        return base_releases(base), tables.releases()


def changes_by(practice: Practice, imported: Sequence[Imported]) -> tuple[Comparison, ...]:
    """For each release that got new rows and has one before it: the changes and the notes that name their codes."""

    from ingest.tables.comparison import compare_releases

    fresh = {one.release.release_id for one in imported if one.outcome != "unchanged"}
    return compare_releases(practice.tables, fresh, _notes(practice)) if fresh else ()


def _notes(practice: Practice) -> list[KbNote]:
    """The notes of practice and library that can be read; problems are the business of `kb check`."""
    from ingest.notes.folder import list_folder, read_listing

    own = list_folder(practice.kb, exclude=frozenset({"library"}))
    shared = list_folder(practice.library, prefix="library/")
    return [
        *read_listing(own, own.files, layer="practice").notes,
        *read_listing(shared, shared.files, layer="library").notes,
    ]


def release_json(one: StoredRelease, shipped: bool) -> dict[str, Any]:
    """A release as JSON; `shipped` when it came with Understudy."""
    shown = one.released()
    return {
        "program": one.program,
        "shipped": shipped,
        "release": one.label,
        "effective_from": one.effective_from.isoformat(),
        "effective_through": one.effective_through.isoformat(),
        "rows": shown.rows,
        "sha256": shown.sha256,
        "files": [
            {"file": part.file_name, "part": part.name, "rows": part.rows, "sha256": part.sha256} for part in one.parts
        ],
    }


def imported_json(one: Imported) -> dict[str, Any]:
    """What became of one file as JSON."""
    return {
        "file": one.file_name,
        "outcome": one.outcome,
        "rows": one.rows,
        "program": one.release.program,
        "release": one.release.label,
        "effective_from": one.release.effective_from.isoformat(),
        "effective_through": one.release.effective_through.isoformat(),
    }


def changes_json(one: Comparison) -> dict[str, Any]:
    """What a release changed, and the notes that name its codes, as JSON."""
    return {
        "program": one.release.program,
        "release": one.release.label,
        "before": one.before.label,
        "totals": dict(sorted(one.changes.totals.items())),
        "notes": [
            {
                "note": note.note_id,
                "path": note.path,
                "codes": [{"code": code, "change": kind, "details": list(others)} for code, kind, others in note.codes],
            }
            for note in one.notes
        ],
    }
