"""Builds the real objects from a practice folder: the only place that does. Everything else is handed what it needs."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.errors import PracticeError
from assistant.language_model.held import HeldModel
from assistant.settings import Practice, find_practice

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel

    from assistant.ask.answer import Answer, GapKey
    from assistant.ask.conversation import ConversationState, Reply
    from assistant.ask.flow import Asker
    from assistant.ask.writer import Given, Writing
    from assistant.language_model.choose import ModelChoice
    from assistant.lookup import Looked, Lookup
    from assistant.propose.choice import Asked
    from assistant.propose.propose import Proposer
    from assistant.records.gaps import Gap
    from assistant.validate import Judge
    from ingest.index.embedder import Embedder
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
def embedder(threads: int | None = None) -> Embedder:
    """The one embedder of this process. Raises an error naming the package when its model is not installed."""
    from ingest.index.embedder import load_embedder

    return load_embedder(threads=threads)


@dataclass
class Desk:
    """One practice, ready to be asked. Takes in changed notes before each answer; holds one open generation.

    `model` is any chat model of langchain; it then takes the place of the model of the settings. `require_model`: a
    model that fails ends the question with its error, in place of an answer without it (for measuring a model).
    """

    practice: Practice
    on_progress: Progress | None = None
    keep_gaps: bool = True
    model: BaseChatModel | None = None
    require_model: bool = False
    _lookup: Lookup | None = field(default=None, repr=False)
    _looked_at: float = field(default=-math.inf, repr=False)
    _held: HeldModel = field(default_factory=HeldModel, repr=False)

    def ask(self, question: str, *, as_of: date, today: date, model: str | None = None) -> Answer:
        """The answer as of a date; a refusal is recorded as a gap. `model` None: the desk's own, else the settings'.

        A model that fails leaves the answer as it is without one, with a notice that says why.
        """
        answer, writing = self.look_up(question, as_of=as_of, today=today, model=model)
        return writing() if writing else answer

    def look_up(
        self, question: str, *, as_of: date, today: date, model: str | None = None, since: float | None = None
    ) -> tuple[Answer, Writing | None]:
        """The answer without the model, and the model's part that is still to be done; None where it has none.

        `since` (time.monotonic): notes that were looked over later than that are not looked over again.
        No model is loaded here. Raises an error for a `model` that is no choice.
        """
        lookup, notices = self.level(today, since)
        chosen = self._chosen(model)
        if chosen is not None:
            answer, given = lookup.draft(question, as_of)
        else:
            answer, given = lookup.answer(question, as_of), None
        if notices:
            answer = replace(answer, notices=(*answer.notices, *notices))
        if answer.gap:
            self._record([(answer.gap, question, as_of)], today)
        return answer, self._writing(answer, given, chosen) if chosen is not None and given is not None else None

    def record(self, looked: Iterable[tuple[Looked, date]], today: date) -> None:
        """Record at once the gaps that lookups have left, here or in another process; with each the date it was for."""
        gaps = [
            (one.reply.answer.gap, one.question, as_of)
            for one, as_of in looked
            if one.question is not None and one.reply.answer is not None and one.reply.answer.gap is not None
        ]
        if gaps:
            self._record(gaps, today)

    def writing(self, looked: Looked, model: str | None = None) -> Writing | None:
        """The model's part of a lookup that is still to be done; None where it has none."""
        chosen = self._chosen(model)
        if chosen is None or looked.given is None or looked.reply.answer is None:
            return None
        return self._writing(looked.reply.answer, looked.given, chosen)

    def writes(self, model: str | None = None) -> bool:
        """Whether a model is to write sentences. Raises an error for a `model` that is no choice."""
        return self._chosen(model) is not None

    def converse(
        self,
        state: ConversationState,
        turn: str,
        *,
        as_of: date,
        today: date,
        model: str | None = None,
    ) -> tuple[Reply, ConversationState]:
        """One turn of a conversation and the state to hand in with the next one; nothing is kept here."""
        lookup = self.level(today)[0]
        return lookup.converse(
            state, turn, as_of, lambda question: self.ask(question, as_of=as_of, today=today, model=model)
        )

    def keep_as_gap(self, question: str, quotes: Iterable[tuple[str, str]], *, as_of: date, today: date) -> None:
        """Keep a question as a gap because these quotes (note, quote) did not answer it.

        It stays open until something else answers.
        """
        from assistant.ask.flow import gap_key
        from assistant.records.gaps import Asking, quote_key, record_gaps

        gap = gap_key(self.asker(today).read(question, as_of=as_of))
        unhelpful = [quote_key(note, quote) for note, quote in quotes]
        asking = Asking(gap.payers, gap.codes, gap.asked, question, today, as_of, unhelpful)
        record_gaps(self.practice.records, [asking])

    def _record(self, gaps: Iterable[tuple[GapKey, str, date]], today: date) -> None:
        from assistant.records.gaps import Asking, record_gaps

        if self.keep_gaps:
            askings = [Asking(gap.payers, gap.codes, gap.asked, asked, today, as_of) for gap, asked, as_of in gaps]
            record_gaps(self.practice.records, askings)

    def warm(self, first_row: int, rows: int) -> bool:
        """Prepare some rows of the notes for questions to come; False when there are no more (see Lookup.warm)."""
        return self._lookup is not None and self._lookup.warm(first_row, rows)

    def asker(self, today: date) -> Asker:
        """The asker over the newest notes."""
        return self.level(today)[0].asker

    @property
    def generation(self) -> str:
        """The name of the generation that is open; none is as long as nobody has asked."""
        return self._lookup.index.generation if self._lookup else ""

    def looked_since(self, since: float) -> bool:
        """Whether the notes were looked over later than `since` (time.monotonic)."""
        return self._looked_at >= since

    def level(self, today: date, since: float | None = None) -> tuple[Lookup, tuple[str, ...]]:
        """The lookup over the newest notes, and what must be told with the answer: notes that could not be taken in.

        `since` as in `look_up`. Gaps that are answered by what was taken in are closed.
        """
        from assistant.lookup import Lookup
        from ingest.index.sync import ensure_current

        if since is not None and self._lookup is not None and self.looked_since(since):
            return self._lookup, ()
        looked_at = time.monotonic()
        with _index_errors():
            current = ensure_current(
                self.practice.kb,
                self.practice.library,
                self.practice.index,
                embedder(),
                held=self._lookup.index if self._lookup else None,
                on_progress=self.on_progress,
            )
        if self._lookup is None or current.index is not self._lookup.index:
            self._lookup = Lookup.open(current.index, self.practice, embedder(), self._lookup)
        self._looked_at = looked_at
        notices = [current.behind] if current.behind else []
        if current.report:
            notices.extend(_told(current.report))
            if self.keep_gaps:
                close_gaps(self.practice, self._lookup.asker, today)
        return self._lookup, tuple(notices)

    def _chosen(self, model: str | None) -> BaseChatModel | ModelChoice | None:
        """The model that was passed in, or the choice that stands; None when the model is off."""
        if model is None and self.model is not None:
            return self.model
        written = model or self.practice.settings.model
        if written == "off":
            return None
        from assistant.language_model.choose import resolve_model

        # What the settings say begins in the practice's folder, what is typed where one stands.
        choice = resolve_model(written, folder=None if model else self.practice.folder)
        return None if choice.kind == "off" else choice

    def _writing(self, answer: Answer, given: Given, chosen: BaseChatModel | ModelChoice) -> Writing:
        from assistant.ask.writer import Writing
        from assistant.language_model.choose import ModelChoice, load_model, name_of
        from assistant.prompts import load_prompt

        settings = self.practice.settings

        def load() -> BaseChatModel:
            if not isinstance(chosen, ModelChoice):
                return chosen

            def fresh() -> BaseChatModel:
                loaded = load_model(
                    chosen,
                    confirmed=self.practice.confirmed_models,
                    allow_hosts=settings.model_hosts,
                    timeout_seconds=settings.model_timeout_seconds,
                    context_tokens=settings.context_tokens,
                )
                assert loaded is not None, "a choice of off is never loaded"
                return loaded

            return self._held.get(chosen, fresh)

        label = chosen.label if isinstance(chosen, ModelChoice) else name_of(chosen)
        assert self._lookup is not None, "what a model is given was looked up"
        directory = self._lookup.asker.directory
        return Writing(answer, given, load, label, load_prompt("ask"), directory, required=self.require_model)

    def close(self) -> None:
        """Give the model's memory back."""
        self._held.close()


