"""How many units a block's evidence makes, and whether its number and size are those of the block's code.

Knows no limit on units and no payer: tables and the payers' notes do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil

from assistant.propose.candidates_note import PreparedNote
from assistant.propose.evidence import ProcedureEvidence
from assistant.propose.evidence_amounts import Counted, Size, counted, excised, sizes
from assistant.propose.model import Confidence

COUNT_NOT_TOLD = "the note does not say how many"
SIZE_NOT_TOLD = "the note does not say how large"


@dataclass(frozen=True, slots=True)
class Units:
    """Units, how sure they are, and why the code must not be billed yet (empty: it may)."""

    number: int
    confidence: Confidence = "high"
    why_not: str = ""


def units_of(prepared: PreparedNote, block: ProcedureEvidence, clauses: Sequence[int]) -> Units | None:
    """The units of the evidence; None when its number or size belongs to another code."""
    if block.size is not None:
        return _sized(prepared, block, clauses)
    if block.counts is None:
        return Units(1)
    if block.counts == "kinds":
        told = Counted(
            len({pattern for number in clauses for pattern in prepared.hits[number] if pattern in block.any})
        )
    else:
        told = counted(block.counts, [prepared.clauses[number].text for number in clauses], _beside(prepared, clauses))
    if told.number is None:
        if told.vague or block.count is not None:
            return Units(1, "low", COUNT_NOT_TOLD)
        return Units(1, "low")
    if block.count is not None and told.number not in block.count:
        return None
    number = told.number
    if block.per is not None:
        number = ceil(Decimal(number) / block.per)
    if block.units == "one":
        return Units(1)
    if block.units == "count-1":
        number -= 1
    return Units(number) if number > 0 else None


def _beside(prepared: PreparedNote, clauses: Sequence[int]) -> list[str]:
    """The done clauses in the sentences of the evidence and in the two after it, evidence left out."""
    wanted = set(clauses)
    carrying = set(prepared.carrying)
    near: dict[int, None] = {}
    for number in clauses:
        sentence = prepared.clauses[number].sentence
        for other in (sentence, sentence + 1, sentence + 2):
            near.update(
                (member, None)
                for member in prepared.sentences.get(other, ())
                if member not in wanted and member in carrying
            )
    return [prepared.clauses[number].text for number in near]


def _sized(prepared: PreparedNote, block: ProcedureEvidence, clauses: Sequence[int]) -> Units | None:
    assert block.size is not None
    if block.size_of == "repair":
        near = {size for number in clauses for size in _near(prepared, number)}
        # What was closed is told, else the wound; never both.
        for measures in ("repair", "wound"):
            found = [size for size in near if size.measures == measures]
            if found:
                break
        else:
            return Units(1, "low", SIZE_NOT_TOLD)
        return Units(1) if sum(size.centimeters for size in found) in block.size else None
    groups = {tuple(_near(prepared, number)) for number in clauses}
    diameters = [(excised(group), group) for group in groups]
    known = {(diameter, group) for diameter, group in diameters if diameter is not None}
    if not known:
        return Units(1, "low", SIZE_NOT_TOLD)
    fitting = [diameter for diameter, _ in known if diameter in block.size]
    return Units(len(fitting) if block.units == "count" else 1) if fitting else None


def _near(prepared: PreparedNote, number: int) -> list[Size]:
    """The sizes in the clause's sentence, else in the nearest sentences of its paragraph that tell any."""
    clause = prepared.clauses[number]
    found: list[Size] = []
    for step in (0, -1, 1, -2, 2):
        members = prepared.sentences.get(clause.sentence + step, ())
        if not members or (step and prepared.clauses[members[0]].paragraph != clause.paragraph):
            continue
        start, end = prepared.clauses[members[0]].start, prepared.clauses[members[-1]].end
        found += sizes(prepared.note.text[start:end], start)
    return found
