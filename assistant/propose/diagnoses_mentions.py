"""Where a clause of a note names a diagnosis: words of one term close together. Knows no section and chooses no code.

Cost: each word of the note asks the index once; a clause is compared only with terms whose rarest word it holds.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from assistant.propose.diagnoses_index import DiagnosisIndex, Term
from assistant.propose.diagnoses_terms import SHOUTED, OwnTerm, own_terms
from assistant.propose.diagnoses_words import Token, site_words, smallest_window, tokens_of, wider
from assistant.propose.model import Clause

# How many words may stand between those of a term, by its kind.
_SLACK = (3, 3, 3, 1)
# In prose that states no diagnosis, words of the official terms must stand side by side: of "third stage two blocks" or
# "basal lamella, back cells" any two would make one.
_SLACK_IN_PROSE = (3, 0, 0, 0)
_KIND_WORTH = (1.5, 0.8, 0.7, 0.2)
# What is said to be absent; "not otherwise specified", "not controlled" and "no longer" deny nothing before a disease.
_ABSENT = re.compile(
    r"\b(?:without|w/o|no|not|denies)\b(?! (?:otherwise|well|adequately|yet|at goal|clear|controlled))[^,;.()]*"
)
_TERMS_WORTH_ASKING = 60_000
_MOST_TOKENS = 400


@dataclass(frozen=True, slots=True)
class Mention:
    """A diagnosis named in a clause: the codes and headings its words mean, and which words (numbers in `tokens`)."""

    clause: Clause = field(repr=False)
    tokens: Sequence[Token] = field(repr=False)
    first: int
    last: int
    words: tuple[str, ...] = field(repr=False)
    codes: tuple[str, ...]
    worth: float
    own: bool

    @property
    def start(self) -> int:
        """Offset in the note of the first of its words."""
        return self.tokens[self.first].start

    @property
    def end(self) -> int:
        """Offset in the note after the last of its words."""
        return self.tokens[self.last].end


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The terms that a note's words may form, by their rarest word, and how common each word is."""

    terms: Mapping[str, tuple[Term, ...]]
    times: Mapping[str, int]

    def worth(self, word: str) -> float:
        """How much a word tells: more the rarer it is."""
        return math.log(_TERMS_WORTH_ASKING / (1 + self.times.get(word, 1)))


def read_vocabulary(index: DiagnosisIndex, clauses: Iterable[Clause]) -> Vocabulary:
    """The terms whose rarest word stands in one of the clauses."""
    words = {token.word for clause in clauses for token in tokens_of(clause.text)}
    words |= {larger for word in words for larger in wider(word)}
    times = index.times(words)
    held: dict[str, list[Term]] = {}
    for term in index.terms(words):
        held.setdefault(min(term.words, key=lambda word: (times.get(word, 0), word)), []).append(term)
    return Vocabulary({word: tuple(terms) for word, terms in held.items()}, times)


def mentions_in(clause: Clause, vocabulary: Vocabulary, *, stated: bool) -> list[Mention]:
    """The diagnoses a clause names, in order. `stated`: the clause states diagnoses, so that bare abbreviations count.

    Of terms that share words the one that tells most is kept, and others only where they add a word of their own.
    """
    tokens = _without_number(tokens_of(clause.text, clause.start)[:_MOST_TOKENS], clause)
    absent = list(_cues(clause.text.lower()))
    places = _places(tokens, clause.text, [(clause.start + first, clause.start + last) for first, last in absent])
    found: dict[frozenset[str], list[tuple[Term, tuple[int, int]]]] = {}
    for term in _possible(places, vocabulary):
        if isinstance(term, OwnTerm) and term.stated and not stated:
            continue
        window = smallest_window([places.get(word, ()) for word in term.words])
        if window and window[1] - window[0] <= len(term.words) - 1 + _slack(term.kind, stated=stated):
            found.setdefault(frozenset(_bare(term.words)), []).append((term, window))
    mentions = [_mention(clause, tokens, held, vocabulary) for held in found.values()]
    return sorted(_apart(mentions, places), key=lambda one: (one.first, one.last))


def _slack(kind: int, *, stated: bool) -> int:
    return _SLACK[kind] if stated else min(_SLACK[kind], _SLACK_IN_PROSE[kind])


