"""The HCPCS modifiers that name a finger, toe or eyelid, from the words that show the procedure. Reads no whole note.

FA and F1-F4 are the left thumb to little finger, F5-F9 the right; TA and T1-T4, T5-T9 the toes; E1-E4 the upper left,
lower left, upper right and lower right eyelid (HCPCS Level II, CMS).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

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
    (r"thumb(?! spica|[ -]side)",),
    ("index", "second finger", "2nd finger"),
    ("middle finger", "long finger", "third finger", "3rd finger"),
    ("ring finger", "fourth finger", "4th finger"),
    ("little finger", "small finger", "pinky", "fifth finger", "5th finger"),
)
_TOES = (
    ("great toe(?:nail)?", "big toe(?:nail)?", "hallux", "first toe(?:nail)?", "1st toe(?:nail)?"),
    ("second toe(?:nail)?", "2nd toe(?:nail)?"),
    ("third toe(?:nail)?", "3rd toe(?:nail)?"),
    ("fourth toe(?:nail)?", "4th toe(?:nail)?"),
    ("fifth toe(?:nail)?", "5th toe(?:nail)?", "little toe", "small toe"),
)
# "Right ring", "L long": the finger without its noun, after its side.
_BARE = ("thumb(?! spica|[ -]side)", "index", "middle|long", "ring", "little|small")
_LEFT = {"finger": ("FA", "F1", "F2", "F3", "F4"), "toe": ("TA", "T1", "T2", "T3", "T4")}
_RIGHT = {"finger": ("F5", "F6", "F7", "F8", "F9"), "toe": ("T5", "T6", "T7", "T8", "T9")}


def digit_modifiers(
    procedure_code: str, side: Side | None, evidence: Iterable[Evidence], near: str = ""
) -> tuple[str, ...]:
    """The modifiers of the digits, or of the one lid, the words name on that side; empty when they name none.

    `near` is looked at where the evidence itself names none, such as the note's title and findings; of several digits
    it may name, the evidence must say that it speaks of several.
    """
    if side is None:
        return ()
    said = " ; ".join(one.quote for one in evidence)
    for own, text in ((True, _TIED_TO.sub(" ", said)), (False, _TIED_TO.sub(" ", near))):
        if procedure_code in _OF_A_DIGIT:
            for kind, names in (("finger", _FINGERS), ("toe", _TOES)):
                named = _on_side(text, names, side, bare=kind == "finger")
                if len(named) == 1 or (named and (own or _SEVERAL.search(said))):
                    return tuple((_LEFT if side == "LT" else _RIGHT)[kind][place] for place in named)
        if procedure_code in _OF_A_LID:
            upper, lower = (re.search(rf"\b{word}\b", text, re.IGNORECASE) for word in ("upper", "lower"))
            if bool(upper) != bool(lower):
                lid = {("LT", True): "E1", ("LT", False): "E2", ("RT", True): "E3", ("RT", False): "E4"}
                return (lid[(side, bool(upper))],)
    return ()


# The healthy neighbour that a broken finger or toe is tied to is not the one treated.
_TIED_TO = re.compile(
    r"\b(?:strap\w*|tap(?:ed|ing)|buddied|bound|tied)(?: \w+)? to (?:the |its )?(?:\w+ ){0,2}(?:finger|toe|digit"
    r"|neighbou?r)s?\b",
    re.IGNORECASE,
)
_SEVERAL = re.compile(r"\b(?:both|two|2|three|3|four|4|each|all)\b", re.IGNORECASE)
_SIDE = re.compile(r"\b(?:(?P<LT>left|lt?)|(?P<RT>right|rt?))\b", re.IGNORECASE)


def _on_side(text: str, names: tuple[tuple[str, ...], ...], side: Side, *, bare: bool) -> list[int]:
    """The digits the text names on a side: each belongs to the side told before it, else to the first after it."""
    told = [(match.start(), match.lastgroup) for match in _SIDE.finditer(text)]
    found = []
    for place, start in _places(text, names, bare=bare):
        before = [name for at, name in told if at < start]
        after = [name for at, name in told if at > start]
        own = before[-1] if before else after[0] if after else side
        if own == side and place not in found:
            found.append(place)
    return sorted(found)


def _places(text: str, names: tuple[tuple[str, ...], ...], *, bare: bool) -> Iterator[tuple[int, int]]:
    """The digits named, each with where its name begins."""
    for place, said in enumerate(names):
        for one in said:
            yield from ((place, match.start()) for match in re.finditer(rf"\b{one}s?\b", text, re.IGNORECASE))
    for place, one in enumerate(_BARE if bare else ()):
        pattern = rf"\b(?:left|right|lt?|rt?) (?P<it>{one})\b|\b(?P<listed>{one})\b(?={_LIST_GOES_ON})"
        for match in re.finditer(pattern, text, re.IGNORECASE):
            yield place, match.start("it" if match["it"] else "listed")


# "Ring and long fingers": the fingers of a list without their noun.
_LIST_GOES_ON = (
    r"(?:\s*(?:,|and|&|\+|/)\s*(?:the )?(?:right |left |r |l )?(?:thumb|index|middle|long|ring|small|little))+"
    r" (?:trigger )?(?:finger|digit)s?\b"
)


def leaves_digit_open(procedure_code: str, text: str) -> bool:
    """True for surgery on one digit where the text names no digit at all. Injections may be of other places."""
    if procedure_code not in _OF_A_DIGIT or procedure_code in ("20550", "20600"):
        return False
    return not any((*_places(text, _FINGERS, bare=True), *_places(text, _TOES, bare=False)))
