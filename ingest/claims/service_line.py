"""One service line of the claim shorthand, `31267-50 x1 [A] $120.00`: reads it and writes it.

Does not ask whether a code exists or whether its modifiers make sense.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from ingest.claims.model import ClaimLine
from ingest.claims.problem_list import ProblemList, quoted
from ingest.claims.typed_line import TypedLine
from ingest.codes import is_diagnosis_code, is_modifier, is_procedure_code

LETTERS = "ABCDEFGHIJKL"
# 837P SV104 could hold more; a longer number on a professional claim is a slip of the hand.
MAX_UNITS = 99_999

_TEXT_END = r"(?=\Z|[\s\-\[$(,]|[xX]\s*[0-9])"
_CODE = re.compile(r"[0-9A-Za-z]{5}" + _TEXT_END, re.ASCII)
_MODIFIER = re.compile(r"\s*-\s*([0-9A-Za-z]{2})" + _TEXT_END, re.ASCII)
_BAD_MODIFIER = re.compile(r"\s*-\s*([^\s\-\[$]*)", re.ASCII)
_UNITS = re.compile(r"[xX]\s*([0-9]+)(?![0-9A-Za-z.]|,[0-9])", re.ASCII)
_POINTERS = re.compile(r"\[([^\[\]]*)(\])?", re.ASCII)
_BILLED = re.compile(r"\$\s*([0-9]{1,3}(?:,[0-9]{3}){1,3}|[0-9]{1,9})(\.[0-9]{1,2})?(?!\S)", re.ASCII)
_WRITTEN = re.compile(r"([0-9A-Z]{5})((?:-[0-9A-Z]{2})*)(?: x([0-9]+))?(?: \[([A-L](?:,[A-L])*)\])?\Z", re.ASCII)
_TOKEN = re.compile(r"\S+")


@dataclass(slots=True)
class _Parts:
    units: int | None = None
    pointers: tuple[int, ...] | None = None
    billed: Decimal | None = None


def read_service_line(piece: TypedLine, problems: ProblemList) -> ClaimLine | None:
    """The line, or None when it has no procedure code. Whatever else is wrong is in `problems`."""
    return _as_written(piece.plain) or _as_typed(piece, problems)


def _as_written(text: str) -> ClaimLine | None:
    """The line of a text in the form `write_service_line` gives it, as most are; None: look more closely."""
    match = _WRITTEN.match(text)
    if match is None or not is_procedure_code(match[1]):
        return None
    modifiers = tuple(match[2].split("-")[1:])
    units = 1 if match[3] is None else _units(match[3])
    pointers = tuple(map(LETTERS.index, match[4].split(","))) if match[4] else ()
    if units is None or not all(map(is_modifier, modifiers)) or len(set(pointers)) < len(pointers):
        return None
    return ClaimLine(match[1], modifiers, units, pointers)


def _as_typed(piece: TypedLine, problems: ProblemList) -> ClaimLine | None:
    code = _CODE.match(piece.plain)
    if code is None or not is_procedure_code(code.group().upper()):
        problems.add(piece.number, piece.column, _no_code(_first_token(piece)))
        return None
    modifiers: list[str] = []
    at = code.end()
    while match := _MODIFIER.match(piece.plain, at):
        written = match[1].upper()
        if not is_modifier(written):
            problems.add(piece.number, piece.columns[match.start(1)], _no_modifier(written))
        modifiers.append(written)
        at = match.end()
    if match := _BAD_MODIFIER.match(piece.plain, at):
        problems.add(piece.number, piece.columns[match.start(1)], _no_modifier(match[1].upper()))
        at = match.end()
    parts = _rest(piece, at, problems)
    return ClaimLine(
        code.group().upper(),
        tuple(modifiers),
        1 if parts.units is None else parts.units,
        parts.pointers or (),
        parts.billed,
    )


def write_service_line(line: ClaimLine) -> str:
    """The line in the shorthand, units always written: `31267-50 x1 [A] $120.00`. Raises nothing.

    Whether the text reads back as the same line is for `write_claim` to check.
    """
    text = "-".join((line.procedure_code, *line.modifiers)) + f" x{line.units}"
    if line.pointers:
        text += " [" + ",".join(_letter(pointer) for pointer in line.pointers) + "]"
    if line.billed is not None:
        text += f" ${line.billed:.2f}"
    return text


def write_service_lines(lines: Iterable[ClaimLine]) -> tuple[str, ...]:
    """Each line in the shorthand, in order."""
    return tuple(write_service_line(line) for line in lines)


def _rest(piece: TypedLine, at: int, problems: ProblemList) -> _Parts:
    parts = _Parts()
    text = piece.plain
    while at < len(text):
        if text[at].isspace() or text[at] == ",":
            at += 1
            continue
        where = piece.columns[at]
        if match := _UNITS.match(text, at):
            if parts.units is not None:
                problems.add(piece.number, where, "units are written twice on this line")
            parts.units = _units(match[1])
            if parts.units is None:
                problems.add(piece.number, where, f"units are a whole number from 1 to {MAX_UNITS}")
        elif match := _POINTERS.match(text, at):
            if parts.pointers is not None:
                problems.add(piece.number, where, "diagnosis pointers are written twice on this line")
            if match[2] is None:
                problems.add(piece.number, where, 'the bracket is not closed; pointers are written "[A,B]"')
            parts.pointers = _pointers(piece, match.start(1), match[1], problems)
        elif match := _BILLED.match(text, at):
            if parts.billed is not None:
                problems.add(piece.number, where, "the charge is written twice on this line")
            parts.billed = Decimal(match[1].replace(",", "") + (match[2] or ""))
        else:
            match = _TOKEN.match(text, at)
            assert match is not None  # text[at] is not white space
            problems.add(piece.number, where, _junk(match.group()))
        at = match.end()
    return parts


def _units(digits: str) -> int | None:
    number = int(digits) if len(digits) <= 9 else 0
    return number if 1 <= number <= MAX_UNITS else None


def _pointers(piece: TypedLine, start: int, written: str, problems: ProblemList) -> tuple[int, ...]:
    found: list[int] = []
    for offset, char in enumerate(written):
        if char.isspace() or char == ",":
            continue
        pointer = LETTERS.find(char.upper()) if char.isascii() else -1
        if pointer < 0:
            problems.add(piece.number, piece.columns[start + offset], "a diagnosis pointer is a letter from A to L")
        elif pointer in found:
            problems.add(piece.number, piece.columns[start + offset], f"pointer {char.upper()} stands here twice")
        else:
            found.append(pointer)
    if not written.strip(" ,\t"):
        problems.add(piece.number, piece.columns[start - 1], 'the brackets are empty; write "[A]" or leave them out')
    return tuple(found)


def _letter(pointer: int) -> str:
    return LETTERS[pointer] if 0 <= pointer < len(LETTERS) else "?"


def _first_token(piece: TypedLine) -> str:
    match = _TOKEN.match(piece.plain)
    return match.group() if match else ""


def _no_code(token: str) -> str:
    if is_diagnosis_code(token.upper()) and token.isascii():
        return f'{quoted(token)} is a diagnosis code; write it after "dx:"'
    if quoted(token, ""):
        return f"{quoted(token)} is not a procedure code (five characters such as 31267, J3301 or 0232T)"
    return "this is neither a service line (such as 31267-50 x1 [A]) nor a header key (such as dos: 2026-09-15)"


def _no_modifier(written: str) -> str:
    if is_procedure_code(written):
        return f"{quoted(written)} stands where a modifier belongs; a service line holds one procedure code"
    return f"{quoted(written)} is not a modifier (two characters such as 50 or RT)"


def _junk(token: str) -> str:
    upper = token.upper()
    if re.match(r"X|[0-9]+X\Z", upper):
        return f'units are a whole number from 1 to {MAX_UNITS}, written "x2"'
    if token.startswith("$"):
        return 'the charge is written in dollars and cents, such as "$120.00"'
    if token.startswith("("):
        return 'diagnosis pointers stand in square brackets, such as "[A,B]"'
    if token.isascii() and is_modifier(upper):
        return f'{quoted(token)} is not understood here; a modifier is joined by a dash ("31267-50"), units are "x2"'
    if token.isascii() and is_procedure_code(upper):
        return f'{quoted(token)} is a second code; begin a new line or put ";" between'
    return f"{quoted(token)} is not understood here; a line is code-modifiers, xUNITS, [POINTERS], $CHARGE"
