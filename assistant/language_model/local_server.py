"""A langchain chat model that asks an OpenAI-compatible server on this machine (llama-server, Ollama, LM Studio).

Follows no redirect, uses no proxy, sends no key, and speaks to another machine only when that was allowed in so many
words. Its errors never repeat what the server said: servers quote prompts in their complaints.
Importing this module imports langchain_core; httpx is imported when a server is first asked.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import ConfigDict, Field, PrivateAttr

from assistant.language_model.choose import is_loopback
from assistant.language_model.errors import LanguageModelError, ModelChoiceError, PromptTooLong, ServerError
from assistant.language_model.messages import turns_of
from assistant.language_model.wishes import Wishes, wishes_of

if TYPE_CHECKING:
    import httpx

_NAME = re.compile(r"[\w.:/@+-]{1,120}\Z")
_ERROR_TYPE = re.compile(r"[a-z_]{1,40}\Z")


class LocalServerChat(BaseChatModel):
    """A chat model behind `<address>/v1/chat/completions`. Constructing it asks the server for its models.

    `served_model` None means the only model the server has. A grammar is sent as llama-server's field `grammar`;
    servers of other makes may ignore it, so an answer's form is to be checked all the same.
    `timeout_seconds` bounds a whole answer, `connect_seconds` the connection; `most_bytes` bounds what is read.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True, extra="forbid")

    address: str
    served_model: str | None = None
    allow_remote: bool = False
    timeout_seconds: float = Field(default=120.0, gt=0)
    connect_seconds: float = Field(default=5.0, gt=0)
    most_bytes: int = Field(default=2_000_000, ge=1)
    max_tokens: int = Field(default=200, ge=1)
    temperature: float = Field(default=0.0, ge=0)
    seed: int = Field(default=0, ge=0)
    stop: tuple[str, ...] = ()
    grammar: str | None = None
    # Never langchain's global answer cache: it would keep prompts, and prompts may be clinical.
    cache: bool | None = False

    _client: httpx.Client = PrivateAttr()

    def model_post_init(self, context: Any, /) -> None:
        super().model_post_init(context)
        import httpx

        try:
            url = httpx.URL(self.address)
        except httpx.InvalidURL as error:
            raise ModelChoiceError(f'"{self.address}" is not an address ({error}); see resolve_model') from error
        if url.scheme not in ("http", "https"):
            raise ModelChoiceError(
                f'"{self.address}" is not the address of a server; write it as http://127.0.0.1:8080'
            )
        if not is_loopback(url.host) and not self.allow_remote:
            raise ModelChoiceError(
                f"{self.address}: is not on this machine; clinical notes would leave it. Use an address such as "
                "http://127.0.0.1:8080, or allow other machines in so many words (allow_remote)"
            )
        self._client = httpx.Client(
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(self.timeout_seconds, connect=self.connect_seconds),
            headers={"Accept-Encoding": "identity", "User-Agent": "understudy"},
        )
        if self.served_model is None:
            self.served_model = self._only_model()

    @property
    def _llm_type(self) -> str:
        return "understudy-local-server"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"address": self.address, "model": self.served_model, "temperature": self.temperature, "seed": self.seed}

    def close(self) -> None:
        """Close the connections to the server."""
        self._client.close()

    def get_token_ids(self, text: str) -> list[int]:
        """Always raises NotImplementedError: only the server knows its tokens."""
        raise NotImplementedError("a server's tokens are not known here; get_num_tokens gives an estimate")

    def get_num_tokens(self, text: str) -> int:
        """An estimate, on the high side for English: one token for every three bytes, and one."""
        return len(text.encode()) // 3 + 1

    def get_num_tokens_from_messages(self, messages: list[BaseMessage], tools: Sequence[Any] | None = None) -> int:
        """An estimate as `get_num_tokens` gives, with eight tokens of markup a message. Tools must be None."""
        if tools:
            raise TypeError("this model takes no tools")
        return sum(self.get_num_tokens(turn.text) + 8 for turn in turns_of(messages))

    def room(self, max_tokens: int | None = None) -> int | None:  # noqa: ARG002 - as the other models have it
        """Always None: how much a server's context holds is not known before it refuses a prompt."""
        return None

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002 - langchain's signature
        **kwargs: Any,
    ) -> ChatResult:
        with self._answer("POST", "/v1/chat/completions", self._body(messages, stop, kwargs, stream=False)) as chunks:
            answer = self._json(b"".join(chunks))
        choice = _first(answer.get("choices"))
        message = choice.get("message")
        text = message.get("content") if isinstance(message, dict) else None
        if not isinstance(text, str) or not text:
            raise ServerError(f"{self.address}: the answer holds no text; is this an OpenAI-compatible chat server?")
        return ChatResult(
            generations=[ChatGeneration(message=AIMessage(content=text, response_metadata=self._metadata(choice)))]
        )

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        choice: dict[str, Any] = {}
        empty = True
        with self._answer("POST", "/v1/chat/completions", self._body(messages, stop, kwargs, stream=True)) as chunks:
            for event in self._events(chunks):
                if not event.get("choices"):
                    continue  # a closing event with the usage only
                choice = _first(event["choices"])
                delta = choice.get("delta")
                piece = delta.get("content") if isinstance(delta, dict) else None
                if isinstance(piece, str) and piece:
                    empty = False
                    chunk = ChatGenerationChunk(message=AIMessageChunk(content=piece))
                    if run_manager is not None:
                        run_manager.on_llm_new_token(piece, chunk=chunk)
                    yield chunk
        if empty:
            raise ServerError(f"{self.address}: the answer holds no text; is this an OpenAI-compatible chat server?")
        yield ChatGenerationChunk(
            message=AIMessageChunk(content="", response_metadata=self._metadata(choice), chunk_position="last")
        )

    def _body(
        self, messages: list[BaseMessage], stop: list[str] | None, given: dict[str, Any], *, stream: bool
    ) -> dict[str, Any]:
        own = Wishes(self.max_tokens, self.temperature, self.seed, self.stop, self.grammar)
        wishes = wishes_of(own, stop, given)
        body: dict[str, Any] = {
            "model": self.served_model,
            "messages": [{"role": turn.role, "content": turn.text} for turn in turns_of(messages)],
            "max_tokens": wishes.max_tokens,
            "temperature": wishes.temperature,
            "seed": wishes.seed,
            "stream": stream,
        }
        if wishes.stop:
            body["stop"] = list(wishes.stop)
        if wishes.grammar is not None:
            body["grammar"] = wishes.grammar
        return body

    def _only_model(self) -> str:
        with self._answer("GET", "/v1/models", None) as chunks:
            answer = self._json(b"".join(chunks))
        listed = answer.get("data")
        names = [entry.get("id") for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
        known = [name for name in names if isinstance(name, str) and _NAME.match(name)]
        if len(known) == 1:
            return known[0]
        if not known:
            raise ServerError(f"{self.address}: the server lists no model; load one there first")
        raise ServerError(
            f"{self.address}: the server has {len(known)} models ({', '.join(known[:8])}); name one after a #, as in "
            f"{self.address}#{known[0]}"
        )

    def _metadata(self, choice: dict[str, Any]) -> dict[str, Any]:
        reason = choice.get("finish_reason")
        return {
            "model_name": self.served_model,
            "finish_reason": reason if isinstance(reason, str) and _ERROR_TYPE.match(reason) else None,
        }

    # -- the wire

    @contextmanager
    def _answer(self, method: str, path: str, body: dict[str, Any] | None) -> Generator[Iterator[bytes], None, None]:
        """The body of a good answer, in pieces. Raises ServerError or PromptTooLong for everything else.

        httpx's own errors are not chained on: they may quote what a server sent back, and servers send prompts back.
        """
        import httpx

        deadline = time.monotonic() + self.timeout_seconds
        try:
            with self._client.stream(method, self.address + path, json=body) as response:
                chunks = self._bounded(response, deadline)
                if response.is_redirect or 300 <= response.status_code < 400:
                    raise ServerError(
                        f"{self.address}{path}: the server sends on to another address (status "
                        f"{response.status_code}), which is not followed; give the server's own address"
                    )
                if response.status_code != 200:
                    raise self._refusal(path, response.status_code, b"".join(chunks))
                if response.headers.get("content-encoding", "identity") != "identity":
                    raise ServerError(f"{self.address}: the answer is compressed, which was not asked for")
                yield chunks
        except httpx.ConnectTimeout:
            raise ServerError(
                f"{self.address}: no connection within {self.connect_seconds:g} seconds; is the server running there?"
            ) from None
        except httpx.ConnectError:
            raise ServerError(
                f"{self.address}: no server answers there; start it (for example: llama-server -m model.gguf --port "
                "8080), or use --model default or --model off"
            ) from None
        except httpx.TimeoutException:
            raise self._too_slow() from None
        except httpx.HTTPError as error:
            raise ServerError(
                f"{self.address}: the connection broke before the answer was whole ({type(error).__name__}); look at "
                "the server's own log"
            ) from None

    def _bounded(self, response: httpx.Response, deadline: float) -> Iterator[bytes]:
        total = 0
        for chunk in response.iter_raw():
            total += len(chunk)
            if total > self.most_bytes:
                raise ServerError(
                    f"{self.address}: the answer is longer than {self.most_bytes} bytes and was not read to its end; "
                    "lower max_tokens or look at what answers there"
                )
            # httpx counts the time between two pieces; a server that sends one byte at a time would never be too slow.
            if time.monotonic() > deadline:
                raise self._too_slow()
            yield chunk

    def _too_slow(self) -> ServerError:
        return ServerError(
            f"{self.address}: no whole answer within {self.timeout_seconds:g} seconds; use a smaller model or "
            "prompt, or raise timeout_seconds"
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
            prompt, room = _number(error.get("n_prompt_tokens")), _number(error.get("n_ctx"))
            return PromptTooLong(
                f"{self.address}: the prompt has {prompt} tokens, the server's context holds {room}; give it fewer or "
                "shorter passages, or start the server with a larger context",
                prompt_tokens=prompt,
                context_tokens=room,
            )
        named = f", {kind}" if isinstance(kind, str) and _ERROR_TYPE.match(kind) else ""
        hint = {
            400: "it did not understand the request, or its context is too small for the prompt",
            401: "it wants a key, which is never sent",
            403: "it wants a key, which is never sent",
            404: "it has no such path or model; is this an OpenAI-compatible server?",
            503: "it is still loading its model; try again in a moment",
        }.get(status, "look at the server's own log")
        return ServerError(f"{self.address}{path}: the server refused (status {status}{named}): {hint}")

    def _json(self, data: bytes) -> dict[str, Any]:
        try:
            value = json.loads(data)
        except (ValueError, RecursionError):
            raise self._unreadable() from None
        if not isinstance(value, dict):
            raise self._unreadable()
        return value

    def _events(self, chunks: Iterator[bytes]) -> Iterator[dict[str, Any]]:
        """The JSON objects of a stream of server-sent events, up to `[DONE]`; a stream without it was cut off."""
        rest = b""
        for chunk in chunks:
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                field, _, value = line.strip().partition(b":")
                if field == b"error":
                    raise ServerError(f"{self.address}: the server broke off its answer; look at its own log")
                if field != b"data":
                    continue
                if value.strip() == b"[DONE]":
                    return
                yield self._json(value)
        raise ServerError(f"{self.address}: the answer ended before it was whole; look at the server's own log")

    def _unreadable(self) -> ServerError:
        return ServerError(
            f"{self.address}: the answer is not JSON as agreed; is this an OpenAI-compatible chat server?"
        )


def _first(choices: Any) -> dict[str, Any]:
    if isinstance(choices, list) and choices and isinstance(choices[0], dict):
        return choices[0]
    return {}


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0
