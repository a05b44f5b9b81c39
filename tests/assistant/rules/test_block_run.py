"""All rule blocks over one claim: the higher level speaks, the lower is silent there."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assistant.rules.block_run import BlocksReport, evaluate_blocks
from assistant.rules.precedence import PlacedBlock
from ingest.claims.model import Claim
from ingest.notes.model import KbNote

EXAMPLES = 'examples: [{pass: "99211"}, {fail: "99211"}]'
PLAN = 'id: plan\nwhen: {codes: ["31255"], bilateral: true}\nforbid: {modifiers: ["50"]}'
LIBRARY = 'id: library\nwhen: {codes: ["31255", "31267"], bilateral: true}\nrequire: {modifiers: ["50"], units: 1}'


@pytest.fixture
def run(make_note: Callable[..., KbNote], make_claim: Callable[[str], Claim]) -> Callable[..., BlocksReport]:
    def _run(claim: str, *, plan: str = "", practice: str = "", library: str = "") -> BlocksReport:
        notes = [
            make_note(f"{rule}\n{EXAMPLES}", note_id=name, layer=layer, **fields)
            for name, rule, layer, fields in (
                ("library/note", library, "library", {}),
                ("note", practice, "practice", {}),
                ("payers/acme", plan, "practice", {"payers": "[acme]"}),
            )
            if rule
        ]
        placed = [PlacedBlock(note, block) for note in notes for block in note.rules]
        return evaluate_blocks(placed, make_claim(claim), payer_names={"acme": "Acme Health"})

    return _run


def found(report: BlocksReport) -> list[tuple[str, tuple[int, ...]]]:
    return [(finding.rule_id, finding.lines) for _, finding in report.findings]


def test_a_plan_s_style_suspends_the_library_s_for_its_code_alone(run: Callable[..., BlocksReport]) -> None:
    claim = "31255-RT; 31255-LT; 31267-RT; 31267-LT"
    assert found(run(claim, library=LIBRARY)) == [("library", (0, 1)), ("library", (2, 3))]
    assert found(run(claim, library=LIBRARY, plan=PLAN)) == [("library", (2, 3))]


def test_only_the_keys_the_plan_speaks_about_are_suspended(run: Callable[..., BlocksReport]) -> None:
    assert found(run("31255-RT x2; 31255-LT", library=LIBRARY, plan=PLAN)) == [("library", (0,))]


def test_a_plan_s_rule_whose_condition_fails_suspends_nothing(run: Callable[..., BlocksReport]) -> None:
    plan = PLAN.replace("bilateral: true", "bilateral: true, places: ['11']")
    assert found(run("pos: 24; 31255-RT; 31255-LT", library=LIBRARY, plan=plan)) == [("library", (0, 1))]


def test_a_plan_s_rule_that_cannot_be_decided_leaves_the_lower_one_open(run: Callable[..., BlocksReport]) -> None:
    plan = PLAN.replace("bilateral: true", "bilateral: true, age: 0-17")
    report = run("31255-RT; 31255-LT; 31267-RT; 31267-LT", library=LIBRARY, plan=plan)
    assert found(report) == [("library", (2, 3))]
    assert [(left.rule_id, left.missing) for _, left in report.not_evaluated] == [("library", ("age",))]


def test_the_practice_stands_between_plan_and_library(run: Callable[..., BlocksReport]) -> None:
    practice = 'id: practice\nwhen: {codes: ["31255"]}\nforbid: {modifiers: [RT]}'
    assert found(run("31255-RT", library=LIBRARY, practice=practice)) == [("practice", (0,))]
    assert found(run("31255-RT; 31255-LT", library=LIBRARY, practice=practice, plan=PLAN)) == []


def test_a_rule_over_the_whole_claim_is_suspended_by_one_over_every_line(run: Callable[..., BlocksReport]) -> None:
    plan, library = "id: plan\nfile-within-days: 365", "id: library\nfile-within-days: 90"
    claim = "dos: 2026-01-01; received: 2026-06-01; 99213"
    assert found(run(claim, library=library)) == [("library", ())]
    assert found(run(claim, library=library, plan=plan)) == []
    one_code = 'id: plan\nwhen: {codes: ["99213"]}\nfile-within-days: 365'
    assert found(run(claim, library=library, plan=one_code)) == []
    assert found(run(f"{claim}; 31231", library=library, plan=one_code)) == [("library", ())]


def test_a_claim_wide_finding_stays_open_while_a_higher_rule_may_reach_every_line(
    run: Callable[..., BlocksReport],
) -> None:
    plan = "id: plan\nwhen: {age: 0-17}\nfile-within-days: 365"
    report = run("dos: 2026-01-01; received: 2026-06-01; 99213", library="id: library\nfile-within-days: 90", plan=plan)
    assert found(report) == []
    assert [(left.rule_id, left.missing) for _, left in report.not_evaluated] == [("library", ("age",))]


def test_the_keys_spoken_about_are_reported_for_the_cms_tables(run: Callable[..., BlocksReport]) -> None:
    report = run("31255-RT; 31255-LT; 31267-RT", library=LIBRARY, plan=PLAN)
    assert report.governed == {
        0: frozenset({"modifiers:side", "units"}),
        1: frozenset({"modifiers:side", "units"}),
    }


def test_messages_call_payers_by_their_names(run: Callable[..., BlocksReport]) -> None:
    ((_, finding),) = run("31255-50", plan=PLAN).findings
    assert finding.message.startswith("Acme Health: when 31255 is billed for both sides")
