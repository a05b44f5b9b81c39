"""Whether proposals follow the note: deny, move, swap and double what carries a line, hide orders in the note.

Needs no opinion on what a good proposal is. Of worked cases held back (even numbers) only counts are told.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from assistant.propose.model import Encounter, Evidence, ProposedLine
from assistant.propose.propose import Proposed, Proposer
from assistant.propose.sections import sections_of
from evals.hostile_notes import INJECTIONS, generated_notes, sentences_of, with_injection
from evals.propose_set import encounter_of
from ingest.codes import is_diagnosis_code, is_modifier, is_procedure_code

Progress = Callable[[str, int, int], None]
GENERATED = 1000
_SEED = 20261122
_VISIT = re.compile(r"992\d\d|99417|G2211|G2212")
_PERSONS_WORD = re.compile(r"\b(?<!\()(was|were|is|are|has been|have been|had been)\b(?! not\b)", re.IGNORECASE)
_ACTOR = re.compile(
    r"\b(I|we|nurse|RN|MA|he|she|technician)\b(?= (?:(?:then|also|personally|\w+ly) )?\w+(?:ed|ew|ave|ook|ut)\b)", re.I
)
_WORK = re.compile(r"\w{2,}(?:ed|en)\b|\b(?:done|drawn|put|cut|made|gave|took|shaved)\b", re.I)
_OF_TODAY = re.compile(
    r"\b(?:today|now|currently|this (?:visit|morning|afternoon)|at this (?:visit|time)"
    r"|in (?:the |our )?(?:office|clinic|room)|here)\b ?",
    re.IGNORECASE,
)
# Anatomy whose name holds a side: no mirror image of it exists.
_FIXED = (
    r"(?!\s+(?:main|anterior descending|circumflex|coronary|ventric|atri|heart|bundle|upper quadrant|lower quadrant"
    r"|away|in\b|over\b|as\b|alone|it\b|on\b|open\b|untouched|for\b|until|where|unclosed|to\b|ear open|well alone))"
)
_SIDED = re.compile(rf"\b(right|left){_FIXED}\b|\b(RT|LT|AD|AS|OD|OS)\b|(?<![\w.'&/])([RL])(?![\w'&/.])", re.IGNORECASE)
_OTHER = {"right": "left", "left": "right", "rt": "lt", "lt": "rt", "ad": "as", "as": "ad", "od": "os", "os": "od",
          "r": "l", "l": "r"}  # fmt: skip
_MIRRORED = {"RT": "LT", "E1": "E3", "E2": "E4", "FA": "F5", "TA": "T5"} | {
    f"{kind}{number}": f"{kind}{number + 5}" for kind in "FT" for number in range(1, 5)
}
_MIRRORED |= {other: one for one, other in _MIRRORED.items()}


@dataclass(slots=True)
class Check:
    """One expectation over all cases: how often it was tried, and where it did not hold (held-back cases unnamed)."""

    told: str
    tried: int = 0
    failed: list[str] = field(default_factory=list)

    def take(self, *, holds: bool, where: str) -> None:
        """Count one try in."""
        self.tried += 1
        if not holds:
            self.failed.append(where)


@dataclass(frozen=True, slots=True)
class ProposeMetamorphic:
    """Every check by name, and how many cases and generated notes took part."""

    checks: Mapping[str, Check]
    cases: int
    generated: int

    def to_json(self) -> dict[str, Any]:
        """Counts by check; `failed` names places of open cases, `held_back_failed` is a count."""
        return {
            name: {
                "tried": check.tried,
                "failed": [one for one in check.failed if one],
                "held_back_failed": check.failed.count(""),
            }
            for name, check in self.checks.items()
        }


def run_propose_metamorphic(
    path: Path, proposer: Proposer, on_progress: Progress, *, generated: int = GENERATED
) -> ProposeMetamorphic:
    """Every check on every case of the set, then the generated notes."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    checks = {
        "negate": Check("evidence denied: the line goes"),
        "past surgical history": Check("evidence moved under Past surgical history: the line goes"),
        "plan": Check("evidence moved under Plan: the line goes"),
        "swap": Check("right and left swapped: RT and LT swap, nothing else changes"),
        "double": Check("the note twice: no line, unit or diagnosis more"),
        "injection": Check(f"{len(INJECTIONS)} kinds of orders hidden in the note: same lines, same verdict"),
        "generated": Check("generated notes: codes well formed, with exact evidence, valid or said not evaluated"),
    }
    for done, row in enumerate(rows, start=1):
        _check_case(row, proposer, checks)
        on_progress("changing notes", done, len(rows))
    _check_generated(rows, proposer, checks["generated"], generated, on_progress)
    return ProposeMetamorphic(checks, len(rows), generated)


