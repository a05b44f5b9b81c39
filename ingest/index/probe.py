"""Is the Chroma folder of a generation sound? Asked in a subprocess, since opening a damaged one can end the process.

`python -m ingest.index.probe GENERATION` exits 0 when it holds the catalog's chunks and finds them by their own
vectors; 1 with the reason on its last line otherwise. Changes no content and repairs nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ingest.index.catalog import Catalog
from ingest.index.generation import CATALOG, VECTORS
from ingest.index.worker import end_with_parent, run_worker, say

_SAMPLE = 64
# A vector's cosine with itself, as float32 in and out of Chroma.
_SAME = 1e-3
_TIME_LIMIT_SECONDS = 120.0


def probe(folder: Path, *, time_limit_seconds: float = _TIME_LIMIT_SECONDS) -> None:
    """Raises ChromaFailed saying what is wrong when the Chroma folder of a generation is not sound."""
    run_worker("ingest.index.probe", folder, time_limit_seconds=time_limit_seconds)


def look(folder: Path) -> str | None:
    """What is wrong with the Chroma folder; None when it is sound. May end the process."""
    from ingest.index.chroma import open_collection, query

    catalog = Catalog(folder / CATALOG)
    rows = catalog.live_rows()
    vectors = np.load(folder / VECTORS, allow_pickle=False)
    _client, collection = open_collection(folder)
    count = collection.count()
    if count != len(rows):
        return f"Chroma holds {count} chunks, the catalog {len(rows)}"
    for row in rows[:: max(1, len(rows) // _SAMPLE)]:
        chunk = catalog.chunk(row)
        kept = collection.get(ids=[chunk.chunk_id], include=["embeddings"])["embeddings"]
        if kept is None or len(kept) != 1 or float(np.asarray(kept[0]) @ vectors[row]) < 1 - _SAME:
            return f"Chroma has another vector for {chunk.chunk_id}"
        # Two chunks of one text share a vector, so the nearest need not be this chunk, only as near.
        nearest = query(collection, vectors[row], limit=1)
        if not nearest or nearest[0][1] < 1 - _SAME:
            return f"Chroma does not find {chunk.chunk_id} by its own vector"
    return None


def main(arguments: Sequence[str]) -> int:
    """Probe the generation named by the one argument."""
    end_with_parent()
    try:
        wrong = look(Path(arguments[0]))
    except Exception as error:  # noqa: BLE001 - Chroma raises many kinds, and every one of them means damaged
        wrong = f"{type(error).__name__} while opening Chroma"
    if wrong is not None:
        say(wrong)
    return 1 if wrong is not None else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
