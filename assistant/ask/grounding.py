"""Whether a sentence says only what its source says: codes, modifiers, numbers with their roles, payers, polarity.

Judges sentences a language model wrote. It never repairs one: a sentence that does not stand is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

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
    r"\$?\d[\d,]*(?:\.\d+)?(?:/\d+)*|[A-Z]\d[0-9A-Z](?:\.[0-9A-Z]{1,4})?|[A-V]\d{4}|(?:CO|PR|OA|PI)-\w{1,3}"
    r"|[A-Za-z]+(?:'[a-z]+)?|[.;:,!?()|-]"
)
_NEGATION = frozenset(
    "not no never without cannot can't don't doesn't isn't aren't won't shouldn't mustn't except neither nor"
    " none avoid "
    "forbid forbidden forbids deny denies denied denial reject rejects rejected refuse refuses refused remove drop "
    "delete "
    "wrong unless instead rather excluding exclude excluded stop lacks lack unneeded unnecessary".split()
)
_CLAUSE_END = frozenset(".;:!?|")
_CONTRAST = frozenset({"but", "and", "so", "then", "while", "whereas"})


@dataclass(frozen=True, slots=True)
class Value:
    """A code, modifier, number or denial code as a text uses it. `role`: its unit word or kind; `negated`: polarity."""

    written: str
    role: str
    negated: bool


def values(text: str) -> list[Value]:
    """Every value in the text with its role and polarity, in order."""
    tokens = [match.group() for match in _TOKEN.finditer(text.translate({0x2019: "'", 0x2013: "-", 0x2014: ","}))]
    clauses: list[list[str]] = [[]]
    for said in tokens:
        if said in _CLAUSE_END or said.lower() in _CONTRAST or said == ",":
            clauses.append([])
        else:
            clauses[-1].append(said)
    found: list[Value] = []
    for clause in clauses:
        negated = any(token.lower() in _NEGATION for token in clause)
        lowered = [token.lower() for token in clause]
        for place, said in enumerate(clause):
            written = _NUMBER_WORDS.get(lowered[place], said)
            kind = _kind(written, lowered, place)
            if kind:
                found.append(Value(written.upper().replace(",", "").lstrip("$"), kind, negated))
    return found


def _kind(token: str, lowered: list[str], place: int) -> str | None:
    """What a token is a value of; None for a plain word."""
    if re.fullmatch(r"\d{5}|[A-V]\d{4}|\d{4}[FTUM]", token):
        return "code"
    if re.fullmatch(r"(?:CO|PR|OA|PI)-\w{1,3}|(?:N|MA|M)\d{2,4}", token):
        return "denial"
    if re.fullmatch(r"[A-Z]\d[0-9A-Z]\.[0-9A-Z]{1,4}", token):
        return "diagnosis"
    if _LETTER_MODIFIER.match(token):
        return "modifier"
    if not token.lstrip("$")[:1].isdigit():
        return None
    after = next((_UNITS_OF[word] for word in lowered[place + 1 : place + 4] if word in _UNITS_OF), None)
    before = lowered[place - 1] if place else ""
    if token in _MODIFIERS and (
        before in {"modifier", "modifiers", "mod", "or", "and", "-", "with", "use", "add"}
        or after in (None, "modifier", "line")
    ):
        return "modifier"
    return after or "number"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a sentence stands, and if not the first thing its source does not hold."""

    stands: bool
    reason: str


def check_sentence(sentence: str, source: str, *, question: str, directory: PayerDirectory) -> Verdict:
    """The sentence held against the source it cites. `question` may lend its words, but no value."""
    source_values = values(source)
    for value in values(sentence):
        same = [other for other in source_values if other.written == value.written]
        if not same:
            return Verdict(False, f"the source holds no {value.role} {value.written}")
        if not any(_roles_agree(value.role, other.role) for other in same):
            return Verdict(False, f"{value.written} is no {value.role} in the source")
        if value.role not in {"code"} and not any(
            other.negated == value.negated for other in same if _roles_agree(value.role, other.role)
        ):
            return Verdict(False, f"the source says the opposite of {value.written}")
    named = directory.exact(sentence)
    if named - directory.exact(source):
        return Verdict(False, "the source names another payer")
    if _negated(sentence) and not _negated(source):
        return Verdict(False, "the source says no such thing as not")
    strange = _strange_words(sentence, source, question)
    if strange > 0.34:
        return Verdict(False, "too few of its words stand in the source")
    return Verdict(True, "")


def _negated(text: str) -> bool:
    return any(word.form in _NEGATION for word in words(text))


def _roles_agree(mine: str, theirs: str) -> bool:
    return mine == theirs or "number" in (mine, theirs)


def _strange_words(sentence: str, source: str, question: str) -> float:
    """The share of the sentence's longer words that neither source nor question holds."""
    known = {word.stem for text in (source, question) for word in words(text)}
    mine = [word for word in words(sentence) if len(word.form) > 3 and word.form.isalpha()]
    return sum(stem(word.form) not in known for word in mine) / len(mine) if mine else 1.0


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
