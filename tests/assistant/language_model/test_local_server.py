"""The client of a local server: what it sends, and one clear error for each way a server can fail."""

from __future__ import annotations

import json
import socket
import time
from typing import Any

import pytest
from langchain_core.messages import HumanMessage, SystemMessage

from assistant.language_model.errors import ModelChoiceError, PromptTooLong, ServerError
from assistant.language_model.local_server import LocalServerChat, ServedModel

SECRET = "Jane Q. Sample, born 1961"


def ask(stub: Any, **settings: Any) -> str:
    settings.setdefault("served_model", "stub-8b")
    model = LocalServerChat(address=stub.address, **settings)
    return str(model.invoke([SystemMessage("Answer."), HumanMessage(SECRET)]).content)


def test_messages_and_wishes_reach_the_server_under_their_openai_names(stub, send_body, answer_body):
    stub.answer = lambda handler: send_body(handler, answer_body("Use 50. [1]"))
    model = LocalServerChat(address=stub.address, served_model="stub-8b")
    answer = model.invoke(
        [SystemMessage("Answer."), HumanMessage("Which?")], grammar='root ::= "x"', max_tokens=9, seed=4, stop=["END"]
    )
    assert answer.content == "Use 50. [1]"
    assert stub.paths == ["/v1/chat/completions"]
    assert stub.bodies == [
        {
            "model": "stub-8b",
            "messages": [{"role": "system", "content": "Answer."}, {"role": "user", "content": "Which?"}],
            "max_tokens": 9,
            "temperature": 0.0,
            "seed": 4,
            "stream": False,
            "stop": ["END"],
            "grammar": 'root ::= "x"',
            "structured_outputs": {"grammar": 'root ::= "x"'},
        }
    ]
    assert "Authorization" not in stub.headers[0]


def test_no_grammar_field_is_sent_when_none_is_given(stub, send_body, answer_body):
    stub.answer = lambda handler: send_body(handler, answer_body("Yes."))
    ask(stub)
    assert not {"grammar", "structured_outputs"} & set(stub.bodies[0])
    assert "stop" not in stub.bodies[0]


def test_the_only_model_a_server_has_is_the_one_asked(stub, send_body, answer_body):
    stub.answer = lambda handler: send_body(handler, answer_body("Yes."))
    model = LocalServerChat(address=stub.address)
    model.invoke("Hello")
    assert stub.bodies[0]["model"] == "stub-8b"


def test_a_server_of_no_model_says_so_and_one_of_several_asks_for_a_choice(stub):
    stub.models = []
    with pytest.raises(ServerError, match="lists no model"):
        LocalServerChat(address=stub.address)
    stub.models = ["a", "b"]
    with pytest.raises(ModelChoiceError, match=r"has 2 models \(a, b\); name one after a #"):
        LocalServerChat(address=stub.address)


# As llama-server, vLLM and Ollama list their models; Ollama without one says null.
LISTED = {
    "llama-server": (
        {
            "id": "../models/Llama 3.2 (Q4).gguf",
            "object": "model",
            "owned_by": "llamacpp",
            "meta": {"n_ctx_train": 8192},
        },
        ServedModel("../models/Llama 3.2 (Q4).gguf", 8192),
    ),
    "llama-server on Windows": ({"id": "C:\\models\\a.gguf"}, ServedModel("C:\\models\\a.gguf", None)),
    "vLLM": (
        {"id": "meta-llama/Llama-3.1-8B-Instruct", "object": "model", "owned_by": "vllm", "max_model_len": 131072},
        ServedModel("meta-llama/Llama-3.1-8B-Instruct", 131072),
    ),
    "Ollama": (
        {"id": "llama3.1:8b", "object": "model", "created": 1, "owned_by": "library"},
        ServedModel("llama3.1:8b", None),
    ),
}


@pytest.mark.parametrize("make", LISTED)
def test_the_models_of_each_make_of_server_are_read(stub, make):
    entry, expected = LISTED[make]
    stub.listing = {"object": "list", "data": [entry, {"id": "bad\nname"}, {"no": "id"}, 7], "models": [{"name": "x"}]}
    model = LocalServerChat(address=stub.address)
    assert model.served_model == expected.name
    assert model.models() == (expected,)


@pytest.mark.parametrize("listing", [{"data": None}, {"data": {}}, {}])
def test_a_listing_without_models_says_so(stub, listing):
    stub.listing = listing
    with pytest.raises(ServerError, match="lists no model"):
        LocalServerChat(address=stub.address)


def test_a_silent_server_is_given_up_after_the_time_allowed(stub):
    stub.answer = lambda handler: stub.released.wait(10)
    began = time.monotonic()
    with pytest.raises(ServerError, match=r"no whole answer within 0\.3 seconds"):
        ask(stub, timeout_seconds=0.3)
    assert time.monotonic() - began < 5


def test_a_server_that_drips_is_given_up_after_the_time_allowed(stub):
    def drip(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
        while not stub.released.wait(0.05):
            handler.wfile.write(b" ")

    stub.answer = drip
    with pytest.raises(ServerError, match="no whole answer within"):
        ask(stub, timeout_seconds=0.4)


def test_a_connection_cut_in_the_middle_is_a_clear_error(stub):
    def cut(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b'{"choices": [')
        handler.close_connection = True

    stub.answer = cut
    with pytest.raises(ServerError, match="the connection broke before the answer was whole"):
        ask(stub)


@pytest.mark.parametrize(
    "body",
    [b"<html>Welcome</html>", b"", b"[1, 2]", b"\xff\xfe\x00", b"[" * 100_000, b'"text"'],
    ids=["html", "empty", "list", "bytes", "deep", "string"],
)
def test_an_answer_that_is_no_json_object_is_a_clear_error(stub, send_body, body):
    stub.answer = lambda handler: send_body(handler, body)
    with pytest.raises(ServerError, match="the answer is not JSON as agreed"):
        ask(stub)


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"choices": []},
        {"choices": "no"},
        {"choices": [{"message": {"content": None}}]},
        {"choices": [{"text": "a"}]},
    ],
)
def test_json_without_an_answer_in_it_is_a_clear_error(stub, send_body, value):
    stub.answer = lambda handler: send_body(handler, json.dumps(value).encode())
    with pytest.raises(ServerError, match="the answer holds no text"):
        ask(stub)


