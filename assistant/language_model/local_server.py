"""A langchain chat model that asks an OpenAI-compatible server on this machine (llama-server, vLLM, Ollama, LM Studio).

How it asks, and what it never does, stands in `server_wire`. Importing this module imports langchain_core; httpx is
imported when a server is first asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import ConfigDict, Field, PrivateAttr

from assistant.language_model.errors import ModelChoiceError, ServerError
from assistant.language_model.messages import turns_of
from assistant.language_model.server_wire import RefusedError, Reply, Wire, number
from assistant.language_model.wishes import Wishes, wishes_of

_CHAT = "/v1/chat/completions"
# What may be shown of a name that a server gives its model: llama-server gives the file's path, also on Windows.
_NAME = re.compile(r"[\w .:/\\@+()\[\]-]{1,200}\Z")
_REASON = re.compile(r"[a-z_]{1,40}\Z")
# Listing its models is quick for any server.
_LISTING_SECONDS = 10.0
# No token of any model is longer than this on average: an answer beyond it was not ended where it should be.
_CHARACTERS_A_TOKEN = 40


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A model as its server lists it. `context_tokens` None: the server does not tell."""

    name: str
    context_tokens: int | None


class LocalServerChat(BaseChatModel):
    """A chat model behind `<address>/v1/chat/completions`. Constructing it asks the server for its models.

    `served_model` None means the only model the server has. `allow_hosts` names the other machines that may be asked.
    A grammar is sent as llama-server and vLLM take it, and left out where a server refuses it; servers of other makes
    ignore it, so an answer's form is to be checked all the same.
    `timeout_seconds` bounds a whole answer, `connect_seconds` the connection; `most_bytes` bounds what is read.
    Raises the errors of `assistant.language_model.errors`; `stoppable` ends an answer at once.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True, extra="forbid")
    takes_wishes: ClassVar[bool] = True

    address: str
    served_model: str | None = None
    allow_hosts: tuple[str, ...] = ()
    timeout_seconds: float = Field(default=60.0, gt=0)
    connect_seconds: float = Field(default=5.0, gt=0)
    most_bytes: int = Field(default=2_000_000, ge=1)
    max_tokens: int = Field(default=200, ge=1)
    temperature: float = Field(default=0.0, ge=0)
    seed: int = Field(default=0, ge=0)
    stop: tuple[str, ...] = ()
    grammar: str | None = None
    # Never langchain's global answer cache: it would keep prompts, and prompts may be clinical.
    cache: bool | None = False

    _wire: Wire = PrivateAttr()
    _takes_grammar: bool = PrivateAttr(default=True)

    def model_post_init(self, context: Any, /) -> None:
        super().model_post_init(context)
        self._wire = Wire(
            self.address,
            allow_hosts=self.allow_hosts,
            timeout_seconds=self.timeout_seconds,
            connect_seconds=self.connect_seconds,
            most_bytes=self.most_bytes,
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
        self._wire.close()

    def models(self) -> tuple[ServedModel, ...]:
        """What the server lists, in its order; entries without a name that can be shown are left out."""
        return list_models(self._wire)

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
        wishes = self._wishes(stop, kwargs)
        with self._asked(messages, wishes, stream=False) as reply:
            answer = self._wire.json_of(reply.chunks)
        message = self._message(answer, wishes)
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        wishes = self._wishes(stop, kwargs)
        with self._asked(messages, wishes, stream=True) as reply:
            if reply.content_type == "application/json":
                # A server that knows no streams sends the answer whole.
                closing = self._message(self._wire.json_of(reply.chunks), wishes)
                yield _chunk(str(closing.content), run_manager)
            else:
                account = _Account()
                for piece in self._pieces(reply, wishes, account):
                    yield _chunk(piece, run_manager)
                closing = AIMessage("", response_metadata=self._metadata(account.choice), usage_metadata=account.usage)
        yield ChatGenerationChunk(
            message=AIMessageChunk(
                content="",
                response_metadata=closing.response_metadata,
                usage_metadata=closing.usage_metadata,
                chunk_position="last",
            )
        )

    def _pieces(self, reply: Reply, wishes: Wishes, account: _Account) -> Iterator[str]:
        """The texts of a stream. Raises ServerError when it ends before the model has ended, or holds no text."""
        length = 0
        ended = thought = False
        for event in self._wire.events_of(reply.chunks):
            if event is None:
                ended = True
                break
            account.usage = _usage(event.get("usage")) or account.usage
            if not event.get("choices"):
                continue  # a closing event with the usage only
            account.choice = _first(event["choices"])
            delta = account.choice.get("delta")
            delta = delta if isinstance(delta, dict) else {}
            self._refuse_tools(delta)
            ended = ended or isinstance(account.choice.get("finish_reason"), str)
            thought = thought or _thinks(delta)
            piece = delta.get("content")
            if isinstance(piece, str) and piece:
                length += len(piece)
                self._check_length(length, wishes)
                yield piece
        if not ended:
            raise ServerError(f"{self.address}: the answer ended before it was whole; look at the server's own log")
        if not length:
            raise self._no_text(thought)

    def _wishes(self, stop: list[str] | None, given: dict[str, Any]) -> Wishes:
        own = Wishes(self.max_tokens, self.temperature, self.seed, self.stop, self.grammar)
        return wishes_of(own, stop, given)

    @contextmanager
    def _asked(self, messages: list[BaseMessage], wishes: Wishes, *, stream: bool) -> Iterator[Reply]:
        """The server's answer; asked once more without the grammar where the server does not take it."""
        body = self._body(messages, wishes, stream=stream)
        if wishes.grammar is not None and self._takes_grammar:
            # llama-server reads the first, vLLM the second; either passes over the other.
            held = {**body, "grammar": wishes.grammar, "structured_outputs": {"grammar": wishes.grammar}}
            answering = False
            try:
                with self._wire.ask("POST", _CHAT, held) as reply:
                    answering = True
                    yield reply
                return
            except RefusedError as error:
                if answering or error.status not in (400, 422):
                    raise
        with self._wire.ask("POST", _CHAT, body) as reply:
            if wishes.grammar is not None:
                self._takes_grammar = False
            yield reply

    def _body(self, messages: list[BaseMessage], wishes: Wishes, *, stream: bool) -> dict[str, Any]:
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
        return body

    def _only_model(self) -> str:
        known = self.models()
        if len(known) == 1:
            return known[0].name
        if not known:
            raise ServerError(f"{self.address}: the server lists no model; load one there first")
        raise ModelChoiceError(
            f"{self.address}: the server has {len(known)} models ({', '.join(one.name for one in known[:8])}); name "
            f"one after a #, as in {self.address}#{known[0].name}"
        )

    def _message(self, answer: dict[str, Any], wishes: Wishes) -> AIMessage:
        choice = _first(answer.get("choices"))
        message = choice.get("message")
        message = message if isinstance(message, dict) else {}
        self._refuse_tools(message)
        text = message.get("content")
        if not isinstance(text, str) or not text:
            raise self._no_text(_thinks(message))
        self._check_length(len(text), wishes)
        return AIMessage(
            content=text, response_metadata=self._metadata(choice), usage_metadata=_usage(answer.get("usage"))
        )

    def _refuse_tools(self, message: dict[str, Any]) -> None:
        if message.get("tool_calls"):
            raise ServerError(
                f"{self.address}: the model calls a tool in place of answering, and none was offered; switch "
                "tools off there, or use another model"
            )

    def _check_length(self, length: int, wishes: Wishes) -> None:
        if length > wishes.max_tokens * _CHARACTERS_A_TOKEN:
            raise ServerError(
                f"{self.address}: the model writes more than the {wishes.max_tokens} tokens it was asked for; "
                "look whether the server keeps max_tokens"
            )

    def _no_text(self, thought: bool) -> ServerError:
        if thought:
            return ServerError(
                f"{self.address}: the model spent its tokens thinking and gave no answer; switch thinking off there, "
                "or use a model that answers at once"
            )
        return ServerError(f"{self.address}: the answer holds no text; is this an OpenAI-compatible chat server?")

    def _metadata(self, choice: dict[str, Any]) -> dict[str, Any]:
        reason = choice.get("finish_reason")
        return {
            "model_name": self.served_model,
            "finish_reason": reason if isinstance(reason, str) and _REASON.match(reason) else None,
        }


