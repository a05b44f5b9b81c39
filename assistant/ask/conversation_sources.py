"""Where an answer comes from, told from its own sources: "why?", "since when?", "who says so?", "show me the note".

Repeats what the notes and their headers say, and says so where they say nothing. Infers no reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from assistant.ask.answer import Answer, Citation
from assistant.ask.conversation_cues import SourceQuestion
from assistant.ask.facts import Fact
from ingest.notes.model import KbNote

NoteOf = Callable[[str], KbNote]

# Headings under which a note says why, in the words its writers use.
_TELLS_WHY = re.compile(r"\b(?:why|cause|reason|because|what happened)\b", re.I)
_CONFIDENCE = {
    "seen-once": "seen once",
    "pattern": "a pattern seen in claims",
    "written-policy": "written policy",
}
_MOST_LINES = 120


def explained(about: SourceQuestion, answer: Answer, note_of: NoteOf) -> Answer:
    """The sources of an answer as far as the question goes; what was refused or declined is said again, with why.

    Every word is the notes' own or of their headers; marks `[n]` and citations are those of the answer.
    """
    if answer.status != "answered":
        return replace(answer, text=_refused_because(answer), timings={})
    citations: list[Citation] = []
    parts: list[str] = []
    for citation in answer.citations:
        note = note_of(citation.note)
        facts = [fact for fact in answer.facts if fact.note.note_id == citation.note]
        shown = _whole(citation, note) if about == "note" else citation
        citations.append(shown)
        parts.extend(_told(about, shown, note, facts))
    return replace(
        answer, text="\n".join(dict.fromkeys(parts)), citations=tuple(citations), gap=None, model=None, timings={}
    )


def _refused_because(answer: Answer) -> str:
    """Why there is no answer: what the nearest notes lack; a declined request is declined again."""
    if answer.status == "declined" or not answer.nearest:
        return answer.text
    lacks = [
        f"{near.note} ({near.heading or 'top'}) says nothing of {', '.join(near.lacks)}."
        for near in answer.nearest
        if near.lacks
    ]
    return "\n".join([answer.text, "No note that may answer this says enough:", *(lacks or ["none comes near."])])


def _told(about: SourceQuestion, citation: Citation, note: KbNote, facts: list[Fact]) -> Iterator[str]:
    mark = f"[{citation.n}]"
    if about == "note":
        yield f"{note.title} ({note.path}) {mark}"
        yield citation.quote
        yield f"{_standing(citation, note)} {mark}"
        return
    if about == "why":
        yield from (f"{fact.sentence} {mark}" for fact in facts)
        yield f"\u201c{citation.quote}\u201d {mark}"
        reasons = [f"{heading}: \u201c{text}\u201d {mark}" for heading, text in _reasons(citation, note)]
        yield from reasons or [f"The note gives no reason beyond these words. {mark}"]
        yield f"{_standing(citation, note)} {_sources(note)} {mark}"
    elif about in ("since", "until"):
        yield f"{_dates(note)} {mark}"
        yield f"{citation.freshness().capitalize()}. {mark}"
    elif about == "who":
        yield f"{_standing(citation, note)} {_sources(note)} {mark}"
    else:
        status = "It is a draft: nobody has confirmed it. " if note.status == "draft" else ""
        yield f"{status}{citation.freshness().capitalize()}. {_confidence(note)}{_sources(note)} {mark}"


def _standing(citation: Citation, note: KbNote) -> str:
    """Which note, where in it, who stands for it, since when."""
    first, last = citation.lines
    lines = f"line {first}" if first == last else f"lines {first} to {last}"
    heading = f", \u201c{citation.heading}\u201d" if citation.heading else ""
    return f"It stands in {note.path}{heading}, {lines}; {citation.freshness()}. {_dates(note)}"


def _dates(note: KbNote) -> str:
    """For which dates the note holds, and what it took the place of."""
    since = f"from {note.effective_from.isoformat()}" if note.effective_from else ""
    through = f"through {note.effective_through.isoformat()}" if note.effective_through else ""
    if since or through:
        told = f"The note holds for service {since}{' ' if since and through else ''}{through}."
    else:
        told = "The note names no first and no last day."
    return f"{told} It takes the place of {', '.join(note.supersedes)}." if note.supersedes else told


def _sources(note: KbNote) -> str:
    return f"Its sources: {'; '.join(note.sources)}." if note.sources else "The note names no source."


def _confidence(note: KbNote) -> str:
    return f"Its writer calls it {_CONFIDENCE[note.confidence]}. " if note.confidence in _CONFIDENCE else ""


def _reasons(citation: Citation, note: KbNote) -> Iterator[tuple[str, str]]:
    """The note's other sections whose heading promises a reason, without their rule blocks."""
    for section in note.sections:
        if not section.heading or not _TELLS_WHY.search(section.heading):
            continue
        if section.start_line <= citation.lines[0] <= section.end_line:
            continue
        lines = note.lines[section.start_line : section.end_line]
        text = " ".join(" ".join(lines).split("```")[0].split())
        if text:
            yield section.heading, text


def _whole(citation: Citation, note: KbNote) -> Citation:
    """The citation of the note's whole body, as it stands; a very long one up to a number of lines."""
    lines = note.lines[note.body_line - 1 :][:_MOST_LINES]
    while lines and not lines[-1].strip():
        lines.pop()
    first = note.body_line
    while lines and not lines[0].strip():
        lines.pop(0)
        first += 1
    return replace(citation, quote="\n".join(lines), lines=(first, first + len(lines) - 1), heading="")
