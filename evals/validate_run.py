"""Judges a claim set in one process and makes the record of the run. Prints nothing and decides nothing.

The set's own items are judged by invented tables; where CMS's files lie beside the checkout, the clean items with real
codes and the items of `SET-cms.jsonl` are judged by these too.
"""

from __future__ import annotations

import hashlib
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.rules.registry import all_rules
from assistant.rules.rule import Finding
from assistant.settings import Practice
from assistant.validate import Judge
from evals.places import CMS_FILES
from evals.record import RunRecord, counted, notes_hash
from evals.run import Progress, RunPlan
from evals.validate_items import ClaimItem, load_claims
from evals.validate_scorers import CLAIM_FIGURES, JudgedClaim, score_claim
from evals.validate_tables import cms_files, cms_tables, invented_tables
from ingest.notes.folder import read_folder
from ingest.notes.model import KbNote
from ingest.tables.icd10cm_lookup import DiagnosisTables


@dataclass(frozen=True, slots=True)
class ClaimRun:
    """A run: its record, every item's result, the seconds each took, and why CMS's tables took no part (None: did)."""

    record: RunRecord
    judged: tuple[JudgedClaim, ...]
    seconds: tuple[float, ...]
    without_cms: str | None


def run_claims(plan: RunPlan, on_progress: Progress, *, cms: Path = CMS_FILES) -> ClaimRun:
    """Judge every item. Raises SetError for a set that cannot be used, InputError for tables that cannot."""
    path = plan.chosen.items
    beside = path.with_name(f"{path.stem}-cms.jsonl")
    tables_file = path.with_name(f"{path.stem}-tables.yaml")
    own, real = load_claims(path), load_claims(beside) if beside.is_file() else ()
    notes, icd = notes_of(plan.practice), DiagnosisTables()
    judge = Judge(notes, invented_tables(tables_file if tables_file.is_file() else None, icd), all_rules())
    jobs: list[tuple[str, ClaimItem, Judge]] = [(item.id, item, judge) for item in own]
    without_cms = None if cms_files(cms) else f"no CMS files in {cms}: {len(real)} items left out"
    with tempfile.TemporaryDirectory(prefix="understudy-eval-") as folder:
        if without_cms is None:
            tables = cms_tables(cms, Path(folder) / "tables.sqlite", icd, on_progress)
            strict = Judge(notes, tables, all_rules())
            jobs.extend((f"{item.id}@cms", item, strict) for item in own if item.cms)
            jobs.extend((item.id, item, strict) for item in real)
        judged, seconds = _judge_all(jobs, on_progress)
    record = RunRecord(
        kind="claims",
        set=plan.chosen.name,
        practice=plan.practice.settings.name or plan.practice.folder.name,
        as_of=plan.as_of,
        set_hash=files_hash([one for one in (path, beside, tables_file) if one.is_file()]),
        notes_hash=notes_hash((plan.practice.kb, plan.practice.library)),
        weights_hash="",
        fitted_on="",
        items=tuple(one.name for one in judged),
        figures=counted(CLAIM_FIGURES, [one.good for one in judged]),
        misses={one.name: one.missed for one in judged if one.missed},
        seconds_median=statistics.median(seconds),
    )
    return ClaimRun(record, judged, seconds, without_cms)


def _judge_all(
    jobs: Sequence[tuple[str, ClaimItem, Judge]], on_progress: Progress
) -> tuple[tuple[JudgedClaim, ...], tuple[float, ...]]:
    judged: list[JudgedClaim] = []
    seconds: list[float] = []
    for name, item, judge in jobs:
        started = time.perf_counter()
        report = judge.judge(item.read)
        seconds.append(time.perf_counter() - started)
        judged.append(score_claim(name, item, report))
        on_progress("judging", len(judged), len(jobs))
    return tuple(judged), tuple(seconds)


def notes_of(practice: Practice) -> tuple[KbNote, ...]:
    """The notes of the practice and of the library; what cannot be read is left out, as `kb check` would say."""
    own = read_folder(practice.kb, layer="practice", exclude=frozenset({"library"}))
    return (*own.notes, *read_folder(practice.library, layer="library", prefix="library/").notes)


def files_hash(paths: Sequence[Path]) -> str:
    """The first 16 hexadecimal digits of the SHA-256 over the bytes of several files."""
    digest = hashlib.sha256()
    for path in paths:
        content = path.read_bytes()
        digest.update(f"{path.name}\x00{len(content)}\x00".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


def by_rule(judged: Sequence[JudgedClaim]) -> Iterator[tuple[str, Finding, JudgedClaim]]:
    """Every false alarm by the rule that gave it: rule id, finding, claim."""
    alarming = [one for one in judged if not one.good.get("false_alarm", True)]
    found = [(finding.rule, finding, one) for one in alarming for finding in one.beside]
    yield from sorted(found, key=lambda one: (one[0], one[2].name))
