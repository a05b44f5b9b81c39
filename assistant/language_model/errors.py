"""The exceptions of the language-model room, one tree; none carries prompt text, since a prompt may be clinical.

LanguageModelError
    ModelSetupError            a person must choose or install something else: never answered over
        ModelChoiceError       what was asked for with --model is no choice
        ModelUnavailableError  a package or the default model is not installed
        ModelFileError         a model file is missing, is no GGUF, is damaged, or cannot write
            UnknownModelError  a model file nobody has confirmed yet, or that has changed since
        ContextSizeError       the context is larger than the model's own, or cannot hold even the answer
    PromptTooLong              prompt and answer together need more tokens than the context holds
    MessagesError              the messages are not a conversation that a chat template can write
    GrammarError               the grammar cannot be read, or leaves the model no token to write
    ServerError                the local model server could not be reached or gave something else than an answer
    ForeignModelError          a chat model that was passed in failed
    AnswerStopped              the answer was cancelled or took too long
    WorkerBusy                 the one model has too many questions waiting, or answers none at the moment

After the last seven an answer is given without the model, with the error's text as the reason.
"""

from __future__ import annotations

from assistant.errors import UnderstudyError


class LanguageModelError(UnderstudyError):
    """Anything that keeps the language model from answering. Its text says where, what and how to mend it."""


class ModelSetupError(LanguageModelError):
    """What was asked for cannot be loaded until a person mends it."""


class ModelChoiceError(ModelSetupError):
    """What was asked for with `--model` is none of `off`, `default`, a path or an address."""


class ModelUnavailableError(ModelSetupError):
    """A package or the default model is not installed."""


class ModelFileError(ModelSetupError):
    """The model file is missing, unreadable, not a GGUF, damaged, or of a kind that writes no text."""


class UnknownModelError(ModelFileError):
    """The model file's hash is neither one that comes with Understudy nor one that was confirmed here."""


class ContextSizeError(ModelSetupError):
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


class ForeignModelError(LanguageModelError):
    """A chat model that was passed in raised an error of its own; only the error's kind is told, never its words."""


class AnswerStopped(LanguageModelError):  # noqa: N818 - the name says what happened, as the callers' code reads
    """The answer was cancelled, or took longer than it may."""


class WorkerBusy(LanguageModelError):  # noqa: N818 - the name says what happened, as the callers' code reads
    """The model worker takes no further question now: its line is full, it is stuck, or it is being shut down."""
