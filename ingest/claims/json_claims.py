"""Claims as JSON, with the names of the shorthand: text to Claim, and Claim to text.

Takes one object or a list of them. Does not ask whether codes or payers exist, and does not judge the claim.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from ingest.claims.json_claims_fields import JsonProblems, claim_of
from ingest.claims.json_claims_places import places
from ingest.claims.model import Claim, ClaimProblem, ReadClaim
from ingest.claims.problem_list import MAX_PROBLEMS
from ingest.claims.service_line import LETTERS

_Place = Callable[[str], tuple[int, int]]
MAX_JSON_CHARACTERS = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class JsonClaim:
    """One claim of a JSON text: its own `id` (None: it has none), and what was read."""

    claim_id: str | int | None
    read: ReadClaim


class _Object(dict[str, Any]):
    """A JSON object that remembers which keys stood in it twice."""

    __slots__ = ("twice",)

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.twice: tuple[str, ...] = ()
        if len(self) < len(pairs):
            keys = [key for key, _ in pairs]
            self.twice = tuple(dict.fromkeys(key for key in keys if keys.count(key) > 1))


def read_json_claim(text: str) -> ReadClaim:
    """Read one claim, an object. Never raises; the claim is None as soon as there is one problem.

    Keys are those of the shorthand's header (`new_patient` or `new-patient`), `id`, and `lines`: a list of service
    lines, each `{"code": "31267", "modifiers": ["50"], "units": 1, "diagnoses": ["A"], "billed": "120.00"}` or a text
    in the shorthand. `dx`, `prior`, `documentation` and `attachments` are lists ([] says none) or texts as in the
    shorthand; null says nothing. `diagnoses` of a line are letters A to L or codes of `dx`.
    """
    read = read_json_claims(text)
    if len(read) == 1:
        return read[0].read
    found = ClaimProblem(1, 1, f"there are {len(read)} claims here; one is expected")
    return ReadClaim(None, (found,))


def read_json_claims(text: str) -> tuple[JsonClaim, ...]:
    """Read one object or a list of objects, each with its own problems. Never raises."""
    value, problem = decode_json(text)
    if problem is not None:
        return (JsonClaim(None, ReadClaim(None, (problem,))),)
    if not isinstance(value, list):
        return (read_decoded(value, text),)
    if not value:
        nothing = ClaimProblem(1, 1, "the list holds no claim")
        return (JsonClaim(None, ReadClaim(None, (nothing,))),)
    starts: dict[str, tuple[int, int]] = {}

    def place(pointer: str) -> tuple[int, int]:
        if not starts:
            starts.update(places(text))
        return _nearest(starts, pointer)

    return tuple(_read_one(one, f"/{index}", place) for index, one in enumerate(value))


def read_decoded(value: Any, text: str, pointer: str = "") -> JsonClaim:
    """Read the claim that `decode_json` found at a JSON pointer of `text`; problems have their place there."""
    return _read_one(value, pointer, lambda wanted: _nearest(places(text), wanted))


def decode_json(text: str) -> tuple[Any, ClaimProblem | None]:
    """The JSON value of a text, numbers with a point as Decimal, or what is wrong with it. Never raises.

    Objects are dicts that also know the keys that stood twice; `read_decoded` reports those.
    """
    text = text.removeprefix("\ufeff")
    if len(text) > MAX_JSON_CHARACTERS:
        return None, ClaimProblem(1, 1, "the file is too large; split it, or use --batch with one claim a line")
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        return None, ClaimProblem(error.lineno, error.colno, f"this is no JSON ({error.msg})")
    except RecursionError:
        return None, ClaimProblem(1, 1, "this is no claim: brackets within brackets without end")
    return value, None


def write_json_claim(claim: Claim, *, indent: int | None = 2) -> str:
    """The claim as JSON; `read_json_claim` gives it back exactly. Keys that say nothing are left out.

    Raises ValueError when the claim holds what no claim text can hold (see `write_claim`), never with its values.
    """
    text = json.dumps(claim_as_json(claim), ensure_ascii=False, indent=indent)
    if read_json_claim(text).claim != claim:
        raise ValueError("this claim cannot be written as JSON and read back as it is; write_claim names the field")
    return text


def claim_as_json(claim: Claim) -> dict[str, Any]:
    """The claim as plain JSON values."""
    dos, received = claim.date_of_service, claim.received
    raw: dict[str, Any] = {
        "payer": claim.payer,
        "dos": dos.isoformat() if dos else None,
        "pos": claim.place_of_service,
        "age": claim.age,
        "sex": claim.sex,
        "dx": [one.diagnosis_code for one in claim.diagnoses] or None,
        "prior": None,
        "received": received.isoformat() if received else None,
        "authorization": claim.authorization,
        "documentation": None if claim.documentation is None else list(claim.documentation),
        "attachments": None if claim.attachments is None else list(claim.attachments),
        "new-patient": claim.new_patient,
        "rendering": claim.rendering,
        "ordering": claim.ordering,
        "corrected-of": claim.corrected_of,
    }
    if claim.prior is not None:
        raw["prior"] = [
            {"code": one.procedure_code, "modifiers": list(one.modifiers), "dos": one.date_of_service.isoformat()}
            for one in claim.prior
        ]
    lines = []
    for line in claim.lines:
        written: dict[str, Any] = {
            "code": line.procedure_code,
            "modifiers": list(line.modifiers),
            "units": line.units,
            "diagnoses": [LETTERS[one] if 0 <= one < len(LETTERS) else "?" for one in line.pointers],
        }
        if line.billed is not None:
            written["billed"] = f"{line.billed:.2f}"
        lines.append(written)
    return {**{key: value for key, value in raw.items() if value is not None}, "lines": lines}


def _read_one(value: Any, pointer: str, place: _Place) -> JsonClaim:
    problems = JsonProblems()
    claim = claim_of(value, pointer, problems)
    own = value.get("id") if isinstance(value, Mapping) else None
    claim_id = own if isinstance(own, str | int) and not isinstance(own, bool) else None
    if not problems.found:
        return JsonClaim(claim_id, ReadClaim(claim, ()))
    located = []
    for where, message in problems.found[:MAX_PROBLEMS]:
        line, column = place(where)
        located.append(ClaimProblem(line, column, f"{where or 'the claim'}: {message}"))
    located.sort()
    return JsonClaim(claim_id, ReadClaim(None, tuple(located)))


def _nearest(starts: Mapping[str, tuple[int, int]], pointer: str) -> tuple[int, int]:
    """Where the value at the pointer begins, or the nearest one around it that is there."""
    while pointer and pointer not in starts:
        pointer = pointer.rpartition("/")[0]
    return starts.get(pointer, (1, 1))


def _number(text: str) -> int | Decimal | None:
    """Numbers too long to be any of a claim's become None-like NaN, which no key takes."""
    if len(text) > 30:
        return Decimal("NaN")
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal("NaN")


def _no_number(_text: str) -> Decimal:
    return Decimal("NaN")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_Object, parse_float=_number, parse_int=_number, parse_constant=_no_number
)
