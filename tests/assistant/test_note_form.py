"""A note in the making: every answer is judged at once, and what is saved reads back as it was meant."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.note_form import RULE_KEYS, NoteForm
from ingest.notes.reader import read_note

TODAY = date(2026, 11, 22)
RULE = """id: ghmo-tubes
when: {codes: [69436], bilateral: true}
forbid: {modifiers: ["50"]}
examples:
  - pass: 69436-RT; 69436-LT
  - fail: 69436-50
"""


@pytest.fixture
def form(small):
    return NoteForm(small.practice, on=TODAY)


@pytest.fixture
def filled(form):
    """A form with a title, a payer, codes and a text."""
    for wrong in (
        form.set_title("Granite HMO, tube removal"),
        form.set_payer("Granite HMO"),
        form.set_codes("69424"),
        form.set_text("Tube removal needs modifier 50 for both ears."),
        form.set_owner("lee.park"),
    ):
        assert wrong is None
    return form


def read_back(form):
    read = read_note(form.markdown().encode(), note_id="new/x", path="new/x.md", layer="practice")
    assert [problem for problem in read.problems if problem.severity == "error"] == []
    assert read.note is not None
    return read.note


def test_what_was_answered_reads_back_as_a_note(filled):
    note = read_back(filled)
    assert note.title == "Granite HMO, tube removal"
    assert note.kind == "payer-rule"
    assert note.payers == ("granite-hmo",)
    assert str(note.codes) == "69424"
    assert note.owner == "lee.park"
    assert note.verified == TODAY
    assert note.review_by == date(2027, 5, 23)
    assert note.confidence == "seen-once"
    assert "Tube removal needs modifier 50 for both ears." in note.text
    assert [section.heading for section in note.sections] == ["Granite HMO, tube removal"]
    assert filled.problems() == []


def test_a_note_for_every_payer_is_a_reference(form):
    form.set_title("Posting")
    form.set_payer("")
    form.set_text("Post before nine.")
    note = read_back(form)
    assert (note.kind, note.payers) == ("reference", ())


def test_a_text_with_its_own_headings_keeps_them(form):
    form.set_title("Posting")
    form.set_text("# Morning\nPost before nine.\n\n# Evening\nNothing.")
    assert [section.heading for section in read_back(form).sections] == ["Morning", "Evening"]


@pytest.mark.parametrize("title", ["", "   ", "x" * 121])
def test_a_title_is_needed_and_is_short(form, title):
    assert form.set_title(title)


@pytest.mark.parametrize(
    "title",
    [
        "Tubes: both ears",
        'The "other" Summit',
        "# 1 rule",
        "no",
        "12:30",
        "Caf\u00e9 \\ bar",
        "- x",
        "[a]",
        "it's 50% & more",
        "true",
        "{x}",
        "a #b",
    ],
)
def test_any_title_reads_back_as_it_was_typed(form, title):
    assert form.set_title(title) is None
    form.set_text("Words.")
    assert read_back(form).title == title


@pytest.mark.parametrize(
    ("answer", "slug"),
    [
        ("Granite HMO", "granite-hmo"),
        ("granite-hmo", "granite-hmo"),
        ("nwp", "northwind-ppo"),
        ("nothwind", "northwind-ppo"),
    ],
)
def test_a_payer_is_taken_by_name_slug_alias_or_with_a_typing_mistake(form, answer, slug):
    assert form.set_payer(answer) is None
    form.set_title("x")
    form.set_text("x")
    assert f"payers: [{slug}]" in form.markdown()


@pytest.mark.parametrize(
    ("answer", "said"),
    [("Granite", "several payers"), ("Zephyr", "no payer note knows"), ("aetna", "no payer note knows")],
)
def test_a_payer_that_fits_several_or_none_is_refused_with_what_is_known(form, answer, said):
    wrong = form.set_payer(answer)
    assert wrong is not None
    assert said in wrong
    assert "granite-hmo" in wrong


def test_an_empty_practice_is_told_how_to_make_a_payer_known(empty_practice):
    wrong = NoteForm(empty_practice.practice, on=TODAY).set_payer("Zephyr")
    assert wrong is not None
    assert "kind: payer" in wrong


@pytest.mark.parametrize(
    "answer", ["69436", "69433, 69436", "69433 69436", "69433;69436", "31253-31259", "", " j3301 "]
)
def test_codes_are_taken_in_every_usual_writing(form, answer):
    assert form.set_codes(answer) is None


@pytest.mark.parametrize("answer", ["tubes", "6943", "69436-69433", "69436-J3301", "69436,,tube"])
def test_what_is_no_code_is_refused_and_named(form, answer):
    assert form.set_codes(answer)


@pytest.mark.parametrize("text", ["", "  \n "])
def test_a_text_is_needed(form, text):
    assert form.set_text(text)


def test_a_rule_is_taken_and_said_in_words(filled):
    assert filled.set_rule(RULE) is None
    assert "69436" in filled.rule_sentence()
    assert [rule.rule_id for rule in read_back(filled).rules] == ["ghmo-tubes"]
    assert filled.problems() == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("forbid", "forbit"), "forbid"),
        (("  - fail: 69436-50\n", "  - fail: 69436-RT\n"), "must fail"),
        (("  - pass: 69436-RT; 69436-LT\n", "  - pass: 69436-50\n"), "must pass"),
        (("ghmo-tubes", "nw-tubes-50"), "id"),
        (('["50"]', '["5"]'), ""),
    ],
)
def test_a_rule_that_is_wrong_is_refused_and_the_note_stays_as_it_was(filled, change, said):
    before = filled.markdown()
    wrong = filled.set_rule(RULE.replace(*change))
    assert wrong
    assert said in wrong
    assert filled.markdown() == before


def test_a_rule_that_contradicts_another_note_is_refused(form, small):
    form.set_title("Northwind tubes the other way")
    form.set_payer("Northwind")
    form.set_text("Two lines.")
    wrong = form.set_rule(
        'id: nw-other\nwhen: {codes: [69436], bilateral: true}\nrequire: {modifiers: [RT]}\nforbid: {modifiers: ["50"]}\n'
        "examples:\n  - pass: 69436-RT x2\n  - fail: 69436-50\n"
    )
    assert wrong is not None
    assert "nw-tubes-50" in wrong


def test_a_rule_is_made_from_answers_key_by_key(filled):
    answers = dict.fromkeys((key for key, _ in RULE_KEYS), "")
    answers |= {
        "when.bilateral": "yes",
        "require.modifiers": "50",
        "require.units": "1",
        "severity": "warning",
        "pass": "69424-50 x1",
        "fail": "69424-RT; 69424-LT",
    }
    assert filled.set_rule_answers(answers) is None
    (rule,) = read_back(filled).rules
    assert rule.when is not None
    assert rule.require is not None
    assert str(rule.when.codes) == "69424"
    assert rule.when.bilateral is True
    assert (rule.require.modifiers, rule.require.units) == (("50",), 1)
    assert rule.severity == "warning"
    assert len(rule.examples) == 2


@pytest.mark.parametrize(
    ("answers", "check"),
    [
        ({"units-max": "2", "pass": "69424 x2", "fail": "69424 x3"}, lambda rule: rule.units_max == 2),
        (
            {"require.authorization": "yes", "pass": "authorization: A1; 69424", "fail": "69424"},
            lambda rule: rule.require.authorization,
        ),
        (
            {"when.age": "0-11", "forbid.modifiers": "50", "pass": "age: 8; 69424-RT", "fail": "age: 8; 69424-50"},
            lambda rule: 11 in rule.when.age,
        ),
        (
            {
                "when.places": "11, 24",
                "forbid.codes": "69436",
                "pass": "pos: 24; 69424",
                "fail": "pos: 24; 69424; 69436",
            },
            lambda rule: rule.when.places == ("11", "24"),
        ),
    ],
)
def test_every_kind_of_answer_becomes_the_key_it_stands_for(filled, answers, check):
    assert filled.set_rule_answers(answers) is None
    (rule,) = read_back(filled).rules
    assert check(rule)


@pytest.mark.parametrize("answer", ["both", "either", "yep", "maybe"])
def test_an_answer_that_is_neither_yes_nor_no_is_asked_again(filled, answer):
    assert filled.set_rule_answers({"when.bilateral": answer, "require.modifiers": "50"}) is not None


def test_an_open_fence_in_the_text_does_not_swallow_the_rule(filled):
    filled.set_text("The screen says:\n```\nDENIED 50")
    wrong = filled.set_rule(RULE)
    assert wrong is not None or [rule.rule_id for rule in read_back(filled).rules] == ["ghmo-tubes"]


def test_saving_writes_a_new_file_and_never_over_another(filled, small):
    first, second = filled.save(), filled.save()
    assert first == small.kb / "payers" / "granite-hmo" / "granite-hmo-tube-removal.md"
    assert second.name == "granite-hmo-tube-removal-2.md"
    assert first.read_text(encoding="utf-8") == second.read_text(encoding="utf-8") == filled.markdown()


def test_a_saved_note_answers_the_next_question(filled, small):
    filled.save()
    answer = small.ask("which modifier does Granite HMO want for tube removal in both ears")
    assert [citation.note for citation in answer.citations] == ["payers/granite-hmo/granite-hmo-tube-removal"]


@pytest.mark.parametrize("title", ["../../outside", "/etc/passwd", "..", "a/b", "\u4e2d\u6587", "CON", "readme"])
def test_a_title_never_leads_out_of_the_folder_and_the_note_is_listed(form, small, title):
    form.set_title(title)
    form.set_text("Words.")
    path = form.save()
    assert path.resolve().is_relative_to(small.kb.resolve() / "reference")
    assert path.suffix == ".md"


def test_a_folder_that_cannot_be_written_is_an_error_with_its_name(filled, small):
    folder = small.kb / "payers" / "granite-hmo"
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    folder.write_text("in the way", encoding="utf-8")
    with pytest.raises(Exception, match="granite-hmo") as caught:
        filled.save()
    assert type(caught.value).__name__ == "InputError"


@pytest.mark.parametrize("set_one", ["set_title", "set_text", "set_owner", "set_rule"])
def test_characters_that_no_file_can_hold_are_refused(form, set_one):
    form.set_title("Posting")
    form.set_text("Words.")
    wrong = getattr(form, set_one)("a\udce9b")
    assert wrong is not None or form.problems()


@settings(max_examples=60, deadline=None)
@given(title=st.text(min_size=1, max_size=60), owner=st.text(max_size=30))
def test_any_title_and_owner_read_back_or_are_a_problem(tmp_path_factory, title, owner):
    from assistant.settings import Practice

    folder = tmp_path_factory.getbasetemp() / "form"
    (folder / "kb").mkdir(parents=True, exist_ok=True)
    form = NoteForm(Practice(folder, folder / "kb" / "library"), on=TODAY)
    if form.set_title(title) or form.set_text("Words.") or form.set_owner(owner):
        return
    if not form.problems():
        note = read_back(form)
        assert note.title == " ".join(title.split())
        assert (note.owner or "") == " ".join(owner.split())
