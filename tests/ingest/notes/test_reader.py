"""Reading one note: the traps of YAML and of files, all problems at once, and no bytes that break it."""

from __future__ import annotations

from datetime import date
from itertools import dropwhile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.codes import CodeSet
from ingest.notes.model import ReadNote
from ingest.notes.reader import MAX_NOTE_BYTES, read_note

DESIGN_NOTE = """\
---
title: Blue Shield PPO, both-sided sinus surgery
kind: payer-rule
payers: [blue-shield-ppo]
codes: [31253-31259, 31267, 31276, 31287, 31288]
owner: maria.garcia
verified: 2026-09-14
review-by: 2027-03-14
effective-from: 2025-01-01
sources: ["ERA 2026-03-18, claim 8841", "provider manual 2026, p. 61"]
---
## Both sides in one session
Bill one line with modifier 50 and one unit. Two lines with RT and LT deny CO-4. One side only is RT or LT as usual.

```rule
id: bsp-sinus-50
when: {codes: [31253-31259, 31267, 31276, 31287, 31288], bilateral: true}
require: {modifiers: ["50"], units: 1}
forbid: {modifiers: [RT, LT]}
fix: one-line-50
examples:
  - pass: 31255-50 x1
  - pass: 31255-RT
  - fail: 31255-RT; 31255-LT
  - fail: 31287-RT; 31287-LT
```
"""


def test_the_note_of_the_design_is_read_whole(good) -> None:
    note = good(DESIGN_NOTE)
    assert note.title == "Blue Shield PPO, both-sided sinus surgery"
    assert (note.kind, note.status, note.layer) == ("payer-rule", "live", "practice")
    assert note.payers == ("blue-shield-ppo",)
    assert "31259" in note.codes
    assert "31260" not in note.codes
    assert note.verified == date(2026, 9, 14)
    assert note.effective_from == date(2025, 1, 1)
    assert note.effective_through is None
    assert note.sources == ("ERA 2026-03-18, claim 8841", "provider manual 2026, p. 61")
    assert note.declared == {
        "title", "kind", "payers", "codes", "owner", "verified", "review-by", "effective-from", "sources",
    }  # fmt: skip
    assert dict(note.field_lines)["sources"] == 10
    assert note.body_line == 12
    (section,) = note.sections
    assert (section.heading, section.slug, section.start_line, section.end_line) == (
        "Both sides in one session", "both-sides-in-one-session", 12, 26,
    )  # fmt: skip
    (rule,) = note.rules
    assert (rule.rule_id, rule.start_line, rule.end_line) == ("bsp-sinus-50", 15, 26)
    assert rule.heading_slug == "both-sides-in-one-session"
    assert [(example.expects, example.claim_text, example.line) for example in rule.examples] == [
        ("pass", "31255-50 x1", 22),
        ("pass", "31255-RT", 23),
        ("fail", "31255-RT; 31255-LT", 24),
        ("fail", "31287-RT; 31287-LT", 25),
    ]


def test_plain_markdown_is_a_note(good) -> None:
    note = good("# Ear wax\nUse 69210.\n")
    assert (note.title, note.kind, note.status, note.payers) == ("Ear wax", "reference", "live", ())
    assert (note.verified, note.edits, note.owner) == (None, None, None)
    assert note.declared == frozenset()


def test_title_is_the_field_then_the_first_heading_then_the_file_name(good) -> None:
    assert good("---\ntitle: A\n---\n# B\n").title == "A"
    assert good("Text.\n\n## B *c*\n# D\n").title == "B c"
    assert good("Text.\n").title == "mod-25"


@pytest.mark.parametrize(
    "written", ["02", "08", "00100", "012", "1e3", "NO", "yes", "on", "null", "~", "99213:25", "0x1F"]
)
def test_yaml_scalars_stay_the_strings_that_were_written(good, written: str) -> None:
    assert good(f"---\nowner: {written}\nsources: [{written}]\n---\nx").owner == written


