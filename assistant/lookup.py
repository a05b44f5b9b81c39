"""Looking answers up in one generation of the index: without a model, without records, taking nothing in.

What a desk does once the notes are level, and what a lookup process of the page does: what is asked and what comes back
are values that may be sent from one process to another.
"""

from __future__ import annotations

import gc
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, TypeVar

from assistant.ask.decline import decline

if TYPE_CHECKING:
    from assistant.ask.answer import Answer
    from assistant.ask.conversation import ConversationState, Reply, Understood
    from assistant.ask.flow import Asker
    from assistant.ask.question import Question
    from assistant.ask.writer import Given
    from assistant.settings import Practice
    from ingest.index.embedder import Embedder
    from ingest.index.store import Index

Key = TypeVar("Key")
Value = TypeVar("Value")

# Fewer than the texts whose vectors are held at once, so that none is embedded twice.
_MOST_WARMED = 15_000
_ANSWERS_KEPT = 500
# Asked when all is prepared, and answered to nobody: what a first question loads is loaded then, for mistypings too.
_FIRST_QUESTION = "how is a proceedure on both sides billed, and what is the timely filing limit"


@dataclass(frozen=True, slots=True)
class Asked:
    """One turn of a conversation. `for_model`: what a model would be given is wanted too.

    `notices` are told with the answer: what taking the notes in has brought.
    """

    state: ConversationState
    turn: str
    as_of: date
    for_model: bool = False
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Looked:
    """What a turn brought. `question` is what was asked of the notes, None when nothing was; `given` is for a model."""

    reply: Reply
    state: ConversationState
    question: str | None = None
    given: Given | None = None


