"""What clinicians write for diagnoses, beside ICD-10-CM's own titles (diagnoses_terms.toml). Reads no note."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from assistant.propose.diagnoses_index import Term
from assistant.propose.diagnoses_words import STOP, tokens_of

# Before a word that must be written in capitals.
SHOUTED = "^"


@dataclass(frozen=True, slots=True)
class OwnTerm(Term):
    """A term of ours; `stated` is True where it counts only in a stated diagnosis."""

    stated: bool = False


@cache
def own_terms() -> dict[str, tuple[OwnTerm, ...]]:
    """Our terms by their rarest word."""
    read = tomllib.loads(files("assistant.propose").joinpath("diagnoses_terms.toml").read_text("utf-8"))
    terms = [
        term
        for group in read.values()
        for diagnosis_code, said in group.items()
        for term in _terms(diagnosis_code, said)
    ]
    times = Counter(word for term in terms for word in term.words)
    found: dict[str, list[OwnTerm]] = {}
    for term in terms:
        found.setdefault(min(term.words, key=lambda word: (times[word], word)), []).append(term)
    return {word: tuple(held) for word, held in found.items()}


def _terms(diagnosis_code: str, said: str) -> Iterator[OwnTerm]:
    for one in said.split("|"):
        text = one.strip()
        words = dict.fromkeys(
            SHOUTED + token.shout if token.shout else token.word
            for token in tokens_of(text.lstrip("!"))
            if token.shout or token.word not in STOP
        )
        yield OwnTerm(tuple(words), diagnosis_code, 0, text.startswith("!"))
