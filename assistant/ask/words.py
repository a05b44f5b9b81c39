"""Words as the question reader and the sufficiency decision compare them: normal forms, stems, phrases.

Knows nothing of payers or codes beyond their spelling. The search index has its own tokens (ingest.index.tokens).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

# "t&a" and "e&m" stay one word; a hyphen or slash between letters is a blank, so that "post-op" meets "post op".
_WORD = re.compile(
    r"[a-z0-9]+(?:&[a-z0-9]+)+|[a-z]{1,4}\d+[a-z0-9]*|[a-z]+(?:'[a-z]+)?|\d+(?:\.\d+)?[a-z]*", re.IGNORECASE
)
# The stemmer would make "time", "year" and "file" of them.
_OWN_STEM = frozenset({"timely", "yearly", "filing"})
_TYPOGRAPHIC = str.maketrans({"\u2019": "'", "\u2018": "'", "\u2013": "-", "\u2014": "-", "\u00a0": " "})


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a text: its lower-case form, its stem, and its place (code points, end excluded)."""

    form: str
    stem: str
    start: int
    end: int


@cache
def _stemmer() -> object:
    import snowballstemmer

    return snowballstemmer.stemmer("english")


@cache
def stem(form: str) -> str:
    """The English stem of a lower-case word; short words and words with digits stay as they are."""
    if len(form) < 4 or not form.isalpha() or form in _OWN_STEM:
        return form.removesuffix("'s")
    stemmed: str = _stemmer().stemWord(form.removesuffix("'s"))  # type: ignore[attr-defined]
    return stemmed


def words(text: str) -> list[Word]:
    """The words of `text` in order, with their places in it."""
    plain = text.translate(_TYPOGRAPHIC)
    return [
        Word(form := match.group().lower(), stem(form), match.start(), match.end()) for match in _WORD.finditer(plain)
    ]


def stems(text: str) -> tuple[str, ...]:
    """The stems of `text` in order."""
    return tuple(word.stem for word in words(text))


def forms(text: str) -> tuple[str, ...]:
    """The lower-case words of `text` in order, without a possessive ending: how proper names compare."""
    return tuple(bare_form(word.form) for word in words(text))


def bare_form(form: str) -> str:
    """A lower-case word without a possessive ending."""
    return form.removesuffix("'s").removesuffix("'")


@dataclass(frozen=True, slots=True)
class PhraseHit:
    """A phrase found in a list of words: what it stands for and the words it covers (end excluded)."""

    names: tuple[str, ...]
    first: int
    end: int


class PhraseBook:
    """Phrases by their stems, each standing for one or more names; finds the longest ones in a text."""

    __slots__ = ("_longest", "_names")

    def __init__(self, entries: Iterable[tuple[str, str]], *, by_form: bool = False) -> None:
        """`entries` are (phrase, name) pairs; a phrase may stand for several names. `by_form`: unstemmed."""
        names: dict[tuple[str, ...], list[str]] = {}
        for phrase, name in entries:
            key = forms(phrase) if by_form else stems(phrase)
            if key and name not in names.setdefault(key, []):
                names[key].append(name)
        self._names = {key: tuple(value) for key, value in names.items()}
        self._longest = max((len(key) for key in self._names), default=0)

    def find(self, text_words: Sequence[str]) -> list[PhraseHit]:
        """Every phrase in the text that does not lie within a longer one, in order of first word."""
        hits: list[PhraseHit] = []
        covered_to = 0
        for first in range(len(text_words)):
            for length in range(min(self._longest, len(text_words) - first), 0, -1):
                names = self._names.get(tuple(text_words[first : first + length]))
                if names and first + length > covered_to:
                    hits.append(PhraseHit(names, first, first + length))
                    covered_to = first + length
                    break
        return hits

    def named_by(self, word: str) -> tuple[str, ...]:
        """What a single word stands for by itself."""
        return self._names.get((word,), ())

    def phrases(self) -> Iterator[tuple[str, ...]]:
        """Every phrase, as stems."""
        return iter(self._names)

    def single_words(self) -> frozenset[str]:
        """The stems that occur in any phrase."""
        return frozenset(word for key in self._names for word in key)
