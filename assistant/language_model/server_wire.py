"""One request to a model server and its answer, within limits of time, size and place. Knows no chat and no langchain.

Follows no redirect, uses no proxy, sends no key, and sends nothing to a host but this machine or one that was named.
Its errors never repeat what the server said: servers quote prompts in their complaints.
"""

from __future__ import annotations

import ipaddress
import json
import re
import socket
import threading
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assistant.language_model.errors import LanguageModelError, ModelChoiceError, PromptTooLong, ServerError
from assistant.language_model.stopping import Stop, current_stop

if TYPE_CHECKING:
    import httpx

_KIND = re.compile(r"[a-z_]{1,40}\Z")
# A server that gave no answer in time is most likely still at work on it; so long nothing more is asked of it.
REST_SECONDS = 30.0
# The rest of a refusal is not read beyond this.
_REFUSAL_BYTES = 20_000


@dataclass(frozen=True, slots=True)
class Reply:
    """A good answer: what it says it is (`application/json`, without parameters) and its body in pieces."""

    content_type: str
    chunks: Iterator[bytes]


class Wire:
    """The way to one server. Safe for several threads; every request has a connection of its own."""

    def __init__(
        self,
        address: str,
        *,
        allow_hosts: Iterable[str],
        timeout_seconds: float,
        connect_seconds: float,
        most_bytes: int,
    ) -> None:
        """Raises ModelChoiceError for an address that is none, or on a host that is neither this machine nor named.

        `timeout_seconds` bounds a whole answer, `most_bytes` what is read of one.
        """
        import httpx

        self.address = address
        self.timeout_seconds = timeout_seconds
        self.connect_seconds = connect_seconds
        self.most_bytes = most_bytes
        self._resting_until = 0.0
        try:
            url = httpx.URL(address)
        except httpx.InvalidURL as error:
            raise ModelChoiceError(
                f'"{address}" is not an address ({error}); write it as http://127.0.0.1:8080'
            ) from error
        if url.scheme not in ("http", "https"):
            raise ModelChoiceError(f'"{address}" is not the address of a server; write it as http://127.0.0.1:8080')
        self._named = url.host.lower() in {host.lower() for host in allow_hosts}
        if not self._named and not is_loopback(url.host):
            raise ModelChoiceError(
                f"{address}: is not on this machine, and what is asked would leave it; use an address such as "
                f'http://127.0.0.1:8080, or name the host in understudy.toml: [model] allow-hosts = ["{url.host}"]'
            )
        self._client = httpx.Client(
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(timeout_seconds, connect=connect_seconds),
            limits=httpx.Limits(max_keepalive_connections=0),
            headers={"Accept-Encoding": "identity", "User-Agent": "understudy"},
        )

    def close(self) -> None:
        """Close what is open."""
        self._client.close()

    @contextmanager
    def ask(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, timeout_seconds: float | None = None
    ) -> Generator[Reply, None, None]:
        """The answer of status 200. Raises ServerError, PromptTooLong or AnswerStopped for everything else.

        httpx's own errors are not chained on: they may quote what a server sent back, and servers send prompts back.
        """
        import httpx

        seconds = min(timeout_seconds or self.timeout_seconds, self.timeout_seconds)
        self._rested()
        ending = current_stop()
        ending.check()
        line = _Line(self.address, local_only=not self._named)
        late = Stop()
        clock = threading.Timer(seconds, late.set, ("late",))
        clock.daemon = True
        clock.start()
        try:
            with (
                ending.doing(line.cut),
                late.doing(line.cut),
                self._client.stream(
                    method, self.address + path, json=body, extensions={"trace": line.trace}
                ) as response,
            ):
                yield Reply(_content_type(response), self._checked(path, response, late, ending))
        except httpx.HTTPError as error:
            ending.check()
            if late.is_set() or isinstance(error, httpx.ReadTimeout | httpx.WriteTimeout | httpx.PoolTimeout):
                raise self._too_slow(seconds) from None
            raise self._broken(error) from None
        finally:
            clock.cancel()

    def _checked(self, path: str, response: httpx.Response, late: Stop, ending: Stop) -> Iterator[bytes]:
        """The body in pieces, once the head says that it is an answer."""
        if 300 <= response.status_code < 400:
            raise ServerError(
                f"{self.address}{path}: the server sends on to another address (status {response.status_code}), which "
                "is not followed; give the server's own address"
            )
        chunks = self._bounded(response, late, ending)
        if response.status_code != 200:
            raise self._refusal(path, response.status_code, _beginning(chunks))
        if response.headers.get("content-encoding", "identity") != "identity":
            raise ServerError(
                f"{self.address}: the answer is compressed, which was not asked for; look at what answers there"
            )
        return chunks

    def _bounded(self, response: httpx.Response, late: Stop, ending: Stop) -> Iterator[bytes]:
        total = 0
        for chunk in response.iter_raw():
            total += len(chunk)
            if total > self.most_bytes:
                raise ServerError(
                    f"{self.address}: the answer is longer than {self.most_bytes} bytes and was not read to its end; "
                    "lower max_tokens or look at what answers there"
                )
            yield chunk
        # A connection that was cut here looks like one that the server closed at the end of its answer.
        ending.check()
        if late.is_set():
            raise self._too_slow(self.timeout_seconds)

    def _rested(self) -> None:
        left = self._resting_until - time.monotonic()
        if left > 0:
            raise ServerError(
                f"{self.address}: gave no answer in time a moment ago and is not asked again for {left:.0f} seconds; "
                "look whether it is busy, use a smaller model, or raise [model] timeout-seconds in understudy.toml"
            )

    def _too_slow(self, seconds: float) -> ServerError:
        self._resting_until = time.monotonic() + REST_SECONDS
        return ServerError(
            f"{self.address}: no whole answer within {seconds:g} seconds; use a smaller model, or raise [model] "
            "timeout-seconds in understudy.toml"
        )

    def _broken(self, error: httpx.HTTPError) -> ServerError:
        import httpx

        if isinstance(error, httpx.ConnectTimeout):
            self._resting_until = time.monotonic() + REST_SECONDS
            return ServerError(
                f"{self.address}: no connection within {self.connect_seconds:g} seconds; is the server running there?"
            )
        if isinstance(error, httpx.ConnectError) and "SSL" in str(error):
            return ServerError(
                f"{self.address}: the server's certificate or its encryption is not accepted; on this machine http:// "
                "will do"
            )
        if isinstance(error, httpx.ConnectError):
            return ServerError(
                f"{self.address}: no server answers there; start it (for example: llama-server -m model.gguf --port "
                "8080), or use --model default or --model off"
            )
        return ServerError(
            f"{self.address}: the connection broke before the answer was whole ({type(error).__name__}); look at "
            "the server's own log"
        )

    def _refusal(self, path: str, status: int, body: bytes) -> LanguageModelError:
        """What a status other than 200 means. Only a kind and numbers are taken from the body, never its words."""
        try:
            error = json.loads(body).get("error")
        except (ValueError, AttributeError, RecursionError):
            error = None
        error = error if isinstance(error, dict) else {}
        kind = error.get("type")
        if kind == "exceed_context_size_error":
            prompt, room = number(error.get("n_prompt_tokens")), number(error.get("n_ctx"))
            return PromptTooLong(
                f"{self.address}: the prompt has {prompt} tokens, the server's context holds {room}; give it fewer or "
                "shorter passages, or start the server with a larger context",
                prompt_tokens=prompt,
                context_tokens=room,
            )
        named = f", {kind}" if isinstance(kind, str) and _KIND.match(kind) else ""
        hint = {
            400: "it did not understand the request, or its context is too small for the prompt",
            401: "it wants a key, which is never sent; start it without one",
            403: "it wants a key, which is never sent; start it without one",
            404: "it has no such path or model; is this an OpenAI-compatible server?",
            422: "it did not understand the request; is this an OpenAI-compatible server?",
            429: "it has too much to do; try again in a moment",
            503: "it is still loading its model; try again in a moment",
        }.get(status, "look at the server's own log")
        return RefusedError(f"{self.address}{path}: the server refused (status {status}{named}): {hint}", status)

    def json_of(self, chunks: Iterable[bytes]) -> dict[str, Any]:
        """The JSON object that a body is. Raises ServerError for anything else, and for an error told in its place."""
        try:
            value = json.loads(b"".join(chunks))
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise ServerError(
                f"{self.address}: the answer is not JSON as agreed; is this an OpenAI-compatible chat server?"
            )
        if value.get("error"):
            raise ServerError(f"{self.address}: the server told of an error in place of an answer; look at its own log")
        return value

    def events_of(self, chunks: Iterable[bytes]) -> Iterator[dict[str, Any] | None]:
        """The JSON objects of a stream of server-sent events, and None for `[DONE]`, with which it ends."""
        held: list[bytes] = []
        for chunk in chunks:
            held.append(chunk)
            if b"\n" not in chunk:
                continue
            *lines, rest = b"".join(held).split(b"\n")
            held = [rest]
            for line in lines:
                name, _, value = line.strip().partition(b":")
                if name == b"error":
                    raise ServerError(f"{self.address}: the server broke off its answer; look at its own log")
                if name != b"data":
                    continue
                if value.strip() == b"[DONE]":
                    yield None
                    return
                yield self.json_of([value])


