"""A pasted clinical note read into sections and clauses with status and sides. Finds no code, stores and logs nothing.

Every offset counts code points of the text as given; `note.text[clause.start:clause.end] == clause.text` always.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from assistant.propose.clauses import Sentence, Word, sentences, words_of
from assistant.propose.encounter_day import with_today
from assistant.propose.foreign_text import clinical_text
from assistant.propose.model import Clause, ClinicalNote, NoteSection, Status
from assistant.propose.sections import sections_of
from assistant.propose.side_context import Context, Mention, extend_mirrored
from assistant.propose.status import Stretch, default_status, stretches

_TRIMMED_SIGNS = frozenset(",.;:|()-–—•*#>+[]\"'=_~/\\")
_TRIMMED_WORDS = frozenset({"and", "but", "then", "so"})
_JOINED_PLAN = re.compile(r"plan|recommend|a/p|a&p|i/p|\bap\b|a and p", re.IGNORECASE)
_COPY_WORDS = 5
_COPY_START = 8
_MOST_COPIES = 20


@dataclass(frozen=True, slots=True)
class _Read:
    """A sentence with the section it stands in."""

    sentence: Sentence
    section: NoteSection


def read_clinical_note(text: str, on: date | None = None) -> ClinicalNote:
    """The note read. Any text gives a note: an empty or senseless one has no clauses, nothing is raised.

    Clauses stand in order and never overlap. A clause without a status cue has its section's status ("Past surgical
    history": historical). `sides` is empty where neither the clause, the text before it nor the note's title tells.
    `on`: the date of service; what bears this date happened today. The note's text is the one given with what is no
    clinician's word blanked (foreign_text.py), in the same length.
    """
    text = clinical_text(text)
    sections = sections_of(text)
    reads = [
        _Read(sentence, section)
        for section in sections
        for sentence in sentences(text, with_today(words_of(text, section.start, section.end), text, on))
    ]
    clauses = extend_mirrored(_clauses(text, reads), text)
    return ClinicalNote(text, sections, tuple(_mark_repeated(clauses, reads)), on)


def _clauses(text: str, reads: Sequence[_Read]) -> list[Clause]:
    read_clauses: list[Clause] = []
    context = Context()
    paragraph = -1
    section: NoteSection | None = None
    default: Status = "done"
    joined_plan = False
    opening = _key(reads[0].sentence.words) if reads else ()
    for number, read in enumerate(reads):
        sentence = read.sentence
        if read.section is not section:
            section = read.section
            default = default_status(section.kind, section.heading)
            joined_plan = section.kind == "assessment" and _JOINED_PLAN.search(section.heading) is not None
            context.enter(section)
        if sentence.item or sentence.blank or paragraph < 0:
            paragraph += 1
            context.begin_item()
        if number and len(opening) >= _COPY_WORDS and _key(sentence.words) == opening:
            context.forget()
        found = stretches(sentence.words, section.kind, default, joined_plan=joined_plan)
        if found[0].affirms and found[0].status in {"done", "negated"}:
            _affirm(read_clauses, section, number, found[0].status)
        mentions = [_mention(sentence, stretch) for stretch in found]
        told = context.read(sentence, mentions)
        for stretch, (sides, own) in zip(found, told, strict=True):
            span = _trimmed(sentence.words[stretch.first : stretch.last])
            if span is None:
                continue
            start, end = span
            read_clauses.append(
                Clause(start, end, text[start:end], stretch.status, section.kind, sides, own, number, paragraph)
            )
    return read_clauses


def _affirm(clauses: list[Clause], section: NoteSection, number: int, status: Status) -> None:
    """ "The plan was to widen it. This was done.": what the sentence before intended gets the answer's status."""
    for place in range(len(clauses) - 1, -1, -1):
        clause = clauses[place]
        if clause.sentence != number - 1 or clause.start < section.start:
            return
        if clause.status == "planned" and section.kind != "plan":
            clauses[place] = replace(clause, status=status)


def _mention(sentence: Sentence, stretch: Stretch) -> Mention:
    return Mention(sentence.words[stretch.first : stretch.last], stretch.status)


def _trimmed(words: Sequence[Word]) -> tuple[int, int] | None:
    """The span of the words without the signs and joints around them; None where nothing is left."""
    first, last = 0, len(words)
    while first < last and (words[first].raw in _TRIMMED_SIGNS or words[first].low in _TRIMMED_WORDS):
        first += 1
    while (
        last > first
        and words[last - 1].raw in _TRIMMED_SIGNS
        and not (words[last - 1].raw == ")" and any(word.raw == "(" for word in words[first : last - 1]))
    ):
        last -= 1
    if first == last or not any(word.raw[0].isalnum() or word.raw[0] in "[☐☑☒✓✔" for word in words[first:last]):
        return None
    return words[first].start, words[last - 1].end


def _key(words: Sequence[Word]) -> tuple[str, ...]:
    return tuple(word.low for word in words if word.raw[0].isalnum())


def _mark_repeated(clauses: Sequence[Clause], reads: Sequence[_Read]) -> Iterator[Clause]:
    """Clauses of a second copy of the note, and those whose sentence stood in the same kind of section before with the
    same sides (short sentences only beside another copied one: "Tube placed." may be said of each ear)."""
    copies = _copies(reads)
    keys = [_key(read.sentence.words) for read in reads]
    by_sentence: dict[int, list[Clause]] = {}
    for clause in clauses:
        by_sentence.setdefault(clause.sentence, []).append(clause)
    first_at: dict[object, int] = {}
    origin: dict[int, int] = {}
    for number, held in by_sentence.items():
        identity = (keys[number], tuple(clause.sides for clause in held), held[0].section)
        if identity in first_at:
            origin[number] = first_at[identity]
        else:
            first_at[identity] = number
    copied = {number for number in origin if len(keys[number]) >= _COPY_WORDS}
    for step, numbers in ((1, sorted(origin)), (-1, sorted(origin, reverse=True))):
        for number in numbers:
            before = number - step
            if before in copied and origin[before] == origin[number] - step:
                copied.add(number)
    for clause in clauses:
        inside = any(start <= clause.start < end for start, end in copies)
        yield replace(clause, repeated=True) if inside or clause.sentence in copied else clause


def _copies(reads: Sequence[_Read]) -> list[tuple[int, int]]:
    """Spans where the note begins again word for word, at least _COPY_START words long; a few at most."""
    words = [word for read in reads for word in read.sentence.words if word.raw[0].isalnum()]
    lows = [word.low for word in words]
    opening = lows[:_COPY_START]
    found: list[tuple[int, int]] = []
    place = _COPY_START
    while len(opening) == _COPY_START and place + _COPY_START <= len(lows) and len(found) < _MOST_COPIES:
        if lows[place] != opening[0] or lows[place : place + _COPY_START] != opening:
            place += 1
            continue
        length = _COPY_START
        while place + length < len(lows) and lows[place + length] == lows[length] and length < place:
            length += 1
        found.append((words[place].start, words[place + length - 1].end))
        place += length
    return found
