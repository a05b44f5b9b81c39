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
    return not any(
        (successor := scopes_by_id.get(successor_id)) is not None
        and successor.status == "live"
        and in_force(successor, on, {key: value for key, value in scopes_by_id.items() if key != scope.note_id})
        for successor_id in scope.superseded_by
    )


def stale(scope: NoteScope, on: date) -> bool:
    """True when the note is past its review date or something supersedes it on the date asked."""
    return bool(scope.superseded_by) or (scope.review_by is not None and on > scope.review_by)


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
    for scope in selected:
        mask[list(scope.rows)] = True
    return mask
