"""Every key of the rule vocabulary: a claim it finds, one it passes in silence, and one it cannot decide."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

import pytest

from assistant.rules.block_result import BlockFinding, NotEvaluated
from assistant.rules.interpreter import applies, evaluate_block, examine_block
from ingest.claims.model import Claim, ClaimLine, Diagnosis
from ingest.notes.model import KbNote, RuleBlock

MakeBlock = Callable[[str], RuleBlock]
MakeClaim = Callable[[str], Claim]


class Case(NamedTuple):
    """`expected`: "silent", the broken lines of each finding ("0 1; 2", "claim" for none), or "missing: age"."""

    key: str
    rule: str
    claim: str
    expected: str


NO_59 = "forbid: {modifiers: ['59']}"
CASES = [
    # when.codes
    Case("codes", f"when: {{codes: ['31253-31259']}}\n{NO_59}", "31253-59", "0"),
    Case("codes", f"when: {{codes: ['31253-31259']}}\n{NO_59}", "31259-59; 31260-59", "0"),
    Case("codes", f"when: {{codes: ['31253-31259']}}\n{NO_59}", "31252-59", "silent"),
    Case("codes", f"when: {{codes: ['31253-31259', '30520']}}\n{NO_59}", "31255-59; 30520-59; 31255-59-RT", "0 2; 1"),
    # when.modifiers: any of them
    Case("when modifiers", "when: {modifiers: ['58', '79']}\nforbid: {units: 2}", "31237-RT-79 x2", "0"),
    Case("when modifiers", "when: {modifiers: ['58', '79']}\nforbid: {units: 2}", "31237-78 x2", "silent"),
    # with, without: other lines, modifiers ignored
    Case("with", f"when: {{codes: ['31231'], with: ['31575', '31579']}}\n{NO_59}", "31231-59; 31579-52", "0"),
    Case("with", f"when: {{codes: ['31231'], with: ['31575']}}\n{NO_59}", "31231-59; 30520", "silent"),
    Case("with", f"when: {{codes: ['31231'], with: ['31231']}}\n{NO_59}", "31231-59", "silent"),
    Case("with", f"when: {{codes: ['31231'], with: ['31231']}}\n{NO_59}", "31231-59; 31231", "0"),
    Case("without", f"when: {{codes: ['61782'], without: ['31254-31259']}}\n{NO_59}", "61782-59; 30520", "0"),
    Case("without", f"when: {{codes: ['61782'], without: ['31254-31259']}}\n{NO_59}", "61782-59; 31255-52", "silent"),
    Case("without", f"when: {{codes: ['61782'], without: ['61782']}}\n{NO_59}", "61782-59", "0"),
    # when.diagnoses: those the line points to, all if none
    Case("when diagnoses", f"when: {{diagnoses: [J32]}}\n{NO_59}", "dx: J34.2, J32.9; 31231-59 [B]; 31575-59 [A]", "0"),
    Case("when diagnoses", f"when: {{diagnoses: [J32]}}\n{NO_59}", "dx: J34.2, J32.9; 31231-59", "0"),
    Case("when diagnoses", f"when: {{diagnoses: [H65.0-H65.9]}}\n{NO_59}", "dx: H65.93; 69436-59", "0"),
    Case("when diagnoses", f"when: {{diagnoses: [J32.0]}}\n{NO_59}", "dx: J32.9; 31231-59", "silent"),
    Case("when diagnoses", f"when: {{diagnoses: [J32]}}\n{NO_59}", "31231-59", "missing: dx"),
    # when.places
    Case("when places", f"when: {{places: ['11', '22']}}\n{NO_59}", "pos: 22; 31231-59", "0"),
    Case("when places", f"when: {{places: ['11', '22']}}\n{NO_59}", "pos: 24; 31231-59", "silent"),
    Case("when places", f"when: {{places: ['11', '22']}}\n{NO_59}", "31231-59", "missing: pos"),
    # bilateral
    Case("bilateral", f"when: {{codes: ['31255'], bilateral: true}}\n{NO_59}", "31255-50-59", "0"),
    Case("bilateral", f"when: {{codes: ['31255'], bilateral: true}}\n{NO_59}", "31255-RT-59; 31255-LT", "0"),
    Case("bilateral", f"when: {{codes: ['31255'], bilateral: true}}\n{NO_59}", "31255-RT-LT-59", "0"),
    Case("bilateral", f"when: {{codes: ['31255'], bilateral: true}}\n{NO_59}", "31255-59 x2", "0"),
    Case("bilateral", f"when: {{codes: ['31255'], bilateral: true}}\n{NO_59}", "31255-59 x3", "silent"),
    Case("bilateral", f"when: {{codes: ['31255'], bilateral: true}}\n{NO_59}", "31255-59-RT x2", "silent"),
    Case("bilateral", f"when: {{codes: ['26055'], bilateral: true}}\n{NO_59}", "26055-59-F1 x2", "silent"),
    Case("bilateral", f"when: {{codes: ['31255'], bilateral: true}}\n{NO_59}", "31255-59; 31255-59", "silent"),
    Case("bilateral", f"when: {{codes: ['31255'], bilateral: true}}\n{NO_59}", "31255-59-RT; 31267-LT", "silent"),
    Case("bilateral", f"when: {{codes: ['31255'], bilateral: false}}\n{NO_59}", "31255-59-RT", "0"),
    Case("bilateral", f"when: {{codes: ['31255'], bilateral: false}}\n{NO_59}", "31255-59-RT; 31255-LT", "silent"),
    # when.units
    Case("when units", f"when: {{units: 2-3}}\n{NO_59}", "95004-59 x2; 95024-59 x3; 95027-59 x4; 95115-59", "0; 1"),
    Case("when units", f"when: {{units: 3+}}\n{NO_59}", "95004-59 x2", "silent"),
    Case("when units", f"when: {{units: 3+}}\n{NO_59}", "95004-59 x30", "0"),
    # age: whole years, both ends included
    Case("age", f"when: {{age: 0-11}}\n{NO_59}", "age: 11; 42820-59", "0"),
    Case("age", f"when: {{age: 0-11}}\n{NO_59}", "age: 0; 42820-59", "0"),
    Case("age", f"when: {{age: 0-11}}\n{NO_59}", "age: 12; 42820-59", "silent"),
    Case("age", f"when: {{age: 12+}}\n{NO_59}", "age: 12; 42820-59", "0"),
    Case("age", f"when: {{age: 12}}\n{NO_59}", "age: 13; 42820-59", "silent"),
    Case("age", f"when: {{age: 0-11}}\n{NO_59}", "42820-59", "missing: age"),
    # sex, new-patient
    Case("sex", f"when: {{sex: F}}\n{NO_59}", "sex: f; 58150-59", "0"),
    Case("sex", f"when: {{sex: F}}\n{NO_59}", "sex: M; 58150-59", "silent"),
    Case("sex", f"when: {{sex: F}}\n{NO_59}", "58150-59", "missing: sex"),
    Case("new-patient", f"when: {{new-patient: true}}\n{NO_59}", "new-patient: yes; 99213-59", "0"),
    Case("new-patient", f"when: {{new-patient: false}}\n{NO_59}", "new-patient: no; 99213-59", "0"),
    Case("new-patient", f"when: {{new-patient: true}}\n{NO_59}", "new-patient: no; 99213-59", "silent"),
    Case("new-patient", f"when: {{new-patient: true}}\n{NO_59}", "99213-59", "missing: new-patient"),
    # days-since: the day before, on and after each end
    *[
        Case(
            "days-since",
            "when: {codes: ['31237'], days-since: {codes: ['30520'], days: 1-90}}\nrequire: {modifiers: ['79']}",
            f"dos: {dos}; prior: 30520 2026-02-10; 31237-RT",
            expected,
        )
        for dos, expected in [
            ("2026-02-10", "silent"),
            ("2026-02-11", "0"),
            ("2026-05-10", "0"),
            ("2026-05-11", "0"),
            ("2026-05-12", "silent"),
            ("2026-02-09", "silent"),
        ]
    ],
    *[
        Case(
            "days-since",
            "when: {codes: ['31237'], days-since: {codes: ['30520'], days: 1-90}}\nrequire: {modifiers: ['79']}",
            claim,
            expected,
        )
        for claim, expected in [
            ("dos: 2026-03-01; 31237-RT", "missing: prior"),
            ("prior: 30520 2026-02-10; 31237-RT", "missing: dos"),
            ("prior: none; 31237-RT", "silent"),
            ("dos: 2026-03-01; prior: 31255 2026-02-10; 31237-RT", "silent"),
            ("dos: 2026-03-01; prior: 31255 2026-02-10, 30520-52 2026-02-20; 31237-RT", "0"),
            ("dos: 2026-03-01; 31237-79-RT", "silent"),
            ("dos: 2026-03-01; 31238-RT", "silent"),
        ]
    ],
    # require
    Case("require modifiers", "when: {codes: ['31237']}\nrequire: {modifiers: ['79', RT]}", "31237-79", "0"),
    Case("require modifiers", "when: {codes: ['31237']}\nrequire: {modifiers: ['79', RT]}", "31237-RT-79", "silent"),
    Case("require units", "when: {codes: ['69210']}\nrequire: {units: 1}", "69210 x2", "0"),
    Case("require units", "when: {codes: ['69210']}\nrequire: {units: 1}", "69210; 69210", "silent"),
    Case("require places", "when: {codes: ['69433']}\nrequire: {places: ['11', '22']}", "pos: 24; 69433", "0"),
    Case("require places", "when: {codes: ['69433']}\nrequire: {places: ['11', '22']}", "pos: 22; 69433", "silent"),
    Case("require places", "when: {codes: ['69433']}\nrequire: {places: ['11', '22']}", "69433", "missing: pos"),
    Case("require diagnoses", "when: {codes: ['69210']}\nrequire: {diagnoses: [H61.2]}", "dx: H90.3; 69210", "0"),
    Case(
        "require diagnoses",
        "when: {codes: ['69210']}\nrequire: {diagnoses: [H61.2]}",
        "dx: H90.3, H61.21; 69210 [A]",
        "0",
    ),
    Case(
        "require diagnoses",
        "when: {codes: ['69210']}\nrequire: {diagnoses: [H61.2]}",
        "dx: H90.3, H61.21; 69210 [A,B]",
        "silent",
    ),
    Case("require diagnoses", "when: {codes: ['69210']}\nrequire: {diagnoses: [H61.2]}", "69210", "missing: dx"),
    Case("authorization", "when: {codes: ['30520']}\nrequire: {authorization: true}", "30520", "0"),
    Case(
        "authorization", "when: {codes: ['30520']}\nrequire: {authorization: true}", "authorization: none; 30520", "0"
    ),
    Case(
        "authorization",
        "when: {codes: ['30520']}\nrequire: {authorization: true}",
        "authorization: A1; 30520",
        "silent",
    ),
    *[
        Case(
            key,
            f"when: {{codes: ['31267']}}\nrequire: {{{key}: [CT report, failed therapy]}}",
            claim.replace("KEY", key),
            expected.replace("KEY", key),
        )
        for key in ("documentation", "attachments")
        for claim, expected in [
            ("KEY: ct report; 31267", "0"),
            ("KEY: none; 31267", "0"),
            ("KEY: no ct report, failed therapy; 31267", "0"),
            ("KEY: Failed  Therapy, x-ray, ct-report; 31267", "silent"),
            ("31267", "missing: KEY"),
        ]
    ],
    # forbid
    Case("forbid modifiers", "when: {codes: ['30520']}\nforbid: {modifiers: ['50', RT]}", "30520-RT", "0"),
    Case("forbid modifiers", "when: {codes: ['30520']}\nforbid: {modifiers: ['50', RT]}", "30520-LT", "silent"),
    Case("forbid units", "when: {codes: ['69210']}\nforbid: {units: 2}", "69210 x2", "0"),
    Case("forbid units", "when: {codes: ['69210']}\nforbid: {units: 2}", "69210 x3", "silent"),
    Case("forbid places", "when: {codes: ['93000']}\nforbid: {places: ['22']}", "pos: 22; 93000", "0"),
    Case("forbid places", "when: {codes: ['93000']}\nforbid: {places: ['22']}", "pos: 11; 93000", "silent"),
    Case("forbid places", "when: {codes: ['93000']}\nforbid: {places: ['22']}", "93000", "missing: pos"),
    Case("forbid diagnoses", "when: {codes: ['11600']}\nforbid: {diagnoses: [D49.2]}", "dx: C44.3, D49.2; 11600", "0"),
    Case("forbid diagnoses", "when: {codes: ['11600']}\nforbid: {diagnoses: [D49.2]}", "dx: C44.3; 11600", "silent"),
    Case("forbid diagnoses", "when: {codes: ['11600']}\nforbid: {diagnoses: [D49.2]}", "11600", "missing: dx"),
    Case("forbid codes", "when: {codes: ['92557']}\nforbid: {codes: ['92552-92556']}", "92557; 92553-52", "0"),
    Case("forbid codes", "when: {codes: ['92557']}\nforbid: {codes: ['92552-92556']}", "92557; 92567", "silent"),
    Case("forbid codes", "when: {codes: [G0268]}\nforbid: {codes: [G0268]}", "99213; G0268", "1"),
    # units-max: the sum over the lines of the code that the condition selects
    Case("units-max", "when: {codes: ['95165']}\nunits-max: 10", "95165 x6; 95165 x5", "0 1"),
    Case("units-max", "when: {codes: ['95165']}\nunits-max: 10", "95165 x6; 95165 x4; 95004 x40", "silent"),
    Case("units-max", "when: {codes: ['95115', '95117']}\nunits-max: 1", "95115; 95117", "silent"),
    Case("units-max", "when: {modifiers: [RT]}\nunits-max: 1", "31255-RT; 31255-LT", "silent"),
    Case("units-max", "when: {codes: ['95165'], age: 0-17}\nunits-max: 10", "95165 x11", "missing: age"),
    Case("units-max", "when: {codes: ['95165'], age: 0-17}\nunits-max: 10", "95165 x10", "silent"),
    # file-within-days: the day before, on and after
    *[
        Case("file-within-days", "file-within-days: 90", f"dos: 2026-01-05; received: {received}; 99213", expected)
        for received, expected in [("2026-04-04", "silent"), ("2026-04-05", "silent"), ("2026-04-06", "claim")]
    ],
    Case("file-within-days", "file-within-days: 90", "dos: 2026-01-05; 99213", "missing: received"),
    Case("file-within-days", "file-within-days: 90", "99213", "missing: dos, received"),
    Case(
        "file-within-days",
        "when: {codes: ['99213']}\nfile-within-days: 90",
        "dos: 2026-01-05; received: 2026-05-01; 99214; 99213",
        "1",
    ),
    # no `codes`: every line; no `when`: the claim once
    Case("no codes", "when: {modifiers: ['59']}\nforbid: {modifiers: ['59']}", "31231-59; 30520; 31575-59", "0; 2"),
    Case("no when", "require: {attachments: [note]}", "attachments: none; 31231; 31575", "claim"),
    Case("no when", "require: {attachments: [note]}", "attachments: note; 31231", "silent"),
    Case("no when", "require: {attachments: [note]}", "31231", "missing: attachments"),
    Case("no when", NO_59, "31231-59; 30520; 31575-59", "0 2"),
    Case("no when", "units-max: 2", "31231; 95004 x2; 95004", "1 2"),
    Case("no when", "require: {diagnoses: [J32]}", "dx: J34.2, J32.0; 31231 [A]", "silent"),
    # an unknown condition matters only when every known one holds, and only when the demand is not met anyway
    Case("unknown", f"when: {{codes: ['31231'], age: 0-11}}\n{NO_59}", "31575-59", "silent"),
    Case("unknown", f"when: {{age: 0-11, places: ['11']}}\n{NO_59}", "pos: 24; 31575-59", "silent"),
    Case("unknown", f"when: {{age: 0-11, sex: F}}\n{NO_59}", "31575-59", "missing: age, sex"),
    Case("unknown", f"when: {{age: 0-11}}\n{NO_59}", "31575", "silent"),
    Case("unknown", "when: {codes: ['31267']}\nrequire: {modifiers: [RT], documentation: [ct]}", "31267", "0"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.key}: {case.claim} is {case.expected}")
def test_the_vocabulary_means_what_the_design_says(case: Case, make_block: MakeBlock, make_claim: MakeClaim) -> None:
    result = evaluate_block(make_block(case.rule), make_claim(case.claim), note=None)
    if isinstance(result, NotEvaluated):
        assert f"missing: {', '.join(result.missing)}" == case.expected
    else:
        lines = "; ".join(" ".join(map(str, finding.lines)) or "claim" for finding in result)
        assert (lines or "silent") == case.expected


def test_every_key_has_a_finding_a_silent_case_and_where_it_reads_an_optional_key_an_undecided_one() -> None:
    reads_optional = {"age", "sex", "new-patient", "days-since", "documentation", "attachments", "file-within-days"}
    reads_optional |= {"when places", "when diagnoses", "require places", "require diagnoses", "forbid places"}
    kinds: dict[str, set[str]] = {}
    for case in CASES:
        kind = case.expected.split(":")[0]
        kinds.setdefault(case.key, set()).add(kind if kind in ("silent", "missing") else "finding")
    lacking = {key: kinds[key] for key in kinds if not {"silent", "finding"} <= kinds[key] and key != "no codes"}
    assert not lacking
    assert all("missing" in kinds[key] for key in reads_optional)


def test_a_finding_names_rule_severity_code_and_the_rule_as_a_sentence(
    make_block: MakeBlock, make_claim: MakeClaim
) -> None:
    block = make_block("id: no-59\nwhen: {codes: ['31231']}\nforbid: {modifiers: ['59']}\nseverity: warning")
    assert evaluate_block(block, make_claim("31575; 31231-59"), note=None) == (
        BlockFinding("no-59", "warning", (1,), "31231", "Every payer: when 31231 is billed, do not use 59."),
    )


def test_the_block_s_own_message_comes_first(make_block: MakeBlock, make_claim: MakeClaim) -> None:
    block = make_block("when: {codes: ['31231']}\nforbid: {modifiers: ['59']}\nmessage: Call Devon.")
    (finding,) = examine_block(block, make_claim("31231-59"), note=None).findings
    assert finding.message == "Call Devon."


def test_what_is_certain_and_what_is_open_are_both_told(make_block: MakeBlock, make_claim: MakeClaim) -> None:
    block = make_block("when: {codes: ['31255', '31267']}\nrequire: {modifiers: [RT], documentation: [ct]}")
    result = examine_block(block, make_claim("31255; 31267-RT"), note=None)
    assert [finding.procedure_code for finding in result.findings] == ["31255"]
    assert result.not_evaluated == NotEvaluated("rule-0", ("documentation",))
    assert evaluate_block(block, make_claim("31255; 31267-RT"), note=None) == result.findings


def test_a_pointer_beyond_the_diagnoses_counts_for_nothing(make_block: MakeBlock) -> None:
    block = make_block("when: {codes: ['31231']}\nrequire: {diagnoses: [J32]}")
    for pointer in (1, 7, -1):
        claim = Claim(lines=(ClaimLine("31231", pointers=(pointer,)),), diagnoses=(Diagnosis("J32.0"),))
        assert evaluate_block(block, claim, note=None) == NotEvaluated("rule-0", ("dx",))


def test_the_sex_of_a_claim_from_elsewhere_may_be_a_small_letter(make_block: MakeBlock) -> None:
    block = make_block("when: {sex: F}\nforbid: {modifiers: ['59']}")
    assert evaluate_block(block, Claim(lines=(ClaimLine("58150", ("59",)),), sex="f"), note=None)


@pytest.mark.parametrize(
    ("fields", "payer", "on", "expected"),
    [
        ({}, None, None, True),
        ({"payers": "[acme, summit]"}, "summit", None, True),
        ({"payers": "[acme]"}, "summit", None, False),
        ({"payers": "[acme]"}, None, date(2026, 1, 1), None),
        ({"effective_from": "2026-01-01"}, None, date(2025, 12, 31), False),
        ({"effective_from": "2026-01-01"}, None, date(2026, 1, 1), True),
        ({"effective_through": "2026-01-31"}, None, date(2026, 1, 31), True),
        ({"effective_through": "2026-01-31"}, None, date(2026, 2, 1), False),
        ({"effective_through": "2026-01-31"}, "acme", None, None),
        ({"payers": "[acme]", "effective_through": "2026-01-31"}, "summit", None, False),
    ],
)
def test_a_note_applies_to_its_payers_on_its_days(
    fields: dict[str, str], payer: str | None, on: date | None, expected: bool | None, make_note: Callable[..., KbNote]
) -> None:
    assert applies(make_note(**fields), payer, on) is expected
