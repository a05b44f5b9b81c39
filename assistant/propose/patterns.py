"""The pattern language of evidence blocks: short patterns over words, compiled to google-re2, so time is linear.

Knows no block, no status and no side: it finds words in a piece of text and says where they stand.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import Any

ARTICLES = frozenset("a an the his her".split())
GAP_WORDS = 8
MAX_PATTERN = 4_000
MAX_DEPTH = 12
NUMBER_WORDS = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred dozen"
).split()
# Units of measure and the other ways they are written.
_UNITS = {
    "cm": ("cm", "cms", "centimeter", "centimeters", "centimetre", "centimetres"),
    "mm": ("mm", "mms", "millimeter", "millimeters", "millimetre", "millimetres"),
    "ml": ("ml", "mls", "cc", "ccs", "milliliter", "milliliters"),
    "mg": ("mg", "mgs", "milligram", "milligrams"),
}
# What is one word: 2nd; a number; T&A, I&D; w/o, s/p, B/L; a word, whose 's is dropped. Hyphens part words.
_WORD = re.compile(
    r"[0-9]+(?:st|nd|rd|th)\b|[0-9]+(?:[.,][0-9]+)*|\.[0-9]+|[a-z]{1,2}(?:&[a-z])+\b|[a-z]{1,2}/[a-z]{1,2}\b|[a-z][a-z0-9]*|&"
)
# In a pattern: a word, or words joined by signs that have no meaning there, up to a sign that has one or a gap.
_RUN = re.compile(r"(?:[^\s|()?#*.]|\.(?!\.\.))+")
_LETTERS = re.compile(r"[a-z]+")
_POSSESSIVE = re.compile(r"(?<=[a-z])'s(?![a-z])")
_NUMBER = rf"(?:(?:[0-9]*\.?[0-9]+(?:[.,][0-9]+)*|{'|'.join(NUMBER_WORDS)}) ){{1,3}}"
_GAP = rf"(?:\S+ ){{0,{GAP_WORDS}}}?"


class PatternError(ValueError):
    """A pattern that cannot be read: what is wrong with it and how to mend it."""


@dataclass(frozen=True, slots=True)
class View:
    """A text as its words, each followed by a blank, and where they stood.

    The words are lower-cased; articles and punctuation are left out. `starts` and `ends` are the offsets of the words
    in the text, end excluded; `places` their offsets in `words`.
    """

    words: str = field(repr=False)
    starts: tuple[int, ...] = field(repr=False)
    ends: tuple[int, ...] = field(repr=False)
    places: tuple[int, ...] = field(repr=False)

    @classmethod
    def of(cls, words: Sequence[str], starts: Sequence[int], ends: Sequence[int]) -> View:
        """The view of words, in order, with the offsets where each stood in the text."""
        places: list[int] = []
        place = 1
        for word in words:
            places.append(place)
            place += len(word) + 1
        return cls(f" {' '.join(words)} " if words else "", tuple(starts), tuple(ends), tuple(places))

    @property
    def tokens(self) -> list[str]:
        """The words, in order."""
        return self.words.split()


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern that can be run. `keys`: a text without one of these words does not match; a `*` ends a beginning."""

    written: str
    source: str
    keys: tuple[str, ...]

    def find(self, view: View) -> tuple[int, int] | None:
        """Where it stands first, as offsets of the text the view was made of, end excluded; None when nowhere."""
        match = _engine(self.source).search(view.words)
        if match is None:
            return None
        first = bisect_right(view.places, match.start() + 1) - 1
        last = bisect_right(view.places, match.end() - 1) - 1
        return view.starts[first], view.ends[last]

    def matches(self, view: View) -> bool:
        """True when it stands somewhere."""
        return _engine(self.source).search(view.words) is not None


@cache
def _engine(source: str) -> Any:
    import re2

    options = re2.Options()
    options.log_errors = False
    return re2.compile(source, options)


def _folded(char: str) -> str:
    """One ASCII character for one character."""
    if char in "\u2019\u02bc":
        return "'"
    first = unicodedata.normalize("NFKD", char)[:1].lower()
    return first if first.isascii() else " "


def view_of(text: str) -> View:
    """The view of a text. Linear in its length."""
    folded = text.lower() if text.isascii() else "".join(map(_folded, text))
    folded = _POSSESSIVE.sub("  ", folded)
    words: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for match in _WORD.finditer(folded):
        word = "and" if match.group() == "&" else match.group()
        if word in ARTICLES:
            continue
        if word in {"scar", "scars"} and words and words[-1] in {"biopsy", "bx"}:
            # The biopsy of a "biopsy scar" was not done now.
            words.pop(), starts.pop(), ends.pop()
        words.append(word)
        starts.append(match.start())
        ends.append(match.end())
    return View.of(words, starts, ends)


