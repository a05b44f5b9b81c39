"""What is wrong between the notes of a knowledge base, and what has become of a note by a certain day.

Reads no file and no clock: notes, paths and days are handed in. Contradictions between rules are not looked for here.
"""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date

from ingest.notes.checks import Check, nearest, shown
from ingest.notes.model import EvidenceBlock, KbNote, Problem, RuleBlock
from ingest.notes.outline import heading_slug

# A library note may speak of these without a payer note: they are the nation's, not a practice's.
NATIONAL_PAYERS = frozenset({"medicare", "medicaid"})


def check_relations(notes: Sequence[KbNote], *, paths: Collection[str], as_of: date) -> tuple[Problem, ...]:
    """Everything wrong between `notes` (practice and library together), sorted by path and line.

    `paths` are the files and folders links may lead to, as `Listing.paths` of all folders together. `as_of` decides
    what is expired, overdue or superseded: a note is so from the day after the date it names.
    """
    checks = (
        _unknown_payers(notes),
        _duplicate_payers(notes),
        _duplicate_rules(notes),
        _dead_links(notes, paths),
        _duplicate_notes(notes),
        _supersedes(notes),
        _dates(notes, as_of),
    )
    return tuple(sorted({problem for found in checks for problem in found}))


def payer_notes(notes: Sequence[KbNote]) -> dict[str, KbNote]:
    """Slug -> the note that defines the payer; the practice's note before the library's, then the first by id."""
    found: dict[str, KbNote] = {}
    for note in sorted(notes, key=lambda note: (note.layer != "practice", note.note_id)):
        if note.kind == "payer" and len(note.payers) == 1:
            found.setdefault(note.payers[0], note)
    return found


def superseded_by(notes: Sequence[KbNote], on: date | None = None) -> dict[str, str]:
    """Note id -> id of the live note that takes its place. `on` leaves out successors not yet in force on that day.

    Drafts and retired notes take nobody's place. Where several notes supersede one, the one in force latest is named,
    then the first by id. A note never supersedes itself; a circle is left as it is written (`check_relations` says so).
    """
    found: dict[str, KbNote] = {}
    known = {note.note_id for note in notes}
    for note in sorted(notes, key=lambda note: note.note_id):
        if note.status != "live" or (on and note.effective_from and note.effective_from > on):
            continue
        for target in map(_composed, note.supersedes):
            if target not in known or target == note.note_id:
                continue
            if target not in found or _start(note) > _start(found[target]):
                found[target] = note
    return {target: note.note_id for target, note in found.items()}


def long_sections(
    notes: Sequence[KbNote], *, count_tokens: Callable[[str], int], max_tokens: int
) -> tuple[Problem, ...]:
    """A warning for every section of more than `max_tokens` tokens: search reads no further than that in one piece.

    Rule and evidence blocks do not count: they are found by their codes, not by their words.
    """
    problems: list[Problem] = []
    for note in notes:
        lines = note.lines
        blocks: tuple[RuleBlock | EvidenceBlock, ...] = (*note.rules, *note.evidence)
        for block in blocks:
            lines[block.start_line - 1 : block.end_line] = [""] * (block.end_line - block.start_line + 1)
        for section in note.sections:
            tokens = count_tokens("\n".join(lines[section.start_line - 1 : section.end_line]))
            if tokens > max_tokens:
                name = shown(section.heading) if section.heading else "the part before the first heading"
                message = f"{name} has {tokens} tokens, search reads {max_tokens}; divide it under headings of its own"
                problems.append(_problem(note, Check.LONG_SECTION, section.start_line, message))
    return tuple(sorted(problems))


def _unknown_payers(notes: Sequence[KbNote]) -> Iterator[Problem]:
    defined = payer_notes(notes)
    names = {name.casefold(): slug for slug, note in defined.items() for name in (slug, note.title, *note.aliases)}
    for note in notes:
        allowed = NATIONAL_PAYERS if note.layer == "library" else frozenset()
        for slug in note.payers:
            if slug in defined or slug in allowed:
                continue
            near = nearest(slug.replace("-", " "), names) or nearest(slug, defined)
            hint = f'; did you mean "{names.get(near, near)}"?' if near else ""
            message = f"unknown payer {shown(slug)}{hint or '; write its payer note (kind: payer) first'}"
            yield _problem(note, Check.UNKNOWN_PAYER, _field_line(note, "payers", slug), message)


def _duplicate_payers(notes: Sequence[KbNote]) -> Iterator[Problem]:
    first: dict[tuple[str, str], KbNote] = {}
    for note in sorted(notes, key=lambda note: note.note_id):
        if note.kind != "payer" or len(note.payers) != 1 or note.status == "retired":
            continue
        known = first.setdefault((note.layer, note.payers[0]), note)
        if known is not note:
            message = f"payer {shown(note.payers[0])} is already defined by {known.note_id}; keep one payer note"
            yield _problem(note, Check.DUPLICATE_PAYER, _field_line(note, "payers"), message)


