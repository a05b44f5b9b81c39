"""The notes as the page shows them: whole, by id, read again only where a file changed. Answers nothing.

A note is found by its id among those read; no name from outside is ever made into a path.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from assistant.ask.answer import freshness
from assistant.settings import Practice
from ingest.notes.folder import NoteFile, list_folder, read_listing
from ingest.notes.model import KbNote, Layer, Problem


@dataclass(frozen=True, slots=True)
class _Read:
    seen: tuple[int, int]
    notes: tuple[KbNote, ...]
    problems: tuple[Problem, ...]


@dataclass
class Shelf:
    """Every readable note of the practice and the library it inherits."""

    practice: Practice
    _known: dict[str, _Read] = field(default_factory=dict, repr=False)

    def notes(self) -> Mapping[str, KbNote]:
        """The notes as they stand on disk now, by id."""
        self._look()
        return {note.note_id: note for read in self._known.values() for note in read.notes}

    def problems(self, path: str) -> tuple[Problem, ...]:
        """What is wrong with the form of one note, as it was read last."""
        read = self._known.get(path)
        return read.problems if read else ()

    def _look(self) -> None:
        own = list_folder(self.practice.kb, exclude=frozenset({"library"}))
        shared = list_folder(self.practice.library, prefix="library/")
        kept: dict[str, _Read] = {}
        layers: tuple[tuple[Layer, Any], ...] = (("practice", own), ("library", shared))
        for layer, listing in layers:
            for file in listing.files:
                before = self._known.get(file.path)
                seen = (file.mtime_ns, file.size)
                if before is None or before.seen != seen:
                    before = self._read(listing, file, layer, seen)
                kept[file.path] = before
        self._known = kept

    def _read(self, listing: Any, file: NoteFile, layer: Layer, seen: tuple[int, int]) -> _Read:
        folder = read_listing(listing, [file], layer=layer)
        return _Read(seen, tuple(folder.notes), tuple(one for one in folder.problems if one.path == file.path))


def is_stale(note: KbNote, on: date) -> bool:
    """True when the note's review was due before `on`."""
    return note.review_by is not None and note.review_by < on


def freshness_of(note: KbNote, on: date) -> str:
    """Who verified a note and when, and whether that still holds."""
    return freshness(note.note_id, note.verified, note.owner, note.review_by, stale=is_stale(note, on))


def summary(note: KbNote, on: date) -> dict[str, Any]:
    """What a list shows of a note."""
    return {
        "id": note.note_id,
        "path": note.path,
        "title": note.title,
        "kind": note.kind,
        "layer": note.layer,
        "status": note.status,
        "payers": list(note.payers),
        "codes": str(note.codes),
        "stale": is_stale(note, on),
        "rules": len(note.rules),
        "freshness": freshness_of(note, on),
    }


def matches(note: KbNote, words: list[str]) -> bool:
    """True when every word stands in the note's title, id or text, or is a code the note names."""
    text = f"{note.title}\n{note.note_id}\n{note.text}".lower()
    return all(word in text or (len(word) == 5 and word.upper() in note.codes) for word in words)
