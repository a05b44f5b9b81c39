"""Each new release beside the one before it: what changed, and which notes that touches. Reads the store only."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ingest.notes.model import KbNote
from ingest.tables.changed_diagnoses import changed_diagnoses
from ingest.tables.changes import COMPARED, Changes, NamedCodes, TouchedNote, changes_between, release_before
from ingest.tables.errors import StoreUnusable
from ingest.tables.icd10cm import base_releases, open_base
from ingest.tables.releases import StoredRelease, connect, stored_releases


@dataclass(frozen=True, slots=True)
class Comparison:
    """A release, the one before it, what differs, and the notes that name a code of it."""

    release: StoredRelease
    before: StoredRelease
    changes: Changes
    notes: tuple[TouchedNote, ...]


def compare_releases(store: Path, release_ids: Collection[int], notes: Sequence[KbNote]) -> tuple[Comparison, ...]:
    """The comparisons of these releases; one that has none before it is left out. Raises StoreUnusable."""
    found = []
    named = NamedCodes(notes)
    with closing(connect(store)) as connection, closing(open_base()) as base:
        try:
            releases = stored_releases(connection)
            for release in releases:
                if release.release_id not in release_ids:
                    continue
                before = release_before(releases, release)
                if release.program == "icd10cm":
                    compared = changed_diagnoses(connection, base, (base_releases(base), releases), release, notes)
                    found.extend([Comparison(release, *compared)] if compared else [])
                elif release.program in COMPARED and before is not None:
                    changes = changes_between(connection, before, release, named.names)
                    found.append(Comparison(release, before, changes, named.touched(changes)))
        except sqlite3.Error as error:
            raise StoreUnusable(
                f"{store}: the releases cannot be compared ({error}); move the file away and import again"
            ) from error
    return tuple(found)
