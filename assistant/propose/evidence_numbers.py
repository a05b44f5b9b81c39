"""The numbers of a text and the words for what a note counts. Adds nothing up and knows no procedure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

ONES = {"single": 1} | {
    word: number
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen".split()
    )
}
_TENS = dict(zip("twenty thirty forty fifty sixty seventy eighty ninety".split(), range(20, 100, 10), strict=True))
# The words for what is counted, with a star their beginnings. Mentions of other things are not added to them.
NOUNS: dict[str, tuple[str, ...]] = {
    "lesions": (
        "lesion*", "kerato*", "ak", "wart*", "verruc*", "sk", "isk", "mollusc*", "papul*", "nodul*", "tag", "cyst*",
        "mole", "nevi", "nevus", "spot", "growth", "area", "site", "biops*", "sample*", "specimen*", "condylom*",
        "keloid*", "macul*", "plaque*", "patch", "patches", "comedo*", "milia*", "pustul*", "bcc", "scc", "callus*",
        "callos*", "corn", "hyperkerato*", "acrochordon*", "bump", "scar", "rash*", "ring", "eruption",
    ),
    "tests": (
        "test*", "antigen*", "allergen*", "prick*", "intraderm*", "stick*", "scratch*", "extract*", "patch*",
        "puncture*",
    ),
    "injections": ("injection*", "shot", "injected"),
    "stages": ("stage*", "layer*"),
    "vials": ("vial*",),
    "units": ("unit*", "dose*", "iu", "aliquot*"),
    "minutes": ("minute*", "min"),
    "joints": ("joint*", "knee*", "shoulder*", "hip", "ankle*", "wrist*", "elbow*"),
    "levels": ("level*", "segment*", "disc", "interspace*"),
    "sites": ("site*", "area", "region*", "spot*", "point*", "muscle*"),
    "nails": ("nail*", "toenail*", "fingernail*"),
    "blocks": ("block*", "section*", "piece*"),
    "cm": ("cm", "centimeter*", "centimetre*"),
    "mg": ("mg", "milligram*"),
    "mcg": ("mcg", "ug", "microgram*"),
    "ml": ("ml", "cc", "milliliter*"),
    "days": ("day", "hour*", "hr"),
    "sq-cm": ("sq", "square", "cm2", "sqcm"),
}  # fmt: skip
# After these a number is no count of what is treated.
NO_COUNT_BEFORE = frozenset(
    "cm mm ml cc mg mcg mcgs cycle cycles second seconds sec secs minute minutes min mins hour hours day days week"
    " weeks month months year years time times pass passes degree degrees percent gauge blade blades french atmospheres"
    " millimeter millimeters millimetre millimetres centimeter centimeters centimetre centimetres"
    " sq square mg/ml mg/cc mcg/ml units/ml u/ml atm yo y suture sutures stitch stitches".split()
)


@dataclass(frozen=True, slots=True)
class Number:
    value: Decimal
    first: int
    after: int


def numbers_of(words: Sequence[str]) -> Iterator[Number]:
    """The numbers of a text: digits, or words such as twenty five."""
    place = 0
    while place < len(words):
        word = words[place]
        if word[0].isdigit() or word[0] == ".":
            try:
                value = Decimal(word.replace(",", "") if re.fullmatch(r"\d{1,3}(,\d{3})+", word) else word)
            except InvalidOperation:
                place += 1
                continue
            yield Number(value, place, place + 1)
        elif word in _TENS:
            ones = ONES.get(words[place + 1]) if place + 1 < len(words) else None
            after = place + 2 if ones and ones < 10 else place + 1
            yield Number(Decimal(_TENS[word] + (ones or 0 if after == place + 2 else 0)), place, after)
            place = after - 1
        elif word in ONES:
            yield Number(Decimal(ONES[word]), place, place + 1)
        elif word == "dozen":
            yield Number(Decimal(12), place, place + 1)
        elif re.fullmatch(r"x[0-9]{1,3}", word):
            yield Number(Decimal(word[1:]), place, place + 1)
        place += 1


def is_noun(word: str, nouns: Sequence[str]) -> bool:
    return any(word.startswith(noun[:-1]) if noun[-1] == "*" else word in (noun, noun + "s") for noun in nouns)
