"""One model loaded by llama.cpp: tokens in, tokens out, with the key-value cache kept between calls.

Knows no chat, no text templates and no langchain; is not safe for two threads at once (the chat model holds a lock).

It speaks to llama.cpp's own functions, which llama_cpp exports, and not through `llama_cpp.Llama`, for three reasons,
each seen in version 0.3.36: `Llama` compiles the Jinja template that the model file carries; it points the whole
process's standard output and error at nothing while it loads, and so swallows what other threads print; and it tries a
grammar against the whole vocabulary at every token, which nearly halved the speed of a small model.
"""

from __future__ import annotations

import ctypes
import functools
import weakref
from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.language_model.errors import (
    ContextSizeError,
    GrammarError,
    LanguageModelError,
    ModelFileError,
    ModelUnavailableError,
)

# Tokens given to llama.cpp in one go while it reads a prompt.
BATCH_TOKENS = 512
# How many of the likeliest tokens are tried against a grammar before the whole vocabulary is.
FEW = 32
# With a temperature, tokens less likely than this share of the likeliest are left out.
LEAST_SHARE = 0.05

# ggml's log levels for a warning and an error.
_COMPLAINTS = (2, 3)
_NEEDED = (
    "llama_backend_init",
    "llama_batch_get_one",
    "llama_decode",
    "llama_get_logits_ith",
    "llama_get_memory",
    "llama_init_from_model",
    "llama_log_set",
    "llama_memory_clear",
    "llama_memory_seq_rm",
    "llama_model_load_from_file",
    "llama_sampler_apply",
    "llama_sampler_init_grammar",
    "llama_tokenize",
)


@dataclass(slots=True)
class Reading:
    """How many prompt tokens had to be read and how many the cache already held."""

    read_tokens: int = 0
    kept_tokens: int = 0


@dataclass(frozen=True, slots=True)
class _Log:
    """llama.cpp's last complaints, and the callback that collects them: C keeps only a pointer to it, so we keep it."""

    complaints: deque[str]
    callback: Any

    def clear(self) -> None:
        self.complaints.clear()

    def __str__(self) -> str:
        return " / ".join(self.complaints) or "it gave no reason"


