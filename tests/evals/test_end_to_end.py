"""The evaluation over the second practice with the real embedder: a run, its record, and changes of the notes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.cli import main
from assistant.settings import Practice, find_practice
from evals.items import Change, Expect, Item
from evals.metamorphic import FOLLOWS, LETS_GO, REFUSES, REFUSES_AT_LAST, UNMOVED, run_metamorphic
from evals.places import EvalSet, find_set
from evals.run import RunPlan, run_set
from evals.scorers import RUN_FIGURES

pytestmark = [pytest.mark.models, pytest.mark.slow]

FAX = Item(
    id="fax",
    question="What number do I fax the Sentinel authorization sheet to?",
    expect=Expect(
        status="answered",
        notes=("plans/sentinel-surgery-ok",),
        must=(("402-555-0133",),),
        change=Change(note="plans/sentinel-surgery-ok", old="402-555-0133", new="402-555-0177"),
    ),
)
PAIR = Item(
    id="pair",
    question="How does Sentinel want 31276 billed when both frontal sinuses were opened?",
    expect=Expect(status="answered", notes=("plans/sentinel",), must=(("50",),)),
)
FEW = ("prairie-001", "prairie-003", "prairie-046")


def silent(_what: str, _done: int, _total: int) -> None:
    """No progress."""


@pytest.fixture(scope="module")
def prairie(tmp_path_factory: pytest.TempPathFactory) -> Practice:
    """A copy of the second practice, so that its folder stays as it is."""
    source = find_set("prairie").practice
    assert source is not None
    folder = tmp_path_factory.mktemp("practices") / "prairie"
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("data"))
    return find_practice(str(folder), {}, folder)


@pytest.fixture
def plan_of(prairie: Practice, tmp_path: Path) -> Callable[..., RunPlan]:
    """A plan over a few items."""

    def make(*items: Item, **changes: object) -> RunPlan:
        path = tmp_path / "few.jsonl"
        path.write_text("\n".join(item.model_dump_json() for item in items), encoding="utf-8")
        return RunPlan(EvalSet("few", path, None), prairie, **changes)  # type: ignore[arg-type]

    return make


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_run_answers_from_another_practice_and_keeps_its_record(
    prairie: Practice, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = find_set("prairie")
    lines = [line for line in chosen.items.read_text(encoding="utf-8").splitlines() if json.loads(line)["id"] in FEW]
    few = tmp_path / "few.jsonl"
    few.write_text("\n".join(lines), encoding="utf-8")
    report = tmp_path / "report.md"
    arguments = ["eval", "run", str(few), "--practice", str(prairie.folder)]
    assert main([*arguments, "--json", "--report", str(report)]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["items"] == list(FEW)
    assert set(record["figures"]) == {kind.name for kind in RUN_FIGURES}
    assert record["figures"]["right_answer"] == {"n": 2, "of": 2}
    assert record["figures"]["quotes_exact"]["n"] == record["figures"]["quotes_exact"]["of"]
    assert record["figures"]["values_sourced"]["n"] == record["figures"]["values_sourced"]["of"]
    assert "# Evaluation `few`" in report.read_text(encoding="utf-8")
    assert not prairie.records.exists(), "an evaluation leaves no gaps behind"

    wrong_before = tmp_path / "before.json"
    wrong_before.write_text(json.dumps(record), encoding="utf-8")
    assert main([*arguments, "--json", "--baseline", str(wrong_before)]) == 0
    assert json.loads(capsys.readouterr().out)["misses"] == record["misses"]


def test_left_out_parts_are_seen(plan_of: Callable[..., RunPlan]) -> None:
    whole = run_set(plan_of(PAIR), silent)
    less = run_set(plan_of(PAIR, left_out=("facts",)), silent)
    assert whole.scored[0].answer.facts
    assert not less.scored[0].answer.facts
    assert less.record.without == ("facts",)


def test_without_the_payer_filter_another_payers_note_may_answer(plan_of: Callable[..., RunPlan]) -> None:
    from assistant.bootstrap import Desk
    from evals.ablation import without

    plan = plan_of(PAIR)
    asker = Desk(plan.practice, keep_gaps=False).asker(plan.as_of)
    scopes = without(asker, ["payer-filter"]).knowledge.scopes()
    assert all(not scope.payers for scope in scopes if scope.layer == "practice")
    assert any(scope.payers for scope in asker.knowledge.scopes() if scope.layer == "practice")


def test_the_answer_follows_the_note_and_the_practice_is_not_touched(
    prairie: Practice, plan_of: Callable[..., RunPlan]
) -> None:
    before = files(prairie.kb)
    done = run_metamorphic(plan_of(FAX), silent)
    assert done.failures == ()
    assert {name: str(count) for name, count in done.record.figures.items() if count.of} == {
        FOLLOWS: "1/1",
        REFUSES: "1/1",
        REFUSES_AT_LAST: "1/1",
        LETS_GO: "1/1",
        UNMOVED: "1/1",
    }
    assert files(prairie.kb) == before


def test_an_answer_that_does_not_follow_is_a_failure(plan_of: Callable[..., RunPlan]) -> None:
    asked_elsewhere = FAX.model_copy(
        update={
            "expect": Expect(
                status="answered",
                notes=("office/wax-questions",),
                must=(("69209",),),
                change=Change(note="office/wax-questions", old="69209", new="69208"),
            )
        }
    )
    done = run_metamorphic(plan_of(asked_elsewhere), silent)
    assert {failure.figure for failure in done.failures} == {FOLLOWS, REFUSES, REFUSES_AT_LAST}
    assert done.record.misses == {"fax": (FOLLOWS, REFUSES, REFUSES_AT_LAST)}


def test_a_note_that_holds_the_same_fact_is_deleted_too_before_a_refusal_is_asked_for(
    plan_of: Callable[..., RunPlan],
) -> None:
    expected_elsewhere = FAX.model_copy(
        update={
            "expect": Expect(
                status="answered", notes=("office/wax-questions", "plans/sentinel"), must=(("402-555-0133",),)
            )
        }
    )
    done = run_metamorphic(plan_of(expected_elsewhere), silent)
    assert done.record.misses == {"fax": (REFUSES, LETS_GO)}
