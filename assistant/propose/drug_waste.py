"""What a note tells of the container a drug came from and of what was thrown away: modifiers JZ and JW for Medicare.

Finds no drug and no dose. Source: CMS policy on discarded drugs, in force for claims from 2023-07-01 (Claims Processing
Manual, chapter 17, section 40): drug left in a single-dose container is a line of its own with JW, a line without waste
carries JZ, and a multi-dose container takes neither.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil
from types import MappingProxyType

from assistant.propose.model import ClinicalNote, ProcedureCandidate, ProviderQuery
from ingest.codes import CodeSet

NONE_DISCARDED = "JZ"
DISCARDED = "JW"
ASK_CONTAINER = (
    "Did the drug come from a single-dose or a multi-dose container, and how much of it, if any, was discarded? "
    "The note does not say."
)
_DRUGS = CodeSet.parse(["J0100-J9999"])
# Unit doses that are breathed in, and contraceptives: no container that anything could be left in.
_NO_CONTAINER = CodeSet.parse(["J7296-J7307", "J7605-J7699"])
# Sold in single-dose containers only, mostly syringes that are emptied: joint fluid gels, denosumab, regadenoson.
_ONE_SYRINGE = CodeSet.parse(["J7318", "J7320-J7332", "J0897", "J2785"])
# How much one unit of a code is, for those whose waste is told in another measure than units of the code.
_PER_UNIT: Mapping[str, Decimal] = MappingProxyType(
    {
        code: Decimal(amount)
        for code, amount in (
            ("J0171", "0.1"), ("J0696", "250"), ("J0702", "6"), ("J1200", "50"), ("J1885", "15"), ("J1940", "20"),
            ("J2550", "50"), ("J2785", "0.1"), ("J2919", "5"), ("J3301", "10"), ("J3420", "1000"),
        )
    }
)  # fmt: skip
_MULTIPLE = re.compile(r"\b(?:multi(?:ple)?[\s-]?(?:dose|use|patient)|mdv)\b", re.I)
_SINGLE = re.compile(r"\b(?:single[\s-]?(?:dose|use)|one[\s-]time use|sdv|pre-?filled syringe)\b", re.I)
_GONE = r"(?:discarded|wasted|thrown (?:away|out)|disposed of|destroyed|left over|unused)"
_AMOUNT = r"(\d+(?:\.\d+)?)\s*(?:mg|mcg|units?|u)\b"
_WASTE = re.compile(
    rf"{_AMOUNT}(?:\s+(?:of|the|drug|was|were|had to be|is|are|\w+ine|\w+ide|\w+one|botox|remain\w*|left|and|in"
    rf"|vial)){{0,8}}\s*,?\s*{_GONE}"
    rf"|\b(?:discard(?:ed|ing)?|wast(?:ed|ing|e|age)|threw away|disposed of)(?:\s+(?:amount|of|was|the|remaining"
    rf"|other|drug|about)){{0,4}}"
    rf"\s*[:=]?\s*{_AMOUNT}",
    re.I,
)
_NO_WASTE = re.compile(
    rf"\b(?:no|zero|without(?: any)?)\s+(?:drug\s+|medication\s+|product\s+)?(?:waste|wastage|remainder|leftover"
    rf"|discard\w*)\b"
    rf"|\b(?:nothing|none|no (?:drug|medication|product|amount))(?:\s+(?:of it|was|were|is|had to be|left)){{0,3}}\s+"
    rf"(?:{_GONE[3:-1]}|left|remained|remaining)\b"
    r"|\b(?:waste|wastage|wasted|discarded)\s*[:=]?\s*(?:was\s+|were\s+)?"
    r"(?:none\b|nil\b|zero\b|0(?:\.0)?(?![\d.]))"
    r"|\b(?:0|zero)\s*(?:mg|mL|units?)\s+(?:was\s+|were\s+)?(?:wasted|discarded)\b"
    r"|\b(?:whole|entire|full|complete)\s+(?:contents?\s+of\s+(?:the\s+)?)?(?:single[\s-]dose\s+)?"
    r"(?:vial|syringe|contents?|amount|ampu?le?)\b"
    r"|\b(?:all(?: of (?:it|this|the (?:vial|syringe|drug|medication|contents?)))?|it all|everything"
    r"|all \d+(?:\.\d+)? ?(?:mg|ml|cc|units))\s+(?:was\s+|were\s+|being\s+)?(?:used|injected|administered)\b"
    r"|\b(?:all of (?:it|the (?:vial|syringe|drug))|vial|syringe|both vials|drug)\s+(?:was\s+|were\s+)?"
    r"(?:used (?:up|in full|completely|entirely)|emptied|completely used|fully used|injected in full)\b"
    r"|\bnot (?:discarded|wasted)\b",
    re.I,
)
_REST = re.compile(
    rf"\b(?:rest|remainder|remaining (?:drug|amount|medication|portion)|what was left|leftover)\b[^.;\n]{{0,40}}{_GONE}"
    rf"|\b(?:discarded|wasted|threw away) the (?:rest|remainder|remaining)",
    re.I,
)
_VIAL = re.compile(
    r"\b(?:vial|syringe|ampu?le?|container)s?\s+(?:of|with|holding|containing|\()\s*(\d+(?:\.\d+)?)\s*(?:mg|mcg"
    r"|units?)\b"
    r"|\b(\d+(?:\.\d+)?)\s*(?:mg|mcg|unit)s?(?:[\s/-]+(?:\d+\s*ml|in|single|dose|use|sdv|one|a))*[\s-]+(?:vial"
    r"|syringe|sdv|ampu?le?)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Container:
    """What is known of a drug's container: `no_waste` asks for JZ, `wasted` units for a line with JW, `open` to ask."""

    no_waste: bool = False
    wasted: int = 0
    open: bool = False


