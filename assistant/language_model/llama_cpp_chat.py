"""A langchain chat model that runs a GGUF file in this process through llama.cpp.

Opens no connection, runs no template of the file's, keeps no prompt: only the key-value cache of the last one stays in
memory. Importing this module imports langchain_core; llama_cpp is imported when a model is loaded.
"""

from __future__ import annotations

import codecs
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import SimpleQueue
from typing import Any, ClassVar

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import ConfigDict, Field, PrivateAttr

from assistant.language_model.chat_templates import ChatTemplate, choose_template, render
from assistant.language_model.errors import ContextSizeError, PromptTooLong
from assistant.language_model.llama_session import LlamaSession, Reading
from assistant.language_model.messages import turns_of
from assistant.language_model.model_file import check_model_file, default_model_path
from assistant.language_model.stopping import current_stop
from assistant.language_model.wishes import Wishes, wishes_of

DEFAULT_CONTEXT_TOKENS = 4096


def sensible_threads(processors: int) -> int:
    """How many threads to compute with: one fewer than the processors, at least one, at most eight.

    llama.cpp's threads wait for each other in busy loops at every step. With as many threads as processors (two) and
    other programs at work, 30 tokens took 4 to 7 seconds to write and 200 took 4 to 8 to read; with one thread fewer
    0.5 to 0.9 and 2 to 3. On an idle machine the one thread costs up to half of the speed.
    """
    return max(1, min(8, processors - 1))


