"""What a coder's question names and what it asks for, as typed values.

Reads words only: it decides nothing about the answer and knows no note.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from assistant.ask.lexicon import Lexicon
from assistant.ask.payers import PayerDirectory
from assistant.ask.spelled import (
    age_written,
    carcs_written,
    codes_written,
    date_written,
    diagnoses_written,
    is_number_like,
    mask,
    modifiers_written,
    places_written,
)
from assistant.ask.words import PhraseHit, Word, stem, words
from ingest.codes import CodeSet

_REQUEST = "request"


@dataclass(frozen=True, slots=True)
class Question:
    """A question as read. Tuples are in order of appearance; `on` is the date the question itself names, else None.

    `payers` groups the slugs of each mention: a group of several means the words fit several plans. `rest` are the
    content words that nothing else explained; they are what prose must answer to. `spoken` is the text with
    typing mistakes mended and abbreviations written out.
    """

    text: str
    spoken: str
    payers: tuple[tuple[str, ...], ...]
    unknown_payers: tuple[str, ...]
    codes: CodeSet
    diagnoses: tuple[str, ...]
    modifiers: tuple[str, ...]
    carcs: tuple[str, ...]
    procedures: tuple[str, ...]
    topics: tuple[str, ...]
    places: tuple[str, ...]
    age: int | None
    on: date | None
    rest: tuple[Word, ...]
    content: tuple[Word, ...]

    def __hash__(self) -> int:
        """Of the text alone, which tells questions apart: what is worked out once for a question is found by it."""
        return hash(self.text)

    @property
    def payer_slugs(self) -> tuple[str, ...]:
        """Every payer slug the question may mean, once."""
        return tuple(dict.fromkeys(slug for group in self.payers for slug in group))

    @property
    def names_a_payer(self) -> bool:
        """True when the question is about a payer, known or not."""
        return bool(self.payers or self.unknown_payers)

    def asks(self, *topics: str) -> bool:
        """True when the question asks about one of the topics."""
        return any(topic in self.topics for topic in topics)

    @property
    def procedure_demand(self) -> bool:
        """True when the question is about a procedure, by code or by name."""
        return bool(self.codes or self.procedures)


def read_question(
    text: str,
    *,
    directory: PayerDirectory,
    lexicon: Lexicon,
    as_of: date,
    knows: Callable[[str], bool] = lambda _form: False,
) -> Question:
    """The question as typed values. `as_of` resolves "last year"; `knows` tells whether the notes hold a word."""
    used: list[tuple[int, int]] = []
    on = date_written(text, as_of, used)
    masked = mask(text, used)
    age = age_written(masked, used)
    places = places_written(masked)
    carcs = carcs_written(masked, used)
    masked = mask(masked, used)
    codes, code_modifiers = codes_written(masked, used)
    masked = mask(masked, used)
    diagnoses = diagnoses_written(masked, used)
    modifiers = tuple(dict.fromkeys((*code_modifiers, *modifiers_written(mask(masked, used), used))))
    named = directory.read(mask(text, used), lexicon, knows)
    found = words(mask(text, used))
    free = [word for place, word in enumerate(found) if place not in named.covered]
    written = {word.start: written_out(word, lexicon, knows) for word in free}
    spelled_out = [
        Word(form, stem(form), word.start, word.end) for word in free for form in written[word.start].split()
    ]
    stems = [word.stem for word in spelled_out]
    procedure_hits = lexicon.procedure_phrases.find(stems)
    topic_hits = lexicon.topic_phrases.find(stems)
    explained = {place for hit in (*procedure_hits, *topic_hits) for place in range(hit.first, hit.end)}
    procedures = tuple(dict.fromkeys(name for hit in procedure_hits for name in hit.names))
    topics = tuple(dict.fromkeys(name for hit in topic_hits for name in hit.names))
    if any(_is_requested(stems, hit) for hit in procedure_hits):
        topics = tuple(dict.fromkeys((*topics, "authorization")))
    telling = [
        place
        for place, word in enumerate(spelled_out)
        if word.stem not in lexicon.plain_stems and word.form not in lexicon.plain_forms
    ]
    content = tuple(spelled_out[place] for place in telling)
    rest = tuple(spelled_out[place] for place in telling if place not in explained)
    return Question(
        text=text,
        spoken=_written_in_full(text, free, written),
        payers=tuple(mention.slugs for mention in named.mentions),
        unknown_payers=named.unknown,
        codes=codes,
        diagnoses=diagnoses,
        modifiers=modifiers,
        carcs=carcs,
        procedures=procedures,
        topics=_implied(topics, carcs, text),
        places=places,
        age=age,
        on=on,
        rest=tuple(word for word in rest if len(word.form) > 1 and not is_number_like(word.form)),
        content=content,
    )


def _is_requested(stems: Sequence[str], procedure: PhraseHit) -> bool:
    """True for "a tonsil request" and "the request for a septum": who asks a plan for an operation wants its yes."""
    before = list(stems[max(0, procedure.first - 3) : procedure.first])
    return stems[procedure.end : procedure.end + 1] == [_REQUEST] or any(
        before[place : place + 2] == [_REQUEST, "for"] for place in range(len(before))
    )


def _implied(topics: tuple[str, ...], carcs: tuple[str, ...], text: str) -> tuple[str, ...]:
    """The topics, with those a question of its shape implies: a bare "how long do we have" means timely filing."""
    found = list(topics)
    about_other = {
        "appeal",
        "corrected-claim",
        "authorization",
        "global-period",
        "frequency",
        "referral",
        "refund",
        "timely-filing",
    }
    if (
        "deadline" in found
        and not about_other.intersection(found)
        and re.search(r"\b(claims?|bill|file|submit|dos|date of service)\b", text, re.I)
    ):
        found.append("timely-filing")
    if carcs and "denial" not in found:
        found.append("denial")
    return tuple(dict.fromkeys(found))


def _written_in_full(text: str, free: Sequence[Word], written: Mapping[int, str]) -> str:
    """The text with words written out in full."""
    pieces: list[str] = []
    position = 0
    for word in free:
        pieces.append(text[position : word.start])
        full = written[word.start]
        pieces.append(text[word.start : word.end] if full == word.form else full)
        position = word.end
    return " ".join("".join((*pieces, text[position:])).split())


def written_out(word: Word, lexicon: Lexicon, knows: Callable[[str], bool]) -> str:
    """The word in full: an abbreviation spelled out, a typing mistake mended to the nearest word of the lexicon."""
    form = word.form
    if form in lexicon.abbreviations:
        return lexicon.abbreviations[form]
    if len(form) < 5 or not form.isalpha() or form in lexicon.single_words or form in lexicon.plain_forms:
        return form
    if word.stem in lexicon.plain_stems or knows(form) or lexicon.topic_phrases.find([word.stem]):
        return form
    if lexicon.procedure_phrases.find([word.stem]):
        return form
    return _mended(form, lexicon)


@lru_cache(maxsize=1024)
def _mended(form: str, lexicon: Lexicon) -> str:
    """The nearest word of the lexicon where that is a typing mistake away; looked for once in all of it."""
    from rapidfuzz.distance import OSA

    allowed = 1 if len(form) < 8 else 2
    near = sorted(
        (distance, candidate)
        for candidate in (*lexicon.single_words, *lexicon.plain_forms)
        if abs(len(candidate) - len(form)) <= allowed
        and candidate[0] == form[0]
        and (distance := OSA.distance(form, candidate, score_cutoff=allowed)) <= allowed
    )
    return near[0][1] if near else form
