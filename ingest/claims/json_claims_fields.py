"""The fields of a decoded JSON claim, each read as the shorthand reads it, with the JSON pointer of what is wrong.

Does not decode text and does not know lines and columns.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from ingest.claims.given_value import (
    MAX_LINES,
    read_charge,
    read_given,
    read_item,
    read_modifier,
    read_pointer,
    read_procedure_code,
    read_units,
    typed,
)
from ingest.claims.header_key import KEYS
from ingest.claims.header_value import MAX_DIAGNOSES, read_diagnosis_code
from ingest.claims.json_claims_places import escaped
from ingest.claims.model import Claim, ClaimLine, Diagnosis, PriorProcedure
from ingest.claims.problem_list import ProblemList
from ingest.claims.service_line import read_service_line

_CLAIM_KEYS = (*KEYS, "lines", "id")
_LINE_KEYS = ("code", "modifiers", "units", "diagnoses", "billed")
_PRIOR_KEYS = ("code", "modifiers", "dos")
_MEANT = {
    "diagnoses": "dx",
    "diagnosis": "dx",
    "date-of-service": "dos",
    "place-of-service": "pos",
    "procedures": "lines",
    "services": "lines",
    "procedure-code": "code",
    "procedure": "code",
    "cpt": "code",
    "hcpcs": "code",
    "modifier": "modifiers",
    "pointers": "diagnoses",
    "pointer": "diagnoses",
    "dx": "diagnoses",
    "unit": "units",
    "quantity": "units",
    "charge": "billed",
    "date": "dos",
}
_FIELD = {
    "dos": "date_of_service",
    "pos": "place_of_service",
    "dx": "diagnoses",
    "new-patient": "new_patient",
    "corrected-of": "corrected_of",
}
_Read = Callable[[str, int, int, ProblemList], Any]


class JsonProblems:
    """What is wrong, each with the JSON pointer of the value it is about."""

    __slots__ = ("found",)

    def __init__(self) -> None:
        self.found: list[tuple[str, str]] = []

    def add(self, pointer: str, message: str) -> None:
        """Note one problem."""
        self.found.append((pointer, message))

    def through(self, read: _Read, text: str, pointer: str) -> Any:
        """What a reader of typed text makes of `text`; its problems become problems at the pointer."""
        own = ProblemList()
        value = read(text, 1, 1, own)
        for problem in own.in_order() if own else ():
            self.add(pointer, problem.message)
        return value


def claim_of(value: Any, pointer: str, problems: JsonProblems) -> Claim | None:
    """The claim of a decoded object; None, or meaningless, when a problem was added."""
    if not isinstance(value, Mapping):
        problems.add(pointer, 'a claim is an object such as {"dos": "2026-09-15", "lines": [{"code": "31267"}]}')
        return None
    given = _keys(value, _CLAIM_KEYS, pointer, problems)
    values: dict[str, Any] = {}
    for key in KEYS:
        written, at = given.get(key, (None, pointer))
        if written is not None:
            values[_FIELD.get(key, key)] = _HEADER.get(key, _text)(key, written, at, problems)
    diagnoses = values.get("diagnoses")
    codes = None if diagnoses is None else tuple(one.diagnosis_code for one in diagnoses)
    lines = _lines(given.get("lines"), pointer, codes, problems)
    return None if problems.found else Claim(lines=lines, **values)


def _keys(
    value: Mapping[str, Any], known: tuple[str, ...], pointer: str, problems: JsonProblems
) -> dict[str, tuple[Any, str]]:
    """Known key, written with dashes, to its value and pointer."""
    found: dict[str, tuple[Any, str]] = {}
    for twice in getattr(value, "twice", ()):
        problems.add(f"{pointer}/{escaped(twice)}", "this key stands here twice; keep one")
    for written, one in value.items():
        key, at = written.strip().lower().replace("_", "-"), f"{pointer}/{escaped(written)}"
        if key not in known:
            problems.add(at if len(written) <= 40 else pointer, _unknown(key, known))
        elif key in found:
            problems.add(at, f'this is "{key}" a second time; keep one')
        else:
            found[key] = (one, at)
    return found


def _unknown(key: str, known: tuple[str, ...]) -> str:
    from difflib import get_close_matches

    meant = _MEANT.get(key)
    if meant not in known:
        meant = next(iter(get_close_matches(key, known, n=1, cutoff=0.6)), None)
    return f'unknown key; did you mean "{meant}"?' if meant else "unknown key; the keys are " + ", ".join(known)


def _text(key: str, value: Any, pointer: str, problems: JsonProblems) -> Any:
    """A text, or a whole number written without quotation marks."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        problems.add(pointer, f"{key} is a text in quotation marks; leave it out, or write null, when it is not known")
        return None
    if not typed(value, 1, 1).plain:
        problems.add(pointer, f"{key} is empty; leave it out, or write null, when it is not known")
        return None
    return problems.through(lambda text, line, column, own: read_given(key, text, line, column, own), value, pointer)


