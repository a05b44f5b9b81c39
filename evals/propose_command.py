"""Commands on proposals that need more than one run: the notes changed, and the language model beside none."""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path
from typing import Any

from assistant.commands.common import practice_of, print_json, progress_bar
from assistant.errors import InputError
from assistant.propose.choice import Asked
from assistant.settings import Practice

FAILED = 1
_FIGURES = ("lines_f1", "exact", "icd10_f1", "em_exact", "queries", "spans_exact")


def run_metamorphic_propose(arguments: argparse.Namespace) -> int:
    """`understudy eval metamorphic propose`. Exit 0 when every check held everywhere, 1 when not, 2 bad input."""
    from assistant.bootstrap import build_proposer
    from evals.places import find_set
    from evals.propose_metamorphic import render, run_propose_metamorphic

    if arguments.subset or arguments.baseline or arguments.write_baseline:
        raise InputError("metamorphic propose has no baseline: leave --subset, --baseline and --write-baseline out")
    done = run_propose_metamorphic(find_set("vignettes").items, build_proposer(practice_of(arguments)), progress_bar())
    if arguments.json:
        print_json(done.to_json())
    else:
        print("\n".join(render(done)))
    return FAILED if any(check.failed for check in done.checks.values()) else 0


def run_model_beside(items: Path, practice: Practice, model: str, *, as_json_text: bool) -> int:
    """`understudy eval propose --model`: without a model, with it where the choice is unsure, and for every candidate.

    What it shows is what `assistant/propose/choice.py` records of a model. Exit 0.
    """
    from assistant.bootstrap import build_proposer
    from evals.propose_set import as_json, run_cases

    rows: dict[str, dict[str, Any]] = {}
    asks: tuple[tuple[str, str, Asked], ...] = (
        ("off", "off", "measured"),
        ("unsure", model, "unsure"),
        ("all", model, "all"),
    )
    for name, choice, asked in asks:
        begun = time.process_time()
        found = run_cases(items, build_proposer(practice, choice, asked=asked), progress_bar())
        rows[name] = as_json(found) | {
            "cpu_seconds_a_note": round((time.process_time() - begun) / max(1, len(found)), 3),
            "seconds_a_note_median": round(statistics.median(one.seconds for one in found), 3),
            "seconds_a_note_most": round(max(one.seconds for one in found), 3),
        }
    if as_json_text:
        print_json(rows)
        return 0
    told = {"off": "off", "unsure": f"{model}, unsure candidates", "all": f"{model}, all candidates"}
    print("| model | cases | lines F1 | all exact | ICD-10-CM F1 | visit level | asks | spans exact | most seconds |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name, row in rows.items():
        for group in ("open", "held_back", "all"):
            figures = " | ".join(str(row[group][figure]) for figure in _FIGURES)
            print(f"| {told[name]} | {group.replace('_', ' ')} | {figures} | {row['seconds_a_note_most']} |")
    return 0
