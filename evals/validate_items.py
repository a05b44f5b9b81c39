"""One item of a claim set: a claim, and the error planted in it or none, read from JSON lines.

The format is told in evals/sets/README.md. Judges nothing.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from pydantic import Field, field_validator, model_validator

from evals.items import Strict, load_rows
from ingest.claims.model import Claim
from ingest.claims.shorthand import read_claim
from ingest.notes.model import Severity
from ingest.tables.model import Program


class Planted(Strict):
    """What is wrong in the claim. A finding tells it when it is at least as severe, speaks of one of `lines` (0-based,
    () for the claim as a whole) and holds one alternative of each group of `about`."""

    kind: str = Field(min_length=1)
    lines: tuple[int, ...]
    severity: Severity
    about: tuple[tuple[str, ...], ...] = Field(min_length=1)

    @field_validator("about")
    @classmethod
    def _whole(cls, groups: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
        if any(not group or not all(one.strip() for one in group) for group in groups):
            raise ValueError("a group is empty, or one of its alternatives is")
        return groups


class ClaimItem(Strict):
    """One claim in the shorthand. `planted` None: it is right in every respect. `open` are the programs of which the
    report must say that nothing covers the date. `cms` True: also judged by CMS's own tables where they are."""

    id: str = Field(min_length=1)
    tags: tuple[str, ...] = ()
    claim: str = Field(min_length=1)
    planted: Planted | None
    why: str = Field(min_length=1)
    tables: tuple[Program, ...] = ()
    cms: bool = False
    open: tuple[Program, ...] = ()

    @cached_property
    def read(self) -> Claim:
        """The claim as it is judged."""
        read = read_claim(self.claim)
        if read.claim is None:
            raise ValueError("; ".join(str(problem) for problem in read.problems))
        return read.claim

    @model_validator(mode="after")
    def _judgeable(self) -> ClaimItem:
        count = len(self.read.lines)
        if self.planted and any(not 0 <= line < count for line in self.planted.lines):
            raise ValueError(f"planted.lines name a line that is not there (0 to {count - 1})")
        if self.planted and self.open:
            raise ValueError("an item with open programs is a clean one: nothing may be found")
        return self


def load_claims(path: Path) -> tuple[ClaimItem, ...]:
    """The items of a claim set, in order. Raises SetError naming every line that is wrong."""
    return load_rows(path, ClaimItem.model_validate_json, (*ClaimItem.model_fields, *Planted.model_fields))
