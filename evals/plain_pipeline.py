"""What a practice would have without us: the pipeline LangChain's documentation assembles, over the same notes.

RecursiveCharacterTextSplitter, Chroma, the same embedder, the four nearest pieces, one prompt, the same language model.
No payer filter, no dates, no sufficiency, no facts, no grounding. It is an opponent for `understudy eval plain`, not a
part of the product, and stands outside the contract that lets only ingest.index know Chroma.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.ask.answer import Answer, Citation
from assistant.errors import InputError

if TYPE_CHECKING:
    from langchain_core.documents import Document
    from langchain_core.embeddings import Embeddings
    from langchain_core.language_models.chat_models import BaseChatModel
    from langchain_core.prompt_values import PromptValue
    from langchain_core.vectorstores import VectorStore

    from ingest.index.embedder import Embedder

# As in LangChain's own tutorial of retrieval: a thousand characters, two hundred of them shared with the neighbour.
CHUNK_CHARACTERS = 1000
OVERLAP_CHARACTERS = 200
PIECES = 4
# Three sentences fit; a small model that does not stop would fill its whole context.
MAX_TOKENS = 120
_UNKNOWN = "I don't know"
_SYSTEM = f"""You answer questions of a medical practice's coder from the context below.
Use three sentences at most. When the context does not hold the answer, say only: {_UNKNOWN}.

Context:
{{context}}"""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a note as the splitter cut it: its note, and its lines in the note's file, 1-based, inclusive."""

    note: str
    lines: tuple[int, int]
    text: str


@dataclass(frozen=True)
class PlainPipeline:
    """The pieces in Chroma, in `folder`. `notes` are the texts by note id."""

    folder: Path
    store: VectorStore
    notes: Mapping[str, str]

    def retrieve(self, question: str) -> list[Piece]:
        """The pieces nearest to the question, best first, whatever payer or date they are about."""
        found = self.store.as_retriever(search_kwargs={"k": PIECES}).invoke(question)
        return [_piece(document, self.notes) for document in found]

    def ask(self, question: str, model: BaseChatModel) -> str:
        """What the model writes when all pieces are stuffed into its prompt."""
        from langchain_core.output_parsers import StrOutputParser
        from langchain_core.runnables import RunnableLambda

        def stuffed(asked: str) -> PromptValue:
            return prompt_of(asked, self.retrieve(asked))

        chain = RunnableLambda(stuffed) | model.bind(max_tokens=MAX_TOKENS) | StrOutputParser()
        return chain.invoke(question).strip()


def prompt_of(question: str, pieces: Sequence[Piece]) -> PromptValue:
    """The prompt with all pieces in it."""
    from langchain_core.prompts import ChatPromptTemplate

    prompt = ChatPromptTemplate.from_messages([("system", _SYSTEM), ("human", "{question}")])
    return prompt.invoke({"context": "\n\n".join(piece.text for piece in pieces), "question": question})


def as_answer(text: str, pieces: list[Piece], *, as_of: date, model: str | None = None) -> Answer:
    """A plain answer as ours are scored: every piece counts as cited; "I don't know" is a refusal."""
    refused = not text or _UNKNOWN.lower() in text.lower().replace("\u2019", "'")
    citations = tuple(
        Citation(
            n=number,
            note=piece.note,
            title="",
            heading="",
            lines=piece.lines,
            quote=piece.text,
            verified=None,
            review_by=None,
            owner=None,
            stale=False,
            status="live",
            effective_from=None,
            effective_through=None,
        )
        for number, piece in enumerate(pieces, start=1)
    )
    return Answer("not_in_kb" if refused else "answered", text, as_of, citations=citations, model=model)


@contextmanager
def plain_pipeline(notes: Mapping[str, str], embedder: Embedder) -> Iterator[PlainPipeline]:
    """The pipeline over these notes (their text by note id), in a folder that is gone afterwards.

    Raises InputError when the package of the splitter is not installed.
    """
    # Chroma keeps its files open until the process ends; on systems that forbid deleting those, they are left.
    with tempfile.TemporaryDirectory(prefix="understudy-plain-", ignore_cleanup_errors=True) as folder:
        yield PlainPipeline(Path(folder), _store(Path(folder), split(notes), embedder), notes)


def split(notes: Mapping[str, str]) -> list[Document]:
    """The notes as LangChain's splitter cuts them, front matter and all."""
    try:
        from langchain_text_splitters import RecursiveCharacterTextSplitter
    except ModuleNotFoundError as error:
        raise InputError(
            "the plain pipeline needs the package langchain-text-splitters: pip install langchain-text-splitters"
        ) from error
    from langchain_core.documents import Document

    documents = [Document(text, metadata={"note": note_id}) for note_id, text in notes.items()]
    splitter = RecursiveCharacterTextSplitter(
        chunk_size=CHUNK_CHARACTERS, chunk_overlap=OVERLAP_CHARACTERS, add_start_index=True
    )
    return splitter.split_documents(documents)


def _store(folder: Path, pieces: list[Document], embedder: Embedder) -> VectorStore:
    from langchain_chroma import Chroma

    from ingest.index.chroma import settings

    return Chroma.from_documents(
        pieces,
        _embeddings(embedder),
        collection_name="plain",
        persist_directory=str(folder),
        client_settings=settings(folder),
    )


def _embeddings(embedder: Embedder) -> Embeddings:
    from langchain_core.embeddings import Embeddings

    class Wrapped(Embeddings):
        """The same embedder under LangChain's names."""

        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return [[float(number) for number in vector] for vector in embedder.embed(texts)]

        def embed_query(self, text: str) -> list[float]:
            return self.embed_documents([text])[0]

    return Wrapped()


def _piece(document: Document, notes: Mapping[str, str]) -> Piece:
    note_id = str(document.metadata["note"])
    text = notes[note_id]
    start = int(document.metadata["start_index"])
    first = text.count("\n", 0, start) + 1
    return Piece(note_id, (first, first + document.page_content.count("\n")), document.page_content)
