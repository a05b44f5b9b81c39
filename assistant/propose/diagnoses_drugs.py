"""Drugs that a diagnosis code tells of: anticoagulants with or without the bleeding they caused, drugs for diabetes.

Source: ICD-10-CM tabular list at D68.32, T45.51, Z79.01, Z79.4, Z79.84 and E11; the provider must say that
the drug caused the bleeding.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace

from assistant.propose.diagnoses_draft import Draft
from assistant.propose.model import Clause, ClinicalNote

_ANTICOAGULANT = (
    r"(?:warfarin|coumadin|jantoven|apixaban|eliquis|rivaroxaban|xarelto|dabigatran|pradaxa|edoxaban"
    r"|savaysa|enoxaparin|lovenox"
    r"|doacs?|noacs?|blood[ -]?thinners?|anti-?coagula(?:nts?|tion|ted))"
)
_TAKES = re.compile(rf"\b{_ANTICOAGULANT}\b", re.I)
_NOT_TAKEN = re.compile(
    rf"\b(?:no|not|off|denies|stopp\w+|never|without|none|discontinued|holding off|declin\w+|discuss\w+"
    rf"|consider\w*|avoid\w*|family)\b"
    rf"(?:[ -]\w+){{0,3}}[ -]{_ANTICOAGULANT}|{_ANTICOAGULANT}\b[^.;,]{{0,20}}\b(?:stopped|discontinued"
    rf"|not taken|declined|discussed|deferred)\b", re.I
)  # fmt: skip
_CAUSED = re.compile(
    rf"\b(?:due to|caused by|secondary to|because of|from|attributed to|resulting from|related to"
    rf"|induced by|2/2|d/t|in the setting of)"
    rf"(?: \w+){{0,4}} {_ANTICOAGULANT}|\b{_ANTICOAGULANT}[ -](?:induced|related|associated|caused)", re.I
)  # fmt: skip
_INSULIN = re.compile(
    r"\b(?:on|takes|taking|continue[sd]?|using|uses|basal|units of|increase[sd]?|adjust\w*|titrat\w*) (?:\w+ ){0,2}"
    r"(?:insulin|lantus|glargine|basaglar|tresiba|levemir|humalog|novolog|lispro)\b|\binsulin (?:pump"
    r"|dependent|requiring|dose)", re.I
)  # fmt: skip
_NO_INSULIN = re.compile(r"\b(?:no|not|declin\w+|discuss\w+|consider\w*) (?:\w+ ){0,2}insulin", re.I)
_BY_MOUTH = re.compile(
    r"\b(?:metformin|glucophage|glipizide|glyburide|glimepiride|sitagliptin|januvia|linagliptin|tradjenta"
    r"|saxagliptin"
    r"|empagliflozin|jardiance|dapagliflozin|farxiga|canagliflozin|invokana|ertugliflozin|pioglitazone|actos|repaglinide"
    r"|nateglinide|acarbose|rybelsus|oral (?:hypoglycemics?|antidiabetics?|diabetes (?:drugs?|medic\w+)))\b", re.I
)  # fmt: skip
_NOT_BY_MOUTH = re.compile(
    r"\b(?:no|not|off|stopp\w+|never|without|declin\w+|discuss\w+|consider\w*|allerg\w+|intoleran\w+"
    r"|discontinued)\b"
    r"(?:[ -]\w+){0,3}[ -](?:metformin|glipizide|empagliflozin|oral)", re.I
)  # fmt: skip
_TOLD = frozenset({"done", "historical", "negated"})
_BLEEDING = (
    "R04",
    "J95.83",
    "K62.5",
    "K92",
    "R31",
    "N92",
    "N93",
    "H11.3",
    "H31.3",
    "R58",
    "L76",
    "D68.3",
    "K64",
    "S",
    "M25.0",
    "I60",
    "I61",
)
_CLOTTING = ("I48", "I26", "I82", "Z86.71", "Z95.2", "I74", "D68.5", "D68.6", "Z51.81", "Z79.01")


def with_drugs(drafts: list[Draft], note: ClinicalNote) -> list[Draft]:
    """The drafts, with the drug's codes where they belong to one of them."""
    found = [one for one in drafts if one.diagnosis_code not in {"D68.32", "Z79.01"}]
    bleeding = next((one for one in found if one.diagnosis_code.startswith(_BLEEDING) and not one.reserve), None)
    clotting = next((one for one in found if one.diagnosis_code.startswith(_CLOTTING) and not one.reserve), None)
    told = _clause(note, _TAKES, _NOT_TAKEN)
    caused = _clause(note, _CAUSED, _NOT_TAKEN)
    if bleeding is not None and caused is not None and caused.status == "done":
        place = max(bleeding.place, caused.start) + 1
        found.append(_draft("D68.32", bleeding, caused, place))
        found.append(_draft("T45.515A", bleeding, caused, place + 1))
    elif told is not None and (bleeding or clotting):
        found.append(_draft("Z79.01", bleeding or clotting or drafts[0], told, len(note.text) + told.start))
    elif (
        told is None
        and not _NOT_TAKEN.search(note.text)
        and (stated := [one for one in drafts if one.diagnosis_code == "Z79.01" and one.firm > 1])
    ):
        found.extend(stated)
    sugar = next((one for one in found if one.diagnosis_code.startswith("E11")), None)
    insulin = _clause(note, _INSULIN, _NO_INSULIN, {*_TOLD, "planned"})
    if sugar is not None and insulin is not None:
        found.append(_draft("Z79.4", sugar, insulin, len(note.text) + insulin.start))
    by_mouth = _clause(note, _BY_MOUTH, _NOT_BY_MOUTH, {*_TOLD, "planned"})
    if sugar is not None and by_mouth is not None and all(one.diagnosis_code != "Z79.84" for one in found):
        found.append(_draft("Z79.84", sugar, by_mouth, len(note.text) + by_mouth.start))
    return found


def _clause(
    note: ClinicalNote, wanted: re.Pattern[str], refused: re.Pattern[str], statuses: Collection[str] = _TOLD
) -> Clause | None:
    """The first clause that says it; what the reader calls negated counts where the "no" is not the drug's."""
    for clause in note.clauses:
        if clause.status not in statuses or clause.section in {"family-history", "allergies"}:
            continue
        if not wanted.search(clause.text) or refused.search(clause.text):
            continue
        if clause.status != "negated" or re.search(r"\b(?:takes|taking|on|continue\w*)\b", clause.text, re.I):
            return clause
    return None


def _draft(diagnosis_code: str, beside: Draft, clause: Clause, place: int) -> Draft:
    return replace(
        beside,
        diagnosis_code=diagnosis_code,
        title="",
        place=place,
        evidence=(clause.evidence,),
        sides=frozenset(),
        side_open=False,
        reserve=False,
    )