@dataclass
class Lookup:
    """One open generation, its asker and the answers given from it."""

    index: Index
    asker: Asker
    _answers: OrderedDict[tuple[str, date], Answer] = field(default_factory=OrderedDict, repr=False)
    _turns: OrderedDict[tuple[str, date, bool], Looked] = field(default_factory=OrderedDict, repr=False)
    _rows: list[int] = field(default_factory=list, repr=False)
    _warmed: dict[str, None] = field(default_factory=dict, repr=False)

    @classmethod
    def open(cls, index: Index, practice: Practice, embedder: Embedder, earlier: Lookup | None = None) -> Lookup:
        """A lookup over an open index. `earlier`: over an older one; texts it has embedded are not embedded again."""
        from assistant.ask.flow import Asker
        from assistant.ask.index_knowledge import IndexKnowledge
        from assistant.ask.sufficiency import load_weights
        from ingest.index.kept_vectors import KeptVectors

        weights = load_weights()
        if practice.settings.accept is not None:
            weights = replace(weights, accept=practice.settings.accept)
        known = earlier.asker.knowledge if earlier else None
        before = known if isinstance(known, IndexKnowledge) else None
        kept = None if before else KeptVectors(practice.data / "kept-vectors", embedder.model_id)
        return cls(index, Asker.open(IndexKnowledge(index, embedder, before, kept), weights=weights))

    def answer(self, question: str, as_of: date, read: Question | None = None) -> Answer:
        """The answer; the same question is not worked out twice. `read`: the question as read, where that is known."""
        known = self._answers.get((question, as_of))
        if known is None:
            known = self.asker.ask(question, as_of=as_of, question=read)
            _keep(self._answers, (question, as_of), known)
            return known
        return _known_before(known)

    def draft(self, question: str, as_of: date, read: Question | None = None) -> tuple[Answer, Given | None]:
        """The answer and what a model would be given for it; None where it has nothing to write about."""
        from assistant.ask.writer import Draft

        draft = Draft()
        return self.asker.ask(question, as_of=as_of, write=draft, question=read), draft.given

    def converse(
        self, state: ConversationState, turn: str, as_of: date, ask: Callable[[str], Answer]
    ) -> tuple[Reply, ConversationState]:
        """One turn of a conversation; `ask` answers the question as it was understood."""
        from assistant.ask.conversation import converse
        from assistant.ask.conversation_reading import Reader

        note_of = self.asker.knowledge.note
        return converse(state, turn, reader=Reader.of(self.asker), as_of=as_of, ask=ask, note_of=note_of)

    def look_up(self, asked: Asked) -> Looked:
        """One turn of a conversation, from what was said to what is to be shown."""
        (looked,) = self.look_up_all((asked,))
        return looked

    def look_up_all(self, turns: Sequence[Asked]) -> Iterator[Looked]:
        """The same for several turns, in order; what must be embedded for all of them is embedded at once."""
        understood = [self._understood(asked) for asked in turns]
        read = [self._read(asked, said) for asked, said in zip(turns, understood, strict=True)]
        self.asker.foresee(question for question in read if question is not None)
        return (self._looked(*turn) for turn in zip(turns, understood, read, strict=True))

    def _understood(self, asked: Asked) -> Understood:
        from assistant.ask.conversation import understand
        from assistant.ask.conversation_reading import Reader

        return understand(asked.state, asked.turn, Reader.of(self.asker), as_of=asked.as_of)

    def _read(self, asked: Asked, understood: Understood) -> Question | None:
        """The question a turn asks of the notes; None where it asks none, or one that needs no looking."""
        question = understood.question
        if question is None or decline(question) or (question, asked.as_of) in self._answers:
            return None
        return self.asker.read(question, as_of=asked.as_of)

    def _looked(self, asked: Asked, understood: Understood, read: Question | None) -> Looked:
        from assistant.ask.conversation import answered

        found: list[tuple[str, Given | None]] = []

        def ask(question: str) -> Answer:
            if asked.for_model:
                answer, given = self.draft(question, asked.as_of, read)
            else:
                answer, given = self.answer(question, asked.as_of, read), None
            found.append((question, given))
            return replace(answer, notices=(*answer.notices, *asked.notices)) if asked.notices else answer

        reply, after = answered(asked.state, understood, ask=ask, note_of=self.asker.knowledge.note)
        question, given = found[-1] if found else (None, None)
        return Looked(reply, after, question, given)

    def known(self, asked: Asked) -> Looked | None:
        """What the same first turn of a conversation brought before, here or elsewhere; None when that is not known."""
        looked = self._turns.get((asked.turn, asked.as_of, asked.for_model)) if _may_be_known(asked) else None
        if looked is None or looked.reply.answer is None:
            return looked
        return replace(looked, reply=replace(looked.reply, answer=_known_before(looked.reply.answer)))

    def remember(self, asked: Asked, looked: Looked) -> None:
        """Keep what the first turn of a conversation brought; what came later in one belongs to it alone."""
        if _may_be_known(asked):
            _keep(self._turns, (asked.turn, asked.as_of, asked.for_model), looked)

    def warm(self, first_row: int, rows: int, *, keep: bool = True) -> bool:
        """Prepare some rows of the notes for questions to come; False when there are no more.

        Rows are counted from the practice's own notes on, then the library's. With the last of them, what was prepared
        is kept for the next start, unless another does so (`keep`).
        """
        from assistant.ask.conversation import ConversationState

        if first_row == 0:
            self._warmed.clear()
            self._rows = self._rows_in_order()
        self._warmed.update(dict.fromkeys(self.asker.warm(self._rows[first_row : first_row + rows])))
        if first_row + rows < len(self._rows) and len(self._warmed) < _MOST_WARMED:
            return True
        if keep:
            self.asker.knowledge.keep(list(self._warmed))
        self._warmed.clear()
        # As a turn of a conversation it may be found unclear; asked by itself it is looked up.
        self.look_up(Asked(ConversationState(), _FIRST_QUESTION, date.min))
        self.asker.ask(_FIRST_QUESTION, as_of=date.min)
        return False

    def _rows_in_order(self) -> list[int]:
        scopes = [scope for scope in self.asker.knowledge.scopes() if scope.status != "retired"]
        scopes.sort(key=lambda scope: scope.layer != "practice")
        return [row for scope in scopes for row in scope.rows]


def set_apart() -> None:
    """Pass over what is held now when Python looks for garbage: notes as read are most of it, and are held for long."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def _may_be_known(asked: Asked) -> bool:
    return not asked.notices and asked.state.is_new


def _known_before(answer: Answer) -> Answer:
    """An answer that was not worked out again."""
    return replace(answer, timings=dict.fromkeys(answer.timings, 0.0))


def _keep(kept: OrderedDict[Key, Value], key: Key, value: Value) -> None:
    kept[key] = value
    while len(kept) > _ANSWERS_KEPT:
        kept.popitem(last=False)
