"""Our retrieval as a LangChain retriever: what a LangChain user plugs into a chain of their own."""

from __future__ import annotations

from datetime import date
from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from assistant.ask.flow import Asker


class NotesRetriever(BaseRetriever):
    """The passages that may answer a question as of a date, best first; none when none is sufficient.

    Each Document carries note, heading, lines, payers, status and probability in its metadata.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    asker: Any
    as_of: date
    k: int = 4

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        asker: Asker = self.asker
        return [
            Document(
                page_content=found.passage.chunk.text,
                id=found.passage.chunk.chunk_id,
                metadata={
                    "note": found.passage.note.note_id,
                    "heading": found.passage.chunk.heading,
                    "lines": [found.passage.chunk.start_line, found.passage.chunk.end_line],
                    "payers": list(found.passage.note.payers),
                    "status": found.passage.note.status,
                    "probability": found.probability,
                },
            )
            for found in asker.passages(query, as_of=self.as_of)[: self.k]
        ]
