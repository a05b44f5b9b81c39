"""The worked cases: right claims must raise no error, typical wrong answers that a claim can show must be found.

Reads from a vignette what makes its claim and nothing else: never its note, never its reasoning. Prints nothing.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, model_validator

from assistant.rules.registry import all_rules
from assistant.rules.rule import Finding
from assistant.validate import Judge, Report
from evals.items import Strict, load_rows
from evals.places import CMS_FILES
from evals.record import RunRecord, counted, notes_hash
from evals.run import Progress, RunPlan
from evals.scorers import FigureKind
from evals.validate_items import Planted
from evals.validate_run import files_hash, notes_of
from evals.validate_scorers import tells
from evals.validate_tables import cms_files, cms_tables, invented_tables
from ingest.claims.model import Claim, ClaimLine, Diagnosis
from ingest.claims.shorthand import read_claim
from ingest.notes.model import Severity
from ingest.tables.icd10cm_lookup import DiagnosisTables

VIGNETTE_FIGURES = (
    FigureKind("right_without_tables", "right claims without an error, no table imported (needed: all)", "more"),
    FigureKind("right_with_cms", "right claims without an error, with CMS's tables (needed: all)", "more"),
    FigureKind("right_quiet", "right claims without a warning either", "more", decides=False),
    FigureKind("wrong_caught", "wrong claims caught, of those a claim can show (needed: all)", "more"),
)
# Who in the sample practice pays in the style that a vignette's payer does.
PAYERS = {
    "two-lines-rt-lt": "summit-hmo",
    "one-line-50": "blue-shield-ppo",
    "medicare": "medicare",
    "medicaid": "medicaid",
}


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    code: str
    modifiers: tuple[str, ...] = ()
    units: int = 1
    dx_pointers: tuple[int, ...] = ()


class Vignette(BaseModel):
    """What makes the right claim of a worked case. Everything else of its row is passed over unread."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    payer_style: str
    dos: date
    pos: str | None = None
    age: int | None = None
    sex: str | None = None
    new_patient: bool | None = None
    expected_lines: tuple[_Line, ...]
    expected_icd10: tuple[str, ...]

    @property
    def claim(self) -> Claim:
        """The right claim, sent to the payer of the sample practice that pays in the vignette's style."""
        return Claim(
            lines=tuple(
                ClaimLine(line.code, line.modifiers, line.units, tuple(one - 1 for one in line.dx_pointers))
                for line in self.expected_lines
            ),
            payer=PAYERS.get(self.payer_style),
            date_of_service=self.dos,
            place_of_service=self.pos,
            age=self.age,
            sex=self.sex,
            diagnoses=tuple(map(Diagnosis, self.expected_icd10)),
            new_patient=self.new_patient,
        )

    @property
    def is_open(self) -> bool:
        """True where a report may show more than rule ids: odd numbers. The even ones are held back."""
        return int(self.id.lstrip("D")) % 2 == 1


class WrongAnswer(Strict):
    """A typical wrong answer to a vignette as a claim, or why no claim shows it. What catches it is told as in
    evals/validate_items.py; `about` names what the finding must say."""

    id: str = Field(min_length=1)
    vignette: str
    wrong: str = Field(min_length=1)
    claim: str | None = None
    visible: bool
    lines: tuple[int, ...] = ()
    severity: Severity = "warning"
    about: tuple[tuple[str, ...], ...] = ()
    cms: bool = False
    why_not: str | None = None

    @cached_property
    def read(self) -> Claim | None:
        """The wrong claim."""
        read = read_claim(self.claim or "")
        return read.claim

    @property
    def planted(self) -> Planted:
        """What a finding has to tell."""
        return Planted(kind="vignette", lines=self.lines, severity=self.severity, about=self.about)

    @model_validator(mode="after")
    def _whole(self) -> WrongAnswer:
        if self.visible and (self.read is None or not self.about or self.why_not):
            raise ValueError("a visible one needs a claim that can be read, about, and no why_not")
        if not self.visible and not self.why_not:
            raise ValueError("one that a claim cannot show needs why_not")
        return self


