"""The worked cases proposed from their notes: lines, diagnoses, visit levels, queries and spans against what is right.

Of the cases held back (even numbers) only counts are told, never a code or a word of the note.
"""

from __future__ import annotations

import json
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.propose.model import Encounter, ProviderQuery
from assistant.propose.propose import Proposed, Proposer
from evals.vignettes import PAYERS

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class ProposedCase:
    """One case with what was proposed. `missed`, `extra` and the like are codes as text; empty where all is right."""

    case_id: str
    missed: tuple[str, ...]
    extra: tuple[str, ...]
    hits: int
    dx_missed: tuple[str, ...]
    dx_extra: tuple[str, ...]
    dx_hits: int
    em_right: bool | None
    em_told: str
    query_right: bool | None
    spans_exact: bool
    seconds: float
    needless: int = 0

    @property
    def is_open(self) -> bool:
        """True where a report may show codes: all but the worked cases with even numbers."""
        number = self.case_id.removeprefix("D")
        return not number.isdigit() or int(number) % 2 == 1

    @property
    def exact(self) -> bool:
        """Every line right and none beside them."""
        return not self.missed and not self.extra


@dataclass(slots=True)
class Figures:
    """Sums over cases, with what is made of them."""

    cases: int = 0
    exact: int = 0
    lines: Counter[str] = field(default_factory=Counter)
    diagnoses: Counter[str] = field(default_factory=Counter)
    em: Counter[bool] = field(default_factory=Counter)
    queries: Counter[bool] = field(default_factory=Counter)
    spans: int = 0
    needless: int = 0

    def add(self, one: ProposedCase) -> None:
        """Count a case."""
        self.cases += 1
        self.exact += one.exact
        self.spans += one.spans_exact
        self.needless += one.needless
        self.lines.update(hit=one.hits, missed=len(one.missed), extra=len(one.extra))
        self.diagnoses.update(hit=one.dx_hits, missed=len(one.dx_missed), extra=len(one.dx_extra))
        if one.em_right is not None:
            self.em[one.em_right] += 1
        if one.query_right is not None:
            self.queries[one.query_right] += 1

    def to_json(self) -> dict[str, Any]:
        """The figures by name."""
        return {
            "cases": self.cases,
            "lines_f1": round(f1(self.lines), 4),
            "exact": self.exact,
            "icd10_f1": round(f1(self.diagnoses), 4),
            "em_exact": f"{self.em[True]}/{sum(self.em.values())}",
            "queries": f"{self.queries[True]}/{sum(self.queries.values())}",
            "needless_queries": self.needless,
            "spans_exact": f"{self.spans}/{self.cases}",
        }


def f1(counted: Mapping[str, int]) -> float:
    """The harmonic mean of precision and recall; 1 when nothing was expected and nothing said."""
    wrong = counted["missed"] + counted["extra"]
    return 2 * counted["hit"] / (2 * counted["hit"] + wrong) if counted["hit"] or wrong else 1.0


def run_cases(path: Path, proposer: Proposer, on_progress: Progress) -> list[ProposedCase]:
    """Propose every case of the file, in order."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    found = []
    for done, row in enumerate(rows, start=1):
        started = time.perf_counter()
        proposed = proposer.propose(row["note"], encounter_of(row))
        found.append(_scored(row, proposed, time.perf_counter() - started))
        on_progress("proposing", done, len(rows))
    return found


def encounter_of(row: Mapping[str, Any]) -> Encounter:
    """What is known beside a case's note; its payer is the one of the sample practice that bills in its style."""
    return Encounter(
        PAYERS.get(row["payer_style"]),
        row["dos"],
        row["pos"],
        row["age"],
        row["sex"],
        row["new_patient"],
        billed=row.get("billed_by_provider"),
    )


