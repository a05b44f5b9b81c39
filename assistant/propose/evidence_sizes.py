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
_REPAIR = re.compile(r"clos|sutur|stitch|repair|length|long\b|layer|approximat|stapl|adhesive|glue", re.IGNORECASE)
_WOUND = re.compile(r"\blacs?\b|lacerat|wound|gash", re.IGNORECASE)
_WHOLE = re.compile(
    r"excised (?:diameter|size)|(?:specimen|ellipse) (?:siz|measur)|includ\w* (?:the )?margin"
    r"|with margins|total (?:diameter|excised)|defect",
    re.I,
)
_MARGIN = re.compile("margin|border", re.IGNORECASE)
# Lengths of the work, not of what was taken or closed.
_NO_SIZE = re.compile(r"undermin|needle|blade|punch|gauge|portal|cannula|dermatome|curette\b", re.IGNORECASE)
_EMPTY = re.compile(r"\b(?:total|of|about|approx(?:imately)?|measur\w*|final|in|is|was|and)\b", re.IGNORECASE)
_CHUNK = re.compile(r"[.;,]\s|\n")


def sizes(text: str, offset: int = 0) -> list[Size]:
    """The sizes of a sentence with what they measure: margin, whole (with margins), repair, wound or lesion.

    The words of its part of the sentence tell; where a size stands alone between commas, those of the sentence do.
    """
    cuts = [cut.span() for cut in _CHUNK.finditer(text)]
    found: list[Size] = []
    part = 0
    for match in _SIZE.finditer(text):
        while part < len(cuts) and cuts[part][0] < match.start():
            part += 1
        start = cuts[part - 1][1] if part else 0
        end = cuts[part][0] if part < len(cuts) else len(text)
        words = text[start : match.start()] + text[match.end() : end]
        numbers = [Decimal(number) for number in re.findall(r"\d*\.?\d+", f"{match[1]} {match[2]}")]
        value = max(numbers) / (10 if match[3].lower().startswith("m") else 1)
        alone = not any(char.isalpha() for char in _EMPTY.sub(" ", words))
        # Between commas the words before it tell what is measured, so that a margin told after it does not.
        earlier = text[: match.start()]
        if alone:
            words = earlier if any(char.isalpha() for char in earlier) else text
        if _NO_SIZE.search(words) and not _REPAIR.search(words):
            continue
        found.append(Size(value, _measured(words), (offset + match.start(), offset + match.end())))
    return found


def _measured(words: str) -> str:
    if _WHOLE.search(words):
        return "whole"
    for name, cue in (("margin", _MARGIN), ("repair", _REPAIR), ("wound", _WOUND)):
        if cue.search(words):
            return name
    return "lesion"


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