class RefusedError(ServerError):
    """The server answered with a status that is no success."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


@dataclass(slots=True)
class _Line:
    """The connection of one request: looked at before anything is sent over it, and cut when time is up."""

    address: str
    local_only: bool
    _socket: socket.socket | None = None
    _cut: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """httpcore's account of what it does. Raises ModelChoiceError when the host turns out to be another machine."""
        if event not in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            return
        stream = info["return_value"]
        peer = stream.get_extra_info("server_addr")
        if self.local_only and not (peer and is_loopback(str(peer[0]))):
            raise ModelChoiceError(
                f"{self.address}: its name leads to another machine, and what is asked would leave this one; use an "
                "address such as http://127.0.0.1:8080"
            )
        with self._lock:
            self._socket = stream.get_extra_info("socket")
            if self._cut:
                self._shut()

    def cut(self) -> None:
        """End the connection from any thread; who waits for its bytes sees it closed."""
        with self._lock:
            self._cut = True
            self._shut()

    def _shut(self) -> None:
        if self._socket is not None:
            with suppress(OSError):  # it is closed already
                self._socket.shutdown(socket.SHUT_RDWR)


def is_loopback(host: str) -> bool:
    """True for `localhost` and for addresses of the loopback ranges; a name is never looked up."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def number(value: Any) -> int:
    """A count as a server tells it; 0 when it is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0


def _content_type(response: httpx.Response) -> str:
    return str(response.headers.get("content-type", "")).partition(";")[0].strip().lower()


def _beginning(chunks: Iterable[bytes]) -> bytes:
    held = b""
    for chunk in chunks:
        held += chunk
        if len(held) > _REFUSAL_BYTES:
            break
    return held
