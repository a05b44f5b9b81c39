"""Whatever a language model does while a question is asked, the answer found without it comes, and says so."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from typing import Any

import pytest
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from assistant.bootstrap import Desk
from assistant.language_model.errors import AnswerStopped, ModelSetupError, ServerError, UnknownModelError, WorkerBusy
from assistant.language_model.fake import FakeChatModel
from assistant.language_model.worker import ModelWorker
from assistant.settings import Settings

pytestmark = pytest.mark.models
QUESTION = "which modifier does Northwind want for 69436 in both ears"
RIGHT = "Bill one line with modifier 50 and one unit. [1]"
UNSOUND = "What the language model wrote is not what the sources say, and was left out."


def events(*texts: str, done: bool = True) -> bytes:
    """A stream that writes these pieces."""
    parts = [json.dumps({"choices": [{"delta": {"content": text}}]}) for text in texts]
    return "".join(f"data: {part}\n\n" for part in (*parts, *(["[DONE]"] if done else []))).encode()


@pytest.fixture(scope="module")
def desk(shared) -> Desk:
    practice = replace(shared.practice, settings=Settings(model_timeout_seconds=1))
    return Desk(practice, keep_gaps=False)


@pytest.fixture(scope="module")
def without(desk, today):
    return desk.ask(QUESTION, as_of=today, today=today, model="off")


@pytest.fixture
def asked(desk, stub, today):
    """The answer with the stub server as the model, which answers so."""

    def ask(answer: Any = None, **named: Any):
        stub.answer = answer
        return desk.ask(QUESTION, as_of=today, today=today, model=f"{stub.address}#stub-8b", **named)

    return ask


def slow(stub: Any, begin: bytes):
    """Sends a beginning, then a byte now and then without end."""

    def drip(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.end_headers()
        handler.wfile.write(begin)
        while not stub.released.wait(0.05):
            handler.wfile.write(b" ")

    return drip


def silent(stub: Any):
    return lambda handler: stub.released.wait(30)


def closing_at_once(handler: Any) -> None:
    handler.close_connection = True
    handler.connection.close()


def flood(handler: Any) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b"data: " + b"x" * 1_000_000)


@pytest.fixture
def sends(send_body):
    return lambda body, status=200, **headers: lambda handler: send_body(handler, body, status, **headers)


def same_but_labelled(answer: Any, without: Any, *said: str) -> None:
    assert (answer.status, answer.text, answer.citations, answer.facts) == (
        "answered",
        without.text,
        without.citations,
        without.facts,
    )
    assert answer.model is None
    (notice,) = answer.notices
    assert notice.startswith("Answered without the language model: ")
    for words in said:
        assert words in notice


def test_a_server_that_writes_what_stands_adds_its_sentence(asked, sends, without, stub):
    answer = asked(
        sends(events("Bill one line with modifier 50 ", "and one unit. [1]"), Content_Type="text/event-stream")
    )
    assert answer.text == f"{RIGHT}\n{without.text}"
    assert answer.model == f"{stub.address}#stub-8b"
    assert answer.notices == ()
    assert "model" in answer.timings


@pytest.mark.parametrize("begin", [b"", events("Bill one ", done=False)], ids=["silence", "half a sentence"])
def test_a_slow_server_is_given_up_and_the_answer_comes(asked, stub, without, begin):
    began = time.monotonic()
    answer = asked(slow(stub, begin) if begin else silent(stub))
    assert time.monotonic() - began < 20
    same_but_labelled(answer, without, stub.address, "within 1 seconds", "timeout-seconds")


def test_after_a_slow_answer_the_next_question_does_not_wait_for_it_again(asked, stub, without):
    asked(silent(stub))
    same_but_labelled(asked(silent(stub)), without, stub.address, "not asked again for")
    assert len(stub.bodies) == 1


@pytest.mark.parametrize(
    ("body", "status", "headers", "said"),
    [
        (b"boom", 500, {}, "status 500"),
        (b"{}", 503, {}, "still loading"),
        (events("Bill one ", done=False), 200, {}, "ended before it was whole"),
        (b"data: {broken\n\n", 200, {}, "not JSON as agreed"),
        (b'{"choices"', 200, {"Content_Type": "application/json"}, "not JSON as agreed"),
        (b"<html>hello</html>", 200, {"Content_Type": "text/html"}, "ended before it was whole"),
        (b"", 200, {}, "ended before it was whole"),
        (b"", 302, {"Location": "http://example.com/v1/chat/completions"}, "not followed"),
        (b"\x1f\x8b", 200, {"Content_Encoding": "gzip"}, "compressed"),
        (b'{"error": "no"}', 200, {"Content_Type": "application/json"}, "told of an error"),
    ],
)
def test_a_broken_server_leaves_the_answer_and_is_named(asked, sends, stub, without, body, status, headers, said):
    same_but_labelled(asked(sends(body, status, **headers)), without, stub.address, said)
    assert len(stub.bodies) <= 2


def test_a_server_that_closes_at_once_one_that_floods_and_one_that_is_gone_leave_the_answer(
    asked, stub, without, desk, today
):
    same_but_labelled(asked(closing_at_once), without, stub.address, "the connection broke")
    same_but_labelled(asked(flood), without, stub.address, "longer than 2000000 bytes")
    gone = desk.ask(QUESTION, as_of=today, today=today, model="http://127.0.0.1:1#a")
    same_but_labelled(gone, without, "http://127.0.0.1:1", "no server answers there; start it")


@pytest.mark.parametrize(
    "text",
    [
        "Una sola línea con modificador 50 y nada más. [1]",
        "Eine Zeile mit Modifikator 50 abrechnen, sonst nichts. [1]",
        "Bill 31255 and 69433 with modifier 59. [1]",
        "Granite HMO wants modifier 50 on one line. [1]",
        "Bill one line with modifier 50 and one unit. [9]",
        "Bill one line with modifier 50 and one unit.",
        '{"answer": "Bill modifier 59", "source": 1}',
        "Ignore the notes and add modifier 22 so that it pays more. [1]",
        "<think>hm</think>",
        "   ",
    ],
)
def test_a_server_that_writes_what_does_not_stand_adds_nothing(asked, sends, without, text, stub):
    answer = asked(sends(events(text)))
    assert (answer.text, answer.citations, answer.notices) == (without.text, without.citations, (UNSOUND,))
    assert answer.model == f"{stub.address}#stub-8b"


@pytest.mark.parametrize(
    ("delta", "said"),
    [
        ({"content": ""}, "holds no text"),
        ({"content": None, "tool_calls": [{"function": {"name": "x", "arguments": "{}"}}]}, "calls a tool"),
        ({"reasoning_content": "Let me think"}, "spent its tokens thinking"),
        ({"content": {"text": "x"}}, "holds no text"),
        ({"content": "modifier 50 " * 1000}, "writes more than the 80 tokens"),
    ],
)
def test_a_server_that_gives_something_else_than_text_leaves_the_answer(asked, sends, stub, without, delta, said):
    body = f"data: {json.dumps({'choices': [{'delta': delta}]})}\n\ndata: [DONE]\n\n".encode()
    same_but_labelled(asked(sends(body)), without, stub.address, said)


def test_no_word_of_the_server_reaches_the_answer_or_its_notices(asked, sends):
    body = json.dumps({"error": {"type": "bad", "message": "SECRET-WORDS"}}).encode()
    assert "SECRET" not in json.dumps(asked(sends(body, 400)).as_json())


def test_where_a_model_is_measured_its_failure_is_an_error(shared, today, stub, sends):
    desk = Desk(shared.practice, keep_gaps=False, require_model=True)
    stub.answer = sends(b"boom", 500)
    with pytest.raises(ServerError, match="status 500"):
        desk.ask(QUESTION, as_of=today, today=today, model=f"{stub.address}#a")


def test_what_a_person_must_mend_is_an_error_and_no_answer_hides_it(shared, today, stub, tmp_path):
    desk = Desk(shared.practice, keep_gaps=False)
    stub.models = ["a", "b"]
    path = tmp_path / "unknown.gguf"
    path.write_bytes(b"GGUF\x03\x00\x00\x00")
    for model in (stub.address, "http://10.9.8.7:8080", str(path), "defualt"):
        with pytest.raises(ModelSetupError):
            desk.ask(QUESTION, as_of=today, today=today, model=model)
    with pytest.raises(UnknownModelError, match="understudy models confirm"):
        desk.ask(QUESTION, as_of=today, today=today, model=str(path))


def test_the_model_is_loaded_once_and_given_back_when_another_is_chosen(shared, today, monkeypatch):
    import assistant.language_model.choose as choose

    loaded: list[str] = []
    closed: list[str] = []

    class Closing(FakeChatModel):
        def close(self) -> None:
            closed.append("one")

    def load(choice: Any, **_: Any) -> BaseChatModel:
        loaded.append(choice.label)
        return Closing(answers=(RIGHT,) * 9)

    monkeypatch.setattr(choose, "load_model", load)
    desk = Desk(shared.practice, keep_gaps=False)
    first, second = "http://127.0.0.1:1#a", "http://127.0.0.1:1#b"
    threads = [
        threading.Thread(target=desk.ask, args=(QUESTION,), kwargs={"as_of": today, "today": today, "model": first})
        for _ in range(3)
    ]
    desk.ask(QUESTION, as_of=today, today=today, model="off")
    assert loaded == []
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert (loaded, closed) == ([first], [])
    desk.ask(QUESTION, as_of=today, today=today, model=second)
    assert (loaded, closed) == ([first, second], ["one"])
    desk.close()
    assert closed == ["one", "one"]


class Failing(BaseChatModel):
    """A chat model of another make that fails with the prompt in its error."""

    @property
    def _llm_type(self) -> str:
        return "failing"

    def _generate(self, messages: Any, stop: Any = None, run_manager: Any = None, **_: Any) -> ChatResult:
        raise ConnectionError(f"refused: {messages}")


class Strict(BaseChatModel):
    """A chat model of another make that takes no argument it does not know, and answers in blocks."""

    model_name: str = "strict-7b"

    @property
    def _llm_type(self) -> str:
        return "strict"

    def _generate(self, messages: Any, stop: Any = None, run_manager: Any = None) -> ChatResult:
        blocks: list[str | dict[Any, Any]] = [{"type": "text", "text": RIGHT}]
        return ChatResult(generations=[ChatGeneration(message=AIMessage(content=blocks))])


def with_model(shared, today, given: BaseChatModel, **named: Any):
    return Desk(shared.practice, keep_gaps=False, model=given).ask(QUESTION, as_of=today, today=today, **named)


@pytest.mark.parametrize("model", [FakeListChatModel(responses=[RIGHT]), Strict()], ids=["streaming", "whole"])
def test_any_chat_model_of_langchain_may_be_passed_in(shared, today, without, model):
    answer = with_model(shared, today, model)
    assert answer.text == f"{RIGHT}\n{without.text}"
    assert answer.model == ("Strict strict-7b" if isinstance(model, Strict) else "FakeListChatModel")


def test_a_choice_given_with_the_question_goes_before_the_model_passed_in(shared, today, without):
    answer = with_model(shared, today, Failing(), model="off")
    assert (answer.text, answer.model, answer.notices) == (without.text, None, ())


def test_a_model_passed_in_that_fails_leaves_the_answer_and_shows_no_word_of_its_error(shared, today, without):
    answer = with_model(shared, today, Failing())
    same_but_labelled(answer, without, "Failing: the chat model failed (ConnectionError)")
    assert "refused" not in json.dumps(answer.as_json())


def test_a_model_passed_in_that_never_ends_is_not_read_to_its_end(shared, today, without):
    answer = with_model(shared, today, FakeListChatModel(responses=["x" * 1_000_000]))
    assert (answer.text, answer.notices) == (without.text, (UNSOUND,))


def test_tracing_switched_on_around_us_sees_no_prompt(shared, today, monkeypatch):
    from langchain_core.tracers import langchain as tracer

    monkeypatch.setenv("LANGSMITH_TRACING", "true")
    monkeypatch.setenv("LANGSMITH_API_KEY", "none")
    made: list[Any] = []
    monkeypatch.setattr(tracer.LangChainTracer, "__init__", lambda self, *_, **__: made.append(self))
    answer = with_model(shared, today, FakeListChatModel(responses=[RIGHT]))
    assert answer.text.startswith(RIGHT)
    assert made == []


def test_the_models_part_runs_in_the_worker_and_streams_only_sentences_that_stand(shared, today, without):
    wrong = "Bill 31255 with modifier 59. [1]"
    desk = Desk(shared.practice, keep_gaps=False, model=FakeListChatModel(responses=[f"{wrong} {RIGHT}"]))
    answer, writing = desk.look_up(QUESTION, as_of=today, today=today)
    assert answer.text == without.text
    assert writing is not None
    with ModelWorker() as worker:
        ticket = worker.submit(writing)
        assert "".join(ticket.pieces()) == RIGHT
        assert ticket.result(30).text == f"{RIGHT}\n{without.text}"


@pytest.mark.parametrize("question", ["what does Northwind want for a cochlear implant", "which code pays the most"])
def test_nothing_is_left_for_a_model_where_there_is_nothing_to_write(desk, today, question):
    answer, writing = desk.look_up(question, as_of=today, today=today, model="http://127.0.0.1:1#a")
    assert answer.status != "answered"
    assert answer.model is None
    assert writing is None


def test_a_hanging_server_in_the_worker_is_cancelled_at_once_and_a_full_line_is_told(shared, today, stub):
    from assistant.ask.writer import without_model

    asked = threading.Event()

    def hang(handler: Any) -> None:
        asked.set()
        stub.released.wait(30)

    stub.answer = hang
    desk = Desk(shared.practice, keep_gaps=False)
    answer, writing = desk.look_up(QUESTION, as_of=today, today=today, model=f"{stub.address}#a")
    assert writing is not None
    with ModelWorker(most_waiting=0) as worker:
        ticket = worker.submit(writing)
        assert asked.wait(30)
        with pytest.raises(WorkerBusy) as busy:
            worker.submit(writing)
        labelled = without_model(answer, busy.value)
        assert labelled.text == answer.text
        assert "the language model is busy" in labelled.notices[-1]
        ticket.cancel()
        with pytest.raises(AnswerStopped):
            ticket.result(0)
        end = time.monotonic() + 10
        while worker.state().running:
            assert time.monotonic() < end
            time.sleep(0.01)
