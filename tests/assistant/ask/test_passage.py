"""What a passage speaks of, what a question demands of it, and the demands for which nothing else will do."""

from __future__ import annotations

from datetime import date

import pytest

from assistant.ask.demands import demands_on, modifier_group, rarity_of
from assistant.ask.facts import fact_of, matching_rules
from assistant.ask.passage import carcs_in, codes_in, holds
from assistant.ask.sufficiency import (
    FEATURES,
    Weighed,
    features_of,
    load_weights,
    probability,
    share_met,
)

TUBES = """---
title: Northwind PPO, ear tubes
payers: [northwind-ppo]
codes: [69433, 69436]
effective-from: 2025-01-01
---
## Both ears in one session
Bill 69436 on one line with modifier 50. Two lines deny CO-4.

```rule
id: nw-50
when: {codes: [69433, 69436], bilateral: true}
require: {modifiers: ["50"]}
examples:
  - pass: 69436-50
  - fail: 69436-RT; 69436-LT
```

```rule
id: nw-age
when: {codes: [69436], age: 0-11}
require: {authorization: true}
examples:
  - pass: "age: 8; authorization: A1; 69436-50"
  - fail: "age: 8; 69436-50"
```
"""


@pytest.fixture
def tubes(passages_of):
    (passage,) = passages_of(TUBES)
    return passage


@pytest.fixture
def demanded(ask_reader, tubes, lexicon):
    """The demands of a question on the passage about tubes, by name."""

    def hold(question: str, passage=tubes):
        found = demands_on(ask_reader(question), passage, rarity=lambda _form: 0.5, lexicon=lexicon, names_payer=1.0)
        return {str(demand): demand.met for demand in found}

    return hold


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("31255", "31255"),
        ("31253-31259 and 31267", "31253-31259, 31253, 31259, 31267"),
        ("31254/55", "31254, 31255"),
        ("G0268 or J3301", "G0268, J3301"),
        ("claim 312556, $31255, NW31255", ""),
    ],
)
def test_the_codes_of_a_text(text, expected):
    assert sorted(str(codes_in(text)).split(", ")) == sorted(expected.split(", "))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("denies CO-4 or PR 204", {"CO-4", "PR-204"}),
        ("CO97 with N122", {"CO-97", "N122"}),
        ("CARC 97", {"97"}),
        ("31255 and 50", set()),
    ],
)
def test_the_denial_codes_of_a_text(text, expected):
    assert carcs_in(text) == expected


@pytest.mark.parametrize(
    ("need", "yes", "no"),
    [
        ("duration", ["within 90 days", "two weeks", "by the 10th", "no time limit"], ["90 units", "soon"]),
        ("contact", ["555-0190", "extension 218", "ext. 4", "a@b.example"], ["fax 555-0191", "on paper"]),
        ("fax", ["fax 555-0191", "fax: (555) 555-0191"], ["555-0190", "by fax"]),
        ("amount", ["$25", "80%", "80 percent"], ["80 units"]),
        ("number", ["up to 8", "three", "once"], ["some"]),
        ("address", ["PO Box 110", "12 Harbor Street"], ["by mail"]),
        ("email", ["claims@plan.example"], ["by mail"]),
    ],
)
def test_whether_a_text_holds_a_value_of_a_kind(need, yes, no):
    assert all(holds(need, text) for text in yes)
    assert not any(holds(need, text) for text in no)


def test_a_passage_speaks_of_what_its_lines_and_rules_name(tubes):
    assert "69433" in tubes.own_codes
    assert {"50"} <= tubes.modifiers
    assert tubes.carcs == {"CO-4"}
    assert "ear-tube" in tubes.procedures
    assert {"modifier", "both-sides", "age", "authorization"} <= tubes.topics
    assert [rule.rule_id for rule in tubes.rules] == ["nw-50", "nw-age"]


def test_what_the_passage_speaks_of_is_met(demanded):
    met = demanded("northwind: 69436 both ears, modifier 50, denied CO-4")
    assert met["code 69436"] == 1.0
    assert met["modifier 50"] == 1.0
    assert met["denial code CO-4"] == 1.0
    assert met["topic both-sides"] == 1.0


@pytest.mark.parametrize(
    ("question", "demand"),
    [
        ("northwind: 31255 both sides", "code 31255"),
        ("northwind septoplasty", "procedure septoplasty"),
        ("northwind: modifier 25 on 69436", "modifier 25"),
        ("northwind: 69436 denied CO-97", "denial code CO-97"),
        ("northwind fax number for tubes", "value fax (fax)"),
        ("northwind appeal for tubes", "topic appeal"),
        ("northwind tubes zebra", "word zebra"),
    ],
)
def test_what_the_passage_does_not_speak_of_is_not_met(demanded, question, demand):
    assert demanded(question)[demand] == 0.0


