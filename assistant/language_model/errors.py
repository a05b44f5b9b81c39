"""The exceptions of the language-model room, one tree; none carries prompt text, since a prompt may be clinical.

LanguageModelError
    ModelChoiceError       what was asked for with --model is no choice
    ModelUnavailableError  a package or the default model is not installed
    ModelFileError         a model file is missing, is no GGUF, is damaged, or fits no chat template of ours
    ContextSizeError       the context is larger than the model's own, or cannot hold even the answer
    PromptTooLong          prompt and answer together need more tokens than the context holds
    MessagesError          the messages are not a conversation that a chat template can write
    GrammarError           the grammar cannot be read, or leaves the model no token to write
    ServerError            the local model server could not be reached or answered with something else than an answer
"""

from __future__ import annotations

from assistant.errors import UnderstudyError


class LanguageModelError(UnderstudyError):
    """Anything that keeps the language model from answering. Its text says where, what and how to mend it."""


class ModelChoiceError(LanguageModelError):
    """What was asked for with `--model` is none of `off`, `default`, a path or an address."""


class ModelUnavailableError(LanguageModelError):
    """A package or the default model is not installed."""


class ModelFileError(LanguageModelError):
    """The model file is missing, unreadable, not a GGUF, damaged, or of a family without a chat template of ours."""


class ContextSizeError(LanguageModelError):
    """The context asked for is larger than the model's own, or too small to hold the answer."""


class PromptTooLong(LanguageModelError):  # noqa: N818 - the name says what happened, as the callers' code reads
    """Prompt and answer do not fit the context. Counts are tokens; 0 where a server did not tell the number."""

    def __init__(self, message: str, *, prompt_tokens: int = 0, max_tokens: int = 0, context_tokens: int = 0) -> None:
        super().__init__(message)
        self.prompt_tokens = prompt_tokens
        self.max_tokens = max_tokens
        self.context_tokens = context_tokens


class MessagesError(LanguageModelError):
    """The messages are not: at most one system message first, then user and assistant in turn, a user's last."""


class GrammarError(LanguageModelError):
    """The GBNF grammar cannot be read, or at some point allows no token of this model's vocabulary."""


class ServerError(LanguageModelError):
    """The local model server could not be reached, was too slow, or did not answer as agreed."""