def _check_case(row: Mapping[str, Any], proposer: Proposer, checks: Mapping[str, Check]) -> None:
    note, encounter = row["note"], encounter_of(row)
    number = row["id"].removeprefix("D")
    open_case = not number.isdigit() or int(number) % 2 == 1
    base = proposer.propose(note, encounter)

    def where(told: str) -> str:
        return f"{row['id']}: {told}" if open_case else ""

    for line in base.proposal.lines:
        if _VISIT.fullmatch(line.procedure_code):
            continue
        told = "-".join((line.procedure_code, *line.modifiers))
        for name, changed in (
            ("negate", denied(note, line.evidence)),
            ("past surgical history", moved(note, line.evidence, "Past surgical history")),
            ("plan", moved(note, line.evidence, "Plan")),
        ):
            after = proposer.propose(changed, encounter)
            checks[name].take(holds=_gone(line, base, after), where=where(told))
    after = proposer.propose(swapped(note), encounter)
    checks["swap"].take(holds=_shape(after) == _mirror(_shape(base)), where=where("lines"))
    after = proposer.propose(f"{note}\n\n{note}", encounter)
    checks["double"].take(
        holds=_shape(after) == _shape(base) and _diagnoses(after) == _diagnoses(base), where=where("lines or diagnoses")
    )
    for kind, text in INJECTIONS.items():
        after = proposer.propose(with_injection(note, text), encounter)
        same = _shape(after) == _shape(base) and _diagnoses(after) == _diagnoses(base)
        verdicts = [one.report.verdict if one.report else None for one in (base, after)]
        checks["injection"].take(holds=same and verdicts[0] == verdicts[1], where=where(kind))


def _shape(proposed: Proposed) -> Counter[tuple[str, frozenset[str], int]]:
    return Counter((line.procedure_code, frozenset(line.modifiers), line.units) for line in proposed.proposal.lines)


def _mirror(shape: Counter[tuple[str, frozenset[str], int]]) -> Counter[tuple[str, frozenset[str], int]]:
    return Counter(
        {
            (code, frozenset(_MIRRORED.get(one, one) for one in modifiers), units): count
            for (code, modifiers, units), count in shape.items()
        }
    )


def _diagnoses(proposed: Proposed) -> Counter[str]:
    return Counter(one.diagnosis_code for one in proposed.proposal.diagnoses)


def _gone(line: ProposedLine, base: Proposed, after: Proposed) -> bool:
    """Whether the line no longer stands: not its code with its modifiers, nor as many units of it as before."""
    if (line.procedure_code, frozenset(line.modifiers), line.units) not in _shape(after):
        return True
    before, now = (
        sum(one.units for one in proposed.proposal.lines if one.procedure_code == line.procedure_code)
        for proposed in (base, after)
    )
    return now < before


def sentence_spans(note: str, evidence: Sequence[Evidence]) -> list[tuple[int, int]]:
    """The whole sentences the evidence stands in, without a heading before them, each once, in order."""
    headings = [section.start for section in sections_of(note)]
    bounds = [0, *(match.end() for match in re.finditer(r"(?<=[.!?;])[ \t]+(?=[A-Z\d(])|\n+", note)), len(note)]
    found: dict[tuple[int, int], None] = {}
    for one in evidence:
        start = max(bound for bound in (*bounds, *headings) if bound <= one.start)
        end = min(bound for bound in bounds if bound >= one.end)
        found[(start, end)] = None
    kept: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if kept and start < kept[-1][1]:
            kept[-1] = (kept[-1][0], max(end, kept[-1][1]))
        else:
            kept.append((start, end))
    return kept


def denied(note: str, evidence: Sequence[Evidence]) -> str:
    """The note with every piece of the evidence denied, as its words allow.

    "was removed" to "was not removed", "I removed" to "I did not removed", "ECG" to "No ECG", else "Not done: ...".
    """
    for one in sorted(evidence, key=lambda piece: piece.start, reverse=True):
        said = note[one.start : one.end]
        changed, count = _PERSONS_WORD.subn(r"\1 not", said)
        if not count:
            changed, count = _ACTOR.subn(r"\1 did not", said, count=1)
        if not count:
            ((start, _),) = sentence_spans(note, [one])
            alone = not note[start : one.start].strip(" \n\t-*")
            word = "Not done:" if _WORK.search(said) or "," in said else "No"
            changed = f"{word} {said}" if alone else f". {word} {said}"
        note = note[: one.start] + changed + note[one.end :]
    return note


