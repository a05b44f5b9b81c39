"""How a note begins and what its headings add: the test it reports, what the patient was booked for, pathology.

Finds no procedure; candidates_note.py asks it where a body leaves open what it speaks of.
"""

from __future__ import annotations

import re
from itertools import pairwise

from assistant.propose.model import Clause, ClinicalNote
from assistant.propose.patterns import view_of

# What stands here is a name, a plan for the day, a form or a background: never what was done.
SILENT_SECTIONS = frozenset(
    ("title", "billing", "consent", "diagnosis", "indication", "past-surgical", "family-history", "social-history",
     "medications", "allergies", "review-of-systems")
)  # fmt: skip
# How much of a note may name the test it reports, and the words that show a visit instead.
_OPENING_SENTENCES = 3
_BOOKED = re.compile(
    # "Injection planned for May" is none of today's.
    r"^\W*(?:\w+ ){0,3}(?:(?:scheduled|planned|arranged)\b(?! for)|(?:booked|agreed)\b"
    r"|here (?:only |just |today )?for\b|comes? (?:in )?for\b)"
    r"|\b(?:booked|arranged|here|visit) (?:only |today )?(?:for|to have)\b"
    r"|, (?:as )?(?:scheduled|planned|booked|arranged|agreed)(?: visit| session| today)?\W*$",
    re.IGNORECASE,
)
_PATHOLOGY = re.compile(r"\W*(?:final |surgical |dermato)?(?:path|histolog|histopath)", re.IGNORECASE)
_MOST_OPENING = 8
_VISIT_WORDS = frozenset(
    "presents presented returns complains hpi cc subjective established est pt consult visit".split()
)
# A visit may begin with the age; a report names the test first.
_AGE_WORDS = frozenset(("yo", "year"))


def opening_of(note: ClinicalNote) -> frozenset[int]:
    """The clauses with which a report names the test it is about; none where the note begins as a visit does."""
    clauses = note.clauses[:_MOST_OPENING]
    found = [number for number, clause in enumerate(clauses) if clause.sentence < _OPENING_SENTENCES]
    # "No visit" is said of a report.
    told = [number for number in found if clauses[number].status != "negated"]
    words = [word for number in told for word in view_of(clauses[number].text).tokens]
    headings = {section.heading.lower() for section in note.sections}
    first = {word for number in found if not clauses[number].sentence for word in view_of(clauses[number].text).tokens}
    if (
        _AGE_WORDS & first
        or _VISIT_WORDS & {*words, *headings}
        or "chief complaint" in headings
        or ("here", "for") in pairwise(words)
    ):
        return frozenset()
    return frozenset(number for number in found if clauses[number].status == "done" and not is_silent(clauses[number]))


def report_sentences(note: ClinicalNote) -> frozenset[int]:
    """The first sentence under each heading of a pathology report."""
    starts = [section.start for section in note.sections if _PATHOLOGY.match(section.heading)]
    found = set()
    at = 0
    for clause in note.clauses:
        while at < len(starts) and clause.start >= starts[at]:
            found.add(clause.sentence)
            at += 1
    return frozenset(found)


def booked_for(note: ClinicalNote) -> tuple[int, ...]:
    """The sentences at the beginning that say what the patient was booked for today."""
    return tuple(
        dict.fromkeys(
            clause.sentence
            for clause in note.clauses[:_MOST_OPENING]
            if clause.sentence < _OPENING_SENTENCES and _BOOKED.search(clause.text)
        )
    )


def is_silent(clause: Clause) -> bool:
    return clause.section in SILENT_SECTIONS
