"""What the tabs ask for: the practice's desk, judge and proposer, each on its own lane. Draws nothing.

Notes, tables and settings that changed on disk are taken in before the next answer.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from assistant import bootstrap
from assistant.errors import UnderstudyError
from assistant.language_model.worker import ModelWorker
from assistant.lookup import Asked, set_apart
from assistant.settings import Practice
from assistant.web.lanes import Lane, SharedLane, Waiting
from assistant.web.lookups import Lookups, suitable_processes
from assistant.web.shelf import Shelf

if TYPE_CHECKING:
    from assistant.ask.conversation import ConversationState, Reply
    from assistant.ask.writer import Writing
    from assistant.lookup import Looked, Lookup
    from assistant.propose.model import Encounter
    from assistant.propose.propose import Proposed, Proposer
    from assistant.validate import Judge, Report
    from ingest.claims.model import Claim


_MORE_SECONDS = 30.0
_IDLE_SECONDS = 0.2
# So few that who asks meanwhile waits a moment at most.
_ROWS_AT_ONCE = 2
_LOOK_AGAIN_SECONDS = 0.5
# Embedded at once, a question costs a quarter less; more of them would let the first wait for the last.
_ASKED_TOGETHER = 4


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a conversation: the reply, what the next turn goes on from, and the model's part still to be done."""

    reply: Reply
    state: ConversationState
    writing: Writing | None


@dataclass(frozen=True, slots=True)
class _Request:
    """A turn to be looked up; `since` (time.monotonic) it came."""

    state: ConversationState | None
    turn: str
    as_of: date
    since: float


