"""Vectors of the notes' pieces and words, kept beside the index: what was embedded once is not embedded again.

Only texts of notes are kept, never a question's. Nothing depends on the files: what is damaged, or of another
embedder, counts as absent. They hold digests in place of the texts, and are shared by all processes that read them.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from ingest.index.generation import KEYS, VECTORS, read_keys, write_vectors

_NEW = "new-"


class KeptVectors:
    """Read when first asked for a text; written whole, and put in the place of what others may be reading."""

    def __init__(self, folder: Path, embedder: str) -> None:
        """`embedder` is the `model_id` of the embedder the vectors are of."""
        self._folder = folder
        self._embedder = embedder
        self._read: tuple[dict[str, int], NDArray[np.float32]] | None = None

    def find(self, texts: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """The unit vectors, shape (dimensions,), of those of the texts that are kept."""
        rows, vectors = self._all()
        return {text: vectors[row] for text in texts if (row := rows.get(_key(text))) is not None}

    def _all(self) -> tuple[dict[str, int], NDArray[np.float32]]:
        if self._read is None:
            self._read = read_keys(self._folder, self._embedder, mapped=True) or ({}, np.empty((0, 0), np.float32))
        return self._read

    def keep(self, vectors: Mapping[str, NDArray[np.float32]]) -> None:
        """Keep these texts' vectors and no others. A folder that cannot be written is left as it is."""
        keys = [_key(text) for text in vectors]
        if not keys or set(keys) == set(self._all()[0]):
            return
        stacked = np.stack(list(vectors.values()))
        # Two that write at once may leave files that do not belong together; those are never read.
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            for left in self._folder.glob(f"{_NEW}*"):
                shutil.rmtree(left, ignore_errors=True)
            with TemporaryDirectory(dir=self._folder, prefix=_NEW, ignore_cleanup_errors=True) as new:
                write_vectors(Path(new), stacked, keys, self._embedder)
                # Windows refuses the first while somebody reads; then both stay as they are.
                for name in (VECTORS, KEYS):
                    (Path(new) / name).replace(self._folder / name)
            self._read = {key: row for row, key in enumerate(keys)}, stacked


def _key(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
