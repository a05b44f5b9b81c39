"""DX013: a diagnosis does not fit the patient's age.

What it checks: codes whose title, tabular note or guideline names an age: birth and newborn examination, child and
adult examinations, body mass index, failure to thrive, pregnancy, diseases of old age, newborn conditions. Ages are
whole years on the date of service. Perinatal conditions may be coded for life while they last, so beyond the newborn's
own records they are advice.

Why it matters: payers check the age and deny (CO-9).

Fix: none by machine: the code or the date of birth is wrong.

Not evaluated when: the claim does not say the age and has a diagnosis with an age.

Source: ICD-10-CM tabular list (titles and notes at Z00.0-, Z00.11-, Z00.12-, Z38, Z68, R62); Official Guidelines,
sections I.C.15, I.C.16 and I.C.21; CMS Medicare Code Editor, age conflict.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from assistant.rules.diagnoses import codes_of, lines_at
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger
from ingest.notes.model import Severity


@dataclass(frozen=True, slots=True)
class _AgeSpan:
    """Codes that begin with one of `prefixes` are for ages `low` to `high`, whole years, both inclusive."""

    prefixes: tuple[str, ...]
    low: int
    high: int
    who: str
    severity: Severity = "error"


_EVER = 200
_SPANS = (
    _AgeSpan(("Z38",), 0, 0, "the record of birth"),
    _AgeSpan(("Z00.11",), 0, 0, "newborns of at most 28 days"),
    _AgeSpan(("Z00.12",), 0, 17, "children", "advice"),
    _AgeSpan(("Z00.12",), 0, 20, "children"),
    _AgeSpan(("Z76.1", "Z76.2"), 0, 17, "infants and children"),
    _AgeSpan(("Z00.0",), 18, _EVER, "adults", "advice"),
    _AgeSpan(("Z00.0",), 15, _EVER, "adults"),
    _AgeSpan(("Z68.1", "Z68.2", "Z68.3", "Z68.4"), 20, _EVER, "ages from 20"),
    _AgeSpan(("Z68.5",), 2, 19, "ages from 2 to 19"),
    _AgeSpan(("R62.51",), 0, 17, "children"),
    _AgeSpan(("R62.7",), 18, _EVER, "adults"),
    _AgeSpan(("R95",), 0, 0, "infants"),
    _AgeSpan(("O", "Z34", "Z3A"), 9, 64, "ages from 9 to 64"),
    _AgeSpan(("H25", "H91.1", "M80.0", "M81.0", "R41.81", "R54"), 18, _EVER, "diseases of old age"),
    _AgeSpan(("H35.31", "H52.4"), 18, _EVER, "diseases of old age"),
    _AgeSpan(("P",), 0, 17, "conditions that began around birth", "advice"),
    _AgeSpan(("P22", "P36", "P38", "P39", "P55", "P58", "P59", "P76", "P77", "P92"), 0, 1, "newborns", "warning"),
)
_ALL = tuple(dict.fromkeys(prefix for span in _SPANS for prefix in span.prefixes))
_RANK = {"error": 0, "warning": 1, "advice": 2}


def _check(case: Case) -> Iterator[Outcome]:
    aged = [(place, code) for place, code in enumerate(codes_of(case)) if code.startswith(_ALL)]
    if not aged:
        return
    age = case.claim.age
    if age is None:
        yield RULE.missing_key(["age"], lines_at(case, [place for place, _code in aged]))
        return
    for place, code in aged:
        broken = [span for span in _SPANS if code.startswith(span.prefixes) and not span.low <= age <= span.high]
        if broken:
            worst = min(broken, key=lambda span: _RANK[span.severity])
            message = f"{code} is for {worst.who}, the patient is {age}: correct the diagnosis or the date of birth"
            yield RULE.finding(case, lines_at(case, {place}), message, severity=worst.severity)


RULE = Rule(
    "DX013",
    "error",
    "ICD-10-CM tabular list and Official Guidelines, chapters 15, 16 and 21",
    "high",
    _check,
    optional_keys=("age",),
    trigger=Trigger(diagnoses=_ALL),
)