class LlamaSession:
    """A loaded model with one context. `vocabulary_size`, `context_tokens` and `metadata` are read-only facts."""

    def __init__(self, path: Path, *, context_tokens: int | None, threads: int, default_context_tokens: int) -> None:
        """Load a checked GGUF. `context_tokens` None: the default, or the model's own context where that is smaller.

        Raises ModelUnavailableError without llama_cpp, ModelFileError for a file that llama.cpp refuses,
        ContextSizeError for a context larger than the model was trained for.
        """
        self._lib = lib = _llama_cpp()
        log = _quiet(lib)
        log.clear()
        parameters = lib.llama_model_default_params()
        parameters.n_gpu_layers = 0
        self._model = lib.llama_model_load_from_file(str(path).encode(), parameters)
        if self._model is None:
            raise ModelFileError(
                f"{path}: llama.cpp cannot load this file ({log}); it may be cut short or be made for a newer "
                "llama.cpp: fetch it again or choose another"
            )
        try:
            trained = int(lib.llama_model_n_ctx_train(self._model))
            if context_tokens is not None and context_tokens > trained:
                raise ContextSizeError(
                    f"{path}: a context of {context_tokens} tokens was asked for, the model was trained for {trained}; "
                    f"ask for {trained} or fewer"
                )
            self.context_tokens = context_tokens or min(default_context_tokens, trained)
            self._context = self._new_context(lib, threads, path, log)
        except LanguageModelError:
            lib.llama_model_free(self._model)
            raise
        self._free = weakref.finalize(self, _free, lib, self._context, self._model)
        self._vocab = lib.llama_model_get_vocab(self._model)
        self._memory = lib.llama_get_memory(self._context)
        self.vocabulary_size = int(lib.llama_vocab_n_tokens(self._vocab))
        self.metadata = self._read_metadata()
        self._segments: list[tuple[int, ...]] = []

    def close(self) -> None:
        """Give the memory back; the session cannot be used afterwards. Closing twice does nothing."""
        self._free()

    # -- tokens and text

    def tokenize(self, text: str, *, markup: bool) -> list[int]:
        """The tokens of `text`. Special tokens are recognised only with `markup`; nothing is put before or after."""
        if not self._free.alive:
            raise LanguageModelError("the model was closed; load it again")
        data = text.encode()
        room = len(data) + 8
        while True:
            tokens = (self._lib.llama_token * room)()
            count = int(self._lib.llama_tokenize(self._vocab, data, len(data), tokens, room, False, markup))
            if count >= 0:
                return list(tokens[:count])
            room = -count

    def first_tokens(self) -> list[int]:
        """The token that begins every prompt of this model, or nothing where the model wants none."""
        if not self._lib.llama_vocab_get_add_bos(self._vocab):
            return []
        token = int(self._lib.llama_vocab_bos(self._vocab))
        return [token] if token >= 0 else []

    def has_token(self, text: str) -> bool:
        """True when `text` is one token of the vocabulary."""
        return len(self.tokenize(text, markup=True)) == 1

    def bytes_of(self, token: int) -> bytes:
        """The bytes a token stands for; a special token stands for none. They may end inside a character."""
        room = 64
        while True:
            buffer = ctypes.create_string_buffer(room)
            count = int(self._lib.llama_token_to_piece(self._vocab, token, buffer, room, 0, False))
            if count >= 0:
                return buffer.raw[:count]
            room = -count

    def ends(self, token: int) -> bool:
        """True for a token with which the model says that it has finished."""
        return bool(self._lib.llama_vocab_is_eog(self._vocab, token))

    # -- reading and writing

    def generate(
        self,
        segments: Sequence[Sequence[int]],
        *,
        grammar: str | None,
        temperature: float,
        seed: int,
        reading: Reading,
        cancelled: Callable[[], bool],
    ) -> Generator[int, None, None]:
        """Yield tokens until the model ends its answer; the caller stops it earlier by closing the iterator.

        Leading segments that the cache holds are not read again. Each segment is read by itself, from its first token
        on, so what the model computes, to the last bit, is the same whether a segment was kept or read again: at
        temperature 0 equal prompts have equal answers. With a temperature, `seed` decides.
        Raises GrammarError; `cancelled` is asked between batches and tokens, and then nothing more is yielded.
        """
        import numpy as np

        sampler = self._grammar(grammar) if grammar is not None else None
        random = np.random.default_rng(seed)
        try:
            if not self._read(segments, reading, cancelled):
                return
            while not cancelled():
                token = self._choose(sampler, temperature, random)
                if self.ends(token):
                    return
                if sampler is not None:
                    self._lib.llama_sampler_accept(sampler, token)
                yield token
                self._decode([token])
        finally:
            if sampler is not None:
                self._lib.llama_sampler_free(sampler)

    def _read(self, segments: Sequence[Sequence[int]], reading: Reading, cancelled: Callable[[], bool]) -> bool:
        wanted = [tuple(segment) for segment in segments]
        kept = 0
        # The last segment is always read: its last token's logits choose the first token of the answer.
        for mine, theirs in zip(self._segments, wanted[:-1], strict=False):
            if mine != theirs:
                break
            kept += 1
        position = sum(len(segment) for segment in wanted[:kept])
        # Models with a recurrent state cannot go back by a part; they read everything again.
        if position == 0 or not self._lib.llama_memory_seq_rm(self._memory, 0, position, -1):
            self._lib.llama_memory_clear(self._memory, True)
            kept = position = 0
        self._segments = wanted[:kept]
        reading.kept_tokens = position
        for segment in wanted[kept:]:
            for start in range(0, len(segment), BATCH_TOKENS):
                if cancelled():
                    return False
                batch = segment[start : start + BATCH_TOKENS]
                self._decode(batch)
                reading.read_tokens += len(batch)
            self._segments.append(segment)
        return True

    def _decode(self, tokens: Sequence[int]) -> None:
        array = (self._lib.llama_token * len(tokens))(*tokens)
        status = int(self._lib.llama_decode(self._context, self._lib.llama_batch_get_one(array, len(tokens))))
        if status != 0:
            self._segments = []
            self._lib.llama_memory_clear(self._memory, True)
            raise LanguageModelError(
                f"llama.cpp could not compute the next {len(tokens)} tokens (status {status}); the machine may be "
                "short of memory: close other programs or use a smaller model or context"
            )

    def _choose(self, sampler: Any, temperature: float, random: Any) -> int:
        import numpy as np

        pointer = self._lib.llama_get_logits_ith(self._context, -1)
        logits = np.ctypeslib.as_array(pointer, shape=(self.vocabulary_size,))
        if temperature > 0:
            if sampler is not None:
                logits = self._allowed(sampler, np.arange(self.vocabulary_size), logits)
            shares = np.exp((logits - logits.max()) / temperature, dtype=np.float64)
            shares[shares < LEAST_SHARE] = 0
            heap = np.cumsum(shares)
            return int(np.searchsorted(heap, random.random() * heap[-1], side="right"))
        best = int(logits.argmax())
        if sampler is None:
            return best
        # The likeliest token mostly fits the grammar, so that is asked first; the outcome is the same as asking it
        # about every token.
        if self._fitting(sampler, np.array([best]), logits) == best:
            return best
        few = np.argpartition(logits, -FEW)[-FEW:]
        chosen = self._fitting(sampler, few, logits)
        if chosen is None:
            chosen = self._fitting(sampler, np.arange(self.vocabulary_size), logits)
        if chosen is None:
            raise _no_token()
        return chosen

    def _fitting(self, sampler: Any, tokens: Any, logits: Any) -> int | None:
        import numpy as np

        allowed = self._tried(sampler, tokens, logits)
        best = int(allowed.argmax())
        return int(tokens[best]) if np.isfinite(allowed[best]) else None

    def _allowed(self, sampler: Any, tokens: Any, logits: Any) -> Any:
        import numpy as np

        allowed = self._tried(sampler, tokens, logits)
        if not np.isfinite(allowed.max()):
            raise _no_token()
        return allowed

    def _tried(self, sampler: Any, tokens: Any, logits: Any) -> Any:
        """The logits of `tokens`, minus infinity where the grammar does not allow the token next."""
        import numpy as np

        # The layout of llama.cpp's llama_token_data.
        data = np.zeros(len(tokens), dtype=[("id", np.int32), ("logit", np.float32), ("p", np.float32)])
        data["id"] = tokens
        data["logit"] = logits[tokens]
        array = self._lib.llama_token_data_array(
            data=data.ctypes.data_as(ctypes.POINTER(self._lib.llama_token_data)),
            size=len(tokens),
            selected=-1,
            sorted=False,
        )
        self._lib.llama_sampler_apply(sampler, ctypes.byref(array))
        return data["logit"]

    def _grammar(self, grammar: str) -> Any:
        log = _quiet(self._lib)
        log.clear()
        # An empty text is a grammar to llama.cpp too, one that holds nothing back.
        empty = not grammar.strip()
        sampler = None if empty else self._lib.llama_sampler_init_grammar(self._vocab, grammar.encode(), b"root")
        if not sampler:
            raise GrammarError(
                f"llama.cpp cannot read the grammar ({log}); it must be GBNF with a rule named root that does "
                "not begin with itself"
            )
        return sampler

    # -- loading

    def _new_context(self, lib: Any, threads: int, path: Path, log: _Log) -> Any:
        parameters = lib.llama_context_default_params()
        parameters.n_ctx = self.context_tokens
        parameters.n_batch = parameters.n_ubatch = min(BATCH_TOKENS, self.context_tokens)
        parameters.n_threads = parameters.n_threads_batch = threads
        # A sliding-window cache of less than full size forgets what a kept prefix needs.
        parameters.swa_full = True
        parameters.no_perf = True
        context = lib.llama_init_from_model(self._model, parameters)
        if context is None:
            raise ModelFileError(
                f"{path}: llama.cpp cannot set up a context of {self.context_tokens} tokens ({log}); ask for a "
                "smaller one or free memory"
            )
        return context

    def _read_metadata(self) -> dict[str, str]:
        keys = ("general.architecture", "general.basename", "general.name", "general.size_label", "general.license")
        metadata: dict[str, str] = {}
        for key in keys:
            buffer = ctypes.create_string_buffer(512)
            if self._lib.llama_model_meta_val_str(self._model, key.encode(), buffer, len(buffer)) >= 0:
                metadata[key] = buffer.value.decode(errors="replace")
        return metadata


