"""A chat model for tests: it gives the answers it was told to give and remembers what it was asked. No model at all.

Importing this module imports langchain_core.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import ConfigDict, PrivateAttr

from assistant.language_model.errors import LanguageModelError, PromptTooLong
from assistant.language_model.messages import Turn, turns_of
from assistant.language_model.wishes import Wishes, wishes_of


@dataclass(frozen=True, slots=True)
class Asked:
    """One call: the conversation and what was wished of the answer."""

    turns: tuple[Turn, ...]
    wishes: Wishes


class FakeChatModel(BaseChatModel):
    """Answers with `answers`, in order; an exception among them is raised in its turn. `asked` holds every call.

    Checks messages and wishes as the real models do. A word counts as a token. Raises LanguageModelError when it is
    asked more often than it has answers.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True, extra="forbid")
    takes_wishes: ClassVar[bool] = True

    answers: tuple[str | Exception, ...] = ()
    context_tokens: int = 4096
    max_tokens: int = 200
    cache: bool | None = False

    _asked: list[Asked] = PrivateAttr(default_factory=list)

    @property
    def asked(self) -> tuple[Asked, ...]:
        """Every call so far, the first one first."""
        return tuple(self._asked)

    @property
    def prompts(self) -> tuple[str, ...]:
        """The last user text of every call so far."""
        return tuple(call.turns[-1].text for call in self._asked)

    @property
    def _llm_type(self) -> str:
        return "understudy-fake"

    def get_token_ids(self, text: str) -> list[int]:
        """One number a word."""
        return list(range(len(text.split())))

    def get_num_tokens_from_messages(self, messages: list[BaseMessage], tools: Sequence[Any] | None = None) -> int:
        """How many words the messages have. Tools are not supported and must be None."""
        if tools:
            raise TypeError("this model takes no tools")
        return sum(len(turn.text.split()) for turn in turns_of(messages))

    def room(self, max_tokens: int | None = None) -> int | None:
        """How many tokens a prompt may have when the answer may have `max_tokens` (None: the model's own setting)."""
        return self.context_tokens - (self.max_tokens if max_tokens is None else max_tokens)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002 - langchain's signature
        **kwargs: Any,
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=AIMessage(content=self._next(messages, stop, kwargs)))])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        for piece in re.findall(r"\s*\S+|\s+\Z", self._next(messages, stop, kwargs)):
            chunk = ChatGenerationChunk(message=AIMessageChunk(content=piece))
            if run_manager is not None:
                run_manager.on_llm_new_token(piece, chunk=chunk)
            yield chunk
        yield ChatGenerationChunk(message=AIMessageChunk(content="", chunk_position="last"))

    def _next(self, messages: list[BaseMessage], stop: list[str] | None, given: dict[str, Any]) -> str:
        wishes = wishes_of(Wishes(self.max_tokens, 0.0, 0, (), None), stop, given)
        turns = turns_of(messages)
        count = self.get_num_tokens_from_messages(messages)
        if count + wishes.max_tokens > self.context_tokens:
            raise PromptTooLong(
                f"the prompt has {count} tokens and the answer may have {wishes.max_tokens}; the context holds "
                f"{self.context_tokens}",
                prompt_tokens=count,
                max_tokens=wishes.max_tokens,
                context_tokens=self.context_tokens,
            )
        if len(self._asked) == len(self.answers):
            raise LanguageModelError(
                f"the fake model was asked {len(self._asked) + 1} times and has {len(self.answers)} answers"
            )
        answer = self.answers[len(self._asked)]
        self._asked.append(Asked(turns, wishes))
        if isinstance(answer, Exception):
            raise answer
        return answer
