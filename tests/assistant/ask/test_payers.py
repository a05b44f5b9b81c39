"""Which payers a text names: by name, alias, initials or typing mistake; several plans; payers no note knows."""

from __future__ import annotations

import pytest

from assistant.ask.payers import directory_of


@pytest.fixture
def named(directory, lexicon):
    """The slugs a text names."""
    return lambda text: directory.read(text, lexicon).slugs


@pytest.fixture
def unknown(directory, lexicon):
    """The payers a text names that no note knows."""
    return lambda text, knows=(): directory.read(text, lexicon, lambda form: form in knows).unknown


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("does Northwind PPO want 50 for tubes", "northwind-ppo"),
        ("does northwind want 50 for tubes", "northwind-ppo"),
        ("NORTHWIND'S timely filing", "northwind-ppo"),
        ("tubes for northwind-ppo", "northwind-ppo"),
        ("what does nw plan say on tubes", "northwind-ppo"),
        ("ghmo tubes both ears", "granite-hmo"),
        ("title 19 tonsils under 12", "medicaid"),
        ("blue heron of salt county wax", "blue-heron"),
    ],
)
def test_a_payer_is_known_by_its_name_its_aliases_and_its_slug(named, text, slug):
    assert named(text) == (slug,)


def test_a_slug_that_only_other_notes_name_is_a_payer_too(named, directory):
    assert named("does harvest plan pay for tubes") == ("harvest-plan",)
    assert directory.display("harvest-plan") == "harvest plan"


def test_a_payer_is_shown_by_its_notes_title_up_to_the_first_comma(payer_note):
    directory = directory_of([payer_note("acme", '"Acme Mutual, how they work"', "Acme")], [])
    assert directory.display("acme") == "Acme Mutual"


@pytest.mark.parametrize("text", ["nothwind tubes", "norhtwind tubes", "Northwnd tubes", "northwindd tubes"])
def test_one_typing_mistake_in_a_payers_own_word_is_forgiven(named, text):
    assert named(text) == ("northwind-ppo",)


@pytest.mark.parametrize(("text", "slug"), [("medicade tonsils", "medicaid"), ("medicair wax", "medicare")])
def test_the_usual_misspellings_of_medicare_and_medicaid_are_told_apart(named, text, slug):
    assert named(text) == (slug,)


def test_a_short_word_is_never_taken_for_a_mistyped_payer(payer_note, lexicon):
    directory = directory_of([payer_note("acme-ppo", "Acme PPO", "Acme")], [])
    assert directory.read("same day acne visit", lexicon).slugs == ()


def test_the_initials_of_a_name_of_three_words_name_it(named):
    assert named("CWT authorization for septoplasty") == ("copper-trust",)


def test_a_shared_alias_names_every_plan_that_has_it(directory, lexicon):
    (mention,) = directory.read("granite tubes both ears", lexicon).mentions
    assert set(mention.slugs) == {"granite-hmo", "granite-advantage"}


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("granite hmo tubes both ears", "granite-hmo"),
        ("granite's HMO plan, tubes", "granite-hmo"),
        ("tubes at the hmo of granite", "granite-hmo"),
        ("granite advantage tubes both ears", "granite-advantage"),
        ("granite medicare tubes", "granite-advantage"),
    ],
)
def test_a_word_close_by_narrows_a_shared_alias_to_one_plan(named, text, slug):
    assert named(text) == (slug,)


def test_a_payer_named_beside_a_shared_alias_stays_a_payer(named):
    assert "medicare" in named("does granite or medicare want 50 for tubes")


def test_a_word_far_away_does_not_narrow_a_shared_alias(named):
    text = "granite wants tubes in both ears billed how exactly on a claim, we are no hmo office"
    assert set(named(text)) == {"granite-hmo", "granite-advantage"}


@pytest.mark.parametrize("text", ["does Medicare want 50 for tubes", "mcr tubes", "medicare part b tubes"])
def test_medicare_alone_is_medicare_and_not_an_advantage_plan(named, text):
    assert named(text) == ("medicare",)


def test_medicare_advantage_means_our_advantage_plan_and_never_medicare(named):
    assert named("does Medicare Advantage want 50 for tubes") == ("granite-advantage",)


def test_medicare_advantage_is_unknown_where_no_plan_of_ours_is_one(payer_note, lexicon):
    directory = directory_of([payer_note("medicare", "Medicare Part B", "Medicare, MCR")], [])
    found = directory.read("does Medicare Advantage want 50 for tubes", lexicon)
    assert found.slugs == ()
    assert found.unknown == ("medicare advantage",)


def test_two_payers_in_one_text_are_both_named_in_order(named):
    assert named("does medicaid follow northwind on tubes") == ("medicaid", "northwind-ppo")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("does Aetna want 50 for tubes", "aetna"),
        ("cigna timely filing", "cigna"),
        ("tubes both ears, united healthcare", "united healthcare"),
        ("BCBS wax", "bcbs"),
    ],
)
def test_a_well_known_payer_without_a_note_is_unknown(unknown, text, name):
    assert unknown(text) == (name,)


@pytest.mark.parametrize(
    "text",
    [
        "does Zephyr want 50 for tubes",
        "will Zephyr pay for both ears",
        "why did zephyr deny the tubes",
        "what does the zephyr accept for tubes",
    ],
)
def test_a_strange_name_where_a_payers_name_stands_is_an_unknown_payer(unknown, text):
    assert [name.lower() for name in unknown(text)] == ["zephyr"]


@pytest.mark.parametrize("text", ["zephyr hmo tubes both ears", "tubes both ears for Zephyr Insurance"])
def test_a_strange_name_before_a_plan_word_is_an_unknown_payer(unknown, text):
    (name,) = unknown(text)
    assert name.startswith("zephyr")


def test_a_strange_name_with_a_capital_within_the_question_is_an_unknown_payer(unknown):
    assert unknown("timely filing limit with Zephyr") == ("zephyr",)


def test_a_word_that_the_notes_hold_is_no_unknown_payer(unknown):
    assert unknown("does Zephyr want 50 for tubes", knows=("zephyr",)) == ()


@pytest.mark.parametrize(
    "text",
    [
        "which modifier for tubes in both ears",
        "When do we post the 835 files",
        "how do I appeal a denial",
        "does the patient need an authorization for septoplasty",
        "what will happen if the claim is late",
        "Do we bill the visit with a 25",
        "can the doctor bill a scope and a visit",
        "is a referral required for a hearing test",
    ],
)
def test_an_ordinary_question_names_no_payer(directory, lexicon, text):
    found = directory.read(text, lexicon)
    assert (found.slugs, found.unknown) == ((), ())


def test_a_payers_words_are_covered_so_that_they_ask_for_nothing(ask_reader):
    question = ask_reader("does Granite Medicare Advantage plan want 50 for tubes")
    assert question.payers == (("granite-advantage",),)
    assert not {"granite", "medicare", "advantage"} & {word.form for word in question.content}


def test_exact_reading_takes_written_names_only(directory):
    assert directory.exact("Northwind PPO and medicaid") == {"northwind-ppo", "medicaid"}
    assert directory.exact("nothwind tubes") == frozenset()
    assert directory.exact("Aetna tubes") == frozenset()
