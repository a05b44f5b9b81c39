"""The fixes rule blocks offer, and which of them may be made without asking a person."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assistant.rules.block_result import apply_fix
from assistant.rules.interpreter import examine_block
from ingest.claims.model import Claim
from ingest.claims.shorthand import write_claim
from ingest.notes.model import RuleBlock

ONE_LINE = """
when: {codes: ["31255", "31237"], bilateral: true}
require: {modifiers: ["50"], units: 1}
forbid: {modifiers: [RT, LT]}
fix: one-line-50
"""
TWO_LINES = """
when: {codes: ["31255", "31237"], bilateral: true}
require: {units: 1}
forbid: {modifiers: ["50"]}
fix: two-lines-rt-lt
"""
NO_SIDES = 'when: {codes: ["30520"]}\nforbid: {modifiers: ["50", RT, LT]}\nfix: drop-modifier'
NO_50 = 'when: {codes: ["31255"]}\nforbid: {modifiers: ["50"]}\nfix: drop-modifier'
NO_51 = 'when: {modifiers: ["51"]}\nforbid: {modifiers: ["51"]}\nfix: drop-modifier'
NO_59 = 'when: {modifiers: ["59"]}\nforbid: {modifiers: ["59"]}\nfix: drop-modifier'
UNITS_1 = 'when: {codes: ["69210"]}\nrequire: {units: 1}\nfix: set-units'
AT_MOST_10 = 'when: {codes: ["95165"]}\nunits-max: 10\nfix: set-units'


@pytest.mark.parametrize(
    ("rule", "claim", "fix", "safe"),
    [
        (ONE_LINE, "31255-RT; 31255-LT", ("31255-50 x1",), True),
        (ONE_LINE, "dx: J32.2, J34.2; 31255-LT [A]; 31255-RT [A]", ("31255-50 x1 [A]",), True),
        (ONE_LINE, "31237-79-RT; 31237-79-LT", ("31237-50-79 x1",), True),
        (ONE_LINE, "31255-RT $100.00; 31255-LT $50.25", ("31255-50 x1 $150.25",), True),
        (ONE_LINE, "31255-RT-LT", ("31255-50 x1",), True),
        (ONE_LINE, "31255-RT-LT x2", ("31255-50 x1",), True),
        # These would say more about the encounter than the claim did.
        (ONE_LINE, "dx: J32.2, J34.2; 31255-LT [A]; 31255-RT [B]", ("31255-50 x1 [A,B]",), False),
        (ONE_LINE, "31255-RT $100.00; 31255-LT", ("31255-50 x1",), False),
        (ONE_LINE, "31255 x2", ("31255-50 x1",), False),
        (ONE_LINE, "31255-50 x2", ("31255-50 x1",), False),
        (ONE_LINE, "31255-50-RT", ("31255-50 x1",), False),
        # These are for a person.
        (ONE_LINE, "31255-RT x2; 31255-LT", None, False),
        (ONE_LINE, "31237-79-RT; 31237-LT", None, False),
        (ONE_LINE, "31255-RT; 31255-LT; 31255-RT", None, False),
        (ONE_LINE, "31255-50; 31255-RT", None, False),
        (TWO_LINES, "31255-50", ("31255-RT x1", "31255-LT x1"), True),
        (TWO_LINES, "dx: J32.2; 31237-50-79 [A]", ("31237-79-RT x1 [A]", "31237-79-LT x1 [A]"), True),
        (TWO_LINES, "31255-50 $100.01", ("31255-RT x1 $50.01", "31255-LT x1 $50.00"), True),
        (TWO_LINES, "31255-RT-LT x2", ("31255-RT x1", "31255-LT x1"), True),
        (TWO_LINES, "31255 x2", ("31255-RT x1", "31255-LT x1"), False),
        (TWO_LINES, "31255-50 x2", ("31255-RT x1", "31255-LT x1"), False),
        (TWO_LINES, "31255-50-RT; 31255-50-LT", ("31255-RT x1", "31255-LT x1"), False),
        (TWO_LINES, "31255-50 x3", None, False),
        (TWO_LINES, "31255-50-RT", None, False),
        (NO_SIDES, "30520-50", ("30520 x1",), True),
        (NO_SIDES, "30520-RT-51", ("30520-51 x1",), True),
        (NO_SIDES, "30520-RT; 30520-LT", ("30520 x1",), False),
        (NO_50, "31255-50", ("31255 x1",), False),
        (NO_51, "31255-51-RT", ("31255-RT x1",), True),
        (NO_59, "31231-59", ("31231 x1",), False),
        (NO_59, "31231-59-XS", ("31231-XS x1",), True),
        (UNITS_1, "69210 x2", ("69210 x1",), False),
        (UNITS_1, "69210-RT x2; 69210-LT x3", ("69210-RT x1", "69210-LT x1"), False),
        (AT_MOST_10, "95165 x12", ("95165 x10",), False),
        (AT_MOST_10, "95165 x6; 95165 x6", None, False),
    ],
)
def test_a_fix_and_whether_it_changes_form_alone(
    rule: str,
    claim: str,
    fix: tuple[str, ...] | None,
    safe: bool,
    make_block: Callable[[str], RuleBlock],
    make_claim: Callable[[str], Claim],
) -> None:
    (finding,) = examine_block(make_block(rule), make_claim(claim), note=None).findings
    assert (finding.fix, finding.safe) == (fix, safe)


def test_a_fix_that_leaves_its_rule_broken_is_not_offered(
    make_block: Callable[[str], RuleBlock], make_claim: Callable[[str], Claim]
) -> None:
    block = make_block(ONE_LINE.replace("units: 1", "units: 1, authorization: true"))
    (finding,) = examine_block(block, make_claim("31255-RT; 31255-LT"), note=None).findings
    assert finding.fix is None


def test_a_fix_takes_the_place_of_the_first_of_its_lines(
    make_block: Callable[[str], RuleBlock], make_claim: Callable[[str], Claim]
) -> None:
    claim = make_claim("30520; 31255-RT; 31267; 31255-LT; 61782")
    (finding,) = examine_block(make_block(ONE_LINE), claim, note=None).findings
    assert finding.lines == (1, 3)
    assert write_claim(apply_fix(claim, finding)) == "30520 x1\n31255-50 x1\n31267 x1\n61782 x1"


def test_a_finding_without_a_fix_changes_nothing(
    make_block: Callable[[str], RuleBlock], make_claim: Callable[[str], Claim]
) -> None:
    claim = make_claim("31255-RT; 31255-LT; 31255-RT")
    (finding,) = examine_block(make_block(ONE_LINE), claim, note=None).findings
    assert apply_fix(claim, finding) == claim
