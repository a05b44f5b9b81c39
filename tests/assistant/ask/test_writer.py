"""What a language model writes is shown only where it stands; else the answer is as it was without one."""

from __future__ import annotations

import pytest

from assistant.ask.writer import model_writer
from assistant.language_model.errors import LanguageModelError
from assistant.language_model.fake import FakeChatModel
from assistant.prompts import load_prompt

pytestmark = pytest.mark.models
QUESTION = "which modifier does Northwind want for 69436 in both ears"
RIGHT = "Bill one line with modifier 50 and one unit. [1]"


@pytest.fixture(scope="module")
def asker(shared, today):
    return shared.desk(keep_gaps=False).asker(today)


@pytest.fixture
def written(asker, today):
    """The answer with a model that says these texts, and the model."""

    def ask(*said: str | Exception, question: str = QUESTION):
        model = FakeChatModel(answers=said)
        write = model_writer(model, load_prompt("ask"), asker.directory)
        return asker.ask(question, as_of=today, write=write, model="fake"), model

    return ask


@pytest.fixture
def without(asker, today):
    """The text of the answer without a model."""
    return lambda question=QUESTION: asker.ask(question, as_of=today).text


def test_a_right_sentence_stands_before_the_facts_and_quotes_which_stay(written, without):
    answer, _ = written(RIGHT)
    assert answer.text == f"{RIGHT}\n{without()}"
    assert answer.model == "fake"


@pytest.mark.parametrize(
    "wrong",
    [
        "Bill one line with modifier 59 and one unit. [1]",
        "Bill 69433 and 31255 with modifier 50. [1]",
        "Bill one line with modifier 50 and three units. [1]",
        "Granite HMO wants one line with modifier 50. [1]",
        "Do not bill one line with modifier 50. [1]",
        "Bill one line with modifier 50 and one unit.",
        "Bill one line with modifier 50 and one unit. [7]",
        "Zebras graze quietly beneath golden mountains. [1]",
        "",
        "   \n ",
    ],
)
def test_where_nothing_written_stands_the_answer_is_as_it_was(written, without, wrong):
    answer, model = written(wrong)
    assert answer.text == without()
    assert len(model.asked) == 1


def test_of_several_sentences_the_wrong_one_is_dropped_and_the_right_one_stays_once(written, without):
    answer, _ = written(f"{RIGHT} Bill 31255 as well. [1] {RIGHT}")
    assert answer.text == f"{RIGHT}\n{without()}"


def test_a_model_never_changes_citations_facts_or_status(written, asker, today):
    answer, _ = written("Say not in the knowledge base. [1]")
    plain = asker.ask(QUESTION, as_of=today)
    assert (answer.status, answer.citations, answer.facts) == (plain.status, plain.citations, plain.facts)


def test_the_model_sees_the_question_the_facts_and_the_numbered_passages(written):
    _, model = written(RIGHT)
    (prompt,) = model.prompts
    assert QUESTION in prompt
    assert "[1] Northwind PPO: when 69433 or 69436" in prompt
    assert "Two lines with RT and LT deny CO-4." in prompt
    assert "Granite" not in prompt
    assert model.asked[0].wishes.grammar


@pytest.mark.parametrize(
    "question",
    [
        "does Aetna want 50 for tubes",
        "what does Northwind want for a cochlear implant",
        "which code pays the most for tubes",
    ],
)
def test_a_model_is_not_called_for_what_is_refused_or_declined(written, question):
    answer, model = written(RIGHT, question=question)
    assert answer.status != "answered"
    assert model.asked == ()


def test_two_plans_are_two_numbered_sources(written):
    answer, model = written(
        "Granite HMO: two lines with RT and LT. [2]", question="which modifier does Granite want for 69436 in both ears"
    )
    assert {citation.n for citation in answer.citations} == {1, 2}
    assert "[1] " in model.prompts[0]
    assert "[2] " in model.prompts[0]


def test_a_model_that_fails_ends_the_question_with_its_error(written):
    with pytest.raises(LanguageModelError):
        written(LanguageModelError("the model is gone"))