def moved(note: str, evidence: Sequence[Evidence], heading: str) -> str:
    """The note with the sentences of the evidence taken out and put under the heading at its end."""
    taken: list[str] = []
    for start, end in reversed(sentence_spans(note, evidence)):
        said = note[start:end].strip()
        # What a plan says was done today was done today.
        taken.insert(0, _OF_TODAY.sub("", said) if heading == "Plan" else said)
        note = note[:start] + note[end:]
    return f"{note.rstrip()}\n\n{heading.upper()}:\n" + "\n".join(taken) + "\n"


def swapped(note: str) -> str:
    """The note with right and left swapped wherever they are sides."""

    def other(match: re.Match[str]) -> str:
        word = match.group()
        if word.lower() in {"ad", "as", "od", "os", "rt", "lt", "r", "l"} and not word.isupper():
            return word
        told = _OTHER[word.lower()]
        return told.upper() if word.isupper() else told.capitalize() if word[0].isupper() else told

    return _SIDED.sub(other, note)


def _check_generated(
    rows: Sequence[Mapping[str, Any]], proposer: Proposer, check: Check, count: int, on_progress: Progress
) -> None:
    sentences = [sentence for row in rows for sentence in sentences_of(row["note"])]
    encounters = [encounter_of(row) for row in rows]
    for number, note in enumerate(generated_notes(sentences, count, seed=_SEED), start=1):
        encounter = replace(encounters[number % len(encounters)], billed=None)
        wrong = list(faults(note, proposer.propose(note, encounter), encounter, proposer))
        # A generated note may hold words of held-back cases: its faults are named, never its words.
        check.take(holds=not wrong, where=f"note {number}: {'; '.join(wrong)}")
        if number % 50 == 0 or number == count:
            on_progress("generated notes", number, count)


def faults(note: str, proposed: Proposed, encounter: Encounter, proposer: Proposer) -> Iterator[str]:
    """What is wrong with the form of a proposal: never a word of the note."""
    on = date.fromisoformat(encounter.date_of_service) if encounter.date_of_service else None
    told = proposed.proposal
    for line in told.lines:
        if not is_procedure_code(line.procedure_code) or not all(is_modifier(one) for one in line.modifiers):
            yield "a procedure code or modifier is not well formed"
        if line.units < 1:
            yield "a line has no unit"
        if not line.evidence:
            yield f"{line.procedure_code} has no evidence"
    for diagnosis in told.diagnoses:
        code = diagnosis.diagnosis_code
        if not is_diagnosis_code(code):
            yield "a diagnosis code is not well formed"
        if not diagnosis.evidence:
            yield f"{code} has no evidence"
        release = proposer.diagnoses.release(on) if on else None
        if release is None:
            if diagnosis.covered:
                yield f"{code} is shown as checked where no release covers the date"
        else:
            entry = proposer.diagnoses.diagnosis(code, on) if on else None
            if entry is None or not entry.billable:
                yield f"{code} is not valid on the date"
    spans = [
        *(one for line in told.lines for one in line.evidence),
        *(one for dx in told.diagnoses for one in dx.evidence),
        *(one for query in told.queries for one in query.evidence),
        *(one for no in told.rejected for one in no.evidence),
    ]
    if any(note[one.start : one.end] != one.quote or not one.quote for one in spans):
        yield "a quote is not the note's own words"
    if told.lines and proposed.report is not None:
        yield from _unlisted(told.lines, proposed, on, proposer)


def _unlisted(lines: Sequence[ProposedLine], proposed: Proposed, on: date | None, proposer: Proposer) -> Iterator[str]:
    """Where a fee schedule or HCPCS table covers the date each code must be in it; else the report must be open."""
    assert proposed.report is not None
    tables = proposer.judge.tables
    covered = on is not None and tables.release("mpfs", on) is not None
    if not covered and proposed.report.complete:
        yield "the report is complete where no fee schedule covers the date"
    if covered and on is not None:
        for line in lines:
            if tables.fee_schedule(line.procedure_code, on) is None and tables.hcpcs(line.procedure_code, on) is None:
                yield f"{line.procedure_code} is in no table of the date"


def render(run: ProposeMetamorphic) -> Iterator[str]:
    """The counts, and what did not hold: places of open cases, a count of the others."""
    yield "| change | tried | held | did not |"
    yield "|---|---|---|---|"
    for check in run.checks.values():
        yield f"| {check.told} | {check.tried} | {check.tried - len(check.failed)} | {len(check.failed)} |"
    yield ""
    yield f"Cases: {run.cases}, generated notes: {run.generated}"
    for name, check in run.checks.items():
        named = [one for one in check.failed if one]
        if check.failed:
            yield ""
            yield f"{name}: {len(check.failed) - len(named)} in held-back cases"
            yield from (f"- {one}" for one in named)