def _duplicate_rules(notes: Sequence[KbNote]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for note in sorted(notes, key=lambda note: (note.layer != "library", note.note_id)):
        for rule in note.rules:
            place = f"{note.path}:{rule.start_line}"
            known = first.setdefault(rule.rule_id, place)
            if known != place:
                message = f"the rule id {shown(rule.rule_id)} is taken at {known}; give this rule another"
                yield _problem(note, Check.DUPLICATE_RULE, rule.start_line, message)


def _dead_links(notes: Sequence[KbNote], paths: Collection[str]) -> Iterator[Problem]:
    slugs = {f"{note.note_id}.md": {section.slug for section in note.sections} for note in notes}
    known = set(paths) | set(slugs)
    in_order = sorted(known)
    for note in notes:
        own = f"{note.note_id}.md"
        for link, line in note.links:
            target, _, anchor = _composed(link).partition("#")
            target = target.partition("?")[0]
            if target.startswith("/"):
                path = posixpath.normpath(target.lstrip("/"))
            else:
                path = posixpath.normpath(posixpath.join(posixpath.dirname(own), target)) if target else own
            if path == "." or path in known:
                if anchor and path in slugs and not _anchor_fits(anchor, slugs[path]):
                    yield _problem(note, Check.DEAD_LINK, line, f"no heading {shown('#' + anchor)} in {path}")
            elif path.startswith(".."):
                message = f"the link {shown(link)} leads out of the notes folder, where others do not have it"
                yield _problem(note, Check.DEAD_LINK, line, message)
            else:
                near = nearest(path, in_order, 0.75)
                hint = f'; did you mean "{posixpath.relpath(near, posixpath.dirname(own) or ".")}"?' if near else ""
                yield _problem(note, Check.DEAD_LINK, line, f"the link {shown(link)} leads nowhere{hint}")


def _anchor_fits(anchor: str, slugs: set[str]) -> bool:
    """Code hosts keep one hyphen for every space and count repeated headings from 1; both forms are accepted."""
    wanted = re.sub("-+", "-", heading_slug(anchor))
    again = re.fullmatch(r"(.+)-(\d{1,3})", wanted)
    return wanted in slugs or (again is not None and f"{again[1]}-{int(again[2]) + 1}" in slugs)


def _duplicate_notes(notes: Sequence[KbNote]) -> Iterator[Problem]:
    first: dict[str, KbNote] = {}
    for note in sorted(notes, key=lambda note: note.note_id):
        body = " ".join(" ".join(note.lines[note.body_line - 1 :]).split())
        known = first.setdefault(body, note)
        if body and known is not note:
            message = f"the same text as {known.note_id}; keep one note, with all its payers"
            yield _problem(note, Check.DUPLICATE_NOTE, note.body_line, message)


def _supersedes(notes: Sequence[KbNote]) -> Iterator[Problem]:
    by_id = {note.note_id: note for note in notes}
    for note in notes:
        for written in note.supersedes:
            target = _composed(written)
            line = _field_line(note, "supersedes", written)
            if target not in by_id:
                near = nearest(target.removesuffix(".md").removeprefix("kb/"), by_id)
                hint = f'; did you mean "{near}"?' if near else "; a note's id is its path below kb/ without .md"
                message = f"supersedes {shown(written)}, which is no note{hint}"
                yield _problem(note, Check.SUPERSEDES_NOTHING, line, message)
            elif note.note_id in _reached(target, by_id):
                message = f"supersedes {shown(written)}, which leads back to this note; take one of them out"
                yield _problem(note, Check.SUPERSEDES_CIRCLE, line, message)


def _reached(start: str, by_id: dict[str, KbNote]) -> set[str]:
    """`start` and every note it supersedes, directly or through others."""
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        note_id = waiting.pop()
        if note_id in by_id and note_id not in reached:
            reached.add(note_id)
            waiting += map(_composed, by_id[note_id].supersedes)
    return reached


def _dates(notes: Sequence[KbNote], as_of: date) -> Iterator[Problem]:
    successors = superseded_by(notes, as_of)
    for note in notes:
        if note.verified and note.verified > as_of:
            message = f"verified on {note.verified}, which has not come yet on {as_of}"
            yield _problem(note, Check.VERIFIED_LATER, _field_line(note, "verified"), message)
        if note.status != "live":
            continue
        if note.note_id in successors:
            message = f"superseded by {successors[note.note_id]}; answers name that note first"
            yield _problem(note, Check.SUPERSEDED, 1, message)
        elif note.effective_through and note.effective_through < as_of:
            message = f"expired: effective through {note.effective_through}; renew it, or set status: retired"
            yield _problem(note, Check.EXPIRED, _field_line(note, "effective-through"), message)
        elif note.review_by and note.review_by < as_of:
            message = f"review was due by {note.review_by}; check it and set verified and review-by anew"
            yield _problem(note, Check.OVERDUE, _field_line(note, "review-by"), message)


def _start(note: KbNote) -> date:
    return note.effective_from or note.verified or date.min


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _field_line(note: KbNote, name: str, item: str = "") -> int:
    """The file line of a field, or of one item of it where the list is written one item a line."""
    first = dict(note.field_lines).get(name, 1)
    later = [line for _, line in note.field_lines if line > first]
    last = min(later, default=note.body_line) - 1
    lines = note.lines
    return next((n for n in range(first, last + 1) if item and item in lines[n - 1]), first)


def _problem(note: KbNote, check: Check, line: int, message: str) -> Problem:
    return Problem(note.path, line, check.value, message, check.severity)
