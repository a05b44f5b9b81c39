"""Dataclasses of the domain as JSON."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from ingest.codes import CodeSet
from ingest.index.codec import from_json, shape, to_json
from ingest.notes.model import (
    DaysSince,
    EvidenceBlock,
    EvidenceExample,
    Example,
    Forbid,
    KbNote,
    NumberRange,
    Require,
    RuleBlock,
    Section,
    When,
)
from ingest.notes.reader import read_note

RULE = RuleBlock(
    rule_id="r",
    when=When(
        codes=CodeSet.parse(["31253-31259", "J3301"]),
        modifiers=("RT",),
        with_codes=CodeSet.parse(["30520"]),
        diagnoses=("J32",),
        places=("24",),
        bilateral=False,
        units=NumberRange(2, None),
        age=NumberRange(1, 17),
        sex="F",
        new_patient=True,
        days_since=DaysSince(CodeSet.parse(["30520"]), NumberRange(1, 90)),
    ),
    require=Require(modifiers=("50",), units=1, authorization=True, documentation=("note",)),
    forbid=Forbid(codes=CodeSet.parse(["31231"])),
    units_max=3,
    file_within_days=120,
    severity="warning",
    message='says "no", ümlaut\u2028line',
    fix="one-line-50",
    examples=(Example("pass", "31255-50", 9),),
    heading="H",
    heading_slug="h",
    start_line=5,
    end_line=12,
)
NOTE = KbNote(
    note_id="a/b",
    path="kb/a/b.md",
    layer="practice",
    title="T",
    kind="payer",
    status="live",
    text="---\n---\n# H\n\ttext\n",
    body_line=3,
    sections=(Section("H", "h", 1, ("H",), 3, 4),),
    payers=("acme",),
    codes=CodeSet.parse(["31255"]),
    edits=(),
    verified=date(2026, 9, 14),
    effective_through=date(2027, 1, 1),
    rules=(RULE, dataclasses.replace(RULE, when=None, require=None, forbid=None, message=None, fix=None)),
    evidence=(EvidenceBlock("31267", (("any", ("x|y",)),), "h", 1, 2, (EvidenceExample("yes", "s", 3),), (1,)),),
    links=(("other.md", 4),),
    declared=frozenset({"title", "payers"}),
)


def test_a_note_comes_back_as_it_was() -> None:
    assert from_json(KbNote, to_json(NOTE)) == NOTE


def test_every_note_of_the_sample_practice_comes_back_as_it_was() -> None:
    kb = Path(__file__).parents[3] / "kb"
    notes = [
        read_note(path.read_bytes(), note_id=path.stem, path=path.name, layer="practice").note
        for path in sorted(kb.rglob("*.md"))[::7]
    ]
    assert notes
    assert [from_json(KbNote, to_json(note)) for note in notes if note is not None] == notes


def test_every_field_is_written() -> None:
    assert len(json.loads(to_json(NOTE))) == len(dataclasses.fields(KbNote))


@pytest.mark.parametrize("text", ["[]", "{}", "3", '["a"]', "not json"])
def test_what_was_not_written_here_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_json(KbNote, text)


def test_the_shape_changes_with_a_field_even_deep_inside() -> None:
    @dataclass(frozen=True)
    class Inner:
        a: int

    @dataclass(frozen=True)
    class Outer:
        inner: tuple[int, ...]
        b: str

    @dataclass(frozen=True)
    class Other:
        inner: tuple[str, ...]
        b: str

    assert len({shape(Inner), shape(Outer), shape(Other), shape(KbNote)}) == 4


def test_a_type_that_json_cannot_hold_is_refused() -> None:
    @dataclass(frozen=True)
    class Odd:
        path: Path

    with pytest.raises(TypeError, match="Path"):
        to_json(Odd(Path()))
