"""Which payer a claim names, and which rule blocks of the notes are in force for it. Judges nothing.

Keeps what it worked out for each payer and each stretch of days with the same notes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from assistant.rules.interpreter import applies
from assistant.rules.precedence import PlacedBlock, superseded_on
from assistant.rules.rule import PayerFacts
from ingest.codes import CodeSet
from ingest.notes.model import KbNote

# National programs have rules of the library and CMS's edits also where the practice wrote no note about them.
_NATIONAL = (PayerFacts("medicare", "Medicare"), PayerFacts("medicaid", "Medicaid"))
_MOST_CODES = 20_000


@dataclass(frozen=True, slots=True)
class Payers:
    """What a claim's payer is: the facts, or None and why."""

    facts: PayerFacts | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class PayerDirectory:
    """Payers by slug, title and alias, in small letters; `shared` names fit several payers."""

    by_name: Mapping[str, PayerFacts]
    shared: Mapping[str, tuple[str, ...]]
    names: Mapping[str, str]

    @classmethod
    def of(cls, notes: Sequence[KbNote]) -> PayerDirectory:
        """From the live payer notes, the practice's before the library's; Medicare and Medicaid are always there."""
        facts: dict[str, PayerFacts] = {}
        called: dict[str, set[str]] = {}
        for note in sorted(notes, key=lambda one: (one.layer != "practice", one.note_id)):
            if note.kind != "payer" or note.status != "live" or len(note.payers) != 1 or note.payers[0] in facts:
                continue
            edits = None if note.edits is None else frozenset(note.edits)
            slug = note.payers[0]
            facts[slug] = PayerFacts(slug, note.title, note.lines_of_business, edits)
            for name in (slug, note.title, *note.aliases):
                called.setdefault(_folded(name), set()).add(slug)
        for national in _NATIONAL:
            if national.slug not in facts:
                facts[national.slug] = national
                called.setdefault(national.slug, set()).add(national.slug)
        by_name = {name: facts[next(iter(slugs))] for name, slugs in called.items() if len(slugs) == 1}
        # A slug is one payer's own, whoever else is called so.
        by_name.update({_folded(slug): one for slug, one in facts.items()})
        shared = {name: tuple(sorted(slugs)) for name, slugs in called.items() if name not in by_name}
        return cls(by_name, shared, {slug: one.name for slug, one in facts.items()})

    def find(self, name: str | None) -> Payers:
        """The payer of this slug, title or alias; letter case and white space do not matter."""
        if not name:
            return Payers(None, "the claim names no payer")
        folded = _folded(name)
        if folded in self.shared:
            return Payers(None, f"this payer may be {' or '.join(self.shared[folded])}; write which")
        facts = self.by_name.get(folded)
        return Payers(facts) if facts else Payers(None, "no payer note knows this payer")


@dataclass(slots=True)
class NoteScope:
    """The rule blocks in force, and the ids of notes of which that cannot be told: `undated`, because the claim has no
    date of service, `left_out`, because their file has an error."""

    placed: tuple[PlacedBlock, ...]
    undated: tuple[str, ...]
    left_out: tuple[str, ...]
    # The blocks without codes; the single codes and the ranges of the others; and what was found by code.
    _of_any_code: frozenset[int] = field(init=False, repr=False)
    _single: dict[str, set[int]] = field(init=False, repr=False, default_factory=dict)
    _ranges: list[tuple[str, str, int]] = field(init=False, repr=False)
    _by_code: dict[str, frozenset[int]] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        codes = [one.block.when.codes if one.block.when else CodeSet() for one in self.placed]
        self._of_any_code = frozenset(place for place, named in enumerate(codes) if not named)
        ends = [(each.low, each.high, place) for place, named in enumerate(codes) for each in named]
        self._ranges = [(low, high, place) for low, high, place in ends if low != high]
        for low, high, place in ends:
            if low == high:
                self._single.setdefault(low, set()).add(place)

    def about(self, procedure_codes: Collection[str]) -> tuple[PlacedBlock, ...]:
        """The blocks that can select a line with one of these codes, or look at every claim."""
        places = set(self._of_any_code)
        for code in procedure_codes:
            found = self._by_code.get(code)
            if found is None:
                if len(self._by_code) >= _MOST_CODES:
                    self._by_code.clear()
                between = [place for low, high, place in self._ranges if low <= code <= high]
                found = frozenset(place for place in between if _selects(self.placed[place], code))
                self._by_code[code] = found = found.union(self._single.get(code, ()))
            places |= found
        return tuple(self.placed[place] for place in sorted(places))


class NoteIndex:
    """The notes with rules, and which of them are in force for a payer and a day."""

    def __init__(self, notes: Sequence[KbNote], left_out: Sequence[KbNote] = ()) -> None:
        self._ruled = [note for note in notes if note.rules and note.status == "live"]
        self._blocks = [tuple(PlacedBlock(note, block) for block in note.rules) for note in self._ruled]
        self._superseding = [note for note in notes if note.supersedes]
        self._left_out = [note for note in left_out if note.status == "live"]
        # The days on which another set of notes may come into force: between two of them every day is alike.
        self._turns = sorted({day for note in (*notes, *left_out) for day in _turns(note)})
        self._scopes: dict[tuple[str | None, int | None], NoteScope] = {}

    def scope(self, payer: str | None, on: date | None) -> NoteScope:
        """What is in force for the payer of this slug (None: unknown) on the day (None: the claim has no date)."""
        key = (payer, None if on is None else bisect_right(self._turns, on))
        scope = self._scopes.get(key)
        if scope is None:
            scope = self._scopes[key] = self._work_out(payer, on)
        return scope

    def _work_out(self, payer: str | None, on: date | None) -> NoteScope:
        # Without a date, a note is out of force for certain only when its successor has no beginning.
        superseded = superseded_on(self._superseding, on or date.min)
        perhaps = superseded_on(self._superseding, date.max) if on is None else frozenset[str]()
        chosen: list[int] = []
        undated: list[str] = []
        for place, note in enumerate(self._ruled):
            # Of an unknown payer the report speaks as a whole, so that only the day is asked here.
            if note.note_id in superseded or (payer is None and note.payers):
                continue
            here = applies(note, payer, on)
            if here is None or (here and note.note_id in perhaps):
                undated.append(note.note_id)
            elif here:
                chosen.append(place)
        broken = tuple(
            note.note_id for note in self._left_out if payer is None or applies(note, payer, on) is not False
        )
        return NoteScope(tuple(one for place in chosen for one in self._blocks[place]), tuple(undated), broken)


def _turns(note: KbNote) -> Iterator[date]:
    """The note's first day, and the day after its last."""
    if note.effective_from is not None:
        yield note.effective_from
    if note.effective_through is not None and note.effective_through < date.max:
        yield note.effective_through + timedelta(days=1)


def _selects(placed: PlacedBlock, procedure_code: str) -> bool:
    return placed.block.when is not None and procedure_code in placed.block.when.codes


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())
