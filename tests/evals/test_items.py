"""Reading a set: what is taken, and what an error says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from evals.items import SetError, load_items, set_hash
from evals.places import find_set, fitting_sets
from evals.wording import holds

WriteSet = Callable[..., Path]


def line(**changes: object) -> str:
    """One item as a JSON line, with parts changed."""
    item: dict[str, object] = {
        "id": "a",
        "question": "Which modifier?",
        "expect": {"status": "answered", "notes": ["n"], "must": [["50"]]},
    }
    return json.dumps(item | changes)


def test_items_come_in_order_and_empty_lines_are_passed_over(write_set: WriteSet) -> None:
    items = load_items(write_set(line(), "", line(id="b", as_of="2025-06-10", subset=True, tags=["x"])))
    assert [item.id for item in items] == ["a", "b"]
    assert items[0].as_of is None
    assert str(items[1].as_of) == "2025-06-10"
    assert items[1].subset


def test_every_wrong_line_is_named_at_once(write_set: WriteSet) -> None:
    path = write_set(line(), "{no", line(id="c", as_of="June"), line(id="a"))
    with pytest.raises(SetError) as caught:
        load_items(path)
    told = str(caught.value).splitlines()
    assert [one.split(":")[1] for one in told] == ["2", "3", "4"]
    assert "no JSON" in told[0]
    assert "as_of" in told[1]
    assert 'id "a"' in told[2]


def test_an_unknown_field_is_named_with_what_was_meant(write_set: WriteSet) -> None:
    with pytest.raises(SetError, match=r':1: unknown field "questoin"; did you mean "question"\?'):
        load_items(write_set(line(questoin="?")))


@pytest.mark.parametrize(
    ("expect", "said"),
    [
        ({"status": "answered", "notes": [], "must": [["50"]]}, "needs notes and must"),
        ({"status": "answered", "notes": ["n"], "must": []}, "needs notes and must"),
        ({"status": "answered", "notes": ["n"], "must": [[]]}, "group of must is empty"),
        ({"status": "not_in_kb", "notes": ["n"], "must": []}, "has no notes"),
        ({"status": "perhaps"}, "status"),
        (
            {"status": "answered", "notes": ["n"], "must": [["5"]], "change": {"note": "m", "old": "5", "new": "6"}},
            "not among notes",
        ),
        (
            {"status": "answered", "notes": ["n"], "must": [["5"]], "change": {"note": "n", "old": "5", "new": "5"}},
            "the same",
        ),
    ],
)
def test_an_expectation_that_cannot_be_scored_is_refused(
    write_set: WriteSet, expect: dict[str, object], said: str
) -> None:
    with pytest.raises(SetError, match=rf":1: .*{said}"):
        load_items(write_set(line(expect=expect)))


def test_a_set_without_items_and_one_that_is_not_there_are_errors(write_set: WriteSet, tmp_path: Path) -> None:
    with pytest.raises(SetError, match="no item"):
        load_items(write_set(""))
    with pytest.raises(SetError, match="cannot be read"):
        load_items(tmp_path / "none.jsonl")


def test_the_hash_follows_the_sets_bytes(write_set: WriteSet) -> None:
    before = set_hash(write_set(line()))
    assert set_hash(write_set(line())) == before
    assert set_hash(write_set(line(id="b"))) != before


@pytest.mark.parametrize("name", ["ask", *(one.name for one in fitting_sets())])
def test_every_set_that_comes_with_the_project_can_be_read(name: str) -> None:
    assert load_items(find_set(name).items)


def test_every_expected_note_of_a_fitting_set_is_there() -> None:
    sets = fitting_sets()
    assert {"delta", "echo", "foxtrot", "prairie"} <= {one.name for one in sets}
    for one in sets:
        assert one.practice is not None
        for item in (*load_items(one.items), *(load_items(one.more) if one.more else ())):
            for note in item.practice_notes:
                path = one.practice / "kb" / f"{note}.md"
                assert path.is_file(), (item.id, note)
                said = path.read_text(encoding="utf-8")
                assert all(any(holds(said, phrase) for phrase in group) for group in item.expect.must) or (
                    len(item.practice_notes) > 1
                ), item.id


def test_further_questions_of_a_practice_are_no_part_of_its_set() -> None:
    foxtrot = find_set("foxtrot")
    assert foxtrot.more is not None
    assert len(load_items(foxtrot.items)) == 60
    assert not {item.id for item in load_items(foxtrot.items)} & {item.id for item in load_items(foxtrot.more)}
    assert find_set("ask").more is None
