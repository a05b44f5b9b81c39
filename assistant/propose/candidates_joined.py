"""A second reading of neighbouring clauses as one: "Long biceps frayed: cut at its origin, anchored in the groove".

What one clause begins and the next one tells is found here for families of procedures that no clause shows alone.
Changes nothing of what single clauses show.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from assistant.propose.clauses import is_verb
from assistant.propose.evidence import Repertoire
from assistant.propose.model import ClinicalNote
from assistant.propose.patterns import view_of
from assistant.propose.plain_words import in_clinical_words


def joined_patterns(
    note: ClinicalNote,
    repertoire: Repertoire,
    carrying: Sequence[int],
    hits: Sequence[frozenset[int]],
    spelled: dict[str, str],
) -> Iterator[tuple[int, frozenset[int]]]:
    """Patterns of `any` that stand across a clause and the one before it, by the number of the later clause.

    Joined are clauses of one sentence that nothing else explains, or of which the second has no subject of its own.
    Only families that no single clause shows are looked for. Linear in the note's length.
    """
    shown = {number: hits[number] & repertoire.named_by.keys() for number in carrying}
    direct = {family for found in shown.values() for family in _families(repertoire, found)}
    for one, two in pairwise(carrying):
        if two != one + 1 or note.clauses[one].sentence != note.clauses[two].sentence:
            continue
        between = note.text[note.clauses[one].end : note.clauses[two].start]
        if _TURNS.search(between) or ((shown[one] or shown[two]) and not _goes_on(note, two, between)):
            continue
        text = f"{note.clauses[one].text} {note.clauses[two].text}"
        view = repertoire.speller.respelled(view_of(text), spelled)
        clinical = in_clinical_words(view)
        found = {*repertoire.index.matching(view), *(repertoire.index.matching(clinical) if clinical else ())}
        new = frozenset(
            pattern
            for pattern in (found & repertoire.named_by.keys()) - hits[one] - hits[two]
            if direct.isdisjoint(_families(repertoire, (pattern,)))
        )
        if new:
            yield two, new


def _families(repertoire: Repertoire, patterns: Iterable[int]) -> set[str]:
    return {repertoire.blocks[block].family for pattern in patterns for block in repertoire.named_by[pattern]}


# "The tower was in the room but registration failed."
_TURNS = re.compile(r"\b(?:but|however|instead|although|though)\b", re.IGNORECASE)


def _goes_on(note: ClinicalNote, two: int, between: str) -> bool:
    """Whether the second clause speaks of what the first has named: after its colon, or begins with the work."""
    opening = view_of(note.clauses[two].text).tokens[:1]
    return ":" in between or bool(opening and is_verb(opening[0]))
