"""`understudy eval`: how well questions are answered, run against run. Registered through `understudy.commands`."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.commands.common import Commands, add_practice, day, practice_of, print_json, progress_bar
from assistant.errors import InputError, PracticeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.settings import Practice
    from evals.places import EvalSet
    from evals.record import Difference, RunRecord
    from evals.run import RunPlan
    from evals.scorers import FigureKind

BELOW = 1
# The names stand here too, so that `understudy --help` need not import what they switch off.
_PARTS = ("payer-filter", "words", "vectors", "codes", "facts", "sufficiency")


def register(commands: Commands[argparse.ArgumentParser]) -> None:
    """Add the command with its actions."""
    parser = commands.add_parser("eval", help="measure how well questions are answered, against a baseline")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

    run = actions.add_parser("run", help="ask every item of a set and score the answers")
    _add_set(run)
    run.add_argument("--model", default="off", metavar="off|default|PATH|URL", help="the language model (default: off)")
    run.add_argument(
        "--without", action="append", choices=_PARTS, default=[], help="leave a part of asking out; may be repeated"
    )
    run.add_argument("--report", metavar="FILE.md", help="write the whole report to a file as well")
    run.set_defaults(run=run_run)

    compare = actions.add_parser("compare", help="compare two records (files, or the name of a set for its baseline)")
    compare.add_argument("baseline", metavar="BASELINE", help="a record made by --json, or a set's name")
    compare.add_argument("record", metavar="RUN", help="a record made by --json")
    compare.add_argument("--json", action="store_true", help="print the differences as JSON")
    compare.set_defaults(run=run_compare)

    fit = actions.add_parser("fit", help="fit the sufficiency weights, each practice held out in turn")
    fit.add_argument("--output", metavar="FILE", help="where to write them (default: assistant/ask/sufficiency.toml)")
    fit.add_argument("--dry-run", action="store_true", help="print what the fit shows and write nothing")
    fit.add_argument("--accept", type=float, metavar="P", help="the probability from which a passage may answer")
    fit.add_argument("--as-of", type=day, metavar="DATE", help="date of items without their own (default: the sets')")
    fit.set_defaults(run=run_fit)

    propose = actions.add_parser("propose", help="propose codes for the worked cases' notes and score them")
    propose.add_argument("--set", default="vignettes", metavar="SET", help="the set: vignettes, or a .jsonl file")
    propose.add_argument("--model", default="off", metavar="off|default|PATH|URL", help="measure it beside none")
    propose.add_argument("--json", action="store_true", help="print the figures as JSON")
    add_practice(propose)
    propose.set_defaults(run=run_propose)

    plain = actions.add_parser("plain", help="compare with a plain LangChain pipeline, and with our parts switched off")
    plain.add_argument("set", nargs="?", default="ask", metavar="SET", help="the set (default: ask)")
    plain.add_argument(
        "--model", default="off", metavar="off|default|PATH|URL", help="the language model (default: off)"
    )
    plain.add_argument(
        "--with-model", type=int, metavar="N", help="so many items with the model on (default: the set's subset, or 60)"
    )
    plain.add_argument("--as-of", type=day, metavar="DATE", help="date of items without their own (default: the set's)")
    plain.add_argument("--json", action="store_true", help="print the figures as JSON")
    plain.add_argument("--report", metavar="FILE.md", help="write the table to a file as well")
    add_practice(plain)
    plain.set_defaults(run=run_plain)

    metamorphic = actions.add_parser("metamorphic", help="change the notes in a copy and see that the answers follow")
    _add_set(metamorphic)
    metamorphic.set_defaults(run=run_metamorphic)


def _add_set(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("set", metavar="SET", help="the set: ask, validate, vignettes ..., or a .jsonl file")
    parser.add_argument("--subset", action="store_true", help="only the items marked as the set's subset")
    parser.add_argument(
        "--as-of", type=day, metavar="DATE", help="date of items without their own (default: the set's)"
    )
    parser.add_argument("--json", action="store_true", help="print the record of the run as JSON")
    parser.add_argument("--baseline", metavar="FILE", help="compare with this record (default: the set's baseline)")
    parser.add_argument("--write-baseline", action="store_true", help="make this run the set's baseline")
    add_practice(parser)


def run_run(arguments: argparse.Namespace) -> int:
    """Exit 0 not below the baseline (or none there, or with --without), 1 below it, 2 bad input."""
    from evals.places import baseline_path
    from evals.report import render
    from evals.run import run_set
    from evals.scorers import RUN_FIGURES

    plan = _plan(arguments)
    kind = _kind(plan.chosen)
    if kind == "follow-ups":
        return _run_follow_ups(arguments, plan)
    if kind != "run":
        return _run_claims(arguments, plan, kind)
    if arguments.write_baseline and (plan.subset or plan.left_out or plan.model != "off"):
        raise InputError("a baseline is the whole set with the model off and nothing left out")
    baseline = None if arguments.write_baseline else _baseline(arguments, baseline_path(plan.chosen.name))
    done = run_set(plan, progress_bar())
    differences, told = _against(RUN_FIGURES, baseline, done.record)
    report = render(done, differences, told)
    _tell(arguments, report, done.record, baseline_path(plan.chosen.name))
    # What is left out on purpose is expected to cost something.
    return 0 if plan.left_out else _verdict(differences)


def _run_follow_ups(arguments: argparse.Namespace, plan: RunPlan) -> int:
    """A set of conversations: held turn by turn, the last one scored."""
    from evals.follow_ups import FOLLOW_UP_FIGURES, run_follow_ups
    from evals.follow_ups_report import render_follow_ups
    from evals.places import baseline_path

    if plan.subset or plan.left_out:
        raise InputError(f"{plan.chosen.name} is held as conversations: leave --subset and --without out")
    if arguments.write_baseline and plan.model != "off":
        raise InputError("a baseline is the whole set with the model off")
    path = baseline_path(plan.chosen.name)
    baseline = None if arguments.write_baseline else _baseline(arguments, path)
    done = run_follow_ups(plan, progress_bar())
    differences, told = _against(FOLLOW_UP_FIGURES, baseline, done.record)
    report = render_follow_ups(done, differences, told)
    _tell(arguments, report, done.record, path)
    return _verdict(differences)


def _run_claims(arguments: argparse.Namespace, plan: RunPlan, kind: str) -> int:
    """A set of claims, or of vignettes: judged instead of asked."""
    from evals.places import baseline_path
    from evals.report import figures_of

    if plan.subset or plan.left_out or plan.model != "off":
        raise InputError(f"{plan.chosen.name} is judged, not asked: leave --subset, --without and --model out")
    path = baseline_path(plan.chosen.name)
    baseline = None if arguments.write_baseline else _baseline(arguments, path)
    differences: tuple[Difference, ...] | None
    if kind == "claims":
        from evals.validate_report import render_claims
        from evals.validate_run import run_claims

        claims = run_claims(plan, progress_bar())
        record = claims.record
        differences, told = _against(figures_of(kind), baseline, record)
        report = render_claims(claims, differences, told)
    else:
        from evals.vignettes import run_vignettes
        from evals.vignettes_report import render_vignettes

        vignettes = run_vignettes(plan, progress_bar())
        record = vignettes.record
        differences, told = _against(figures_of(kind), baseline, record)
        report = render_vignettes(vignettes, differences, told)
    _tell(arguments, report, record, path)
    return _verdict(differences)


def _kind(chosen: EvalSet) -> str:
    """What is done with a set's items, by the fields of the first.

    "run": asked. "follow-ups": held as conversations. "claims", "vignettes": judged.
    """
    import json

    try:
        with chosen.items.open(encoding="utf-8-sig") as lines:
            first = json.loads(next((line for line in lines if line.strip()), "{}"))
    except (OSError, ValueError):
        # Whoever reads the set tells what is wrong with it.
        return "run"
    if "expected_lines" in first:
        return "vignettes"
    if "before" in first:
        return "follow-ups"
    return "claims" if "planted" in first else "run"


def run_propose(arguments: argparse.Namespace) -> int:
    """Exit 0; 2 for a set that cannot be read."""
    from assistant.bootstrap import build_proposer
    from evals.places import find_set
    from evals.propose_set import as_json, render, run_cases

    chosen = find_set(arguments.set)
    practice = practice_of(arguments)
    if arguments.model != "off":
        from evals.propose_command import run_model_beside

        return run_model_beside(chosen.items, practice, arguments.model, as_json_text=arguments.json)
    found = run_cases(chosen.items, build_proposer(practice), progress_bar())
    if arguments.json:
        print_json(as_json(found))
    else:
        print("\n".join(render(found)))
    return 0


def run_plain(arguments: argparse.Namespace) -> int:
    """Exit 0; 2 bad input. Says what parts are worth and judges nothing."""
    from evals.plain_pipeline_run import ComparisonPlan, compare_plain
    from evals.plain_pipeline_table import as_json, render
    from evals.run import DEFAULT_AS_OF

    if arguments.with_model is not None and arguments.with_model < 1:
        raise InputError("--with-model takes a number of items from 1; leave --model out to run without a model")
    chosen, practice = _chosen(arguments)
    if _kind(chosen) != "run":
        raise InputError(f"{chosen.name} is judged, not asked: there is no plain pipeline for it")
    plan = ComparisonPlan(chosen, practice, arguments.as_of or DEFAULT_AS_OF, arguments.model, arguments.with_model)
    found = compare_plain(plan, progress_bar())
    table = "\n".join(render(found)) + "\n"
    if arguments.report:
        _write(Path(arguments.report), table)
    if arguments.json:
        print_json(as_json(found))
    else:
        print(table, end="")
    return 0


def run_metamorphic(arguments: argparse.Namespace) -> int:
    """Exit 0 not below the baseline (or none there), 1 below it, 2 bad input."""
    if arguments.set == "propose":
        from evals.propose_command import run_metamorphic_propose

        return run_metamorphic_propose(arguments)
    from evals.metamorphic import METAMORPHIC_FIGURES, run_metamorphic, told
    from evals.places import baseline_path
    from evals.report import baseline_lines, figure_table, header

    plan = _plan(arguments)
    path = baseline_path(plan.chosen.name, "metamorphic")
    if arguments.write_baseline and plan.subset:
        raise InputError("a baseline is the whole set")
    baseline = None if arguments.write_baseline else _baseline(arguments, path)
    done = run_metamorphic(plan, progress_bar())
    differences, changes = _against(METAMORPHIC_FIGURES, baseline, done.record)
    if arguments.json:
        print_json(done.record.model_dump(mode="json"))
    else:
        print(f"# Metamorphic evaluation `{done.record.set}`\n")
        print("\n".join(header(done.record)) + "\n")
        print("\n".join(figure_table(METAMORPHIC_FIGURES, done.record.figures, differences)) + "\n")
        print("\n".join((*baseline_lines(differences, changes), *told(done))))
    if arguments.write_baseline:
        _write_baseline(path, done.record)
    return _verdict(differences)


def run_compare(arguments: argparse.Namespace) -> int:
    """Exit 0 not below the baseline, 1 below it, 2 bad input."""
    from evals.places import baseline_path
    from evals.record import read_record
    from evals.report import baseline_lines, figure_table, figures_of, header

    run = read_record(Path(arguments.record))
    named = Path(arguments.baseline)
    baseline = read_record(named if named.is_file() else baseline_path(arguments.baseline, run.kind))
    kinds = figures_of(run.kind)
    differences, told = _against(kinds, baseline, run)
    assert differences is not None
    if arguments.json:
        print_json(
            {
                "below": bool(_verdict(differences)),
                "differences": [
                    {
                        "figure": one.kind.name,
                        "misses_before": one.misses_before,
                        "misses_now": one.misses_now,
                        "new": list(one.new),
                        "mended": list(one.mended),
                        "below": one.below,
                    }
                    for one in differences
                ],
            }
        )
        return _verdict(differences)
    print("\n".join(header(run)) + "\n")
    print("\n".join(figure_table(kinds, run.figures, differences)) + "\n")
    print("\n".join(baseline_lines(differences, told)))
    return _verdict(differences)


def run_fit(arguments: argparse.Namespace) -> int:
    """Exit 0, 2 bad input."""
    import assistant.ask.sufficiency as sufficiency
    from evals.fit import as_toml, fit, render
    from evals.places import fitting_sets
    from evals.run import DEFAULT_AS_OF

    accept = sufficiency.load_weights().accept if arguments.accept is None else arguments.accept
    if not 0 < accept < 1:
        raise InputError(f"--accept {accept} is no probability; write one between 0 and 1, such as 0.5")
    try:
        found = fit(fitting_sets(), accept=accept, as_of=arguments.as_of or DEFAULT_AS_OF, on_progress=progress_bar())
    except ValueError as error:
        raise InputError(f"nothing can be fitted: {error}") from error
    print("\n".join(render(found)) + "\n")
    written = as_toml(found.weights)
    if arguments.dry_run:
        print(written, end="")
        return 0
    path = Path(arguments.output) if arguments.output else Path(sufficiency.__file__).with_name("sufficiency.toml")
    _write(path, written)
    print(f"{path}: written. Run `understudy eval run` on the sets that were not fitted on before keeping it.")
    return 0


def _chosen(arguments: argparse.Namespace) -> tuple[EvalSet, Practice]:
    """The set the arguments name, and the practice it is asked of."""
    from evals.places import find_set, practice_for

    chosen = find_set(arguments.set)
    try:
        practice = practice_for(chosen, arguments.practice, os.environ, Path.cwd())
    except PracticeError as error:
        told = f"{error}\nThe set {chosen.name} is asked of a practice: name it with --practice"
        raise PracticeError(told) from error
    return chosen, practice


def _plan(arguments: argparse.Namespace) -> RunPlan:
    from evals.run import DEFAULT_AS_OF, RunPlan

    chosen, practice = _chosen(arguments)
    return RunPlan(
        chosen=chosen,
        practice=practice,
        as_of=arguments.as_of or DEFAULT_AS_OF,
        model=getattr(arguments, "model", "off"),
        subset=arguments.subset,
        left_out=tuple(dict.fromkeys(getattr(arguments, "without", ()))),
    )


def _baseline(arguments: argparse.Namespace, usual: Path) -> RunRecord | None:
    """The record to compare with; None when none was named and the set has none yet."""
    from evals.record import read_record

    if arguments.baseline:
        return read_record(Path(arguments.baseline))
    return read_record(usual) if usual.is_file() else None


def _against(
    kinds: Sequence[FigureKind], baseline: RunRecord | None, run: RunRecord
) -> tuple[tuple[Difference, ...] | None, list[str]]:
    from evals.record import compare, told_changes

    if baseline is None:
        return None, []
    return compare(kinds, baseline, run), told_changes(baseline, run)


def _tell(arguments: argparse.Namespace, report: str, record: RunRecord, baseline: Path) -> None:
    """The report where it is wanted, and the run as the new baseline where that is wanted."""
    if arguments.report:
        _write(Path(arguments.report), report)
    if arguments.json:
        print_json(record.model_dump(mode="json"))
    else:
        print(report, end="")
    if arguments.write_baseline:
        _write_baseline(baseline, record)


def _verdict(differences: Sequence[Difference] | None) -> int:
    return BELOW if any(one.below for one in differences or ()) else 0


def _write_baseline(path: Path, record: RunRecord) -> None:
    import sys

    from evals.record import write_record

    try:
        write_record(path, record)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error})") from error
    print(f"{path}: written", file=sys.stderr)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error})") from error
