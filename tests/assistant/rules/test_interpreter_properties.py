"""What holds for every rule block and every claim."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.rules.block_result import BlockResult, apply_fix
from assistant.rules.block_text import sentence
from assistant.rules.interpreter import examine_block
from ingest.claims.model import Claim, ClaimLine, Diagnosis, PriorProcedure
from ingest.claims.shorthand import read_claim
from ingest.codes import CodeRange, CodeSet
from ingest.notes.model import DaysSince, Forbid, NumberRange, Require, RuleBlock, When

CODES = ("31231", "31255", "31267", "30520", "95165")
UNRELATED = ClaimLine("99999", ("59",), 1)
MODIFIERS = ("50", "RT", "LT", "59", "79", "51")
DAY = date(2026, 9, 15)

codes = st.sampled_from(CODES)
code_sets = st.lists(codes, max_size=3, unique=True).map(lambda found: CodeSet(tuple(CodeRange(c, c) for c in found)))
modifiers = st.lists(st.sampled_from(MODIFIERS), max_size=3, unique=True).map(tuple)
diagnoses = st.lists(st.sampled_from(("J32", "J34.2", "H61.2-H61.9")), max_size=2, unique=True).map(tuple)
places = st.lists(st.sampled_from(("11", "22", "24")), max_size=2, unique=True).map(tuple)
words = st.lists(st.sampled_from(("ct report", "note")), max_size=2, unique=True).map(tuple)
numbers = st.builds(
    lambda low, width: NumberRange(low, None if width is None else low + width),
    st.integers(0, 12),
    st.none() | st.integers(0, 20),
)
few_units = st.integers(1, 3)

whens = st.builds(
    When,
    codes=code_sets,
    modifiers=modifiers,
    with_codes=code_sets,
    without_codes=code_sets,
    diagnoses=diagnoses,
    places=places,
    bilateral=st.none() | st.booleans(),
    units=st.none() | numbers,
    age=st.none() | numbers,
    sex=st.sampled_from((None, "F")),
    new_patient=st.none() | st.booleans(),
    days_since=st.none() | st.builds(DaysSince, codes=code_sets, days=numbers),
)
blocks = st.builds(
    RuleBlock,
    rule_id=st.just("rule"),
    when=st.none() | whens,
    require=st.none()
    | st.builds(
        Require,
        modifiers=modifiers,
        units=st.none() | few_units,
        places=places,
        diagnoses=diagnoses,
        authorization=st.booleans(),
        documentation=words,
        attachments=words,
    ),
    forbid=st.none()
    | st.builds(
        Forbid, modifiers=modifiers, units=st.none() | few_units, places=places, diagnoses=diagnoses, codes=code_sets
    ),
    units_max=st.none() | few_units,
    file_within_days=st.none() | st.integers(0, 40),
    severity=st.just("error"),
    message=st.none(),
    fix=st.sampled_from((None, "one-line-50", "two-lines-rt-lt", "drop-modifier", "set-units")),
    examples=st.just(()),
    heading=st.just(""),
    heading_slug=st.just(""),
    start_line=st.just(1),
    end_line=st.just(2),
)
lines = st.builds(
    ClaimLine,
    procedure_code=codes,
    modifiers=modifiers,
    units=few_units,
    pointers=st.lists(st.integers(0, 2), max_size=2, unique=True).map(tuple),
)
claims = st.builds(
    Claim,
    lines=st.lists(lines, min_size=1, max_size=4).map(tuple),
    date_of_service=st.sampled_from((None, DAY)),
    place_of_service=st.sampled_from((None, "11", "24")),
    age=st.none() | st.integers(0, 30),
    sex=st.sampled_from((None, "F", "M")),
    diagnoses=st.lists(st.sampled_from(("J32.0", "J34.2", "H61.23")), max_size=3, unique=True).map(
        lambda found: tuple(map(Diagnosis, found))
    ),
    prior=st.none()
    | st.lists(
        st.builds(PriorProcedure, codes, st.just(()), st.integers(0, 30).map(lambda n: DAY - timedelta(days=n))),
        max_size=2,
    ).map(tuple),
    received=st.none() | st.integers(-5, 60).map(lambda n: DAY + timedelta(days=n)),
    authorization=st.sampled_from((None, "A1")),
    documentation=st.none() | words,
    attachments=st.none() | words,
    new_patient=st.none() | st.booleans(),
)


def _by_content(claim: Claim, result: BlockResult) -> set[tuple[object, ...]]:
    """Findings without the places of their lines."""
    return {
        (finding.procedure_code, tuple(sorted(map(repr, (claim.lines[index] for index in finding.lines)))))
        for finding in result.findings
    }


@settings(max_examples=150, deadline=None)
@given(block=blocks, claim=claims, data=st.data())
def test_the_order_of_lines_never_changes_findings(block: RuleBlock, claim: Claim, data: st.DataObject) -> None:
    turned = replace(claim, lines=tuple(data.draw(st.permutations(claim.lines))))
    before, after = examine_block(block, claim, note=None), examine_block(block, turned, note=None)
    assert _by_content(claim, before) == _by_content(turned, after)
    assert before.not_evaluated == after.not_evaluated


@settings(max_examples=150, deadline=None)
@given(block=blocks, claim=claims, place=st.integers(0, 4))
def test_an_unrelated_line_never_removes_a_finding(block: RuleBlock, claim: Claim, place: int) -> None:
    place = min(place, len(claim.lines))
    wider = replace(claim, lines=(*claim.lines[:place], UNRELATED, *claim.lines[place:]))
    after = {finding.procedure_code: finding for finding in examine_block(block, wider, note=None).findings}
    for finding in examine_block(block, claim, note=None).findings:
        moved = {index + (index >= place) for index in finding.lines}
        assert moved <= set(after[finding.procedure_code].lines)


@settings(max_examples=150, deadline=None)
@given(block=blocks, claim=claims)
def test_a_fix_reads_as_shorthand_and_satisfies_its_rule(block: RuleBlock, claim: Claim) -> None:
    for finding in examine_block(block, claim, note=None).findings:
        if finding.fix is None:
            continue
        read = read_claim("\n".join(finding.fix))
        assert read.claim is not None
        assert read.claim.lines == finding.fixed_lines
        after = examine_block(block, apply_fix(claim, finding), note=None)
        assert finding.procedure_code not in {left.procedure_code for left in after.findings}


@settings(max_examples=150, deadline=None)
@given(block=blocks, claim=claims)
def test_saying_what_was_missing_never_removes_a_finding(block: RuleBlock, claim: Claim) -> None:
    told = replace(
        claim,
        place_of_service=claim.place_of_service or "11",
        age=4 if claim.age is None else claim.age,
        sex=claim.sex or "F",
        new_patient=True if claim.new_patient is None else claim.new_patient,
        prior=() if claim.prior is None else claim.prior,
        documentation=() if claim.documentation is None else claim.documentation,
        attachments=() if claim.attachments is None else claim.attachments,
        received=claim.received or DAY,
        date_of_service=claim.date_of_service or DAY,
        diagnoses=claim.diagnoses or (Diagnosis("J32.0"),),
    )
    before, after = examine_block(block, claim, note=None), examine_block(block, told, note=None)
    codes_after = {finding.procedure_code for finding in after.findings}
    assert {finding.procedure_code for finding in before.findings} <= codes_after
    if before.not_evaluated is None:
        assert {finding.procedure_code for finding in before.findings} == codes_after


@settings(max_examples=150, deadline=None)
@given(block=blocks)
def test_every_code_and_modifier_of_the_condition_is_in_the_sentence(block: RuleBlock) -> None:
    text = sentence(block, payer_names=("Acme",))
    assert text.startswith("Acme: ")
    assert text.endswith(".")
    assert "  " not in text
    if block.when is not None:
        named = [str(code_range) for code_range in block.when.codes]
        assert all(word in text for word in [*named, *block.when.modifiers, *block.when.places, *block.when.diagnoses])
    if block.forbid is not None:
        for modifier in block.forbid.modifiers:
            assert modifier in text.split("do not use ")[1]
