"""Streams, odd answers, refused grammars, and stopping a local server's answer."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest
from langchain_core.messages import HumanMessage

from assistant.language_model.errors import AnswerStopped, ServerError
from assistant.language_model.local_server import LocalServerChat
from assistant.language_model.stopping import Stop, stoppable

SECRET = "Jane Q. Sample, born 1961"


def ask(stub: Any, **settings: Any) -> str:
    model = LocalServerChat(address=stub.address, served_model="stub-8b", **settings)
    return str(model.invoke([HumanMessage(SECRET)]).content)


def stream_of(*events: bytes) -> bytes:
    return b"".join(b"data: " + event + b"\n\n" for event in events)


def delta(text: str) -> bytes:
    return json.dumps({"choices": [{"delta": {"content": text}}]}).encode()


def test_a_stream_gives_the_pieces_in_order(stub, send_body):
    body = b": keep-alive\n\n" + stream_of(delta("Use "), delta("50."), b'{"choices": []}', b"[DONE]")
    stub.answer = lambda handler: send_body(handler, body)
    model = LocalServerChat(address=stub.address, served_model="stub-8b")
    assert [chunk.content for chunk in model.stream("Which?") if chunk.content] == ["Use ", "50."]
    assert stub.bodies[0]["stream"] is True


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (stream_of(delta("Use ")), "ended before it was whole"),
        (stream_of(b"[DONE]"), "holds no text"),
        (stream_of(b"{broken"), "not JSON as agreed"),
        (b"error: out of memory\n\n", "broke off its answer"),
        (b"no events at all", "ended before it was whole"),
    ],
)
def test_a_broken_stream_is_a_clear_error(stub, send_body, body, said):
    stub.answer = lambda handler: send_body(handler, body)
    model = LocalServerChat(address=stub.address, served_model="stub-8b")
    with pytest.raises(ServerError, match=said):
        list(model.stream("Which?"))


def test_counting_tokens_is_an_estimate_and_asks_nobody(stub):
    model = LocalServerChat(address=stub.address, served_model="stub-8b")
    assert model.get_num_tokens("a" * 300) == 101
    assert model.get_num_tokens_from_messages([HumanMessage("a" * 300)]) == 109
    assert stub.paths == []


def test_a_stream_without_a_done_mark_is_whole_when_the_model_said_that_it_ended(stub, send_body):
    last = json.dumps(
        {"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 5, "completion_tokens": 2}}
    )
    stub.answer = lambda handler: send_body(handler, stream_of(delta("Use 50."), last.encode()))
    model = LocalServerChat(address=stub.address, served_model="stub-8b")
    chunks = list(model.stream("Which?"))
    assert "".join(str(chunk.content) for chunk in chunks) == "Use 50."
    assert chunks[-1].response_metadata["finish_reason"] == "stop"
    assert chunks[-1].usage_metadata["output_tokens"] == 2


def test_a_server_that_knows_no_streams_is_read_all_the_same(stub, send_body, answer_body):
    stub.answer = lambda handler: send_body(
        handler, answer_body("Use 50."), Content_Type="application/json; charset=utf-8"
    )
    model = LocalServerChat(address=stub.address, served_model="stub-8b")
    assert "".join(str(chunk.content) for chunk in model.stream("Which?")) == "Use 50."


def test_an_error_told_in_the_middle_of_a_stream_ends_it(stub, send_body):
    failed = json.dumps({"error": {"message": SECRET, "code": 500}}).encode()
    stub.answer = lambda handler: send_body(handler, stream_of(delta("Use "), failed, b"[DONE]"))
    model = LocalServerChat(address=stub.address, served_model="stub-8b")
    with pytest.raises(ServerError, match="told of an error") as caught:
        list(model.stream("Which?"))
    assert "Jane" not in str(caught.value)


def test_a_page_in_place_of_a_stream_is_a_clear_error(stub, send_body):
    stub.answer = lambda handler: send_body(handler, b"<html>\nWelcome\n</html>", Content_Type="text/html")
    with pytest.raises(ServerError, match="ended before it was whole"):
        list(LocalServerChat(address=stub.address, served_model="stub-8b").stream("Which?"))


TOOL = {"id": "1", "type": "function", "function": {"name": "delete", "arguments": "{}"}}


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"content": None, "tool_calls": [TOOL]}, "calls a tool in place of answering"),
        ({"content": "Fine.", "tool_calls": [TOOL]}, "calls a tool in place of answering"),
        ({"content": "", "reasoning_content": "Let me think."}, "spent its tokens thinking"),
        ({"content": None, "reasoning": "Let me think."}, "spent its tokens thinking"),
        ({"content": "word " * 10_000}, "writes more than the 200 tokens"),
        ({"content": ["Fine."]}, "holds no text"),
    ],
)
@pytest.mark.parametrize("streamed", [False, True])
def test_what_is_no_plain_answer_is_a_clear_error(stub, send_body, message, said, streamed):
    key = "delta" if streamed else "message"
    body = json.dumps({"choices": [{key: message, "finish_reason": "stop"}]}).encode()
    stub.answer = lambda handler: send_body(handler, stream_of(body, b"[DONE]") if streamed else body)
    model = LocalServerChat(address=stub.address, served_model="stub-8b")
    with pytest.raises(ServerError, match=said) as caught:
        list(model.stream("Which?")) if streamed else model.invoke("Which?")
    assert stub.address in str(caught.value)


@pytest.mark.parametrize("status", [400, 422])
def test_a_server_that_refuses_the_grammar_is_asked_without_it_from_then_on(stub, send_body, answer_body, status):
    def picky(handler: Any) -> None:
        if "grammar" in stub.bodies[-1]:
            send_body(handler, b'{"error": {"message": "unknown field"}}', status)
        else:
            send_body(handler, answer_body("Use 50."))

    stub.answer = picky
    model = LocalServerChat(address=stub.address, served_model="stub-8b")
    assert model.invoke("Which?", grammar='root ::= "x"').content == "Use 50."
    assert model.invoke("Which?", grammar='root ::= "x"').content == "Use 50."
    assert ["grammar" in body for body in stub.bodies] == [True, False, False]


def test_a_request_that_is_refused_with_and_without_grammar_is_refused(stub, send_body):
    stub.answer = lambda handler: send_body(handler, b"{}", 400)
    model = LocalServerChat(address=stub.address, served_model="stub-8b")
    with pytest.raises(ServerError, match="status 400"):
        model.invoke("Which?", grammar='root ::= "x"')
    assert ["grammar" in body for body in stub.bodies] == [True, False]


def test_a_refusal_of_another_kind_is_not_tried_again(stub, send_body):
    stub.answer = lambda handler: send_body(handler, b"{}", 500)
    with pytest.raises(ServerError, match="status 500"):
        LocalServerChat(address=stub.address, served_model="stub-8b").invoke("Which?", grammar='root ::= "x"')
    assert len(stub.bodies) == 1


def test_a_server_that_was_too_slow_is_left_alone_for_a_while(stub):
    stub.answer = lambda handler: stub.released.wait(10)
    model = LocalServerChat(address=stub.address, served_model="stub-8b", timeout_seconds=0.2)
    with pytest.raises(ServerError, match=r"no whole answer within 0\.2 seconds"):
        model.invoke("Which?")
    with pytest.raises(ServerError, match=r"not asked again for \d+ seconds"):
        model.invoke("Which?")
    assert len(stub.bodies) == 1


def test_a_server_that_drips_after_its_headers_ends_within_the_time_not_after_the_next_pause(stub):
    def drip(handler: Any) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(b" ")
        stub.released.wait(10)

    stub.answer = drip
    began = time.monotonic()
    with pytest.raises(ServerError, match="no whole answer within"):
        ask(stub, timeout_seconds=0.4)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("begun", [False, True])
def test_a_stop_ends_a_silent_answer_at_once(stub, streamed, begun):
    asked = threading.Event()

    def silent(handler: Any) -> None:
        if begun:
            handler.send_response(200)
            handler.end_headers()
            handler.wfile.write(stream_of(delta("Use ")))
        asked.set()
        stub.released.wait(20)

    stub.answer = silent
    model = LocalServerChat(address=stub.address, served_model="stub-8b")
    stop = Stop()
    threading.Thread(target=lambda: (asked.wait(10), stop.set("enough")), daemon=True).start()
    with stoppable(stop), pytest.raises(AnswerStopped, match="enough"):
        list(model.stream("Which?")) if streamed else model.invoke("Which?")


def test_an_answer_that_was_stopped_before_it_began_asks_nobody(stub):
    model = LocalServerChat(address=stub.address, served_model="stub-8b")
    stop = Stop()
    stop.set("enough")
    with stoppable(stop), pytest.raises(AnswerStopped, match="enough"):
        model.invoke("Which?")
    assert stub.paths == []


def test_a_refusal_without_end_is_not_read_to_the_end(stub):
    sent = 0

    def flood(handler: Any) -> None:
        nonlocal sent
        handler.send_response(500)
        handler.end_headers()
        while sent < 200_000_000:
            handler.wfile.write(b" " * 100_000)
            sent += 100_000

    stub.answer = flood
    with pytest.raises(ServerError, match="status 500"):
        ask(stub)
    assert sent < 100_000_000
