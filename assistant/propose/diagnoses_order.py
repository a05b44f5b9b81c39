"""The diagnoses of a claim in order, and which of them each procedure points to. Finds no diagnosis.

Source: ICD-10-CM Official Guidelines, sections I.A.13 (etiology first), I.C.19.e (adverse effects), I.B.16 and IV.G
(first-listed: what is chiefly responsible for the service), IV.J; 837P: twelve diagnoses, four pointers a line.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib.resources import files

from assistant.propose.diagnoses_index import DiagnosisLists
from assistant.propose.model import DiagnosisCandidate, Evidence, Side

MOST_DIAGNOSES = 12
MOST_POINTERS = 4
# A cause that the tabular list does not name, before what it causes.
_CAUSE_FIRST = (("I78.0", "R04.0"), ("J95.83", "R04"), ("J33", "J32"), ("D68.32", "T45.515"))
_LAST = ("Z79", "Z8", "Z9", "Z68", "Z72", "Z77", "V", "W", "X", "Y", "T36", "T37", "T38", "T39", "T4", "T50")
_FIRST = ("Z00", "Z01", "Z02", "Z38", "T8", "J95", "H95", "Z51")
# What a visit of the same day is seldom for: their own diagnoses stand with them.
_OWN_REASON = ("95115", "95117", "90471", "90472", "90473", "90474", "90460", "90461", "95165", "95004", "95024")
_VISIT_ROW = 0
# How much farther than the nearest diagnosis, in characters, another may be told.
_NEAR = 60


@dataclass(frozen=True, slots=True)
class _Row:
    procedures: tuple[tuple[str, str], ...]
    diagnoses: tuple[str, ...]
    else_diagnoses: tuple[str, ...]


@cache
def _rows() -> tuple[_Row, ...]:
    read = tomllib.loads(files("assistant.propose").joinpath("diagnoses_fit.toml").read_text("utf-8"))
    return tuple(
        _Row(
            tuple((one.partition("-")[0], one.partition("-")[2] or one) for one in row["procedures"]),
            tuple(row["diagnoses"][: _bar(row["diagnoses"])]),
            tuple(row["diagnoses"][_bar(row["diagnoses"]) + 1 :]),
        )
        for row in read["row"]
    )


def _bar(diagnoses: Sequence[str]) -> int:
    return diagnoses.index("|") if "|" in diagnoses else len(diagnoses)


def fits(procedure_code: str, diagnosis_code: str) -> bool | None:
    """Whether a procedure is done for such a diagnosis; None: the table does not know the procedure."""
    row = _row(procedure_code)
    if row is None:
        return None
    return row.diagnoses == ("*",) or diagnosis_code.startswith((*row.diagnoses, *row.else_diagnoses))


def _row(procedure_code: str) -> _Row | None:
    for row in _rows():
        if any(low <= procedure_code <= high for low, high in row.procedures):
            return row
    return None


def is_visit(procedure_code: str) -> bool:
    """Whether the code is a visit (99202-99499 and Medicare's own)."""
    return _row(procedure_code) is _rows()[_VISIT_ROW]


def first_listed_order(
    candidates: Sequence[DiagnosisCandidate],
    procedure_codes: Sequence[str] = (),
    tables: DiagnosisLists | None = None,
    on: date | None = None,
) -> tuple[DiagnosisCandidate, ...]:
    """At most twelve candidates in the order of the claim; `candidates` as `diagnosis_candidates` gave them.

    A reserve (one with `why_not`) stays only where a procedure has no other diagnosis that fits. `on`: the date whose
    tabular list says what is coded first; without `tables` or `on` only our own pairs are known.
    """
    kept = [one for one in candidates if not one.why_not]
    operations = [code for code in procedure_codes if not is_visit(code)]
    for code in operations:
        if fits(code, "") is None or any(fits(code, one.diagnosis_code) for one in kept):
            continue
        kept.extend(replace(one, why_not="") for one in candidates if one.why_not and fits(code, one.diagnosis_code))
    kept = list({one.diagnosis_code: one for one in reversed(kept)}.values())[::-1]
    if operations and len(operations) == len(procedure_codes):
        kept.sort(key=lambda one: not any(fits(code, one.diagnosis_code) for code in operations))
    kept.sort(key=lambda one: _rank(one.diagnosis_code))
    return tuple(_causes_first(kept, tables, on)[:MOST_DIAGNOSES])


def _rank(diagnosis_code: str) -> int:
    if diagnosis_code.startswith(_LAST):
        return 2
    return 0 if diagnosis_code.startswith(_FIRST) else 1


def _causes_first(
    kept: Sequence[DiagnosisCandidate], tables: DiagnosisLists | None, on: date | None
) -> list[DiagnosisCandidate]:
    """Each diagnosis after those that must stand before it."""
    left = list(kept)
    found: list[DiagnosisCandidate] = []
    while left:
        ready = next(
            (one for one in left if not any(_before(other, one, tables, on) for other in left if other is not one)),
            left[0],
        )
        left.remove(ready)
        found.append(ready)
    return found


def _before(
    first: DiagnosisCandidate, second: DiagnosisCandidate, tables: DiagnosisLists | None, on: date | None
) -> bool:
    """Whether `first` must stand before `second`."""
    one, other = first.diagnosis_code, second.diagnosis_code
    if any(one.startswith(cause) and other.startswith(effect) for cause, effect in _CAUSE_FIRST):
        return True
    if tables is None or on is None:
        return False
    entry = tables.diagnosis(other, on)
    if entry is None:
        return False
    if entry.manifestation and not one.startswith(("Z", "V", "W", "X", "Y")):
        return True
    # A list of possible causes as wide as a chapter orders nothing.
    return any(one in span and span.low[:1] == span.high[:1] for span in entry.code_first) and not one.startswith(_LAST)


def points_for(
    procedure_code: str,
    candidates: Sequence[DiagnosisCandidate],
    *,
    sides: frozenset[Side] = frozenset(),
    evidence: Collection[Evidence] = (),
    beside: Collection[str] = (),
) -> tuple[str, ...]:
    """At most four diagnosis codes that a line points to, the one it is chiefly done for first; () without candidates.

    `candidates` in the claim's order. `sides`: the line's; a diagnosis of the other side goes where another fits.
    `evidence`: the line's; of several skin diagnoses the one told nearest comes first. `beside`: the claim's other
    procedures; a visit does not point to what only a shot of the same day is for, where something else is left.
    """
    fitting = _chiefly(procedure_code, candidates)
    if is_visit(procedure_code):
        shots = [code for code in beside if code in _OWN_REASON]
        own = [one for one in fitting if not any(fits(code, one.diagnosis_code) for code in shots)]
        return _codes(own or fitting)
    if not fitting:
        if fits(procedure_code, "") is None:
            return _codes(_nearest(_same_side(candidates, sides), evidence) if evidence else candidates[:1])
        return _codes(_same_side(candidates, sides)[:1])
    fitting = _same_side(fitting, sides)
    if "10000" <= procedure_code < "20000" and evidence:
        fitting = _nearest(fitting, evidence)
    return _codes(fitting)


def _chiefly(procedure_code: str, candidates: Sequence[DiagnosisCandidate]) -> list[DiagnosisCandidate]:
    """Those that fit; those of the second half of the row only where none of the first half does."""
    fitting = [one for one in candidates if fits(procedure_code, one.diagnosis_code)]
    row = _row(procedure_code)
    chief = [one for one in fitting if row and one.diagnosis_code.startswith(row.diagnoses)]
    return chief or fitting


def _same_side(candidates: Sequence[DiagnosisCandidate], sides: frozenset[Side]) -> list[DiagnosisCandidate]:
    same = [one for one in candidates if not sides or not one.sides or one.sides & sides]
    return same or list(candidates)


def _nearest(candidates: Sequence[DiagnosisCandidate], evidence: Collection[Evidence]) -> list[DiagnosisCandidate]:
    def distance(candidate: DiagnosisCandidate) -> int:
        return min(
            (max(0, mine.start - its.end, its.start - mine.end) for mine in evidence for its in candidate.evidence),
            default=0,
        )

    if not candidates:
        return []
    least = min(map(distance, candidates))
    return sorted((one for one in candidates if distance(one) <= least + _NEAR), key=distance)


def _codes(candidates: Iterable[DiagnosisCandidate]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.diagnosis_code for one in candidates))[:MOST_POINTERS]
