"""What a release changes against the one before it, and which notes name a code it touches. Changes nothing itself."""

from __future__ import annotations

import sqlite3
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from ingest.codes import CodeRange
from ingest.notes.model import KbNote
from ingest.tables import ptp
from ingest.tables.releases import StoredRelease

# Columns that make up what a table says of a code, for the tables with one row (or few) a code.
_SAYS: Final[Mapping[str, tuple[str, str, tuple[str, ...], tuple[str, str, str]]]] = {
    "mue": (
        "mue",
        "procedure_code",
        ("units", "adjudication_indicator"),
        ("no limit any more", "newly limited", "other limit"),
    ),
    "mpfs": (
        "fee_schedule",
        "procedure_code",
        (
            "modifier",
            "status",
            "pctc",
            "global_days",
            "multiple_procedure",
            "bilateral",
            "assistant",
            "co_surgeon",
            "team",
            "endoscopic_base",
        ),
        ("deleted", "new", "changed"),
    ),
    "hcpcs": (
        "hcpcs",
        "hcpcs_code",
        ("effective_from", "effective_through"),
        ("deleted", "new", "changed"),
    ),
}
# Programs whose releases can be compared.
COMPARED: Final = frozenset({"ptp", "add-on", *_SAYS})


@dataclass
class Changes:
    """How many codes (for PTP: pairs) a release changes, by kind, and for the codes asked about in which way.

    `by_code` maps a procedure code to its kinds of change; each kind holds the other codes of the pairs, or what
    changed ("units 1, was 3").
    """

    totals: Counter[str] = field(default_factory=Counter)
    by_code: dict[str, dict[str, list[str]]] = field(default_factory=dict)

    def add(self, kind: str, procedure_code: str, wanted: Callable[[str], bool], details: Iterable[str] = ()) -> None:
        """Count a change of one code."""
        self.totals[kind] += 1
        if wanted(procedure_code):
            self.by_code.setdefault(procedure_code, {}).setdefault(kind, []).extend(details)

    def add_pair(self, kind: str, column1: str, column2: str, wanted: Callable[[str], bool]) -> None:
        """Count a change of a pair, for both of its codes."""
        self.totals[kind] += 1
        for code, other in ((column1, column2), (column2, column1)):
            if wanted(code):
                self.by_code.setdefault(code, {}).setdefault(kind, []).append(other)


@dataclass(frozen=True, slots=True)
class TouchedNote:
    """A note and the changes of the codes it names: (procedure code, kind, details), details as in `Changes`."""

    note_id: str
    path: str
    codes: tuple[tuple[str, str, tuple[str, ...]], ...]


class NamedCodes:
    """The codes that notes name, in their codes, rule blocks and evidence blocks. Retired notes do not count."""

    def __init__(self, notes: Iterable[KbNote]) -> None:
        self._named: list[tuple[KbNote, tuple[CodeRange, ...]]] = []
        singles: set[str] = set()
        ranges: set[CodeRange] = set()
        for note in notes:
            if note.status == "retired":
                continue
            found = tuple(dict.fromkeys(_ranges(note)))
            self._named.append((note, found))
            singles.update(one.low for one in found if one.low == one.high)
            ranges.update(one for one in found if one.low != one.high)
        self._singles, self._ranges = singles, tuple(ranges)
        self._known: dict[str, bool] = {}

    def names(self, procedure_code: str) -> bool:
        """True when some note names the code, by itself or within a range."""
        known = self._known.get(procedure_code)
        if known is None:
            known = procedure_code in self._singles or any(procedure_code in one for one in self._ranges)
            self._known[procedure_code] = known
        return known

    def touched(self, changes: Changes) -> tuple[TouchedNote, ...]:
        """The notes that name a changed code, by path."""
        changed = sorted(changes.by_code)
        found = []
        for note, ranges in self._named:
            codes = sorted({code for one in ranges for code in _within(changed, one)})
            if codes:
                told = tuple(
                    (code, kind, tuple(sorted(set(others))))
                    for code in codes
                    for kind, others in sorted(changes.by_code[code].items())
                )
                found.append(TouchedNote(note.note_id, note.path, told))
        return tuple(sorted(found, key=lambda one: one.path))


def release_before(releases: Sequence[StoredRelease], new: StoredRelease) -> StoredRelease | None:
    """The release of the same program that began last before this one; None: this is the first."""
    earlier = [one for one in releases if one.program == new.program and one.effective_from < new.effective_from]
    return max(earlier, key=lambda one: (one.effective_from, one.release_id), default=None)


def changes_between(
    connection: sqlite3.Connection, old: StoredRelease, new: StoredRelease, wanted: Callable[[str], bool]
) -> Changes:
    """What differs between the last day of the old release and the first of the new one.

    ICD-10-CM is not compared here. Raises sqlite3.Error for a damaged file.
    """
    changes = Changes()
    last = min(old.effective_through, new.effective_from)
    if new.program == "ptp":
        _compare_pairs(connection, old, new, last, changes, wanted)
    elif new.program == "add-on":
        was, now = _add_ons(connection, old, last), _add_ons(connection, new, new.effective_from)
        _compare(was, now, changes, wanted, ("no add-on code any more", "new add-on code", "other primaries"))
    elif new.program in _SAYS:
        _compare(_says(connection, old), _says(connection, new), changes, wanted, _SAYS[new.program][3])
    return changes


