"""A copy of a practice in a temporary folder, whose notes can be changed, asked and put back one small sync at a time.

The practice itself is never touched. One index serves all changes: only what differs is read and embedded again.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import numpy as np

from assistant.ask.answer import Answer
from assistant.ask.flow import Asker
from assistant.ask.index_knowledge import IndexKnowledge
from assistant.bootstrap import Desk, embedder
from assistant.settings import Practice
from evals.items import Item
from evals.run import Progress, note_path
from ingest.index.embedder import Embedder, EmbedProgress, Vectors


class RememberingEmbedder:
    """An embedder that embeds no text twice in a process. Fits ingest.index.embedder.Embedder."""

    def __init__(self, whole: Embedder) -> None:
        self._whole = whole
        self._known: dict[str, Vectors] = {}

    @property
    def model_id(self) -> str:
        """As of the embedder it asks."""
        return self._whole.model_id

    @property
    def dimensions(self) -> int:
        """As of the embedder it asks."""
        return self._whole.dimensions

    @property
    def max_tokens(self) -> int:
        """As of the embedder it asks."""
        return self._whole.max_tokens

    def count_tokens(self, text: str) -> int:
        """As of the embedder it asks."""
        return self._whole.count_tokens(text)

    def embed(self, texts: Sequence[str], on_progress: EmbedProgress | None = None) -> Vectors:
        """See Embedder."""
        missing = [text for text in dict.fromkeys(texts) if text not in self._known]
        if missing:
            self._known.update(zip(missing, self._whole.embed(missing, on_progress), strict=True))
        return np.stack([self._known[text] for text in texts])


@dataclass
class Workbench:
    """The copy. `_edited` holds the notes that differ from the practice now: their text, None when they are gone.

    `asked` counts the questions so far.
    """

    practice: Practice
    today: date
    on_progress: Progress
    asked: int = 0
    _desk: Desk = field(init=False, repr=False)
    _remembering: RememberingEmbedder = field(init=False, repr=False)
    _originals: dict[str, str | None] = field(default_factory=dict, repr=False)
    _edited: dict[str, str | None] = field(default_factory=dict)
    _asker: Asker | None = field(default=None, repr=False)
    _knowledge: IndexKnowledge | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self._desk = Desk(self.practice, on_progress=self.on_progress, keep_gaps=False)
        self._remembering = RememberingEmbedder(embedder())

    def original(self, note_id: str) -> str | None:
        """The text of a note as the practice has it; None when it has no such note."""
        if note_id not in self._originals:
            path = note_path(self.practice, note_id)
            self._originals[note_id] = _read(path) if path.is_file() else None
        return self._originals[note_id]

    def edit(self, edits: Mapping[str, str | None]) -> None:
        """Make the copy the practice with these notes changed (None: deleted), whatever was edited before."""
        wanted = {note_id: self.original(note_id) for note_id in self._edited} | dict(edits)
        for note_id, text in wanted.items():
            self.original(note_id)
            path = note_path(self.practice, note_id)
            if text is None:
                path.unlink(missing_ok=True)
            elif not path.is_file() or _read(path) != text:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8", newline="\n")
        self._edited = dict(edits)

    def asker(self) -> Asker:
        """The asker over the copy as it is now; what has changed is taken in first."""
        current = self._desk.asker(self.today)
        held = current.knowledge
        assert isinstance(held, IndexKnowledge)
        if self._knowledge is None or held.index is not self._knowledge.index:
            before = self._knowledge
            self._knowledge = IndexKnowledge(held.index, self._remembering)
            self._asker = replace(current, knowledge=self._knowledge)
            if before is not None:
                # The desk leaves the old generation open for readers who are not done; here nobody reads it any more.
                before.index.close()
        assert self._asker is not None
        return self._asker

    def ask(self, item: Item, as_of: date) -> Answer:
        """The answer over the copy as it is now, without a language model."""
        self.asked += 1
        return self.asker().ask(item.question, as_of=item.as_of or as_of)

    def text(self, note_id: str) -> str | None:
        """A note's file as it is now; None when there is none. Fits evals.scorers.NoteText."""
        path = note_path(self.practice, note_id)
        return _read(path) if path.is_file() else None

    def close(self) -> None:
        """Let go of the index, so that its folder can be deleted everywhere."""
        if self._knowledge is not None:
            self._knowledge.index.close()


@contextmanager
def workbench(practice: Practice, *, today: date, on_progress: Progress) -> Iterator[Workbench]:
    """A copy of the practice, its library and its index, gone when the block is left."""
    with tempfile.TemporaryDirectory(prefix="understudy-eval-") as folder:
        root = Path(folder) / "practice"
        # The library lies inside the sample practice's kb/; beside the copy it can be changed like the notes.
        shutil.copytree(practice.kb, root / "kb", ignore=_library_of(practice))
        shutil.copytree(practice.library, Path(folder) / "library")
        if practice.index.is_dir():
            shutil.copytree(practice.index, root / "data" / "index")
        bench = Workbench(replace(practice, folder=root, library=Path(folder) / "library"), today, on_progress)
        try:
            yield bench
        finally:
            bench.close()


def _library_of(practice: Practice) -> Callable[[str, list[str]], set[str]]:
    """For copytree: the library inside the notes folder is passed over."""

    def ignored(folder: str, names: list[str]) -> set[str]:
        return {name for name in names if (Path(folder) / name).resolve() == practice.library.resolve()}

    return ignored


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8-sig")
