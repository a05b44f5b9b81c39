"""What counts as telling a planted error, and as a false alarm."""

from __future__ import annotations

import pytest

from assistant.rules.rule import Finding, Source, Unevaluated
from assistant.validate import Report
from evals.record import counted
from evals.validate_items import ClaimItem, Planted
from evals.validate_scorers import CLAIM_FIGURES, score_claim, tells
from ingest.claims.shorthand import read_claim
from ingest.notes.model import Severity

SOURCE = Source("guideline", "test")
PLANTED = Planted(kind="k", lines=(1,), severity="warning", about=(("31231",), ("scope", "endoscopy")))


def finding(severity: Severity = "error", lines: tuple[int, ...] = (0, 1), said: str = "31231: the scope") -> Finding:
    return Finding("ENT001", severity, lines, said, SOURCE)


def item(planted: Planted | None, **more: object) -> ClaimItem:
    claim = "31255-50; 31231"
    return ClaimItem.model_validate({"id": "a", "claim": claim, "planted": planted, "why": "w", **more})


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (finding(), True),
        (finding("warning"), True),
        (finding("advice"), False),
        (finding(lines=(0,)), False),
        (finding(lines=()), True),
        (finding(said="31231 alone"), False),
        (finding(said="the endoscopy 312310"), False),
        (finding(said="the Endoscopy 31231-50"), True),
    ],
)
def test_severity_lines_and_words_make_a_telling_finding(one: Finding, told: bool) -> None:
    assert tells(one, PLANTED) is told


def test_an_error_of_the_whole_claim_may_be_told_on_any_line() -> None:
    assert tells(finding(lines=(0,)), PLANTED.model_copy(update={"lines": ()}))


def test_advice_is_enough_where_the_item_says_so() -> None:
    assert tells(finding("advice"), PLANTED.model_copy(update={"severity": "advice"}))


def test_a_planted_error_is_found_by_one_of_several_findings() -> None:
    scored = score_claim("a", item(PLANTED), Report((finding(said="other"), finding()), ()))
    assert scored.good == {"planted_found": True, "only_planted": False}
    assert [one.message for one in scored.beside] == ["other"]
    assert scored.missed == ("only_planted",)


def test_advice_on_a_clean_claim_is_no_false_alarm_and_a_warning_is() -> None:
    assert score_claim("a", item(None), Report((finding("advice"),), ())).good["false_alarm"]
    assert not score_claim("a", item(None), Report((finding("warning"),), ())).good["false_alarm"]


def test_a_safe_fix_that_changes_a_clean_claim_is_seen() -> None:
    other = read_claim("31231").claim
    assert not score_claim("a", item(None), Report((), (), other)).good["clean_kept"]


def test_a_table_that_is_missing_must_be_said_missing() -> None:
    wanted = item(None, open=["ptp"])
    assert not score_claim("a", wanted, Report((), (Unevaluated("X", "y", "mue"),))).good["open_told"]
    assert score_claim("a", wanted, Report((), (Unevaluated("X", "y", "ptp"),))).good["open_told"]


def test_false_alarms_are_counted_as_such_and_found_errors_as_such() -> None:
    quiet, loud = Report((), ()), Report((finding(),), ())
    judged = [
        score_claim("a", item(None), quiet),
        score_claim("b", item(None), loud),
        score_claim("c", item(PLANTED), loud),
    ]
    figures = counted(CLAIM_FIGURES, [one.good for one in judged])
    assert str(figures["false_alarm"]) == "1/2"
    assert str(figures["planted_found"]) == "1/1"
