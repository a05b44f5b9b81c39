"""ICD-10-CM's titles and inclusion terms by their words, in one file made once for each release. Judges no note.

The file lies beside the compiled base and may be deleted at any time. It holds no clinical text.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, Protocol

from assistant.propose.diagnoses_titles import has_side, leaf_readings, term_sets, vagueness
from assistant.propose.diagnoses_words import lexicon
from ingest.tables.icd10cm_rows import DiagnosisTerms
from ingest.tables.model import DiagnosisEntry, Release

# Goes up whenever the rows change their form or their reading.
_FORM: Final = 2
# External causes, poisonings, pregnancy and the newborn are never read out of loose words.
_LEFT_OUT: Final = tuple("V W X Y O P T36 T37 T38 T39 T4 T5 T6 T88 Z3 Z55 Z56 Z57 Z59 Z6 Z7 Z9".split())
_FULL_LENGTH: Final = 7

_SCHEMA: Final = """
CREATE TABLE node (code TEXT PRIMARY KEY, title TEXT NOT NULL, readings TEXT NOT NULL, vague INTEGER NOT NULL,
                   leaf INTEGER NOT NULL, seventh TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE term (word TEXT NOT NULL, words TEXT NOT NULL, code TEXT NOT NULL, kind INTEGER NOT NULL,
                   PRIMARY KEY (word, words, code)) STRICT, WITHOUT ROWID;
CREATE TABLE vocabulary (word TEXT PRIMARY KEY, times INTEGER NOT NULL) STRICT, WITHOUT ROWID;
"""


class DiagnosisLists(Protocol):
    """What is asked of the diagnosis tables (ingest.tables.icd10cm_lookup.DiagnosisTables)."""

    def release(self, on: date) -> Release | None:
        """The release that covers the day; None: none does."""

    def newest_day(self) -> date | None:
        """The last day that any release covers."""

    def diagnosis(self, diagnosis_code: str, on: date) -> DiagnosisEntry | None:
        """The entry in force on the day."""

    def terms(self, on: date) -> Iterator[DiagnosisTerms]:
        """Every code in force on the day with its words."""


@dataclass(frozen=True, slots=True)
class Term:
    """Words that together mean a code or heading. `kind`: 0 written by us, 1 a title, 2 an inclusion term, 3 a part of
    a title's list."""

    words: tuple[str, ...]
    diagnosis_code: str
    kind: int


@dataclass(frozen=True, slots=True)
class Leaf:
    """A code that can be billed, or that needs only a 7th character (`seventh`, the ones it may have).

    `readings`: the sets of words that describe it, of its title and of its inclusion terms.
    """

    diagnosis_code: str
    title: str
    readings: tuple[tuple[str, ...], ...]
    vague: int
    seventh: str


class DiagnosisIndex:
    """The index of one release. May be used by several threads."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._leaves: dict[str, tuple[Leaf, ...]] = {}

    def terms(self, words: Collection[str]) -> list[Term]:
        """The terms all of whose words may stand among these: their rarest word does."""
        found: list[Term] = []
        wanted = sorted(set(words))
        with self._lock:
            for first in range(0, len(wanted), 500):
                part = wanted[first : first + 500]
                marks = ",".join("?" * len(part))
                rows = self._connection.execute(f"SELECT words, code, kind FROM term WHERE word IN ({marks})", part)
                found.extend(Term(tuple(held.split()), code, kind) for held, code, kind in rows)
        return found

    def times(self, words: Collection[str]) -> dict[str, int]:
        """How many terms hold each word; words that no term holds are left out."""
        wanted = sorted(set(words))
        found: dict[str, int] = {}
        with self._lock:
            for first in range(0, len(wanted), 500):
                part = wanted[first : first + 500]
                marks = ",".join("?" * len(part))
                found.update(
                    self._connection.execute(f"SELECT word, times FROM vocabulary WHERE word IN ({marks})", part)
                )
        return found

    def leaves(self, diagnosis_code: str) -> tuple[Leaf, ...]:
        """The codes at and below a code or heading, sorted."""
        if diagnosis_code not in self._leaves:
            with self._lock:
                rows = self._connection.execute(
                    "SELECT code, title, readings, vague, seventh FROM node WHERE leaf AND code >= ? AND code < ?"
                    " ORDER BY code",
                    (diagnosis_code, diagnosis_code + "~"),
                ).fetchall()
            self._leaves[diagnosis_code] = tuple(
                Leaf(code, title, tuple(tuple(one.split()) for one in readings.split("|")), vague, seventh)
                for code, title, readings, vague, seventh in rows
            )
        return self._leaves[diagnosis_code]


def open_index(lists: DiagnosisLists, on: date) -> DiagnosisIndex | None:
    """The index of the release that covers the day, made when it is not there yet (about 6 s, with a progress bar on a
    terminal); None: no release covers the day. Where no cache folder can be written it is kept in memory."""
    release = lists.release(on)
    if release is None:
        return None
    path = _cache_folder() / f"diagnoses-{release.sha256[:12]}-{lexicon().digest}-{_FORM}.sqlite"
    if (connection := _opened(path)) is not None:
        return DiagnosisIndex(connection)
    rows = list(lists.terms(on))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix="diagnoses-") as folder:
            unfinished = Path(folder) / path.name
            with closing(sqlite3.connect(unfinished, isolation_level=None)) as written:
                _write(written, rows)
            unfinished.replace(path)
        _tidy(path)
        connection = _opened(path)
    except OSError:
        connection = None
    if connection is None:
        connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        _write(connection, rows)
    return DiagnosisIndex(connection)


def _tidy(path: Path) -> None:
    """Take away what older word lists made of the same release; a process that reads it keeps its open file."""
    for old in path.parent.glob(f"{path.name.rsplit('-', 2)[0]}-*.sqlite"):
        if old != path:
            old.unlink(missing_ok=True)


def _opened(path: Path) -> sqlite3.Connection | None:
    if not path.is_file():
        return None
    connection = None
    try:
        # Nobody writes to a finished file, so it needs no locks.
        uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
        connection.execute("SELECT code FROM node LIMIT 1").fetchone()
        return connection
    except sqlite3.Error:
        # Damaged: it is made anew.
        if connection is not None:
            connection.close()
        return None


def _cache_folder() -> Path:
    named = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(named) if named else Path.home() / ".cache") / "understudy"


def _write(connection: sqlite3.Connection, rows: list[DiagnosisTerms]) -> None:
    connection.execute("PRAGMA journal_mode = OFF")
    connection.execute("PRAGMA synchronous = OFF")
    connection.executescript(_SCHEMA)
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO node VALUES (?, ?, ?, ?, ?, ?)", _nodes(rows))
    terms = list(dict.fromkeys(_terms(_shown(rows))))
    times = Counter(word for words, _code, _kind in terms for word in words)
    connection.executemany("INSERT INTO vocabulary VALUES (?, ?)", times.items())
    connection.executemany(
        "INSERT OR IGNORE INTO term VALUES (?, ?, ?, ?)",
        (
            (min(words, key=lambda word: (times[word], word)), " ".join(words), code, kind)
            for words, code, kind in terms
        ),
    )
    connection.execute("COMMIT")


def _shown(rows: list[DiagnosisTerms]) -> Iterable[DiagnosisTerms]:
    if not sys.stderr.isatty():
        return rows
    from tqdm import tqdm

    return tqdm(rows, desc="ICD-10-CM by words (once)", unit=" codes", file=sys.stderr)


def _bare(code: str) -> str:
    return code.replace(".", "")


def _nodes(rows: list[DiagnosisTerms]) -> Iterator[tuple[str, str, str, int, int, str]]:
    """The codes without those of seven characters, which stand as `seventh` with the heading above them."""
    known = {one.diagnosis_code for one in rows}
    seventh: dict[str, set[str]] = {}
    for one in rows:
        if len(_bare(one.diagnosis_code)) == _FULL_LENGTH and (above := _above(one.diagnosis_code, known)):
            seventh.setdefault(above, set()).add(one.diagnosis_code[-1])
    for one in rows:
        code = one.diagnosis_code
        if len(_bare(code)) == _FULL_LENGTH and _above(code, known) in seventh:
            continue
        readings = dict.fromkeys(
            " ".join(words) for text in (one.description, *one.terms) for words in leaf_readings(text)
        )
        leaf = one.billable or code in seventh
        yield (
            code,
            one.description,
            "|".join(text for text in readings if text),
            vagueness(one.description),
            int(leaf),
            "".join(sorted(seventh.get(code, ()))),
        )


def _above(code: str, known: Collection[str]) -> str | None:
    """The nearest heading above a code."""
    for end in range(len(code) - 1, 2, -1):
        shorter = code[:end].rstrip(".")
        if shorter in known and shorter != code:
            return shorter
    return None


def _terms(rows: Iterable[DiagnosisTerms]) -> Iterator[tuple[tuple[str, ...], str, int]]:
    for one in rows:
        code = one.diagnosis_code
        if code.startswith(_LEFT_OUT) or len(_bare(code)) == _FULL_LENGTH:
            continue
        for number, text in enumerate((one.description, *one.terms)):
            if has_side(text):
                continue
            for place, words in enumerate(term_sets(text)):
                yield words, code, 3 if place else (2 if number else 1)
