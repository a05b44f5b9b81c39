"""Changing notes: what is replaced, what is left, and when nothing can be judged."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from evals.items import Item
from evals.mutations import (
    Skip,
    ValueChange,
    emptied,
    invented_payer_note,
    opposite_for_invented,
    plan_change,
    readable,
    replaced,
)
from ingest.notes.model import KbNote

MakeItem = Callable[..., Item]


def change(old: str, new: str, note: str = "sinus") -> dict[str, str]:
    """A change as an item has it."""
    return {"note": note, "old": old, "new": new}


def test_a_value_is_replaced_in_prose_and_rule_but_not_in_front_matter_or_the_names_of_a_rule(sinus_text: str) -> None:
    text = replaced(sinus_text, "50", "51")
    head, _, body = text.partition("---\n## ")
    assert 'modifiers: ["50"]' in head
    assert "modifier **51**" in body
    assert 'modifiers: ["51"]' in body
    assert "31255-51 x1" in body
    assert "id: acorn-50" in body
    assert "fix: one-line-50" in body


def test_only_whole_words_are_replaced() -> None:
    assert replaced("150 and 50.5 and 50, 50-50", "50", "51") == "150 and 50.5 and 51, 51-51"


def test_case_does_not_matter() -> None:
    assert replaced("Mohs map; mohs map; mohs mapping", "Mohs map", "chart") == "chart; chart; mohs mapping"


def test_of_a_quantity_the_number_is_replaced_in_a_rule() -> None:
    text = "Within 90 days, not 90 hours.\n```rule\nid: t-90\nfile-within-days: 90\n```\n90"
    assert replaced(text, "90 days", "75 days") == (
        "Within 75 days, not 90 hours.\n```rule\nid: t-90\nfile-within-days: 75\n```\n90"
    )


def test_a_change_is_planned_in_the_one_note(item_of: MakeItem, sinus_text: str) -> None:
    plan = plan_change(item_of(change=change("50", "51")), {"sinus": sinus_text})
    assert isinstance(plan, ValueChange)
    assert list(plan.texts) == ["sinus"]
    assert not plan.everywhere


def test_a_change_is_made_in_every_expected_note_that_holds_the_value(item_of: MakeItem, sinus_text: str) -> None:
    item = item_of(notes=("sinus", "card", "silent"), change=change("50", "51"))
    plan = plan_change(item, {"sinus": sinus_text, "card": "Both sides: 50.", "silent": "Nothing."})
    assert isinstance(plan, ValueChange)
    assert plan.texts["card"] == "Both sides: 51."
    assert set(plan.texts) == {"sinus", "card"}
    assert plan.everywhere


@pytest.mark.parametrize(
    ("question", "old", "new", "reason"),
    [
        ("50 or not?", "50", "51", "question itself"),
        ("sides?", "79", "78", "does not stand"),
        ("sides?", "one unit", "90 days", "holds the new value already"),
        ("sides?", "RT", "nonsense", "in error after it"),
    ],
)
def test_what_cannot_be_judged_is_skipped_with_the_reason(
    item_of: MakeItem, sinus_text: str, question: str, old: str, new: str, reason: str
) -> None:
    plan = plan_change(item_of(question, change=change(old, new)), {"sinus": sinus_text})
    assert isinstance(plan, Skip)
    assert reason in plan.reason


def test_an_item_without_a_change_is_skipped(item_of: MakeItem) -> None:
    assert isinstance(plan_change(item_of(), {}), Skip)


def test_the_other_payers_note_says_the_opposite_under_its_own_name(item_of: MakeItem, sinus: KbNote) -> None:
    item = item_of(must=(("50",), ("one unit",)), change=change("50", "51"))
    text = opposite_for_invented(item, sinus, ["Acorn Health", "acorn"])
    assert text is not None
    note = readable("payers/quillback-mutual/opposite", text)
    assert note is not None
    assert note.payers == ("quillback-mutual",)
    assert "modifier **51** and not one unit" in note.text
    assert "acorn" not in note.text.lower().replace("quillback-acorn-50", "")
    assert [rule.rule_id for rule in note.rules] == ["quillback-acorn-50"]
    assert note.rules[0].require is not None
    assert note.rules[0].require.modifiers == ("51",)
    assert note.effective_from == sinus.effective_from


def test_rules_that_the_opposite_breaks_are_left_out(item_of: MakeItem, sinus: KbNote) -> None:
    text = opposite_for_invented(item_of(change=change("RT", "nonsense")), sinus, [])
    assert text is not None
    note = readable("payers/quillback-mutual/opposite", text)
    assert note is not None
    assert note.rules == ()
    assert "Both sides" in note.text


def test_the_invented_payers_own_note_can_be_read() -> None:
    note = readable("payers/quillback-mutual/payer", invented_payer_note())
    assert note is not None
    assert (note.kind, note.payers) == ("payer", ("quillback-mutual",))


def test_an_emptied_note_keeps_its_front_matter_and_says_nothing_more() -> None:
    text = "---\ntitle: Acme\nkind: payer\npayers: [acme]\naliases: [AC]\n---\n## Deadline\n90 days.\n"
    note = readable("payers/acme/payer", emptied(text))
    assert note is not None
    assert (note.payers, note.aliases) == (("acme",), ("AC",))
    assert "90" not in note.text
