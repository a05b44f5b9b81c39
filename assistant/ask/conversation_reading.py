"""What one turn of a conversation says, piece by piece, with the place of each piece in the text.

Built on the readers of a single question. Knows no earlier turn and answers nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal, get_args

from assistant.ask.flow import Asker
from assistant.ask.lexicon import Lexicon
from assistant.ask.payers import PayerDirectory
from assistant.ask.question import written_out
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
from assistant.ask.words import Word, stem, words
from ingest.codes import CodeSet

# What is kept or replaced over turns. A matter is what is asked about (an appeal), an aspect what of it (its deadline).
Slot = Literal[
    "payer", "procedure", "modifier", "denial", "diagnosis", "date", "age", "side", "place", "level", "matter", "aspect"
]
# Slots whose new value takes the place of the old one and leaves the question as it is.
VALUES: tuple[Slot, ...] = tuple(slot for slot in get_args(Slot) if slot not in ("matter", "aspect"))

_MOST_BETWEEN = 60
_SLOT_OF_TOPIC: dict[str, Slot] = {
    "both-sides": "side",
    "one-side": "side",
    "age": "age",
    "place-of-service": "place",
    **dict.fromkeys(
        ("deadline", "contact", "fax", "email", "address", "who", "holder", "form", "count", "amount", "price"),
        "aspect",
    ),
}
_ONE_SIDE = re.compile(
    r"\b(?:on |only |just )*(?:the |her |his )?(?:left|right)\b"
    r"(?: (?:side|ear|nostril|knee|nose|sinus(?:es)?|shoulder)\b)?(?: only\b)?",
    re.I,
)
# "if she's 12", "turned 3": an age by the person it belongs to.
_AGE_OF = re.compile(
    r"\b(?:s?he|they|patient|pt|kid|child|girl|boy|adult)(?:'s| is| was| turn(?:s|ed)| of| aged) (\d{1,3})\b(?! ?%)",
    re.I,
)
# The level of an appeal is changed like a code; "appeal" itself stays what is asked about.
_LEVEL = re.compile(
    r"\b(?:(?:first|second|third|1st|2nd|3rd|final|last|next)[ -](?:level|step|round)"
    r"|level[ -](?:one|two|three|four|five|[1-5])|(?:first|second|third|1st|2nd|3rd|final|last|next)(?= appeal))\b",
    re.I,
)
_ASKS = re.compile(
    r"(?:^|[,:;.?!-] ?)(?:and |but |so |then |ok |for \w+,? )*"
    r"(?:which|what|what's|whats|how|who|who's|whom|whose|where|when|does|do|did|is|are|was|were|can|could|may|must|should"
    r"|will|would|has|have)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the text (code points, end excluded) and what it is; `names` are topics, procedures or slugs."""

    slot: Slot
    start: int
    end: int
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """A turn as read. Pieces are in order of place; `rest` are content words that no piece explains.

    `unknown_payer` is True when a payer is named that no note knows. `sentence`: it asks in so many words.
    """

    text: str
    pieces: tuple[Piece, ...]
    rest: tuple[Word, ...]
    unknown_payer: bool
    sentence: bool

    def of(self, slot: Slot) -> tuple[Piece, ...]:
        """The pieces of one slot."""
        return tuple(piece for piece in self.pieces if piece.slot == slot)

    def has(self, *slots: Slot) -> bool:
        """True when any piece is of one of the slots."""
        return any(piece.slot in slots for piece in self.pieces)

    def names(self, slot: Slot) -> frozenset[str]:
        """Every topic, procedure or slug of a slot."""
        return frozenset(name for piece in self.of(slot) for name in piece.names)

    def only(self, piece: Piece) -> Said:
        """As if the turn named nothing but this piece."""
        return replace(self, pieces=(piece,), rest=())

    def pieces_alone(self) -> Said:
        """As if nothing but the pieces had been said."""
        return replace(self, rest=(), sentence=True)

    def with_text(self, text: str) -> Said:
        """The same pieces of a longer text that begins with this one."""
        return replace(self, text=text)

    def words_of(self, slot: Slot) -> str:
        """The slot's own words: all between its pieces while nothing else stands there, else a list. Maybe empty."""
        own = self.of(slot)
        if not own:
            return ""
        first, last = own[0].start, max(piece.end for piece in own)
        between = [piece for piece in self.pieces if piece.slot != slot and first < piece.end and piece.start < last]
        if not between and last - first <= _MOST_BETWEEN:
            return self.text[first:last]
        return ", ".join(dict.fromkeys(self.text[piece.start : piece.end] for piece in self.of(slot)))


