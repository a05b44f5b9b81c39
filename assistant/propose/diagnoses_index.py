"""ICD-10-CM's titles and inclusion terms by their words, in one file made once for each release. Judges no note.

The file lies beside the compiled base and may be deleted at any time. It holds no clinical text.
"""

from __future__ import annotations

import mmap
import sys
import tempfile
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, Protocol

from assistant.propose.diagnoses_titles import has_side, leaf_readings, term_sets, vagueness
from assistant.propose.diagnoses_words import lexicon
from ingest.tables.icd10cm import cache_folder
from ingest.tables.icd10cm_rows import DiagnosisTerms
from ingest.tables.model import DiagnosisEntry, Release

# Goes up whenever the rows change their form or their reading.
_FORM: Final = 3
# External causes, poisonings, pregnancy and the newborn are never read out of loose words.
_LEFT_OUT: Final = tuple("V W X Y O P T36 T37 T38 T39 T4 T5 T6 T88 Z3 Z55 Z56 Z57 Z59 Z6 Z7 Z9".split())
_FULL_LENGTH: Final = 7

# The tables of the file, one letter each at the beginning of a line; the last line says that it is whole.
_NODE, _TERM, _TIMES = "n", "t", "v"
_LAST_LINE: Final = b"z\twhole\n"


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
    """The index of one release: sorted lines that are searched where they lie. May be used by several threads."""

    def __init__(self, lines: bytes | mmap.mmap) -> None:
        self._lines = lines
        self._leaves: dict[str, tuple[Leaf, ...]] = {}

    def terms(self, words: Collection[str]) -> list[Term]:
        """The terms all of whose words may stand among these: their rarest word does."""
        return [
            Term(tuple(held.split()), code, int(kind))
            for word in sorted(set(words))
            for _table, _word, held, code, kind in self._beginning(f"{_TERM}\t{word}\t")
        ]

    def times(self, words: Collection[str]) -> dict[str, int]:
        """How many terms hold each word; words that no term holds are left out."""
        return {
            word: int(times)
            for word in sorted(set(words))
            for _table, _word, times in self._beginning(f"{_TIMES}\t{word}\t")
        }

    def leaves(self, diagnosis_code: str) -> tuple[Leaf, ...]:
        """The codes at and below a code or heading, sorted."""
        if diagnosis_code not in self._leaves:
            self._leaves[diagnosis_code] = tuple(
                Leaf(code, title, tuple(tuple(one.split()) for one in readings.split("|")), int(vague), seventh)
                for _table, code, title, readings, vague, seventh in self._beginning(f"{_NODE}\t{diagnosis_code}")
            )
        return self._leaves[diagnosis_code]

    def _beginning(self, text: str) -> Iterator[list[str]]:
        """The fields of every line that begins so."""
        beginning = text.encode("utf-8")
        at = self._first(beginning)
        while at < len(self._lines):
            end = self._lines.find(b"\n", at)
            line = self._lines[at:end]
            if not line.startswith(beginning):
                return
            yield line.decode("utf-8").split("\t")
            at = end + 1

    def _first(self, beginning: bytes) -> int:
        """Where the first line stands that is not smaller."""
        low, high = 0, len(self._lines)
        while low < high:
            middle = (low + high) // 2
            start = self._lines.rfind(b"\n", 0, middle) + 1
            end = self._lines.find(b"\n", start)
            if self._lines[start:end] < beginning:
                low = end + 1
            else:
                high = start
        return low


def open_index(lists: DiagnosisLists, on: date) -> DiagnosisIndex | None:
    """The index of the release that covers the day, made when it is not there yet (about 10 s, with a progress bar on a
    terminal); None: no release covers the day. Where no cache folder can be written it is kept in memory."""
    release = lists.release(on)
    if release is None:
        return None
    path = cache_folder() / f"diagnoses-{release.sha256[:12]}-{lexicon().digest}-{_FORM}.txt"
    if (found := _opened(path)) is not None:
        return DiagnosisIndex(found)
    lines = _made(list(lists.terms(on)))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix="diagnoses-") as folder:
            unfinished = Path(folder) / path.name
            unfinished.write_bytes(lines)
            unfinished.replace(path)
        _tidy(path)
    except OSError:
        # It stays in memory, and is made again by the next process.
        return DiagnosisIndex(lines)
    return DiagnosisIndex(_opened(path) or lines)


def _tidy(path: Path) -> None:
    """Take away what older word lists made of the same release; a process that reads it keeps its open file."""
    for old in path.parent.glob(f"{path.name.rsplit('-', 2)[0]}-*"):
        if old != path:
            with suppress(OSError):
                old.unlink()


def _opened(path: Path) -> mmap.mmap | None:
    """The file's lines; None: there is none, or it is not whole."""
    try:
        with path.open("rb") as stream:
            lines = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError):
        # Not there, or empty: it is made anew.
        return None
    return lines if lines[-len(_LAST_LINE) :] == _LAST_LINE else None


def _made(rows: list[DiagnosisTerms]) -> bytes:
    terms = list(dict.fromkeys(_terms(_shown(rows))))
    times = Counter(word for words, _code, _kind in terms for word in words)
    lines = {"\t".join((_NODE, *row)) for row in _nodes(rows)}
    lines |= {f"{_TIMES}\t{word}\t{count}" for word, count in times.items()}
    lines |= {
        "\t".join((_TERM, min(words, key=lambda word: (times[word], word)), " ".join(words), code, str(kind)))
        for words, code, kind in terms
    }
    return b"".join(line + b"\n" for line in sorted(line.encode("utf-8") for line in lines)) + _LAST_LINE


def _shown(rows: list[DiagnosisTerms]) -> Iterable[DiagnosisTerms]:
    if not sys.stderr.isatty():
        return rows
    from tqdm import tqdm

    return tqdm(rows, desc="ICD-10-CM by words (once)", unit=" codes", file=sys.stderr)


def _bare(code: str) -> str:
    return code.replace(".", "")


def _nodes(rows: list[DiagnosisTerms]) -> Iterator[tuple[str, str, str, str, str]]:
    """What can be billed, without codes of seven characters: they stand as `seventh` with the heading above them."""
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
        if one.billable or code in seventh:
            yield (
                code,
                one.description,
                "|".join(text for text in readings if text),
                str(vagueness(one.description)),
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
