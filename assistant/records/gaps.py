"""Gaps: what was asked and no note answers, one record for each payer, codes and thing asked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from assistant.records.database import open_records


@dataclass(frozen=True, slots=True)
class Gap:
    """One gap. `question` is its latest wording; `closed_by` are the notes that answer it since `closed_on`.

    `as_of` is the date the answer was wanted for; None: the day it is asked again. `unhelpful` names the answers a
    person found to be none (see `quote_key`).
    """

    gap_id: int
    payers: tuple[str, ...]
    codes: tuple[str, ...]
    asked: tuple[str, ...]
    question: str
    times_asked: int
    first_asked: date
    last_asked: date
    closed_on: date | None
    closed_by: tuple[str, ...]
    as_of: date | None = None
    unhelpful: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The gap as JSON."""
        return {
            "id": self.gap_id,
            "payers": list(self.payers),
            "codes": list(self.codes),
            "asked": list(self.asked),
            "question": self.question,
            "count": self.times_asked,
            "first_asked": self.first_asked.isoformat(),
            "last_asked": self.last_asked.isoformat(),
            "closed_on": self.closed_on.isoformat() if self.closed_on else None,
            "closed_by": list(self.closed_by),
            "as_of": self.as_of.isoformat() if self.as_of else None,
        }


@dataclass(frozen=True, slots=True)
class Asking:
    """One asking of a gap, on the day `on`. For another day than that (`as_of`) it is a gap of its own."""

    payers: Iterable[str]
    codes: Iterable[str]
    asked: Iterable[str]
    question: str
    on: date
    as_of: date | None = None
    unhelpful: Iterable[str] = ()

    def row(self) -> tuple[str | None, ...]:
        """Its values in the order in which they are inserted."""
        parts = [sorted(set(part)) for part in (self.payers, self.codes, self.asked)]
        wanted = self.as_of.isoformat() if self.as_of and self.as_of != self.on else None
        key = json.dumps([*parts, wanted] if wanted else parts)
        refused = sorted(set(self.unhelpful))
        told = json.dumps(refused) if refused else None
        day = self.on.isoformat()
        return (key, *(json.dumps(part) for part in parts), self.question, day, day, wanted, told)


def record_gaps(path: Path, askings: Iterable[Asking]) -> None:
    """Count each asking, all of them or none. A gap that was closed and is asked again unanswered is open again."""
    with open_records(path) as records:
        records.executemany(
            "INSERT INTO gaps (key, payers, codes, asked, question, times_asked, first_asked, last_asked, as_of,"
            " unhelpful) VALUES (?, ?, ?, ?, ?, 1, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET"
            " times_asked = times_asked + 1,"
            " last_asked = max(last_asked, excluded.last_asked), question = excluded.question,"
            " closed_on = NULL, closed_by = NULL, unhelpful = coalesce(excluded.unhelpful, unhelpful)",
            [asking.row() for asking in askings],
        )


def quote_key(note: str, quote: str) -> str:
    """Names a quote of a note, so that the same answer is known again and an edited one is not."""
    return f"{note}@{hashlib.sha256(quote.encode()).hexdigest()[:16]}"


def list_gaps(path: Path, *, closed: bool = False) -> list[Gap]:
    """The open gaps (or the closed ones), most asked first, then latest asked. Empty when there are no records yet."""
    if not path.exists():
        return []
    with open_records(path) as records:
        rows = records.execute(
            "SELECT gap_id, payers, codes, asked, question, times_asked, first_asked, last_asked, closed_on, closed_by,"
            f" as_of, unhelpful FROM gaps WHERE closed_on IS {'NOT ' if closed else ''}NULL"
            " ORDER BY times_asked DESC, last_asked DESC, gap_id"
        ).fetchall()
    return [_gap(row) for row in rows]


def close_answered(path: Path, answered_by: Callable[[Gap, date], tuple[str, ...]], *, on: date) -> list[Gap]:
    """Ask every open gap again and close those that notes answer now. Returns the closed ones.

    `answered_by` gives the notes that answer a gap for a day; () when none does.
    """
    closed = []
    for gap in list_gaps(path):
        notes = answered_by(gap, gap.as_of or on)
        if notes:
            with open_records(path) as records:
                records.execute(
                    "UPDATE gaps SET closed_on = ?, closed_by = ? WHERE gap_id = ?",
                    (on.isoformat(), json.dumps(list(notes)), gap.gap_id),
                )
            closed.append(gap)
    return closed


def _gap(row: tuple[Any, ...]) -> Gap:
    return Gap(
        gap_id=row[0],
        payers=tuple(json.loads(row[1])),
        codes=tuple(json.loads(row[2])),
        asked=tuple(json.loads(row[3])),
        question=row[4],
        times_asked=row[5],
        first_asked=date.fromisoformat(row[6]),
        last_asked=date.fromisoformat(row[7]),
        closed_on=date.fromisoformat(row[8]) if row[8] else None,
        closed_by=tuple(json.loads(row[9])) if row[9] else (),
        as_of=date.fromisoformat(row[10]) if row[10] else None,
        unhelpful=tuple(json.loads(row[11])) if row[11] else (),
    )