@dataclass
class Services:
    """One practice as served. Every call of a lane's objects goes through that lane.

    `model`: which model writes sentences (None: what the settings say). `progress`: how far taking notes in has come.
    `prepared`: everything that makes answers come faster is done, here and in every lookup process.
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
    looking: SharedLane[_Request, Turn] = field(init=False, repr=False)
    lookups: Lookups = field(init=False, repr=False)
    shelf: Shelf = field(init=False, repr=False)
    prepared: bool = field(default=False, init=False)
    _closing: threading.Event = field(default_factory=threading.Event, repr=False)
    _parts: bootstrap.JudgeParts | None = field(default=None, repr=False)
    _tables_seen: tuple[int, int] = (0, 0)
    _judge: Judge | None = field(default=None, repr=False)
    _proposer: Proposer | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.shelf = Shelf(self.practice)
        self.lookups = Lookups(self.practice, suitable_processes(self.practice))
        # Its threads hold nothing: each waits for a process.
        self.looking = SharedLane(
            "asking", self._elsewhere, threads=max(1, self.lookups.size), together=_ASKED_TOGETHER
        )
        # The model's own limit ends an answer first, and says what to mend.
        self.worker = ModelWorker(run_seconds=self.practice.settings.model_timeout_seconds + _MORE_SECONDS)

    async def converse(self, state: ConversationState | None, turn: str, as_of: date) -> Turn:
        """One turn of a conversation; what a model adds is left to do. Raises UnderstudyError."""
        # Questions that came before the notes were last looked over share that look.
        request = _Request(state, turn, as_of, time.monotonic())
        return await (self.looking.take(request) if self.lookups.ready else self.asking.run(self._here, request))

    def _here(self, request: _Request) -> Turn:
        """The turn, looked up by this process; to be called on the asking lane."""
        lookup, notices = self._level(request.since)
        asked = self._asked(request, notices)
        looked = lookup.known(asked) or lookup.look_up(asked)
        lookup.remember(asked, looked)
        self.desk.record([(looked, asked.as_of)], self.today())
        return self._turn(looked)

    def _elsewhere(self, waiting: Sequence[Waiting[_Request, Turn]]) -> None:
        """The turns, looked up by another process from the notes as level as here; by this one where none can."""
        since = max(one.item.since for one in waiting)
        if self.desk.looked_since(since):
            lookup, notices = self.desk.level(self.today(), since)
        else:
            lookup, notices = self.asking.start(partial(self._level, since)).result()
        asked = [(one, self._asked(one.item, notices)) for one in waiting]
        known = [(one, turn, lookup.known(turn)) for one, turn in asked]
        new = [(one, turn) for one, turn, looked in known if looked is None]
        brought = self.lookups.look_up(lookup.index.generation, [turn for _, turn in new]) if new else ()
        gaps: list[tuple[Waiting[_Request, Turn], Looked, date]] = []

        def tell(one: Waiting[_Request, Turn], turn: Asked, looked: Looked) -> None:
            lookup.remember(turn, looked)
            if looked.reply.answer is not None and looked.reply.answer.gap is not None:
                gaps.append((one, looked, turn.as_of))
            else:
                one.finish(partial(self._turn, looked))

        for one, turn, before in known:
            if before is not None:
                tell(one, turn, before)
        for (one, turn), looked in zip(new, brought, strict=True):
            if looked is not None:
                tell(one, turn, looked)
            else:
                # Where it fails, it fails for whoever asked it.
                one.finish(partial(self._looked_up_here, lookup, turn))
        if gaps:
            left = [(looked, as_of) for _, looked, as_of in gaps]
            recording = self.asking.start(partial(self.desk.record, left, self.today()))
            for one, looked, _ in gaps:
                one.finish(partial(self._recorded, recording, looked))

    def _looked_up_here(self, lookup: Lookup, asked: Asked) -> Turn:
        """The turn that no other process could look up."""
        looked = self.asking.start(partial(lookup.look_up, asked)).result()
        lookup.remember(asked, looked)
        recording = self.asking.start(partial(self.desk.record, [(looked, asked.as_of)], self.today()))
        return self._recorded(recording, looked)

    def _recorded(self, recording: Future[None], looked: Looked) -> Turn:
        """The turn once the gap it has left is recorded."""
        recording.result()
        return self._turn(looked)

    def _asked(self, request: _Request, notices: tuple[str, ...]) -> Asked:
        from assistant.ask.conversation import ConversationState

        state = request.state or ConversationState()
        return Asked(state, request.turn, request.as_of, self.desk.writes(self.model), notices)

    def _level(self, since: float) -> tuple[Lookup, tuple[str, ...]]:
        self.desk.on_progress = self._note_progress
        try:
            return self.desk.level(self.today(), since)
        finally:
            self.progress = None

    def _turn(self, looked: Looked) -> Turn:
        return Turn(looked.reply, looked.state, self.desk.writing(looked, self.model))

    def _note_progress(self, label: str, done: int, total: int) -> None:
        self.progress = (label, done, total)

    def warm_up(self) -> None:
        """Take the notes in at once, then prepare passages whenever nobody asks; an error waits for whoever asks.

        Then the lookup processes start, and serve once they have prepared theirs: until then this process answers.
        """
        self.asking.start(self._first_look)
        threading.Thread(target=self._prepare, name="preparing", daemon=True).start()

    def _first_look(self) -> None:
        with suppress(UnderstudyError):
            self._level(time.monotonic())

    def _prepare(self) -> None:
        """Prepare what is not yet, piece by piece, as long as the page is served; after an edit of a note anew."""
        row, preparing, prepared = 0, "", ""
        while not self._closing.is_set():
            if self.asking.waiting or self.looking.waiting:
                self._closing.wait(_IDLE_SECONDS)
                continue
            # A lane that was closed meanwhile takes nothing more, and gives up what waits.
            with suppress(UnderstudyError, CancelledError, RuntimeError):
                generation = self.asking.start(lambda: self.desk.generation).result()
                if generation and prepared != generation:
                    self.prepared = False
                    row, preparing = (row if preparing == generation else 0), generation
                    more = self.asking.start(partial(self.desk.warm, row, _ROWS_AT_ONCE)).result()
                    row, prepared = (row + _ROWS_AT_ONCE, prepared) if more else (0, generation)
                    if not more:
                        set_apart()
                    continue
                more = bool(generation) and self.lookups.prepare(generation, _ROWS_AT_ONCE)
                self.prepared = bool(generation) and self.lookups.are_prepared(generation)
                if more:
                    continue
            self._closing.wait(_LOOK_AGAIN_SECONDS)

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
        self.lookups.close()
        for lane in (self.looking, self.asking, self.judging, self.writing, self.reading):
            lane.close()
