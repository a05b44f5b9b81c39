"""A claim set and the worked cases from the file to the report, with few rules and invented tables."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from assistant.cli import main
from assistant.errors import InputError
from assistant.settings import Practice, find_practice
from evals.places import CMS_FILES, EvalSet, find_set
from evals.run import RunPlan
from evals.validate_report import render_claims
from evals.validate_run import run_claims
from evals.validate_tables import cms_files, cms_tables, invented_tables
from evals.vignettes import WrongAnswer, load_vignettes, run_vignettes
from evals.vignettes_report import render_vignettes

TABLES = """
ptp:
  release: {label: invented, from: 2026-01-01, through: 2026-06-30}
  rows:
    - ["90001", "90002", "0", 2020-01-01, null]
"""
CLAIMS = [
    {
        "id": "bad-1",
        "tags": ["ptp"],
        "claim": "dos: 2026-02-01; 90001; 90002",
        "planted": {"kind": "ptp", "lines": [1], "severity": "error", "about": [["90002"]]},
        "why": "indicator 0",
    },
    {
        "id": "bad-2",
        "tags": ["ptp"],
        "claim": "dos: 2026-07-01; 90001; 90002",
        "planted": {"kind": "ptp", "lines": [1], "severity": "error", "about": [["90002"]]},
        "why": "no release covers the day",
    },
    {"id": "ok-1", "tags": ["plain"], "claim": "dos: 2026-02-01; 90001", "planted": None, "why": "one line"},
    {
        "id": "ok-2",
        "tags": ["plain"],
        "claim": "dos: 2026-02-01; 90002; 90001",
        "planted": None,
        "why": "wrongly clean",
    },
]
LINE = {"code": "69210", "modifiers": [], "units": 1, "dx_pointers": [1]}
CASE = {
    "id": "D01",
    "note": "SECRET NOTE",
    "payer_style": "medicare",
    "dos": "2026-02-01",
    "pos": "11",
    "age": 70,
    "sex": "F",
    "expected_lines": [LINE],
    "expected_icd10": ["H61.21"],
}


@pytest.fixture
def practice(tmp_path: Path) -> Practice:
    (tmp_path / "practice" / "kb").mkdir(parents=True)
    return find_practice(str(tmp_path / "practice"), {}, tmp_path)


def plan(path: Path, practice: Practice) -> RunPlan:
    return RunPlan(EvalSet(path.stem, path, None), practice, date(2026, 11, 22))


def written(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


def silent(_label: str, _done: int, _total: int) -> None:
    return None


def test_a_claim_set_is_judged_and_every_miss_is_shown(tmp_path: Path, practice: Practice) -> None:
    path = written(tmp_path / "set.jsonl", CLAIMS)
    (tmp_path / "set-tables.yaml").write_text(TABLES, encoding="utf-8")
    done = run_claims(plan(path, practice), silent, cms=tmp_path / "none")
    assert str(done.record.figures["planted_found"]) == "1/2"
    assert str(done.record.figures["false_alarm"]) == "1/2"
    assert done.record.misses["bad-2"] == ("planted_found",)
    report = render_claims(done, None, [])
    assert "### bad-2: ptp, at least error, not found" in report
    assert "not evaluated: PTP001" in report
    assert "### PTP001\n- ok-2" in report
    assert "CAUTION: no CMS files" in report


def test_a_changed_tables_file_makes_another_set(tmp_path: Path, practice: Practice) -> None:
    path = written(tmp_path / "set.jsonl", CLAIMS)
    before = run_claims(plan(path, practice), silent, cms=tmp_path / "none").record.set_hash
    (tmp_path / "set-tables.yaml").write_text(TABLES, encoding="utf-8")
    assert run_claims(plan(path, practice), silent, cms=tmp_path / "none").record.set_hash != before


def test_a_tables_file_that_cannot_be_read_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text("ptp: [", encoding="utf-8")
    with pytest.raises(InputError, match=r"t\.yaml"):
        invented_tables(tmp_path / "t.yaml", None)


def test_a_file_that_is_none_of_cms_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "cms").mkdir()
    (tmp_path / "cms" / "odd.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    assert len(cms_files(tmp_path / "cms")) == 1
    with pytest.raises(InputError, match=r"odd\.csv"):
        cms_tables(tmp_path / "cms", tmp_path / "t.sqlite", None, silent)


def test_the_right_and_the_wrong_claims_of_the_worked_cases_are_judged(tmp_path: Path, practice: Practice) -> None:
    path = written(tmp_path / "cases.jsonl", [CASE, {**CASE, "id": "D02", "expected_icd10": ["H61.2"]}])
    wrong = {"id": "D01a", "vignette": "D01", "wrong": "no such code", "visible": True, "about": [["H61.24"]]}
    unseen = {"id": "D01b", "vignette": "D01", "wrong": "more", "visible": False, "why_not": "the note alone shows it"}
    written(
        tmp_path / "cases-wrong.jsonl",
        [{**wrong, "claim": "dos: 2026-02-01; dx: H61.24; 69210 [A]"}, {**unseen, "claim": None}],
    )
    done = run_vignettes(plan(path, practice), silent, cms=tmp_path / "none")
    assert str(done.record.figures["right_without_tables"]) == "1/2"
    assert done.record.figures["right_with_cms"].of == 0
    assert str(done.record.figures["wrong_caught"]) == "1/1"
    report = render_vignettes(done, None, [])
    assert "the note alone shows it" in report
    assert "SECRET" not in report
    # D02 is held back: its rules are named, its claim is not shown.
    assert "- D02: DX" in report
    assert "H61.2;" not in report


def test_a_vignette_that_cannot_be_read_does_not_show_its_note(tmp_path: Path, practice: Practice) -> None:
    path = written(tmp_path / "cases.jsonl", [{**CASE, "dos": "SECRET NOTE"}])
    with pytest.raises(InputError) as caught:
        load_vignettes(path)
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize("missing", [{"visible": True, "about": [["1"]]}, {"visible": False}])
def test_a_wrong_answer_has_a_claim_or_a_reason(missing: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="needs"):
        WrongAnswer.model_validate({"id": "a", "vignette": "D01", "wrong": "w", "claim": None, **missing})


def test_the_sets_are_judged_by_name(practice: Practice, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path / "some.jsonl", CLAIMS)
    assert main(["eval", "run", str(path), "--json", "--practice", str(practice.folder)]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["kind"] == "claims"
    assert main(["eval", "run", str(path), "--subset", "--practice", str(practice.folder)]) == 2
    assert "judged, not asked" in capsys.readouterr().err


def test_every_worked_case_goes_to_a_payer_of_the_practice() -> None:
    assert all(case.claim.payer for case in load_vignettes(find_set("vignettes").items))


def test_the_rules_hold_on_the_sample_practice() -> None:
    """The figures the project promises, whatever the baseline: on invented tables, and on CMS's where they are."""
    root = Path(__file__).parents[2]
    sample = find_practice(str(root), {}, root)
    claims = run_claims(RunPlan(find_set("validate"), sample), silent).record.figures
    assert claims["planted_found"].n / claims["planted_found"].of >= 0.97
    assert claims["false_alarm"].n / claims["false_alarm"].of <= 0.02
    cases = run_vignettes(RunPlan(find_set("vignettes"), sample), silent).record.figures
    assert cases["right_without_tables"].n == cases["right_without_tables"].of == 60
    if cms_files(CMS_FILES):
        assert cases["right_with_cms"].n == 60