def _yes_no(key: str, value: Any, pointer: str, problems: JsonProblems) -> Any:
    return value if isinstance(value, bool) else _text(key, value, pointer, problems)


def _diagnoses(key: str, value: Any, pointer: str, problems: JsonProblems) -> tuple[Diagnosis, ...]:
    if not isinstance(value, list):
        return _text(key, value, pointer, problems) or ()
    found: list[Diagnosis] = []
    for index, one in enumerate(value[: MAX_DIAGNOSES + 1]):
        code = read_diagnosis_code(typed(one, 1, 1).plain) if isinstance(one, str) else None
        if code is None:
            problems.add(f"{pointer}/{index}", "this is not a diagnosis code (such as J32.0)")
        else:
            found.append(Diagnosis(code))
    if len(value) > MAX_DIAGNOSES:
        problems.add(f"{pointer}/{MAX_DIAGNOSES}", f"a claim carries at most {MAX_DIAGNOSES} diagnoses (A to L)")
    return tuple(found)


def _words(key: str, value: Any, pointer: str, problems: JsonProblems) -> tuple[str, ...]:
    if not isinstance(value, list):
        return _text(key, value, pointer, problems) or ()
    found: list[str] = []
    for index, one in enumerate(value):
        at = f"{pointer}/{index}"
        if not isinstance(one, str) or not typed(one, 1, 1).plain:
            problems.add(at, f"an item of {key} is a text")
            continue
        word = problems.through(lambda text, line, column, own: read_item(key, text, line, column, own), one, at)
        if word is not None:
            found.append(word)
    return tuple(found)


def _prior(key: str, value: Any, pointer: str, problems: JsonProblems) -> tuple[PriorProcedure, ...]:
    if not isinstance(value, list):
        return _text(key, value, pointer, problems) or ()
    found: list[PriorProcedure] = []
    for index, one in enumerate(value):
        at = f"{pointer}/{index}"
        if isinstance(one, Mapping):
            found.extend(_prior_object(one, at, problems))
        else:
            before = len(problems.found)
            read = _text(key, one, at, problems)
            if len(problems.found) == before and len(read) != 1:
                problems.add(at, "an item of prior is one code and its day, such as 30520 2026-02-10")
            found.extend(read or ())
    return tuple(found)


def _prior_object(value: Mapping[str, Any], pointer: str, problems: JsonProblems) -> tuple[PriorProcedure, ...]:
    given = _keys(value, _PRIOR_KEYS, pointer, problems)
    code = _code(given.get("code"), pointer, problems)
    modifiers = _modifiers(given.get("modifiers"), problems)
    written, at = given.get("dos", (None, pointer))
    if written is None:
        problems.add(pointer, "an earlier procedure needs its day, dos")
        return ()
    day = _text("dos", written, at, problems)
    return (PriorProcedure(code, modifiers, day),) if code and isinstance(day, date) else ()


def _lines(
    given: tuple[Any, str] | None, pointer: str, codes: tuple[str, ...] | None, problems: JsonProblems
) -> tuple[ClaimLine, ...]:
    value, at = given or (None, pointer)
    if not isinstance(value, list) or not value:
        problems.add(at, 'the claim has no service line; write "lines": [{"code": "31267"}]')
        return ()
    if len(value) > MAX_LINES:
        problems.add(at, f"the claim has {len(value)} service lines; {MAX_LINES} are the most")
        return ()
    found = (_line(one, f"{at}/{index}", codes, problems) for index, one in enumerate(value))
    return tuple(line for line in found if line is not None)


