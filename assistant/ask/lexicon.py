"""What coders call procedures and the things they ask about, read from lexicon.toml beside this file.

Everyday names only: it says that "tubes" means 69433 and 69436, never what a payer wants for them.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from assistant.ask.words import PhraseBook, stem, words
from ingest.codes import CodeSet


@dataclass(frozen=True, slots=True)
class Procedure:
    """A procedure or family under its everyday names."""

    name: str
    codes: CodeSet
    within: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Topic:
    """A thing one can ask about. `needs` names the kind of value an answer must hold, such as a duration."""

    name: str
    needs: str | None


@dataclass(frozen=True, eq=False)
class Lexicon:
    """All names, with the phrase books that find them in a text."""

    procedures: dict[str, Procedure]
    topics: dict[str, Topic]
    procedure_phrases: PhraseBook
    topic_phrases: PhraseBook
    evidence_phrases: PhraseBook
    abbreviations: dict[str, str]
    plain_stems: frozenset[str]
    plain_forms: frozenset[str]
    single_words: frozenset[str]


@cache
def load_lexicon() -> Lexicon:
    """The lexicon of this installation. Raises ValueError naming the entry when a code in it is malformed."""
    raw = tomllib.loads(Path(__file__).with_name("lexicon.toml").read_text(encoding="utf-8"))
    procedures = {
        name: Procedure(name, CodeSet.parse(entry["codes"]), tuple(entry.get("within", ())))
        for name, entry in raw["procedure"].items()
    }
    topics = {name: Topic(name, entry.get("needs")) for name, entry in raw["topic"].items()}
    say = [(phrase, name) for name, entry in raw["procedure"].items() for phrase in entry["say"]]
    ask = [(phrase, name) for name, entry in raw["topic"].items() for phrase in entry["say"]]
    speak = ask + [(phrase, name) for name, entry in raw["topic"].items() for phrase in entry.get("evidence", ())]
    plain = raw["plain"]["words"].split()
    procedure_phrases, topic_phrases, evidence_phrases = PhraseBook(say), PhraseBook(ask), PhraseBook(speak)
    return Lexicon(
        procedures=procedures,
        topics=topics,
        procedure_phrases=procedure_phrases,
        topic_phrases=topic_phrases,
        evidence_phrases=evidence_phrases,
        abbreviations=dict(raw["abbreviations"]),
        plain_stems=frozenset(stem(form) for form in plain),
        plain_forms=frozenset(plain),
        single_words=frozenset(word.form for phrase, _ in say + speak for word in words(phrase) if len(word.form) >= 5),
    )
