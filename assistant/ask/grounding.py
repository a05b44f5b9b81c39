"""Whether a sentence says only what its source says: codes, modifiers, numbers with their roles, payers, polarity.

Judges sentences a language model wrote. It never repairs one: a sentence that does not stand is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from assistant.ask.passage import codes_in
from assistant.ask.payers import PayerDirectory
from assistant.ask.words import stem, words

_NUMBER_WORDS = {
    "zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7",
    "eight": "8", "nine": "9", "ten": "10", "eleven": "11", "twelve": "12", "fifteen": "15", "twenty": "20",
    "thirty": "30", "sixty": "60", "ninety": "90", "once": "1", "twice": "2", "single": "1",
}  # fmt: skip
_UNITS_OF = {
    "day": "day", "days": "day", "month": "month", "months": "month", "week": "week", "weeks": "week", "year": "year",
    "years": "year", "unit": "unit", "units": "unit", "line": "line", "lines": "line", "minute": "minute",
    "minutes": "minute", "percent": "percent", "page": "page", "pages": "page", "level": "level", "hour": "hour",
    "hours": "hour", "dose": "dose", "doses": "dose", "modifier": "modifier", "modifiers": "modifier", "side": "side",
    "sides": "side", "copy": "copy", "copies": "copy", "visit": "visit", "visits": "visit",
}  # fmt: skip
_MODIFIERS = frozenset(
    "22 23 24 25 26 27 32 33 47 50 51 52 53 54 55 56 57 58 59 62 63 66 73 74 76 77 78 79 80 81 82 90 91 92 93 95 96 97 "
    "99".split()
)
_LETTER_MODIFIER = re.compile(r"(?:X[EPSU]|RT|LT|JW|JZ|GA|GX|GY|GZ|KX|TC|AS|AB|AT|QW|G[CEV]|F[A1-9]|T[A1-9]|E[1-4])\Z")
_TOKEN = re.compile(
    r"\$\d+(?:,\d{3})*(?:\.\d+)?|[A-Z]\d[0-9A-Z](?:\.[0-9A-Z]{1,4})|[A-V]\d{4}|(?:CO|PR|OA|PI)-\w{1,3}|"
    r"\d+(?:,\d{3})*(?:\.\d+)?(?:/\d+)*[A-Z]?|[A-Za-z]+\d*(?:'[a-z]+)?"
)
_NEGATION = frozenset(
    "not no never without cannot can't don't doesn't isn't aren't won't shouldn't mustn't except neither nor"
    " none avoid "
    "forbid forbidden forbids deny denies denied denial reject rejects rejected refuse refuses refused remove drop "
    "delete wrong unless exclude excluded excluding stop lacks lack unneeded unnecessary".split()
)
# Of these, the words that deny the whole clause: "paid without it" still says that something is paid.
_DENYING = frozenset("not no never cannot can't don't doesn't isn't aren't won't neither nor none".split())
# A clause ends at these; "instead of" and "rather than" turn what follows them into its opposite.
_CLAUSE_END = re.compile(
    r"[.;:!?|](?=\s|$)|,\s*(?=(?:not|never|but|so|then|while|whereas|and (?:not|never|do))\b)|\b(?:but|whereas"
    r"|while)\b|\n",
    re.IGNORECASE,
)
_INSTEAD = re.compile(r"\b(?:instead of|rather than|in place of|not)\s+(?=(?:modifier\s+)?[\dA-Z]{2}\b)", re.IGNORECASE)
# Words that turn a limit round: a clause has the same ones as its source.
_LIMITS = {
    "least": "at least", "most": "at most", "before": "before", "after": "after", "more": "more", "less": "less",
    "fewer": "less", "over": "more", "under": "less", "minimum": "at least", "maximum": "at most", "exactly": "exactly",
    "until": "before", "from": "from", "only": "only",
}  # fmt: skip
_FREE_LIMITS = frozenset({"from", "only", "exactly"})
_ORDINALS = {
    "first": "1", "second": "2", "third": "3", "fourth": "4", "1st": "1", "2nd": "2", "3rd": "3", "4th": "4",
}  # fmt: skip
# What happens to a claim, a request or an appeal. Days of one of these are not another one's days.
_EVENTS = frozenset(
    stem(form)
    for form in "pay paid arrive received answer answered decide decided expire appeal refund reprocess approve "
    "file submit correct review".split()
)
# Two clauses that share so many of their words say the same thing, or the opposite of it.
_WORD_FOR_WORD = 0.75
_TIMES = frozenset({"day", "week", "month", "year", "hour", "minute"})
# RT means the right side and LT the left: only a sentence that pairs them otherwise needs a source for it.
_CROSSED = {("RT", "left"): "RT for left", ("LT", "right"): "LT for right"}
_PAIRED = re.compile(r"\band\b|,", re.IGNORECASE)
_SIDED = re.compile(r"\bRT\b|\bLT\b|\b[Ll]eft\b|\b[Rr]ight\b")


@dataclass(frozen=True, slots=True)
class Value:
    """A code, modifier, number or denial code as a text uses it. `role` is its unit word or kind."""

    written: str
    role: str


@dataclass(frozen=True)
class Clause:
    """What one clause says: its values, whether it denies, and the limits it draws ("at least", "before")."""

    values: tuple[Value, ...]
    negated: bool
    limits: frozenset[str]
    text: str

    @property
    def stems(self) -> frozenset[str]:
        """The stems of its words of more than three letters."""
        return frozenset(word.stem for word in words(self.text) if len(word.form) > 3 and word.form.isalpha())

    def likeness(self, other: Clause) -> float:
        """The share of the words of both that both hold; denials aside, since they are what is asked about."""
        mine, theirs = self._said, other._said
        return len(mine & theirs) / len(mine | theirs) if mine | theirs else 0.0

    @cached_property
    def _said(self) -> frozenset[str]:
        return frozenset(
            _NUMBER_WORDS.get(word.form, word.stem) for word in words(self.text) if word.form not in _NEGATION
        )

    @cached_property
    def denials(self) -> int:
        """How many words of it deny the whole of it."""
        return sum(word.form in _DENYING for word in words(self.text))

    @property
    def denies(self) -> bool:
        """True when it denies as a whole, not only a circumstance in it."""
        return self.denials > 0


def clauses(text: str) -> list[Clause]:
    """The clauses of a text, in order. What stands after "instead of" is a denied clause of its own."""
    plain = text.translate({0x2019: "'", 0x2013: "-", 0x2014: ";"})
    found: list[Clause] = []
    for part in _CLAUSE_END.split(plain):
        left, *rights = _INSTEAD.split(part)
        denied = (
            bool(rights) and re.search(r"\bnot\s*$", part[: len(part) - len(rights[-1])], re.IGNORECASE) is not None
        )
        found.append(_clause(left, negated=denied and not _has_value(left)))
        found.extend(_clause(right, negated=True) for right in rights)
    return [clause for clause in found if clause.text.strip()]


def _has_value(text: str) -> bool:
    return bool(_values(text))


def _clause(text: str, *, negated: bool) -> Clause:
    lowered = [word.form for word in words(text)]
    return Clause(
        values=_values(text),
        negated=negated or any(form in _NEGATION for form in lowered),
        limits=frozenset(_LIMITS[form] for form in lowered if form in _LIMITS) - _FREE_LIMITS,
        text=text,
    )


def _values(text: str) -> tuple[Value, ...]:
    tokens = [match.group() for match in _TOKEN.finditer(text)]
    lowered = [said.lower() for said in tokens]
    found: list[Value] = []
    for place, said in enumerate(tokens):
        written = _NUMBER_WORDS.get(lowered[place], said)
        role = _role(written, lowered, place)
        if role and (role, lowered[place]) != ("number", "one"):
            found.append(Value(written.upper().replace(",", "").lstrip("$"), role))
        elif lowered[place] in _ORDINALS:
            found.append(Value(_ORDINALS[lowered[place]], "ordinal"))
    return (*found, *_crossed_sides(text))


def _crossed_sides(text: str) -> Iterator[Value]:
    """A value for each RT that a text gives to the left side, and each LT to the right."""
    for part in _PAIRED.split(text):
        sided = _SIDED.findall(part)
        pair = tuple(sorted((one.lower() if len(one) > 2 else one for one in sided), key=len))
        if pair in _CROSSED:
            yield Value(_CROSSED[pair], "side")


def _role(written: str, lowered: list[str], place: int) -> str | None:
    """What a token is a value of; None for a plain word."""
    if written.startswith("$"):
        return "money"
    if re.fullmatch(r"\d{5}|[A-V]\d{4}|\d{4}[FTUM]", written):
        return "code"
    if re.fullmatch(r"(?:CO|PR|OA|PI)-\w{1,3}|(?:N|MA|M)\d{2,4}", written):
        return "denial"
    if re.fullmatch(r"[A-Z]\d[0-9A-Z]\.[0-9A-Z]{1,4}", written):
        return "diagnosis"
    if _LETTER_MODIFIER.match(written):
        return "modifier"
    if not written[:1].isdigit():
        return None
    next_word = lowered[place + 1] if place + 1 < len(lowered) else ""
    before = lowered[place - 1] if place else ""
    if before in {"modifier", "modifiers", "mod"}:
        return "modifier"
    if next_word in _UNITS_OF:
        return _UNITS_OF[next_word]
    if written in _MODIFIERS and not any(word in _UNITS_OF for word in lowered[place + 1 : place + 3]):
        return "modifier"
    return next((_UNITS_OF[word] for word in lowered[place + 1 : place + 4] if word in _UNITS_OF), "number")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a sentence stands, and if not the first thing its source does not hold."""

    stands: bool
    reason: str