def open_desk(folder: str | Path, *, model: BaseChatModel | None = None) -> Desk:
    """A desk on a practice folder, for use from Python. `model` is any chat model of langchain; None: the settings'.

    Raises PracticeError or SettingsError.
    """
    return Desk(find_practice(str(folder), {}, Path.cwd()), model=model)


def open_lookup(practice: Practice, generation: str, earlier: Lookup | None = None) -> Lookup:
    """A lookup over a generation of the index by its name, for a process of which there are several: one thread embeds.

    Raises KbIndexError when the generation is not there or not whole.
    """
    from assistant.lookup import Lookup
    from ingest.index.store import Index

    return Lookup.open(Index(practice.index / generation), practice, embedder(threads=1), earlier)


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
    from assistant.records.gaps import close_answered, quote_key

    if not practice.records.exists():
        return []

    def answered_by(gap: Gap, as_of: date) -> tuple[str, ...]:
        answer = asker.ask(gap.question, as_of=as_of)
        cited = [one for one in answer.citations if quote_key(one.note, one.quote) not in gap.unhelpful]
        return tuple(citation.note for citation in cited) if answer.status == "answered" else ()

    return close_answered(practice.records, answered_by, on=today)


def ingest(practice: Practice, *, on_progress: Progress | None, today: date) -> tuple[SyncReport, list[Gap]]:
    """Take in every change, Chroma included, then close the gaps that are answered now."""
    from ingest.index.store import open_index
    from ingest.index.sync import sync

    with _index_errors():
        report = sync(practice.kb, practice.library, practice.index, embedder(), on_progress=on_progress)
    if not practice.records.exists():
        return report, []
    from assistant.lookup import Lookup

    with _index_errors(), open_index(practice.index) as index:
        return report, close_gaps(practice, Lookup.open(index, practice, embedder()).asker, today)


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