def test_modifiers_of_one_choice_answer_for_one_another(demanded):
    assert demanded("northwind: RT or LT for 69436")["modifier RT/LT"] == 1.0
    assert modifier_group("XS") == modifier_group("59")
    assert modifier_group("25") == {"25"}


def test_a_note_declared_for_a_code_speaks_for_it_unless_its_section_names_others(passages_of, demanded):
    own, other = passages_of(
        "---\ncodes: [69436, 31255]\n---\n## All\nAlways one line for both sides, with the modifier for two sides on it.\n\n"
        "## Sinus\n31255 goes on one line.\n"
    )
    assert demanded("69436 on one line", own)["code 69436"] > 0.5
    assert demanded("69436 on one line", other)["code 69436"] < 0.5


def test_how_long_something_took_is_no_deadline_of_it(demanded, passages_of):
    question = "northwind appeal, how many days do we have"
    (took,) = passages_of("# Denied\n\nAn appeal would have taken 60 days.\n")
    (within,) = passages_of("# Denied\n\nAn appeal within 60 days of the remittance.\n")
    assert demanded(question, took)["joined appeal"] == 0.0
    assert demanded(question, within)["joined appeal"] == 1.0


@pytest.mark.parametrize(
    ("line", "is_a_limit"),
    [
        ("Claims: 120 days.", True),
        ("One year minus a day (364 days) for a claim.", True),
        ("Paper claims within 95 days.", True),
        ("Hold 10 days for a claim status.", False),
        ("Claims go out on Monday.", False),
        ("Appeals: 120 days.", False),
    ],
)
def test_a_time_that_is_given_to_claims_is_a_filing_limit(demanded, passages_of, line, is_a_limit):
    (passage,) = passages_of(f"# Calendar\n\n{line}\n")
    found = demanded("northwind timely filing", passage)
    assert found["joined filing-limit of timely-filing"] == float(is_a_limit)


def test_a_code_that_stands_behind_after_is_not_what_a_passage_is_about(demanded, passages_of):
    (passage,) = passages_of("# Cleaning\n\n31237-79 within 90 days of 30520, no authorization was asked.\n")
    assert demanded("northwind authorization for 30520", passage)["code 30520"] < 0.3
    assert demanded("northwind authorization for 31237", passage)["code 31237"] == 1.0
    assert demanded("northwind modifier on 31237 after 30520", passage)["code 30520"] > 0.5


def test_a_heading_after_an_operation_is_not_about_the_operation(passages_of):
    (passage,) = passages_of("# Debridement after septoplasty\n\nUse 79.\n")
    assert passage.headed_procedures == {"sinus-debridement"}


def test_a_text_file_is_no_filing(demanded, passages_of):
    (passage,) = passages_of("# Portal\n\nFill it in a text file, the screen ends after 10 minutes.\n")
    assert demanded("northwind timely filing", passage)["topic timely-filing"] == 0.0


def test_a_typing_mistake_in_the_question_still_meets_the_word(demanded):
    assert demanded("northwind tubes sesion")["word sesion"] > 0


@pytest.fixture
def weighed(ask_reader, tubes, lexicon):
    """The passage about tubes, weighed for a question without vectors."""

    def weigh(question: str, value_gap: float = 0.0, *, payers_own: bool = False) -> Weighed:
        read = ask_reader(question)
        demands = demands_on(read, tubes, rarity=lambda _form: 0.5, lexicon=lexicon, names_payer=1.0)
        features = features_of(
            read, demands, similarity=0.5, closest=0.5, piece_share=0.5, lexical_rank=0, has_rule=True,
            names_procedures=True,
            stands_out=0.1, closest_stands_out=0.1, value_gap=value_gap, tells_of_a_denial=True, payers_own=payers_own,
        )  # fmt: skip
        return Weighed(tubes, demands, features, probability(features, load_weights()))

    return weigh


@pytest.mark.parametrize(
    ("question", "refused_by"),
    [
        ("northwind: modifier 25 on 69436", "modifier 25"),
        ("northwind: 69436 denied CO-97", "denial code CO-97"),
        ("northwind fax number for tubes", "value fax (fax)"),
        ("northwind copay for tubes", "topic copay"),
        ("northwind phone number", "value contact (contact)"),
        ("northwind timely filing", "joined filing-limit of timely-filing"),
        ("northwind: form BS212x for tubes", "name bs212x"),
    ],
)
def test_some_demands_refuse_a_passage_that_does_not_meet_them(weighed, question, refused_by):
    assert str(weighed(question).refused_by) == refused_by
    assert refused_by in weighed(question).missing


