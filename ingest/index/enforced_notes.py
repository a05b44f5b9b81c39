"""The notes a claim is judged by, read quickly: those with rules, payers and successors, from a JSON file beside them.

The file is a cache and may be deleted at any time. It is believed only while every file of the notes folders has the
size and times it had; else each file is read and its content decides. It holds no prose: notes from here are for
judging, not for quoting.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ingest.index.codec import from_json, shape, to_json
from ingest.notes.model import KbNote

# A file written this shortly before it was looked at may be written again within the same tick of the clock.
_TOO_FRESH_NS = 2_000_000_000
_VERSION = 1


@dataclass(frozen=True, slots=True)
class EnforcedNotes:
    """Notes without their text. `left_out` are those whose file has an error, as far as they could be read: of them
    `notes` holds the last good version, when the cache still knows it."""

    notes: tuple[KbNote, ...]
    left_out: tuple[KbNote, ...] = ()


@dataclass(frozen=True, slots=True)
class _File:
    """What became of one note file: its note where it matters for judging, and whether the file has an error."""

    note_id: str
    path: str
    sha256: str
    note: KbNote | None
    has_error: bool = False
    good: KbNote | None = None


@dataclass(frozen=True, slots=True)
class _Known:
    seen: str | None
    files: Mapping[str, _File]


def read_enforced(practice_kb: Path, library_kb: Path, cache: Path, *, evidence: bool = False) -> EnforcedNotes:
    """The notes of a practice and of the library that matter for judging, by note id.

    `evidence` takes in those that show how a procedure is recognised too, for proposing; it needs a cache of its own.

    Never raises for what the folders or the cache hold; where the cache cannot be written, the next call reads anew.
    """
    known = _load(cache)
    seen = _fingerprint((practice_kb, library_kb))
    if known.seen is not None and known.seen == seen:
        return _enforced(known.files)
    files = _read_all(practice_kb, library_kb, known.files, evidence=evidence)
    if files != known.files or seen is not None:
        _save(cache, _Known(seen, files))
    return _enforced(files)


def _enforced(files: Mapping[str, _File]) -> EnforcedNotes:
    in_order = [files[note_id] for note_id in sorted(files)]
    notes = [one.good if one.has_error else one.note for one in in_order]
    left_out = [one.note for one in in_order if one.has_error]
    return EnforcedNotes(tuple(note for note in notes if note), tuple(note for note in left_out if note))


def _read_all(practice_kb: Path, library_kb: Path, known: Mapping[str, _File], *, evidence: bool) -> dict[str, _File]:
    """Every note file, parsed where its content is new."""
    from ingest.index.changes import list_notes
    from ingest.notes.folder import read_file
    from ingest.notes.model import Problem
    from ingest.notes.reader import read_note

    found: dict[str, _File] = {}
    for note_id, listed in list_notes(practice_kb, library_kb).files.items():
        file, before = listed.file, known.get(note_id)
        raw = read_file(file)
        if isinstance(raw, Problem):
            unread = KbNote(note_id, file.path, listed.layer, note_id, "reference", "live", "", 1, ())
            found[note_id] = _File(note_id, file.path, "", unread, has_error=True, good=_good(before))
            continue
        sha256 = hashlib.sha256(raw).hexdigest()
        if before is not None and (before.sha256, before.path) == (sha256, file.path):
            found[note_id] = before
            continue
        read = read_note(raw, note_id=note_id, path=file.path, layer=listed.layer)
        wrong = read.note is None or any(problem.severity == "error" for problem in read.problems)
        if wrong:
            note = read.note or KbNote(note_id, file.path, listed.layer, note_id, "reference", "live", "", 1, ())
            found[note_id] = _File(
                note_id, file.path, sha256, _bare(note, evidence=evidence), has_error=True, good=_good(before)
            )
        else:
            assert read.note is not None
            matters = bool(read.note.rules or read.note.kind == "payer" or read.note.supersedes)
            matters = matters or (evidence and bool(read.note.evidence))
            bare = _bare(read.note, evidence=evidence) if matters else None
            found[note_id] = _File(note_id, file.path, sha256, bare)
    return found


def _good(before: _File | None) -> KbNote | None:
    if before is None:
        return None
    return before.good if before.has_error else before.note


def _bare(note: KbNote, *, evidence: bool) -> KbNote:
    """Without what only readers need."""
    shown = tuple(replace(block, examples=()) for block in note.evidence) if evidence else ()
    return replace(note, text="", sections=(), evidence=shown, links=(), declared=frozenset(), field_lines=())


def _fingerprint(folders: Sequence[Path]) -> str | None:
    """Size and times of everything in the folders as one text; None while something is too fresh to be believed."""
    digest = hashlib.sha256(f"{_VERSION} {shape(KbNote)}".encode())
    newest = 0
    for folder in folders:
        digest.update(f"\x00{folder.absolute()}".encode("utf-8", "surrogatepass"))
        for name, status in _walk(str(folder)):
            # A changed content with the old time and size still changes the time of the entry itself.
            told = f"\x00{name}\x00{status.st_mode}\x00{status.st_size}\x00{status.st_mtime_ns}\x00{status.st_ctime_ns}"
            digest.update(told.encode("utf-8", "surrogatepass"))
            newest = max(newest, status.st_mtime_ns, status.st_ctime_ns)
    return digest.hexdigest() if newest < time.time_ns() - _TOO_FRESH_NS else None


def _walk(folder: str) -> Iterator[tuple[str, os.stat_result]]:
    """Everything below the folder but what is hidden, by name; what a symbolic link leads to besides the link."""
    try:
        with os.scandir(folder) as entries:
            found = sorted((entry for entry in entries if not entry.name.startswith(".")), key=lambda one: one.name)
    except OSError:
        return
    for entry in found:
        try:
            status = entry.stat(follow_symlinks=False)
            yield entry.path, status
            if entry.is_symlink():
                yield entry.path, entry.stat(follow_symlinks=True)
            elif entry.is_dir(follow_symlinks=False):
                yield from _walk(entry.path)
        except OSError:
            continue


def _load(cache: Path) -> _Known:
    """What the cache file holds; nothing when it is missing, damaged, or of another version."""
    nothing = _Known(None, {})
    try:
        head, _, body = cache.read_text(encoding="utf-8").partition("\n")
        if head != _seal(body):
            return nothing
        raw = json.loads(body)
        files = {str(one[0]): _file(one) for one in raw["files"]}
        return _Known(raw["seen"], files)
    except (OSError, ValueError, KeyError, TypeError, IndexError, RecursionError):
        return nothing


def _seal(body: str) -> str:
    """The first line of a cache file: what it was written by, and the sum of all that follows."""
    summed = hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest()
    return f"understudy notes {_VERSION} {shape(KbNote)} {summed}"


def _file(raw: Sequence[Any]) -> _File:
    note_id, path, sha256, note, has_error, good = raw
    return _File(note_id, path, sha256, _note(note), bool(has_error), _note(good))


def _note(text: str | None) -> KbNote | None:
    return None if text is None else from_json(KbNote, text)


def _save(cache: Path, known: _Known) -> None:
    """Write the cache, whole or not at all."""

    def written(note: KbNote | None) -> str | None:
        return None if note is None else to_json(note)

    rows = [
        (one.note_id, one.path, one.sha256, written(one.note), one.has_error, written(one.good))
        for one in known.files.values()
    ]
    body = json.dumps({"seen": known.seen, "files": rows})
    try:
        cache.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=cache.parent, delete=False, encoding="utf-8") as file:
            file.write(f"{_seal(body)}\n{body}")
        Path(file.name).replace(cache)
    except OSError:
        # A folder that cannot be written costs time and nothing else.
        return
