"""ICD-10-CM's titles taken apart: the words by which a note means a title. Knows no note and no file.

Titles put their words in an order nobody dictates ("Abscess, furuncle and carbuncle of nose"), so words are compared as
sets; a list before "of" gives one set for each of its members.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import product

from assistant.propose.diagnoses_words import SIDE_WORDS, words_of_title

# Sets of these words alone mean nothing in particular.
GENERIC = frozenset(
    "disease disorder condition syndrome injury infection abnormal abnormality finding lesion body"
    " system complication"
    " acute chronic primary secondary mild moderate severe type multiple single new old general local"
    " localized history"
    " test examination procedure operation surgery device implant graft joint bone skin nose ear eye"
    " hand foot knee hip ankle wrist elbow thigh forearm finger toe leg arm"
    " shoulder trunk face neck upperlimb lowerlimb side area region surface tissue organ object"
    " observation effect cause"
    " person contact exposure problem care lack need service routine follow-up adult child male female"
    " right left person"
    " symptom sign stage level risk mass pain fluid fracture level".split()
) - {"pain", "mass", "fracture"}
# Said by default: a term means the same without them.
SILENT = frozenset(
    "primary essential uncomplicated localized idiopathic unilateral cutaneous nontraumatic nonrheumatic"
    " mellitus gland"
    " vulgaris organism routine native level severity degree traumatic".split()
)
# A title that has them fits a note that is silent.
DEFAULTS = SILENT | frozenset(
    "simple closed displaced unrestricted contralateral side skin benign generic thyrotoxic crisis storm infectious"
    " finger joint adult process".split()
)
_ABSENT = re.compile(
    r"\b(?:without|not)\s+(?:mention of\s+)?(?:(?!\b(?:of|with|without|end)\b)[^,()])*?(?=,|\(|$|\bof\b"
    r"|\bwith\b|\bwithout\b)",
    re.I,
)
_INCLUDING = re.compile(r",?\s*(?:including|excluding|except|exclusive of)\b.*$", re.I)
_ASIDE = re.compile(r"\s*[\[(][^\])]*[\])]")
_VAGUE = re.compile(r"\b(?:unspecified|other|NEC|elsewhere classified)\b", re.I)
_MOST_PARTS = 12
_EMPTY = frozenset("unspecified nos disease syndrome of the".split())


def clean(title: str) -> str:
    """The title without asides in brackets and without what it says is absent."""
    return _ABSENT.sub(" ", _INCLUDING.sub("", _ASIDE.sub("", title)))


def leaf_readings(title: str) -> Iterator[tuple[str, ...]]:
    """The sets of words that each describe a code (the best counts): the whole title, and each of its members."""
    for text in _readings(title):
        yield words_of_title(text)


def leaf_words(title: str) -> tuple[str, ...]:
    """The words a title adds to a choice among neighbours, sides among them."""
    return words_of_title(clean(title))


def vagueness(title: str) -> int:
    """How often a title says "other" or "unspecified"; other counts more, since it says that something is known."""
    return sum(3 if match.group().lower() == "other" else 1 for match in _VAGUE.finditer(title))


def has_side(title: str) -> bool:
    """Whether a title tells a side, or that none is told though there are two."""
    if re.search(r"\b(?:right|left|bilateral|unilateral|contralateral)\b", title, re.I):
        return True
    # "of unspecified clavicle"; "Unspecified otitis externa" and "Asthma, unspecified" say something else.
    return bool(re.search(r"\b(?:of|in|,|displaced) unspecified [a-z]+|, unspecified [a-z]+", title))


def term_sets(title: str) -> Iterator[tuple[str, ...]]:
    """The sets of words of which one must stand in a note, the whole title first."""
    seen: set[frozenset[str]] = set()
    whole = clean(title)
    for text in _readings(title):
        held = [word for word in words_of_title(text) if word not in SIDE_WORDS]
        words = tuple(word for word in held if word not in SILENT) or tuple(held)
        if len(words) == 1 and (text != whole or _more_than_its_word(text)):
            continue
        if words and not GENERIC.issuperset(words) and (key := frozenset(words)) not in seen:
            seen.add(key)
            yield words


def _more_than_its_word(text: str) -> bool:
    """Whether a title that comes down to one word says more, or only a number ("Effusion, other site")."""
    held = [word for word in re.findall(r"[\w’']+", text.lower()) if word not in _EMPTY]
    return len(held) != 1 or any(character.isdigit() for character in held[0])


def _readings(title: str) -> Iterable[str]:
    text = clean(title)
    yield text
    match = re.match(r"(.*?)\s+(of|in)\s+(.*)", text)
    if match is None or " with " in text or "due to" in text:
        return
    heads, tails = _members(match.group(1)), _members(match.group(3))
    if 1 < len(heads) * len(tails) <= _MOST_PARTS:
        for head, tail in product(heads, tails):
            if not (words_of_title(head) and words_of_title(tail)):
                continue
            yield f"{head} {tail}"


def _members(text: str) -> list[str]:
    return [one for part in re.split(r",|\band\b|\bor\b", text) if (one := part.strip())]