def _scored(row: Mapping[str, Any], proposed: Proposed, seconds: float) -> ProposedCase:
    told = proposed.proposal
    left = [(line.procedure_code, frozenset(line.modifiers), line.units) for line in told.lines]
    missed: list[str] = []
    hits = 0
    for line in row["expected_lines"]:
        allowed = [frozenset(one) for one in (line["modifiers"], *(line.get("alt_modifiers") or ()))]
        wanted_line = (line["code"], line["units"])
        match = next((one for one in left if (one[0], one[2]) == wanted_line and one[1] in allowed), None)
        if match:
            left.remove(match)
            hits += not line.get("optional")
        elif not line.get("optional"):
            missed.append(f"{'-'.join((line['code'], *line['modifiers']))} x{line['units']}")
    wanted, got = Counter(row["expected_icd10"]), Counter(one.diagnosis_code for one in told.diagnoses)
    expected_em = row["em"]["code"] if row["em"] else None
    em_told = told.em.procedure_code if told.em else ""
    spans = [
        *(one for line in told.lines for one in line.evidence),
        *(one for dx in told.diagnoses for one in dx.evidence),
        *(one for query in told.queries for one in query.evidence),
        *(one for no in told.rejected for one in no.evidence),
    ]
    return ProposedCase(
        row["id"],
        tuple(missed),
        tuple(f"{'-'.join((code, *sorted(modifiers)))} x{units}" for code, modifiers, units in left),
        hits,
        tuple((wanted - got).elements()),
        tuple((got - wanted).elements()),
        sum((wanted & got).values()),
        None if expected_em is None else expected_em == em_told,
        em_told,
        asks_for(told.queries, row.get("query_words")) if row.get("query") else None,
        all(row["note"][one.start : one.end] == one.quote for one in spans),
        seconds,
        0 if row.get("query") else len(told.queries),
    )


def asks_for(queries: Sequence[ProviderQuery], words: Sequence[str] | None) -> bool:
    """True for the question the case wants: where it names words of it, one question alone that holds one of them."""
    if not words:
        return bool(queries)
    return len(queries) == 1 and any(word in queries[0].text.lower() for word in words)


def as_json(found: Sequence[ProposedCase]) -> dict[str, Any]:
    """The figures of the open cases, of those held back and of all."""
    told: dict[str, Any] = {}
    for name, wanted in (("open", (True,)), ("held_back", (False,)), ("all", (True, False))):
        figures = Figures()
        for one in found:
            if one.is_open in wanted:
                figures.add(one)
        told[name] = figures.to_json()
    return told


def render(found: Sequence[ProposedCase]) -> Iterator[str]:
    """The figures of the open and the held-back cases, and what was wrong in the open ones."""
    groups = {
        "open": [one for one in found if one.is_open],
        "held back": [one for one in found if not one.is_open],
    }
    yield "| cases | lines F1 | whole set exact | ICD-10-CM F1 | visit level | asks | needless | spans exact |"
    yield "|---|---|---|---|---|---|---|---|"
    for name, cases in {**groups, "all": found}.items():
        if not cases:
            continue
        figures = Figures()
        for one in cases:
            figures.add(one)
        told = figures.to_json()
        yield (
            f"| {name}: {figures.cases} | {told['lines_f1']:.3f} | {figures.exact}/{figures.cases} "
            f"| {told['icd10_f1']:.3f} | {told['em_exact']} | {told['queries']} | {told['needless_queries']} "
            f"| {told['spans_exact']} |"
        )
    yield ""
    yield f"Seconds a note, median: {statistics.median(one.seconds for one in found):.3f}"
    yield ""
    for one in groups["open"]:
        if not one.exact or one.dx_missed or one.dx_extra or one.em_right is False or one.query_right is False:
            yield (
                f"- {one.case_id}: lines missed {list(one.missed)} extra {list(one.extra)}; diagnoses missed "
                f"{list(one.dx_missed)} extra {list(one.dx_extra)}; visit {one.em_told or '-'} "
                f"{'' if one.em_right is None else 'right' if one.em_right else 'WRONG'}"
                f"{'; NO QUERY' if one.query_right is False else ''}"
            )
