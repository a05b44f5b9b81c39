"""Builds the real objects from a practice folder: the only place that does. Everything else is handed what it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from assistant.errors import PracticeError
from assistant.settings import Practice

if TYPE_CHECKING:
    from pathlib import Path

    from assistant.ask.answer import Answer
    from assistant.ask.flow import Asker, Writer
    from assistant.propose.propose import Proposer
    from assistant.records.gaps import Gap
    from assistant.validate import Judge
    from ingest.index.embedder import Embedder
    from ingest.index.store import Index
    from ingest.index.sync import SyncReport
    from ingest.notes.model import KbNote

Progress = Callable[[str, int, int], None]


@contextmanager
def _index_errors() -> Iterator[None]:
    """What is wrong with the index, as an error a command shows."""
    from ingest.index.errors import KbIndexError

    try:
        yield
    except KbIndexError as error:
        raise PracticeError(str(error)) from error


@cache
def embedder() -> Embedder:
    """The one embedder of this process. Raises an error naming the package when its model is not installed."""
    from ingest.index.embedder import load_embedder

    return load_embedder()


@dataclass
class Desk:
    """One practice, ready to be asked. Takes in changed notes before each answer; holds one open generation."""

    practice: Practice
    on_progress: Progress | None = None
    keep_gaps: bool = True
    _index: Index | None = field(default=None, repr=False)
    _asker: Asker | None = field(default=None, repr=False)
    _writers: dict[str, Writer | None] = field(default_factory=dict, repr=False)

    def ask(self, question: str, *, as_of: date, today: date, model: str | None = None) -> Answer:
        """The answer as of a date; a refusal is recorded as a gap. `model` None: what the settings say."""
        asker, notices = self._current(today)
        chosen = model or self.practice.settings.model
        write, label = self._writer(asker, chosen)
        answer = asker.ask(question, as_of=as_of, write=write, model=label)
        if answer.gap and self.keep_gaps:
            from assistant.records.gaps import record_gap

            gap = answer.gap
            record_gap(
                self.practice.records,
                payers=gap.payers,
                codes=gap.codes,
                asked=gap.asked,
                question=question,
                on=today,
                as_of=as_of,
            )
        return replace(answer, notices=(*answer.notices, *notices)) if notices else answer

    def asker(self, today: date) -> Asker:
        """The asker over the newest notes."""
        return self._current(today)[0]

    def _current(self, today: date) -> tuple[Asker, tuple[str, ...]]:
        from ingest.index.sync import ensure_current

        with _index_errors():
            current = ensure_current(
                self.practice.kb,
                self.practice.library,
                self.practice.index,
                embedder(),
                held=self._index,
                on_progress=self.on_progress,
            )
        if self._asker is None or current.index is not self._index:
            self._index = current.index
            self._asker = _open_asker(current.index, self.practice)
            self._writers.clear()
        notices = [current.behind] if current.behind else []
        if current.report:
            notices.extend(_told(current.report))
            if self.keep_gaps:
                close_gaps(self.practice, self._asker, today)
        return self._asker, tuple(notices)

    def _writer(self, asker: Asker, choice: str) -> tuple[Writer | None, str | None]:
        if choice == "off":
            return None, None
        from assistant.language_model.choose import load_model, resolve_model

        resolved = resolve_model(choice)
        if resolved.kind == "off":
            return None, None
        if choice not in self._writers:
            from assistant.ask.writer import model_writer
            from assistant.prompts import load_prompt

            settings = self.practice.settings
            model = load_model(
                resolved, allow_remote=settings.allow_remote_model, context_tokens=settings.context_tokens
            )
            self._writers[choice] = model_writer(model, load_prompt("ask"), asker.directory) if model else None
        return self._writers[choice], resolved.label


def _open_asker(index: Index, practice: Practice) -> Asker:
    from assistant.ask.flow import Asker
    from assistant.ask.index_knowledge import IndexKnowledge
    from assistant.ask.sufficiency import load_weights

    weights = load_weights()
    if practice.settings.accept is not None:
        weights = replace(weights, accept=practice.settings.accept)
    return Asker.open(IndexKnowledge(index, embedder()), weights=weights)


def _told(report: SyncReport) -> list[str]:
    """What a reader must know of notes taken in on the way: those that could not be."""
    told = []
    if report.not_taken:
        shown = ", ".join(report.not_taken[:3])
        told.append(f"Notes with an error were left at their last good version ({shown}); run `understudy kb check`.")
    if report.healed:
        told.append(f"The index was damaged and has been rebuilt from the notes ({report.healed}).")
    return told


def close_gaps(practice: Practice, asker: Asker, today: date) -> list[Gap]:
    """Ask every open gap again and close those that the notes answer now."""
    from assistant.records.gaps import close_answered

    if not practice.records.exists():
        return []

    def answered_by(question: str, as_of: date) -> tuple[str, ...]:
        answer = asker.ask(question, as_of=as_of)
        return tuple(citation.note for citation in answer.citations) if answer.status == "answered" else ()

    return close_answered(practice.records, answered_by, on=today)


def ingest(practice: Practice, *, on_progress: Progress | None, today: date) -> tuple[SyncReport, list[Gap]]:
    """Take in every change, Chroma included, then close the gaps that are answered now."""
    from ingest.index.store import open_index
    from ingest.index.sync import sync

    with _index_errors():
        report = sync(practice.kb, practice.library, practice.index, embedder(), on_progress=on_progress)
    if not practice.records.exists():
        return report, []
    with _index_errors(), open_index(practice.index) as index:
        return report, close_gaps(practice, _open_asker(index, practice), today)


@dataclass(frozen=True, slots=True)
class JudgeParts:
    """What a judge is built from; small, and sent to other processes as it is."""

    notes: tuple[KbNote, ...]
    left_out: tuple[KbNote, ...]
    tables: Path


def judge_parts(practice: Practice, *, evidence: bool = False) -> JudgeParts:
    """The notes that matter for judging a claim, without index and embedder, and where the tables are.

    `evidence`: with the notes that show how a procedure is recognised, for proposing.
    """
    from ingest.index.enforced_notes import read_enforced

    cache = practice.data / ("proposing-notes.json" if evidence else "enforced-notes.json")
    read = read_enforced(practice.kb, practice.library, cache, evidence=evidence)
    return JudgeParts(read.notes, read.left_out, practice.tables)


def build_judge(parts: JudgeParts) -> Judge:
    """The judge of these parts in this process, with every coded rule.

    Raises PracticeError when the reference tables cannot be used.
    """
    from assistant.rules.registry import all_rules
    from assistant.validate import Judge
    from ingest.tables.errors import TablesError
    from ingest.tables.icd10cm_lookup import DiagnosisTables
    from ingest.tables.store import StoredTables

    try:
        tables = StoredTables(parts.tables, DiagnosisTables(parts.tables))
    except TablesError as error:
        raise PracticeError(str(error)) from error
    return Judge(parts.notes, tables, all_rules(), parts.left_out)


def build_proposer(practice: Practice) -> Proposer:
    """The proposer of a practice, model off: its notes and the library's, the tables, every coded rule."""
    from assistant.propose.propose import Proposer
    from ingest.tables.icd10cm_lookup import DiagnosisTables

    parts = judge_parts(practice, evidence=True)
    return Proposer(build_judge(parts), DiagnosisTables(parts.tables))
