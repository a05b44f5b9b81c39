"""Reads what stands after each header key of the claim shorthand, and writes it.

Does not look for keys, and does not ask whether a code or a payer exists.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from typing import Any

from ingest.claims.header_key import HeaderEntry
from ingest.claims.model import Diagnosis, PriorProcedure
from ingest.claims.problem_list import ProblemList, quoted
from ingest.claims.typed_line import TypedLine
from ingest.codes import is_diagnosis_code, is_modifier, is_procedure_code

# CMS-1500 item 21 and the 837P HI segment hold twelve diagnoses, lettered A to L.
MAX_DIAGNOSES = 12
MAX_AGE = 130

_ISO = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})\Z", re.ASCII)
_US = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})\Z", re.ASCII)
_PLACE = re.compile(r"[0-9]{2}\Z", re.ASCII)
_DIGIT = re.compile(r"[1-9]\Z", re.ASCII)
_YEARS = re.compile(r"[0-9]{1,3}\Z", re.ASCII)
_CODES = re.compile(r"[^\s,]+")
_SEXES = {"F": "F", "M": "M", "X": "X", "FEMALE": "F", "MALE": "M"}
_ANSWERS = {"yes": True, "y": True, "true": True, "no": False, "n": False, "false": False}


def read_value(entry: HeaderEntry, problems: ProblemList) -> Any:
    """The value in the type its field of Claim has; meaningless when a problem was added."""
    if not entry.value.plain:
        problems.add(entry.line, entry.column, f'"{entry.key}:" has no value; leave the key out when it is not known')
        return None
    return _READERS[entry.key](entry.value, problems)


def read_diagnosis_code(written: str) -> str | None:
    """The ICD-10-CM code with its point (`j320` gives `J32.0`), or None when `written` has not that form."""
    bare = written.upper()
    if "." in bare:
        if bare.index(".") != 3 or bare.count(".") != 1:
            return None
        bare = bare.replace(".", "")
    code = f"{bare[:3]}.{bare[3:]}" if len(bare) > 3 else bare
    return code if written.isascii() and not written.endswith(".") and is_diagnosis_code(code) else None


def read_date(part: TypedLine, problems: ProblemList) -> date | None:
    """A day written YYYY-MM-DD, or None after a problem."""
    iso, american = _ISO.match(part.plain), _US.match(part.plain)
    mend = "write it year-month-day, such as 2026-09-15"
    try:
        if iso:
            day = date(int(iso[1]), int(iso[2]), int(iso[3]))
            if part.plain == day.isoformat():
                return day
            mend = f"write it {day.isoformat()}"
        elif american:
            mend = f"write it {date(int(american[3]), int(american[1]), int(american[2])).isoformat()}"
    except ValueError:
        problems.add(part.number, part.column, f"{quoted(part.plain)} is not a day of the calendar")
        return None
    problems.add(part.number, part.column, f"{quoted(part.plain)} is not a date; {mend}")
    return None


def _payer(value: TypedLine, problems: ProblemList) -> str | None:
    if ":" in value.plain:
        at = value.plain.index(":")
        problems.add(value.number, value.columns[at], 'a payer has no ":" in it; put each header key on its own line')
        return None
    return _text(value, problems)


def _place(value: TypedLine, problems: ProblemList) -> str | None:
    if _PLACE.match(value.plain):
        return value.plain
    meant = f'; did you mean "0{value.plain}"?' if _DIGIT.match(value.plain) else ""
    problems.add(
        value.number,
        value.column,
        f"{quoted(value.plain)} is not a place of service (two digits such as 11 or 24){meant}",
    )
    return None


def _age(value: TypedLine, problems: ProblemList) -> int | None:
    if _YEARS.match(value.plain) and int(value.plain) <= MAX_AGE:
        return int(value.plain)
    problems.add(
        value.number,
        value.column,
        f"{quoted(value.plain)} is not an age (whole years on the date of service, 0 to {MAX_AGE}; 0 below one year)",
    )
    return None


def _sex(value: TypedLine, problems: ProblemList) -> str | None:
    sex = _SEXES.get(value.plain.upper())
    if sex is None:
        problems.add(value.number, value.column, "sex is F, M or X; leave the key out when it is not known")
    return sex


def _new_patient(value: TypedLine, problems: ProblemList) -> bool | None:
    answer = _ANSWERS.get(value.plain.lower())
    if answer is None:
        problems.add(value.number, value.column, "new-patient is yes or no")
    return answer


def _diagnoses(value: TypedLine, problems: ProblemList) -> tuple[Diagnosis, ...]:
    if _is_none(value):
        return ()
    found: list[Diagnosis] = []
    for token in _CODES.finditer(value.plain):
        code = read_diagnosis_code(token.group())
        if code is not None and len(found) < MAX_DIAGNOSES:
            found.append(Diagnosis(code))
            continue
        part = value.part(token.start(), token.end())
        if code is None:
            mend = f"{quoted(part.plain)} is not a diagnosis code (such as J32.0); codes stand with commas between"
            problems.add(part.number, part.column, mend)
        else:
            problems.add(part.number, part.column, f"a claim carries at most {MAX_DIAGNOSES} diagnoses (A to L)")
            break
    return tuple(found)


def _prior(value: TypedLine, problems: ProblemList) -> tuple[PriorProcedure, ...]:
    if _is_none(value):
        return ()
    found: list[PriorProcedure] = []
    for part in _items(value):
        token = re.split(r"\s", part.plain, maxsplit=1)[0]
        day_part = part.part(len(token))
        code, *modifiers = token.upper().split("-")
        if not token.isascii() or not is_procedure_code(code) or not all(map(is_modifier, modifiers)):
            mend = "an earlier procedure is a code and its day, such as 30520 2026-02-10"
            problems.add(part.number, part.column, f"{quoted(token)} is not a procedure code; {mend}")
        elif not day_part.plain:
            mend = f"write the day of {quoted(token)} after it, such as 30520 2026-02-10"
            problems.add(part.number, part.column, mend)
        else:
            day = read_date(day_part, problems)
            if day is not None:
                found.append(PriorProcedure(code, tuple(modifiers), day))
    return tuple(found)


def _words(value: TypedLine, problems: ProblemList) -> tuple[str, ...]:
    if _is_none(value):
        return ()
    return tuple(text for part in _items(value) if (text := _text(part, problems)) is not None)


def _authorization(value: TypedLine, problems: ProblemList) -> str | None:
    return None if _is_none(value) else _text(value, problems)


def _text(value: TypedLine, problems: ProblemList) -> str | None:
    if value.kept.isascii() and value.kept.isprintable():
        return value.kept
    for at, char in enumerate(value.kept):
        if unicodedata.category(char) in ("Cc", "Cs", "Co", "Cn"):
            problems.add(value.number, value.columns[at], "a character that cannot be printed stands here; delete it")
            return None
    return value.kept


def _items(value: TypedLine) -> list[TypedLine]:
    parts = [value.part(match.start(), match.end()) for match in re.finditer("[^,]+", value.plain)]
    return [part for part in parts if part.plain]


def _is_none(value: TypedLine) -> bool:
    return value.plain.lower() == "none"


_READERS: dict[str, Callable[[TypedLine, ProblemList], Any]] = {
    "payer": _payer,
    "dos": read_date,
    "pos": _place,
    "age": _age,
    "sex": _sex,
    "dx": _diagnoses,
    "prior": _prior,
    "received": read_date,
    "authorization": _authorization,
    "documentation": _words,
    "attachments": _words,
    "new-patient": _new_patient,
    "rendering": _text,
    "ordering": _text,
    "corrected-of": _text,
}
