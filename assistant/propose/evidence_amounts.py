"""How many and how large: the amounts told beside a piece of evidence, as the words of the note give them.

Knows no procedure; what an amount means for a code is the evidence block's. Nothing is guessed: None is "not told".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from assistant.propose.patterns import View, view_of

_ONES = {"single": 1} | {
    word: number
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen".split()
    )
}
_TENS = dict(zip("twenty thirty forty fifty sixty seventy eighty ninety".split(), range(20, 100, 10), strict=True))
_VAGUE = frozenset("several multiple numerous many few some various scattered innumerable".split())
# The beginnings of words for what is counted. Mentions of other things are not added to them.
_NOUNS: dict[str, tuple[str, ...]] = {
    "lesions": (
        "lesion", "kerato", "ak", "wart", "verruc", "sk", "mollusc", "papul", "nodul", "tag", "cyst", "mole",
        "nev", "spot", "growth", "area", "site", "biops", "sample", "specimen", "condylom", "keloid", "macul",
        "plaque", "comedo", "milia", "pustul", "bcc", "scc",
        "callus", "callos", "corn", "hyperkerato", "acrochordon",
    ),
    "tests": ("test", "antigen", "allergen", "prick", "intraderm", "stick", "scratch", "extract", "patch", "puncture"),
    "injections": ("injection", "shot", "injected"),
    "stages": ("stage", "layer"),
    "vials": ("vial",),
    "units": ("unit", "dose", "iu", "aliquot"),
    "minutes": ("minute", "min", "mins"),
    "joints": ("joint", "knee", "shoulder", "hip", "ankle", "wrist", "elbow"),
    "levels": ("level", "segment", "disc", "interspace"),
    "sites": ("site", "area", "region", "spot", "point", "muscle"),
    "nails": ("nail", "toenail", "fingernail"),
    "blocks": ("block", "section", "piece"),
    "cm": ("cm", "centimeter", "centimetre"),
    "mg": ("mg", "milligram"),
    "mcg": ("mcg", "ug", "microgram"),
    "ml": ("ml", "mls", "cc", "ccs", "milliliter"),
    "days": ("day", "hour", "hr", "hrs"),
}  # fmt: skip
_AMOUNTS = frozenset(("minutes", "mg", "mcg", "ml", "cm", "units", "days"))
# After these a number is no count of what is treated.
_OTHER = frozenset(
    "cm mm ml cc mg mcg mcgs cycle cycles second seconds sec secs minute minutes min mins hour hours day days week"
    " weeks month months year years time times pass passes degree degrees percent gauge blade blades french atmospheres"
    " atm yo y suture sutures stitch stitches".split()
)
_WORDS_BETWEEN = 4
# Numbers that count nothing: the size of a suture, of a blade, a list's own number, the name of a lesion, a date.
_NO_COUNT = re.compile(
    r"\b\d{1,2}-0\b|#\s*\d{1,2}\b|^\s*\d{1,2}[.)]\s|\b\d{1,2}/\d{1,2}(?:/\d{2,4})?\b"
    r"|\b(?:lesion|site|biopsy|bx|specimen|laceration|lac|wound|jar|bottle|area|spot|tumou?r)"
    r"\s+\d{1,2}(?=\s*[:.)(-]|\s*$)",
    re.IGNORECASE,
)
_STAGE = re.compile(
    r"\b(?:stage|layer)s?\s*#?\s*(\d|iv|iii|ii|i|one|two|three|four|five|six)\b"
    r"|\b(first|second|third|fourth|fifth|sixth|1st|2nd|3rd|4th|5th|6th)\s+(?:mohs\s+)?(?:stage|layer)\b",
    re.IGNORECASE,
)
_STAGES = (
    ("1", "i", "one", "first", "1st"),
    ("2", "ii", "two", "second", "2nd"),
    ("3", "iii", "three", "third", "3rd"),
    ("4", "iv", "four", "fourth", "4th"),
    ("5", "five", "fifth", "5th"),
    ("6", "six", "sixth", "6th"),
)
_EACH = re.compile(r"\b(?:each|apiece|per (?:side|knee|shoulder|hip|joint))\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Counted:
    """A number of things. `number` None: not told; `vague`: the note says there are more, without saying how many."""

    number: int | None
    vague: bool = False


@dataclass(frozen=True, slots=True)
class _Number:
    value: Decimal
    first: int
    after: int


def counted(kind: str, evidence: Sequence[str], beside: Sequence[str], before: Sequence[str] = ()) -> Counted:
    """How many `kind` the texts of the evidence tell, each text once; a total told `beside` them wins.

    A text of the evidence that tells one thing without a number counts as one. Where it does not name the thing ("all
    frozen"), the nearest of the texts `before` it that does tells the number.
    """
    nouns = _NOUNS[kind]
    evidence, beside, before = ([_NO_COUNT.sub(" ", text) for text in texts] for texts in (evidence, beside, before))
    if kind == "stages" and (last := _last_stage([*evidence, *beside])):
        return Counted(last)
    if kind in _AMOUNTS:
        found = [amount for text in evidence if (amount := _amount(view_of(text), kind)) is not None]
        if not found:
            found = [amount for text in beside if (amount := _amount(view_of(text), kind)) is not None][:1]
        return Counted(_whole(sum(found))) if found else Counted(None)
    total = next((value for text in (*evidence, *beside) if (value := _total(view_of(text).tokens)) is not None), None)
    if total is not None:
        return Counted(total)
    numbers: list[int] = []
    named = False
    for text in evidence:
        words = view_of(text).tokens
        number = _named(words, nouns)
        if number is None:
            number = _listed(words)
        if number is None and not any(_is_noun(word, nouns) for word in words):
            told = next((other for other in before if any(_is_noun(word, nouns) for word in view_of(other).tokens)), "")
            words = view_of(told).tokens if told else words
            for reading in (_total(words), _named(words, nouns), _listed(words)):
                number = reading if number is None else number
        if number is None and _is_more_than_one(words, nouns):
            listed = [value for other in beside if (value := _listed(view_of(other).tokens)) is not None]
            if not listed:
                return Counted(None, vague=True)
            number = listed[0]
        numbers.append(1 if number is None else number)
        named |= number is not None
    if kind == "stages" and named:
        # What speaks of the surgery without a number adds no stage.
        return Counted(max(numbers))
    return Counted(sum(numbers)) if numbers else Counted(None)


def _last_stage(texts: Sequence[str]) -> int | None:
    """The number of the last stage told by its own number: stage III, third layer."""
    named = {(match[1] or match[2]).lower() for text in texts for match in _STAGE.finditer(text)}
    return max((place for place, names in enumerate(_STAGES, 1) if named.intersection(names)), default=None)


def is_for_each(text: str) -> bool:
    """True where an amount is told for each of several: 40 mg in each knee."""
    return _EACH.search(text) is not None


def _whole(number: Decimal | int) -> int:
    return int(number) if number == int(number) else int(number) + 1


def _numbers(words: Sequence[str]) -> Iterator[_Number]:
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
            yield _Number(value, place, place + 1)
        elif word in _TENS:
            ones = _ONES.get(words[place + 1]) if place + 1 < len(words) else None
            after = place + 2 if ones and ones < 10 else place + 1
            yield _Number(Decimal(_TENS[word] + (ones or 0 if after == place + 2 else 0)), place, after)
            place = after - 1
        elif word in _ONES:
            yield _Number(Decimal(_ONES[word]), place, place + 1)
        elif word == "dozen":
            yield _Number(Decimal(12), place, place + 1)
        elif re.fullmatch(r"x[0-9]{1,3}", word):
            yield _Number(Decimal(word[1:]), place, place + 1)
        place += 1


def _is_noun(word: str, nouns: Sequence[str]) -> bool:
    return any(word in (noun, noun + "s") if len(noun) < 4 else word.startswith(noun) for noun in nouns)


def _amount(view: View, kind: str) -> Decimal | None:
    """The sum of the amounts of one unit of measure; hours are twenty-fourths of a day."""
    words = view.tokens
    found: list[Decimal] = []
    for number in _numbers(words):
        unit = words[number.after] if number.after < len(words) else ""
        if _is_noun(unit, _NOUNS[kind]):
            found.append(number.value / 24 if kind == "days" and unit.startswith("h") else number.value)
    return sum(found, Decimal(0)) if found else None


def _total(words: Sequence[str]) -> int | None:
    """A total told as such: total nine, total of 9, nine in total, x9."""
    for number in _numbers(words):
        before = words[max(0, number.first - 3) : number.first]
        after = words[number.after : number.after + 2]
        unit = after[:1] and after[0] in _OTHER
        if unit or number.value != int(number.value):
            continue
        if any(word.startswith("total") for word in before) or "total" in after or "altogether" in after:
            return int(number.value)
        if words[number.first].startswith("x") or before[-1:] == ["x"]:
            return int(number.value)
    return None


def _named(words: Sequence[str], nouns: Sequence[str]) -> int | None:
    """The sum of "nine (rough) lesions"; each noun takes the nearest number before it."""
    found = 0
    told = False
    end = 0
    for number in _numbers(words):
        if number.first < end or number.value != int(number.value):
            continue
        for place in range(number.after, min(number.after + _WORDS_BETWEEN, len(words))):
            if words[place] in _OTHER or words[place] in _ONES or words[place][0].isdigit():
                break
            if _is_noun(words[place], nouns):
                found += int(number.value)
                told = True
                end = place
                break
    return found if told else None


def _listed(words: Sequence[str]) -> int | None:
    """The sum of a list of places with their numbers: left temple 2, right cheek 3."""
    found = [
        int(number.value)
        for number in _numbers(words)
        if number.first > 0
        and number.value == int(number.value)
        and (number.after == len(words) or words[number.after] not in _OTHER)
        and words[number.first - 1].isalpha()
        and words[number.first - 1] not in _OTHER
    ]
    return sum(found) if len(found) > 1 and all(0 < number < 60 for number in found) else None


def _is_more_than_one(words: Sequence[str], nouns: Sequence[str]) -> bool:
    if any(word in _VAGUE for word in words):
        return True
    return any(word[-1] == "s" and word not in ("verrucous", "pus") and _is_noun(word, nouns) for word in words)


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