def test_codes_and_modifiers_keep_their_zeros(good) -> None:
    note = good("---\ncodes: [00100, 0232T, J3301]\nmodifiers: [25, '01', no]\nplaces: [02, 08]\n---\nx")
    assert note.codes == CodeSet.parse(["00100", "0232T", "J3301"])
    assert note.modifiers == ("25", "01", "NO")
    assert note.places == ("02", "08")


@pytest.mark.parametrize("written", ["[31255, 31267]", "31255, 31267", "\n  - 31255\n  - 31267", "['31255, 31267']"])
def test_a_list_may_be_a_list_or_text_with_commas(good, written: str) -> None:
    assert good(f"---\ncodes: {written}\n---\nx").codes == CodeSet.parse(["31255", "31267"])


def test_a_single_value_may_stand_for_a_list(good) -> None:
    note = good("---\ncodes: 31255\ncarcs: co-97\nspecialties: ent\n---\nx")
    assert (str(note.codes), note.carcs, note.specialties) == ("31255", ("CO-97",), ("ent",))


def test_a_source_keeps_its_commas(good) -> None:
    assert good("---\nsources: ERA 2026-03-18, claim 8841\n---\nx").sources == ("ERA 2026-03-18, claim 8841",)


def test_items_written_twice_count_once(good) -> None:
    note = good("---\ncodes: [31255, 31255]\nmodifiers: [rt, RT]\n---\nx")
    assert (str(note.codes), note.modifiers) == ("31255", ("RT",))


def test_an_empty_list_of_edits_differs_from_none_written(good) -> None:
    payer = "---\nkind: payer\npayers: acme\n{}---\n"
    assert good(payer.format("edits: []\n")).edits == ()
    assert good(payer.format("edits: [ptp, mue]\n")).edits == ("ptp", "mue")
    assert good(payer.format("")).edits is None


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_line_ends_do_not_change_what_is_read(good, line_end: str) -> None:
    assert good(DESIGN_NOTE.replace("\n", line_end)) == good(DESIGN_NOTE)


def test_a_byte_order_mark_and_blank_lines_before_the_front_matter_are_tolerated(good) -> None:
    note = good("\ufeff\n \n" + DESIGN_NOTE)
    assert note.title == "Blue Shield PPO, both-sided sinus surgery"
    assert note.rules[0].start_line == 17
    assert note.lines[17 - 1] == "```rule"


def test_all_problems_come_at_once_with_their_lines(read) -> None:
    result = read(
        "---\nkind: payer-rul\nefective-from: 2026-01-01\nverified: 2026-02-30\ncodes: [3125, 31255]\ncarcs: CO97\n"
        "modifiers: 500\nplaces: 8\n---\n```rule\nid: A b\nwen: {}\nunits-max: 0\n```\n```rules\n```\n"
    )
    assert [(problem.line, problem.check) for problem in result.problems] == [
        (2, "KB020"), (3, "KB015"), (4, "KB021"), (5, "KB023"), (6, "KB026"), (7, "KB025"), (8, "KB027"),
        (11, "KB041"), (12, "KB040"), (13, "KB028"), (15, "KB047"),
    ]  # fmt: skip
    assert str(result.problems[1]) == (
        'kb/payers/acme/mod-25.md:3: KB015: unknown field "efective-from"; did you mean "effective-from"?'
    )
    assert str(result.note.codes) == "31255"


@pytest.mark.parametrize(
    ("field", "near"),
    [
        ("kind: payer_rule", "payer-rule"), ("kind: Denial", "denial"), ("status: drafts", "draft"),
        ("effective_from: 2026-01-01", "effective-from"), ("Title: x", "title"), ("code: 31255", "codes"),
        ("carcs: CO97", "CO-97"), ("carcs: co 97", "CO-97"), ("carcs: PR1", "PR-1"), ("places: 8", "08"),
        ("payers: Blue Shield PPO", "blue-shield-ppo"), ("confidence: written policy", "written-policy"),
    ],
)  # fmt: skip
def test_a_slip_gets_the_word_that_was_meant(only_problem, field: str, near: str) -> None:
    assert f'did you mean "{near}"?' in only_problem(f"---\n{field}\n---\nx").message


