"""One item of an evaluation set: a question and what is expected of the answer, read from JSON lines.

The format is told in evals/sets/README.md. Scores nothing and asks nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Literal, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from assistant.errors import InputError

LIBRARY_PREFIX = "library/"


class SetError(InputError):
    """An evaluation set cannot be used; the text names every bad line and what is wrong in it."""


class Strict(BaseModel):
    """A row of a set: unknown fields are refused, values are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Change(Strict):
    """A value that decides the answer: with `old` replaced by `new` in `note`, the answer must follow."""

    note: str = Field(min_length=1)
    old: str = Field(min_length=1)
    new: str = Field(min_length=1)


class Expect(Strict):
    """What is expected: of `must` one alternative of each group; `must_not` is what only a wrong answer says."""

    status: Literal["answered", "not_in_kb", "declined"]
    notes: tuple[str, ...] = ()
    must: tuple[tuple[str, ...], ...] = ()
    must_not: tuple[str, ...] = ()
    change: Change | None = None

    @model_validator(mode="after")
    def _whole(self) -> Expect:
        if self.status == "answered":
            if not self.notes or not self.must:
                raise ValueError("an answered item needs notes and must: where the answer stands and what it holds")
        elif self.notes or self.must or self.change:
            raise ValueError(f"a {self.status} item has no notes, no must and no change")
        if any(not group or not all(one.strip() for one in group) for group in self.must):
            raise ValueError("a group of must is empty, or one of its alternatives is")
        if self.change:
            if self.change.note not in self.notes:
                raise ValueError(f'change.note "{self.change.note}" is not among notes')
            if self.change.old == self.change.new:
                raise ValueError("change.old and change.new are the same")
        return self


class Item(Strict):
    """One question with its expectation. `as_of` None: the date the run is given."""

    id: str = Field(min_length=1)
    question: str = Field(min_length=1)
    as_of: date | None = None
    tags: tuple[str, ...] = ()
    subset: bool = False
    expect: Expect

    @property
    def practice_notes(self) -> tuple[str, ...]:
        """The expected notes that are the practice's own."""
        return tuple(note for note in self.expect.notes if not note.startswith(LIBRARY_PREFIX))


class _HasId(Protocol):
    @property
    def id(self) -> str: ...


Row = TypeVar("Row", bound=_HasId)


def load_items(path: Path) -> tuple[Item, ...]:
    """The items of a JSON-lines file, in order; empty lines are passed over.

    Raises SetError naming every line that is wrong, an id that comes twice, or a file that cannot be read.
    """
    known = (*Item.model_fields, *Expect.model_fields, *Change.model_fields)
    return load_rows(path, Item.model_validate_json, known)


def load_rows(path: Path, read: Callable[[str], Row], known_fields: Iterable[str]) -> tuple[Row, ...]:
    """The rows of a JSON-lines file, read one by one, in order; see `load_items`. `read` raises ValidationError."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SetError(f"{path}: cannot be read ({error})") from error
    known = tuple(dict.fromkeys(known_fields))
    found: dict[str, Row] = {}
    wrong: list[str] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            item = read(line)
        except ValidationError as error:
            wrong.extend(f"{path}:{number}: {said}" for said in _told(error, known))
            continue
        if item.id in found:
            wrong.append(f'{path}:{number}: the id "{item.id}" stands on an earlier line already')
        found.setdefault(item.id, item)
    if wrong:
        raise SetError("\n".join(wrong))
    if not found:
        raise SetError(f"{path}: there is no item in it; write one JSON object a line (evals/sets/README.md)")
    return tuple(found.values())


def set_hash(path: Path) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of the set's bytes: two runs of one set share it."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def _told(error: ValidationError, known: Sequence[str]) -> Iterable[str]:
    for problem in error.errors(include_url=False):
        place = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "json_invalid":
            yield f"is no JSON ({problem['msg']})"
        elif problem["type"] == "extra_forbidden":
            yield f'unknown field "{place}"{_near(str(problem["loc"][-1]), known)}'
        elif place:
            yield f"{place}: {problem['msg'].removeprefix('Value error, ')}"
        else:
            yield str(problem["msg"])


def _near(field: str, known: Sequence[str]) -> str:
    near = get_close_matches(field, known, n=1)
    return f'; did you mean "{near[0]}"?' if near else f"; known are {', '.join(known)}"
