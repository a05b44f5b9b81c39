"""Requests that are declined whatever the notes hold, each with the compliant thing to do instead.

Reads the wording of the question only (decline.toml holds the patterns). It looks for the wish to let payment, not the
record, choose the code; asking what a payer requires is never declined.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

PATIENT_DETAILS = "patient-details"


@dataclass(frozen=True, slots=True)
class Decline:
    """Why a request is declined, and the compliant alternative, in plain words."""

    reason: str
    answer: str


@dataclass(frozen=True, slots=True)
class _Patterns:
    """The patterns of all refusals, in order, each with what speaks against it; the names of desks, no patient's."""

    refusals: tuple[tuple[Decline, Any, Any | None], ...]
    office: Any


@cache
def _patterns() -> _Patterns:
    import re2

    raw = tomllib.loads(Path(__file__).with_name("decline.toml").read_text(encoding="utf-8"))
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False

    def compiled(pattern: str) -> Any:
        return re2.compile(pattern.replace("{pays}", raw["pays"]), options)

    return _Patterns(
        tuple(
            (Decline(refusal["reason"], refusal["answer"]), compiled(pattern), compiled(unless) if unless else None)
            for refusal in raw["refusal"]
            for pattern, unless in (
                *((pattern, None) for pattern in refusal["patterns"]),
                *((softer["pattern"], softer["unless"]) for softer in refusal.get("softer", ())),
            )
        ),
        compiled(raw["office"]),
    )


# The same words are looked at when a turn is understood and when it is asked.
@lru_cache(maxsize=64)
def decline(question: str) -> Decline | None:
    """Why the question is declined, or None when it may be answered."""
    patterns = _patterns()
    question = " ".join(question.translate({0x2018: "'", 0x2019: "'"}).split())
    without_desks = patterns.office.sub(" ", question)
    for refusal, pattern, unless in patterns.refusals:
        text = without_desks if refusal.reason == PATIENT_DETAILS else question
        if pattern.search(text) and not (unless and unless.search(text)):
            return refusal
    return None
