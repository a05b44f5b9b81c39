"""The HCPCS modifiers that name a finger, toe or eyelid, from the words that show the procedure. Reads no whole note.

FA and F1-F4 are the left thumb to little finger, F5-F9 the right; TA and T1-T4, T5-T9 the toes; E1-E4 the upper left,
lower left, upper right and lower right eyelid (HCPCS Level II, CMS).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from assistant.propose.model import Evidence, Side
from ingest.codes import CodeSet

# Procedures on one finger, toe, nail or lid, for which payers want the digit and not the side alone.
_OF_A_DIGIT = CodeSet.parse(
    "26010-26011 26055 26060 26160 26410-26437 26720-26785 26841-26863 26910-26952 28001-28003 "
    "28124 28153 28160 28230-28234 28270-28272 28280-28286 28310-28315 28490-28525 28630-28675 "
    "28810-28825 11730 11740-11765 20550 20600".split()
)
_OF_A_LID = CodeSet.parse(["67700-67715", "67800-67850", "67880-67975"])
_FINGERS = (
    ("thumb",),
    ("index", "second finger", "2nd finger"),
    ("middle finger", "long finger", "third finger", "3rd finger"),
    ("ring finger", "fourth finger", "4th finger"),
    ("little finger", "small finger", "pinky", "fifth finger", "5th finger"),
)
_TOES = (
    ("great toe", "big toe", "hallux", "first toe", "1st toe"),
    ("second toe", "2nd toe"),
    ("third toe", "3rd toe"),
    ("fourth toe", "4th toe"),
    ("fifth toe", "5th toe", "little toe", "small toe"),
)
# "Right ring", "L long": the finger without its noun, after its side.
_BARE = ("thumb", "index", "middle|long", "ring", "little|small")
_LEFT = {"finger": ("FA", "F1", "F2", "F3", "F4"), "toe": ("TA", "T1", "T2", "T3", "T4")}
_RIGHT = {"finger": ("F5", "F6", "F7", "F8", "F9"), "toe": ("T5", "T6", "T7", "T8", "T9")}


def digit_modifier(procedure_code: str, side: Side | None, evidence: Iterable[Evidence], near: str = "") -> str | None:
    """The modifier of the one digit or lid the words name on that side; None when they name none, or several.

    `near` is looked at where the evidence itself names none, such as the note's title and findings.
    """
    if side is None:
        return None
    said = " ".join(one.quote for one in evidence)
    for text in (said, near):
        if procedure_code in _OF_A_DIGIT:
            for kind, names in (("finger", _FINGERS), ("toe", _TOES)):
                named = _named(text, names) or (_bare(text) if kind == "finger" else [])
                if len(named) == 1:
                    return (_LEFT if side == "LT" else _RIGHT)[kind][named[0]]
        if procedure_code in _OF_A_LID:
            upper, lower = (re.search(rf"\b{word}\b", text, re.IGNORECASE) for word in ("upper", "lower"))
            if bool(upper) != bool(lower):
                return {("LT", True): "E1", ("LT", False): "E2", ("RT", True): "E3", ("RT", False): "E4"}[
                    (side, bool(upper))
                ]
    return None


def _named(text: str, names: tuple[tuple[str, ...], ...]) -> list[int]:
    return [
        place
        for place, said in enumerate(names)
        if any(re.search(rf"\b{re.escape(one)}s?\b", text, re.IGNORECASE) for one in said)
    ]


def _bare(text: str) -> list[int]:
    return [
        place
        for place, said in enumerate(_BARE)
        if re.search(rf"\b(?:left|right|lt?|rt?) (?:{said})\b", text, re.IGNORECASE)
    ]


def leaves_digit_open(procedure_code: str, text: str) -> bool:
    """True for surgery on one digit where the text names no digit at all. Injections may be of other places."""
    if procedure_code not in _OF_A_DIGIT or procedure_code in ("20550", "20600"):
        return False
    return not (_named(text, _FINGERS) or _named(text, _TOES) or _bare(text))
