"""Rows of a code family: sides, what shows services apart, and fixes that settle what they mend."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.rules.families import Combined, Included, Once, Row, apart, codes, examine, needed, on_sides
from assistant.rules.rule import SIDES, Case, Finding, Rule
from ingest.claims.model import Claim, ClaimLine
from ingest.claims.shorthand import read_claim, write_claim
from ingest.tables.memory import MemoryTables

RULE = Rule("ABC001", "error", "nobody", "high", lambda case: ())
PART, WHOLE, OTHER = "90001", "90002", "90003"
ROWS: tuple[Row, ...] = (
    Included(codes(PART), codes(WHOLE), "it is inside", sided=True),
    Combined(codes(WHOLE), codes(OTHER), "90009", "one code holds both", sided=True),
    Once(codes("90004"), "there is one"),
)
LINES = st.builds(
    ClaimLine,
    st.sampled_from([PART, WHOLE, OTHER, "90004", "90009"]),
    st.lists(st.sampled_from(["50", "RT", "LT", "59", "XE", "79"]), unique=True, max_size=2).map(tuple),
    st.sampled_from([1, 1, 2, 3]),
)


def found(lines: Sequence[ClaimLine], rows: Sequence[Row] = ROWS) -> list[Finding]:
    return list(examine(RULE, Case(Claim(tuple(lines)), MemoryTables()), rows))


def line(text: str) -> ClaimLine:
    claim = read_claim(text).claim
    assert claim is not None
    return claim.lines[0]


@settings(max_examples=200, deadline=None)
@given(st.lists(LINES, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_the_order_of_lines_never_changes_what_is_found(lines, random):
    order = list(range(len(lines)))
    random.shuffle(order)
    shuffled = found([lines[place] for place in order])
    assert sorted((one.severity, one.lines) for one in found(lines)) == sorted(
        (one.severity, tuple(sorted(order[at] for at in one.lines))) for one in shuffled
    )


@settings(max_examples=200, deadline=None)
@given(st.lists(LINES, min_size=1, max_size=5))
def test_without_a_needed_code_nothing_is_found(lines):
    assert needed(ROWS) == {PART, WHOLE, "90004"}
    rest = [one for one in lines if one.procedure_code not in needed(ROWS)]
    assert not rest or not found(rest)


@settings(max_examples=200, deadline=None)
@given(st.lists(LINES, min_size=1, max_size=5))
def test_an_unrelated_line_never_removes_a_finding(lines):
    assert found([*lines, ClaimLine("99999")]) == [
        Finding(one.rule, one.severity, one.lines, one.message, one.source, again.fix)
        for one, again in zip(found(lines), found([*lines, ClaimLine("99999")]), strict=True)
    ]


@settings(max_examples=200, deadline=None)
@given(st.lists(LINES, min_size=1, max_size=5))
def test_a_fix_settles_what_it_mends(lines):
    def told(found_in, given_lines):
        return Counter((one.message, *(given_lines[at] for at in one.lines)) for one in found_in)

    before = told(found(lines), lines)
    for finding in found(lines):
        if finding.fix is not None:
            fixed = finding.fix.fixed.lines
            # Lines that name no side may meet anew once those that do are mended: that is another finding.
            this = (finding.message, *(lines[at] for at in finding.lines))
            assert told(found(fixed), fixed)[this] < before[this]
            assert not finding.fix.safe


@pytest.mark.parametrize(
    ("lines", "severity", "fixed"),
    [
        ("90001-RT; 90002-RT", "error", "90002-RT"),
        ("90001-RT; 90002-LT", None, None),
        ("90001-50; 90002-LT", "error", "90001-RT; 90002-LT"),
        ("90001-RT-LT; 90002-LT", "error", "90001-RT; 90002-LT"),
        ("90001 x2; 90002-LT", "error", "90001-RT; 90002-LT"),
        ("90001; 90002-LT", "warning", None),
        ("90001; 90002-LT; 90002-RT", "error", "90002-LT; 90002-RT"),
        ("90001-59; 90002-LT", None, None),
        ("90001-59-LT; 90002-LT", "error", "90002-LT"),
        ("90001-F1; 90002-F2", None, None),
        ("90002-50; 90003-RT", "error", "90009-RT; 90002-LT"),
        ("90002-RT; 90002-LT; 90003-50", "error", "90009-50"),
        ("90002; 90003-59", "error", "90009"),
        ("90002-RT; 90003-XE-RT", None, None),
    ],
)
def test_sides_decide(lines, severity, fixed):
    claim = read_claim(lines).claim
    assert claim is not None
    findings = found(claim.lines)
    assert [one.severity for one in findings] == ([severity] if severity else [])
    if findings and fixed is None:
        assert findings[0].fix is None
    elif findings:
        wanted = read_claim(fixed).claim
        assert findings[0].fix is not None
        assert write_claim(findings[0].fix.fixed) == write_claim(wanted)


def test_a_return_to_the_operating_room_is_another_session_but_a_shared_78_is_not():
    assert apart(line("90001-78"), line("90002"), "encounter")
    assert not apart(line("90001-78"), line("90002-78"), "any")


def test_a_line_that_speaks_of_these_sides_already_stays_as_it_is():
    both = line("90001-79-RT-LT")
    assert on_sides(both, SIDES) is both
    assert on_sides(both, frozenset({"RT"})) == line("90001-79-RT")


def test_ranges_of_codes_hold_both_ends():
    assert codes("31254 31287-31289") == {"31254", "31287", "31288", "31289"}


@pytest.mark.parametrize("text", ["3125", "G0289", "31254,31255"])
def test_what_is_no_five_digit_code_is_refused(text):
    with pytest.raises(ValueError, match="five-digit"):
        codes(text)
