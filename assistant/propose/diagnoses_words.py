"""The words of notes and of ICD-10-CM's titles made comparable: one form for each meaning. Knows no code.

Linear in the text. The lists of words are our own (diagnoses_words.toml).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import sha256
from importlib.resources import files
from typing import NamedTuple

_WORD = re.compile(r"[^\W\d_][^\W_]*(?:&[^\W\d_]+)?|\d+(?:\.\d+)?(?:st|nd|rd|th)?")
_SHORTEST_PLURAL = 4
_MOST_KEPT = 50_000

# Words that carry no meaning of their own, in titles and in notes.
STOP = frozenset(
    "a an the of in on at to from for and or by with without as is are was were be been has have had due"
    " its his her their"
    " this that these those which who patient pt also than then there into not no any all each some nos nec elsewhere"
    " classified other unspecified specified type-unspecified part parts site sites encounter initial"
    " subsequent sequela"
    " ie eg etc current".split()
)
SIDE_WORDS = frozenset("right left bilateral unilateral rt lt".split())


class Token(NamedTuple):
    """A word in its comparable form and where it stands; `shout` as written where that is in capitals, else ""."""

    word: str
    start: int
    end: int
    shout: str


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What the word lists say: one form for each word, phrases for phrases, and what a part belongs to.

    `digest` changes with the lists and with how they are read, so that an index made with others is not used.
    """

    same: Mapping[str, str]
    phrases: Mapping[str, tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]]
    part_of: Mapping[str, tuple[str, ...]]
    digest: str


@cache
def lexicon() -> Lexicon:
    """The word lists, read once."""
    room = files("assistant.propose")
    listed = room.joinpath("diagnoses_words.toml").read_bytes()
    code = [room.joinpath(name).read_bytes() for name in ("diagnoses_words.py", "diagnoses_titles.py")]
    read = tomllib.loads(listed.decode("utf-8"))
    same: dict[str, str] = {}
    for word, others in read["same"].items():
        same.setdefault(word, word)
        for other in others.split():
            same.setdefault(other, word)
    phrases: dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]] = {}
    for written, meant in read["phrases"].items():
        words = tuple(written.lower().split())
        phrases.setdefault(words[0], []).append((words, tuple(meant.split())))
    return Lexicon(
        same,
        {first: tuple(sorted(rows, key=lambda row: -len(row[0]))) for first, rows in phrases.items()},
        {word: tuple(more.split()) for word, more in read["part-of"].items()},
        sha256(b"".join((listed, *code))).hexdigest()[:8],
    )


@lru_cache(maxsize=_MOST_KEPT)
def plain(word: str) -> str:
    """One lower-case word in its comparable form."""
    same = lexicon().same
    if word in same:
        return same[word]
    for form in _singulars(word):
        if form in same:
            return same[form]
    return next(iter(_singulars(word)), word)


def _singulars(word: str) -> Iterable[str]:
    """What the word may be the plural of, the likeliest first; nothing where it is no plural."""
    if len(word) < _SHORTEST_PLURAL or not word.endswith("s") or word.endswith(("ss", "us", "is", "ous")):
        return
    if word.endswith("ies"):
        yield word[:-3] + "y"
    elif word.endswith(("oses", "ases", "yses")):
        yield word[:-2] + "is"
    elif word.endswith("itides"):
        yield word[:-5] + "is"
    elif word.endswith(("ches", "shes", "xes", "sses", "zes")):
        yield word[:-2]
    else:
        yield word[:-1]


def tokens_of(text: str, start: int = 0) -> list[Token]:
    """The words of the text, phrases rewritten, stop words left out. Offsets are counted from `start`."""
    raw = [
        (match.group().lower(), match.start() + start, match.end() + start, match.group())
        for match in _WORD.finditer(text)
        if not (match.group() in {"s", "S"} and text[match.start() - 1 : match.start()] in {"'", "’"})
    ]
    phrases = lexicon().phrases
    found: list[Token] = []
    at = 0
    while at < len(raw):
        low, begin, end, written = raw[at]
        shout = written if len(written) > 1 and written.isupper() and written.isalpha() else ""
        for words, meant in phrases.get(low, ()):
            if len(words) <= len(raw) - at and all(raw[at + n][0] == word for n, word in enumerate(words)):
                end = raw[at + len(words) - 1][2]
                found.extend(Token(plain(word), begin, end, shout if not n else "") for n, word in enumerate(meant))
                at += len(words)
                break
        else:
            word = plain(low)
            if word not in STOP or (shout and len(shout) < 4):
                found.append(Token(word, begin, end, shout))
            at += 1
    return found


def words_of_title(title: str) -> tuple[str, ...]:
    """The distinct words of a title or inclusion term that carry meaning, in order."""
    return tuple(dict.fromkeys(token.word for token in tokens_of(title) if token.word not in STOP))


def wider(word: str) -> tuple[str, ...]:
    """What a named part belongs to; () where it is none or the largest."""
    return lexicon().part_of.get(word, ())


@cache
def site_words() -> frozenset[str]:
    """The words for parts of the body that are known to belong to larger ones, and those larger ones."""
    parts = lexicon().part_of
    return frozenset(parts) | {word for held in parts.values() for word in held if word != "other"}


def smallest_window(places: Sequence[Sequence[int]]) -> tuple[int, int] | None:
    """The narrowest stretch that holds one place of each list (each sorted); None where a list is empty."""
    if not places or any(not one for one in places):
        return None
    marks = sorted((place, number) for number, one in enumerate(places) for place in one)
    counts = [0] * len(places)
    held = first = 0
    best: tuple[int, int] | None = None
    for place, number in marks:
        held += counts[number] == 0
        counts[number] += 1
        while held == len(places):
            begin, leaving = marks[first]
            if best is None or place - begin < best[1] - best[0]:
                best = (begin, place)
            counts[leaving] -= 1
            held -= counts[leaving] == 0
            first += 1
    return best
