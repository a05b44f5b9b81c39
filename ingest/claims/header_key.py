"""The header keys of the claim shorthand, and where they stand in a typed line.

Does not read their values.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ingest.claims.problem_list import ProblemList
from ingest.claims.typed_line import TypedLine

KEYS: tuple[str, ...] = (
    "payer",
    "dos",
    "pos",
    "age",
    "sex",
    "dx",
    "prior",
    "received",
    "authorization",
    "documentation",
    "attachments",
    "new-patient",
    "rendering",
    "ordering",
    "corrected-of",
)

# What people write for a key whose letters are not like it.
_MEANT = {
    "date": "dos",
    "date-of-service": "dos",
    "service-date": "dos",
    "place": "pos",
    "place-of-service": "pos",
    "plan": "payer",
    "insurance": "payer",
    "insurer": "payer",
    "gender": "sex",
    "diagnosis": "dx",
    "diagnoses": "dx",
    "icd": "dx",
    "icd-10": "dx",
    "auth": "authorization",
    "prior-auth": "authorization",
    "prior-authorization": "authorization",
    "referral": "authorization",
    "docs": "documentation",
    "records": "documentation",
    "history": "prior",
    "provider": "rendering",
    "surgeon": "rendering",
    "npi": "rendering",
    "referring": "ordering",
    "replaces": "corrected-of",
}

_KNOWN = re.compile(
    r"(?<!\S)(" + "|".join(key.replace("-", "[-_ ]") for key in KEYS) + r")[ \t]*:", re.IGNORECASE | re.ASCII
)
# A word or two before a colon is taken for a key only where a key may begin: first on the line, or after a wide gap.
_ANY = re.compile(
    r"(?:\A|(?<=   )|(?<=\t))([A-Za-z][A-Za-z0-9_-]{0,30}(?: [A-Za-z0-9_-]{1,30}){0,3})[ \t]*:(?!\S)", re.ASCII
)
_GAPS = re.compile("[_ ]+")


@dataclass(frozen=True, slots=True)
class HeaderEntry:
    """A known key, where it stands, and the text after it up to the next key."""

    key: str
    line: int
    column: int
    value: TypedLine


def split_keys(piece: TypedLine, problems: ProblemList) -> tuple[TypedLine | None, list[HeaderEntry]]:
    """What stands before the first key (None when nothing does), and each known key with its value.

    A known key begins wherever it follows white space; an unknown one is reported, with a suggestion.
    """
    if ":" not in piece.plain:
        # A service line, as most are.
        return (piece if piece.plain else None), []
    found = [(match.start(1), match.end(1), match.end()) for match in _KNOWN.finditer(piece.plain)]
    # An unknown key has a colon of its own.
    for match in _ANY.finditer(piece.plain) if piece.plain.count(":") > len(found) else ():
        if not any(start < match.end() and match.start() < end for start, _, end in found):
            found.append((match.start(1), match.end(1), match.end()))
    found.sort()
    entries: list[HeaderEntry] = []
    for place, (start, key_end, value_start) in enumerate(found):
        value_end = found[place + 1][0] if place + 1 < len(found) else len(piece.plain)
        key = _normal(piece.plain[start:key_end])
        if key in KEYS:
            entries.append(HeaderEntry(key, piece.number, piece.columns[start], piece.part(value_start, value_end)))
        else:
            problems.add(piece.number, piece.columns[start], _unknown(key))
    if found and found[0][0] == 0:
        return None, entries
    before = piece.part(0, found[0][0] if found else None)
    return (before if before.plain else None), entries


def _normal(written: str) -> str:
    return written if written in KEYS else _GAPS.sub("-", written.lower())


def _unknown(key: str) -> str:
    from difflib import get_close_matches

    meant = _MEANT.get(key) or next(iter(get_close_matches(key, KEYS, n=1, cutoff=0.6)), None)
    mend = f'did you mean "{meant}"?' if meant else "the keys are " + ", ".join(KEYS)
    return f'unknown header key "{key[:24]}"; {mend}'