def _ranges(note: KbNote) -> Iterator[CodeRange]:
    yield from note.codes
    for block in note.rules:
        if block.when is not None:
            yield from block.when.codes
            yield from block.when.with_codes
            yield from block.when.without_codes
        if block.forbid is not None:
            yield from block.forbid.codes
    for evidence in note.evidence:
        yield CodeRange(evidence.procedure_code, evidence.procedure_code)


def _within(codes: Sequence[str], one: CodeRange) -> Iterator[str]:
    return (code for code in codes[bisect_left(codes, one.low) : bisect_right(codes, one.high)] if code in one)


def _compare(
    before: Mapping[str, frozenset[str]],
    after: Mapping[str, frozenset[str]],
    changes: Changes,
    wanted: Callable[[str], bool],
    words: tuple[str, str, str],
) -> None:
    """Compare what two releases say of each code. `words`: for a code that is gone, is new, says something else."""
    gone, new, other = words
    for code in before.keys() - after.keys():
        changes.add(gone, code, wanted)
    for code in after.keys() - before.keys():
        changes.add(new, code, wanted)
    for code in before.keys() & after.keys():
        if before[code] != after[code]:
            told = [f"now {one}" for one in sorted(after[code] - before[code])]
            told += [f"was {one}" for one in sorted(before[code] - after[code])]
            changes.add(other, code, wanted, told)


def _says(connection: sqlite3.Connection, release: StoredRelease) -> dict[str, frozenset[str]]:
    """What a release says of each code, one text for each thing it says."""
    table, code, columns, _words = _SAYS[release.program]
    names = [name.replace("_", " ") for name in columns]
    found: dict[str, set[str]] = {}
    for name, *rest in connection.execute(
        f"SELECT {code}, {', '.join(columns)} FROM {table} WHERE part_id IN ({_marks(release)})", _ids(release)
    ):
        # Of a code with several rows the modifier tells them apart.
        row = f"{rest[0]}: " if columns[0] == "modifier" and rest[0] else ""
        found.setdefault(name, set()).update(
            f"{row}{column} {value}" for column, value in zip(names, rest, strict=True) if value not in (None, "")
        )
    return {name: frozenset(texts) for name, texts in found.items()}


def _add_ons(connection: sqlite3.Connection, release: StoredRelease, on: date) -> dict[str, frozenset[str]]:
    """The primaries of each add-on code on a day."""
    found: dict[str, set[str]] = {}
    for add_on, primary, edit_type in connection.execute(
        f"SELECT add_on, primary_code, edit_type FROM add_on WHERE part_id IN ({_marks(release)})"
        " AND effective_from <= ? AND (effective_through IS NULL OR effective_through >= ?)",
        (*_ids(release), on.isoformat(), on.isoformat()),
    ):
        found.setdefault(add_on, set()).add(f"type {edit_type} with {primary}")
    return {add_on: frozenset(texts) for add_on, texts in found.items()}


def _compare_pairs(
    connection: sqlite3.Connection,
    old: StoredRelease,
    new: StoredRelease,
    last: date,
    changes: Changes,
    wanted: Callable[[str], bool],
) -> None:
    for column1, before, after in _side_by_side(connection, old, new):
        # Of a release that came in part only, what did not come says nothing.
        if not (_holds(old, column1) and _holds(new, column1)):
            continue
        was, now = _in_force(before, last), _in_force(after, new.effective_from)
        if was == now:
            continue
        for column2 in now.keys() - was.keys():
            changes.add_pair("newly bundled", column1, column2, wanted)
        for column2 in was.keys() - now.keys():
            changes.add_pair("no longer bundled", column1, column2, wanted)
        for column2 in was.keys() & now.keys():
            if was[column2] != now[column2]:
                changes.add_pair("other modifier indicator", column1, column2, wanted)


def _in_force(packed: Sequence[ptp.Packed], on: date) -> dict[str, str]:
    return {column2: indicator for one in packed for column2, indicator in ptp.in_force(one, on) if indicator != "9"}


def _side_by_side(
    connection: sqlite3.Connection, old: StoredRelease, new: StoredRelease
) -> Iterator[tuple[str, list[ptp.Packed], list[ptp.Packed]]]:
    """What both releases hold for each column 1 code, one code after the other, never a whole release in memory."""
    newer = frozenset(_ids(new))
    column1 = ""
    sides: tuple[list[ptp.Packed], list[ptp.Packed]] = ([], [])
    for code, part_id, codes, dates in connection.execute(
        f"SELECT column1, part_id, codes, dates FROM ptp WHERE part_id IN ({_marks(old)}, {_marks(new)})"
        " ORDER BY column1",
        (*_ids(old), *_ids(new)),
    ):
        if code != column1 and column1:
            yield column1, *sides
            sides = ([], [])
        column1 = code
        sides[part_id in newer].append((codes, dates))
    if column1:
        yield column1, *sides


def _holds(release: StoredRelease, column1: str) -> bool:
    return any(part.low <= column1 <= part.high for part in release.parts)


def _ids(release: StoredRelease) -> tuple[int, ...]:
    return tuple(part.part_id for part in release.parts)


def _marks(release: StoredRelease) -> str:
    return ", ".join("?" * len(release.parts))
