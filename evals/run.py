"""Runs an evaluation set in one process: asks every item, scores it, and makes the record of the run.

Prints nothing and decides nothing; evals/report.py shows what was found.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from assistant.ask.answer import Answer
from assistant.bootstrap import Desk
from assistant.errors import InputError
from assistant.settings import Practice
from evals.ablation import Part, without
from evals.items import LIBRARY_PREFIX, Item, load_items, set_hash
from evals.places import EvalSet
from evals.record import RunRecord, counted, notes_hash, weights_hash
from evals.scorers import RUN_FIGURES, NoteText, Scored, score

Progress = Callable[[str, int, int], None]
AskItem = Callable[[Item, date], Answer]

# Items without a date of their own are asked as of this day (evals/sets/README.md).
DEFAULT_AS_OF = date(2026, 11, 22)


@dataclass(frozen=True, slots=True)
class RunPlan:
    """What to run: the set on a practice, as of a date, with a model or without, with parts of asking left out."""

    chosen: EvalSet
    practice: Practice
    as_of: date = DEFAULT_AS_OF
    model: str = "off"
    subset: bool = False
    left_out: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """A run: its record, every item's result in the set's order, and the seconds each took, in the same order."""

    record: RunRecord
    scored: tuple[Scored, ...]
    seconds: tuple[float, ...]


def run_set(plan: RunPlan, on_progress: Progress) -> Run:
    """Ask and score every item. Takes in changed notes first; gaps are not recorded.

    Raises SetError for a set that cannot be used, InputError for a wish that cannot be met or a model that fails.
    """
    if plan.left_out and plan.model != "off":
        raise InputError("--without is measured with the model off; leave --model out")
    items = chosen_items(plan.chosen.items, subset=plan.subset)
    desk = Desk(plan.practice, on_progress=on_progress, keep_gaps=False, require_model=True)
    asker = desk.asker(plan.as_of)
    ask: AskItem
    if plan.left_out:
        less = without(asker, plan.left_out)

        def ask(item: Item, as_of: date) -> Answer:
            return less.ask(item.question, as_of=as_of)
    else:

        def ask(item: Item, as_of: date) -> Answer:
            return desk.ask(item.question, as_of=as_of, today=plan.as_of, model=plan.model)

    scored, seconds = ask_all(
        items, ask, as_of=plan.as_of, note_text=text_reader(plan.practice), on_progress=on_progress
    )
    models = {one.answer.model for one in scored if one.answer.model}
    record = RunRecord(
        set=plan.chosen.name,
        practice=plan.practice.settings.name or plan.practice.folder.name,
        as_of=plan.as_of,
        subset=plan.subset,
        model=", ".join(sorted(models)) or None,
        without=plan.left_out,
        set_hash=set_hash(plan.chosen.items),
        notes_hash=notes_hash((plan.practice.kb, plan.practice.library)),
        weights_hash=weights_hash(asker.weights),
        fitted_on=asker.weights.fitted_on,
        items=tuple(item.id for item in items),
        figures=counted(RUN_FIGURES, [one.good for one in scored]),
        misses={one.item.id: one.missed for one in scored if one.missed},
        seconds_median=statistics.median(seconds),
    )
    return Run(record, scored, seconds)


def chosen_items(path: Path, *, subset: bool) -> tuple[Item, ...]:
    """The items of a set, or of its subset. Raises SetError, also when the set has no subset."""
    items = load_items(path)
    if not subset:
        return items
    chosen = tuple(item for item in items if item.subset)
    if not chosen:
        raise InputError(f'{path}: no item is marked "subset": true; leave --subset out')
    return chosen


def ask_all(
    items: Sequence[Item],
    ask: AskItem,
    *,
    as_of: date,
    note_text: NoteText,
    on_progress: Progress,
    label: str = "asking",
) -> tuple[tuple[Scored, ...], tuple[float, ...]]:
    """Every item's result and seconds, in order. `as_of` is for items without their own date."""
    from assistant.language_model.errors import LanguageModelError

    scored: list[Scored] = []
    seconds: list[float] = []
    for item in items:
        started = time.perf_counter()
        try:
            answer = ask(item, item.as_of or as_of)
        except LanguageModelError as error:
            raise InputError(str(error)) from error
        seconds.append(time.perf_counter() - started)
        scored.append(score(item, answer, note_text=note_text))
        on_progress(label, len(scored), len(items))
    return tuple(scored), tuple(seconds)


def text_reader(practice: Practice) -> NoteText:
    """Reads a note's file by its id as the reader of notes does, once each; None when there is no such file."""
    known: dict[str, str | None] = {}

    def read(note_id: str) -> str | None:
        if note_id not in known:
            path = note_path(practice, note_id)
            known[note_id] = _text(path) if path.is_file() else None
        return known[note_id]

    return read


def note_path(practice: Practice, note_id: str) -> Path:
    """The file of a note of the practice or, as `library/...`, of the library."""
    if note_id.startswith(LIBRARY_PREFIX):
        return practice.library / f"{note_id.removeprefix(LIBRARY_PREFIX)}.md"
    return practice.kb / f"{note_id}.md"


def _text(path: Path) -> str:
    # Universal newlines and no byte order mark: what KbNote.text holds.
    return path.read_text(encoding="utf-8-sig")
