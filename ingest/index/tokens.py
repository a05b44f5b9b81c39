"""The words of a text as keyword search sees them: lower case, with every code kept whole.

Does not stem (FTS5's porter tokenizer does, for notes and questions alike) and does not know which codes exist.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from ingest.codes import PROCEDURE_FORM, RARC_FORM

# Wider ranges are searched by their ends only; the filter by codes (CodeSet) covers the rest.
MAX_RANGE_WIDTH = 200

_PROCEDURE = r"(?:\d{5}|\d{4}[A-Za-z]|[A-Va-v]\d{4})"
_MODIFIER = r"(?:\d\d|[A-Za-z][A-Za-z0-9])"
_BETWEEN = r"(?:\s*[,/+]\s*(?:(?:and|or)\s+)?|\s+(?:and|or|with)\s+)"

_SCANNER = re.compile(
    rf"""
      (?<![\w.])(?P<low>{_PROCEDURE})\s?[-\u2013]\s?(?P<high>{_PROCEDURE})(?!\w)
    | (?<![\w.])(?P<procedure>{_PROCEDURE})(?P<attached>(?:-{_MODIFIER})+)(?!\w)
    | (?<!\w)(?P<group>CO|PR|OA|PI)[- ]?(?P<carc>\d{{1,3}}|[AB]\d{{1,2}})(?!\w)
    | (?<!\w)(?:CARC|(?:denial|reason|adjustment)\s+code)s?\s+\#?(?P<bare_carc>\d{{1,3}}|[AB]\d{{1,2}})(?!\w)
    | (?<!\w)(?P<category>[A-Z]\d[0-9A-Z])\.(?P<rest>[0-9A-Z]{{1,4}})(?!\w)
    | (?<!\w)(?P<mod_word>modifiers?|mods?)\s+(?P<named>{_MODIFIER}(?!\w)(?:{_BETWEEN}{_MODIFIER}(?!\w))*)
    | (?<![\w-])-(?P<dashed>\d\d|(?-i:[A-Z][A-Z0-9]))(?!\w)
    | (?P<word>[^\W_]+(?:['\u2019][^\W_]+)*)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_NAMED_MODIFIER = re.compile(rf"(?<!\w){_MODIFIER}(?!\w)")
_POSSESSIVE = re.compile(r"['\u2019]s\Z", re.IGNORECASE)
_JOINING = frozenset({"or"})


def tokens(text: str) -> list[str]:
    """The search tokens of `text` in order, each of letters and digits only.

    Codes stay whole: `CO-97` gives co97 (and carc97), `J32.0` gives j320 and its category j32, `31253-31259` every
    member, `31255-RT` and `modifier RT` give rt and modrt. Everything else is its lower-case words.
    """
    return [token for token, _ in _scan(text)]


def code_tokens(text: str) -> list[str]:
    """Only those tokens of `text` that stand for a code: procedure, diagnosis, CARC, RARC, modifier."""
    return [token for token, is_code in _scan(text) if is_code]


def _scan(text: str) -> Iterator[tuple[str, bool]]:
    for match in _SCANNER.finditer(unicodedata.normalize("NFKC", text)):
        kind = match.lastgroup
        if kind == "word":
            yield from _word(match["word"])
        elif kind == "high":
            yield from ((member, True) for member in _members(match["low"].lower(), match["high"].lower()))
        elif kind == "attached":
            yield match["procedure"].lower(), True
            yield from _modifiers(match["attached"].split("-")[1:])
        elif kind == "carc":
            yield (match["group"] + match["carc"]).lower(), True
            yield f"carc{match['carc']}".lower(), True
        elif kind == "bare_carc":
            yield from ((word, False) for word in re.findall(r"[a-z]+", match[0].lower()) if len(word) > 1)
            yield match["bare_carc"].lower(), False
            yield f"carc{match['bare_carc']}".lower(), True
        elif kind == "rest":
            yield (match["category"] + match["rest"]).lower(), True
            yield match["category"].lower(), True
        elif kind == "named":
            yield match["mod_word"].lower(), False
            yield from _modifiers(m for m in _NAMED_MODIFIER.findall(match["named"]) if m.lower() not in _JOINING)
        else:
            yield from _modifiers([match["dashed"]])


def _word(word: str) -> Iterator[tuple[str, bool]]:
    if word.isascii() and word.isalpha():
        yield word.lower(), False
        return
    upper = word.upper()
    if PROCEDURE_FORM.match(upper) or (upper == word and RARC_FORM.match(word)):
        yield word.lower(), True
        return
    folded = "".join(filter(str.isalnum, _POSSESSIVE.sub("", word).casefold()))
    if folded:
        yield folded, False


def _modifiers(found: Iterator[str] | list[str]) -> Iterator[tuple[str, bool]]:
    for modifier in found:
        yield modifier.lower(), False
        yield f"mod{modifier.lower()}", True


def _members(low: str, high: str) -> list[str]:
    """Every code of an inclusive range of one shape; only the ends when the shapes differ or it is too wide."""
    digits_low, digits_high = (re.sub(r"\D", "", end) for end in (low, high))
    same_shape = low.replace(digits_low, "#") == high.replace(digits_high, "#")
    width = int(digits_high) - int(digits_low) + 1
    if not same_shape or not 1 <= width <= MAX_RANGE_WIDTH:
        return [low, high]
    return [
        low.replace(digits_low, str(number).zfill(len(digits_low)))
        for number in range(int(digits_low), int(digits_high) + 1)
    ]