@cache
def read_pattern(written: str) -> Pattern:
    """The pattern as it can be run. Raises PatternError saying what is wrong and how to mend it."""
    if len(written) > MAX_PATTERN:
        raise PatternError(f"a pattern has at most {MAX_PATTERN} characters; write two")
    part = _Parser(written).read()
    if part.keys is None:
        raise PatternError("nothing in it must be there; write at least one word that is not optional")
    return Pattern(written, " " + part.source, part.keys)


def compile_pattern(written: str) -> Pattern:
    """As `read_pattern`, and the engine has accepted it."""
    import re2

    pattern = read_pattern(written)
    try:
        _engine(pattern.source)
    except re2.error as error:
        raise PatternError("it is too large to run; write several patterns") from error
    return pattern


@cache
def forms(word: str) -> tuple[str, ...]:
    """The word and its plain inflections: s, es, d, ed, ing, with the spelling changes English makes."""
    if len(word) < 3 or not word.isalpha():
        return (word,)
    found = [word, word + "s", word + "es", word + "ed", word + "ing"]
    if word[-1] == "e":
        # Elsewhere a "d" makes another word: fol, fold.
        found += [word + "d", word[:-1] + "ing"]
    elif word[-1] == "y" and word[-2] not in "aeiou":
        found += [word[:-1] + "ies", word[:-1] + "ied"]
    elif len(word) < 8 and word[-1] not in "aeiouwxyh" and word[-2] in "aeiou" and word[-3] not in "aeiou":
        found += [word + word[-1] + "ed", word + word[-1] + "ing"]
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of a pattern: its regular expression, each word of which ends with a blank, and its keys.

    `keys` None: it may be empty, or may match without any known word.
    """

    source: str
    keys: tuple[str, ...] | None
    optional: bool = False


class _Parser:
    """Reads one pattern from left to right."""

    def __init__(self, written: str) -> None:
        self._text = written.lower().replace("\u2026", "...").replace("\u2019", "'")
        self._at = 0
        self._depth = 0

    def read(self) -> _Part:
        part = self._sequence("")
        if self._at < len(self._text):
            raise PatternError('there is a ")" without its "("; delete it or open it before')
        return part

    def _peek(self) -> str:
        return self._text[self._at] if self._at < len(self._text) else ""

    def _skip_blanks(self) -> None:
        while self._peek().isspace():
            self._at += 1

    def _sequence(self, stops: str) -> _Part:
        """Places in a row, up to one of `stops`, a closing parenthesis or the end."""
        parts: list[_Part | None] = []
        while True:
            self._skip_blanks()
            char = self._peek()
            if not char or char == ")" or char in stops:
                break
            if self._text.startswith("...", self._at):
                self._at += 3
                parts.append(None)
            else:
                parts.append(self._place(stops))
        return _joined(parts)

    def _place(self, stops: str) -> _Part:
        """One place: `a|b|(c d)`. Inside parentheses without a gap the bar parts phrases and belongs to the group."""
        choices = [self._atom()]
        while not stops and self._peek() == "|":
            self._at += 1
            if not self._peek() or self._peek().isspace() or self._peek() in "|)":
                raise PatternError('after "|" stands the next choice, without a blank: polyp|tissue')
            choices.append(self._atom())
        if not stops and self._text[self._at :].lstrip()[:1] == "|":
            raise PatternError('a "|" stands between its choices without blanks: polyp|tissue')
        return _either(choices)

    def _atom(self) -> _Part:
        char = self._peek()
        if char == "(":
            part = self._group()
        elif char == "#":
            self._at += 1
            part = self._number()
        else:
            part = self._words()
        if self._peek() == "?":
            self._at += 1
            part = _Part(f"(?:{part.source})?", None, optional=True)
        return part

    def _group(self) -> _Part:
        self._at += 1
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise PatternError("parentheses stand too deep in each other; write several patterns")
        if self._has_gap():
            choices = [self._sequence("")]
        else:
            choices = [self._sequence("|")]
            while self._peek() == "|":
                self._at += 1
                choices.append(self._sequence("|"))
        if self._peek() != ")":
            raise PatternError('a "(" is never closed; add ")"')
        self._at += 1
        self._depth -= 1
        return _either(choices)

    def _has_gap(self) -> bool:
        """Whether the group just opened has a "..." of its own, so that its bars stand between words as outside."""
        depth = 0
        for place in range(self._at, len(self._text)):
            char = self._text[place]
            depth += (char == "(") - (char == ")")
            if depth < 0:
                return False
            if depth == 0 and self._text.startswith("...", place):
                return True
        return False

    def _number(self) -> _Part:
        match = _LETTERS.match(self._text, self._at)
        unit = match.group() if match else ""
        self._at += len(unit)
        if not unit:
            return _Part(_NUMBER, None)
        words = _UNITS.get(unit) or forms(unit)
        return _Part(f"{_NUMBER}(?:(?:x|by|times) {_NUMBER})*(?:{'|'.join(map(re.escape, words))}) ", words)

    def _words(self) -> _Part:
        """A word, or words joined by `_` or a hyphen, the last of which may end with `*`."""
        match = _RUN.match(self._text, self._at)
        run = match.group() if match else ""
        self._at += len(run)
        star = self._peek() == "*"
        if star:
            self._at += 1
            if self._peek() and not self._peek().isspace() and self._peek() not in "|)?" and not self._gap_here():
                raise PatternError('a "*" stands at the end of a word: remov*')
        if star and len(run) == 1:
            raise PatternError(f'"{run}*" begins too many words; write at least two letters before "*"')
        if not run:
            char = self._peek()
            raise PatternError('a "*" stands at the end of a word: remov*' if star else f'"{char}" has no place here')
        tokens = (
            [run] if run.isalpha() and run.isascii() and run not in ARTICLES else view_of(run.replace("_", " ")).tokens
        )
        if not tokens:
            if not star and run.replace("_", " ").replace("-", " ").strip() in ARTICLES:
                # Articles are skipped in the text, so one in a pattern asks for nothing.
                return _Part("", None, optional=True)
            raise PatternError(f'"{run[:30]}" holds no letter and no number; delete it')
        parts = [_word(token, star and number == len(tokens)) for number, token in enumerate(tokens, start=1)]
        return _joined(list(parts))

    def _gap_here(self) -> bool:
        return self._text.startswith("...", self._at)


@cache
def _word(token: str, star: bool) -> _Part:
    if star:
        return _Part(rf"{re.escape(token)}\S* ", (token + "*",))
    found = forms(token)
    tails = [form[len(token) :] for form in found if form.startswith(token)]
    others = [re.escape(form) for form in found if not form.startswith(token)]
    stem = re.escape(token) + (f"(?:{'|'.join(tail for tail in tails if tail)})?" if len(tails) > 1 else "")
    return _Part(f"(?:{'|'.join([stem, *others])}) " if others else f"{stem} ", found)


def _joined(parts: Sequence[_Part | None]) -> _Part:
    """Parts in a row; None is a gap."""
    if not parts:
        raise PatternError("there is nothing between two signs; write a word")
    if parts[0] is None or parts[-1] is None:
        raise PatternError(
            'a "..." stands between two words; a "#" that begins a comment cuts a pattern: put it in double quotes'
        )
    if any(left is None and right is None for left, right in pairwise(parts)):
        raise PatternError('two "..." stand side by side; write one')
    source = "".join(_GAP if part is None else part.source for part in parts)
    known = [part.keys for part in parts if part is not None and part.keys]
    # The rarest place is asked for first: the one whose shortest word is longest.
    return _Part(source, max(known, key=lambda keys: (min(map(len, keys)), -len(keys))) if known else None)


def _either(choices: Sequence[_Part]) -> _Part:
    if len(choices) == 1:
        return choices[0]
    keys: tuple[str, ...] | None = ()
    for choice in choices:
        keys = None if keys is None or choice.keys is None else (*keys, *choice.keys)
    return _Part(f"(?:{'|'.join(choice.source for choice in choices)})", tuple(dict.fromkeys(keys)) if keys else None)


@dataclass(frozen=True, slots=True)
class PatternIndex:
    """Many patterns by the words they need, so that a text is tried only against those that can match."""

    patterns: tuple[Pattern, ...]
    by_word: dict[str, tuple[int, ...]]
    by_beginning: dict[str, tuple[int, ...]]
    lengths: tuple[int, ...]

    def near(self, tokens: Iterable[str]) -> list[int]:
        """The numbers, in order, of the patterns whose needed words are among the tokens."""
        found: set[int] = set()
        for token in set(tokens):
            found.update(self.by_word.get(token, ()))
            for length in self.lengths:
                if length > len(token):
                    break
                found.update(self.by_beginning.get(token[:length], ()))
        return sorted(found)

    def matching(self, view: View) -> Iterator[int]:
        """The numbers, in order, of the patterns that stand in the text."""
        return (number for number in self.near(view.tokens) if self.patterns[number].matches(view))


def index_patterns(patterns: Iterable[Pattern]) -> PatternIndex:
    """The patterns with an index over their keys; their numbers are their places in the order given."""
    kept = tuple(patterns)
    words: dict[str, list[int]] = {}
    beginnings: dict[str, list[int]] = {}
    for number, pattern in enumerate(kept):
        for key in pattern.keys:
            target, word = (beginnings, key[:-1]) if key.endswith("*") else (words, key)
            target.setdefault(word, []).append(number)
    return PatternIndex(
        kept,
        {word: tuple(numbers) for word, numbers in words.items()},
        {word: tuple(numbers) for word, numbers in beginnings.items()},
        tuple(sorted({len(word) for word in beginnings})),
    )
