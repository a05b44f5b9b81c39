"""A value that came apart from its key, from JSON or from a cell of a table, read as the shorthand reads it.

Whatever is taken here can also be written in the shorthand: what a report says of a claim is always written in it.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from ingest.claims.header_key import HeaderEntry
from ingest.claims.header_value import read_value
from ingest.claims.model import Claim, ClaimLine
from ingest.claims.problem_list import ProblemList, quoted
from ingest.claims.service_line import LETTERS, MAX_UNITS
from ingest.claims.shorthand import write_claim
from ingest.claims.typed_line import TypedLine, typed_lines
from ingest.codes import is_modifier, is_procedure_code

# 837P carries 50 service lines; more than this is no claim, and rules compare lines with each other.
MAX_LINES = 300
MAX_TEXT = 300

_PLAIN = re.compile(r"[ -~]*\Z", re.ASCII)
_FREE_TEXT = frozenset(
    {"payer", "authorization", "documentation", "attachments", "rendering", "ordering", "corrected-of"}
)
_LISTS = frozenset({"documentation", "attachments"})
_CHARGE = re.compile(r"\$?\s*([0-9]{1,3}(?:,[0-9]{3}){1,2}|[0-9]{1,9})(\.[0-9]{1,2})?\Z", re.ASCII)
_FIELD = {"corrected-of": "corrected_of"}
_LINE = ClaimLine("99999")


def typed(text: str, line: int, column: int) -> TypedLine:
    """`text` as one piece whose every character stands at `line` and `column`; line ends in it become spaces."""
    bare = text.strip()
    if not _PLAIN.match(bare):
        piece = next(typed_lines(re.sub("[\r\n]+", " ", bare), line_break=""), None)
        if piece is None:
            return TypedLine(line, "", "", (column,))
        return TypedLine(line, piece.plain, piece.kept, (column,) * len(piece.columns))
    return TypedLine(line, bare, bare, (column,) * (len(bare) + 1))


def read_given(key: str, text: str, line: int, column: int, problems: ProblemList) -> Any:
    """The value of a header key in the type its field of Claim has; meaningless when a problem was added."""
    before = len(problems)
    value = _read(key, text, line, column, problems)
    if key in _FREE_TEXT and len(problems) == before and not _can_be_written(key, text, value):
        message = f'{key} cannot be written in a claim: leave ";" and words before a ":" out of it'
        problems.add(line, column, message)
    return value


def read_item(key: str, text: str, line: int, column: int, problems: ProblemList) -> str | None:
    """One item of `documentation` or `attachments`; None after a problem."""
    words = read_given(key, text, line, column, problems)
    if isinstance(words, tuple) and len(words) == 1 and isinstance(words[0], str):
        return words[0]
    problems.add(line, column, f'an item of {key} has no "," in it and is not "none"; an empty list says none')
    return None


def read_procedure_code(text: str, line: int, column: int, problems: ProblemList) -> str | None:
    """A procedure code in upper case; None after a problem."""
    written = typed(text, line, column).plain.upper()
    if written.isascii() and is_procedure_code(written):
        return written
    mend = "five characters such as 31267, J3301 or 0232T"
    if re.fullmatch("[0-9]{3,4}", written):
        mend = f'did you mean "{written:0>5}"? A spreadsheet drops zeros in front: make the column text'
    what = f"{quoted(text.strip())} is not a procedure code" if written else "there is no procedure code"
    problems.add(line, column, f"{what} ({mend})")
    return None


def read_modifier(text: str, line: int, column: int, problems: ProblemList) -> str | None:
    """A modifier in upper case; None after a problem."""
    written = typed(text, line, column).plain.upper()
    if written.isascii() and is_modifier(written):
        return written
    problems.add(line, column, f"{quoted(text.strip())} is not a modifier (two characters such as 50 or RT)")
    return None


def read_units(text: str, line: int, column: int, problems: ProblemList) -> int | None:
    """Units of service, `2` or `2.0`; None after a problem."""
    match = re.fullmatch(r"([0-9]{1,9})(?:\.0{1,6})?", typed(text, line, column).plain, re.ASCII)
    if match and 1 <= int(match[1]) <= MAX_UNITS:
        return int(match[1])
    problems.add(line, column, f"units are a whole number from 1 to {MAX_UNITS}")
    return None


def read_charge(text: str, line: int, column: int, problems: ProblemList) -> Decimal | None:
    """A charge in dollars and cents, `120`, `$1,120.50`; None after a problem."""
    match = _CHARGE.match(typed(text, line, column).plain)
    if match:
        return Decimal(match[1].replace(",", "") + (match[2] or ""))
    problems.add(line, column, "the charge is written in dollars and cents, such as 120.00")
    return None


def read_pointer(letter: str, line: int, column: int, problems: ProblemList) -> int | None:
    """A diagnosis pointer, a letter from A to L, as its 0-based place; None after a problem."""
    place = LETTERS.find(letter.upper()) if letter and letter.isascii() and len(letter) == 1 else -1
    if place >= 0:
        return place
    problems.add(line, column, "a diagnosis pointer is a letter from A to L")
    return None


def _read(key: str, text: str, line: int, column: int, problems: ProblemList) -> Any:
    if len(text) > MAX_TEXT and key in _FREE_TEXT:
        problems.add(line, column, f"{key} is longer than {MAX_TEXT} characters")
        return None
    return read_value(HeaderEntry(key, line, column, typed(text, line, column)), problems)


def _can_be_written(key: str, text: str, value: Any) -> bool:
    """True when the shorthand gives the value back; a value without `;` and `:` in plain letters always does."""
    if _PLAIN.match(text) and not {";", ":"}.intersection(text):
        return True
    try:
        write_claim(Claim((_LINE,), **{_FIELD.get(key, key): value}))
    except ValueError:
        return False
    return True
