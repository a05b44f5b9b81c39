"""How large: the sizes a sentence tells and what each measures. Knows no procedure and no code."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Size:
    """A length in centimeters and what it measures."""

    centimeters: Decimal
    measures: str
    mention: tuple[int, int]


_SIZE = re.compile(
    r"(?<![\d.])(\d{1,3}(?:\.\d{1,2})?|\.\d{1,2})((?:\s*(?:cm|mm)?\s*(?:x|by)\s*(?:\d{1,3}(?:\.\d{1,2})?|\.\d{1,2}))*)"
    r"[\s-]*(cm|mm|centimeters?|millimeters?)\b",
    re.IGNORECASE,
)
_REPAIR = re.compile(
    r"clos|sutur|stitch|repair|length|long\b|layer|approximat|stapl|adhesive|glue|nylon|vicryl|prolene|monocryl|ethilon"
    r"|(?:end|final) (?:result|line)"
    r"|\bline\b(?! of)",
    re.IGNORECASE,
)
_WOUND = re.compile(
    r"\blacs?\b|lacerat|wound|gash|\bsplit\b|\bgap(?:es?|ing)\b|\btorn\b"
    r"|(?<!before )(?<!before the )\bcuts?\b(?! out| away)",
    re.IGNORECASE,
)
_WHOLE = re.compile(
    r"excised (?:diameter|size)|(?:specimen|ellipse) (?:siz|measur)|includ\w* (?:the )?margin"
    r"|with margins(?!\s+(?:of|at|measuring)\b)|total (?:diameter|excised)"
    # "The defect was closed, 6 cm" tells the length of the repair.
    r"|defect(?!\W+(?:(?:was|is|were|then|could be|being)\W+){0,2}(?:clos|repair|sutur|approximat|stitch))",
    re.I,
)
_MARGIN = re.compile(
    r"margin|border|\b(?:every|each|all|either|both) sides?\b|narrowest|tightest|all (?:the way )?(?:a)?round|to spare"
    r"|(?:nearest|closest) edge|circumferential|\brim\b|cuff of|collar of|of (?:normal|healthy|clear|good"
    r"|uninvolved) (?:\w+ )?skin"
    r"|beyond (?:the |its )?(?:edge|border|visible|tumou?r|lesion)|clearance",
    re.IGNORECASE,
)
_TORN = re.compile(r"\blacs?\b|\blacerat|\bgash", re.IGNORECASE)
_LESION = re.compile(
    r"\b(?:lesion|cyst|mole|nevus|tumou?r|papule|nodule|plaque|growth|bcc|scc|carcinoma|melanoma|excis"
    r"|(?:biopsy )?scar\b|site\b|mark\b)",
    re.IGNORECASE,
)
# What stands right after a size names what it measures: "0.8 cm lesion with 0.4 cm margin".
_NAMED_AFTER = (
    (
        "margin",
        re.compile(
            r"[\s-]+(?!incl|with|and|plus|without)(?:[\w-]+\s)?(?:margins?|borders?)\b(?!\W*(?:of\W+)?[.\d])", re.I
        ),
    ),
    (
        "lesion",
        re.compile(
            r"[\s-]+(?:[\w-]+\s){0,2}?(?:lesion|cyst|mole|nevus|tumou?r|papule|nodule|plaque|growth|patch|macule"
            r"|bcc|scc|biopsy scar"
            r"|carcinoma|melanoma)\b(?! (?:was |were )?(?:closed|repaired))",
            re.IGNORECASE,
        ),
    ),
)
# Lengths of the work, not of what was taken or closed.
_NO_SIZE = re.compile(r"undermin|needle|blade|punch|gauge|portal|cannula|dermatome|curette\b", re.IGNORECASE)
_UNNAMED = "lesion"
_EMPTY = re.compile(r"\b(?:total|of|about|approx(?:imately)?|measur\w*|final|in|is|was|and)\b", re.IGNORECASE)
_CHUNK = re.compile(r"[.;,]\s|\n")


def sizes(text: str, offset: int = 0) -> list[Size]:
    """The sizes of a sentence with what they measure: margin, whole (with margins), repair, wound or lesion.

    The words of its part of the sentence tell; where a size stands alone between commas, those of the sentence do.
    """
    cuts = [cut.span() for cut in _CHUNK.finditer(text)]
    found: list[Size] = []
    part = 0
    matches = list(_SIZE.finditer(text))
    for number, match in enumerate(matches):
        while part < len(cuts) and cuts[part][0] < match.start():
            part += 1
        start = cuts[part - 1][1] if part else 0
        end = cuts[part][0] if part < len(cuts) else len(text)
        words = text[start : match.start()] + text[match.end() : end]
        numbers = [Decimal(one) for one in re.findall(r"\d*\.?\d+", f"{match[1]} {match[2]}")]
        value = max(numbers) / (10 if match[3].lower().startswith("m") else 1)
        alone = not _tells(words)
        # Between commas the words before it tell what is measured, so that a margin told after it does not.
        earlier = text[: match.start()]
        if alone:
            told = [text[first:last] for first, last in _parts_before(cuts, part) if _tells(text[first:last])]
            words = earlier if _tells(earlier) else text
            # The part just before tells what is measured, unless it says nothing: "in layers, intermediate, 4 cm".
            if told and not _tells(earlier[start:]) and _measured(told[-1]) != _UNNAMED:
                words = told[-1]
        if _NO_SIZE.search(words) and not _REPAIR.search(words):
            continue
        named = _named_after(text, match) or _beside_another(text, matches, number, start, end) or _measured(words)
        if named == _UNNAMED and _TORN.search(text) and not _LESION.search(text):
            # "Forearm 4.5 cm and lower leg 5.0 cm, both lacerations shallow."
            named = "wound"
        found.append(Size(value, named, (offset + match.start(), offset + match.end())))
    return found


def _named_after(text: str, match: re.Match[str]) -> str | None:
    """What stands right after a size and says what it measures."""
    return next((name for name, after in _NAMED_AFTER if after.match(text, match.end())), None)


def _beside_another(text: str, matches: Sequence[re.Match[str]], number: int, start: int, end: int) -> str | None:
    """ "Tumor 1.2 cm excised with margins of 5 mm": of several sizes in one part each is told by the words at its side.

    None where it has the part, from `start` to `end`, to itself or its own words do not tell.
    """
    match = matches[number]
    before = [one for one in matches[:number] if one.start() >= start][-1:]
    after = [one for one in matches[number + 1 :] if one.end() <= end][:1]
    if not before and not after:
        return None
    first = start
    for one in before:
        taken = next((found for _, name in _NAMED_AFTER if (found := name.match(text, one.end()))), one)
        first = taken.end()
    words = text[first : match.start()]
    if not (after and _tells(words)):
        words += text[match.end() : after[0].start() if after else end]
    told = _measured(words)
    return told if told != _UNNAMED or _LESION.search(words) else None


def _parts_before(cuts: Sequence[tuple[int, int]], part: int) -> list[tuple[int, int]]:
    """The parts of a sentence before its part of that number."""
    starts = [0, *(end for _, end in cuts[:part])]
    return list(zip(starts, (begin for begin, _ in cuts[:part]), strict=False))


def _tells(words: str) -> bool:
    return any(char.isalpha() for char in _EMPTY.sub(" ", words))


def _measured(words: str) -> str:
    if _WHOLE.search(words):
        return "whole"
    for name, cue in (("margin", _MARGIN), ("repair", _REPAIR), ("wound", _WOUND)):
        if cue.search(words):
            return name
    return _UNNAMED


def excised(found: Sequence[Size]) -> Decimal | None:
    """The excised diameter: the lesion with twice its narrowest margin, unless the whole is told."""
    whole = [size.centimeters for size in found if size.measures == "whole"]
    if whole:
        return max(whole)
    lesions = [size.centimeters for size in found if size.measures == "lesion"]
    margins = [size.centimeters for size in found if size.measures == "margin"]
    if not lesions:
        return None
    return max(lesions) + (2 * min(margins) if margins else 0)


def alone(found: Sequence[Size]) -> Decimal | None:
    """The diameter of the lesion without what was taken around it."""
    return max((size.centimeters for size in found if size.measures == "lesion"), default=None)
