"""DX012: a diagnosis asks for a second code that is not on the claim.

What it checks: a short list of codes whose "use additional code" note always applies when they do: the stage of a
kidney disease, the ulcer, the heart failure, the drug that made the patient bleed, the week of pregnancy.

Why it matters: the first code tells half; reviewers ask for the rest and risk adjustment misses it.

Fix: none by machine: the second code says something about the patient that only the record knows.

Not evaluated when: never; no table is needed.

Source: "use additional code" notes of the ICD-10-CM tabular list; Official Guidelines, sections I.C.4.a, I.C.9.a,
I.C.19.e.5, I.C.21.c.11.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from assistant.rules.diagnoses import codes_of, lines_at
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger


@dataclass(frozen=True, slots=True)
class _Companion:
    """Codes that begin with one of `asking` want one that begins with one of `wanted`; `what` it says."""

    asking: tuple[str, ...]
    wanted: tuple[str, ...]
    what: str
    example: str


_KIDNEY = _Companion(
    ("I12.", "I13.", "E08.22", "E09.22", "E10.22", "E11.22", "E13.22"), ("N18",), "the stage of kidney disease", "N18.-"
)
_COMPANIONS = (
    _KIDNEY,
    _Companion(("I11.0", "I13.0", "I13.2"), ("I50",), "the kind of heart failure", "I50.-"),
    _Companion(
        ("E08.621", "E09.621", "E10.621", "E11.621", "E13.621"), ("L97", "L89"), "site and depth of the ulcer", "L97.-"
    ),
    _Companion(
        ("I70.23", "I70.24", "I70.33", "I70.34", "I83.0", "I83.2"), ("L97", "L98.4"), "site and depth of the ulcer",
        "L97.-",
    ),
    _Companion(("D68.32",), ("T45.51", "T45.52"), "the drug that caused the bleeding", "T45.515-"),
    _Companion(
        (*(f"O{n}" for n in range(10, 30)), *(f"O{n}" for n in range(30, 49)), "O09", "O60", "O80", "O81", "O82"),
        ("Z3A",), "the week of pregnancy", "Z3A.-",
    ),
)  # fmt: skip
_FIRST_LETTERS = frozenset(code[0] for row in _COMPANIONS for code in row.asking)


def _check(case: Case) -> Iterator[Outcome]:
    codes = codes_of(case)
    if _FIRST_LETTERS.isdisjoint(code[0] for code in codes):
        return
    for row in _COMPANIONS:
        places = [place for place, code in enumerate(codes) if code.startswith(row.asking)]
        if places and not any(code.startswith(row.wanted) for code in codes):
            code = codes[places[0]]
            message = f"{code} asks for another code that tells {row.what}: add {row.example} if the record has it"
            yield RULE.finding(case, lines_at(case, places), message)


RULE = Rule(
    "DX012",
    "advice",
    "ICD-10-CM tabular list, use additional code",
    "medium",
    _check,
    trigger=Trigger(diagnoses=tuple(code for row in _COMPANIONS for code in row.asking)),
    covers=("ICD-USE-01", "ICD-ANTICOAG-01"),
)