def test_an_answer_without_end_is_not_read_to_the_end(stub):
    sent = 0

    def flood(handler: Any) -> None:
        nonlocal sent
        handler.send_response(200)
        handler.end_headers()
        while sent < 200_000_000:
            handler.wfile.write(b" " * 100_000)
            sent += 100_000

    stub.answer = flood
    with pytest.raises(ServerError, match="longer than 300000 bytes"):
        ask(stub, most_bytes=300_000)
    assert sent < 100_000_000


def test_a_compressed_answer_is_refused_before_it_can_swell(stub, send_body):
    stub.answer = lambda handler: send_body(handler, b"\x1f\x8b\x08", Content_Encoding="gzip")
    with pytest.raises(ServerError, match="compressed"):
        ask(stub)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_named_and_not_followed(stub, send_body, status):
    stub.answer = lambda handler: send_body(handler, b"", status, Location=f"{stub.address}/elsewhere")
    with pytest.raises(ServerError, match=f"status {status}.*not followed"):
        ask(stub)
    assert stub.paths == ["/v1/chat/completions"]


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (400, "did not understand"),
        (401, "wants a key"),
        (404, "no such path or model"),
        (500, "own log"),
        (503, "loading"),
    ],
)
def test_a_refusal_says_what_its_status_means_and_never_repeats_the_server(stub, send_body, status, said):
    body = json.dumps({"error": {"type": "server_error", "message": f"could not parse: {SECRET}"}}).encode()
    stub.answer = lambda handler: send_body(handler, body, status)
    with pytest.raises(ServerError, match=f"status {status}, server_error.*{said}") as caught:
        ask(stub)
    assert "Jane" not in str(caught.value)


def test_llama_servers_refusal_of_a_long_prompt_names_the_numbers(stub, send_body):
    error = {"type": "exceed_context_size_error", "n_prompt_tokens": 5120, "n_ctx": 4096, "message": SECRET}
    stub.answer = lambda handler: send_body(handler, json.dumps({"error": error}).encode(), 400)
    with pytest.raises(PromptTooLong, match=r"5120 tokens.*holds 4096") as caught:
        ask(stub)
    assert (caught.value.prompt_tokens, caught.value.context_tokens) == (5120, 4096)
    assert "Jane" not in str(caught.value)


def test_nobody_listening_is_a_clear_error(stub):
    with pytest.raises(ServerError, match="no server answers there; start it"):
        LocalServerChat(address="http://127.0.0.1:1")


def test_a_server_that_echoes_the_prompt_leaves_it_in_no_error_chain(stub, send_body):
    def nonsense(handler: Any) -> None:
        handler.wfile.write(SECRET.encode() + b"\r\n\r\n")
        handler.close_connection = True

    stub.answer = nonsense
    with pytest.raises(ServerError) as caught:
        ask(stub)
    assert caught.value.__suppress_context__
    assert "Jane" not in str(caught.value)


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"])
def test_proxy_variables_are_ignored(stub, send_body, answer_body, monkeypatch, name):
    monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    stub.answer = lambda handler: send_body(handler, answer_body("Here."))
    assert ask(stub) == "Here."


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("http://192.168.1.20:8080", "192.168.1.20"),
        ("http://Example.com", "example.com"),
        ("http://127.0.0.1.example.com", "127.0.0.1.example.com"),
        ("http://[fd00::5]:8080", "fd00::5"),
    ],
)
def test_another_machine_is_refused_unless_it_is_named_and_no_name_is_looked_up(monkeypatch, address, host):
    looked: list[Any] = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *given, **_: looked.append(given))
    for hosts in ((), ("10.0.0.9", "com", "168.1.20")):
        with pytest.raises(ModelChoiceError, match=r"is not on this machine.*allow-hosts = ") as caught:
            LocalServerChat(address=address, served_model="a", allow_hosts=hosts)
        assert f'["{host}"]' in str(caught.value)
    assert LocalServerChat(address=address, served_model="a", allow_hosts=(host,)).address == address
    assert looked == []


@pytest.fixture
def foreign_peer(monkeypatch):
    """Lets every connection look as if it led to another machine, as a changed hosts file makes of localhost."""
    import httpcore._backends.sync as backend

    real = backend.SyncStream.get_extra_info
    monkeypatch.setattr(
        backend.SyncStream,
        "get_extra_info",
        lambda self, info: ("10.9.8.7", 80) if info == "server_addr" else real(self, info),
    )


def test_a_local_name_that_leads_to_another_machine_is_sent_nothing(stub, foreign_peer):
    model = LocalServerChat(address=f"http://localhost:{stub.port}", served_model="stub-8b")
    with pytest.raises(ModelChoiceError, match="leads to another machine"):
        model.invoke(SECRET)
    assert (stub.paths, stub.bodies) == ([], [])


def test_a_host_that_was_named_may_be_another_machine(stub, send_body, answer_body, foreign_peer):
    stub.answer = lambda handler: send_body(handler, answer_body("Far."))
    assert ask(stub, allow_hosts=("127.0.0.1",)) == "Far."
