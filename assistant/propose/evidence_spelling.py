"""Misspelled words of a note set right towards the words of the patterns: a letter dropped, doubled or swapped.

Changes no note and no quote: only the words patterns are run on. Another letter in place of one is never taken for a
slip, since it most often makes another word (resected, rejected).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from assistant.propose.patterns import Pattern, View, forms

_LEAST = 8
_LEAST_SWAPPED = 7
_WORD = re.compile(r"[a-z]+\*?")
# Words of their own that a letter tells from a word of the patterns.
_OWN = frozenset(
    "aesthetic aesthetics caruncle caruncles simulation simulator simulated perineal peroneal abduction adduction"
    " abducted adducted contract contracted erection election".split()
)
# A hole made to stay, and a cut: one letter, another procedure.
_ENDINGS = re.compile(r"s?tom(?:y|ies)\Z")


@dataclass(frozen=True, slots=True)
class Speller:
    """The words the patterns know, whole or by their beginning, and these with a letter less."""

    words: frozenset[str]
    beginnings: frozenset[str]
    shortened: dict[str, str]
    lengths: tuple[int, ...]

    def respelled(self, view: View, known: dict[str, str]) -> View:
        """The view with slips set right. `known` keeps what was found for words seen before."""
        tokens = view.tokens
        changed = False
        for place, token in enumerate(tokens):
            if len(token) < _LEAST_SWAPPED or not token.isalpha():
                continue
            if token not in known:
                known[token] = self._right(token)
            if known[token] != token:
                tokens[place] = known[token]
                changed = True
        if not changed:
            return view
        return View.of(tokens, view.starts, view.ends)

    def _knows(self, token: str) -> bool:
        return token in self.words or any(token[:length] in self.beginnings for length in self.lengths)

    def _right(self, token: str) -> str:
        if token in _OWN or self._knows(token):
            return token
        for end in (len(token), *self.lengths):
            # Of a longer word only the beginning is compared, with a letter more and a letter less.
            for cut in (end,) if end == len(token) else (end - 1, end, end + 1):
                if _LEAST_SWAPPED <= cut <= len(token):
                    right = self._near(token[:cut], self.words if cut == len(token) else self.beginnings)
                    if right is not None and self._same_ending(token, right + token[cut:]):
                        return right + token[cut:]
        return token

    def _near(self, part: str, wanted: frozenset[str]) -> str | None:
        for place in range(len(part) - 1):
            swapped = part[:place] + part[place + 1] + part[place] + part[place + 2 :]
            if place and swapped in wanted:
                return swapped
        if len(part) < _LEAST - 1:
            return None
        for place in range(1, len(part)):
            less = part[:place] + part[place + 1 :]
            if len(less) >= _LEAST and less in wanted:
                return less
        more = self.shortened.get(part)
        return more if more in wanted else None

    def _same_ending(self, token: str, right: str) -> bool:
        one, other = _ENDINGS.search(token), _ENDINGS.search(right)
        return one is None or other is None or one[0] == other[0]


def speller_of(patterns: Iterable[Pattern]) -> Speller:
    """The speller towards the words of the patterns."""
    words: set[str] = set()
    beginnings: set[str] = set()
    for pattern in patterns:
        for word in _WORD.findall(pattern.written.lower()):
            if word.endswith("*"):
                beginnings.add(word[:-1])
            elif len(word) >= _LEAST_SWAPPED:
                words.update(forms(word))
    long = frozenset(beginning for beginning in beginnings if len(beginning) >= _LEAST_SWAPPED)
    shortened: dict[str, str] = {}
    for word in sorted(words | long):
        # The first letter is never the one that was dropped.
        for place in range(1, len(word) if len(word) >= _LEAST else 0):
            shortened.setdefault(word[:place] + word[place + 1 :], word)
    return Speller(
        frozenset(words), frozenset(beginnings), shortened, tuple(sorted({len(beginning) for beginning in beginnings}))
    )
