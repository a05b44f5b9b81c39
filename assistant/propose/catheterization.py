"""Which parts of the heart a catheterization report shows as studied, and the one code they make.

Right heart, left heart, coronary arteries and bypass grafts make the codes 93451 to 93461 (CPT cardiac catheterization
section): one code for all that was done. Pictures through the guide of a stent are part of the stent (NCCI Policy
Manual, chapter 11). Congenital studies have other codes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from assistant.propose.model import Clause
from assistant.propose.note_openings import SILENT_SECTIONS
from ingest.codes import CodeSet

Part = Literal["right", "left", "coronary", "graft"]
STUDIES = CodeSet.parse(["93451-93461"])
_CODES: dict[frozenset[Part], str] = {
    frozenset(("right",)): "93451",
    frozenset(("left",)): "93452",
    frozenset(("right", "left")): "93453",
    frozenset(("coronary",)): "93454",
    frozenset(("coronary", "graft")): "93455",
    frozenset(("coronary", "right")): "93456",
    frozenset(("coronary", "graft", "right")): "93457",
    frozenset(("coronary", "left")): "93458",
    frozenset(("coronary", "graft", "left")): "93459",
    frozenset(("coronary", "right", "left")): "93460",
    frozenset(("coronary", "graft", "right", "left")): "93461",
}
# Places with a catheterization laboratory; a note without a place may be from one.
_PLACES = frozenset(("19", "21", "22", "23", "24", "11"))
_SHOWN = (
    r"(?:inject\w*|engaged|filmed|film|films|pictures?|angiogra\w+|arteriogra\w+|opacified|cannulated|imaged|shot"
    r"|shots|views?"
    r"|visuali[sz]ed|selective\w*|cine\w*|intubated|contrast|dye)"
)
_CORONARY = r"(?:coronar(?:y|ies)|left main|lmca|rca|lca)"
_GRAFT = (
    r"(?:(?:bypass|vein|venous|arterial|radial|mammary|thoracic|saphenous)(?:[\s-]\w+)?[\s-]grafts?|grafts?"
    r"|s?vgs?|lima|rima"
    r"|mammary(?: artery)?)"
)
_PARTS: tuple[tuple[Part, re.Pattern[str]], ...] = (
    (
        "graft",
        re.compile(
            rf"\b{_GRAFT}\b[^.;]{{0,60}}\b(?:{_SHOWN}|open|patent|closed|occluded|disease\w*|irregular\w*|flow)\b"
            rf"|\b{_SHOWN}\b[^.;]{{0,40}}\b{_GRAFT}\b"
        ),
    ),
    (
        "coronary",
        re.compile(
            rf"\b{_CORONARY}\b[^.;]{{0,60}}\b{_SHOWN}\b|\b{_SHOWN}\b[^.;]{{0,60}}\b{_CORONARY}\b"
            r"|\b(?:both|all|left and right) (?:native )?coronar(?:y|ies)\b(?! (?:artery )?disease)"
        ),
    ),
    (
        "left",
        re.compile(
            r"\b(?:across|crossed|crossing|through|past)\b[^.;]{0,24}\baortic valve\b"
            r"|\b(?:left ventric\w+|lv)\b[^.;]{0,50}\b(?:entered|pressures?|end[\s-]diastolic|edp|filled|filmed"
            r"|injected|angiogra\w+"
            r"|catheter|pigtail|gram)\b"
            r"|\b(?:into|in|to|enter\w*) the (?:left ventricle|lv)\b|\blv ?edp\b|\b(?:left )?ventriculogra\w+"
            r"|\blv ?gram\b"
        ),
    ),
    (
        "right",
        re.compile(
            r"\bright[\s-](?:heart|sided?) (?:study|cath\w*|pressures?|hemodynamics)\b|\bswan\b|\brhc\b"
            r"|\b(?:balloon[\s-](?:tipped|flotation)|flow[\s-]directed) catheter\b|\bballoon catheter floated\b"
            r"|\b(?:right atri\w+|right ventric\w+|pulmonary (?:artery|capillary))\b[^.;]{0,30}\b(?:mean"
            r"|pressures?|wedge|\d+\s*/\s*\d+)"
            r"|\b(?:wedge|pcwp|pcw)\b[^.;]{0,20}\b\d+|\bthermodilution\b|\bfick\b"
        ),
    ),
)
_LEFT_NAMED = re.compile(r"\bleft[\s-](?:heart|sided?) (?:study|cath\w*|pressures?|hemodynamics)\b")
_VENTRICLE = re.compile(r"\b(?:ventricle|aortic valve|lv)\b")
_GUIDE = re.compile(r"\bguid(?:e|es|ing)\b")
_ACCESS = re.compile(
    r"\b(?:sheath|access\w*|introducer|french|\d ?fr?\b|radial|femoral|brachial|jugular|pigtail|seldinger"
    r"|diagnostic catheter)"
)
_CATHETER = re.compile(
    r"\b(?:cath\w*|angiogra\w+|arteriogra\w+|pigtail|sheath|(?:left|right) heart|ventriculogra\w+|native coronar\w+"
    r"|(?:pictures|films?|shots) of (?:both|all|the) coronar\w+|lv entered)\b"
)
# What was meant to be done, or is said of a study and not of this heart.
_NOT_DONE = re.compile(
    r"\b(?:dropped|not|never|cancel\w*|planned|schedule\w*|consent\w*|abandoned|omitted|title|without)\b"
)
_ANGIOGRAPHY = re.compile(r"\bcoronar\w+ (?:\w+ )?(?:angiogra\w+|arteriogra\w+|pictures)|\bleft heart cath")
_ARTERY_READ = re.compile(
    r"\b(?:lad|lcx|rca|lm|left main|circumflex|left anterior descending|right coronary)\b[^.;]{0,30}"
    r"(?:\b\d+ ?(?:%|percent)|\bnormal\b|\bminor\b|\bmild\b|\boccluded\b|\bclosed\b|\bclean\b)"
)
_MOST_TITLE_WORDS = 8
_PERFORMED = re.compile(r"\b(?:performed|done|carried out|completed|taken|made)\b")
_CONGENITAL = re.compile(r"\b(?:congenital|fontan|tetralogy|transposition|univentricular)\b")


def studied(clauses: Sequence[Clause], place: str | None) -> tuple[str, tuple[int, ...]] | None:
    """The code of the study with the numbers of the clauses that show its parts; None where the note tells of none."""
    if place is not None and place not in _PLACES:
        return None
    said = [
        (number, clause.text.lower())
        for number, clause in enumerate(clauses)
        if clause.status == "done" and (clause.section not in SILENT_SECTIONS or clause.section == "title")
    ]
    told = [text for number, text in said if clauses[number].section != "title"]
    if not any(_CATHETER.search(text) for _, text in said) or not any(_ACCESS.search(text) for text in told):
        return None
    if any(_CONGENITAL.search(text) for _, text in said):
        return None
    named = any(
        _ANGIOGRAPHY.search(clause.text.lower())
        for clause in clauses
        if clause.section in ("title", "billing", "procedure")
    )
    # The name of a study says less than that the ventricle was not entered.
    spared = any(clause.status == "negated" and _VENTRICLE.search(clause.text.lower()) for clause in clauses)
    found: dict[Part, list[int]] = {}
    for number, text in said:
        if clauses[number].section == "title" or _GUIDE.search(text) or _NOT_DONE.search(text):
            continue
        if not number and len(text.split()) <= _MOST_TITLE_WORDS and not _PERFORMED.search(text):
            # What a report begins with is its name: the body tells what was done.
            continue
        if named and _ARTERY_READ.search(text):
            found.setdefault("coronary", []).append(number)
        if not spared and _LEFT_NAMED.search(text):
            found.setdefault("left", []).append(number)
        for part, pattern in _PARTS:
            if pattern.search(text):
                found.setdefault(part, []).append(number)
                if part == "graft":
                    break
    code = _CODES.get(frozenset(found))
    if code is None:
        return None
    return code, tuple(sorted({number for numbers in found.values() for number in numbers}))
