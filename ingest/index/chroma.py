"""The Chroma folder of a generation: written from its catalog and vectors, queried, and opened for LangChain.

The only importer of chromadb and langchain_chroma. Never embeds: every vector is ours, and a text without a vector
would make Chroma look for a model on the network. Run as `python -m ingest.index.chroma GENERATION` it brings that
folder's Chroma level with its catalog, in a process of its own because a damaged folder can crash the process.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ingest.index.catalog import Catalog
from ingest.index.chunk import Chunk
from ingest.index.errors import ChromaFailed
from ingest.index.generation import CATALOG, CHROMA, VECTORS

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.collection_configuration import CreateCollectionConfiguration
    from chromadb.api.models.Collection import Collection
    from chromadb.config import Settings
    from langchain_chroma import Chroma

    from ingest.index.embedder import Embedder
    from ingest.index.store import Index

COLLECTION = "chunks"
_BATCH = 1000


def configuration() -> CreateCollectionConfiguration:
    """How the collection is indexed. In Chroma's default space, L2, some chunks were not found by their own vector."""
    return {"hnsw": {"space": "cosine", "ef_construction": 200, "ef_search": 200}}


def settings(folder: Path) -> Settings:
    """Chroma's settings for a generation: embedded, nothing sent anywhere, nothing erased at once.

    What could lead out is set here, because a `.env` file or a variable of the environment would set it otherwise.
    """
    from chromadb.config import Settings

    options: dict[str, Any] = {
        "_env_file": None,
        "anonymized_telemetry": False,
        "allow_reset": False,
        "is_persistent": True,
        "persist_directory": str(folder / CHROMA),
        "chroma_api_impl": "chromadb.api.rust.RustBindingsAPI",
        "chroma_server_host": None,
        "chroma_otel_collection_endpoint": "",
    }
    return Settings(**options)


def open_collection(folder: Path, *, create: bool = False) -> tuple[ClientAPI, Collection]:
    """The client, which must be kept, and our collection. Opening a damaged folder may end the process."""
    import chromadb

    client = chromadb.PersistentClient(path=str(folder / CHROMA), settings=settings(folder))
    if create:
        return client, client.get_or_create_collection(
            COLLECTION, configuration=configuration(), embedding_function=None
        )
    return client, client.get_collection(COLLECTION, embedding_function=None)


def query(collection: Collection, vector: NDArray[np.float32], *, limit: int) -> list[tuple[str, float]]:
    """Chunk ids nearest to a vector with their cosine, best first. Approximate: Index.nearest is exact."""
    found = collection.query(query_embeddings=vector.reshape(1, -1), n_results=limit, include=["distances"])
    distances = found["distances"]
    assert distances is not None
    return [(chunk_id, 1.0 - distance) for chunk_id, distance in zip(found["ids"][0], distances[0], strict=True)]


def bring_level(folder: Path, report: Callable[[int, int], None] | None = None) -> None:
    """Write into Chroma what the catalog of the generation has and Chroma has not, and delete the reverse.

    `report(done, total)` is called after every batch. The caller notes in the catalog that Chroma is level.
    """
    catalog = Catalog(folder / CATALOG)
    gone, new = catalog.chroma_delta()
    vectors = np.load(folder / VECTORS, allow_pickle=False)
    headers = catalog.headers()
    _client, collection = open_collection(folder, create=True)
    for start in range(0, len(gone), _BATCH):
        collection.delete(ids=gone[start : start + _BATCH])
    for start in range(0, len(new), _BATCH):
        rows = new[start : start + _BATCH]
        chunks = [catalog.chunk(row) for row in rows]
        collection.upsert(
            ids=[chunk.chunk_id for chunk in chunks],
            embeddings=vectors[rows],
            documents=[chunk.text or chunk.context for chunk in chunks],
            metadatas=[_metadata(chunk, headers[chunk.note_id].title) for chunk in chunks],
        )
        if report is not None:
            report(start + len(rows), len(new))
    catalog.close()


def _metadata(chunk: Chunk, title: str) -> dict[str, str | int]:
    return {
        "chunk_id": chunk.chunk_id,
        "note_id": chunk.note_id,
        "layer": chunk.layer,
        "title": title,
        "heading": chunk.heading,
        "start_line": chunk.start_line,
        "end_line": chunk.end_line,
    }


def langchain_store(index: Index, embedder: Embedder) -> Chroma:
    """The collection as a LangChain vector store that embeds questions with our embedder.

    Its documents carry chunk_id, note_id, layer, title, heading, start_line and end_line. Raises ChromaFailed when
    Chroma is not level with the index (`understudy ingest` brings it there) or its folder does not open safely.
    """
    from ingest.index.probe import probe

    if index.chroma != "level":
        raise ChromaFailed(f"{index.folder / CHROMA} is {index.chroma}, not level; run `understudy ingest`")
    if embedder.model_id != index.manifest.embedder:
        raise ChromaFailed("the index was written with another embedder; run `understudy ingest`")
    probe(index.folder)
    from langchain_chroma import Chroma

    return Chroma(
        collection_name=COLLECTION,
        embedding_function=_embeddings(embedder),
        client_settings=settings(index.folder),
        persist_directory=str(index.folder / CHROMA),
        collection_configuration=configuration(),
    )


def _embeddings(embedder: Embedder) -> Any:
    from langchain_core.embeddings import Embeddings

    class OurEmbeddings(Embeddings):
        """Our embedder under LangChain's names."""

        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return [[float(number) for number in vector] for vector in embedder.embed(texts)]

        def embed_query(self, text: str) -> list[float]:
            return self.embed_documents([text])[0]

    return OurEmbeddings()


def main(arguments: Sequence[str]) -> int:
    """Bring the generation named by the one argument level; progress and a last error go to standard output."""
    from ingest.index.worker import end_with_parent, say

    end_with_parent()
    try:
        bring_level(Path(arguments[0]), report=lambda done, total: say(f"{done} {total}"))
    except Exception as error:  # noqa: BLE001 - Chroma raises many kinds; whichever it is, the parent writes it anew
        say(f"{type(error).__name__} while writing Chroma")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
