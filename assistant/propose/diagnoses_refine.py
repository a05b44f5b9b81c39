"""From what a note calls a disease to the code: side, site, detail and episode choose among the codes below.

Knows no section and no other diagnosis. Source: ICD-10-CM Official Guidelines, sections I.B.13 (sides), I.A.5 and
I.C.19 (7th characters; a fracture not said to be open or undisplaced is closed and displaced).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from assistant.propose.diagnoses_index import DiagnosisIndex, Leaf
from assistant.propose.diagnoses_titles import DEFAULTS, has_side
from assistant.propose.diagnoses_words import site_words, wider
from assistant.propose.model import BOTH, Side

Episode = Literal["A", "D", "S"]

_SIDED: Mapping[str, frozenset[Side]] = {"right": frozenset({"RT"}), "left": frozenset({"LT"}), "bilateral": BOTH}
_WANTED_SIDE = 1.5
_OTHER_SIDE = -6.0
_UNKNOWN_SIDE = -3.0
_UNSAID = 0.6
_UNSAID_DEFAULT = 0.03
_VAGUE = 0.11
_TWO_SIDES = 2
_COMMON = 0.5
_SAID_CLEARLY = 0.6
_WHERE_IN_PART = frozenset({"upper", "lower"})


@dataclass(frozen=True, slots=True)
class Choice:
    """A chosen code. `side_open`: the code has sides, and nothing tells which. `fit`: how well the words fit."""

    diagnosis_code: str
    title: str
    side_open: bool
    fit: float


def choose(
    index: DiagnosisIndex,
    codes: Iterable[str],
    words: Mapping[str, float],
    sides: frozenset[Side],
    episode: Episode,
    *,
    opened: bool = False,
) -> tuple[Choice, ...]:
    """The code (two where both sides are meant and none says both) at or below one of `codes`; () where there is none.

    `words`: what the note says, with weights from 0 to 1. `opened`: an open fracture.
    """
    leaves = [leaf for code in dict.fromkeys(codes) for leaf in index.leaves(code)]
    if not leaves:
        return ()
    best = _best(leaves, words, sides)
    if sides == BOTH and _says_no_side(best, leaves):
        each = [_best(leaves, words, frozenset({side})) for side in ("RT", "LT")]
        if all(_side_of(leaf) for leaf, _fit in each):
            return tuple(_finished(leaf, fit, episode, words, opened, False) for leaf, fit in each)
    return (_finished(*best, episode, words, opened, _says_no_side(best, leaves)),)


def _best(leaves: Sequence[Leaf], words: Mapping[str, float], sides: frozenset[Side]) -> tuple[Leaf, float]:
    shared = _shared(leaves)
    exact_site = any(weight >= _SAID_CLEARLY and wider(word) for word, weight in words.items())
    # A side fits a title only as far as its other words do, where a title without a side is among the choices.
    all_sided = all(has_side(leaf.title) for leaf in leaves)
    return max(
        ((leaf, _fit(leaf, words, sides, shared, exact_site=exact_site, all_sided=all_sided)) for leaf in leaves),
        key=lambda one: (one[1], -len(one[0].diagnosis_code)),
    )


def _shared(leaves: Sequence[Leaf]) -> frozenset[str]:
    """Words so common among the codes to choose from that silence about them says nothing."""
    times = Counter(word for leaf in leaves for word in leaf.readings[0])
    return frozenset(word for word, count in times.items() if count > _COMMON * len(leaves))


def _fit(
    leaf: Leaf,
    words: Mapping[str, float],
    sides: frozenset[Side],
    shared: frozenset[str],
    *,
    exact_site: bool,
    all_sided: bool,
) -> float:
    """How well a code's words fit the note's: each word said counts for it, each unsaid against it."""
    found, told = max(
        (
            (
                sum(_word_fit(word, said, shared) for word in reading if word not in _SIDED),
                _place_told(reading, words) if said is words else 0.0,
            )
            for reading in leaf.readings
            for said in (words if _is_told(reading, words, shared) else _without_place(words),)
        ),
        default=(0.0, 1.0),
    )
    if (
        exact_site
        and leaf.diagnosis_code[0] in "CDL"
        and re.search(r"unspecified (?:part|site|area|region)", leaf.title)
    ):
        found -= _UNSAID
    if told < _SAID_CLEARLY <= max((words.get(site, 0.0) for site in site_words().intersection(words)), default=0.0):
        # Another part of the body is told beside the disease itself.
        found -= _UNSAID
    side = _side_fit(leaf, words, sides)
    # A side counts as much as the part of the body is told that it is of.
    return found - _VAGUE * leaf.vague + (side if all_sided or side < 0 or told >= _SAID_CLEARLY else side * told)


def _is_told(reading: Sequence[str], words: Mapping[str, float], shared: frozenset[str]) -> bool:
    """Whether the note says all that a reading says; of its parts of the body one is enough."""
    places = site_words().intersection(reading)
    if places and not any(place in words for place in places):
        return False
    return all(
        word in words or word in places or word in DEFAULTS or word in shared or word in _SIDED for word in reading
    )


def _place_told(reading: Sequence[str], words: Mapping[str, float]) -> float:
    """How surely the note names a part of the body that a reading names: 1 where the reading names none."""
    return max((words.get(place, 0.0) for place in site_words().intersection(reading)), default=1.0)


def _without_place(words: Mapping[str, float]) -> Mapping[str, float]:
    """The note's words without those that only say where in a part of the body, for a part it does not name."""
    return {word: weight for word, weight in words.items() if word not in _WHERE_IN_PART}


