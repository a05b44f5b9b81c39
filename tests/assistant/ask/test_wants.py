"""The kind of value a question asks for, and whether a passage gives one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.ask.passage import holds
from assistant.ask.wants import asked_for, gives, wanted


@pytest.mark.parametrize(
    ("question", "kinds"),
    [
        ("how long after the visit may we send a corrected claim", {"length"}),
        ("redetermination - days?", {"length"}),
        ("what day do the remits show up", {"day"}),
        ("wich form goes with a tonsil request", {"form"}),
        ("which modifier, and whom do i ring", {"modifier", "contact", "person"}),
        ("granite appeal fax", {"fax"}),
        ("level 2 appeal address", {"address"}),
        ("what hours is the provider line open", {"hours"}),
        ("rep name", {"person"}),
        ("someone who left said 50", set()),
        ("both ears, how do i set up the line", {"lines"}),
        ("what do we bill for the wax", {"code"}),
        ("adult, 69433 or 69436", {"code"}),
        ("how many units of 95115", {"number"}),
        ("how much is the deposit", {"amount"}),
        ("botox for sweating how much", {"amount"}),
        ("how much bone must the note show", set()),
        ("chisel review hours", {"hours"}),
        ("how many hours do they take", {"length"}),
        ("nothing on the fax", set()),
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
        ("length", "Appeal 1: 90 d.", "Tonsils under three years: hospital."),
        ("day", "Remittances come on Wednesday.", "180 days after the visit."),
        ("day", "On the first Monday.", "180 days from the remittance date."),
        ("form", "Put LE-40 on top.", "It came back CO-197 for J32.0."),
        ("form", "The state board takes 827-R.", "Fill forms in a text file first."),
        ("modifier", "Midline, never a side.", "The op note names each sinus."),
        ("lines", "Two lines, one for each side.", "See the plan's own note."),
        ("person", "Sent to Tom Okafor.", "Seven visits without it, in May."),
        ("fax", "Fax it to 555-0139.", "Call 555-0139."),
        ("address", "PO Box 330, St. Cloud.", "By mail only."),
        ("hours", "Between 7 and 4.", "Call 555-0139."),
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


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("what pamphlet did they like seeing", {"pamphlet"}),
        ("which records go along with 31255", {"document"}),
        ("what is the filing limit", set()),
        ("which modifier", {"modifier"}),
        ("does a septum ever need a proof", set()),
    ],
)
def test_what_is_asked_for_is_the_noun_behind_the_asking_word(ask_reader, lexicon, question, asked):
    assert asked_for(ask_reader(question), lexicon) == asked


def test_a_denial_code_is_no_form():
    assert holds("form", "form BS-77 or SH-9")
    assert not holds("form", "denied CO-97 and PR-27")
