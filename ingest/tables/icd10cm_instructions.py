"""Reads the diagnosis codes that an instruction of the ICD-10-CM tabular list names, such as "(J00-J06, K50.-)".

Says which codes; does not say what the instruction asks. A note whose codes cannot be read for certain gives none:
"see injury by body region" names no code, and a guess would raise false alarms.

Source of the forms: every Excludes1, "code first" and "use additional code" note of the tabular list of April 2026.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from ingest.tables.model import DiagnosisSpan

# A letter and a digit begin a code, with one exception so far (QA0, since fiscal year 2026).
_CODE: Final = r"(?:[A-Z]\d|QA)[0-9A-Z](?:\.[0-9A-Z]+)?(?![0-9A-Za-z])"
_LISTED_FORM: Final = re.compile(r"[A-Z][0-9A-Z]{2}(?:\.[0-9A-Z]{1,4})?", re.ASCII)
_FIND_CODE: Final = re.compile(_CODE, re.ASCII)
_BRACKETS: Final = re.compile(r"\(([^()]*)\)(\s+with (?:fifth|sixth|seventh|final|\dth)\b.*)?")
_QUALIFIED: Final = re.compile(r"(?s)(.*?)[-,.\s]*\bwith\b\s+(.*)")
# Codes outside brackets count only where the words around them leave no doubt: at the very end of the note, or after
# "classified to". "Any type in A15 (J65)" means J65.
_AT_END: Final = re.compile(
    rf"\(?({_CODE}[-.]*(?:\s*(?:-|to|,)?\s*{_CODE}[-.]*)*(?:\s+with\s+\w+\s+characters?\s+[-.\w]+)?)\s*$", re.ASCII
)
_CLASSIFIED: Final = re.compile(
    rf"classifi\w+ (?:in|to)\s+(?:(?:sub)?categor\w+\s+)?"
    rf"({_CODE}[-.]*(?:,?\s*(?:-|to|and|,)?\s*{_CODE}[-.]*)*)",
    re.ASCII,
)
_POSITIONS: Final = {"fifth": 5, "5th": 5, "sixth": 6, "6th": 6, "seventh": 7, "7th": 7}
_ORDINAL: Final = r"(fifth|5th|sixth|6th|seventh|7th)"
_CHOICE: Final = r"\.?([0-9A-Z](?:-[0-9A-Z])?(?:,?\s*(?:or\s+)?[0-9A-Z](?:-[0-9A-Z])?)*)"
_INTENT: Final = re.compile(rf"fifth or six(?:th)? characters? {_CHOICE}")
_AT_POSITION: Final = re.compile(rf"{_ORDINAL}[-\s]characters? {_CHOICE}")
_FROM_POSITION: Final = re.compile(rf"{_ORDINAL} to {_ORDINAL} characters? ([0-9A-Z]+)")
_FINAL: Final = re.compile(r"final characters? -?([0-9A-Z]+)")
_AFTER_POINT: Final = re.compile(r"\.([0-9A-Z]+)(?:\s*-\s*\.([0-9A-Z]+))?-?")
_OPEN_FRACTURE: Final = "open fracture 7th character"
# "Specified adverse effects of drugs (A00-R94)" names half the book and no condition.
_MOST_LETTERS: Final = 3


@dataclass(frozen=True)
class CodeUniverse:
    """The codes of one release: those that can be billed, sorted without points, with their descriptions."""

    descriptions: Mapping[str, str]
    ordered: Sequence[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ordered", sorted(self.descriptions))

    def within(self, span: DiagnosisSpan) -> Sequence[str]:
        """The billable codes of a span, without points."""
        low, high = bare(span.low), bare(span.high)
        return self.ordered[bisect_left(self.ordered, low) : bisect_right(self.ordered, high + "~")]


def is_listed_form(diagnosis_code: str) -> bool:
    """True when the text has the form of a code or heading as the list prints them, with its point (`QA0.0101`)."""
    return _LISTED_FORM.fullmatch(diagnosis_code) is not None


def bare(diagnosis_code: str) -> str:
    """The code without its point."""
    return diagnosis_code.replace(".", "")


def pointed(diagnosis_code: str) -> str:
    """The code with its point after the third character; upper case."""
    text = diagnosis_code.replace(".", "").upper()
    return f"{text[:3]}.{text[3:]}" if len(text) > 3 else text


def spans_of(note: str, universe: CodeUniverse) -> tuple[DiagnosisSpan, ...]:
    """The codes an instruction names, in its order; () when it names none or they cannot be read for certain.

    `universe` resolves what depends on single characters ("S02.- with 7th character B").
    """
    found: list[DiagnosisSpan] = []
    in_brackets = [
        match[1] + (match[2] or "") for match in _BRACKETS.finditer(note) if _FIND_CODE.match(match[1].strip())
    ]
    outside = (pattern.search(note) for pattern in (_AT_END, _CLASSIFIED))
    for text in in_brackets or [match[1] for match in outside if match][:1]:
        found.extend(_read(text, universe) or ())
    return tuple(dict.fromkeys(span for span in found if ord(span.high[0]) - ord(span.low[0]) <= _MOST_LETTERS))


def _read(text: str, universe: CodeUniverse) -> list[DiagnosisSpan] | None:
    qualified = _QUALIFIED.fullmatch(text)
    spans = list(_listed(qualified[1] if qualified else text))
    if not spans or None in spans:
        return None
    named = [span for span in spans if span is not None]
    if qualified is None:
        return named
    fits = _qualifier(qualified[2].strip(), universe)
    if fits is None:
        return None
    return [narrowed for span in named for narrowed in _narrowed(span, fits, universe)]


def _listed(text: str) -> Iterator[DiagnosisSpan | None]:
    """The codes and ranges of a list; None where something stands that is neither."""
    codes = list(_FIND_CODE.finditer(text))
    if not codes or text[: codes[0].start()].strip():
        yield None
        return
    low = previous = codes[0][0]
    for before, code in pairwise(codes):
        between = text[before.end() : code.start()]
        joined = _joined(between, previous, code[0], text[code.end() : code.end() + 1])
        if joined is None:
            yield None
            return
        if not joined:
            yield DiagnosisSpan(low, previous)
            low = code[0]
        previous = code[0]
    yield DiagnosisSpan(low, previous) if low <= previous else None
    if text[codes[-1].end() :].strip(" -.,"):
        yield None


def _joined(between: str, low: str, high: str, following: str) -> bool | None:
    """True: a range. False: the next item of a list. None: something else stands between the two codes."""
    words = between.strip(" -.")
    if words in {",", "and", "or", ";", ", and", "-, and"} or words.strip(" -.,") in {"and", "or"}:
        return False
    if words == "to":
        return True
    if words or not between.strip():
        return None
    # "I69.81- I69.91-" lacks its comma; "I01.0 -I01.9" and "P28.3- - P28.4-" are ranges. Dashed subcategories of
    # different parents ("I69.01-I69.11-") are two items, because what lies between them belongs to neither.
    if between in {"- ", ".- "}:
        return False
    is_same_level = len(bare(low)) >= 5 and len(low) == len(high) and low[:-2] == high[:-2]
    return not (following == "-" and is_same_level and low[-2] != high[-2])


def _qualifier(text: str, universe: CodeUniverse) -> Callable[[str], bool] | None:
    """The test of a bare code that "with ..." asks for; None when the words are not understood."""
    if found := _INTENT.fullmatch(text):
        intents = _choice(found[1])
        return lambda code: len(code) >= 5 and code[:6].rstrip("X")[-1] in intents
    if found := _AT_POSITION.fullmatch(text):
        place, characters = _POSITIONS[found[1]], _choice(found[2])
        return lambda code: code[place - 1 : place] in characters
    if found := _FROM_POSITION.fullmatch(text):
        first, last, wanted = _POSITIONS[found[1]], _POSITIONS[found[2]], found[3]
        return lambda code: code[first - 1 : last] == wanted
    if found := _FINAL.fullmatch(text):
        ending = found[1]
        return lambda code: code.endswith(ending)
    if found := _AFTER_POINT.fullmatch(text):
        low, high = found[1], found[2] or found[1]
        return lambda code: low <= code[3:] and (code[3:] <= high or code[3:].startswith(high))
    if text == _OPEN_FRACTURE:
        return lambda code: "open fracture" in universe.descriptions[code].lower()
    return None


def _choice(text: str) -> frozenset[str]:
    """The characters of "1-4", "A" or "1-4 or 6"."""
    chosen: set[str] = set()
    for low, high in re.findall(r"([0-9A-Z])(?:-([0-9A-Z]))?", text):
        chosen.update(chr(number) for number in range(ord(low), ord(high or low) + 1))
    return frozenset(chosen)


def _narrowed(span: DiagnosisSpan, fits: Callable[[str], bool], universe: CodeUniverse) -> Iterator[DiagnosisSpan]:
    """The runs of neighbouring codes in the span that fit."""
    run: list[str] = []
    for code in universe.within(span):
        if fits(code):
            run.append(code)
        elif run:
            yield DiagnosisSpan(pointed(run[0]), pointed(run[-1]))
            run = []
    if run:
        yield DiagnosisSpan(pointed(run[0]), pointed(run[-1]))
