from __future__ import annotations

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

from assistant.language_model.errors import MessagesError
from assistant.language_model.messages import Turn, turns_of
from assistant.language_model.wishes import Wishes, wishes_of

OWN = Wishes(max_tokens=200, temperature=0.0, seed=0, stop=(), grammar=None)


def test_messages_become_plain_turns():
    messages = [
        SystemMessage("s"),
        HumanMessage("a"),
        AIMessage("b"),
        HumanMessage([{"type": "text", "text": "c"}, "d"]),
    ]
    assert turns_of(messages) == (Turn("system", "s"), Turn("user", "a"), Turn("assistant", "b"), Turn("user", "cd"))


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        ([], "the last message must be the user's"),
        ([SystemMessage("s")], "the last message must be the user's"),
        ([HumanMessage("a"), AIMessage("b")], "the last message must be the user's"),
        ([HumanMessage("a"), HumanMessage("b")], "message 2 is the user's where the assistant's is due"),
        ([HumanMessage("a"), SystemMessage("b")], "message 2 is the system's"),
        ([SystemMessage("s"), AIMessage("a")], "message 2 is the assistant's where the user's is due"),
        ([ToolMessage("a", tool_call_id="1")], "message 1 is neither"),
        ([HumanMessage([{"type": "image_url", "image_url": "x"}])], "message 1 holds something else than text"),
    ],
)
def test_what_no_template_can_write_is_refused_by_the_messages_place(messages, said):
    with pytest.raises(MessagesError, match=said):
        turns_of(messages)


def test_wishes_of_one_call_replace_the_models_own_and_none_leaves_them():
    wishes = wishes_of(OWN, ["END"], {"max_tokens": 5, "seed": None, "grammar": "root ::= x"})
    assert wishes == Wishes(max_tokens=5, temperature=0.0, seed=0, stop=("END",), grammar="root ::= x")


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"max_token": 5}, TypeError),
        ({"tools": []}, TypeError),
        ({"max_tokens": 0}, ValueError),
        ({"temperature": -0.1}, ValueError),
        ({"seed": -1}, ValueError),
        ({"stop": [""]}, ValueError),
    ],
)
def test_a_wish_that_cannot_be_met_is_an_error_and_never_ignored(given, error):
    with pytest.raises(error):
        wishes_of(OWN, None, given)
