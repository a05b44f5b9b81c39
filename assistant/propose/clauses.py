"""The words of a note with their places, its sentences and their pieces. Knows no status, no side and no code.

Cost is linear in the text: one pass for the words, one for the sentences, one for the pieces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

_LETTER = r"[^\W\d_]"
_WORD = re.compile(
    rf"{_LETTER}+(?:[/&]{_LETTER}{{1,2}}(?!{_LETTER}))*(?:['’]{_LETTER}+)?|\d+(?:[.,]\d+)*|\[[ xX✓]?\]|[^\w\s]|\w"
)
_BULLET = frozenset("-*•·–—▪●○◦‣>+☐☑☒□■✓✔")
_CLOSING = frozenset("\"')]}”’")
# A full stop after these ends no sentence.
_SHORTENED = frozenset(
    "dr mr mrs ms st vs approx no rt lt fig e.g i.e eg ie etc inj temp wt ht ant post sup inf lat med min max dept"
    " jr sr prof hosp tel ext incl resp".split()
)
# A shortened word that may as well be the last of its sentence: a capital after it ends the sentence.
_MAY_END = frozenset("no rt lt inj temp ant post sup inf lat med min max ext etc".split())

FUNCTION_WORDS = frozenset(
    "the a an his her their its my our your of in on at to from into with by for as over under through across between"
    " within inside around above below near per via and or but then so he she it they we i you patient pt this that"
    " these those there here who which also only very well more most some any all each both either neither just still"
    " again now today was were is are be been being has have had did does do not no".split()
)
PREPOSITIONS = frozenset(
    "of in on at to from into with by for as over under through across between within inside around above below near"
    " per via after before during until up down out off along against toward towards without using".split()
)
DETERMINERS = frozenset("the a an his her their its my our this that these those each both some any no all".split())
AUXILIARIES = frozenset(
    "was were is are be been being has have had did does do will would may might could can should shall must isn't"
    " wasn't weren't aren't hasn't haven't hadn't didn't doesn't won't".split()
)
_NO_PARTICIPLE = frozenset(
    "bed red need feed speed indeed seed med meds shed embed hundred sacred kindred wed led".split()
)
_IRREGULAR = frozenset(
    "taken cut put seen found done sent given drawn made kept held frozen shaven torn begun gone split"
    " set gave took underwent drew felt began came went got brought shown worn bled grew grown written read"
    " burnt swept spread shut lay lying became chosen said told met ran run stood withdrawn undergone broke"
    " broken woke awoke understood overseen shows showed reveals demonstrates moves needs reports states"
    " denies remains appears looks feels wants presents complains used tied died takes uses snores runs comes"
    " goes hurts drains bleeds wishes asks agrees requests requires notes started".split()
)
_STATES = frozenset(
    "clear normal intact dry open patent present absent visible straight midline flat stable healthy neg"
    " negative positive wnl unremarkable clean mobile symmetric soft supple regular quiet benign good fine"
    " tender nontender swollen red pink enlarged patulous deviated tolerated available unavailable unchanged"
    " awake resolved dull gone out ok okay".split()
)
# Words at which a sentence may fall apart; those of the second kind stand in contrast to what is before them.
_JOINTS = frozenset(
    "and but so because after before while when although though however which whereas except until once"
    " unless following".split()
)
_BREAKING = frozenset("but however although though whereas except yet".split())


# A sentence of more words is no sentence; it is cut, so that cost stays linear in any text.
_LONGEST = 400


class Word(NamedTuple):
    """A word or sign of the note: where it stands, and in lower case."""

    start: int
    end: int
    low: str
    raw: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words that belong together. `item`: a list item, table row or new line begins; `blank`: after an empty line."""

    words: tuple[Word, ...]
    item: bool
    blank: bool

    @property
    def start(self) -> int:
        """Offset of the first word."""
        return self.words[0].start

    @property
    def end(self) -> int:
        """Offset after the last word."""
        return self.words[-1].end


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a sentence between two joints: words from `first` to before `last`, and what joined it on.

    `verb` tells that it says something of something; `subject` that it does so of a thing named in it.
    """

    first: int
    last: int
    joint: str
    verb: bool
    subject: bool


def words_of(text: str, start: int = 0, end: int | None = None) -> list[Word]:
    """All words and signs of text[start:end], in order, with offsets in `text`."""
    stop = len(text) if end is None else end
    return [
        Word(match.start(), match.end(), match.group().lower().replace("’", "'"), match.group())
        for match in _WORD.finditer(text, start, stop)
    ]


def is_verb(low: str) -> bool:
    """Whether the lower-case word may say that something was done."""
    return low in _IRREGULAR or (len(low) > 4 and low.endswith("ed") and low not in _NO_PARTICIPLE)


def sentences(text: str, words: Sequence[Word]) -> Iterator[Sentence]:
    """The sentences of consecutive words: ended by a full stop, a new list item, an empty line or a line of its own."""
    held: list[Word] = []
    item = blank = True
    line_start = words[0].start if words else 0
    widest = max(map(len, text[words[0].start : words[-1].end].splitlines()), default=0) if words else 0
    for position, word in enumerate(words):
        following = words[position + 1] if position + 1 < len(words) else None
        held.append(word)
        if following is None:
            break
        gap = text[word.end : following.start]
        newlines = gap.count("\n") or gap.count("\r")
        if newlines:
            new_item = _begins_item(words, position + 1)
            if newlines > 1 or new_item or not _wrapped(word, following, word.end - line_start, widest):
                yield Sentence(tuple(held), item, blank)
                held, item, blank = [], True, newlines > 1
            line_start = following.start
        elif (gap and _ends_sentence(held, word, following) and not _is_marker(held)) or len(held) >= _LONGEST:
            yield Sentence(tuple(held), item, blank)
            held, item, blank = [], False, False
    if held:
        yield Sentence(tuple(held), item, blank)


def _begins_item(words: Sequence[Word], position: int) -> bool:
    word = words[position]
    if word.raw in _BULLET or word.raw.startswith("[") or word.raw in "|#":
        return True
    following = words[position + 1].raw if position + 1 < len(words) else ""
    return (word.raw.isdigit() or (len(word.raw) == 1 and word.raw.isalpha())) and following in {".", ")", ":"}


def _is_marker(held: Sequence[Word]) -> bool:
    """Whether the words so far are only a list number ("1.", "2)", "- 3.")."""
    letters = [word.raw for word in held if word.raw not in _BULLET and word.raw not in ".)("]
    return len(held) <= 4 and len(letters) <= 1 and all(one.isdigit() or len(one) == 1 for one in letters)


def _wrapped(word: Word, following: Word, width: int, widest: int) -> bool:
    """Whether a line break is only the end of a full line; a line much shorter than the `widest` is not full."""
    if word.raw in {".", "!", "?", ":", ";"} or word.raw == "|":
        return False
    if following.raw[0].islower():
        # Lines of one thought run full; short ones in lower case are a list.
        return width >= max(38, 0.6 * widest) or word.raw == "," or word.low in FUNCTION_WORDS
    return width >= 60 and (word.raw == "," or word.low in FUNCTION_WORDS or following.raw[0] in "(0123456789")


def _ends_sentence(held: Sequence[Word], word: Word, following: Word) -> bool:
    sign = word
    before = held[-2] if len(held) > 1 else None
    if word.raw in _CLOSING and before is not None and before.raw in {".", "!", "?"}:
        sign = before
        before = held[-3] if len(held) > 2 else None
    if sign.raw in {"!", "?"}:
        return following.raw[0].isalnum() or following.raw in _BULLET
    if sign.raw != ".":
        return False
    if before is None or before.end != sign.start:
        return True
    if before.low in _SHORTENED:
        # "read at 15 min. 8 intradermals": a number with its unit before the point, another number after it.
        counted = before.low in {"min", "max"} and len(held) > 2 and held[-3].raw[0].isdigit()
        return before.low in _MAY_END and before.raw != "No" and (following.raw[0].isupper() or counted)
    if len(held) > 2 and held[-3].raw[0].isdigit():
        return True
    # An initial ("J. Smith"), but not a side ("on the L. Then ...") nor a letter of a list.
    return not (len(before.raw) == 1 and before.raw.isupper() and before.raw not in {"R", "L", "A", "B", "C"})


def pieces(words: Sequence[Word], cuts: frozenset[int]) -> list[Piece]:
    """The parts of one sentence, cut at commas, joints, signs and at the positions in `cuts`; never empty of words.

    Parts that do not stand by themselves are put together again by whoever knows their status (see status.py).
    """
    bounds: list[tuple[int, str]] = [(0, "")]
    for position, word in enumerate(words):
        if word.raw in {";", "|", "—", "–", "•"} or (word.raw == "-" and _spaced(words, position)):
            bounds.append((position + 1, ";" if word.raw == ";" else word.raw))
        elif word.raw == ":" and not _inside_number(words, position):
            bounds.append((position + 1, ":"))
        elif word.raw in {",", "(", ")"}:
            bounds.append((position + 1, word.raw))
        elif position and (word.low in _JOINTS or position in cuts):
            bounds.append((position, word.low if word.low in _JOINTS else "cut"))
        elif position and word.low == "since" and _gives_reason(words, position):
            bounds.append((position, "because"))
    bounds.append((len(words), ""))
    found: list[Piece] = []
    joint = ""
    for (first, how), (last, _) in pairwise(bounds):
        # ", and" is one joint, and the stronger one counts.
        joint = how if joint in {"", ",", "and"} or how in {";", ":"} or how in _BREAKING else joint
        if not any(word.raw[0].isalnum() or word.raw.startswith("[") for word in words[first:last]):
            continue
        if last - first == 1 and words[first].low in _JOINTS:
            joint = words[first].low
            continue
        verb, subject = _says(words[first:last])
        found.append(Piece(first, last, joint, verb, subject))
        joint = ""
    return found


def _gives_reason(words: Sequence[Word], position: int) -> bool:
    """Whether "since" gives a reason ("since the cleft could not be seen"), not a time ("since March")."""
    for word in words[position + 1 : position + 9]:
        if not word.raw[0].isalnum() or word.raw[0].isdigit():
            return False
        if word.low in {"could", "cannot", "couldn't", "can't", "would"}:
            return True
    return False


def _spaced(words: Sequence[Word], position: int) -> bool:
    """Whether a hyphen stands between blanks (a dash), not inside a word or a range."""
    if position == 0 or position + 1 == len(words):
        return True
    return words[position - 1].end < words[position].start and words[position].end < words[position + 1].start


def _inside_number(words: Sequence[Word], position: int) -> bool:
    if position == 0 or position + 1 == len(words):
        return False
    before, after = words[position - 1], words[position + 1]
    return before.raw.isdigit() and after.raw.isdigit() and before.end == words[position].start


def _says(words: Sequence[Word]) -> tuple[bool, bool]:
    """Whether the words hold a verb or a state, and whether the thing it is said of stands before it."""
    thing = verb = False
    opening = True
    previous = ""
    count = len(words)
    for position, word in enumerate(words):
        low = word.low
        if not low[0].isalpha():
            thing = thing or low[0].isdigit()
            continue
        following = words[position + 1].low if position + 1 < count else ""
        if low in AUXILIARIES:
            verb = True
            if thing or previous in {"he", "she", "it", "they", "i", "we", "this", "there", "nothing", "none", "which"}:
                return True, True
        elif is_verb(low):
            after_thing = thing and previous not in DETERMINERS and previous not in PREPOSITIONS
            if after_thing and not (opening and previous == ""):
                return True, True
            # At the beginning a participle before a noun describes it ("impacted cerumen"), else it is the verb.
            describes = opening and following and following not in FUNCTION_WORDS and following not in PREPOSITIONS
            if previous not in DETERMINERS and previous not in PREPOSITIONS and not describes:
                verb = True
                if opening:
                    return _later(words[position + 1 :])
        elif low in _STATES and (
            not following[:1].isalpha() or following in PREPOSITIONS or following in FUNCTION_WORDS
        ):
            verb = True
            if thing:
                return True, True
        elif low not in FUNCTION_WORDS and not low.endswith("ly"):
            thing = True
            opening = False
        if low not in FUNCTION_WORDS:
            opening = opening and low.endswith("ly")
        previous = low
    return verb, False


def _later(words: Sequence[Word]) -> tuple[bool, bool]:
    """A part that begins with its verb names no thing of its own, unless it goes on like "removed tissue was sent"."""
    if not words or words[0].low in FUNCTION_WORDS or words[0].low in PREPOSITIONS:
        return True, False
    return True, any(word.low in {"was", "were"} for word in words)


def stands_alone(piece: Piece) -> bool:
    """Whether the part is a statement of its own, whatever stands before it."""
    return piece.verb and piece.subject
