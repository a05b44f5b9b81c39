"""The clinical note reader on synthetic pieces of notes: status, sides, exact spans, copies, any text, linear cost."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.propose.model import BOTH, Clause, ClinicalNote
from assistant.propose.note_reader import read_clinical_note

ROWS = yaml.safe_load((Path(__file__).parent / "clause_rows.yaml").read_text("utf-8"))
SIDES = {"R": {"RT"}, "L": {"LT"}, "B": set(BOTH), "-": set()}
# Rows the reader is known to miss, with the reason.
KNOWN_MISSES = {
    ("b-meds-dosing", "Aspirin 81 mg OD"): "the right eye named in the sentence before is carried over",
}
FINDING = "Polyps were removed from inside the left maxillary sinus"


def holder(note: ClinicalNote, quote: str) -> Clause | None:
    """The clause that holds most of the quote; line breaks in the note count as blanks."""
    found = re.search(r"\s+".join(re.escape(word) for word in quote.split()), note.text)
    assert found is not None, quote
    shared = [(min(one.end, found.end()) - max(one.start, found.start()), one) for one in note.clauses]
    best = max(shared, key=lambda pair: pair[0], default=None)
    return best[1] if best is not None and best[0] > 0 else None


def cases() -> Iterator[object]:
    for row in ROWS:
        for expected in row["expect"]:
            reason = KNOWN_MISSES.get((row["id"], expected[0]))
            marks = [pytest.mark.xfail(reason=reason, strict=True)] if reason else []
            yield pytest.param(row["text"], *expected, id=f"{row['id']}: {expected[0]}"[:70], marks=marks)


@pytest.mark.parametrize(("text", "quote", "status", "sides"), [
    pytest.param(*case.values, *[None] * (4 - len(case.values)), id=case.id, marks=case.marks) for case in cases()  # type: ignore[attr-defined]
])  # fmt: skip
def test_a_clause_has_the_status_and_sides_its_words_tell(
    text: str, quote: str, status: str, sides: str | None
) -> None:
    clause = holder(read_clinical_note(text), quote)
    assert clause is not None
    assert clause.status == status
    if sides is not None:
        assert set(clause.sides) == SIDES[sides]


def test_the_rows_are_many_and_of_every_status() -> None:
    told = Counter(expected[1] for row in ROWS for expected in row["expect"])
    assert sum(told.values()) >= 250
    assert set(told) == {"done", "planned", "negated", "historical", "hypothetical", "other-person", "uncertain"}


@given(st.text(max_size=400))
def test_any_text_is_read_with_exact_spans_in_order(text: str) -> None:
    note = read_clinical_note(text)
    last = 0
    for clause in note.clauses:
        assert note.text[clause.start : clause.end] == clause.text
        assert last <= clause.start < clause.end <= len(text)
        last = clause.end
    for section in note.sections:
        assert 0 <= section.start <= section.end <= len(text)


PIECES = st.sampled_from([
    "RIGHT:", "Left side:", "Plan:", "PSH", "##", "- ", "\n", "\n\n", "1. ", "no", "not", "was removed", "the left ear", "?", ".", ",",
    "and", "if", "will", "s/p", "in 2019", "(", ")", "|", "[ ]", "[x]", "R", "L", "AS", "the same on the other side", "both", "May",
    "Procedure:", "tubes", "—", ";", "mother had", "without", "rule out", "No. 15", "2000", "“", "\u2028", "\r\n", "é", "🙂",
])  # fmt: skip


@given(st.lists(PIECES, max_size=60))
def test_any_mix_of_headings_and_cues_is_read_with_exact_spans(pieces: list[str]) -> None:
    note = read_clinical_note(" ".join(pieces))
    last = 0
    for clause in note.clauses:
        assert note.text[clause.start : clause.end] == clause.text
        assert clause.start >= last
        last = clause.end


@pytest.mark.parametrize("frame", [
    "Past surgical history: {}.", "PSH\n{}.", "## Past Surgical History\n- {}", "Plan: {}.", "PLAN\n1. {}", "Consent: {}.",
    "Family history: {}.", "Prior surgeries: {}.", "Assessment: chronic sinusitis. Plan: {}.",
])  # fmt: skip
def test_work_told_under_a_heading_of_another_time_is_not_done(frame: str) -> None:
    note = read_clinical_note("Nose clear.\n\n" + frame.format(FINDING))
    clause = holder(note, FINDING)
    assert clause is not None
    assert clause.status != "done"


@pytest.mark.parametrize("frame", [
    "{}", "Procedure: {}.", "DETAILS: {}.", "OPERATIVE NOTE\n{}.", "Description of procedure:\n{}.", "2. Findings: {}.", "**Technique**\n{}",
    "PSH: tonsillectomy.\nDETAILS\n{}", "History: tubes as a child.\nUnder general anesthesia, the nose was decongested. {}.",
])  # fmt: skip
def test_work_told_in_the_body_is_done(frame: str) -> None:
    clause = holder(read_clinical_note(frame.format(FINDING)), FINDING)
    assert clause is not None
    assert clause.status == "done"
    assert clause.sides == {"LT"}


def test_a_title_is_told_from_the_body() -> None:
    note = read_clinical_note(
        "PROCEDURE PERFORMED: Right maxillary antrostomy with tissue removal\nDETAILS: The right ostium was widened."
    )
    assert [clause.section for clause in note.clauses] == ["title", "procedure"]


def test_the_second_copy_of_a_note_is_marked_and_the_first_is_not() -> None:
    text = "Established, 61. Right canal clean. A tube was placed on the right. Plan: recheck in two weeks."
    for between in ("\n\n", " ", "\n---\n"):
        note = read_clinical_note(text + between + text)
        assert [clause.repeated for clause in note.clauses] == [clause.start >= len(text) for clause in note.clauses]


def test_the_same_words_said_of_each_side_are_no_copy() -> None:
    note = read_clinical_note(
        "Right side: The drum was incised. A tube was placed through the incision.\n"
        "Left side: The drum was incised. A tube was placed through the incision."
    )
    assert not any(clause.repeated for clause in note.clauses)
    assert [set(clause.sides) for clause in note.clauses] == [{"RT"}, {"RT"}, {"LT"}, {"LT"}]


def test_work_repeated_on_the_other_side_names_the_clause_that_says_so() -> None:
    note = read_clinical_note("The right turbinate was reduced. The same was done on the other side.")
    assert note.clauses[0].sides == BOTH
    assert note.clauses[0].mirror == 1


@settings(max_examples=25)
@given(st.sampled_from([row["text"] for row in ROWS]))
def test_right_and_left_swapped_swap_the_sides(text: str) -> None:
    def swapped(match: re.Match[str]) -> str:
        other = {"right": "left", "left": "right"}[match[0].lower()]
        return other.upper() if match[0].isupper() else other.capitalize() if match[0][0].isupper() else other

    if re.search(
        r"left (?:in|alone|open|the|as|undisturbed|untouched|for|room)|was left|\b[RL]\b|\bA[DSU]\b|\bO[DS]\b", text
    ):
        return
    plain, mirrored = read_clinical_note(text), read_clinical_note(re.sub(r"(?i)\b(?:right|left)\b", swapped, text))
    flip = {"RT": "LT", "LT": "RT"}
    assert [clause.status for clause in plain.clauses] == [clause.status for clause in mirrored.clauses]
    assert [{flip[side] for side in clause.sides} for clause in plain.clauses] == [
        set(one.sides) for one in mirrored.clauses
    ]


@pytest.mark.parametrize("unit", [
    "The left ostium was widened, no polyps, and pus was suctioned. ", "PSH: tubes.\n", "no ", "a: ", "a, ", "Procedure: x. ", "[ ] x\n",
    "had a ", "Same on the left. ", "# x\n", "History\ntubes. ", "frontal and ", ". ", "(", "right ",
])  # fmt: skip
def test_cost_grows_with_the_text_and_not_faster(unit: str) -> None:
    def seconds(count: int) -> float:
        text = unit * count
        times = []
        for _ in range(3):
            begin = time.process_time()
            read_clinical_note(text)
            times.append(time.process_time() - begin)
        return min(times)

    whole = 24_000 // len(unit)
    seconds(10)
    assert seconds(whole) < 6 * seconds(whole // 4) + 0.05


@pytest.mark.parametrize(
    ("text", "earlier", "today"),
    [
        (
            "Third cleaning after sinus surgery of June 10 (both sides ethmoid, plus septoplasty the same day).",
            "septoplasty",
            "Third cleaning",
        ),
        ("Follow-up after FESS of May 2 (maxillary antrostomy, septoplasty). Nose looked at.", "septoplasty", "Nose"),
        ("Seen here after her operation of March 3: septoplasty. Splints removed.", "septoplasty", "Splints"),
        ("Day 6 after her tonsils came out. Clot cleared.", "tonsils", "Clot"),
    ],
)
def test_an_operation_told_with_its_date_after_after_is_of_that_day(text, earlier, today):
    clauses = read_clinical_note(text).clauses
    assert {clause.status for clause in clauses if earlier in clause.text} == {"historical"}
    assert {clause.status for clause in clauses if today in clause.text} == {"done"}


def test_what_was_done_after_something_of_that_day_was_done():
    clauses = read_clinical_note("After consent on May 2 the septum was incised and the flap raised.").clauses
    assert {clause.status for clause in clauses} == {"done"}
