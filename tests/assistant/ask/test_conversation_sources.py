"""Where an answer comes from, said in the notes' own words."""

from __future__ import annotations

from datetime import date

import pytest

from assistant.ask.answer import Answer, Citation, Nearest
from assistant.ask.conversation_sources import explained
from assistant.ask.facts import fact_of

TEXT = """---
title: Northwind PPO, sinus surgery
kind: payer-rule
payers: [northwind-ppo]
codes: [31255]
owner: lee.park
verified: 2026-09-01
review-by: 2027-03-01
effective-from: 2025-01-01
supersedes: payers/northwind/old
confidence: seen-once
sources: ["ERA 2026-03-18, claim 8841", "manual, p. 61"]
---
## Both sides
One line with modifier 50.

```rule
id: nw-50
when: {codes: [31255], bilateral: true}
require: {modifiers: ["50"]}
examples:
  - pass: 31255-50
  - fail: 31255-RT; 31255-LT
```

## Why they refused
The screen reads the first line only.
"""
PLAIN = "---\ntitle: Crib card\n---\n## Sides\nNever a side on 30520.\n"
TODAY = date(2026, 11, 22)


@pytest.fixture
def note(note_of):
    return note_of(TEXT, "payers/northwind/sinus")


def cited(note, quote: str, line: int, heading: str) -> Citation:
    """A citation of one line."""
    return Citation(
        n=1, note=note.note_id, title=note.title, heading=heading, lines=(line, line), quote=quote,
        verified=note.verified, review_by=note.review_by, owner=note.owner, stale=False, status=note.status,
        effective_from=note.effective_from, effective_through=note.effective_through,
    )  # fmt: skip


@pytest.fixture
def answer(note):
    citation = cited(note, "One line with modifier 50.", 15, "Both sides")
    fact = fact_of(note.rules[0], note, ("Northwind PPO",))
    return Answer("answered", "Modifier 50. [1]", TODAY, citations=(citation,), facts=(fact,), model="some model")


@pytest.mark.parametrize(
    ("about", "said"),
    [
        (
            "why",
            ["modifier 50", "One line with modifier 50.", "Why they refused", "The screen reads the first line only."],
        ),
        ("why", ["claim 8841", "lee.park", "line 15"]),
        ("since", ["from 2025-01-01", "payers/northwind/old", "2026-09-01"]),
        ("until", ["from 2025-01-01", "2027-03-01"]),
        ("who", ["lee.park", "ERA 2026-03-18, claim 8841; manual, p. 61"]),
        ("fresh", ["2026-09-01", "2027-03-01", "seen once"]),
        ("note", ["id: nw-50", "## Why they refused"]),
    ],
)
def test_the_sources_say_what_is_asked_of_them(answer, note, about, said):
    told = explained(about, answer, lambda _: note)
    assert told.status == "answered"
    for words in said:
        assert words in told.text


def test_the_whole_note_is_quoted_exactly_at_its_lines(answer, note):
    citation = explained("note", answer, lambda _: note).citations[0]
    first, last = citation.lines
    assert citation.quote == "\n".join(note.lines[first - 1 : last])
    assert citation.quote.startswith("## Both sides")
    assert citation.quote.endswith("first line only.")


def test_an_explanation_is_no_work_of_a_model(answer, note):
    assert explained("why", answer, lambda _: note).model is None


def test_what_a_note_does_not_say_is_not_invented(note_of):
    note = note_of(PLAIN, "inbox/crib")
    answer = Answer("answered", "No side.", TODAY, citations=(cited(note, "Never a side on 30520.", 5, "Sides"),))
    assert "no reason beyond these words" in explained("why", answer, lambda _: note).text
    assert "names no source" in explained("who", answer, lambda _: note).text
    assert "no first and no last day" in explained("since", answer, lambda _: note).text
    assert "never verified" in explained("fresh", answer, lambda _: note).text.lower()


def test_a_draft_says_that_nobody_confirmed_it(note_of):
    note = note_of(TEXT.replace("confidence:", "status: draft\nconfidence:"))
    answer = Answer("answered", "50.", TODAY, citations=(cited(note, "One line with modifier 50.", 16, "Both sides"),))
    assert "nobody has confirmed it" in explained("fresh", answer, lambda _: note).text


def test_a_refusal_tells_what_the_nearest_notes_lack():
    nearest = (Nearest("payers/a", "Sides", ("code 31255",)), Nearest("payers/b", "", ()))
    refusal = Answer("not_in_kb", "Not in the knowledge base.", TODAY, nearest=nearest)
    told = explained("why", refusal, _never)
    assert (told.status, told.citations) == ("not_in_kb", ())
    assert "payers/a (Sides) says nothing of code 31255." in told.text


def _never(note_id: str):
    raise AssertionError(note_id)
