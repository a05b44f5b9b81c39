"""Short forms written out and small misspellings set right for comparing words. Never changes the note's text."""

from __future__ import annotations

import tomllib
from collections.abc import Set
from functools import cache
from importlib.resources import files
from typing import Any

from rapidfuzz.distance import OSA


@cache
def _read() -> dict[str, Any]:
    return tomllib.loads(files("assistant.propose").joinpath("abbreviations.toml").read_text("utf-8"))


@cache
def _rows() -> dict[str, tuple[str, ...]]:
    return {short: tuple(full) for short, full in _read()["short"].items()}


@cache
def _real_words() -> frozenset[str]:
    return frozenset(_read()["real_words"].split())


def expand(word: str) -> tuple[str, ...]:
    """What a short form may stand for, in lower case, the likeliest first; empty for a word that is none."""
    low = word.lower().replace("’", "'")
    return _rows().get(low) or _rows().get(low.rstrip(".")) or ()


@cache
def _by_length(vocabulary: frozenset[str]) -> dict[tuple[str, int], tuple[str, ...]]:
    found: dict[tuple[str, int], list[str]] = {}
    for word in sorted(vocabulary):
        if len(word) >= 6:
            found.setdefault((word[0], len(word)), []).append(word)
    return {key: tuple(words) for key, words in found.items()}


def closest(word: str, vocabulary: Set[str]) -> str | None:
    """The one word of `vocabulary` (lower case) that `word` misspells, or None.

    One slip (a letter more, less, other, or two swapped) from 6 letters on, two from 9; the first letter stands. None
    where
    `word` is in the vocabulary or is a word of its own, where two words are equally near, or below 6 letters.
    """
    low = word.lower()
    length = len(low)
    if length < 6 or length > 40 or not low.isalpha() or low in vocabulary or low in _real_words():
        return None
    slips = 2 if length >= 9 else 1
    table = _by_length(vocabulary if isinstance(vocabulary, frozenset) else frozenset(vocabulary))
    best: list[str] = []
    least = slips + 1
    for size in range(length - slips, length + slips + 1):
        for known in table.get((low[0], size), ()):
            if (known in _real_words() and low[-2:] != known[-2:] and slips == 1 and length < 7) or _inflected(
                low, known
            ):
                continue
            far = OSA.distance(low, known, score_cutoff=min(slips, least))
            if far < least:
                best, least = [known], far
            elif far == least and far <= slips:
                best.append(known)
    return best[0] if len(best) == 1 and 0 < least <= slips else None


def _inflected(low: str, known: str) -> bool:
    """Whether the two are forms of one word ("remove", "removed", "polyp", "polyps"): no misspelling."""
    short, long = sorted((low, known), key=len)
    return long.startswith(short) and long[len(short) :] in {"s", "d", "ed", "es"}
