"""What a note says it does not record is asked about in its own words, and is never taken as done."""

from __future__ import annotations

import pytest

from assistant.propose.model import Evidence, ProviderQuery
from assistant.propose.note_reader import read_clinical_note
from assistant.propose.queries import queries_for
from assistant.propose.queries_unrecorded import still_open, with_unrecorded_apart


def left_open(text: str) -> list[str]:
    """What the questions quote, in order."""
    note, queries = with_unrecorded_apart(read_clinical_note(text))
    for query in queries:
        for evidence in query.evidence:
            assert note.text[evidence.start : evidence.end] == evidence.quote
    return [query.text.split("\u201c")[1].split("\u201d")[0] for query in queries]


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("Trigger finger injected. The finger is not named.", "The finger is not named"),
        (
            "Left radius fracture treated. How it was brought into position, or whether it was, is not written.",
            "How it was brought into position, or whether it was, is not written",
        ),
        ("Half a vial given; nothing said about the rest.", "nothing said about the rest"),
        ("Exercise test read by me. The report does not say who supervised.", "The report does not say who supervised"),
        ("Knee injected under ultrasound. No word on whether a picture was saved.", "No word on whether a picture was saved"),
        ("Remote check. Dates of the period left blank.", "Dates of the period left blank"),
        ("It is unclear which side was treated.", "It is unclear which side was treated"),
        ("The size of the lesion wasn't documented.", "The size of the lesion wasn't documented"),
    ],
)  # fmt: skip
def test_what_the_note_says_is_not_recorded_is_asked_about_in_its_words(text, quoted):
    assert left_open(text) == [quoted]


@pytest.mark.parametrize(
    "text",
    [
        "No polyps were noted. Left side not treated.",
        "Temperature not recorded. Family history is not documented.",
        "The drum was not clear of wax. He does not give a reason for missing work.",
        "Right knee injected with 40 mg of triamcinolone.",
        "",
    ],
)
def test_a_finding_that_is_absent_or_of_no_code_is_not_asked_about(text):
    assert left_open(text) == []


def test_such_words_are_uncertain_and_the_rest_stays_as_it_was():
    text = "Right knee injected. Which physician was present is not stated. Dressing applied."
    note, _ = with_unrecorded_apart(read_clinical_note(text))
    statuses = {clause.text.split()[0]: clause.status for clause in note.clauses}
    assert (statuses["Right"], statuses["Which"], statuses["Dressing"]) == ("done", "uncertain", "done")


def test_a_note_that_leaves_nothing_open_is_the_same_note():
    note = read_clinical_note("Right knee injected with 40 mg of triamcinolone.")
    assert with_unrecorded_apart(note) == (note, ())


def test_what_another_question_asks_is_not_asked_twice():
    text = "Both ears: tubes in. The kind of anesthesia is not in the report." + " Healing well." * 40
    _, queries = with_unrecorded_apart(read_clinical_note(text))
    by_words = ProviderQuery("What kind of anesthesia was given?", "69436", ())
    beside = ProviderQuery("On which side was this done?", "side", (Evidence(0, 9, text[:9]),))
    far = ProviderQuery("How large was it?", "size", (Evidence(400, 407, text[400:407]),))
    assert list(still_open(queries, [by_words])) == []
    assert list(still_open(queries, [beside])) == []
    assert list(still_open(queries, [far])) == list(queries)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Left knee osteoarthritis.\n\nPLAN:\nInj L knee, 40 mg kenalog with 4 cc lidocaine.", True),
        ("PLAN:\nRight knee injected with 40 mg triamcinolone, lateral approach, tolerated.", True),
        ("PLAN:\nInject the knee next time. Ibuprofen 400 mg.", False),
        ("Right knee injected with 40 mg triamcinolone, lateral approach.", False),
    ],
)
def test_an_injection_told_in_full_under_the_plan_is_asked_about_and_not_coded(text, asked):
    note = read_clinical_note(text)
    assert [query.about for query in queries_for(note, (), ())].count("told under the plan") == asked
    under_plan = [clause for clause in note.clauses if clause.section == "plan"]
    assert all(clause.status != "done" for clause in under_plan)
