"""The phrases that tell whether something was done, planned, denied, long ago or possible, found. Decides nothing.

A row of status_cues.toml is a phrase: blanks between words, `a|b` for either, `?` after a word that may be missing; of
words: `#` a number, `<year>`, `<month>`, `<span>` (day, week, month, year, hour), `<verb>` (a participle), `<any>` any.
A phrase that fits longer wins, so a harmless longer phrase takes the word away from a cue ("no. 15", "not only").
`before`: speaks of what follows; `after`: of what stands before it; `whole`: of the whole part of the sentence.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Literal, NamedTuple

from assistant.propose.clauses import Word, is_verb

Meaning = Literal[
    "negated", "planned", "historical", "hypothetical", "other-person", "uncertain", "harmless", "today", "affirmed",
    "conditional", "tried", "failed",
]  # fmt: skip
Reach = Literal["before", "after", "whole"]


class Cue(NamedTuple):
    """A phrase found: word positions `first` to before `last`, what it means and which way it reaches."""

    first: int
    last: int
    meaning: Meaning
    reach: Reach


_MONTHS = frozenset(
    "january february march april may june july august september october november december jan feb mar apr jun jul aug"
    " sep sept oct nov dec earlierday".split()
)
_SPANS = frozenset(
    "day days week weeks wk wks month months mo mos year years yr yrs hour hours hr hrs minute minutes min mins".split()
)
NUMBER_WORDS = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
        " sixteen seventeen eighteen nineteen twenty".split()
    )
} | {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "hundred": 100}


_BEFORE_MONTH = frozenset("in last since until of this next early late mid by during from".split())


_MEASURES = frozenset("u iu units unit mg mcg ml cc g kg hz db cgy gy calories cells".split())


def _classes(word: Word, following: str) -> tuple[str, ...]:
    low = word.low
    found: list[str] = []
    if low[0].isdigit() or low in NUMBER_WORDS:
        found.append("#")
        if len(low) == 4 and low.isdigit() and "1930" <= low <= "2049" and following not in _MEASURES:
            found.append("<year>")
    elif low[0].isalpha():
        found.append("<any>")
        # "may" and "mar" are months only where written as names.
        if low in _MONTHS and (low not in {"may", "mar", "march"} or word.raw[0].isupper()):
            found.append("<month>")
        if low in _SPANS:
            found.append("<span>")
        if is_verb(low):
            found.append("<verb>")
    return tuple(found)


_END = ""


@cache
def _tree() -> dict[str, dict]:  # type: ignore[type-arg]
    """The rows as nested words; the key "" holds (meaning, reach). Read once, when first needed."""
    root: dict[str, dict] = {}  # type: ignore[type-arg]
    for row in tomllib.loads(files("assistant.propose").joinpath("status_cues.toml").read_text("utf-8"))["cues"]:
        for line in row["phrases"].split("\n"):
            places = [
                (place.rstrip("?").split("|") if place != "?" else ["?"], place != "?" and place.endswith("?"))
                for place in line.split()
            ]
            if places:
                _plant(root, places, (row["meaning"], row["reach"]))
    return root


def _plant(root: dict, places: list[tuple[list[str], bool]], end: tuple[str, str]) -> None:  # type: ignore[type-arg]
    nodes = [root]
    for alternatives, optional in places:
        grown = [node.setdefault(word.rstrip("?") or "?", {}) for node in nodes for word in alternatives]
        nodes = grown + nodes if optional else grown
    for node in nodes:
        if node is not root:
            node.setdefault(_END, end)


def find_cues(words: Sequence[Word]) -> list[Cue]:
    """All cues of the words, the longest at each place, none inside another. Harmless phrases are left out."""
    tree = _tree()
    classes = [
        _classes(word, words[place + 1].low if place + 1 < len(words) else "") for place, word in enumerate(words)
    ]
    found: list[Cue] = []
    position, count = 0, len(words)
    while position < count:
        best = _longest(tree, words, classes, position)
        if best is None:
            position += 1
            continue
        last, (meaning, reach) = best
        if meaning != "harmless":
            found.append(Cue(position, last, meaning, reach))
        position = last
    return found


def _longest(
    tree: dict,  # type: ignore[type-arg]
    words: Sequence[Word],
    classes: Sequence[tuple[str, ...]],
    position: int,
) -> tuple[int, tuple[Meaning, Reach]] | None:
    best: tuple[int, tuple[Meaning, Reach]] | None = None
    nodes = [tree]
    place = position
    while nodes and place < len(words):
        low = words[place].low
        month = low == "may" and words[place].raw == "May" and place > 0 and words[place - 1].low in _BEFORE_MONTH
        keys = classes[place] if month else (low, *classes[place])
        nodes = [node[key] for node in nodes for key in keys if key in node]
        place += 1
        for node in nodes:
            if _END in node:
                best = (place, node[_END])
                break
    return best
