"""Sections, slugs and links of a note's body, with their file lines."""

from __future__ import annotations

import pytest

from ingest.notes.outline import heading_slug


def test_sections_know_their_lines_level_and_headings_above(good) -> None:
    note = good("---\ntitle: T\n---\nLead.\n\n# One\na\n## Two *x*\n\nThree\nfour\n---\nb\n# Five\n")
    assert [(s.heading, s.slug, s.level, s.path, s.start_line, s.end_line) for s in note.sections] == [
        ("", "", 0, (), 4, 5),
        ("One", "one", 1, ("One",), 6, 7),
        ("Two x", "two-x", 2, ("One", "Two x"), 8, 9),
        ("Three four", "three-four", 2, ("One", "Three four"), 10, 13),
        ("Five", "five", 1, ("Five",), 14, 14),
    ]


def test_what_looks_like_a_heading_inside_a_fence_or_a_quote_is_none(good) -> None:
    note = good("# A\n```\n# B\n```\n> # C\n\n- # D\n\n    # E\n\n#F\n")
    assert [section.heading for section in note.sections] == ["A"]


def test_slugs_are_unique_within_a_note(good) -> None:
    note = good("# A\n# A\n# a-2\n# A\n# !\n# ?\n")
    assert [section.slug for section in note.sections] == ["a", "a-2", "a-2-2", "a-3", "section", "section-2"]


@pytest.mark.parametrize(
    ("heading", "slug"),
    [
        ("Both sides", "both-sides"),
        ("25 & 59: when?", "25-59-when"),
        ("É_x-y", "é_x-y"),
        ("  ", "section"),
        ("…", "section"),
    ],
)
def test_slug_of_a_heading(heading: str, slug: str) -> None:
    assert heading_slug(heading) == slug


def test_relative_links_come_with_their_lines_and_others_do_not(good) -> None:
    note = good(
        "See [a](b.md#c)\nand [d][r],\n[e](https://example.org) [f](mailto:x@example.org) [g](//example.org/x)\n\n"
        "| h |\n|---|\n| [i](j%20k.md) |\n\n- ![l](m.png)\n\n"
        "`[n](o.md)`\n\n```\n[p](q.md)\n```\n\n## [s](#t)\n\n[r]: u.md\n"
    )
    assert note.links == (("b.md#c", 1), ("u.md", 2), ("j k.md", 7), ("m.png", 9), ("#t", 17))


def test_links_are_found_in_a_paragraph_too_long_to_parse(good) -> None:
    note = good("word " * 2_000 + "\n[a](b.md)\n")
    assert note.links == (("b.md", 2),)


def test_html_is_text_as_the_screen_shows_it(good) -> None:
    assert [section.heading for section in good("<div>\n# A\n</div>\n").sections] == ["", "A"]
