"""Whether evidence blocks do what their examples say: each example is read as a whole note and run against all blocks.

Proposes nothing and reads no file: kb check reports what is found here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from assistant.propose.candidates import procedure_candidates
from assistant.propose.evidence import Repertoire, bad_patterns, repertoire_of
from assistant.propose.model import Encounter
from assistant.propose.note_reader import read_clinical_note
from assistant.propose.patient_known import new_patient_of
from ingest.notes.model import EvidenceBlock, EvidenceExample, KbNote

# What is known beside the note: [age 7; pos 24; payer medicare].
_CONTEXT = re.compile(r"\[([^\]]*)\]\s*")
_CONTEXT_KEYS = ("age", "pos", "payer")


@dataclass(frozen=True, slots=True)
class EvidenceProblem:
    """One thing wrong with a block, at a 1-based line of its note's file."""

    note: KbNote
    line: int
    what: Literal["pattern", "example", "twice"]
    message: str


def evidence_problems(notes: Sequence[KbNote], *, only: Collection[str] | None = None) -> Iterator[EvidenceProblem]:
    """Patterns that cannot be read, examples that do not hold, and codes with blocks in several notes of one layer.

    `only` names the notes to look at by id (None: all); the blocks of all notes are run. Examples of notes that are
    not live, and of the library where the practice has its own block for the code, are not run.
    """
    wanted = [note for note in notes if note.evidence and (only is None or note.note_id in only)]
    if not wanted:
        return
    repertoire = repertoire_of(notes)
    running = {(block.source, block.procedure_code) for block in repertoire.blocks}
    for note in wanted:
        yield from _twice(note, notes)
        for block in note.evidence:
            broken = list(bad_patterns(block))
            for bad in broken:
                message = f'"{bad.key}" of {bad.procedure_code}: {bad.message} (in "{_cut(bad.pattern)}")'
                yield EvidenceProblem(note, bad.line, "pattern", message)
            source = f"{note.note_id}#{block.heading_slug}" if block.heading_slug else note.note_id
            if not broken and (source, block.procedure_code) in running:
                for example in block.examples:
                    message = _failure(block, example, repertoire)
                    if message:
                        yield EvidenceProblem(note, example.line, "example", message)


def _cut(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."


def _twice(note: KbNote, notes: Sequence[KbNote]) -> Iterator[EvidenceProblem]:
    """Several blocks of one note for a code are variants of it; blocks in several notes are an oversight."""
    if note.status != "live":
        return
    for block in note.evidence:
        others = [
            other
            for other in notes
            if other.note_id < note.note_id and other.layer == note.layer and other.status == "live"
            for its in other.evidence
            if its.procedure_code == block.procedure_code
        ]
        if others:
            message = f"{block.procedure_code} has an evidence block in {others[0].path} too; keep one of the two"
            yield EvidenceProblem(note, block.start_line, "twice", message)


def _failure(block: EvidenceBlock, example: EvidenceExample, repertoire: Repertoire) -> str:
    code = block.procedure_code
    read = read_example(example.sentence)
    if isinstance(read, str):
        return f"an example of {code} cannot be read: {read}"
    encounter, text = read
    note = read_clinical_note(text)
    encounter = replace(encounter, new_patient=new_patient_of(note))
    candidates, rejected = procedure_candidates(note, repertoire, encounter)
    shown = any(candidate.procedure_code == code and not candidate.why_not for candidate in candidates)
    if shown == (example.expects == "yes"):
        return ""
    if shown:
        return f'this example must not show {code}, but it does; add what tells it apart under "not" or "unless"'
    instead = ", ".join(dict.fromkeys(item.procedure_code for item in candidates if not item.why_not))
    why = next(
        (item.why_not for item in candidates if item.procedure_code == code),
        next((item.why for item in rejected if item.code == code), 'no pattern of "any" meets it'),
    )
    return f"this example must show {code}, but does not: {why}" + (f"; it shows {instead}" if instead else "")


def read_example(sentence: str) -> tuple[Encounter, str] | str:
    """What an example says is known beside its note, and the note; or what is wrong with it."""
    match = _CONTEXT.match(sentence)
    values: dict[str, str] = {}
    for part in match[1].split(";") if match else ():
        key, _, value = part.strip().partition(" ")
        if key not in _CONTEXT_KEYS or not value.strip():
            return "write what is known beside the note as [age 7; pos 24; payer medicare]"
        values[key] = value.strip()
    age = values.get("age")
    if age is not None and not re.fullmatch("[0-9]{1,3}", age):
        return f'the age "{_cut(age)}" is no whole number of years'
    encounter = Encounter(values.get("payer"), None, values.get("pos"), age=int(age) if age else None)
    return encounter, sentence[match.end() :] if match else sentence