@dataclass(frozen=True)
class Reader:
    """Reads turns with the names one practice's notes use. `knows` tells whether the notes hold a word.

    For one turn of a conversation: it keeps what it has read.
    """

    directory: PayerDirectory
    lexicon: Lexicon
    knows: Callable[[str], bool]
    _said: dict[tuple[str, date], Said] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, asker: Asker) -> Reader:
        """The reader that reads as the asker does."""
        return cls(asker.directory, asker.lexicon, lambda form: asker.knowledge.document_frequency(form) > 0)

    def read(self, text: str, *, as_of: date) -> Said:
        """The turn piece by piece. `as_of` resolves "last year"."""
        if (text, as_of) not in self._said:
            self._said[(text, as_of)] = self._read(text, as_of)
        return self._said[(text, as_of)]

    def _read(self, text: str, as_of: date) -> Said:
        text = _AGE_OF.sub(lambda match: f"{match.group(1)} years old", " ".join(text.split()))
        pieces: list[Piece] = []
        used: list[tuple[int, int]] = []

        def spelled(slot: Slot, read: Callable[[str, list[tuple[int, int]]], object]) -> None:
            before = len(used)
            read(mask(text, used), used)
            pieces.extend(Piece(slot, start, end) for start, end in used[before:])

        spelled("date", lambda free, places: date_written(free, as_of, places))
        spelled("age", age_written)
        spelled("place", places_written)
        spelled("denial", carcs_written)
        spelled("procedure", codes_written)
        spelled("diagnosis", diagnoses_written)
        spelled("modifier", modifiers_written)
        named = self.directory.read(mask(text, used), self.lexicon, self.knows)
        found = words(mask(text, used))
        slugs = named.slugs or named.unknown
        pieces.extend(
            Piece("payer", found[first].start, found[last].end, slugs) for first, last in _runs(named.covered)
        )
        unknown = bool(named.unknown)
        if unknown and not named.covered:
            pieces.extend(_unknown_pieces(named.unknown, found))
        free = [word for word in found if not _within(word, pieces)]
        levels = [Piece("level", match.start(), match.end()) for match in _LEVEL.finditer(text)]
        pieces.extend(levels)
        spelled_out = [
            Word(form, stem(form), word.start, word.end)
            for word in free
            for form in written_out(word, self.lexicon, self.knows).split()
        ]
        stems = [word.stem for word in spelled_out]
        explained: set[int] = set()
        for hit in self.lexicon.procedure_phrases.find(stems):
            pieces.append(
                Piece("procedure", spelled_out[hit.first].start, spelled_out[hit.end - 1].end, tuple(hit.names))
            )
            explained.update(range(hit.first, hit.end))
        for hit in self.lexicon.topic_phrases.find(stems):
            piece = Piece(
                _slot_of(hit.names), spelled_out[hit.first].start, spelled_out[hit.end - 1].end, tuple(hit.names)
            )
            explained.update(range(hit.first, hit.end))
            if not any(level.start <= piece.start and piece.end <= level.end for level in levels):
                pieces.append(piece)
        pieces.extend(
            Piece("side", match.start(), match.end(), ("one-side",))
            for match in _ONE_SIDE.finditer(text)
            if not any(piece.start < match.end() and match.start() < piece.end for piece in pieces)
        )
        rest = tuple(
            word
            for place, word in enumerate(spelled_out)
            if place not in explained
            and word.stem not in self.lexicon.plain_stems
            and word.form not in self.lexicon.plain_forms
            and len(word.form) > 1
            and not is_number_like(word.form)
            and not _within(word, pieces)
        )
        ordered = tuple(sorted(pieces, key=lambda piece: (piece.start, -piece.end)))
        return Said(text, ordered, rest, unknown, _ASKS.search(text) is not None)

    def codes_of(self, said: Said, *, names: bool = True) -> CodeSet:
        """The procedure codes a turn names, by number and, if wanted, by name."""
        ranges = [
            code_range
            for piece in said.of("procedure")
            for codes in (
                codes_written(said.text[piece.start : piece.end], [])[0],
                *(self.lexicon.procedures[name].codes for name in (piece.names if names else ())),
            )
            for code_range in codes
        ]
        return CodeSet(tuple(dict.fromkeys(ranges)))

    def number_of(self, said: Said, piece: Piece) -> int | None:
        """The first procedure code of a piece as a number, to tell near ones from far ones; None for J3301."""
        codes = [code_range.low for code_range in self.codes_of(said.only(piece))]
        return int(codes[0]) if codes and codes[0].isdigit() else None

    def read_as_payer(self, name: str, slugs: tuple[str, ...], *, unknown: bool = False) -> Said:
        """A turn that is nothing but a payer's name, whatever its words."""
        return Said(name, (Piece("payer", 0, len(name), slugs),), (), unknown, sentence=False)

    def renamed(self, said: Said, slug: str) -> Said:
        """The turn with one payer written out by the name people know it by."""
        piece = said.of("payer")[0]
        name = self.directory.display(slug)
        moved = len(name) - (piece.end - piece.start)
        pieces = tuple(
            replace(piece, end=piece.start + len(name), names=(slug,))
            if one is piece
            else replace(one, start=one.start + moved, end=one.end + moved)
            if one.start >= piece.end
            else one
            for one in said.pieces
        )
        return replace(said, text=f"{said.text[: piece.start]}{name}{said.text[piece.end :]}", pieces=pieces)

    def names_a_stranger(self, words_said: str) -> bool:
        """True when these words, where a payer's name stands, look like one that no note knows ("Zenith")."""
        return bool(self.directory.read(f"does {words_said} want it", self.lexicon, self.knows).unknown)


