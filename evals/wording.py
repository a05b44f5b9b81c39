"""How texts are compared in an evaluation: whole words, without case, Markdown marks or line breaks; and their values.

Knows no item and no answer.
"""

from __future__ import annotations

import re
from collections.abc import Collection

_LINK = re.compile(r"\[([^\]\n]*)\]\([^)\n]*\)")
_LINE_MARK = re.compile(r"^\s*(?:#{1,6}\s+|>\s?|[-*+]\s+)", re.MULTILINE)
_EMPHASIS = re.compile(r"[*`~]+|(?<![A-Za-z0-9])_+|_+(?![A-Za-z0-9])")
_RULER = re.compile(r"\|[\s:|-]*\|\s*$", re.MULTILINE)
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_TYPOGRAPHY = str.maketrans({0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"', 0x2013: "-", 0x00A0: " "})

_CARC = re.compile(r"\b(CO|PR|OA|PI)[\s-]?(\d{1,3}|[A-Z]\d{1,2})\b")
# A number, a code or a reference: letters and digits in one word with a digit among them (31255, J32.0, N122, 277CA).
# Two capitals may be a modifier (RT, XS): the form is enough, because what a source holds too is never reported.
_VALUE = re.compile(r"[A-Za-z]*\d[A-Za-z0-9]*(?:\.\d[A-Za-z0-9]*)*|(?<![A-Za-z0-9&])[A-Z]{2}(?![A-Za-z0-9&])")
# Below three a number word is an article as often as a number ("one of them").
_NUMBER_WORDS = {
    "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9", "ten": "10",
    "eleven": "11", "twelve": "12", "fifteen": "15", "twenty": "20", "thirty": "30", "forty": "40", "sixty": "60",
    "ninety": "90",
}  # fmt: skip
_NUMBER_WORD = re.compile(rf"\b(?:{'|'.join(_NUMBER_WORDS)})\b", re.IGNORECASE)


def normalised(text: str) -> str:
    """The text in lower case, without Markdown marks, typographic quotes, thousands commas or doubled white space."""
    bare = _LINK.sub(r"\1", text.translate(_TYPOGRAPHY))
    bare = _RULER.sub(" ", _LINE_MARK.sub("", bare))
    bare = _EMPHASIS.sub("", bare).replace("|", " ")
    return " ".join(_THOUSANDS.sub("", bare).lower().split())


def holds(text: str, phrase: str) -> bool:
    """True when the text holds the phrase as whole words: "50" stands in "31255-50", not in "150", "50.5" or "J50"."""
    wanted = normalised(phrase)
    return bool(wanted) and re.search(whole(wanted), normalised(text)) is not None


def whole(phrase: str) -> str:
    """A regular expression for the phrase as it is, as whole words; a decimal is one word."""
    return rf"(?<![A-Za-z0-9])(?<!\d\.){re.escape(phrase)}(?![A-Za-z0-9])(?!\.\d)"


def without_marks(text: str, numbers: Collection[int]) -> str:
    """The text without the `[n]` of the given citations, so that a mark is never taken for a value."""
    return re.sub(r"\s?\[(\d+)\]", lambda mark: "" if int(mark.group(1)) in numbers else mark.group(), text)


def values(text: str) -> tuple[str, ...]:
    """Every procedure code, modifier, diagnosis code, CARC, RARC and number of the text, upper case, once, in order.

    A range gives its two ends, `31255-50` the code and the modifier, "ninety" 90. Group and CARC stay together: CO-97.
    """
    plain = _THOUSANDS.sub("", text.translate(_TYPOGRAPHY))
    found: list[tuple[int, str]] = []
    for match in _CARC.finditer(plain):
        found.append((match.start(), f"{match.group(1)}-{match.group(2)}"))
    rest = _CARC.sub(lambda match: " " * len(match.group()), plain)
    found.extend((match.start(), match.group().upper()) for match in _VALUE.finditer(rest))
    found.extend((match.start(), _NUMBER_WORDS[match.group().lower()]) for match in _NUMBER_WORD.finditer(rest))
    return tuple(dict.fromkeys(value for _, value in sorted(found)))
