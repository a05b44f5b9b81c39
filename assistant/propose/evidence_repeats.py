"""Numbers that a note tells twice of the same things: what was made ready and given, placed and read, named and done.

Knows no procedure and adds nothing up.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from decimal import Decimal

from assistant.propose.evidence_numbers import ONES

_MADE_READY = re.compile(
    r"\b(?:drawn up|drew up|opened|reconstituted|prepared|supplied|dispensed|in stock|from stock|ordered)\b",
    re.IGNORECASE,
)
_DONE = re.compile(
    r"\b(?:inject\w*|given|gave|administ\w+|infiltrat\w*|instill\w*|pushed|placed|applied|frozen|treated|removed|excised"
    r"|taken)\b",
    re.IGNORECASE,
)


def is_its_specimen(text: str, before: Sequence[str]) -> bool:
    """True for "left cheek specimen labelled A" behind the biopsy of the left cheek: what was cut, not another cut."""
    if not _SPECIMEN.search(text) or _MORE.search(text):
        return False
    places = {match[1].lower() for match in _PLACE.finditer(text)}
    return any(not places or places == {match[1].lower() for match in _PLACE.finditer(one)} for one in before)


_SPECIMEN = re.compile(r"\b(?:specimen|labell?ed|jar|submitted|sent to path\w*)\b", re.IGNORECASE)
# The name of a work with its number and nothing else.
_WORK_AND_NUMBER = re.compile(
    r"(?:cryo\w+|destruction|excision|shav\w+|biops\w+|debridement|removal|treatment|injection|freezing) (?:of|to) "
    r"(?:\d+|[a-z]+) (?:[a-z-]+ ?){1,3}",
    re.IGNORECASE,
)


def given(texts: Sequence[str]) -> Sequence[str]:
    """The texts without those that tell what was made ready, where another tells what was given."""
    others = [text for text in texts if not _MADE_READY.search(text)]
    return others if any(_DONE.search(text) for text in others) else texts


def told_once(doses: Sequence[tuple[str, Collection[str], Decimal]]) -> list[Decimal]:
    """The amounts of the texts (with the sides they speak of) without those that tell a dose again: "10 mg, lot 3".

    The same amount is another dose only where the text says so ("again", "each") or both name sides or places, and
    these differ.
    """
    kept: list[tuple[str, Collection[str], Decimal]] = []
    for text, sides, amount in doses:
        same = [one for one in kept if one[2] == amount]
        if not any(not _is_another(text, sides, before, known) for before, known, _ in same):
            kept.append((text, sides, amount))
    return [amount for *_, amount in kept]


def _is_another(text: str, sides: Collection[str], before: str, sides_before: Collection[str]) -> bool:
    if _MORE.search(text) or (sides and sides_before and not set(sides) & set(sides_before)):
        return True
    here, there = (frozenset(match[1].lower() for match in _PLACE.finditer(one)) for one in (text, before))
    return bool(here and there) and here.isdisjoint(there)


_MORE = re.compile(
    r"\b(?:another|second|again|repeat\w*|additional|more|then|also|other|each|further|plus|contralateral|opposite)\b",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"\b(knee|shoulder|hip|elbow|wrist|ankle|thumb|finger|toe|hand|foot|heel|trochanter\w*|bursa|subacromial|deltoid|glute\w*"
    r"|buttock|thigh|arm|forearm|scalp|face|cheek|chest|back|neck|ear|nose|ring|index|middle|small|long)s?\b",
    re.IGNORECASE,
)


def heads_others(text: str, texts: Sequence[str]) -> bool:
    """True for "Destruction of six keratoses", which heads what another of the texts tells as done."""
    return _WORK_AND_NUMBER.fullmatch(text.strip()) is not None and any(_DONE.search(other) for other in texts)


def is_told_again(text: str, number: int, kind: str) -> bool:
    """True for "the 40 pricks were read" behind "40 pricks placed": the same ones once more.

    Nobody places as many tests of a kind a second time without saying so.
    """
    if kind == "tests" and not _MORE.search(text):
        return True
    said = "|".join((str(number), *(word for word, value in ONES.items() if value == number)))
    again = (
        rf"\b(?:the|these|those|all|same|each of(?: the)?|said) (?:{said})\b|\b(?:read|reviewed|measured|interpreted)\b"
    )
    return re.search(again, text, re.IGNORECASE) is not None