def list_models(wire: Wire) -> tuple[ServedModel, ...]:
    """The models of a server. Raises ServerError."""
    with wire.ask("GET", "/v1/models", timeout_seconds=_LISTING_SECONDS) as reply:
        listed = wire.json_of(reply.chunks).get("data")
    found: list[ServedModel] = []
    for entry in listed if isinstance(listed, list) else []:
        name = entry.get("id") if isinstance(entry, dict) else None
        if isinstance(name, str) and _NAME.match(name):
            meta = entry.get("meta")
            told = entry.get("max_model_len") or (meta.get("n_ctx_train") if isinstance(meta, dict) else None)
            found.append(ServedModel(name, number(told) or None))
    return tuple(found)


@dataclass(slots=True)
class _Account:
    """What a stream told beside its text: the last choice and the tokens."""

    choice: dict[str, Any] = field(default_factory=dict)
    usage: UsageMetadata | None = None


def _chunk(piece: str, run_manager: CallbackManagerForLLMRun | None) -> ChatGenerationChunk:
    chunk = ChatGenerationChunk(message=AIMessageChunk(content=piece))
    if run_manager is not None:
        run_manager.on_llm_new_token(piece, chunk=chunk)
    return chunk


def _thinks(message: dict[str, Any]) -> bool:
    return bool(message.get("reasoning_content") or message.get("reasoning"))


def _usage(value: Any) -> UsageMetadata | None:
    """The tokens as the server counted them; None where it did not."""
    if not isinstance(value, dict):
        return None
    prompt, written = number(value.get("prompt_tokens")), number(value.get("completion_tokens"))
    return UsageMetadata(input_tokens=prompt, output_tokens=written, total_tokens=prompt + written)


def _first(choices: Any) -> dict[str, Any]:
    if isinstance(choices, list) and choices and isinstance(choices[0], dict):
        return choices[0]
    return {}
