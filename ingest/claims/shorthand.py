"""The claim shorthand people type and read: text to Claim, and Claim to text.

Does not ask whether codes or payers exist, and does not judge the claim.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from ingest.claims.header_key import HeaderEntry, split_keys
from ingest.claims.header_value import read_value
from ingest.claims.model import Claim, ClaimLine, ReadClaim
from ingest.claims.problem_list import ProblemList
from ingest.claims.service_line import LETTERS, read_service_line, write_service_lines
from ingest.claims.typed_line import typed_lines

MAX_CHARACTERS = 20_000

# The header keys whose field of Claim has another name.
_FIELD = {
    "dos": "date_of_service",
    "pos": "place_of_service",
    "dx": "diagnoses",
    "new-patient": "new_patient",
    "corrected-of": "corrected_of",
}
# One written line of header keys for each row; a comma-separated list has a row of its own.
_ROWS = (
    ("payer", "dos", "pos", "age", "sex"),
    ("new-patient", "received"),
    ("dx",),
    ("prior",),
    ("authorization",),
    ("documentation",),
    ("attachments",),
    ("rendering",),
    ("ordering",),
    ("corrected-of",),
)
_PLAIN = Claim(lines=(ClaimLine("99999"),))


def read_claim(text: str) -> ReadClaim:
    """Read a claim in the shorthand. Never raises; the claim is None as soon as there is one problem.

    Header keys stand on their own line or three spaces apart; `;` breaks a line. Dates are YYYY-MM-DD, `prior`,
    `documentation` and `attachments` may say `none`, units left out are 1, pointers left out are (). Letters may be
    small; ICD-10-CM codes may lack their point. Dashes and spaces of a word processor are understood.
    """
    problems = ProblemList()
    if len(text) > MAX_CHARACTERS:
        problems.add(1, 1, f"the claim is longer than {MAX_CHARACTERS} characters; is it a whole document?")
        return ReadClaim(None, problems.in_order())
    values: dict[str, Any] = {}
    places: dict[str, HeaderEntry] = {}
    lines: list[ClaimLine] = []
    pointed: list[tuple[int, int, ClaimLine]] = []
    began_a_line = False
    for piece in typed_lines(text):
        service, entries = split_keys(piece, problems)
        if service is not None:
            began_a_line = True
            line = read_service_line(service, problems)
            if line is not None:
                lines.append(line)
                pointed.append((service.number, service.columns[max(service.plain.find("["), 0)], line))
        for entry in entries:
            if entry.key in places:
                first = places[entry.key]
                message = f'"{entry.key}" is already given on line {first.line}, column {first.column}; keep one'
                problems.add(entry.line, entry.column, message)
                continue
            places[entry.key] = entry
            values[_FIELD.get(entry.key, entry.key)] = read_value(entry, problems)
    if not began_a_line:
        problems.add(1, 1, "the claim has no service line; write at least one, such as 31267-50 x1")
    _check_pointers(pointed, values.get("diagnoses"), problems)
    if problems:
        return ReadClaim(None, problems.in_order())
    return ReadClaim(Claim(lines=tuple(lines), **values), ())


def write_claim(claim: Claim) -> str:
    """The claim in the shorthand, one service line a line, without a last line end; `read_claim` gives it back exactly.

    Raises ValueError naming the fields the shorthand cannot hold as they are (a comma inside a word of
    `documentation`, a fraction of a cent, a claim without lines ...), never their values.
    """
    text = _text(claim)
    if read_claim(text).claim == claim:
        return text
    culprits = [field.name for field in fields(claim) if not _is_kept(field.name, getattr(claim, field.name))]
    what = ", ".join(culprits) or "lines, which point beyond the diagnoses"
    raise ValueError(f"the claim shorthand cannot hold this claim as it is; look at {what}")


def _text(claim: Claim) -> str:
    rows = ["   ".join(f"{key}: {text}" for key in row if (text := _written(claim, key)) is not None) for row in _ROWS]
    return "\n".join([*(row for row in rows if row), *write_service_lines(claim.lines)])


def _is_kept(field_name: str, value: Any) -> bool:
    """True when a claim that has nothing else reads back with this value."""
    alone = replace(_PLAIN, **{field_name: value})
    return read_claim(_text(alone)).claim == alone


def _written(claim: Claim, key: str) -> str | None:
    value = getattr(claim, _FIELD.get(key, key))
    if value is None or (key == "dx" and not value):
        return None
    if key == "dx":
        return ", ".join(diagnosis.diagnosis_code for diagnosis in value)
    if key == "prior":
        items = ["-".join((p.procedure_code, *p.modifiers)) + f" {p.date_of_service.isoformat()}" for p in value]
        return ", ".join(items) or "none"
    if key in ("documentation", "attachments"):
        return ", ".join(value) or "none"
    if key == "new-patient":
        return "yes" if value else "no"
    return value.isoformat() if key in ("dos", "received") else str(value)


def _check_pointers(
    pointed: list[tuple[int, int, ClaimLine]], diagnoses: tuple[Any, ...] | None, problems: ProblemList
) -> None:
    """A letter beyond the diagnoses given. A claim without `dx` (an example in a note) says nothing to check."""
    if diagnoses is None:
        return
    for number, column, line in pointed:
        for pointer in line.pointers:
            if pointer >= len(diagnoses):
                message = f"pointer {LETTERS[pointer]} points to no diagnosis; dx has {len(diagnoses)}"
                problems.add(number, column, message)
