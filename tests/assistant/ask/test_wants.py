"""The kind of value a question asks for, and whether a passage gives one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.ask.passage import holds
from assistant.ask.wants import gives, wanted


@pytest.mark.parametrize(
    ("question", "kinds"),
    [
        ("how long after the visit may we send a corrected claim", {"length"}),
        ("redetermination - days?", {"length"}),
        ("what day do the remits show up", {"day"}),
        ("wich form goes with a tonsil request", {"form"}),
        ("which modifier, and whom do i ring", {"modifier", "contact"}),
        ("adult, 69433 or 69436", {"code"}),
        ("how many units of 95115", {"number"}),
        ("how much is the deposit", {"amount"}),
        ("does a septum ever get a side", set()),
    ],
)
def test_the_kind_of_value_is_read_from_how_the_question_asks(question, kinds):
    assert set(wanted(question)) == kinds


@pytest.fixture
def tubes(passages_of):
    (passage,) = passages_of("# Tubes\n\n69436 asleep.\n")
    return passage


@pytest.mark.parametrize(
    ("kind", "gives_it", "does_not"),
    [
        ("length", "Within 45 days of the remittance.", "Paid 2026-08-25."),
        ("day", "Remittances come on Wednesday.", "180 days after the visit."),
        ("form", "Put LE-40 on top.", "It came back CO-197 for J32.0."),
        ("code", "Write 69436.", "Write the longer code."),
        ("amount", "It costs $40.", "It costs nothing."),
        ("contact", "Call 555-0110.", "They have an office in town."),
        ("number", "Three units at most: 3.", "As often as they come."),
    ],
)
def test_a_passage_gives_a_value_of_a_kind_when_its_lines_hold_one(tubes, kind, gives_it, does_not):
    def passage(text):
        piece = replace(tubes.segments[0], text=text, lead="")
        chunk = replace(tubes.chunk, start_line=10_000, end_line=10_000, heading_path=())
        return replace(tubes, segments=(piece,), chunk=chunk)

    assert gives(kind, passage(gives_it))
    assert not gives(kind, passage(does_not))


def test_a_denial_code_is_no_form():
    assert holds("form", "form BS-77 or SH-9")
    assert not holds("form", "denied CO-97 and PR-27")