def check_sentence(sentence: str, source: str, *, question: str, directory: PayerDirectory) -> Verdict:
    """The sentence held against the source it cites, clause by clause. `question` may lend its words, but no value.

    Each clause must find one clause of the source with all its values in the same roles, the same polarity and the
    same limits. Strict on purpose: a right sentence that is dropped costs fluency, a wrong one that stands costs truth.
    """
    said_there = clauses(source)
    for clause in clauses(sentence):
        reason = _unsupported(clause, said_there)
        if reason:
            return Verdict(False, reason)
    named = directory.exact(sentence)
    if named - directory.exact(source):
        return Verdict(False, "the source names another payer")
    if _strange_words(sentence, source, question) > 0.34:
        return Verdict(False, "too few of its words stand in the source")
    return Verdict(True, "")


def _unsupported(clause: Clause, source: list[Clause]) -> str | None:
    """Why no clause of the source says this one; None when one does."""
    with_values = [other for other in source if all(_holds(other, value) for value in clause.values)]
    if not with_values:
        missing = next((value for value in clause.values if not any(_holds(other, value) for other in source)), None)
        if missing:
            return f"the source holds no {missing.role} {missing.written}"
        return "the source does not say these values together"
    if not clause.values:
        return _unsupported_words(clause, source)
    alike = [other for other in with_values if other.negated == clause.negated]
    # Where the source says a value of this and denies it of that, the clause nearest in its words decides.
    nearest = max(clause.likeness(other) for other in with_values)
    if not alike or max(clause.likeness(other) for other in alike) < nearest:
        return "the source says the opposite"
    closest = [other for other in alike if clause.likeness(other) == nearest]
    if nearest >= _WORD_FOR_WORD and all(other.denials != clause.denials for other in closest):
        return "the source says the opposite"
    if not clause.negated and any(_takes_in(clause, other, after) for other, after in pairwise(source)):
        return "the source says the opposite"
    if not any(clause.limits == other.limits or not clause.limits for other in alike):
        return "the source draws another limit"
    if _TIMES.intersection(value.role for value in clause.values):
        elsewhere = frozenset().union(*(other.stems for other in source)) & clause.stems & _EVENTS
        if not any(elsewhere <= other.stems for other in alike):
            return "the source says this time of something else"
    return None


