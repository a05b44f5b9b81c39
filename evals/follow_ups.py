"""Conversations as an evaluation set: the last turn is scored, the turns before it only make it understandable.

Scored with the scorers of single questions; beside them, whether a turn that says nothing was asked back.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from assistant.ask.answer import Answer
from assistant.ask.conversation import ConversationState, Reply
from assistant.bootstrap import Desk
from assistant.errors import InputError
from evals.items import Expect, Item, Strict, load_rows, set_hash
from evals.record import RunRecord, counted, notes_hash, weights_hash
from evals.run import Progress, RunPlan, text_reader
from evals.scorers import RUN_FIGURES, FigureKind, NoteText, Scored, score
from evals.wording import holds, values

FOLLOW_UP_FIGURES = (
    FigureKind("right", "follow-up right as a whole", "more"),
    *(kind for kind in RUN_FIGURES if kind.name != "right_by_expected"),
    FigureKind("asked_back", "nothing to go on: asked what is meant", "more"),
    FigureKind("noted", "nothing asked: nothing answered", "more"),
)


class TurnExpect(Strict):
    """What is expected of the last turn; see evals.items.Expect. `unclear`: asked back. `noted`: nothing was asked."""

    status: Literal["answered", "not_in_kb", "declined", "unclear", "noted"]
    notes: tuple[str, ...] = ()
    must: tuple[tuple[str, ...], ...] = ()
    must_not: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> TurnExpect:
        if self.status in ("unclear", "noted"):
            if self.notes or self.must:
                raise ValueError(f"a turn that is {self.status} has no notes and no must")
        else:
            self.of_a_question()
        return self

    def of_a_question(self) -> Expect:
        """The same for a single question. Raises for a turn of which no answer is expected, and as Expect does."""
        return Expect.model_validate(self.model_dump())


class FollowUp(Strict):
    """A conversation: the turns `before`, in order, and the turn that is scored."""

    id: str = Field(min_length=1)
    before: tuple[str, ...] = ()
    question: str = Field(min_length=1)
    as_of: date | None = None
    tags: tuple[str, ...] = ()
    expect: TurnExpect


@dataclass(frozen=True, slots=True)
class ScoredTurn:
    """The last turn's reply against its item. `scored` is None where no answer was expected.

    `turns` are all turns with how each was understood.
    """

    item: FollowUp
    reply: Reply
    turns: tuple[tuple[str, str], ...]
    good: Mapping[str, bool]
    scored: Scored | None

    @property
    def missed(self) -> tuple[str, ...]:
        """The figures this item counts against."""
        return tuple(name for name, good in self.good.items() if not good)


@dataclass(frozen=True, slots=True)
class FollowUpRun:
    """A run: its record and every item's result, in the set's order."""

    record: RunRecord
    scored: tuple[ScoredTurn, ...]


def load_follow_ups(path: Path) -> tuple[FollowUp, ...]:
    """The conversations of a set. Raises SetError naming every bad line."""
    return load_rows(path, FollowUp.model_validate_json, (*FollowUp.model_fields, *TurnExpect.model_fields))


def run_follow_ups(plan: RunPlan, on_progress: Progress) -> FollowUpRun:
    """Hold every conversation of the set, each from the beginning, and score its last turn. No gap is recorded."""
    from assistant.language_model.errors import LanguageModelError

    items = load_follow_ups(plan.chosen.items)
    desk = Desk(plan.practice, on_progress=on_progress, keep_gaps=False, require_model=True)
    asker = desk.asker(plan.as_of)
    note_text = text_reader(plan.practice)
    scored: list[ScoredTurn] = []
    seconds: list[float] = []
    for item in items:
        started = time.perf_counter()
        try:
            replies = held(item, desk, plan)
        except LanguageModelError as error:
            raise InputError(str(error)) from error
        seconds.append(time.perf_counter() - started)
        scored.append(score_turn(item, replies, note_text=note_text))
        on_progress("asking", len(scored), len(items))
    record = RunRecord(
        kind="follow-ups",
        set=plan.chosen.name,
        practice=plan.practice.settings.name or plan.practice.folder.name,
        as_of=plan.as_of,
        model=next((one.reply.answer.model for one in scored if one.reply.answer and one.reply.answer.model), None),
        set_hash=set_hash(plan.chosen.items),
        notes_hash=notes_hash((plan.practice.kb, plan.practice.library)),
        weights_hash=weights_hash(asker.weights),
        fitted_on=asker.weights.fitted_on,
        items=tuple(item.id for item in items),
        figures=counted(FOLLOW_UP_FIGURES, [one.good for one in scored]),
        misses={one.item.id: one.missed for one in scored if one.missed},
        seconds_median=statistics.median(seconds),
    )
    return FollowUpRun(record, tuple(scored))


def held(item: FollowUp, desk: Desk, plan: RunPlan) -> tuple[Reply, ...]:
    """The replies to all turns of a conversation."""
    state = ConversationState()
    replies = []
    for turn in (*item.before, item.question):
        reply, state = desk.converse(state, turn, as_of=item.as_of or plan.as_of, today=plan.as_of, model=plan.model)
        replies.append(reply)
    return tuple(replies)


def score_turn(item: FollowUp, replies: Iterable[Reply], *, note_text: NoteText) -> ScoredTurn:
    """The last reply against the item. `note_text` as for `score`."""
    all_replies = tuple(replies)
    reply = all_replies[-1]
    turns = tuple((one.understood.turn, one.understood_as or one.status) for one in all_replies)
    if item.expect.status in ("unclear", "noted"):
        name = "asked_back" if item.expect.status == "unclear" else "noted"
        right = reply.status == item.expect.status and not any(holds(reply.text, one) for one in item.expect.must_not)
        return ScoredTurn(item, reply, turns, {"right": right, name: right}, None)
    # Asked back where an answer is expected counts as refused.
    answer = reply.answer or Answer("not_in_kb", reply.text, item.as_of or date.min)
    asked = reply.understood.question or item.question
    single = Item(id=item.id, question=asked, tags=item.tags, expect=item.expect.of_a_question())
    scored = score(single, answer, note_text=note_text)
    if reply.understood.kind == "source":
        scored = _with_headers(scored, note_text)
    good = {name: one for name, one in scored.good.items() if name != "right_by_expected"}
    right = scored.as_expected and (reply.answer is not None)
    return ScoredTurn(item, reply, turns, {"right": right, **good}, scored)


def _with_headers(scored: Scored, note_text: NoteText) -> Scored:
    """An answer about its sources also says what stands in the headers of the notes it cites, and their lines."""
    told = {
        value
        for citation in scored.answer.citations
        for value in values(f"{note_text(citation.note) or ''} {citation.note} {citation.lines[0]} {citation.lines[1]}")
    }
    unsourced = tuple(value for value in scored.unsourced if value not in told)
    good = dict(scored.good)
    if "values_sourced" in good:
        good["values_sourced"] = not unsourced
    return replace(scored, unsourced=unsourced, good=good)
