"""Which rule blocks are in force on a day, and which of them gives way to which.

Does not read notes and does not look for contradictions: contradiction.py does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum
from functools import cached_property

from assistant.rules.block_demands import block_keys
from assistant.rules.block_overlap import compatible, shared_codes
from assistant.rules.ready_block import ReadyBlock
from ingest.notes.model import KbNote, RuleBlock


class Level(IntEnum):
    """Where a rule comes from; the higher suspends the lower for the same procedure code and key."""

    CMS = 0
    LIBRARY = 1
    LIBRARY_PAYER = 2
    PRACTICE = 3
    PRACTICE_PAYER = 4


@dataclass(frozen=True)
class PlacedBlock:
    """A rule block and the note it stands in."""

    note: KbNote
    block: RuleBlock

    @cached_property
    def ready(self) -> ReadyBlock:
        """The block as it is run over claims."""
        return ReadyBlock.of(self.block)

    @cached_property
    def order(self) -> tuple[int, str, int]:
        """By level from the highest, then by note and place in the note."""
        return -level(self.note), self.note.note_id, self.block.start_line


def level(note: KbNote) -> Level:
    """The level of every rule of the note. A note that names a payer stands above one that names none."""
    if note.layer == "practice":
        return Level.PRACTICE_PAYER if note.payers else Level.PRACTICE
    return Level.LIBRARY_PAYER if note.payers else Level.LIBRARY


def enforceable(note: KbNote, on: date, *, superseded: Collection[str] = ()) -> bool:
    """True when the note's rules may be enforced for a date of service `on`.

    Drafts, retired notes, notes outside their own dates and those in `superseded` (see `superseded_on`) never are.
    """
    return note.status == "live" and note.in_force(on) and note.note_id not in superseded


def superseded_on(notes: Iterable[KbNote], on: date) -> frozenset[str]:
    """The ids of notes whose place a live note has taken by `on`.

    A note takes its predecessor's place from its own effective-from on, and for good: when the newer one ends, the
    older does not come back.
    """
    return frozenset(
        old
        for note in notes
        if note.status == "live" and (note.effective_from is None or note.effective_from <= on)
        for old in note.supersedes
    )


def spans(notes: Iterable[KbNote]) -> dict[str, tuple[date, date]]:
    """For each live note the first and last day its rules are in force, both included; left out when there is none.

    A note's span ends the day before a live note that supersedes it begins.
    """
    live = [note for note in notes if note.status == "live"]
    taken_from: dict[str, date] = {}
    for note in live:
        for old in note.supersedes:
            begins = note.effective_from or date.min
            taken_from[old] = min(begins, taken_from.get(old, date.max))
    found: dict[str, tuple[date, date]] = {}
    for note in live:
        first, last = note.effective_from or date.min, note.effective_through or date.max
        if (taken := taken_from.get(note.note_id)) is not None:
            if taken <= first:
                continue
            last = min(last, taken - timedelta(days=1))
        if first <= last:
            found[note.note_id] = (first, last)
    return found


def suspends(
    higher: PlacedBlock, lower: PlacedBlock, *, procedure_code: str | None = None, key: str | None = None
) -> bool:
    """True when `higher` can take the place of `lower` for this code and key (None: for any they share).

    That needs a higher level, the key (see `block_keys`: `units`, `modifiers:side`, `documentation` ...) in both, the
    code selected by both, and conditions that can hold together. Over one claim `evaluate_blocks` decides line by line.
    """
    if level(higher.note) <= level(lower.note) or not compatible(higher.block.when, lower.block.when):
        return False
    keys = block_keys(higher.block) & block_keys(lower.block)
    codes = shared_codes(higher.block.when, lower.block.when)
    if codes is None or (procedure_code is not None and codes and procedure_code not in codes):
        return False
    return bool(keys) if key is None else key in keys
