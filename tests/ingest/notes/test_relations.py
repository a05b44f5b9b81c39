"""What is wrong between notes, and which note has taken the place of which."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import permutations

import pytest

from ingest.notes.model import KbNote, Problem
from ingest.notes.relations import check_relations, long_sections, payer_notes, superseded_by

AS_OF = date(2026, 11, 22)
Notes = Callable[..., list[KbNote]]
ACME = {"payers/acme": "---\nkind: payer\ntitle: Acme Health Plan\npayers: [acme]\naliases: [AHP, the plan]\n---\n"}


@pytest.fixture
def notes(good) -> Notes:
    """Notes from texts by id; an id that begins with library/ is the library's."""

    def make(texts: dict[str, str]) -> list[KbNote]:
        return [good(t, i, "library" if i.startswith("library/") else "practice") for i, t in texts.items()]

    return make


def check(notes: list[KbNote], paths: frozenset[str] = frozenset()) -> list[Problem]:
    return list(check_relations(notes, paths=paths, as_of=AS_OF))


@pytest.mark.parametrize("written", ["acm", "ahp", "acme-health-plan", "the-plan"])
def test_an_unknown_payer_is_matched_by_slug_title_and_alias(notes: Notes, written: str) -> None:
    (problem,) = check(notes(ACME | {"n": f"---\npayers: [{written}]\n---\nx"}))
    assert problem.message == f'unknown payer "{written}"; did you mean "acme"?'


def test_the_library_may_name_national_payers_and_no_others(notes: Notes) -> None:
    assert check(notes({"library/n": "---\npayers: [medicare, medicaid]\n---\nx"})) == []
    assert [p.check for p in check(notes({"library/n": "---\npayers: [acme]\n---\nx"}))] == ["KB050"]
    assert [p.check for p in check(notes({"n": "---\npayers: [medicare]\n---\nx"}))] == ["KB050"]


def test_an_alias_of_two_payers_is_no_problem(notes: Notes) -> None:
    assert check(notes(ACME | {"b": ACME["payers/acme"].replace("[acme]", "[b]")})) == []


def test_the_practice_defines_a_payer_before_the_library(notes: Notes) -> None:
    both = notes(ACME | {"library/acme": ACME["payers/acme"]})
    assert payer_notes(both[::-1])["acme"].note_id == "payers/acme"
    assert check(both) == []


def test_a_successor_takes_the_place_from_its_first_day_on(notes: Notes) -> None:
    made = notes({"old": "x", "new": "---\nsupersedes: old\neffective-from: 2026-07-01\n---\ny"})
    assert superseded_by(made, date(2026, 6, 30)) == {}
    assert superseded_by(made, date(2026, 7, 1)) == {"old": "new"}
    assert superseded_by(made) == {"old": "new"}


@pytest.mark.parametrize("status", ["draft", "retired"])
def test_a_note_that_is_not_live_takes_nobodys_place(notes: Notes, status: str) -> None:
    assert superseded_by(notes({"old": "x", "new": f"---\nsupersedes: old\nstatus: {status}\n---\ny"})) == {}


def test_of_several_successors_the_latest_is_named_in_any_order_of_notes(notes: Notes) -> None:
    made = notes(
        {
            "old": "x",
            "a": "---\nsupersedes: old\neffective-from: 2026-01-01\n---\na",
            "b": "---\nsupersedes: old\neffective-from: 2026-03-01\n---\nb",
            "c": "---\nsupersedes: [old, a]\neffective-from: 2026-03-01\n---\nc",
        }
    )
    for order in permutations(made):
        assert superseded_by(order) == {"old": "b", "a": "c"}
        assert check(list(order)) == check(made)


def test_a_practice_note_may_supersede_a_library_note(notes: Notes) -> None:
    made = notes({"library/p/a": "x", "a": "---\nsupersedes: library/p/a\n---\ny"})
    assert superseded_by(made) == {"library/p/a": "a"}
    assert [(p.path, p.check, p.severity) for p in check(made)] == [("kb/library/p/a.md", "KB061", "warning")]


@pytest.mark.parametrize("written", ["payers/acme/old.md", "kb/payers/acme/old", "payers/acme/odl"])
def test_a_supersedes_that_misses_says_what_was_meant(notes: Notes, written: str) -> None:
    (problem,) = check(notes({"payers/acme/old": "x", "n": f"---\nsupersedes: {written}\n---\ny"}))
    assert (problem.check, problem.line) == ("KB053", 2)
    assert problem.message.endswith('did you mean "payers/acme/old"?')


