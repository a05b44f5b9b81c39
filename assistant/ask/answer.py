"""The answer to a question, as typed values and as the stable JSON of the `ask` contract. Renders, decides nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from assistant.ask.facts import Fact

AskStatus = Literal["answered", "not_in_kb", "declined"]


@dataclass(frozen=True, slots=True)
class Citation:
    """A source the answer uses. `lines` are 1-based file lines, inclusive; `quote` is an exact piece of the note."""

    n: int
    note: str
    title: str
    heading: str
    lines: tuple[int, int]
    quote: str
    verified: date | None
    review_by: date | None
    owner: str | None
    stale: bool
    status: str
    effective_from: date | None
    effective_through: date | None

    def as_json(self) -> dict[str, Any]:
        """The citation under the names of the `ask` contract."""
        return {
            "n": self.n,
            "note": self.note,
            "title": self.title,
            "heading": self.heading,
            "lines": list(self.lines),
            "quote": self.quote,
            "verified": _iso(self.verified),
            "review_by": _iso(self.review_by),
            "owner": self.owner,
            "stale": self.stale,
            "status": self.status,
            "effective_from": _iso(self.effective_from),
            "effective_through": _iso(self.effective_through),
        }

    def freshness(self) -> str:
        """Who verified the note and when, and whether that still holds, for people."""
        return freshness(self.note, self.verified, self.owner, self.review_by, stale=self.stale)


def freshness(note_id: str, verified: date | None, owner: str | None, review_by: date | None, *, stale: bool) -> str:
    """Who verified a note and when, and whether that still holds, for people. The library's owner is nobody here."""
    if verified:
        who = f" by {owner}" if owner and not note_id.startswith("library/") else ""
        said = f"verified {verified.isoformat()}{who}"
    else:
        said = f"never verified{f', written by {owner}' if owner else ''}"
    if stale:
        return f"{said}; STALE" + (f", review was due {review_by.isoformat()}" if review_by else "")
    if review_by:
        return f"{said}; fresh until {review_by.isoformat()}"
    return f"{said}; no review date"


@dataclass(frozen=True, slots=True)
class General:
    """A national rule of the starter library, shown beside a refusal: not this practice's own."""

    note: str
    heading: str
    lines: tuple[int, int]
    quote: str
    verified: date | None

    def as_json(self) -> dict[str, Any]:
        """The rule under the names of the `ask` contract."""
        return {
            "note": self.note,
            "heading": self.heading,
            "lines": list(self.lines),
            "quote": self.quote,
            "verified": _iso(self.verified),
            "label": "national rule from the starter library, not this practice's own",
        }


@dataclass(frozen=True, slots=True)
class Nearest:
    """A note that came close without answering, and what it lacks."""

    note: str
    heading: str
    lacks: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The note under the names of the `ask` contract."""
        return {"note": self.note, "heading": self.heading, "lacks": list(self.lacks)}


@dataclass(frozen=True, slots=True)
class GapKey:
    """What nobody wrote down: payer, codes or procedures, what was asked. Sorted, so that wording does not matter."""

    payers: tuple[str, ...]
    codes: tuple[str, ...]
    asked: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The key as JSON."""
        return {"payers": list(self.payers), "codes": list(self.codes), "asked": list(self.asked)}


@dataclass(frozen=True, slots=True)
class Answer:
    """What `ask` returns. `text` carries `[n]` marks that point to `citations`."""

    status: AskStatus
    text: str
    as_of: date
    citations: tuple[Citation, ...] = ()
    facts: tuple[Fact, ...] = ()
    general: tuple[General, ...] = ()
    nearest: tuple[Nearest, ...] = ()
    gap: GapKey | None = None
    model: str | None = None
    reason: str | None = None
    notices: tuple[str, ...] = ()
    timings: dict[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The answer as the stable JSON of the `ask` contract; timings in seconds."""
        return {
            "status": self.status,
            "answer": self.text,
            "as_of": self.as_of.isoformat(),
            "citations": [citation.as_json() for citation in self.citations],
            "facts": [fact.as_json() for fact in self.facts],
            "general": [rule.as_json() for rule in self.general],
            "nearest": [note.as_json() for note in self.nearest],
            "gap": self.gap.as_json() if self.gap else None,
            "reason": self.reason,
            "notices": list(self.notices),
            "model": self.model,
            "timings": {name: round(seconds, 4) for name, seconds in self.timings.items()},
        }


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
