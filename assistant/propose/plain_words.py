"""What a note says in everyday words, as the clinical words that evidence patterns use (plain_words.toml).

Adds a second reading of a text and changes nothing of the first: patterns are tried on both.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files

from assistant.propose.patterns import View, view_of

# The words of a phrase, and the clinical words in its place.
_Phrase = tuple[tuple[str, ...], tuple[str, ...]]


@cache
def _phrases() -> Mapping[str, tuple[_Phrase, ...]]:
    """By its first word, the longest first."""
    read = tomllib.loads(files("assistant.propose").joinpath("plain_words.toml").read_text(encoding="utf-8"))
    found: dict[str, list[_Phrase]] = {}
    for room in read.values():
        for meant, written in room.items():
            clinical = tuple(view_of(meant).tokens)
            for phrase in written.split("|"):
                plain = tuple(view_of(phrase).tokens)
                for form in dict.fromkeys((plain, (*plain[:-1], f"{plain[-1]}s"))):
                    found.setdefault(form[0], []).append((form, clinical))
    return {first: tuple(sorted(rows, key=lambda row: -len(row[0]))) for first, rows in found.items()}


def in_clinical_words(view: View) -> View | None:
    """The view with everyday phrases in clinical words; None where it has none. Offsets stay those of the text."""
    tokens = view.tokens
    phrases = _phrases()
    if phrases.keys().isdisjoint(tokens):
        return None
    words: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    changed = False
    at = 0
    while at < len(tokens):
        length, meant = next(_here(tokens, at, phrases), (1, None))
        changed = changed or meant is not None
        for word in meant or (tokens[at],):
            words.append(word)
            starts.append(view.starts[at])
            ends.append(view.ends[at + length - 1])
        at += length
    if not changed:
        return None
    return View.of(words, starts, ends)


def _here(
    tokens: list[str], at: int, phrases: Mapping[str, tuple[_Phrase, ...]]
) -> Iterator[tuple[int, tuple[str, ...]]]:
    for plain, meant in phrases.get(tokens[at], ()):
        if tuple(tokens[at : at + len(plain)]) == plain:
            yield len(plain), meant