def test_one_payers_note_is_told_apart_for_a_question_that_names_no_payer(weighed):
    assert weighed("69436 both ears", payers_own=True).features["payer_unasked"] == 1.0
    assert weighed("northwind: 69436 both ears", payers_own=True).features["payer_unasked"] == 0.0
    assert weighed("69436 both ears").features["payer_unasked"] == 0.0


def test_the_word_that_is_missed_most_has_its_own_feature(weighed):
    assert (
        weighed("northwind tubes zebra").features["word_missing"] > weighed("northwind tubes").features["word_missing"]
    )


def test_a_passage_that_meets_every_demand_is_refused_by_none(weighed):
    found = weighed("northwind: 69436 both ears, modifier 50, CO-4")
    assert found.refused_by is None
    assert found.missing == ()
    assert share_met(found.demands) == 1.0


def test_a_call_beside_a_procedure_is_a_circumstance_and_refuses_nothing(weighed):
    found = weighed("the rep at northwind says 50 on 69436")
    assert "value contact (contact)" in found.missing
    assert found.refused_by is None


def test_a_value_that_stands_far_from_the_matter_is_another_things(weighed):
    assert weighed("northwind: which modifier on 69436", value_gap=0.6).refused_by is None
    assert str(weighed("northwind: which modifier on 69436", value_gap=0.8).refused_by) == "wanted modifier"


def test_the_story_of_a_denial_is_one_for_questions_about_denials(weighed):
    assert weighed("northwind tubes").features["denial_story"] == 1.0
    assert weighed("northwind: why were tubes denied").features["denial_story"] == 0.0
    assert weighed("northwind: CO-97 on tubes").features["denial_story"] == 0.0


def test_what_is_asked_for_is_told_apart_from_other_words(weighed):
    asked = weighed("northwind: what pamphlet do they like for tubes")
    beside = weighed("northwind: pamphlet for tubes")
    assert "asked pamphlet" in asked.missing
    assert "word pamphlet" in beside.missing
    assert asked.features["asked_missing"] == 1.0
    assert beside.features["asked_missing"] == 0.0


def test_a_topic_asked_for_weighs_in_the_share_once(demanded):
    found = demanded("northwind: which referral for tubes")
    assert found["asked referral"] == found["topic referral"] == 0.0
    assert "asked referral" not in demanded("northwind: referral for tubes")


def test_no_demand_is_no_share():
    assert share_met(()) == 0.0


def test_the_features_are_the_ones_that_have_a_weight(weighed):
    weights = load_weights()
    assert set(weighed("northwind tubes").features) == set(FEATURES) == set(weights.by_feature)
    assert 0 < weights.accept < 1


def test_a_probability_lies_between_nought_and_one_for_any_features():
    weights = load_weights()
    for value in (-1e6, 0.0, 1e6):
        assert 0 <= probability(dict.fromkeys(FEATURES, value), weights) <= 1


def test_a_word_is_rarer_the_fewer_chunks_hold_it():
    counts = {"every": 100, "some": 10, "none": 0}
    rarity = rarity_of(counts.__getitem__, 100)
    assert rarity("every") == 0.0
    assert 0 < rarity("some") < rarity("none") == 1.0
    assert rarity_of(counts.__getitem__, 0)("every") == 1.0


@pytest.mark.parametrize(
    ("question", "rules"),
    [
        ("northwind: 69436 both ears, which modifier", ["nw-50"]),
        ("northwind: does 69436 need authorization", ["nw-age"]),
        ("northwind: does 69436 need authorization for an 8 year old", ["nw-age"]),
        ("northwind: does 69436 need authorization for a 30 year old", []),
        ("northwind: 31255 both sides, which modifier", []),
        ("northwind: 69436 on the left side only, which modifier", []),
        ("northwind fax number for tubes", []),
    ],
)
def test_only_rules_that_speak_to_the_question_become_facts(ask_reader, tubes, lexicon, question, rules):
    assert [rule.rule_id for rule in matching_rules(ask_reader(question), tubes, lexicon=lexicon)] == rules


def test_a_fact_states_the_rule_under_the_names_of_the_contract(tubes):
    stated = fact_of(tubes.rules[1], tubes.note, ("Northwind PPO",)).as_json()
    assert set(stated) == {
        "rule", "note", "payers", "codes", "when", "require", "forbid", "units_max", "file_within_days", "severity",
        "effective_from", "effective_through", "sentence",
    }  # fmt: skip
    assert stated["when"] == {"codes": ["69436"], "age": "0-11"}
    assert stated["require"] == {"authorization": True}
    assert stated["effective_from"] == date(2025, 1, 1).isoformat()
    assert stated["effective_through"] is None
    assert "69436" in stated["sentence"]
