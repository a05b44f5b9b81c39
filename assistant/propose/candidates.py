"""The procedures a note's clauses show, by the evidence blocks: candidates, and what was considered and refused.

Chooses nothing among candidates, sets no modifier, and knows no payer and no table.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from assistant.propose.candidates_note import PreparedNote, prepare
from assistant.propose.candidates_units import Units, units_of
from assistant.propose.catheterization import STUDIES, studied
from assistant.propose.evidence import ProcedureEvidence, Repertoire
from assistant.propose.model import (
    ClinicalNote,
    Confidence,
    Encounter,
    Evidence,
    ProcedureCandidate,
    Rejected,
    Side,
    Status,
)
from assistant.propose.wounds import CLASSES, several_repairs
from ingest.codes import CodeSet

TITLE_ONLY = "the title says it, the body does not show it"
WHY_STATUS: dict[Status, str] = {
    "planned": "only planned",
    "negated": "the note says it was not done",
    "historical": "done in the past, not in this encounter",
    "hypothetical": "only considered",
    "other-person": "said of another person",
    "uncertain": "not certain",
}
_CASTS = CodeSet.parse(["29000-29799"])
# Words of one side and of both in one heading.
_ONE_AND_BOTH = re.compile(
    r"(?=.*\b(?:left|right|lt|rt)\b)(?=.*\b(?:bilateral(?:ly)?|both|b/l)\b)", re.IGNORECASE | re.DOTALL
)
WHY_SECTION = {"title": TITLE_ONLY, "billing": TITLE_ONLY, "consent": "only the consent names it"}
NOT_ENOUGH = "the note shows such work without saying enough for a code"
ANESTHESIA_NOT_TOLD = "the note does not say what anesthesia was given"
_ASK_ANESTHESIA = "What kind of anesthesia was given for this? The note does not say."
UNSURE = "the age, anesthesia or place it asks for is not told"
_ORDER: dict[Confidence, int] = {"high": 0, "medium": 1, "low": 2}


@dataclass(frozen=True, slots=True)
class _Found:
    """A candidate on its way, with the block that found it. `unsure`: what the block asks for is not told."""

    candidate: ProcedureCandidate
    block: ProcedureEvidence
    unsure: bool = False

    @property
    def stands(self) -> bool:
        return not self.candidate.why_not

    @property
    def asks_anesthesia(self) -> bool:
        """True where only the anesthesia is open: the work is shown, so what is part of it is not billed either."""
        return self.candidate.why_not == ANESTHESIA_NOT_TOLD


def procedure_candidates(
    note: ClinicalNote, repertoire: Repertoire, encounter: Encounter
) -> tuple[tuple[ProcedureCandidate, ...], tuple[Rejected, ...]]:
    """Candidates by first evidence, and what was refused with why and the words that brought it up.

    A candidate whose `why_not` is not empty must be asked about, not coded. Linear in the note's length.
    """
    prepared = prepare(note, repertoire, encounter)
    rejected: list[Rejected] = []
    found = _merged(item for block in prepared.touched for item in _of_block(prepared, block))
    found = _with_heart_study(prepared, _with_wounds_apart(prepared, found))
    found = _without_replaced(found, rejected)
    found = _without_replaced(_combined(found, repertoire), rejected)
    found = _merged(_without_lonely(found, rejected), by_company=False)
    rejected += _refused(prepared, found)
    found.sort(
        key=lambda item: (item.candidate.evidence[0].start, item.candidate.procedure_code, item.candidate.side or "")
    )
    return tuple(item.candidate for item in found), tuple(rejected)


def _with_wounds_apart(prepared: PreparedNote, found: list[_Found]) -> list[_Found]:
    """Where several closed wounds are told, their repairs summed by class and site instead of what patterns show."""
    repairs = several_repairs(prepared)
    if repairs is None:
        return found
    kept = [item for item in found if item.block.family not in CLASSES]
    for one in repairs:
        candidate = _candidate(prepared, one.block, one.block.procedure_code, None, one.clauses, Units(one.units))
        # A greater class stands for another wound here, not for this one.
        kept.append(_Found(candidate, replace(one.block, replaces=CodeSet.parse(()))))
    return kept


def _with_heart_study(prepared: PreparedNote, found: list[_Found]) -> list[_Found]:
    """Where a report shows which parts of the heart were studied, their one code instead of what patterns show."""
    study = studied(prepared.clauses, prepared.place)
    block = prepared.block_of(study[0]) if study else None
    if study is None or block is None:
        return found
    kept = [item for item in found if item.candidate.procedure_code not in STUDIES]
    return [*kept, _Found(_candidate(prepared, block, study[0], None, study[1], Units(1)), block)]


def _of_block(prepared: PreparedNote, block: ProcedureEvidence) -> list[_Found]:
    """What one block finds: a candidate for each side, or nothing."""
    matched = prepared.showing(block)
    found: list[_Found] = []
    for side, clauses in _by_side(prepared, block, matched).items():
        item = _on_side(prepared, block, side, clauses)
        found += [item] if item is not None else []
    if block.unclear:
        shown = {item.candidate.side for item in found}
        unclear = prepared.unclear(block)
        for side, clauses in _by_side(prepared, block, unclear).items():
            if side in shown or None in shown or (side is None and shown) or prepared.forbids(block, side):
                continue
            candidate = _candidate(prepared, block, block.procedure_code, side, clauses, Units(1))
            found.append(_Found(replace(candidate, confidence="low", why_not=NOT_ENOUGH, ask=block.ask), block))
    return found


def _by_side(prepared: PreparedNote, block: ProcedureEvidence, clauses: Sequence[int]) -> dict[Side | None, list[int]]:
    """The clauses by the side they speak of. Text without a side is taken to speak of the sides told elsewhere."""
    if not clauses:
        return {}
    if block.sides != "per-side":
        return {None: list(clauses)}
    groups: dict[Side | None, list[int]] = {}
    for number in clauses:
        sides: tuple[Side | None, ...] = tuple(sorted(prepared.clauses[number].sides)) or (None,)
        for side in sides:
            groups.setdefault(side, []).append(number)
    if len(groups) > 1:
        groups.pop(None, None)
    elif None in groups and (only := prepared.only_side) is not None:
        return {only: groups[None]}
    return groups


def _on_side(prepared: PreparedNote, block: ProcedureEvidence, side: Side | None, clauses: list[int]) -> _Found | None:
    fits_place = prepared.fits_place(block)
    if prepared.forbids(block, side) or fits_place == "no" or not prepared.fits_payer(block):
        return None
    held = prepared.holds(block)
    if held is None or not prepared.fits_patient(block):
        return None
    needed = prepared.needed(block, side)
    age = prepared.age
    fits_age = block.age is None or age is None or age in block.age
    fits_anesthesia = prepared.fits_anesthesia(block)
    confidence: Confidence = "high"
    if block.sides == "per-side" and side is None:
        confidence = "low"
    # Where no place is told the office is meant, as it is where most notes are written.
    unsure = (
        (block.age is not None and age is None)
        or fits_anesthesia == "unknown"
        or (fits_place == "unknown" and "office" not in block.places)
    )
    if unsure:
        confidence = "low"
    code = block.procedure_code
    if needed is None or not fits_age or fits_anesthesia == "no" or not prepared.has_approach(block):
        if block.instead is None:
            return None
        code = block.instead
        needed = []
        unsure = False
    units = units_of(prepared, block, clauses)
    if units is None:
        return None
    candidate = _candidate(prepared, block, code, side, [*clauses, *needed, *held], units)
    if _ORDER[confidence] > _ORDER[candidate.confidence]:
        candidate = replace(candidate, confidence=confidence)
    own = block if code == block.procedure_code else prepared.block_of(code) or block
    for asking in dict.fromkeys((own, block)):
        if prepared.leaves_open(asking) or prepared.is_unread(asking, clauses):
            candidate = replace(candidate, confidence="low", why_not=NOT_ENOUGH, ask=asking.ask)
    if code == block.procedure_code and fits_anesthesia == "unknown" and prepared.must_tell_anesthesia(block):
        candidate = replace(candidate, why_not=ANESTHESIA_NOT_TOLD, ask=_ASK_ANESTHESIA)
        unsure = False
    return _Found(candidate, own, unsure)


def _candidate(
    prepared: PreparedNote,
    block: ProcedureEvidence,
    procedure_code: str,
    side: Side | None,
    clauses: Iterable[int],
    units: Units,
) -> ProcedureCandidate:
    own = block if procedure_code == block.procedure_code else prepared.block_of(procedure_code) or block
    return ProcedureCandidate(
        procedure_code=procedure_code,
        side=side if own.sides == "per-side" else None,
        units=units.number,
        evidence=tuple(prepared.clauses[number].evidence for number in sorted(set(clauses))),
        source=block.source,
        confidence=units.confidence,
        global_days=own.global_days,
        sides_rule=own.sides,
        why_not=units.why_not,
        ask=block.ask if units.why_not else "",
    )


def _merged(found: Iterable[_Found], *, by_company: bool = True) -> list[_Found]:
    """One candidate for a code and side; the surer one stands, with the evidence of all.

    `by_company`: blocks of a code that stand beside different codes are kept apart until it is known which stand.
    """
    kept: dict[tuple[str, Side | None, str], _Found] = {}
    for item in found:
        company = str(item.block.beside) if by_company else ""
        key = (item.candidate.procedure_code, item.candidate.side, company)
        other = kept.get(key)
        kept[key] = item if other is None else _joined(other, item)
    sided = {code for code, side, _ in kept if side is not None}
    return [item for (code, side, _), item in kept.items() if side is not None or code not in sided]


def _rank(item: _Found) -> tuple[bool, int]:
    return bool(item.candidate.why_not), _ORDER[item.candidate.confidence]


def _joined(one: _Found, other: _Found) -> _Found:
    best, rest = (one, other) if _rank(one) <= _rank(other) else (other, one)
    evidence = _united((best.candidate.evidence, rest.candidate.evidence))
    units = best.candidate.units
    if rest.stands:
        units = max(units, rest.candidate.units)
    return _Found(replace(best.candidate, evidence=evidence, units=units), best.block, best.unsure)


def _united(evidence: Iterable[Sequence[Evidence]]) -> tuple[Evidence, ...]:
    return tuple(sorted({item for items in evidence for item in items}))


def _same_side(one: ProcedureCandidate, other: ProcedureCandidate) -> bool:
    return one.side is None or other.side is None or one.side == other.side


def _combined(found: list[_Found], repertoire: Repertoire) -> list[_Found]:
    """Codes that together are another code on a side are replaced by it; combinations of more codes go first."""
    for block in repertoire.combining:
        sides: tuple[Side | None, ...] = ("RT", "LT", None) if block.sides == "per-side" else (None,)
        for side in sides:
            parts = [_part(found, code, side, block) for code in block.combines]
            members = [part for part in parts if part is not None]
            if len(members) < len(parts):
                continue
            found = [item for item in found if item not in members]
            lowest = max((item.candidate.confidence for item in members), key=_ORDER.__getitem__)
            candidate = ProcedureCandidate(
                procedure_code=block.procedure_code,
                side=side,
                units=1,
                evidence=_united(item.candidate.evidence for item in members),
                source=block.source,
                confidence=lowest,
                global_days=block.global_days,
                sides_rule=block.sides,
            )
            found = _merged([*found, _Found(candidate, block)])
    return found


def _part(found: Sequence[_Found], code: str, side: Side | None, block: ProcedureEvidence) -> _Found | None:
    """The standing candidate of a code on a side; where the combination has no sides, on any."""
    for item in found:
        candidate = item.candidate
        if candidate.procedure_code != code or not item.stands:
            continue
        if block.sides != "per-side" or candidate.sides_rule != "per-side" or candidate.side == side:
            return item
    return None


def _without_replaced(found: list[_Found], rejected: list[Rejected]) -> list[_Found]:
    """Without the codes that are part of another one on the same side."""
    gone: dict[int, int] = {}
    for number, item in enumerate(found):
        if not item.block.replaces or not _has_company(item, found):
            continue
        if not (item.stands or item.asks_anesthesia):
            # Whether the fracture's treatment is billed is asked; the first cast would be part of it.
            for other_number, other in enumerate(found):
                code = other.candidate.procedure_code
                held = other_number not in gone and code in _CASTS and code in item.block.replaces
                if held and item.candidate.why_not and _same_side(item.candidate, other.candidate):
                    gone[other_number] = number
                    why = f"part of {item.candidate.procedure_code}, which is asked about"
                    rejected.append(Rejected(code, why, other.candidate.evidence))
            continue
        for other_number, other in enumerate(found if number not in gone or not item.unsure else ()):
            if other_number in gone or other_number == number or gone.get(number) == other_number:
                continue
            if other.candidate.procedure_code == item.candidate.procedure_code:
                continue
            if other.candidate.procedure_code in item.block.replaces and _same_side(item.candidate, other.candidate):
                if item.unsure and other.stands and not other.unsure:
                    gone[number] = other_number
                    rejected.append(Rejected(item.candidate.procedure_code, UNSURE, item.candidate.evidence))
                    break
                gone[other_number] = number
                if other.stands:
                    why = f"part of {item.candidate.procedure_code}"
                    rejected.append(Rejected(other.candidate.procedure_code, why, other.candidate.evidence))
    return [item for number, item in enumerate(found) if number not in gone]


def _has_company(item: _Found, found: Sequence[_Found]) -> bool:
    """True where one of the codes beside which this one stands is there too, or it needs none."""
    return not item.block.beside or any(
        other is not item and other.stands and other.candidate.procedure_code in item.block.beside for other in found
    )


def _without_lonely(found: list[_Found], rejected: list[Rejected]) -> list[_Found]:
    """Without the codes that stand only beside others, where none of these is left."""
    while True:
        kept = [item for item in found if _has_company(item, found)]
        for item in found:
            if item not in kept:
                why = f"stands only beside {item.block.beside}"
                rejected.append(Rejected(item.candidate.procedure_code, why, item.candidate.evidence))
        if len(kept) == len(found):
            return kept
        found = kept


def _is_accounted_for(prepared: PreparedNote, block: ProcedureEvidence, number: int, found: Sequence[_Found]) -> bool:
    """True where the words of a title that name the block name another code too, and that one is found.

    Not where the title holds all that the block asks for and what is found is only a part of it.
    """
    words = prepared.hits[number].intersection(block.any)
    whole = bool(block.all) and prepared.hits[number].issuperset(block.all)
    return any(
        item.candidate.procedure_code != block.procedure_code
        and words.intersection(item.block.any)
        and not (whole and item.candidate.procedure_code in block.replaces)
        for item in found
    )


def _is_asked(block: ProcedureEvidence, sides: Collection[Side], found: Sequence[_Found]) -> bool:
    """True where work of the same family on such a side is asked about: one answer tells the rest."""
    return any(
        item.block.family == block.family
        and item.candidate.why_not
        and (item.candidate.side is None or not sides or item.candidate.side in sides)
        for item in found
    )


def _refused(prepared: PreparedNote, found: Sequence[_Found]) -> list[Rejected]:
    """What the note names without its having been done here, unless something shows the same on the same side."""
    shown: dict[str, set[Side | None]] = {}
    for item in found:
        if item.stands:
            shown.setdefault(item.candidate.procedure_code, set()).add(item.candidate.side)
            # A combination or a greater procedure shows its parts too.
            for part in (*item.block.combines, *map(str, item.block.replaces)):
                shown.setdefault(part, set()).add(item.candidate.side)
    rows = {item.block.family for item in found if item.block.is_one_of_a_row}
    grouped: dict[tuple[str, str], list[Evidence]] = {}
    first_of_row: dict[tuple[str, int], str] = {}
    mentions = list(prepared.mentions())
    named_whole = {number for block, number in mentions if block.all and prepared.hits[number].issuperset(block.all)}
    for block, number in mentions:
        clause = prepared.clauses[number]
        if clause.section == "title" and number in named_whole and not prepared.hits[number].issuperset(block.all):
            # "Closed reduction of nasal fracture" names no fracture of the ankle.
            continue
        sides = shown.get(block.procedure_code, set())
        told: frozenset[Side | None] = frozenset(clause.sides) if block.sides == "per-side" else frozenset()
        if sides and (not told or None in sides or told <= sides):
            continue
        if sides and clause.section == "title" and _ONE_AND_BOTH.search(clause.text):
            # "Left antrostomy, bilateral turbinate reduction": which side belongs to which name is not told.
            continue
        if clause.section == "title" and (
            not prepared.may_be(block) or _is_accounted_for(prepared, block, number, found)
        ):
            continue
        if clause.section == "title" and _is_asked(block, clause.sides, found):
            continue
        if block.is_one_of_a_row:
            # The words name the whole row of codes; one of them is enough to say so.
            first = first_of_row.setdefault((block.family, number), block.procedure_code)
            if block.family in rows or first != block.procedure_code:
                continue
        why = WHY_SECTION.get(clause.section) or WHY_STATUS.get(clause.status) or "only named, not shown"
        if why == TITLE_ONLY and clause.status != "done":
            # "Possible adenoidectomy" names what may be needed.
            why = WHY_STATUS.get(clause.status, why)
        grouped.setdefault((block.procedure_code, why), []).append(clause.evidence)
    return [Rejected(code, why, tuple(sorted(set(evidence)))) for (code, why), evidence in grouped.items()]
