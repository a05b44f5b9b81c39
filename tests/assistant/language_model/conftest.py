"""A stub model server on 127.0.0.1 and the default model, loaded once."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from assistant.language_model.llama_cpp_chat import LlamaCppChat

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class StubServer:
    """A server that answers POST as told, lists `models`, and remembers the bodies and headers it was sent."""

    answer: Answer | None = None
    models: list[str] = field(default_factory=lambda: ["stub-8b"])
    listing: dict[str, Any] | None = None
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    port: int = 0
    released: threading.Event = field(default_factory=threading.Event)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def send(handler: BaseHTTPRequestHandler, body: bytes, status: int = 200, **headers: str) -> None:
    """Write a whole response."""
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(body)), **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def chat_answer(text: str) -> bytes:
    """The body of an OpenAI-compatible answer."""
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
    return json.dumps({"choices": [choice]}).encode()


@pytest.fixture
def stub() -> Iterator[StubServer]:
    state = StubServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.paths.append(self.path)
            listed = {"data": [{"id": name} for name in state.models]} if state.listing is None else state.listing
            send(self, json.dumps(listed).encode())

        def do_POST(self) -> None:
            state.paths.append(self.path)
            state.headers.append(dict(self.headers))
            state.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            assert state.answer is not None
            state.answer(self)

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            pass  # the client hangs up on purpose in several tests

    server = Server(("127.0.0.1", 0), Handler)
    state.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield state
    state.released.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def send_body() -> Callable[..., None]:
    return send


@pytest.fixture
def answer_body() -> Callable[[str], bytes]:
    return chat_answer


@pytest.fixture(scope="session")
def model() -> LlamaCppChat:
    """The default model that comes with the installation."""
    return LlamaCppChat(max_tokens=24, context_tokens=2048)
