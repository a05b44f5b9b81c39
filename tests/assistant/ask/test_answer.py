"""The answer as the stable JSON of the contract, and how fresh a citation says it is."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from assistant.ask.answer import Answer, Citation, GapKey, General, Nearest
from assistant.ask.flow import gap_key

CITED = Citation(
    n=1,
    note="payers/acme/tubes",
    title="Acme, tubes",
    heading="Both ears",
    lines=(4, 5),
    quote="One line.",
    verified=date(2026, 9, 14),
    review_by=date(2027, 3, 14),
    owner="maria.garcia",
    stale=False,
    status="live",
    effective_from=None,
    effective_through=date(2026, 12, 31),
)


def test_a_citation_has_the_names_of_the_contract_and_dates_as_text():
    stated = CITED.as_json()
    assert {"n", "note", "heading", "lines", "quote", "verified", "review_by", "stale", "status"} <= set(stated)
    assert stated["lines"] == [4, 5]
    assert stated["verified"] == "2026-09-14"
    assert stated["effective_from"] is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "verified 2026-09-14 by maria.garcia; fresh until 2027-03-14"),
        ({"stale": True}, "verified 2026-09-14 by maria.garcia; STALE, review was due 2027-03-14"),
        ({"stale": True, "review_by": None}, "verified 2026-09-14 by maria.garcia; STALE"),
        ({"review_by": None}, "verified 2026-09-14 by maria.garcia; no review date"),
        ({"verified": None, "review_by": None}, "never verified, written by maria.garcia; no review date"),
        ({"verified": None, "review_by": None, "owner": None}, "never verified; no review date"),
        ({"note": "library/x", "review_by": None}, "verified 2026-09-14; no review date"),
    ],
)
def test_how_fresh_a_note_is_is_said_in_words(change, said):
    assert replace(CITED, **change).freshness() == said


def test_an_answer_is_json_with_every_name_of_the_contract():
    answer = Answer(
        "not_in_kb",
        "Not in the knowledge base.",
        date(2026, 11, 22),
        general=(General("library/x", "Head", (3, 3), "words", None),),
        nearest=(Nearest("a", "", ("code 31255",)),),
        gap=GapKey(("acme",), ("31255",), ("modifier",)),
        timings={"read": 0.123456},
    )
    stated = json.loads(json.dumps(answer.as_json()))
    assert {"status", "answer", "citations", "facts", "general", "gap", "model", "timings"} <= set(stated)
    assert stated["gap"] == {"payers": ["acme"], "codes": ["31255"], "asked": ["modifier"]}
    assert stated["general"][0]["label"].startswith("national rule from the starter library")
    assert stated["timings"] == {"read": 0.1235}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("does Northwind want 50 for tubes", "tubes at northwind: modifier 50 or not?"),
        ("which modifier does Granite HMO want for 69436", "69436 ghmo which modifier"),
        ("northwind authorization for septoplasty", "does the deviated septum repair need prior auth at Northwind"),
        ("31255 and 31267 northwind units", "northwind how many units of 31267 and 31255"),
    ],
)
def test_the_key_of_a_gap_does_not_depend_on_the_wording(ask_reader, one, other):
    first, second = gap_key(ask_reader(one)), gap_key(ask_reader(other))
    assert (first.payers, first.codes) == (second.payers, second.codes)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("northwind tubes modifier", "granite hmo tubes modifier"),
        ("northwind tubes modifier", "northwind septoplasty modifier"),
        ("northwind tubes authorization", "northwind tubes units"),
        ("northwind zebras", "northwind lions"),
        ("northwind: zebra form", "northwind: lion form"),
    ],
)
def test_another_payer_code_or_thing_asked_is_another_gap(ask_reader, one, other):
    assert gap_key(ask_reader(one)) != gap_key(ask_reader(other))