def _line(value: Any, pointer: str, codes: tuple[str, ...] | None, problems: JsonProblems) -> ClaimLine | None:
    if isinstance(value, str):
        line: ClaimLine | None = problems.through(
            lambda text, number, column, own: read_service_line(typed(text, number, column), own), value, pointer
        )
        if line is not None and codes is not None:
            _check_pointers(line.pointers, len(codes), pointer, problems)
        return line
    if not isinstance(value, Mapping):
        problems.add(pointer, 'a service line is an object such as {"code": "31267", "modifiers": ["50"], "units": 1}')
        return None
    given = _keys(value, _LINE_KEYS, pointer, problems)
    code = _code(given.get("code"), pointer, problems)
    units = _number(given.get("units"), read_units, problems)
    billed = _number(given.get("billed"), read_charge, problems)
    modifiers = _modifiers(given.get("modifiers"), problems)
    pointers = _pointers(given.get("diagnoses"), codes, problems)
    return ClaimLine(code, modifiers, 1 if units is None else units, pointers, billed) if code else None


def _code(given: tuple[Any, str] | None, pointer: str, problems: JsonProblems) -> str | None:
    value, at = given or (None, pointer)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        problems.add(at, 'there is no procedure code; write "code": "31267"')
        return None
    code: str | None = problems.through(read_procedure_code, value, at)
    return code


def _modifiers(given: tuple[Any, str] | None, problems: JsonProblems) -> tuple[str, ...]:
    value, at = given or (None, "")
    if value is None:
        return ()
    if isinstance(value, str):
        value = [part for part in re.split(r"[\s,-]+", typed(value, 1, 1).plain) if part]
    if not isinstance(value, list):
        problems.add(at, 'modifiers are a list such as ["50", "RT"]')
        return ()
    found: list[str] = []
    for index, one in enumerate(value):
        text = str(one) if isinstance(one, int) and not isinstance(one, bool) else one
        if not isinstance(text, str):
            problems.add(f"{at}/{index}", 'a modifier is a text of two characters such as "50"')
            continue
        modifier = problems.through(read_modifier, text, f"{at}/{index}")
        if modifier is not None:
            found.append(modifier)
    return tuple(found)


def _number(given: tuple[Any, str] | None, read: _Read, problems: JsonProblems) -> Any:
    value, at = given or (None, "")
    if value is None:
        return None
    if isinstance(value, Decimal):
        # No exponent is written out before it is known to be small.
        value = f"{value:f}" if value.is_finite() and -6 <= value.adjusted() <= 9 else "?"
        value = value.rstrip("0").rstrip(".") if "." in value else value
    elif isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return problems.through(read, value if isinstance(value, str) else "?", at)


def _pointers(given: tuple[Any, str] | None, codes: tuple[str, ...] | None, problems: JsonProblems) -> tuple[int, ...]:
    value, at = given or (None, "")
    if value is None:
        return ()
    if isinstance(value, str):
        bare = typed(value, 1, 1).plain
        parts = re.split(r"[\s,]+", bare.strip(" ,"))
        value = (
            [part for part in parts if part] if any(len(part) > 3 for part in parts) else re.findall(r"[^\s,]", bare)
        )
    if not isinstance(value, list):
        problems.add(at, 'diagnoses of a line are a list of letters such as ["A", "B"]')
        return ()
    found: list[int] = []
    for index, one in enumerate(value):
        place = _pointed(one, f"{at}/{index}", codes, problems)
        if place is not None and place in found:
            problems.add(f"{at}/{index}", "this diagnosis stands here twice")
        elif place is not None:
            found.append(place)
    if codes is not None:
        _check_pointers(tuple(found), len(codes), at, problems)
    return tuple(found)


def _pointed(one: Any, pointer: str, codes: tuple[str, ...] | None, problems: JsonProblems) -> int | None:
    if not isinstance(one, str):
        problems.add(pointer, 'a diagnosis pointer is a letter: "A" for the first of dx, "B" for the second')
        return None
    written = typed(one, 1, 1).plain
    code = read_diagnosis_code(written) if len(written) > 1 else None
    if code is not None:
        if codes and code in codes:
            return codes.index(code)
        problems.add(pointer, "this diagnosis is not among dx; add it there, or write a letter from A to L")
        return None
    place: int | None = problems.through(read_pointer, written, pointer)
    return place


def _check_pointers(pointers: tuple[int, ...], count: int, pointer: str, problems: JsonProblems) -> None:
    if any(place >= count for place in pointers):
        problems.add(pointer, f"a pointer of this line points to no diagnosis; dx has {count}")


_HEADER: dict[str, Callable[[str, Any, str, JsonProblems], Any]] = {
    "new-patient": _yes_no,
    "dx": _diagnoses,
    "prior": _prior,
    "documentation": _words,
    "attachments": _words,
}
