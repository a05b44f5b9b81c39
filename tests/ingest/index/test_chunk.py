"""Notes cut into chunks."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.index.chunk import Chunk, chunk_note, embedded_text
from ingest.index.embedder import FakeEmbedder
from ingest.notes.model import KbNote
from ingest.notes.reader import read_note

ReadNote = Callable[..., KbNote]
COUNT = FakeEmbedder().count_tokens


def cut(note: KbNote, max_tokens: int = 256) -> tuple[Chunk, ...]:
    return chunk_note(note, count_tokens=COUNT, max_tokens=max_tokens, model_id="fake")


def test_each_section_is_a_chunk_named_by_its_heading(note_of: ReadNote) -> None:
    note = note_of("Before.\n\n# One\nText one.\n\n## Two words\nText two.\n", "payers/acme/note")
    chunks = cut(note)
    assert [(c.chunk_id, c.start_line, c.end_line) for c in chunks] == [
        ("payers/acme/note#", 1, 1),
        ("payers/acme/note#one", 3, 4),
        ("payers/acme/note#two-words", 6, 7),
    ]
    assert chunks[2].text == "## Two words\nText two."
    assert chunks[2].heading_path == ("One", "Two words")


def test_what_is_embedded_is_title_payers_headings_and_prose_without_marks_or_rules(note_of: ReadNote) -> None:
    note = note_of(
        "---\ntitle: Both sides\npayers: [blue-shield-ppo]\n---\n# Sinus\n\n## One line\n"
        "Bill **one** line, see [the manual](manual.md).\n\n- [ ] `50` it is\n\n"
        "```rule\nid: x\nrequire: {units: 1}\nexamples:\n  - pass: 31255\n```\n"
    )
    (chunk,) = cut(note)
    assert embedded_text(chunk) == (
        "Both sides (blue shield ppo)\nSinus > One line\nSinus\nBill one line, see the manual.\n50 it is"
    )
    assert chunk.text.endswith("```")


def test_a_heading_with_nothing_under_it_joins_the_section_below_and_the_last_one_the_section_above(
    note_of: ReadNote,
) -> None:
    chunks = cut(note_of("# Title\n\n## Empty\n\n## Full\nText.\n\n## To do\n"))
    assert [(c.heading, c.start_line, c.end_line) for c in chunks] == [("Full", 1, 8)]


def test_a_note_of_headings_only_is_one_chunk_and_a_note_without_body_none(note_of: ReadNote) -> None:
    assert [(c.start_line, c.end_line) for c in cut(note_of("# A\n\n## B\n"))] == [(1, 3)]
    assert cut(note_of("---\ntitle: Acme\nkind: payer\npayers: [acme]\n---\n")) == ()
    assert cut(note_of("Title\n=====\n\nSub\n---\ntext\n"))[0].start_line == 1


def test_sections_with_one_name_have_different_chunk_ids(note_of: ReadNote) -> None:
    chunks = cut(note_of("# Same\na\n# Same\nb\n# Same~2\nc\n"))
    assert len({c.chunk_id for c in chunks}) == 3


def test_a_long_table_is_cut_between_rows_and_its_header_goes_along(note_of: ReadNote) -> None:
    rows = "\n".join(f"| 3125{n} | needs modifier {n} and the note of the visit |" for n in range(10))
    chunks = cut(note_of(f"# Codes\n\n| Code | What it needs |\n|---|---|\n{rows}\n"), max_tokens=64)
    assert len(chunks) > 1
    assert all("Code What it needs" in embedded_text(c) for c in chunks)
    assert all(c.text.startswith("| 3125") and c.text.endswith("visit |") for c in chunks[1:])
    assert "---" not in embedded_text(chunks[0])


def test_a_long_list_is_cut_between_items_and_its_announcement_goes_along(note_of: ReadNote) -> None:
    items = "\n".join(f"- item {n} with a few more words\n  and a second line" for n in range(12))
    chunks = cut(note_of(f"# Steps\n\nDo these in order:\n\n{items}\n"), max_tokens=64)
    assert len(chunks) > 1
    assert all("Do these in order:" in embedded_text(c) for c in chunks)
    assert all(c.text.split("\n")[0].startswith("- item") for c in chunks[1:])


def test_a_table_or_list_that_fits_alone_is_not_cut(note_of: ReadNote) -> None:
    prose = " ".join(f"word{n}" for n in range(40))
    items = "\n".join(f"- item {n}" for n in range(15))
    chunks = cut(note_of(f"# Steps\n\n{prose}\n\n{items}\n"), max_tokens=64)
    assert [c.text for c in chunks] == [f"# Steps\n\n{prose}", items]


def test_a_long_paragraph_is_cut_after_a_sentence(note_of: ReadNote) -> None:
    sentences = [f"Sentence number {n} says what Dr. Lee, e.g. on Monday, wants." for n in range(12)]
    chunks = cut(note_of("# Long\n" + " ".join(sentences) + "\n"), max_tokens=64)
    assert len(chunks) > 2
    assert all(c.text.endswith("wants.") for c in chunks)
    assert {(c.start_line, c.end_line) for c in chunks[1:]} == {(2, 2)}
    wrapped = cut(note_of("# Long\n" + "\n".join(sentences) + "\n"), max_tokens=64)
    assert [line for c in wrapped for line in c.text.split("\n")] == ["# Long", *sentences]


def test_a_rule_block_is_never_cut(note_of: ReadNote) -> None:
    rule = "```rule\nid: long\n" + "\n".join(f"  - pass: 31255-{n} x1 something" for n in range(10, 99)) + "\n```"
    prose = " ".join(f"word{n}" for n in range(150))
    chunks = cut(note_of(f"# A\n{prose}\n\n{rule}\n\nMore {prose}\n"), max_tokens=64)
    assert sum(rule in c.text for c in chunks) == 1


def test_the_hash_changes_with_the_text_the_title_and_the_embedder_and_not_with_the_place(note_of: ReadNote) -> None:
    def hashes(text: str, model_id: str = "a") -> list[str]:
        return [c.content_hash for c in chunk_note(note_of(text), count_tokens=COUNT, model_id=model_id)]

    first = hashes("# A\ntext\n")
    assert hashes("\n\n# A\ntext\n") == first
    assert hashes("# A\ntext.\n") != first
    assert hashes("---\ntitle: B\n---\n# A\ntext\n") != first
    assert hashes("# A\ntext\n", "b") != first


BLOCKS = st.sampled_from(
    [
        *("# Heading", "## Heading", "### Other heading", "Setext\n======", "#", "---"),
        *("Plain prose of some words.", "One sentence. Another one! A third, e.g. this?", "a", "1. first\n2. second"),
        "- item\n  continued\n\n  still the item\n- [ ] task\n  - nested item with words",
        "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |",
        "```rule\nid: x\nrequire: {units: 1}\nexamples:\n  - pass: 31255\n```",
        *("```\ncode\n# no heading\n```", "~~~\nnever closed", "- item\n\n  ```rule\n  id: y\n  ```\n- next"),
        *("> quoted\n> text", "<div>html</div>", "word " * 90, "x" * 400, "long. " * 60, ". " * 200),
        *("| lone pipe", "The list:\n- a\n- b", "    indented code", "\t- tabbed", "***", "1.", "-"),
    ]
)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(BLOCKS | st.text(max_size=60), max_size=12),
    st.sampled_from(["\n", "\n\n", "\n \n"]),
    st.sampled_from([32, 48, 256]),
)
def test_the_chunks_of_a_note_in_order_hold_every_line_of_its_body_once(
    parts: list[str], between: str, max_tokens: int
) -> None:
    raw = between.join(parts).encode("utf-8", "surrogatepass")
    note = read_note(raw, note_id="n", path="kb/n.md", layer="practice").note
    if note is None:
        return
    chunks = cut(note, max_tokens)
    body = "\n".join(note.lines[note.body_line - 1 :])
    assert "".join("".join(c.text.split()) for c in chunks) == "".join(body.split())
    assert len({c.chunk_id for c in chunks}) == len(chunks)
    taken_until = 0
    for number, chunk in enumerate(chunks):
        assert COUNT(embedded_text(chunk)) <= max_tokens
        lines = note.lines[chunk.start_line - 1 : chunk.end_line]
        after = chunks[number + 1].start_line if number + 1 < len(chunks) else len(note.lines) + 1
        shares = taken_until == chunk.start_line or after == chunk.end_line
        if shares:
            assert chunk.text in "\n".join(lines)
        else:
            assert chunk.text.split("\n") == [*lines[:-1], lines[-1].rstrip()]
        assert chunk.start_line >= taken_until
        taken_until = chunk.end_line


@pytest.mark.models
def test_with_the_real_tokenizer_no_chunk_is_longer_than_the_model_reads(note_of: ReadNote) -> None:
    from ingest.index.embedder import load_embedder

    embedder = load_embedder()
    text = "# Codes\n\n" + " ".join(f"Code {n} (31255-RT; CO-{n}) pays $12{n}.00." for n in range(300))
    chunks = chunk_note(note_of(text), count_tokens=embedder.count_tokens, max_tokens=embedder.max_tokens)
    counts = [embedder.count_tokens(embedded_text(c)) for c in chunks]
    assert max(counts) <= 256
    assert sum(counts) / len(counts) > 150
