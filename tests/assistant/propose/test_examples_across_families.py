"""What shows one procedure shows no other one of another family: every example of every block, against all blocks."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from assistant.propose.candidates import procedure_candidates
from assistant.propose.model import Encounter
from assistant.propose.note_reader import read_clinical_note
from assistant.propose.propose import Proposer
from assistant.settings import find_practice
from ingest.notes.folder import read_folder

ROOT = Path(__file__).resolve().parents[3]
DAY = date(2026, 5, 5)
# Told together in the example itself, or taken out again when the claim is put together.
KNOWN = {("92511", "31231"), ("93793", "85610"), ("42145", "42825"), ("42145", "42826")}


def test_an_example_shows_no_code_of_another_note(proposer: Proposer) -> None:
    repertoire = proposer._repertoire(DAY)
    library = find_practice(str(ROOT), {}, ROOT).library
    notes = [note for note in read_folder(library, layer="library", prefix="library/").notes if note.evidence]
    assert sum(len(block.examples) for note in notes for block in note.evidence) > 2000
    home = {(block.procedure_code, note.note_id) for note in notes for block in note.evidence}
    wrong = []
    for note in notes:
        for block in note.evidence:
            one = repertoire.by_code.get(block.procedure_code)
            if one is None or one.beside or not block.procedure_code.isdigit() or block.procedure_code == "92978":
                continue
            for example in block.examples:
                if example.expects != "yes" or example.sentence.startswith("["):
                    continue
                found, _ = procedure_candidates(
                    read_clinical_note(example.sentence), repertoire, Encounter(None, DAY.isoformat(), "11")
                )
                wrong += [
                    (note.note_id, block.procedure_code, other.procedure_code, example.sentence)
                    for other in found
                    if not other.why_not
                    and other.procedure_code.isdigit()
                    and (other.procedure_code, note.note_id) not in home
                    and (block.procedure_code, other.procedure_code) not in KNOWN
                ]
    assert wrong == []
