"""The written forms of procedure codes, diagnosis codes, modifiers and their ranges.

Says whether a string has the form of a code. Does not say whether the code exists: that needs a dated table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

# CPT category I (five digits), category II/III and PLA (four digits, a letter), HCPCS Level II (a letter, four digits).
PROCEDURE_FORM = re.compile(r"(?:\d{5}|\d{4}[A-Z]|[A-V]\d{4})\Z", re.ASCII)
# ICD-10-CM: a letter, a digit, a digit or letter, then up to four more after a point. The category QA0, in force since
# 2025-10-01, is the only one without a digit in the second place.
DIAGNOSIS_FORM = re.compile(r"(?:[A-Z]\d[0-9A-Z]|QA\d)(?:\.[0-9A-Z]{1,4})?\Z", re.ASCII)
DIAGNOSIS_PREFIX_FORM = re.compile(r"(?:[A-Z]\d|QA|(?:[A-Z]\d[0-9A-Z]|QA\d)(?:\.(?:[0-9A-Z]{1,4})?)?)\Z", re.ASCII)
# Two digits, two letters, a letter and a digit, and the four of CPT category II.
MODIFIER_FORM = re.compile(r"(?:\d\d|[A-Z][A-Z0-9]|[1238]P)\Z", re.ASCII)
# Group code and CARC ("CO-97", "PR-B7") or a bare RARC ("N122", "MA130", "M15").
CARC_FORM = re.compile(r"(?:CO|PR|OA|PI)-(?:\d{1,3}|[A-Z]\d{1,2})\Z", re.ASCII)
RARC_FORM = re.compile(r"(?:N|M|MA)\d{1,4}\Z", re.ASCII)


def is_procedure_code(text: str) -> bool:
    """True when `text` has the form of a CPT or HCPCS Level II code (upper case, five characters)."""
    return PROCEDURE_FORM.match(text) is not None


def is_diagnosis_code(text: str) -> bool:
    """True when `text` has the form of an ICD-10-CM code written with its point (`J32.0`, `I10`)."""
    return DIAGNOSIS_FORM.match(text) is not None


def is_modifier(text: str) -> bool:
    """True when `text` has the form of a two-character modifier."""
    return MODIFIER_FORM.match(text) is not None


@dataclass(frozen=True, slots=True, order=True)
class CodeRange:
    """An inclusive range of codes of one shape; a single code is a range whose ends agree.

    The range may hold numbers that do not exist. Codes of another shape (other letter, other length) are outside.
    """

    low: str
    high: str

    @classmethod
    def parse(cls, text: str) -> CodeRange:
        """Read `31255` or `31253-31259`. Raises ValueError saying what is wrong."""
        low, dash, high = (part.strip() for part in text.strip().upper().partition("-"))
        if not dash:
            high = low
        for end in (low, high):
            if not is_procedure_code(end):
                raise ValueError(f'"{end}" is not a procedure code (five characters such as 31255, J3301 or 0232T)')
        if _shape(low) != _shape(high):
            raise ValueError(f'the ends of "{text.strip()}" are codes of different kinds')
        if low > high:
            raise ValueError(f'"{text.strip()}" runs backwards')
        return cls(low, high)

    def __contains__(self, procedure_code: object) -> bool:
        return (
            isinstance(procedure_code, str)
            and self.low <= procedure_code <= self.high
            and _shape(procedure_code) == _shape(self.low)
        )

    def overlaps(self, other: CodeRange) -> bool:
        """True when some code could stand in both ranges."""
        return self.low <= other.high and other.low <= self.high and _shape(self.low) == _shape(other.low)

    def __str__(self) -> str:
        return self.low if self.low == self.high else f"{self.low}-{self.high}"


@lru_cache(maxsize=4096)
def _shape(procedure_code: str) -> str:
    return "".join("9" if character.isdigit() else character for character in procedure_code)


@dataclass(frozen=True, slots=True)
class CodeSet:
    """Ranges of procedure codes, in the order written. Empty means none named."""

    ranges: tuple[CodeRange, ...] = ()

    @classmethod
    def parse(cls, items: Iterable[str]) -> CodeSet:
        """Read a list such as `["31253-31259", "31267"]`. Raises ValueError for the first item that is no code."""
        return cls(tuple(CodeRange.parse(item) for item in items))

    def __contains__(self, procedure_code: object) -> bool:
        if isinstance(procedure_code, str):
            for one in self.ranges:
                if one.low <= procedure_code <= one.high and _shape(procedure_code) == _shape(one.low):
                    return True
        return False

    def __bool__(self) -> bool:
        return bool(self.ranges)

    def __iter__(self) -> Iterator[CodeRange]:
        return iter(self.ranges)

    def overlaps(self, other: CodeSet) -> bool:
        """True when some code could stand in both sets."""
        for mine in self.ranges:
            for theirs in other.ranges:
                if mine.low <= theirs.high and theirs.low <= mine.high and _shape(mine.low) == _shape(theirs.low):
                    return True
        return False

    def __str__(self) -> str:
        return ", ".join(str(code_range) for code_range in self.ranges)


def diagnosis_matches(diagnosis_code: str, selector: str) -> bool:
    """True when an ICD-10-CM code is selected by a code, a prefix (`J32`) or an inclusive range (`H65.0-H65.9`).

    Points are ignored; the upper end of a range takes in every code that begins with it.
    """
    bare = diagnosis_code.upper().replace(".", "")
    low, dash, high = (part.strip().upper().replace(".", "") for part in selector.partition("-"))
    if not dash:
        return bare.startswith(low)
    return low <= bare and (bare <= high or bare.startswith(high))
