"""What a note tells of the whole encounter that evidence may depend on: the patient's age and the anesthesia.

Knows no procedure. None and the empty set mean that the note does not tell.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from assistant.propose.model import Clause, ClinicalNote, Encounter
from assistant.propose.patterns import PatternIndex, index_patterns, read_pattern, view_of

_AGE = re.compile(
    r"\b(\d{1,3})[\s-]*(?:(?:year|yr)s?[\s-]*old|y/?o\b|yo[fm]\b|y\.o\.)|\bage[ds]?:?\s+(\d{1,3})\b"
    r"|\b(\d{1,2})[\s-]*(?:month|mo|week|wk|day)s?[\s-]*old|(?:\A|[.,;:\n]\s*)(\d{1,3})\s?[FM]\b(?!\w)",
    re.IGNORECASE,
)
# Of the patient, not of a relative or of an earlier time.
_NOT_THE_PATIENT = re.compile(
    r"(?:at|mother|father|sister|brother|aunt|uncle|son|daughter|since|from)\W+(?:\w+\W+)?\Z", re.I
)
_KINDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "general",
        (
            "general ... anesth*|anaesth*|endotrache*|airway", "anesth*|anaesth* ... general", "geta", "intubat*",
            "lma", "laryngeal mask", "mask anesth*|anaesth*|induct*|airway|inhal*", "put_to_sleep|asleep",
            "general", "endotracheal tube", "ga",
            "mask then|and|to tube|lma|ett|iv",
            "masked (down|asleep|off)|by", "breathed down|asleep", "gas induct*", "put off_to_sleep",
            "fully|deeply asleep",
            "under|with|gen general|ett|eta|anes",
            "general|gen mask|inhal*|oral|lma|ett|eta|anes", "mask|inhalation* general",
            "mask|tube|lma|ett|intubat* ... general", "today general",
        ),
    ),
    ("sedation", ("sedat*", "propofol", "versed|midazolam", "mac", "monitored anesth*", "twilight")),
    (
        "local",
        (
            "local", "lidocaine|xylocaine|bupivacaine|marcaine|lignocaine ... inject*|infiltrat*|with_epi*|epinephrine",
            "inject*|infiltrat*|numb* ... lidocaine|xylocaine|bupivacaine|marcaine|lignocaine",
            "digital|nerve|ring|field block",
            "1|2|0.5|.5 lidocaine|xylocaine",
        ),
    ),
    (
        "topical",
        (
            "topical*", "emla", "phenol", "tetracaine|pontocaine|cetacaine|benzocaine|cocaine|lmx",
            "lidocaine|xylocaine ... spray*|pledget*|jelly|gel|cream|cottonoid*",
            "spray*|pledget* ... lidocaine|xylocaine",
        ),
    ),
    ("none", ("no|without anesth*|anaesth*",)),
)  # fmt: skip
# What only the section of anesthesia says with so few words.
_ONLY_IN_SECTION = "general"
_ALONE = 1


@cache
def _index() -> tuple[PatternIndex, tuple[str, ...]]:
    """The patterns of every kind, and the kind of each."""
    rows = [(kind, read_pattern(text)) for kind, texts in _KINDS for text in texts]
    return index_patterns(pattern for _, pattern in rows), tuple(kind for kind, _ in rows)


def age_told(note: ClinicalNote, encounter: Encounter) -> int | None:
    """Age in whole years: the encounter's, else the first the note tells of the patient."""
    if encounter.age is not None:
        return encounter.age
    for match in _AGE.finditer(note.text):
        if _NOT_THE_PATIENT.search(note.text[max(0, match.start() - 24) : match.start()]):
            continue
        years = match[1] or match[2] or match[4]
        return int(years) if years else 0
    return None


def anesthesia_told(clauses: Sequence[Clause]) -> frozenset[str]:
    """The kinds of anesthesia told by done clauses; where it was general, what was injected beside it says nothing."""
    index, kinds = _index()
    found: set[str] = set()
    for clause in clauses:
        if clause.status not in ("done", "negated"):
            continue
        for number in index.matching(view_of(clause.text)):
            alone = len(clause.text.split()) <= _ALONE
            if index.patterns[number].written == _ONLY_IN_SECTION and clause.section != "anesthesia" and not alone:
                continue
            # "No anesthesia" is told by a clause that denies; every other kind by one that does not.
            if (clause.status == "negated") == (kinds[number] == "none"):
                found.add(kinds[number])
    if "general" in found:
        return frozenset(("general",))
    return frozenset(found - {"none"} or found)
