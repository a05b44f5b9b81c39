"""The word lists of the visit level, compiled, and a note's clauses as the level reads them. Decides no level.

Each list is tried as one google-re2 pattern first, so a clause without any of its words costs one look: cost is linear.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import Any

from assistant.propose.model import Clause, ClinicalNote, Evidence, NoteSection
from assistant.propose.patterns import Pattern, View, compile_pattern, view_of

# What stands here is not what the visit was about.
_BACKGROUND = frozenset(
    "past-surgical family-history social-history medications allergies review-of-systems consent billing".split()
)


@dataclass(frozen=True, slots=True)
class Words:
    """One list of patterns. `any_of` is all of them at once."""

    any_of: Pattern
    rows: tuple[Pattern, ...]

    def found(self, view: View) -> bool:
        """True when one of them stands in the text."""
        return bool(view.words) and self.any_of.matches(view)

    def rows_found(self, view: View) -> list[tuple[str, tuple[int, int]]]:
        """Every row that stands in the text, as written, with where it stands first."""
        if not self.found(view):
            return []
        found = ((row.written, row.find(view)) for row in self.rows)
        return [(written, place) for written, place in found if place is not None]


@dataclass(frozen=True, slots=True)
class Line:
    """A clause with its words. `conditional` sentences ("if not better in a week") are told by the sentence's view."""

    clause: Clause
    view: View = field(repr=False)
    number: int

    @property
    def evidence(self) -> Evidence:
        """The clause as evidence."""
        return self.clause.evidence


@cache
def _tables() -> dict[str, Any]:
    return tomllib.loads(files("assistant.propose").joinpath("evaluation_management_words.toml").read_text("utf-8"))


@cache
def words(table: str, name: str) -> Words:
    """The list of this name. Raises KeyError for one that is not there."""
    return _compiled(tuple(_tables()[table][name]))


@cache
def words_of_tests() -> tuple[tuple[str, Words], ...]:
    """The tests that count each once: name and list."""
    return tuple((name, _compiled(tuple(rows))) for name, rows in _tables()["data"]["tests"].items())


@cache
def any_test() -> Words:
    """All words of tests in one list."""
    return _compiled(tuple(row for rows in _tables()["data"]["tests"].values() for row in rows))


def _compiled(rows: Sequence[str]) -> Words:
    patterns = tuple(compile_pattern(row) for row in rows)
    union = " (?:" + "|".join(pattern.source.removeprefix(" ") for pattern in patterns) + ")"
    return Words(Pattern("", union, ()), patterns)


def lines_of(note: ClinicalNote) -> tuple[Line, ...]:
    """The clauses that are about this visit, copies left out, in order."""
    ordered = [one for one in note.sections if one.kind == "medications" and _orders(one.heading)]
    return tuple(
        Line(clause, view_of(clause.text), number)
        for number, clause in enumerate(_as_plan(note.clauses, ordered))
        if clause.section not in _BACKGROUND and not clause.repeated and clause.status != "historical"
    )


def _orders(heading: str) -> bool:
    """Whether drugs under this heading are ordered today: "Rx:" and not "Medications:"."""
    return heading.lower().strip(" :").startswith(("rx", "tx", "prescri", "new med", "treatment", "orders"))


def _as_plan(clauses: Sequence[Clause], ordered: Sequence[NoteSection]) -> Iterator[Clause]:
    waiting = list(reversed(ordered))
    for clause in clauses:
        while waiting and waiting[-1].end <= clause.start:
            waiting.pop()
        inside = bool(waiting) and waiting[-1].start <= clause.start
        yield replace(clause, section="plan") if inside else clause


def between(view: View, first: tuple[int, int], second: tuple[int, int]) -> list[str]:
    """The words between two places of a text, the earlier first."""
    if first > second:
        first, second = second, first
    return [
        token
        for token, start, end in zip(view.tokens, view.starts, view.ends, strict=True)
        if start >= first[1] and end <= second[0]
    ]


def once(evidence: Iterator[Evidence] | Sequence[Evidence]) -> tuple[Evidence, ...]:
    """Each piece of evidence once, in the order of the note."""
    return tuple(sorted(dict.fromkeys(evidence)))
