"""A passage cut into pieces, which of them speak for one payer, and the exact piece that is quoted."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.ask.excerpt import WHOLE_WORDS, excerpt
from assistant.ask.segments import about, segments

LIST = """## Both ears by plan
One line or two:
- Northwind PPO: one line with 50.
- Granite HMO: two lines, RT and LT.
- Everybody else: by the fee schedule.
"""
TABLE = """## Filing limits
| plan | first claim | corrected |
|---|---|---|
| Northwind PPO | 120 days | 365 days |
| Granite HMO | 95 days | 60 days |
"""


@pytest.fixture
def pieces(passages_of):
    """The pieces of the only passage of a text."""

    def cut(text: str):
        (passage,) = passages_of(text)
        return passage.segments

    return cut


@pytest.fixture
def quoted(passages_of, ask_reader, lexicon):
    """What is quoted from the only passage of a text for a question."""

    def quote(question: str, text: str):
        (passage,) = passages_of(text, max_tokens=2000)
        return excerpt(ask_reader(question), passage, lexicon=lexicon)

    return quote


def test_a_paragraph_is_cut_into_its_sentences(pieces):
    found = pieces("## Tubes\nBill one line. Use modifier 50! Two lines deny?  Then (so it is) appeal.\n")
    assert [piece.text for piece in found] == [
        "Bill one line.",
        "Use modifier 50!",
        "Two lines deny?",
        "Then (so it is) appeal.",
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        "Dr. Park signs it.",
        "See vs. Medicare for more.",
        "Send it to J. Smith at St. Mary Inc. Records desk.",
        "Use a letter, e.g. Form 12, for that.",
        "Opens at 8 a.m. Monday.",
        "See p. 44 of the guide.",
        "It takes approx. 30 days.",
        "Version 3.5 counts.",
    ],
)
def test_an_abbreviation_or_a_decimal_ends_no_sentence(pieces, sentence):
    assert [piece.text for piece in pieces(f"## Tubes\n{sentence} Then bill.\n")] == [sentence, "Then bill."]


def test_the_items_of_a_list_are_pieces_with_the_line_that_announces_them(pieces):
    found = pieces(LIST)
    items = [piece for piece in found if piece.kind == "list"]
    assert [piece.text for piece in items] == [
        "- Northwind PPO: one line with 50.",
        "- Granite HMO: two lines, RT and LT.",
        "- Everybody else: by the fee schedule.",
    ]
    assert {piece.lead for piece in items} == {"One line or two:"}
    assert items[0].plain.startswith("One line or two:")
    assert items[0].plain.endswith("Northwind PPO: one line with 50.")
    assert [piece.lines for piece in items] == [(3, 3), (4, 4), (5, 5)]


def test_the_rows_of_a_table_are_pieces_with_its_header_and_without_its_ruling(pieces):
    found = pieces(TABLE)
    assert [piece.text for piece in found] == [
        "| Northwind PPO | 120 days | 365 days |",
        "| Granite HMO | 95 days | 60 days |",
    ]
    assert {piece.lead for piece in found} == {"plan first claim corrected"}
    assert [piece.lines for piece in found] == [(4, 4), (5, 5)]


def test_headings_and_fenced_blocks_are_no_pieces(pieces):
    text = "## Tubes\nBill one line.\n\n```rule\nid: a\nwhen: {codes: [69436]}\nunits-max: 1\nexamples:\n  - pass: 69436\n  - fail: 69436 x2\n```\n\n```\ncode\n```\n"
    assert [piece.text for piece in pieces(text)] == ["Bill one line."]


def test_of_a_list_with_a_line_for_each_plan_a_plan_keeps_its_own_line(pieces, directory):
    kept = about(pieces(LIST), "granite-hmo", directory)
    assert [piece.text for piece in kept if piece.kind == "list"] == [
        "- Granite HMO: two lines, RT and LT.",
        "- Everybody else: by the fee schedule.",
    ]


def test_of_a_table_with_a_row_for_each_plan_a_plan_keeps_its_own_row(pieces, directory):
    assert [piece.text for piece in about(pieces(TABLE), "northwind-ppo", directory)] == [
        "| Northwind PPO | 120 days | 365 days |"
    ]


def test_a_sentence_without_a_name_goes_on_about_the_payer_of_the_one_before(pieces, directory):
    found = pieces("## Tubes\nNorthwind wants 50. One unit there. Granite HMO wants RT and LT. One unit each.\n")
    assert [piece.text for piece in about(found, "northwind-ppo", directory)] == [
        "Northwind wants 50.",
        "One unit there.",
    ]
    assert [piece.text for piece in about(found, "granite-hmo", directory)] == [
        "Granite HMO wants RT and LT.",
        "One unit each.",
    ]


def test_a_new_paragraph_begins_without_the_payer_of_the_one_before(pieces, directory):
    found = pieces("## Tubes\nNorthwind wants 50.\n\nKeep the op note.\n")
    assert [piece.text for piece in about(found, "granite-hmo", directory)] == ["Keep the op note."]


def test_a_payer_nobody_names_keeps_what_names_nobody(pieces, directory):
    assert [piece.text for piece in about(pieces(LIST), "medicaid", directory) if piece.kind == "list"] == [
        "- Everybody else: by the fee schedule."
    ]


def test_a_short_passage_is_quoted_whole(quoted):
    found = quoted("tubes both ears modifier", "## Tubes\nBill one line with 50.\nTwo lines deny CO-4.\n")
    assert found.text == "Bill one line with 50.\nTwo lines deny CO-4."
    assert (found.start_line, found.end_line) == (2, 3)


def test_of_a_long_passage_the_pieces_that_speak_to_the_question_are_quoted(quoted):
    filler = " ".join(f"The desk keeps its folder number {number} in the blue cabinet." for number in range(14))
    found = quoted(
        "69436 both ears, which modifier", f"## Desk\n{filler} For 69436 in both ears use modifier 50. {filler}\n"
    )
    assert "For 69436 in both ears use modifier 50." in found.text
    assert len(found.text.split()) <= WHOLE_WORDS


def test_a_single_row_quoted_from_a_long_table_carries_the_header(passages_of, ask_reader, lexicon, directory):
    (passage,) = passages_of(TABLE)
    narrowed = type(passage)(
        passage.chunk,
        passage.note,
        passage.row,
        passage.lexicon,
        about(passage.segments, "granite-hmo", directory),
    )
    found = excerpt(ask_reader("granite hmo filing limit"), narrowed, lexicon=lexicon)
    assert found.text == "| Granite HMO | 95 days | 60 days |"
    assert found.lead == "plan first claim corrected"


def test_a_passage_of_nothing_but_a_rule_has_nothing_to_quote(passages_of, ask_reader, lexicon):
    text = "## Tubes\n```rule\nid: a\nwhen: {codes: [69436]}\nunits-max: 1\nexamples:\n  - pass: 69436\n  - fail: 69436 x2\n```\n"
    (passage,) = passages_of(text)
    assert excerpt(ask_reader("tubes units"), passage, lexicon=lexicon) is None


_WORDS = "Northwind Granite bill one line with 50 RT and LT for 69436 in both ears. deny CO-4; 120 days e.g. Dr. Park! why? \u201cso\u201d \U0001f600 **bold** `code` | : (a)".split()
_LINE = st.lists(st.sampled_from(_WORDS), min_size=1, max_size=18).map(" ".join)
_BLOCK = st.one_of(
    _LINE,
    st.lists(_LINE.map(lambda line: f"- {line}"), min_size=1, max_size=5).map("\n".join),
    st.lists(_LINE.map(lambda line: f"| {line.replace('|', '/')} | 50 |"), min_size=1, max_size=4).map(
        lambda rows: "| what | modifier |\n|---|---|\n" + "\n".join(rows)
    ),
    _LINE.map(lambda line: f"## {line}"),
    st.just("```\nfenced words. More words.\n```"),
    _LINE.map(lambda line: f"> {line}"),
    st.tuples(_LINE, _LINE).map(lambda two: f"  {two[0]}\n\t{two[1]}  "),
)


@settings(deadline=None, max_examples=120)
@given(st.lists(_BLOCK, min_size=1, max_size=7).map("\n\n".join))
def test_every_piece_and_every_excerpt_is_an_exact_part_of_the_lines_it_names(passages_of, ask_reader, lexicon, text):
    question = ask_reader("northwind 69436 both ears, which modifier, how many days")
    for passage in passages_of(text, max_tokens=60):
        lines = passage.note.lines
        before = 0
        for piece in segments(passage.note, passage.chunk):
            assert passage.note.text[piece.start : piece.end] == piece.text
            assert piece.text in "\n".join(lines[piece.lines[0] - 1 : piece.lines[1]])
            assert piece.start >= before
            before = piece.end
        found = excerpt(question, passage, lexicon=lexicon)
        if found is not None:
            assert found.text.strip()
            assert found.text in "\n".join(lines[found.start_line - 1 : found.end_line])
            assert passage.chunk.start_line <= found.start_line <= found.end_line <= passage.chunk.end_line
