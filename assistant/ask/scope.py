"""Which notes may answer: by payer, date, status and layer. The hard filter, before anything is ranked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from assistant.ask.knowledge import NoteScope


def in_force(scope: NoteScope, on: date, scopes_by_id: dict[str, NoteScope]) -> bool:
    """True when the note may be answered from on that date (both ends of its dates included).

    A retired note never is. A superseded note is only while nothing that supersedes it is in force: its successor
    speaks from its own first day on.
    """
    if scope.status == "retired":
        return False
    if scope.effective_from is not None and on < scope.effective_from:
        return False
    if scope.effective_through is not None and on > scope.effective_through:
        return False
    return not _superseded(scope, on, scopes_by_id, frozenset({scope.note_id}))


def _superseded(scope: NoteScope, on: date, scopes_by_id: dict[str, NoteScope], seen: frozenset[str]) -> bool:
    """True when a live note that takes this one's place, directly or through others, speaks on the date.

    A successor that was itself replaced has begun to speak before; its own successors count from it on.
    """
    for successor_id in scope.superseded_by:
        successor = scopes_by_id.get(successor_id)
        if successor is None or successor_id in seen:
            continue
        begun = successor.effective_from is None or successor.effective_from <= on
        ended = successor.effective_through is not None and successor.effective_through < on
        if successor.status == "live" and begun and not ended:
            return True
        if _superseded(successor, on, scopes_by_id, seen | {successor_id}):
            return True
    return False


def stale(scope: NoteScope, on: date, scopes_by_id: dict[str, NoteScope]) -> bool:
    """True when the note is past its review date or something supersedes it on the date asked."""
    if scope.review_by is not None and on > scope.review_by:
        return True
    return _superseded(scope, on, scopes_by_id, frozenset({scope.note_id}))


def select(
    scopes: Sequence[NoteScope],
    *,
    on: date,
    accept: Callable[[NoteScope], bool],
) -> list[NoteScope]:
    """The notes in force on the date that `accept` takes."""
    by_id = {scope.note_id: scope for scope in scopes}
    return [scope for scope in scopes if accept(scope) and in_force(scope, on, by_id)]


def row_mask(selected: Iterable[NoteScope], row_count: int) -> NDArray[np.bool_]:
    """Which rows belong to the selected notes, shape (row_count,)."""
    mask = np.zeros(row_count, dtype=np.bool_)
    mask[[row for scope in selected for row in scope.rows]] = True
    return mask