class LlamaCppChat(BaseChatModel):
    """A chat model over one GGUF file. Constructing it loads the file (0.2 s for the default model).

    `context_tokens` None means 4096 or the model's own context, where that is smaller. `max_tokens`, `temperature`,
    `seed`, `grammar` (GBNF) and `stop` may also be given with each call (`model.invoke(messages, grammar=...)`).
    Calls from several threads wait for each other; `stoppable` ends one between two tokens. Raises the errors of
    `assistant.language_model.errors`; a prompt that does not fit is refused before anything is computed, never cut.
    Whether the file may be trusted is asked by `load_model`, which practices go through.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True, extra="forbid")
    takes_wishes: ClassVar[bool] = True

    model_path: Path = Field(default_factory=default_model_path)
    context_tokens: int | None = Field(default=None, ge=1)
    threads: int | None = Field(default=None, ge=1)
    chat_template: str | None = None
    max_tokens: int = Field(default=200, ge=1)
    temperature: float = Field(default=0.0, ge=0)
    seed: int = Field(default=0, ge=0)
    stop: tuple[str, ...] = ()
    grammar: str | None = None
    # Never langchain's global answer cache: it would keep prompts, and prompts may be clinical.
    cache: bool | None = False

    _session: LlamaSession = PrivateAttr()
    _template: ChatTemplate = PrivateAttr()
    _lock: threading.Lock = PrivateAttr(default_factory=threading.Lock)

    def model_post_init(self, context: Any, /) -> None:
        super().model_post_init(context)
        check_model_file(self.model_path)
        self._session = LlamaSession(
            self.model_path,
            context_tokens=self.context_tokens,
            threads=self.threads or sensible_threads(_processors()),
            default_context_tokens=DEFAULT_CONTEXT_TOKENS,
        )
        self._template = choose_template(
            self._session.has_token, self._session.metadata, name=self.chat_template, where=str(self.model_path)
        )
        if self._session.context_tokens <= self.max_tokens:
            raise ContextSizeError(
                f"{self.model_path}: a context of {self._session.context_tokens} tokens cannot hold an answer of "
                f"{self.max_tokens} tokens and a prompt; raise context_tokens or lower max_tokens"
            )

    @property
    def _llm_type(self) -> str:
        return "understudy-llama-cpp"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {
            "model": self.model_path.name,
            "context_tokens": self._session.context_tokens,
            "template": self._template.name,
            "temperature": self.temperature,
            "seed": self.seed,
        }

    def close(self) -> None:
        """Give the model's memory back. The model cannot be used afterwards."""
        with self._lock:
            self._session.close()

    def get_token_ids(self, text: str) -> list[int]:
        """The model's own tokens of a plain text, without those that a chat template adds."""
        return self._session.tokenize(text, markup=False)

    def get_num_tokens_from_messages(self, messages: list[BaseMessage], tools: Sequence[Any] | None = None) -> int:
        """How many tokens the whole prompt takes, turn markup included. Tools are not supported and must be None."""
        if tools:
            raise TypeError("this model takes no tools")
        return sum(len(segment) for segment in self._segments(messages))

    def room(self, max_tokens: int | None = None) -> int:
        """How many tokens a prompt may have when the answer may have `max_tokens` (None: the model's own setting)."""
        return self._session.context_tokens - (self.max_tokens if max_tokens is None else max_tokens)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002 - langchain's signature
        **kwargs: Any,
    ) -> ChatResult:
        segments, wishes = self._prepare(messages, stop, kwargs)
        account, ending = _Account(), current_stop()
        with self._lock:
            text = "".join(self._write(segments, wishes, account, ending.is_set))
        ending.check()
        message = AIMessage(
            content=text, usage_metadata=account.usage(), response_metadata=account.metadata(self.model_path.name)
        )
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        segments, wishes = self._prepare(messages, stop, kwargs)
        account, ending = _Account(), current_stop()
        abandoned = threading.Event()
        pieces: SimpleQueue[str | BaseException | None] = SimpleQueue()

        # The model runs in a thread of its own, so that a reader who pauses, or asks something else in between, does
        # not hold the lock: it is held only as long as the model writes.
        def over() -> bool:
            return abandoned.is_set() or ending.is_set()

        def work() -> None:
            try:
                with self._lock:
                    for piece in self._write(segments, wishes, account, over):
                        pieces.put(piece)
                pieces.put(None)
            except BaseException as error:  # noqa: BLE001 - handed to the reader, who raises it
                pieces.put(error)

        worker = threading.Thread(target=work, name="understudy-llama-stream", daemon=True)
        worker.start()
        try:
            while (piece := pieces.get()) is not None:
                if isinstance(piece, BaseException):
                    raise piece
                chunk = ChatGenerationChunk(message=AIMessageChunk(content=piece))
                if run_manager is not None:
                    run_manager.on_llm_new_token(piece, chunk=chunk)
                yield chunk
            ending.check()
            yield ChatGenerationChunk(
                message=AIMessageChunk(
                    content="",
                    usage_metadata=account.usage(),
                    response_metadata=account.metadata(self.model_path.name),
                    chunk_position="last",
                )
            )
        finally:
            abandoned.set()
            worker.join()

    def _prepare(
        self, messages: list[BaseMessage], stop: list[str] | None, given: dict[str, Any]
    ) -> tuple[list[list[int]], Wishes]:
        own = Wishes(self.max_tokens, self.temperature, self.seed, self.stop, self.grammar)
        wishes = wishes_of(own, stop, given)
        wishes = replace(wishes, stop=(*wishes.stop, *self._template.stop))
        segments = self._segments(messages)
        count = sum(len(segment) for segment in segments)
        available = self._session.context_tokens
        if count + wishes.max_tokens > available:
            raise PromptTooLong(
                f"the prompt has {count} tokens and the answer may have {wishes.max_tokens}, together "
                f"{count + wishes.max_tokens}; the context of {self.model_path.name} holds {available}. Give it fewer "
                "or shorter passages, or load the model with more context_tokens",
                prompt_tokens=count,
                max_tokens=wishes.max_tokens,
                context_tokens=available,
            )
        return segments, wishes

    def _segments(self, messages: Sequence[BaseMessage]) -> list[list[int]]:
        segments = [
            [token for piece in segment for token in self._session.tokenize(piece.text, markup=piece.markup)]
            for segment in render(self._template, turns_of(messages))
        ]
        segments[0][:0] = self._session.first_tokens()
        return segments

    def _write(
        self, segments: list[list[int]], wishes: Wishes, account: _Account, cancelled: Callable[[], bool]
    ) -> Iterator[str]:
        """Yield the answer piece by piece, whole characters only, nothing from a stop word on."""
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        held = ""
        longest = max((len(word) for word in wishes.stop), default=0)
        account.start()
        tokens = self._session.generate(
            segments,
            grammar=wishes.grammar,
            temperature=wishes.temperature,
            seed=wishes.seed,
            reading=account.reading,
            cancelled=cancelled,
        )
        try:
            for token in tokens:
                account.token()
                held += decoder.decode(self._session.bytes_of(token))
                cut = min((place for word in wishes.stop if (place := held.find(word)) >= 0), default=-1)
                if cut >= 0:
                    held = held[:cut]
                    break
                if account.written == wishes.max_tokens:
                    account.finish_reason = "length"
                    break
                # A stop word may have begun at the end of what is held; so much is kept back.
                ready = len(held) - max(0, longest - 1)
                if ready > 0:
                    yield held[:ready]
                    held = held[ready:]
        finally:
            tokens.close()
            account.end()
        held += decoder.decode(b"", final=True) if account.finish_reason == "stop" else ""
        if held:
            yield held


@dataclass(slots=True)
class _Account:
    """What one call cost: tokens and seconds."""

    reading: Reading = field(default_factory=Reading)
    written: int = 0
    finish_reason: str = "stop"
    read_seconds: float = 0.0
    write_seconds: float = 0.0
    _began: float = 0.0
    _first: float = 0.0

    def start(self) -> None:
        self._began = self._first = time.perf_counter()

    def token(self) -> None:
        if self.written == 0:
            self._first = time.perf_counter()
        self.written += 1

    def end(self) -> None:
        self.read_seconds = self._first - self._began
        self.write_seconds = time.perf_counter() - self._first

    def usage(self) -> UsageMetadata:
        prompt = self.reading.read_tokens + self.reading.kept_tokens
        return UsageMetadata(
            input_tokens=prompt,
            output_tokens=self.written,
            total_tokens=prompt + self.written,
            input_token_details={"cache_read": self.reading.kept_tokens},
        )

    def metadata(self, model_name: str) -> dict[str, Any]:
        return {
            "model_name": model_name,
            "finish_reason": self.finish_reason,
            "read_tokens": self.reading.read_tokens,
            "kept_tokens": self.reading.kept_tokens,
            "read_seconds": round(self.read_seconds, 4),
            "write_seconds": round(self.write_seconds, 4),
        }


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