def _no_token() -> GrammarError:
    return GrammarError(
        "the grammar allows no token of this model's vocabulary at this point: every rule must have an end that can be "
        "reached with the characters it allows"
    )


def _free(lib: Any, context: Any, model: Any) -> None:
    lib.llama_free(context)
    lib.llama_model_free(model)


def _llama_cpp() -> Any:
    try:
        import llama_cpp
    except (ImportError, OSError, RuntimeError) as error:
        raise ModelUnavailableError(
            f'llama.cpp is not installed or cannot be loaded ({type(error).__name__}); run "pip install '
            'llama-cpp-python", or use --model off or the address of a local server'
        ) from error
    missing = [name for name in _NEEDED if not hasattr(llama_cpp, name)]
    if missing:
        raise ModelUnavailableError(
            f"llama-cpp-python {llama_cpp.__version__} has no {', '.join(missing)}; install version 0.3.36, which is "
            "known to work"
        )
    return llama_cpp


@functools.cache
def _quiet(lib: Any) -> _Log:
    """Take over llama.cpp's log: nothing is printed, and its last complaints are kept for our own messages.

    The log is one for the whole process, so this is done once and holds for every session.
    """
    complaints: deque[str] = deque(maxlen=2)

    def receive(level: int, text: bytes, _user_data: Any) -> None:
        words = text.decode(errors="replace").strip() if level in _COMPLAINTS else ""
        if words:
            complaints.append(words)

    callback = lib.llama_log_callback(receive)
    lib.llama_log_set(callback, ctypes.c_void_p(0))
    lib.llama_backend_init()
    return _Log(complaints, callback)
