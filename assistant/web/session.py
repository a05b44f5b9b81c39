"""Sessions: one for each browser that came in with the token. Held in memory alone; a restart forgets them all.

A session keeps the thread of a conversation and nothing of a clinical note.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.ask.conversation import ConversationState

_MOST = 500
_MOST_CONVERSATIONS = 20
_IDLE_SECONDS = 12 * 3600.0


@dataclass
class Session:
    """One browser's own state. `conversations` is what each window's Ask tab carries from turn to turn."""

    session_id: str = field(repr=False)
    conversations: OrderedDict[str, ConversationState] = field(default_factory=OrderedDict, repr=False)

    def keep(self, thread: str, state: ConversationState) -> None:
        """The state of a conversation after a turn; the one left alone for longest makes room."""
        self.conversations[thread] = state
        self.conversations.move_to_end(thread)
        while len(self.conversations) > _MOST_CONVERSATIONS:
            self.conversations.popitem(last=False)


class Sessions:
    """The sessions of one server. Safe to call from several threads."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic, most: int = _MOST) -> None:
        self._clock = clock
        self._most = most
        self._lock = threading.Lock()
        self._sessions: OrderedDict[str, tuple[Session, float]] = OrderedDict()

    def open(self) -> Session:
        """A new session under a name nobody can guess; the one idle for longest makes room."""
        session = Session(secrets.token_urlsafe(32))
        with self._lock:
            while len(self._sessions) >= self._most:
                self._sessions.popitem(last=False)
            self._sessions[session.session_id] = (session, self._clock())
        return session

    def get(self, session_id: str) -> Session | None:
        """The session of a name; None when there is none or it was idle for half a day."""
        with self._lock:
            found = self._sessions.get(session_id)
            if found is None:
                return None
            if self._clock() - found[1] > _IDLE_SECONDS:
                del self._sessions[session_id]
                return None
            self._sessions[session_id] = (found[0], self._clock())
            self._sessions.move_to_end(session_id)
            return found[0]