def _takes_in(clause: Clause, other: Clause, denied: Clause) -> bool:
    """True when the clause goes on from one of the source's into the denied one after it, and leaves its denial out."""
    both = _clause(f"{other.text} {denied.text}", negated=False)
    return denied.denies and not other.negated and clause.likeness(both) >= max(_WORD_FOR_WORD, clause.likeness(other))


def _unsupported_words(clause: Clause, source: list[Clause]) -> str | None:
    """For a clause without a value: whether those clauses of the source that share most words with it deny alike."""
    shared = [(len(clause.stems & other.stems), other) for other in source]
    most = max((count for count, _ in shared), default=0)
    if most == 0:
        return "the source says nothing of it" if clause.negated else None
    closest = [other for count, other in shared if count == most]
    if clause.negated and not any(other.negated for other in closest):
        return "the source says the opposite"
    if all(other.denials != clause.denials and clause.likeness(other) >= _WORD_FOR_WORD for other in closest):
        return "the source says the opposite"
    if not clause.negated and all(other.denies for other in closest):
        return "the source says the opposite"
    return None


def _holds(clause: Clause, value: Value) -> bool:
    if any(other.written == value.written and _roles_agree(value.role, other.role) for other in clause.values):
        return True
    return value.role == "code" and value.written in codes_in(clause.text)


def _roles_agree(mine: str, theirs: str) -> bool:
    # A bare number may be any of its source's values; what names its unit needs a source that names it too.
    return mine == theirs or (mine == "number" and theirs != "money")


def _strange_words(sentence: str, source: str, question: str) -> float:
    """The share of the sentence's longer words that neither source nor question holds."""
    known = {word.stem for text in (source, question) for word in words(text)}
    mine = [word for word in words(sentence) if len(word.form) > 3 and word.form.isalpha()]
    return sum(stem(word.form) not in known for word in mine) / len(mine) if mine else 0.0


def marks(sentence: str) -> tuple[int, ...]:
    """The source numbers a sentence cites, in order."""
    return tuple(int(number) for number in re.findall(r"\[(\d+)\]", sentence))


def split_sentences(text: str) -> list[str]:
    """The sentences of a model's answer, each with the marks that follow it."""
    parts = re.split(r"(?<=[.!?])\s+(?!\[)|(?<=\])\s+|\n+", text.strip())
    return [part.strip() for part in parts if part.strip()]


def grounded(
    text: str, sources: dict[int, str], *, question: str, directory: PayerDirectory
) -> tuple[list[str], list[tuple[str, str]]]:
    """The sentences that stand with their marks, and those dropped with the reason."""
    kept: list[str] = []
    dropped: list[tuple[str, str]] = []
    for sentence in split_sentences(text):
        cited = marks(sentence)
        if not cited or any(number not in sources for number in cited):
            dropped.append((sentence, "it cites no source that was given"))
            continue
        bare = re.sub(r"\s*\[\d+\]", "", sentence)
        verdict = check_sentence(bare, _joined(sources, cited), question=question, directory=directory)
        if verdict.stands:
            kept.append(sentence)
        else:
            dropped.append((sentence, verdict.reason))
    return kept, dropped


def _joined(sources: dict[int, str], cited: Iterable[int]) -> str:
    return "\n".join(sources[number] for number in cited)