def containers_of(note: ClinicalNote, procedures: Sequence[ProcedureCandidate]) -> dict[str, Container]:
    """By code of a drug what the note tells of its container; empty where no drug is billed.

    Where several drugs were given, the sentences of each tell; of one drug the whole note does.
    """
    drugs = [one for one in procedures if one.procedure_code in _DRUGS and one.procedure_code not in _NO_CONTAINER]
    if len({one.procedure_code for one in drugs}) == 1:
        return {one.procedure_code: _container(one, note.text) for one in drugs}
    return {one.procedure_code: _container(one, _said_near(note, one)) for one in drugs}


def container_queries(
    containers: Mapping[str, Container], drugs: Sequence[ProcedureCandidate]
) -> tuple[ProviderQuery, ...]:
    """The question about the first drug whose container is not told."""
    return tuple(
        ProviderQuery(ASK_CONTAINER, one.procedure_code, one.evidence)
        for one in drugs
        if (told := containers.get(one.procedure_code)) is not None and told.open
    )[:1]


def _container(drug: ProcedureCandidate, text: str) -> Container:
    per = _PER_UNIT.get(drug.procedure_code, Decimal(1))
    given = drug.units * per
    wasted = next((Decimal(match[1] or match[2]) for match in _WASTE.finditer(text)), None)
    vials = [Decimal(match[1] or match[2]) for match in _VIAL.finditer(text)]
    if wasted is None and vials and _REST.search(text):
        wasted = sum(vials, Decimal(0)) - given
    if wasted is not None and wasted > 0:
        # What the last unit given is not used up by goes with it.
        return Container(wasted=max(0, ceil((given + wasted) / per) - drug.units))
    if _MULTIPLE.search(text):
        return Container()
    emptied = drug.procedure_code in _ONE_SYRINGE or (vials and _SINGLE.search(text) and sum(vials) == given)
    if emptied or _NO_WASTE.search(text):
        return Container(no_waste=True)
    return Container(open=True)


def _said_near(note: ClinicalNote, drug: ProcedureCandidate) -> str:
    """The sentences that show the drug, each with the one after it."""
    shown = {
        clause.sentence
        for clause in note.clauses
        if any(clause.start < one.end and one.start < clause.end for one in drug.evidence)
    }
    near = {number + step for number in shown for step in (0, 1)}
    return " . ".join(clause.text for clause in note.clauses if clause.sentence in near)
