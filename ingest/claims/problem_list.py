"""Collects what is wrong in a typed claim, and decides what of it may be repeated in a message.

Does not read anything.
"""

from __future__ import annotations

import re

from ingest.claims.model import ClaimProblem

MAX_PROBLEMS = 50

# Codes, numbers and dates may be quoted back; a word or a sentence may be a patient's name.
_QUOTABLE = re.compile(r"(?=[^0-9]*[0-9])[0-9A-Za-z.$,/-]{1,12}\Z", re.ASCII)


class ProblemList:
    """The problems found so far, at most MAX_PROBLEMS of them and a last one that says so."""

    __slots__ = ("_found",)

    def __init__(self) -> None:
        self._found: list[ClaimProblem] = []

    def add(self, line: int, column: int, message: str) -> None:
        """Note one problem at a 1-based line and column."""
        self._found.append(ClaimProblem(line, column, message))

    def __len__(self) -> int:
        return len(self._found)

    def in_order(self) -> tuple[ClaimProblem, ...]:
        """The problems in the order of the text."""
        found = sorted(self._found)
        if len(found) <= MAX_PROBLEMS:
            return tuple(found)
        last = found[MAX_PROBLEMS]
        rest = f"{len(found) - MAX_PROBLEMS} more problems from here on; mend the ones above first"
        return (*found[:MAX_PROBLEMS], ClaimProblem(last.line, last.column, rest))


def quoted(token: str, otherwise: str = "this") -> str:
    """`token` in quotation marks when it looks like a code, a number or a date; else `otherwise`."""
    return f'"{token}"' if _QUOTABLE.match(token) else otherwise