def _word_fit(word: str, words: Mapping[str, float], shared: frozenset[str]) -> float:
    if word == "unilateral":
        return 0.0
    if (said := words.get(word)) is not None:
        return said
    return -_UNSAID_DEFAULT if word in DEFAULTS or word in shared else -_UNSAID


def _side_fit(leaf: Leaf, words: Mapping[str, float], sides: frozenset[Side]) -> float:
    own = _side_of(leaf)
    one_sided = "unilateral" in leaf.title.lower()
    if not own:
        if not one_sided:
            return 0.0
        if "unilateral" in words or len(sides) == 1:
            return 0.5
        return _OTHER_SIDE if sides == BOTH else 0.0
    if not sides:
        return _UNKNOWN_SIDE
    return _WANTED_SIDE if own == sides else _OTHER_SIDE


def _side_of(leaf: Leaf) -> frozenset[Side]:
    """The sides a title names; empty where none, or where "left" means the heart's chamber or a quadrant."""
    title = leaf.title.lower()
    if re.search(r"\b(?:left|right) (?:ventric|atri|bundle|heart|upper quadrant|lower quadrant)", title):
        return frozenset()
    found = {word for word in _SIDED if re.search(rf"\b{word}\b", title)}
    return _SIDED[found.pop()] if len(found) == 1 else frozenset()


def _says_no_side(best: tuple[Leaf, float], leaves: Iterable[Leaf]) -> bool:
    """Whether the chosen code leaves the side open though its neighbours tell it."""
    leaf = best[0]
    if _side_of(leaf) or not (has_side(leaf.title) or "unspecified" in leaf.title.lower()):
        return False
    stem = leaf.diagnosis_code[:-1]
    near = [one for one in leaves if one.diagnosis_code.startswith(stem) and _side_of(one)]
    return len(near) >= _TWO_SIDES


def _finished(
    leaf: Leaf, fit: float, episode: Episode, words: Mapping[str, float], opened: bool, side_open: bool
) -> Choice:
    code = leaf.diagnosis_code
    if leaf.seventh:
        code = full_code(code, _seventh(leaf.seventh, episode, words, opened))
    return Choice(code, leaf.title, side_open, fit)


def full_code(diagnosis_code: str, character: str) -> str:
    """A code with its 7th character, filled up with X: S02.2 and A give S02.2XXA."""
    bare = diagnosis_code.replace(".", "")
    bare = bare.ljust(6, "X") + character
    return f"{bare[:3]}.{bare[3:]}"


def _seventh(allowed: str, episode: Episode, words: Mapping[str, float], opened: bool) -> str:
    wanted: list[str] = []
    if episode == "D":
        wanted += [
            character for word, character in (("nonunion", "K"), ("malunion", "P"), ("delayed", "G")) if word in words
        ]
        wanted.append("D")
    elif episode == "S":
        wanted.append("S")
    else:
        wanted += ["B"] if opened and "B" in allowed and "F" not in episode else []
        wanted.append("A")
    return next((character for character in (*wanted, "0", "9") if character in allowed), allowed[0])