def test_every_note_of_a_circle_is_named_and_one_that_only_leads_into_it_is_not(notes: Notes) -> None:
    made = notes(
        {
            "a": "---\nsupersedes: b\n---\n1",
            "b": "---\nsupersedes: c\n---\n2",
            "c": "---\nsupersedes: a\n---\n3",
            "d": "---\nsupersedes: a\n---\n4",
        }
    )
    assert [p.path for p in check(made) if p.check == "KB054"] == ["kb/a.md", "kb/b.md", "kb/c.md"]


def test_links_are_followed_from_the_folder_of_their_note(notes: Notes) -> None:
    made = notes(
        {
            "payers/acme/a": "[b](b.md) [c](../c.md#top) [d](/payers/acme/b.md) [e](..) [f](contract-2026.pdf)\n"
            "[g](./b.md?x=1)\n",
            "payers/acme/b": "y",
            "payers/c": "# Top\n",
        }
    )
    (problem,) = check(made, frozenset({"payers", "payers/acme"}))
    assert problem.message == 'the link "contract-2026.pdf" leads nowhere'
    assert check(made, frozenset({"payers", "payers/acme", "payers/acme/contract-2026.pdf"})) == []


def test_a_dead_link_to_a_like_name_says_which(notes: Notes) -> None:
    (problem,) = check(notes({"a/n": "[x](../b/appeal-leters.md)", "b/appeal-letters": "y"}))
    assert problem.message.endswith('did you mean "../b/appeal-letters.md"?')


@pytest.mark.parametrize("anchor", ["both-sides", "Both-Sides", "25--59", "both-sides-2", "both-sides-1"])
def test_a_heading_may_be_named_as_code_hosts_name_it(notes: Notes, anchor: str) -> None:
    assert check(notes({"a": f"[x](#{anchor})\n# Both sides\n# 25 & 59\n# Both sides\n"})) == []


def test_a_missing_heading_is_a_dead_link(notes: Notes) -> None:
    (problem,) = check(notes({"a": "[x](b.md#no)", "b": "# Yes"}))
    assert problem.message == 'no heading "#no" in b.md'


def test_the_same_text_under_other_fields_is_a_duplicate(notes: Notes) -> None:
    made = notes(ACME | {"a": "---\npayers: [acme]\n---\nOne  line.\n", "b": "One\nline."})
    assert [(p.path, p.line, p.check) for p in check(made)] == [("kb/b.md", 1, "KB056")]


@pytest.mark.parametrize(
    ("field", "day_before", "on_the_day", "day_after"),
    [("effective-through", [], [], ["KB060"]), ("review-by", [], [], ["KB062"]), ("verified", ["KB063"], [], [])],
)
def test_dates_count_from_the_day_after(
    notes: Notes, field: str, day_before: list[str], on_the_day: list[str], day_after: list[str]
) -> None:
    made = notes({"n": f"---\n{field}: 2026-11-22\n---\nx"})
    for day, expected in ((21, day_before), (22, on_the_day), (23, day_after)):
        assert [p.check for p in check_relations(made, paths=[], as_of=date(2026, 11, day))] == expected


def test_a_superseded_note_is_not_also_called_overdue(notes: Notes) -> None:
    made = notes({"a": "---\nreview-by: 2026-01-01\n---\nx", "b": "---\nsupersedes: a\n---\ny"})
    assert [p.check for p in check(made)] == ["KB061"]


@pytest.mark.parametrize(("tokens", "expected"), [(5, []), (4, [4])])
def test_a_section_may_have_as_many_tokens_as_search_reads(notes: Notes, tokens: int, expected: list[int]) -> None:
    made = notes({"a": "one two\n\n\n# Heading a\nb c\n"})
    found = long_sections(made, count_tokens=lambda text: len(text.split()), max_tokens=tokens)
    assert [problem.line for problem in found] == expected


def test_rule_blocks_do_not_make_a_section_long(notes: Notes) -> None:
    block = "```rule\nid: r\nunits-max: 1\nexamples: [pass: 99213, fail: 99213 x2]\n```\n"
    made = notes({"a": f"# A\none\n{block}two\n"})
    assert long_sections(made, count_tokens=lambda text: len(text.split()), max_tokens=4) == ()
    assert len(long_sections(made, count_tokens=lambda text: len(text.split()), max_tokens=3)) == 1
