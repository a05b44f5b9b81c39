"""How many: the amounts told beside a piece of evidence, as the words of the note give them.

Knows no procedure; what an amount means for a code is the evidence block's. Nothing is guessed: None is "not told".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain, pairwise, repeat

from assistant.propose.evidence_doses import SCALES, amount_of
from assistant.propose.evidence_numbers import NO_COUNT_BEFORE, NOUNS, ONES, is_noun, numbers_of
from assistant.propose.evidence_repeats import given, heads_others, is_its_specimen, is_told_again, told_once
from assistant.propose.evidence_tests import TEST_KINDS, own_tests
from assistant.propose.patterns import view_of

_VAGUE = frozenset(
    "several multiple numerous many few some various scattered innumerable handful bunch crop numbers lots".split()
)
# Kinds of skin lesions that are counted apart, each by its own names.
_KINDS: dict[str, tuple[str, ...]] = {
    "premalignant-lesions": ("actinic*", "ak", "solar", "premalignant", "precancer*", "precancerous"),
    "benign-lesions": ("wart*", "verruc*", "seborrh*", "sk", "isk", "mollusc*", "benign", "milia*"),
}
# What else a note counts on the skin.
_OTHER_KINDS = ("tag", "acrochordon*", "bcc", "scc", "nevi", "nevus", "mole", "biops*", "cyst*", "basal", "squamous")
_AMOUNTS = frozenset(("minutes", "mg", "mcg", "ml", "cm", "units", "days", "sq-cm"))
# What is done several times over to one lesion.
_REPEATED = frozenset("thaw freeze thawed cycle pass curettage desiccation edc".split())
_TREATED = frozenset("ln2 ln nitrogen cryo cryotherapy cryosurgery frozen froze".split())
_DONE_TO_ALL = frozenset("frozen froze treated destroyed curetted pared ablated cauterized".split())
_AFTER_ALL = _DONE_TO_ALL | frozenset(
    "were was with at in by then and covered today got received done touched hit".split()
)
_WORDS_BETWEEN = 4
# Numbers that count nothing: the size of a suture, of a blade, a list's own number, the name of a lesion, a date.
_NO_COUNT = re.compile(
    r"\b\d{1,2}-0\b|#\s*\d{1,2}(?:\s*(?:of|/)\s*\d{1,2})?\b|\b\d{1,2} of \d{1,2}\b|^\s*\d{1,2}[.)]\s"
    r"|\b\d{1,2}/\d{1,2}(?:/\d{2,4})?\b"
    r"|(?<![\d.])\d{1,2}(?:\.\d+)?\s?%"
    r"|\b\d{2}\s?-?(?:g|ga|gauge)\b(?=[^.;,]{0,24}needle)"
    r"|\b(?:lesion|site|biopsy|bx|specimen|laceration|lac|wound|jar|bottle|area|spot|tumou?r)"
    r"\s+\d{1,2}(?=\s*[:)(-]|\s*\.(?!\d)|\s*$)",
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


# By the word that tells each apart: "levator scapulae" is one.
_MUSCLES = frozenset(
    "trapezius trap levator rhomboid rhomboids sternocleidomastoid scm splenius paraspinal multifidus quadratus"
    " piriformis gluteus infraspinatus supraspinatus teres latissimus deltoid pectoralis iliocostalis longissimus"
    " masseter temporalis semispinalis iliopsoas".split()
)


@dataclass(frozen=True, slots=True)
class Counted:
    """A number of things. `number` None: not told; `vague`: the note says there are more, without saying how many.

    Of a drug it may be a fraction.
    """

    number: int | Decimal | None
    vague: bool = False


def counted(
    kind: str,
    evidence: Sequence[str],
    beside: Sequence[str],
    before: Sequence[str] = (),
    sides: Sequence[Collection[str]] = (),
) -> Counted:
    """How many `kind` the texts of the evidence tell, each text once; a total told `beside` them wins.

    `sides` are those that the texts of the evidence speak of, as far as known.

    A text of the evidence that tells one thing without a number counts as one. Where it does not name the thing ("all
    frozen"), the nearest of the texts `before` it that does tells the number.
    """
    evidence, beside, before = ([_NO_COUNT.sub(" ", text) for text in texts] for texts in (evidence, beside, before))
    if kind in _KINDS:
        evidence, beside, before = ([_of_kind(text, kind) for text in texts] for texts in (evidence, beside, before))
        kind = "lesions"
    if kind in TEST_KINDS:
        evidence, beside, before = ([own_tests(text, kind) for text in texts] for texts in (evidence, beside, before))
        evidence, kind = [text for text in evidence if text], "tests"
    nouns = NOUNS[kind]
    if kind == "sites" and any(is_noun(word, ("muscle*",)) for text in evidence for word in view_of(text).tokens):
        # Muscles decide, however many points of one were injected.
        nouns = ("muscle*",)
    if kind == "stages" and (last := _last_stage([*evidence, *beside])):
        return Counted(last)
    if kind in _AMOUNTS:
        if kind == "units":
            whole = _whole_of([*evidence, *beside], nouns) or _of_vials(" ".join((*before, *evidence, *beside)))
            if whole is not None:
                return Counted(whole)
        of_use = given(evidence)
        # The same words on either side are two doses: sides go with the place of a text, not with its words.
        doses = [
            (text, on, amount)
            for text, on in zip(evidence, chain(sides, repeat(())), strict=False)
            if text in of_use and (amount := amount_of(view_of(text), kind)) is not None
        ]
        found = told_once(doses)
        if not found:
            found = [amount for text in beside if (amount := amount_of(view_of(text), kind)) is not None][:1]
        # Days are told again, not added; a whole area is told beside its parts.
        greatest = kind == "days"
        if kind == "sq-cm" and any(_WHOLE.search(text) for text in (*evidence, *beside)):
            found = [Decimal(area) for text in (*evidence, *beside) for area in _AREA.findall(text)] or found
            greatest = True
        amount_told = max(found, default=Decimal(0)) if greatest else sum(found, Decimal(0))
        return Counted(amount_told if kind in SCALES else _whole(amount_told)) if found else Counted(None)
    if kind == "tests":
        # The total of another kind of test is none of this one's.
        beside = [text for text in beside if not _TEST_KIND.search(text)]
        if series := next((match for text in (*evidence, *beside) if (match := _SERIES.search(text))), None):
            return Counted(int(series[1]) + int(series[2] or 0))
        summed = next((match for text in evidence if (match := _EQUALS.search(text))), None)
        if summed is not None:
            return Counted(int(summed[1]))
    total = next((value for text in (*evidence, *beside) if (value := _total(view_of(text).tokens)) is not None), None)
    if total is not None:
        return Counted(total)
    if kind == "tests" and (tests := next((n for text in evidence if (n := _with_controls(text))), None)):
        return Counted(tests)
    numbers: list[int] = []
    named = False
    for place, text in enumerate(evidence):
        if heads_others(text, evidence):
            continue
        words = view_of(text).tokens
        number = _named(words, nouns)
        if number is None and any(is_noun(word, nouns) for before, word in pairwise(words) if before == "both"):
            number = 2
        if number is None:
            number = _listed(words)
        if number is None:
            number = _distributed(words)
        if number is None:
            number = _told_after(words, nouns)
        if number is None:
            number = _total(words, loosely=True)
        if number is None:
            number = _opening(words)
        if number is None and not any(is_noun(word, nouns) for word in words):
            naming = [other for other in before if any(is_noun(word, nouns) for word in view_of(other).tokens)]
            # "All were frozen" speaks of all that were named before it.
            together = not _TOGETHER.isdisjoint(words)
            words = view_of(naming[0]).tokens if naming else words
            told = [_read(view_of(one).tokens, nouns) for one in (naming if together else naming[:1])]
            known = [one for one in told if one is not None]
            number = sum(known) if known else None
        if number is None and (pieces_named := _each_named(words, nouns)) > 1:
            number = pieces_named
        if number is None and kind == "sites" and (muscles := _MUSCLES.intersection(words)):
            number = len(muscles)
        if number is None and _is_more_than_one(words, nouns):
            listed = [value for other in beside if (value := _listed(view_of(other).tokens)) is not None]
            if not listed:
                return Counted(None, vague=True)
            number = listed[0]
        if number is not None and number > 1 and number in numbers and is_told_again(text, number, kind):
            continue
        if number is None and kind == "lesions" and numbers and is_its_specimen(text, evidence[:place]):
            continue
        numbers.append(1 if number is None else number)
        named |= number is not None
    if kind == "stages" and named:
        # What speaks of the surgery without a number adds no stage.
        return Counted(max(numbers))
    return Counted(sum(numbers)) if numbers else Counted(None)


_WHOLE = re.compile(r"\b(?:total|whole|in all|altogether|together|combined)\b", re.IGNORECASE)
_AREA = re.compile(r"(\d+(?:\.\d+)?)\s*(?:sq|cm2|cm\u00b2)", re.IGNORECASE)
_TEST_KIND = re.compile(
    r"\b(?:prick\w*|percutaneous\w*|scratch\w*|spt|intraderm\w*|intracutaneous\w*|idt|id|patch\w*)\b", re.IGNORECASE
)
# "The core series of 80 plus 10 of her own."
_SERIES = re.compile(
    r"\b(?:series|panel|tray|set|battery|chambers) of (\d{1,3})\b"
    r"(?:[^.;]{0,30}?\b(?:plus|and|with) (\d{1,2})\b(?! (?:panels|cm|mm)))?",
    re.IGNORECASE,
)
_EQUALS = re.compile(r"=\s*(\d{1,3})\b")
_VIALS = re.compile(
    rf"\b(\d{{1,2}}|{'|'.join(word for word in ONES if word != 'zero')})\s+(?:\d+(?:\.\d+)?[\s-]*(?:ml|cc)\s+)?"
    r"(?:[a-z\d]+[\s-]dose[\s-]+)?(?:(?!doses?\b|aliquots?\b|from\b|each\b|per\b)[a-z]+[\s-]+){0,3}vials?\b"
)
_NUMBER = rf"\d{{1,3}}|{'|'.join(word for word in ONES if word != 'zero')}"
_IN_EACH = re.compile(
    rf"\b({_NUMBER})\s+(?:1(?:\.0)?[\s-]*(?:ml|cc)\s+)?(?:doses?|aliquots?)\b(?:(?!dose"
    rf"|aliquot)[^.;]){{0,30}}?\b(?:(?:per|each|every|a) vial|each|apiece)\b"
)
# "Ten-dose vials".
_DOSE_VIALS = re.compile(rf"\b({_NUMBER})[\s-]dose[\s-](?:[a-z]+[\s-]){{0,2}}vials\b")
_LABELLED = re.compile(r"\bvial (?:#\s?|no\.? )?([a-e]|\d)\b")


# Controls are placed and read as the other tests are: "36 scratch tests plus positive and negative control".
_CONTROLS = re.compile(
    r"(\d{1,3})\b[^.;]{0,60}?\b(?:plus|and|with|\+)\s+(?:a |the |2 |two )?(?:controls\b|(?:positive|negative"
    r"|histamine|saline)"
    r"(?: and | & |/|, )(?:a )?(?:positive|negative|histamine|saline)\b)"
)


_COUNTED_IN = re.compile(r"includ|count|among|in all|altogether|total|inclusive")


def _with_controls(text: str) -> int | None:
    """The tests with their two controls, where these are told beside the number of the others."""
    match = _CONTROLS.search(text.lower())
    return int(match[1]) + 2 if match and not _COUNTED_IN.search(text.lower()) else None


def _of_vials(text: str) -> int | None:
    """The doses of several vials where those of one are told: two 10 mL vials, 10 doses per vial."""
    low = text.lower()
    each, vials = _IN_EACH.search(low) or _DOSE_VIALS.search(low), _VIALS.search(low)
    if each is None:
        return None
    number = _value(vials[1]) if vials else len(set(_LABELLED.findall(low)))
    return _value(each[1]) * number or None


def _value(told: str) -> int:
    return int(told) if told.isdigit() else ONES[told]


def _whole_of(texts: Sequence[str], nouns: Sequence[str]) -> int | None:
    """A total of just these things among amounts of several: total 20 doses, 20 doses in all."""
    for text in texts:
        words = view_of(text).tokens
        total = _total(words)
        if total is not None and any(is_noun(word, nouns) for word in words):
            return total
    return None


def _last_stage(texts: Sequence[str]) -> int | None:
    """The number of the last stage told by its own number: stage III, third layer."""
    named = {(match[1] or match[2]).lower() for text in texts for match in _STAGE.finditer(text)}
    return max((place for place, names in enumerate(_STAGES, 1) if named.intersection(names)), default=None)


def _whole(number: Decimal | int) -> int:
    return int(number) if number == int(number) else int(number) + 1


def _of_kind(text: str, kind: str) -> str:
    """What the text says of one kind of lesion; all of it where it names no kind.

    What is said of a kind begins with the number before its name and ends where the next kind begins.
    """
    words = view_of(text).tokens
    numbers = {number.first for number in numbers_of(words)}
    marks: list[tuple[int, bool]] = []
    for place, word in enumerate(words):
        named = next((name for name, nouns in _KINDS.items() if is_noun(word, nouns)), None)
        if named is None and not is_noun(word, _OTHER_KINDS):
            continue
        last = marks[-1][0] if marks else -1
        begins = place
        for one in range(place - 1, max(last, place - 5), -1):
            if words[one] in ("and", "or", "with"):
                break
            begins = one if one in numbers else begins
        marks.append((begins, named == kind))
    if not marks:
        return text
    ends = [begins for begins, _ in marks[1:]] + [len(words)]
    starts = [0, *(begins for begins, _ in marks[1:])]
    return " ".join(
        word for start, end, (_, own) in zip(starts, ends, marks, strict=True) if own for word in words[start:end]
    )


def _total(words: Sequence[str], *, loosely: bool = False) -> int | None:
    """A total told as such: total nine, total of 9, nine in total, x9; of several x their sum.

    After the name of a treatment x9 may be its cycles: only `loosely` the lesions.
    """
    times: list[int] = []
    for number in numbers_of(words):
        before = words[max(0, number.first - 3) : number.first]
        after = words[number.after : number.after + 2]
        unit = after[:1] and after[0] in NO_COUNT_BEFORE
        if unit or number.value != int(number.value):
            continue
        near = words[number.after : number.after + 4]
        # "All nineteen frozen."
        opens = before[-1:] == ["all"] and (not after or not _AFTER_ALL.isdisjoint(after[:1]))
        if (
            opens
            or any(word.startswith("total") for word in before)
            or not {"total", "altogether"}.isdisjoint(near[:3])
        ):
            return int(number.value)
        if ("in", "all") in pairwise(near):
            whole = int(number.value)
            # "Scalp 9, ear 3, hands 5 in all" sums up the hands alone.
            listed = _listed(words) or whole
            return listed if listed > 2 * whole else whole
        just_before = words[number.first - 1] if number.first else ""
        is_times = words[number.first].startswith("x") or just_before == "x"
        if is_times and _REPEATED.isdisjoint(before) and (loosely or _TREATED.isdisjoint(before)):
            times.append(int(number.value))
    return sum(times) if times else None


def _named(words: Sequence[str], nouns: Sequence[str]) -> int | None:
    """The sum of "nine (rough) lesions"; each noun takes the nearest number before it."""
    found = 0
    told = False
    end = 0
    for number in numbers_of(words):
        if number.first < end or number.value != int(number.value):
            continue
        for place in range(number.after, min(number.after + _WORDS_BETWEEN, len(words))):
            if words[place] in NO_COUNT_BEFORE or words[place] in ONES or words[place][0].isdigit():
                break
            if is_noun(words[place], nouns):
                found += int(number.value)
                told = True
                end = place
                break
    return found if told else None


def _listed(words: Sequence[str]) -> int | None:
    """The sum of a list of places with their numbers: left temple 2, right cheek 3."""
    found = [
        int(number.value)
        for number in numbers_of(words)
        if number.first > 0
        and number.value == int(number.value)
        and (number.after == len(words) or words[number.after] not in NO_COUNT_BEFORE)
        and words[number.first - 1].isalpha()
        and words[number.first - 1] not in NO_COUNT_BEFORE
    ]
    return sum(found) if len(found) > 1 and all(0 < number < 60 for number in found) else None


def _read(words: Sequence[str], nouns: Sequence[str]) -> int | None:
    """The number a text gives of what it names, in whichever way."""
    for reading in (_total(words), _named(words, nouns), _listed(words), _told_after(words, nouns)):
        if reading is not None:
            return reading
    return None


def _opening(words: Sequence[str]) -> int | None:
    """The number that a text begins with, right before what was done: 8 injected, six frozen."""
    first = next(numbers_of(words), None)
    if first is None or first.first or first.after >= len(words) or first.value != int(first.value):
        return None
    done = words[first.after]
    return int(first.value) if done in _DONE_TO_ALL or (done.endswith("ed") and done not in _NOT_DONE) else None


# Past forms that tell no work.
_NOT_DONE = frozenset("need needed red bed shed advised scheduled planned named called".split())
_TOGETHER = frozenset("all each these those they both them everything".split())
_PLACED = frozenset("on over of at around".split())


def _distributed(words: Sequence[str]) -> int | None:
    """The sum of numbers told with their places: 8 on the back, 3 on the flank."""
    found = [
        int(number.value)
        for number in numbers_of(words)
        if number.after < len(words) and words[number.after] in _PLACED and number.value == int(number.value)
    ]
    return sum(found) if found and all(0 < number < 60 for number in found) else None


def _each_named(words: Sequence[str], nouns: Sequence[str]) -> int:
    """How many things are named one by one: right nasal papule and left temple papule."""
    kinds = {word for word in words if is_noun(word, nouns) and word[-1] != "s"}
    # "The edge of the plaque" is part of the one named before.
    apart = [word for before, word in pairwise(["", *words]) if before not in _PARTS]
    return max((apart.count(word) for word in kinds - _WORK_WORDS), default=0)


_PARTS = frozenset(("of", "from"))
# Names of the work that stand for no lesion.
_WORK_WORDS = frozenset("biopsy biopsied sample specimen area site".split())


def _told_after(words: Sequence[str], nouns: Sequence[str]) -> int | None:
    """The number that stands right after a plural: keratoses (4), nails, all ten."""
    for number in numbers_of(words):
        place = number.first - 1
        place -= place > 0 and words[place] == "all"
        noun = words[place] if place >= 0 else ""
        after = words[number.after] if number.after < len(words) else ""
        if (
            noun.endswith("s")
            and is_noun(noun, nouns)
            and after not in NO_COUNT_BEFORE
            and number.value == int(number.value)
        ):
            return int(number.value)
    return None


def _is_more_than_one(words: Sequence[str], nouns: Sequence[str]) -> bool:
    if any(word in _VAGUE for word in words):
        return True
    return any(word[-1] == "s" and word not in ("verrucous", "pus") and is_noun(word, nouns) for word in words)