def build_proposer(practice: Practice, model: str = "off", *, asked: Asked = "measured") -> Proposer:
    """The proposer of a practice: its notes and the library's, the tables, every coded rule.

    `model` is off, default, a path or an address. It is loaded and asked only as `asked` says (see choice.Policy); the
    proposer's `model` is None where it is not. Raises the errors of `assistant.language_model.errors`.
    """
    from assistant.propose.propose import Proposer
    from ingest.tables.icd10cm_lookup import DiagnosisTables

    parts = judge_parts(practice, evidence=True)
    proposer = Proposer(build_judge(parts), DiagnosisTables(parts.tables))
    if model == "off":
        return proposer
    from assistant.language_model.choose import load_model, resolve_model
    from assistant.prompts import load_prompt
    from assistant.propose.choice import Policy, model_chooser

    choice, policy = resolve_model(model), Policy(asked)
    if choice.kind == "off":
        return proposer
    if not policy.asks(choice.label):
        proposer.not_asked = policy.why_not(choice.label)
        return proposer
    settings = practice.settings
    loaded = load_model(
        choice,
        confirmed=practice.confirmed_models,
        allow_hosts=settings.model_hosts,
        timeout_seconds=settings.model_timeout_seconds,
        context_tokens=settings.context_tokens,
    )
    if loaded is not None:
        proposer.choose, proposer.model = model_chooser(loaded, load_prompt("propose"), policy), choice.label
    return proposer
