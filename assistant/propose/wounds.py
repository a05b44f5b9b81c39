"""The wounds of a note one by one: where each lies, how long it is and in how many layers it was closed.

Sums lengths by class and site group where a note tells of several wounds (CPT repair guidelines). Which words show a
class or a site, and which code a length makes, stands in the evidence blocks; here nothing of it is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise

from assistant.propose.candidates_note import PreparedNote
from assistant.propose.diagnoses_words import site_words, tokens_of
from assistant.propose.evidence import ProcedureEvidence
from assistant.propose.evidence_sizes import Size, sizes
from assistant.propose.note_openings import SILENT_SECTIONS
from assistant.propose.patterns import view_of

# The families of the evidence blocks by class, the greatest first.
CLASSES = ("skin-repair-complex", "skin-repair-intermediate", "skin-repair-simple")
_SIMPLE = CLASSES[-1]
_CLOSED = re.compile(
    r"\b(?:clos\w+|sutur\w+|stitch\w*|stapl\w+|glue\w*|adhesive|dermabond|approximated|brought together|sewn"
    r"|nylon|prolene"
    r"|repair\w*)\b",
    re.IGNORECASE,
)
_SUM = re.compile(r"\b(?:total\w*|sum|altogether|adds? up|combined)\b", re.IGNORECASE)
_ALL = re.compile(r"\b(?:both|all|each)\b", re.IGNORECASE)
_TRAUMA = re.compile(r"\b(?:lacerat\w+|lacs?|cuts?|splits?|wounds?|gash\w*|bites?)\b", re.IGNORECASE)
_CUT_OUT = re.compile(r"\b(?:excis\w+|cut out|ellip\w+|mohs|margins?)\b", re.IGNORECASE)


@dataclass(slots=True)
class _Wound:
    """A wound on its way: the clauses that speak of it, its site groups as sets of patterns, what was measured."""

    clauses: list[int]
    sites: frozenset[int]
    places: frozenset[str] = frozenset()
    found: list[Size] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Repair:
    """A code with the clauses that show the wounds whose lengths it sums."""

    block: ProcedureEvidence
    units: int
    clauses: tuple[int, ...]


def several_repairs(prepared: PreparedNote) -> list[Repair] | None:
    """The repairs of a note that tells of several closed wounds, each with site, length and class; None of any other.

    Beside work that cut the skin open, such as an excision, one layer is part of that work.
    """
    blocks = {
        name: [one for one in prepared.repertoire.families.get(name, ()) if one.size is not None] for name in CLASSES
    }
    sites = {pattern for held in blocks.values() for one in held for pattern in one.where}
    wounds = _wounds(prepared, sites)
    told = [(wound, _class_of(prepared, blocks, wound, wounds), _length(wound)) for wound in wounds]
    closed = [(wound, name, length) for wound, name, length in told if name is not None and length is not None]
    if len(closed) < 2 or len(closed) < len(wounds):
        return None
    cut_out = any(_CUT_OUT.search(prepared.clauses[number].text) for number in prepared.carrying)
    sums: dict[tuple[str, frozenset[int]], tuple[Decimal, list[int]]] = {}
    for wound, name, length in closed:
        if cut_out and name == _SIMPLE:
            continue
        group = _group_of(blocks[name], wound)
        if group is None:
            return None
        total, clauses = sums.get((name, group), (Decimal(0), []))
        sums[(name, group)] = (total + length, [*clauses, *wound.clauses])
    coded = [_coded(blocks[name], group, *told) for (name, group), told in sums.items()]
    return None if None in coded else [one for one in coded if one is not None]


def _wounds(prepared: PreparedNote, sites: set[int]) -> list[_Wound]:
    """The wounds in the order of the note. One begins where a length is told with a site; what follows is of it.

    "Eyebrow 2.2 cm, chin 1.4 cm. Eyebrow: deep layer": what names the place of an earlier one speaks of that one.
    """
    wounds: list[_Wound] = []
    current: _Wound | None = None
    is_trauma = any(_TRAUMA.search(prepared.clauses[number].text) for number in prepared.carrying)
    wanted = ("repair", "wound", "lesion") if is_trauma else ("repair",)
    sentence, named = -1, frozenset[int]()
    for number in prepared.carrying:
        clause = prepared.clauses[number]
        if clause.section in SILENT_SECTIONS:
            continue
        own = prepared.hits[number] & sites
        places = _places(clause.text)
        if clause.sentence != sentence:
            sentence, named = clause.sentence, frozenset()
        named = frozenset(own) or named
        measured = [one for one in sizes(clause.text, clause.start) if one.measures in wanted]
        if measured and _SUM.search(clause.text):
            continue
        begins = current is None or (
            bool(own or current.found)
            and (
                bool(places and current.places and places.isdisjoint(current.places))
                or not _goes_on(current, named, clause.sentence, prepared)
            )
        )
        if len(measured) > 1 and (apart := _apart(prepared, number, sites, measured)):
            wounds += apart
            current = apart[-1]
        elif measured and named and begins:
            current = _Wound([number], named, places=places, found=measured)
            wounds.append(current)
        elif current is not None:
            meant = [one for one in wounds if one.places & places]
            if not measured and len(meant) == 1:
                current = meant[0]
            if own and not own <= current.sites and not measured:
                # Another part of the body is looked at, whose wound is not measured.
                continue
            current.clauses.append(number)
            current.found += measured
    return wounds


def _places(text: str) -> frozenset[str]:
    return frozenset(token.word for token in tokens_of(text)) & site_words()


def _apart(prepared: PreparedNote, number: int, sites: set[int], measured: Sequence[Size]) -> list[_Wound]:
    """ "Eyebrow 2.2 cm and chin 1.4 cm": a wound for each length, where each stands with a place of its own."""
    clause = prepared.clauses[number]
    found: list[_Wound] = []
    for names_after in (False, True):
        ends = [one.mention[1] - clause.start for one in measured]
        starts = [one.mention[0] - clause.start for one in measured]
        spans = (
            zip(ends, [*starts[1:], len(clause.text)], strict=True)
            if names_after
            else zip([0, *ends[:-1]], starts, strict=True)
        )
        parts = [clause.text[start:end] for start, end in spans]
        named = [_places(part) for part in parts]
        if not all(named) or any(one & other for one, other in pairwise(named)):
            continue
        for part, places, size in zip(parts, named, measured, strict=True):
            groups = frozenset(prepared.repertoire.index.matching(view_of(part))) & sites
            found.append(_Wound([number], frozenset(groups), places=places, found=[size]))
        return found if all(one.sites for one in found) else []
    return []


def _goes_on(current: _Wound, named: frozenset[int], sentence: int, prepared: PreparedNote) -> bool:
    """Whether a further length of the same sentence and site is the closed line of the wound measured before."""
    return named == current.sites and prepared.clauses[current.clauses[-1]].sentence == sentence


def _length(wound: _Wound) -> Decimal | None:
    for measures in ("repair", "wound", "lesion"):
        if found := [one.centimeters for one in wound.found if one.measures == measures]:
            return max(found)
    return None


def _class_of(
    prepared: PreparedNote, blocks: dict[str, list[ProcedureEvidence]], wound: _Wound, wounds: Sequence[_Wound]
) -> str | None:
    """The greatest class that the clauses of a wound show; None where nothing says that it was closed."""
    own = list(wound.clauses)
    if wound is not wounds[-1]:
        # "Both were closed in one layer", told after the last of them.
        own += [number for number in wounds[-1].clauses if _ALL.search(prepared.clauses[number].text)]
    for name in CLASSES[:-1]:
        if any(_shows(prepared, blocks[name], number) for number in own):
            return name
    return _SIMPLE if any(_CLOSED.search(prepared.clauses[number].text) for number in own) else None


def _shows(prepared: PreparedNote, blocks: Iterable[ProcedureEvidence], number: int) -> bool:
    hits = prepared.hits[number]
    return any(not hits.isdisjoint(one.all or one.any) and hits.isdisjoint(one.not_) for one in blocks)


def _group_of(blocks: Sequence[ProcedureEvidence], wound: _Wound) -> frozenset[int] | None:
    """The site group, as the patterns of its blocks; of several the smallest part of the body, told last."""
    groups = [frozenset(one.where) for one in blocks if not wound.sites.isdisjoint(one.where)]
    return groups[-1] if groups else None


def _coded(
    blocks: Sequence[ProcedureEvidence], group: frozenset[int], total: Decimal, clauses: Sequence[int]
) -> Repair | None:
    """None for a length that takes an add-on code."""
    return next(
        (
            Repair(block, 1, tuple(clauses))
            for block in blocks
            if frozenset(block.where) == group and block.size is not None and total in block.size and block.per is None
        ),
        None,
    )