@dataclass(frozen=True, slots=True)
class JudgedVignette:
    """The reports on a right claim: with no table imported, and with CMS's (None: they are not there)."""

    vignette: Vignette
    bare: Report
    full: Report | None

    @property
    def loud(self) -> tuple[Finding, ...]:
        """Errors and warnings of either report, each once."""
        reports = (self.bare, self.full) if self.full else (self.bare,)
        return tuple(dict.fromkeys(one for report in reports for one in report.findings if one.severity != "advice"))


@dataclass(frozen=True, slots=True)
class JudgedWrong:
    """The report on a wrong answer, with the findings that catch it."""

    wrong: WrongAnswer
    report: Report
    catching: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class VignetteRun:
    """A run: its record, the right claims, the wrong ones, those no claim can show, and what took no part."""

    record: RunRecord
    right: tuple[JudgedVignette, ...]
    wrong: tuple[JudgedWrong, ...]
    not_visible: tuple[WrongAnswer, ...]
    without_cms: str | None


def load_vignettes(path: Path) -> tuple[Vignette, ...]:
    """The worked cases, in order. Raises SetError naming lines and fields, never what a note says."""
    return load_rows(path, Vignette.model_validate_json, Vignette.model_fields)


def run_vignettes(plan: RunPlan, on_progress: Progress, *, cms: Path = CMS_FILES) -> VignetteRun:
    """Judge every right claim and every wrong one. Raises SetError and InputError as a claim set's run does."""
    path = plan.chosen.items
    beside = path.with_name(f"{path.stem}-wrong.jsonl")
    cases = load_vignettes(path)
    answers = load_rows(beside, WrongAnswer.model_validate_json, WrongAnswer.model_fields) if beside.is_file() else ()
    notes, icd = notes_of(plan.practice), DiagnosisTables()
    bare = Judge(notes, invented_tables(None, icd), all_rules())
    seconds: list[float] = []

    def judged(judge: Judge, claim: Claim) -> Report:
        started = time.perf_counter()
        report = judge.judge(claim)
        seconds.append(time.perf_counter() - started)
        on_progress("judging", len(seconds), len(cases) + len(answers))
        return report

    without_cms = None if cms_files(cms) else f"no CMS files in {cms}"
    with tempfile.TemporaryDirectory(prefix="understudy-eval-") as folder:
        full = None
        if without_cms is None:
            full = Judge(notes, cms_tables(cms, Path(folder) / "tables.sqlite", icd, on_progress), all_rules())
        right = tuple(
            JudgedVignette(case, judged(bare, case.claim), judged(full, case.claim) if full else None) for case in cases
        )
        wrong = []
        for answer in answers:
            if not answer.visible or answer.read is None or (answer.cms and full is None):
                continue
            report = judged(full or bare, answer.read)
            catching = tuple(one for one in report.findings if tells(one, answer.planted))
            wrong.append(JudgedWrong(answer, report, catching))
    outcomes = {one.vignette.id: _good(one) for one in right}
    outcomes |= {one.wrong.id: {"wrong_caught": bool(one.catching)} for one in wrong}
    record = RunRecord(
        kind="vignettes",
        set=plan.chosen.name,
        practice=plan.practice.settings.name or plan.practice.folder.name,
        as_of=plan.as_of,
        set_hash=files_hash([one for one in (path, beside) if one.is_file()]),
        notes_hash=notes_hash((plan.practice.kb, plan.practice.library)),
        weights_hash="",
        fitted_on="",
        items=tuple(outcomes),
        figures=counted(VIGNETTE_FIGURES, list(outcomes.values())),
        misses={
            name: tuple(figure for figure, fine in good.items() if not fine)
            for name, good in outcomes.items()
            if not all(good.values())
        },
        seconds_median=statistics.median(seconds),
    )
    not_visible = tuple(answer for answer in answers if not answer.visible)
    return VignetteRun(record, right, tuple(wrong), not_visible, without_cms)


def _good(one: JudgedVignette) -> Mapping[str, bool]:
    good = {"right_without_tables": one.bare.verdict == "pass", "right_quiet": not one.loud}
    if one.full:
        good["right_with_cms"] = one.full.verdict == "pass"
    return good
