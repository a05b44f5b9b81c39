from __future__ import annotations

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

from assistant.language_model.errors import LanguageModelError, MessagesError, PromptTooLong
from assistant.language_model.fake import FakeChatModel


def test_it_gives_its_answers_in_order_and_remembers_what_it_was_asked():
    model = FakeChatModel(answers=("One.", "Two."))
    assert model.invoke([SystemMessage("Be brief."), HumanMessage("first")]).content == "One."
    assert model.invoke("second", grammar="root ::= x", max_tokens=7).content == "Two."
    assert model.prompts == ("first", "second")
    assert model.asked[0].turns[0].text == "Be brief."
    assert (model.asked[1].wishes.grammar, model.asked[1].wishes.max_tokens) == ("root ::= x", 7)


def test_asking_more_often_than_it_has_answers_fails():
    model = FakeChatModel(answers=("One.",))
    model.invoke("first")
    with pytest.raises(LanguageModelError, match="asked 2 times and has 1 answers"):
        model.invoke("second")


def test_an_exception_among_the_answers_is_raised_in_its_turn():
    model = FakeChatModel(answers=(LanguageModelError("down"), "Up."))
    with pytest.raises(LanguageModelError, match="down"):
        model.invoke("first")
    assert model.invoke("second").content == "Up."


@pytest.mark.parametrize("answer", ["Use modifier 50. [1] One line.", "  two  spaces \n", "", " "])
def test_its_stream_adds_up_to_its_answer(answer):
    assert "".join(str(chunk.content) for chunk in FakeChatModel(answers=(answer,)).stream("?")) == answer


def test_it_refuses_what_the_real_models_refuse():
    model = FakeChatModel(answers=("One.",), context_tokens=50, max_tokens=20)
    with pytest.raises(PromptTooLong):
        model.invoke("word " * 31)
    with pytest.raises(MessagesError):
        model.invoke([HumanMessage("a"), AIMessage("b")])
    with pytest.raises(TypeError, match='did you mean "grammar"'):
        model.invoke("a", gramar="x")
    assert model.asked == ()
