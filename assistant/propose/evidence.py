"""The evidence blocks of all procedure notes, compiled once: what shows each procedure, ready to be run.

Reads no clinical note and decides nothing: candidates.py does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from assistant.propose.evidence_spelling import Speller, speller_of
from assistant.propose.patterns import (
    Pattern,
    PatternError,
    PatternIndex,
    compile_pattern,
    index_patterns,
    read_pattern,
)
from ingest.codes import CodeSet
from ingest.notes.evidence_block import PATTERN_KEYS
from ingest.notes.model import DecimalRange, EvidenceBlock, KbNote, NumberRange

NO_CODES = CodeSet()


@dataclass(frozen=True, slots=True)
class ProcedureEvidence:
    """One evidence block, compiled. The keys mean what kb/README.md says; patterns are numbers in the repertoire."""

    procedure_code: str
    source: str
    family: str
    sides: str
    global_days: str | None
    any: tuple[int, ...]
    all: tuple[int, ...]
    where: tuple[int, ...]
    not_: tuple[int, ...]
    unless: tuple[int, ...]
    approach: tuple[int, ...]
    unclear: tuple[int, ...]
    instead: str | None = None
    combines: tuple[str, ...] = ()
    replaces: CodeSet = NO_CODES
    beside: CodeSet = NO_CODES
    age: NumberRange | None = None
    anesthesia: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    payers: frozenset[str] = frozenset()
    counts: str | None = None
    count: NumberRange | None = None
    units: str = "one"
    per: Decimal | None = None
    size: DecimalRange | None = None
    size_of: str = "lesion"
    ask: str = ""
    titled: tuple[int, ...] = ()
    subject: tuple[int, ...] = ()
    has: tuple[int, ...] = ()
    asks_unless: tuple[int, ...] = ()
    asks_if: tuple[int, ...] = ()
    answers: tuple[int, ...] = ()
    reading: tuple[int, ...] = ()
    unread: tuple[int, ...] = ()
    patient: str | None = None

    @property
    def is_one_of_a_row(self) -> bool:
        """True where a number or a size tells the code from others that the same words name."""
        return self.size is not None or self.count is not None


@dataclass(frozen=True, slots=True)
class Repertoire:
    """Every procedure that can be proposed, by its evidence, with all patterns in one index.

    `named_by` holds, for each pattern of an `any`, the numbers of its blocks, and `begun_by` for those of `unclear`
    and `subject` too; `by_code` the first block of each code; `combining` the blocks that combine
    others, those of most codes first.
    """

    blocks: tuple[ProcedureEvidence, ...]
    index: PatternIndex
    speller: Speller
    named_by: dict[int, tuple[int, ...]]
    begun_by: dict[int, tuple[int, ...]]
    by_code: dict[str, ProcedureEvidence]
    families: dict[str, tuple[ProcedureEvidence, ...]]
    combining: tuple[ProcedureEvidence, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """The procedure codes it knows, each once, in order of the notes."""
        return tuple(self.by_code)


@dataclass(frozen=True, slots=True)
class BadPattern:
    """A pattern of a block that cannot be read. `line` is the 1-based file line of its key."""

    procedure_code: str
    key: str
    pattern: str
    line: int
    message: str


def bad_patterns(block: EvidenceBlock) -> Iterator[BadPattern]:
    """The patterns of a block that cannot be run, in order."""
    lines = block.field_lines or (block.start_line,) * len(block.fields)
    for (key, texts), line in zip(block.fields, lines, strict=True):
        for text in texts if key in PATTERN_KEYS else ():
            try:
                compile_pattern(text)
            except PatternError as error:
                yield BadPattern(block.procedure_code, key, text, line, str(error))


def repertoire_of(notes: Iterable[KbNote], *, on: date | None = None) -> Repertoire:
    """The repertoire of the live notes in force `on` a date of service (None: on any).

    A practice's block takes the place of the library's for the same code. A block with a pattern that cannot be read
    is left out: kb check reports it.
    """
    placed = [
        (note, block)
        for note in notes
        if note.status == "live" and (on is None or note.in_force(on))
        for block in note.evidence
        if not _is_broken(block)
    ]
    own = {block.procedure_code for note, block in placed if note.layer == "practice"}
    kept = [(note, block) for note, block in placed if note.layer == "practice" or block.procedure_code not in own]
    numbers: dict[str, int] = {}
    blocks = tuple(_compiled(note, block, numbers) for note, block in kept)
    named_by: dict[int, tuple[int, ...]] = {}
    begun_by: dict[int, tuple[int, ...]] = {}
    by_code: dict[str, ProcedureEvidence] = {}
    families: dict[str, tuple[ProcedureEvidence, ...]] = {}
    for number, block in enumerate(blocks):
        by_code.setdefault(block.procedure_code, block)
        families[block.family] = (*families.get(block.family, ()), block)
        for pattern in block.any:
            named_by[pattern] = (*named_by.get(pattern, ()), number)
        for pattern in {*block.any, *block.unclear, *block.subject}:
            begun_by[pattern] = (*begun_by.get(pattern, ()), number)
    index = index_patterns(read_pattern(text) for text in numbers)
    combining = sorted((block for block in blocks if block.combines), key=_most_first)
    return Repertoire(
        blocks, index, speller_of(index.patterns), named_by, begun_by, by_code, families, tuple(combining)
    )


def _most_first(block: ProcedureEvidence) -> tuple[int, str]:
    return -len(block.combines), block.procedure_code


def _is_broken(block: EvidenceBlock) -> bool:
    try:
        for key, texts in block.fields:
            for text in texts if key in PATTERN_KEYS else ():
                read_pattern(text)
    except PatternError:
        return True
    return False


def _compiled(note: KbNote, block: EvidenceBlock, numbers: dict[str, int]) -> ProcedureEvidence:
    values = dict(block.fields)

    def patterns(key: str) -> tuple[int, ...]:
        return tuple(numbers.setdefault(text, len(numbers)) for text in values.get(key, ()))

    def text(key: str) -> str | None:
        return values[key][0] if values.get(key) else None

    global_days = text("global")
    per = text("per")
    return ProcedureEvidence(
        procedure_code=block.procedure_code,
        source=f"{note.note_id}#{block.heading_slug}" if block.heading_slug else note.note_id,
        family=text("family") or block.procedure_code,
        sides=text("sides") or "once",
        global_days=global_days.upper() if global_days else None,
        any=patterns("any"),
        all=patterns("all"),
        where=patterns("where"),
        not_=patterns("not"),
        unless=patterns("unless"),
        approach=patterns("approach"),
        unclear=patterns("unclear"),
        instead=text("instead"),
        combines=tuple(_items(values.get("combines", ()))),
        replaces=_codes(values.get("replaces", ())),
        beside=_codes((*values.get("with", ()), *values.get("add-on-to", ()))),
        age=_number_range(text("age")),
        anesthesia=frozenset(_items(values.get("anesthesia", ()))),
        places=frozenset(_items(values.get("places", ()))),
        payers=frozenset(_items(values.get("payers", ()))),
        counts=text("counts"),
        count=_number_range(text("count")),
        units=text("units") or "one",
        per=Decimal(per) if per else None,
        size=_decimal_range(text("size")),
        size_of=text("size-of") or "lesion",
        ask=text("ask") or "",
        titled=patterns("titled"),
        subject=patterns("subject"),
        has=patterns("has"),
        asks_unless=patterns("asks-unless"),
        asks_if=patterns("asks-if"),
        answers=patterns("answers"),
        reading=patterns("reading"),
        unread=patterns("unread"),
        patient=text("patient"),
    )


def _items(texts: Sequence[str]) -> list[str]:
    return [part.strip() for text in texts for part in text.split(",") if part.strip()]


def _codes(texts: Sequence[str]) -> CodeSet:
    # The note's reader has accepted them; an en dash from a word processor is meant as a hyphen.
    return CodeSet.parse(item.replace("\u2013", "-") for item in _items(texts))


def _number_range(text: str | None) -> NumberRange | None:
    if text is None:
        return None
    low, dash, high = (part.strip() for part in text.partition("-"))
    return NumberRange(int(low.rstrip("+")), None if low.endswith("+") else int(high if dash else low))


def _decimal_range(text: str | None) -> DecimalRange | None:
    if text is None:
        return None
    low, dash, high = (part.strip() for part in text.partition("-"))
    return DecimalRange(Decimal(low.rstrip("+")), Decimal(high) if dash else None)


__all__ = ["BadPattern", "Pattern", "ProcedureEvidence", "Repertoire", "bad_patterns", "repertoire_of"]
