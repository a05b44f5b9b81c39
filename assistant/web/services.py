"""What the tabs ask for: the practice's desk, judge and proposer, each on its own lane. Draws nothing.

Notes, tables and settings that changed on disk are taken in before the next answer.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from assistant import bootstrap
from assistant.errors import UnderstudyError
from assistant.language_model.worker import ModelWorker
from assistant.settings import Practice
from assistant.web.lanes import Lane
from assistant.web.shelf import Shelf

if TYPE_CHECKING:
    from assistant.ask.answer import Answer
    from assistant.ask.conversation import ConversationState, Reply
    from assistant.ask.writer import Writing
    from assistant.propose.model import Encounter
    from assistant.propose.propose import Proposed, Proposer
    from assistant.validate import Judge, Report
    from ingest.claims.model import Claim


_MORE_SECONDS = 30.0
_IDLE_SECONDS = 0.2
# So few that who asks meanwhile waits a moment at most.
_ROWS_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a conversation: the reply, what the next turn goes on from, and the model's part still to be done."""

    reply: Reply
    state: ConversationState
    writing: Writing | None


@dataclass
class Services:
    """One practice as served. Every call of a lane's objects goes through that lane.

    `model`: which model writes sentences (None: what the settings say). `progress`: how far taking notes in has come.
    """

    practice: Practice
    today: Callable[[], date]
    desk: bootstrap.Desk
    model: str | None = None
    worker: ModelWorker = field(init=False, repr=False)
    progress: tuple[str, int, int] | None = field(default=None, init=False)
    asking: Lane = field(default_factory=lambda: Lane("asking"))
    judging: Lane = field(default_factory=lambda: Lane("judging"))
    writing: Lane = field(default_factory=lambda: Lane("writing", most=20))
    reading: Lane = field(default_factory=lambda: Lane("reading"))
    shelf: Shelf = field(init=False, repr=False)
    _closing: threading.Event = field(default_factory=threading.Event, repr=False)
    _parts: bootstrap.JudgeParts | None = field(default=None, repr=False)
    _tables_seen: tuple[int, int] = (0, 0)
    _judge: Judge | None = field(default=None, repr=False)
    _proposer: Proposer | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.shelf = Shelf(self.practice)
        # The model's own limit ends an answer first, and says what to mend.
        self.worker = ModelWorker(run_seconds=self.practice.settings.model_timeout_seconds + _MORE_SECONDS)

    async def converse(self, state: ConversationState | None, turn: str, as_of: date) -> Turn:
        """One turn of a conversation; what a model adds is left to do. Raises UnderstudyError."""
        # Questions that came before the notes were last looked over share that look.
        return await self.asking.run(self._converse, state, turn, as_of, time.monotonic())

    def _converse(self, state: ConversationState | None, turn: str, as_of: date, since: float | None = None) -> Turn:
        from assistant.ask.conversation import ConversationState

        left: list[Writing] = []

        def ask(question: str) -> Answer:
            answer, writing = self.desk.look_up(
                question, as_of=as_of, today=self.today(), model=self.model, since=since
            )
            if writing is not None:
                left.append(writing)
            return answer

        self.desk.on_progress = self._note_progress
        try:
            reply, after = self.desk.converse(
                state or ConversationState(), turn, as_of=as_of, today=self.today(), ask=ask, since=since
            )
        finally:
            self.progress = None
        return Turn(reply, after, left[-1] if left else None)

    def _note_progress(self, label: str, done: int, total: int) -> None:
        self.progress = (label, done, total)

    def warm_up(self) -> None:
        """Take the notes in at once, then prepare passages whenever nobody asks; an error waits for whoever asks."""
        self.asking.start(self._first_look)
        threading.Thread(target=self._prepare, name="preparing", daemon=True).start()

    def _first_look(self) -> None:
        self.desk.on_progress = self._note_progress
        try:
            with suppress(UnderstudyError):
                self.desk.asker(self.today())
        finally:
            self.progress = None

    def _prepare(self) -> None:
        row, more = 0, True
        while more and not self._closing.is_set():
            if self.asking.waiting:
                self._closing.wait(_IDLE_SECONDS)
                continue
            more = False
            # A lane that was closed meanwhile takes nothing more, and gives up what waits.
            with suppress(UnderstudyError, CancelledError, RuntimeError):
                more = self.asking.start(partial(self.desk.warm, row, _ROWS_AT_ONCE)).result()
                row += _ROWS_AT_ONCE

    async def check(self, claim: Claim) -> Report:
        """The report on a claim."""
        return await self.judging.run(lambda: self.current_judge().judge(claim))

    async def propose(self, note: str, encounter: Encounter) -> Proposed:
        """What the note supports, without a model."""
        return await self.judging.run(lambda: self._current_proposer().propose(note, encounter))

    def current_judge(self) -> Judge:
        """The judge over today's notes and tables; to be called on the judging lane."""
        self._renew()
        if self._judge is None:
            assert self._parts is not None
            self._judge = bootstrap.build_judge(self._parts)
        return self._judge

    def _current_proposer(self) -> Proposer:
        self._renew()
        if self._proposer is None:
            self._proposer = bootstrap.build_proposer(self.practice)
        return self._proposer

    def _renew(self) -> None:
        """Forget judge and proposer when notes or tables are no longer those they were built from."""
        parts = bootstrap.judge_parts(self.practice, evidence=True)
        try:
            stat = self.practice.tables.stat()
            tables = (stat.st_mtime_ns, stat.st_size)
        except OSError:
            tables = (0, 0)
        if parts != self._parts or tables != self._tables_seen:
            self._parts, self._tables_seen = parts, tables
            self._judge = self._proposer = None

    def close(self) -> None:
        """End the model's line and the lanes."""
        self._closing.set()
        self.worker.close()
        self.desk.close()
        for lane in (self.asking, self.judging, self.writing, self.reading):
            lane.close()