def _slot_of(topics: Iterable[str]) -> Slot:
    """The slot of a phrase that may stand for several topics: what is asked about goes before what of it."""
    slots: list[Slot] = [_SLOT_OF_TOPIC.get(topic, "matter") for topic in topics]
    for slot in ("side", "place", "age", "matter", "aspect"):
        if slot in slots:
            return slot
    return "matter"


def _runs(places: Iterable[int]) -> list[tuple[int, int]]:
    """Neighbouring numbers as (first, last)."""
    found: list[tuple[int, int]] = []
    for place in sorted(places):
        if found and found[-1][1] == place - 1:
            found[-1] = (found[-1][0], place)
        else:
            found.append((place, place))
    return found


def _unknown_pieces(names: Iterable[str], found: list[Word]) -> list[Piece]:
    """Where the names of unknown payers stand."""
    forms = [word.form for word in found]
    pieces = []
    for name in names:
        wanted = name.split()
        for first in range(len(forms) - len(wanted) + 1):
            if forms[first : first + len(wanted)] == wanted:
                pieces.append(Piece("payer", found[first].start, found[first + len(wanted) - 1].end, (name,)))
                break
    return pieces


def _within(word: Word, pieces: Iterable[Piece]) -> bool:
    return any(piece.start <= word.start and word.end <= piece.end for piece in pieces)