def test_an_unlike_field_gets_the_list_of_fields(only_problem) -> None:
    message = only_problem("---\nzzz: 1\n---\nx").message
    assert "did you mean" not in message
    assert "effective-through" in message


def test_a_short_range_gets_its_long_form(only_problem) -> None:
    assert 'write "31253-31259"' in only_problem("---\ncodes: 31253-59\n---\nx").message


def test_a_payers_field_left_blank_does_not_bind_every_payer_unseen(only_problem) -> None:
    assert only_problem("---\npayers:\n---\nx").severity == "error"


def test_the_quoting_fix_is_named_for_a_value_with_a_colon(only_problem) -> None:
    for text in (
        "---\ntitle: Blue Shield: both sides\n---\nx",
        "x\n```rule\nid: r\nunits-max: 1\nexamples:\n  - pass: 99213\n  - fail: pos: 24; 31267-50 x1\n```\n",
        "x\n```rule\nid: r\nunits-max: 1\nexamples:\n  - pass: 99213\n  - fail:\n      pos: 24; 31267-50 x1\n```\n",
    ):
        assert '"pos: 24; authorization: A1; 31267-50 x1"' in only_problem(text).message


def test_a_file_of_five_megabytes_gets_a_clear_message(only_problem) -> None:
    problem = only_problem(b"x" * 5_000_000)
    assert (problem.check, problem.line) == ("KB002", 1)
    assert problem.message.startswith("the file has 4.8 MiB, a note at most 1 MiB; split it")


def test_text_that_cannot_be_decoded_gives_no_note_and_says_how_to_save_it(read) -> None:
    for raw in (b"caf\xe9", "x".encode("utf-16"), b"a\x00b", b"\xed\xa0\x80"):
        result = read(raw)
        assert result.note is None
        assert "UTF-8" in result.problems[0].message


def test_the_line_of_a_bad_byte_counts_every_kind_of_line_end(read) -> None:
    assert read(b"a\r\nb\rc\nd\xff").problems[0].line == 4
    assert read(b"a\r\nb\rc\nd\x00").problems[0].line == 4


def test_a_front_matter_never_closed_still_gives_fields_and_body(read) -> None:
    result = read("---\ntitle: T\nkind: denal\n\n## H\nText.\n")
    assert [problem.check for problem in result.problems] == ["KB010", "KB020"]
    assert "before line 4" in result.problems[0].message
    assert result.note.title == "T"
    assert [section.heading for section in result.note.sections] == ["H"]


def test_a_broken_front_matter_still_gives_the_body_and_its_blocks(read) -> None:
    result = read(DESIGN_NOTE.replace("owner: maria.garcia", "owner: @maria"))
    assert [problem.check for problem in result.problems] == ["KB011"]
    assert len(result.note.rules) == 1


def test_a_thematic_break_inside_the_body_is_no_front_matter(good) -> None:
    assert good("Text\n\n---\ntitle: x\n---\n").declared == frozenset()


def test_unicode_line_separators_do_not_shift_lines(read) -> None:
    result = read(
        '---\ntitle: "a\u2028b\u0085c"\nkind: nonsense\n---\nx\u2028y\n## H\n```rule\nid: A b\nunits-max: 1\n```\n'
    )
    assert [(problem.line, problem.check) for problem in result.problems] == [(3, "KB020"), (8, "KB041")]


def test_a_yaml_bomb_and_deep_nesting_end_early(only_problem, read) -> None:
    assert "deep" in only_problem("---\nsources: " + "[" * 50_000 + "\n---\nx").message
    assert "values" in only_problem("---\nsources: [" + "a," * 6_000 + "]\n---\nx").message
    assert len(read("---\n" + "a: &x b\n" * 1_000 + "---\nx").problems) < 30


def test_a_hostile_megabyte_is_read_in_bounded_time(read) -> None:
    for text in (
        "[" * 200_000 + "](x)",
        "![" * 100_000 + "](x)",
        "> " * 100_000 + "x",
        "`" * 200_000,
        "# " + "*a_" * 70_000,
    ):
        assert read(text).note is not None


