"""Runs the plain pipeline and ours, whole and with parts switched off, on the same items with the same scorers.

Prints nothing; evals/plain_pipeline_table.py makes one table of what is found here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from assistant.ask.answer import Answer, Citation
from assistant.ask.compose import Finding, Writer
from assistant.ask.flow import Asker
from assistant.bootstrap import Desk, embedder
from assistant.errors import InputError
from assistant.settings import Practice
from evals.ablation import PARTS, Part, without
from evals.fit import collect, opened
from evals.items import Item, load_items
from evals.places import EvalSet, fitting_sets
from evals.plain_pipeline import PlainPipeline, as_answer, plain_pipeline
from evals.plain_pipeline_writers import Written, WrongWriter, recorder
from evals.run import Progress, text_reader
from evals.scorers import NoteText, Scored, score
from evals.training import train
from ingest.notes.model import KbNote

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel

_OFF: dict[Part, str] = {
    "payer-filter": "ours without the payer filter",
    "words": "ours without BM25",
    "vectors": "ours without vectors",
    "codes": "ours without the leg of named codes",
    "facts": "ours without facts",
    "sufficiency": "ours without the sufficiency decision",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """One item in one pipeline. `shown` are the notes of the passages put before the reader, or into the prompt.

    `said` is what a language model wrote and the reader sees, scored by itself; None when nothing of it is seen.
    """

    scored: Scored
    shown: tuple[str, ...]
    said: Scored | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One pipeline over its items; `written` are the sentences of the writer that writes wrong things."""

    name: str
    outcomes: tuple[Outcome, ...]
    written: tuple[Written, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """All rows, and what is needed to read them.

    `named` are the payers an item's question names, `payers` those a note is about; both empty for everybody.
    """

    chosen: EvalSet
    practice: str
    as_of: date
    fitted_on: str
    model: str | None
    rows: tuple[Row, ...]
    named: dict[str, frozenset[str]]
    payers: dict[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class ComparisonPlan:
    """What to compare: the set on a practice; the model, and on how many items it is on (None: the set's subset)."""

    chosen: EvalSet
    practice: Practice
    as_of: date
    model: str
    with_model: int | None


def compare_plain(plan: ComparisonPlan, on_progress: Progress) -> Comparison:
    """Every row. Takes in changed notes first; records no gap. A fitting set is asked with weights fitted without it.

    Raises SetError, or InputError for a model that cannot be used.
    """
    items = load_items(plan.chosen.items)
    some = chosen_for_model(items, plan.with_model)
    asker = _held_out(Desk(plan.practice, keep_gaps=False).asker(plan.as_of), plan, on_progress)
    room = _Room(plan.as_of, text_reader(plan.practice), on_progress)
    scopes = asker.knowledge.scopes()
    notes = {scope.note_id: readable(asker.knowledge.note(scope.note_id)) for scope in scopes}
    rows = []
    label = None
    with plain_pipeline(notes, embedder()) as plain:
        on_progress("Chroma", 1, 1)
        rows.append(room.row("plain, its four passages read whole", items, lambda item, day: _unread(plain, item, day)))
        rows.append(room.row("ours, model off", items, _asked(asker)))
        rows.extend(room.row(_OFF[part], items, _asked(without(asker, (part,)))) for part in PARTS)
        if plan.model != "off" and some:
            from assistant.language_model.errors import LanguageModelError

            model, label = _model(plan.model, plan.practice)
            try:
                rows.extend(_with_model(room, plain, asker, some, model))
            except LanguageModelError as error:
                raise InputError(str(error)) from error
        rows.extend(_with_wrong_writer(room, asker, some or items))
    return Comparison(
        chosen=plan.chosen,
        practice=plan.practice.settings.name or plan.practice.folder.name,
        as_of=plan.as_of,
        fitted_on=asker.weights.fitted_on,
        model=label,
        rows=tuple(rows),
        named={
            item.id: frozenset(asker.read(item.question, as_of=item.as_of or plan.as_of).payer_slugs) for item in items
        },
        payers={scope.note_id: frozenset(scope.payers) for scope in scopes},
    )


def readable(note: KbNote) -> str:
    """A note as people read it: evidence blocks, which are patterns for a program, are blank lines."""
    lines = note.text.split("\n")
    for block in note.evidence:
        first, last = block.start_line - 1, block.end_line
        lines[first:last] = [""] * (last - first)
    return "\n".join(lines)


def chosen_for_model(items: Sequence[Item], count: int | None) -> tuple[Item, ...]:
    """The items asked with the model on: the set's marked ones, or so many, evenly spread over the set."""
    marked = tuple(item for item in items if item.subset)
    if count is None and marked:
        return marked
    wanted = min(60 if count is None else count, len(items))
    return tuple(items[place * len(items) // wanted] for place in range(wanted))


def _held_out(asker: Asker, plan: ComparisonPlan, on_progress: Progress) -> Asker:
    """The asker; with weights fitted on all other fitting sets where its own were fitted on this one too."""
    fitted_on = {name.strip().partition(":")[0] for name in asker.weights.fitted_on.split(",")}
    if plan.chosen.name not in fitted_on:
        return asker
    others = [one for one in fitting_sets() if one.name != plan.chosen.name]
    with opened(others, on_progress) as fittings:
        rows = [row for one in fittings for row in collect(one, as_of=plan.as_of, on_progress=on_progress)]
    constant, by_feature = train(rows)
    names = ", ".join(one.name for one in others)
    return replace(asker, weights=replace(asker.weights, constant=constant, by_feature=by_feature, fitted_on=names))


@dataclass(frozen=True, slots=True)
class _Room:
    """What every row shares."""

    as_of: date
    note_text: NoteText
    on_progress: Progress

    def row(self, name: str, items: Sequence[Item], ask: Callable[[Item, date], Asked]) -> Row:
        """Every item asked and scored."""
        outcomes = []
        for item in items:
            asked = ask(item, item.as_of or self.as_of)
            scored = score(item, asked.answer, note_text=self.note_text)
            said = None
            if asked.said:
                said = score(item, replace(asked.answer, text=asked.said), note_text=self.note_text)
            outcomes.append(Outcome(scored, tuple(citation.note for citation in asked.answer.citations), said))
            self.on_progress(name, len(outcomes), len(items))
        return Row(name, tuple(outcomes))


@dataclass(frozen=True, slots=True)
class Asked:
    """An answer, and the model's own words in it."""

    answer: Answer
    said: str | None = None


def _asked(asker: Asker) -> Callable[[Item, date], Asked]:
    return lambda item, day: Asked(asker.ask(item.question, as_of=day))


def _unread(plain: PlainPipeline, item: Item, day: date) -> Asked:
    """The passages themselves as the answer, as if a reader found in them whatever they hold."""
    pieces = plain.retrieve(item.question)
    found = as_answer("\n\n".join(piece.text for piece in pieces), pieces, as_of=day)
    return Asked(replace(found, status="answered"))


def _model(choice: str, practice: Practice) -> tuple[BaseChatModel, str]:
    from assistant.language_model.choose import load_model, resolve_model

    resolved = resolve_model(choice)
    settings = practice.settings
    model = load_model(
        resolved,
        confirmed=practice.confirmed_models,
        allow_hosts=settings.model_hosts,
        timeout_seconds=settings.model_timeout_seconds,
        context_tokens=settings.context_tokens,
    )
    assert model is not None
    return model, resolved.label


def _with_model(
    room: _Room, plain: PlainPipeline, asker: Asker, items: Sequence[Item], model: BaseChatModel
) -> list[Row]:
    """The plain pipeline and ours with the same model; ours without grounding shows what the same calls wrote."""
    from assistant.ask.writer import model_writer
    from assistant.prompts import load_prompt

    def ask_plain(item: Item, day: date) -> Asked:
        pieces = plain.retrieve(item.question)
        said = plain.ask(item.question, model)
        return Asked(as_answer(said, pieces, as_of=day), said=said)

    rows = [room.row("plain with the model", items, ask_plain)]
    wrote: list[str] = []
    remembered: dict[str, str] = {}
    model.callbacks = [recorder(wrote)]
    write = model_writer(model, load_prompt("ask"), asker.directory)

    def ask_ours(item: Item, day: date) -> Asked:
        wrote.clear()
        kept: list[str | None] = []

        def writer(question: str, findings: Sequence[Finding], citations: Sequence[Citation]) -> str | None:
            kept.append(write(question, findings, citations))
            return kept[-1]

        answer = asker.ask(item.question, as_of=day, write=writer)
        remembered[item.id] = " ".join(wrote)
        return Asked(answer, said=kept[-1] if kept else None)

    def ask_unchecked(item: Item, day: date) -> Asked:
        said = remembered[item.id] or None
        return Asked(asker.ask(item.question, as_of=day, write=lambda *_: said), said=said)

    rows.append(room.row("ours with the model", items, ask_ours))
    rows.append(room.row("ours with the model, without grounding", items, ask_unchecked))
    rows.append(room.row("ours, model off, on the same items", items, _asked(asker)))
    model.callbacks = None
    return rows


def _with_wrong_writer(room: _Room, asker: Asker, items: Sequence[Item]) -> list[Row]:
    """Ours with a writer that writes true and wrong sentences, with grounding and without."""
    rows = []
    for grounding in (True, False):
        writer = WrongWriter(asker.directory, grounding=grounding)
        row = room.row(
            f"ours, a writer of wrong sentences, {'with' if grounding else 'without'} grounding",
            items,
            _asked_with(asker, writer),
        )
        rows.append(replace(row, written=tuple(writer.written)))
    return rows


def _asked_with(asker: Asker, writer: Writer) -> Callable[[Item, date], Asked]:
    return lambda item, day: Asked(asker.ask(item.question, as_of=day, write=writer))