def _without_number(tokens: list[Token], clause: Clause) -> list[Token]:
    """The words without a list number at the beginning, which is no "type 1"."""
    marked = tokens and tokens[0].word.isdigit() and clause.text[tokens[0].end - clause.start :][:1] in {".", ")", ":"}
    return tokens[1:] if marked and tokens[0].start == clause.start else tokens


def _bare(words: Iterable[str]) -> Iterable[str]:
    return (word.lower().removeprefix(SHOUTED) for word in words)


def _places(tokens: Sequence[Token], text: str, absent: Sequence[tuple[int, int]]) -> dict[str, list[int]]:
    """Where each word stands that is not said to be absent; words in capitals a second time, unless everything is."""
    places: dict[str, list[int]] = {}
    loud = not any(character.islower() for character in text) and len(tokens) > 3
    for number, token in enumerate(tokens):
        if any(first <= token.start < last for first, last in absent):
            continue
        places.setdefault(token.word, []).append(number)
        if token.shout and not loud:
            shout = token.shout[:-1] if token.shout.endswith("S") and len(token.shout) > 3 else token.shout
            places.setdefault(SHOUTED + shout, []).append(number)
        for larger in wider(token.word):
            places.setdefault(larger, []).append(number)
    return {word: sorted(set(held)) for word, held in places.items()}


def _possible(words: Collection[str], vocabulary: Vocabulary) -> Iterable[Term]:
    own = own_terms()
    for word in words:
        yield from own.get(word, ())
        yield from vocabulary.terms.get(word, ())


def _mention(
    clause: Clause,
    tokens: Sequence[Token],
    held: Sequence[tuple[Term, tuple[int, int]]],
    vocabulary: Vocabulary,
) -> Mention:
    """One mention of all terms with the same words: ours beat titles, titles beat parts of titles."""
    best = min(term.kind for term, _window in held)
    kept = [(term, window) for term, window in held if term.kind == best or (best in {1, 2} and term.kind in {1, 2})]
    term, (first, last) = kept[0]
    words = tuple(_bare(term.words))
    worth = sum(vocabulary.worth(word) for word in words) + _KIND_WORTH[best]
    worth -= 0.4 * (last - first - len(words) + 1)
    # A part named only by something smaller ("foot" for the leg) tells less.
    there = {token.word for token in tokens[first : last + 1]} | {
        token.shout.lower() for token in tokens[first : last + 1]
    }
    worth -= sum(3.0 for word in words if word not in there and word + "s" not in there)
    codes = tuple(sorted({one.diagnosis_code for one, _window in kept}))
    return Mention(clause, tokens, first, last, words, codes, worth, best == 0)


def _apart(mentions: Sequence[Mention], places: Mapping[str, Sequence[int]]) -> list[Mention]:
    taken: set[int] = set()
    kept: list[Mention] = []
    sites = site_words()
    places_of = {place: word for word, held in places.items() for place in held if not word.startswith(SHOUTED)}
    for mention in sorted(mentions, key=lambda one: (-one.worth, one.first)):
        held = {
            place
            for word in mention.words
            for place in (*places.get(word, ()), *places.get(SHOUTED + word.upper(), ()))
            if mention.first <= place <= mention.last
        }
        new = held - taken
        if new and not (kept and all(places_of.get(place) in sites for place in new) and _complete(kept, held, sites)):
            kept.append(mention)
            # Everywhere in the clause the same words mean the same.
            taken |= {place for word in mention.words for place in places.get(word, ())} | held
    return kept


def _complete(kept: Sequence[Mention], held: Collection[int], sites: frozenset[str]) -> bool:
    """Whether one of those kept shares a word and needs no part of the body: the part only tells where it is."""
    return any(sites.isdisjoint(one.words) and any(one.first <= place <= one.last for place in held) for one in kept)


def said_words(tokens: Sequence[Token], text: str, start: int) -> set[str]:
    """The words of a clause that are not said to be absent ("without nail damage")."""
    low = text.lower()
    said: set[str] = set()
    at = 0
    for cue in _cues(low):
        said |= {token.word for token in tokens if at <= token.start - start < cue[0]}
        at = cue[1]
    return said | {token.word for token in tokens if token.start - start >= at}


def _cues(low: str) -> Iterable[tuple[int, int]]:
    for match in _ABSENT.finditer(low):
        yield match.start(), match.end()