def test_coverage_is_not_asked_of_a_note_with_a_broken_rule(read) -> None:
    text = "---\ncodes: [99213, 99214]\n---\n```rule\nid: r\nwhen: {codes: [9921]}\nunits-max: 1\n```\n"
    assert [problem.check for problem in read(text).problems] == ["KB023"]


def test_a_rule_for_every_line_covers_every_code(good) -> None:
    block = "```rule\nid: r\n{}units-max: 1\nexamples: [pass: 99213, fail: 99213 x2]\n```\n"
    good("---\ncodes: [99213]\n---\n" + block.format(""))
    good("---\ncodes: [99213]\n---\n" + block.format("when: {bilateral: true}\n"))


# Pieces of which broken notes are made: random bytes alone seldom get past the first line. `_` stands for a space.
PIECES = r"""
    --- \n \r \r\n \n\n ```rule\n ```evidence\n ``` ~~~ #_ ##_A\n ===\n >_ -_ __ \t 1._ |-|-|\n <div>\n \\ 99213 & | ' "
    id:_r\n when:_{codes:_[99213-99215]}\n require:_{modifiers:_["50"]}\n forbid:\n units-max:_1\n examples:\n
    __-_pass:_99213\n __-_fail:_a:_b\n days-since:_{codes:_30520,_days:_1-90}\n code:_31267\n any:_[x]\n title:_
    kind:_payer\n payers:_x,_y\n edits:_[]\n codes:_[ verified:_2026-02-30\n ] { } &a_ *a_ !t_ <<:_ :_ _# % @
    [x](y.md)_ [x]:_y\n ![ ]( \xef\xbb\xbf \xff\xfe \x00 \x07 \xe2\x80\xa8 \xc2\x85 \xc3\xa9\xf0\x9d\x94\x98
"""
PIECE = st.sampled_from(
    [p.replace("_", " ").encode().decode("unicode_escape").encode("latin-1") for p in PIECES.split()]
)
ANY_BYTES = st.binary(max_size=300) | st.lists(PIECE | st.binary(max_size=4), max_size=40).map(b"".join)


@settings(max_examples=600, deadline=None)
@given(ANY_BYTES)
def test_no_bytes_crash_the_reader_and_every_line_it_names_is_in_the_file(raw: bytes) -> None:
    result: ReadNote = read_note(raw, note_id="a/b", path="kb/a/b.md", layer="practice")
    last = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n") + 1
    assert all(1 <= problem.line <= last for problem in result.problems)
    note = result.note
    assert note is not None or any(problem.severity == "error" for problem in result.problems)
    if note is not None:
        assert note.text == raw.decode().removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
        assert 1 <= note.body_line <= last + 1
        for block in (*note.rules, *note.evidence):
            assert 1 <= block.start_line < block.end_line <= last
            assert block.heading_slug in {section.slug for section in note.sections}


@settings(max_examples=600, deadline=None)
@given(ANY_BYTES)
def test_sections_put_together_give_the_body(raw: bytes) -> None:
    note = read_note(raw, note_id="n", path="kb/n.md", layer="practice").note
    if note is None:
        return
    parts = [line for section in note.sections for line in note.lines[section.start_line - 1 : section.end_line]]
    # The piece after the last line end is no line; blank lines before the first text belong to no section.
    body = note.text.removesuffix("\n").split("\n")[note.body_line - 1 :]
    body = list(dropwhile(lambda line: not line.strip(), body))
    assert parts == body
    slugs = [section.slug for section in note.sections]
    assert len(set(slugs)) == len(slugs)
    for before, after in zip(note.sections, note.sections[1:], strict=False):
        assert before.end_line + 1 == after.start_line


@settings(max_examples=200, deadline=None)
@given(ANY_BYTES)
def test_reading_twice_gives_the_same(raw: bytes) -> None:
    assert read_note(raw, note_id="n", path="n.md", layer="library") == read_note(
        raw, note_id="n", path="n.md", layer="library"
    )


def test_the_limit_itself_is_still_read() -> None:
    assert read_note(b"x" * MAX_NOTE_BYTES, note_id="n", path="n.md", layer="practice").note is not None
