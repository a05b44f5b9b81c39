"""What holds of all rules together, for any claim: no crash, no word about the order of lines, none about lines, dates
and modifiers that have nothing to do with it, and every fix a claim that can be sent.

Each example is judged by every coded rule, without notes; what the notes' rules do is tested beside the judge.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from assistant.rules.modifiers import CPT, LEVEL_II
from assistant.rules.registry import all_rules
from assistant.rules.rule import Case, Finding, Outcome, PayerFacts
from assistant.rules.trigger import TriggerIndex
from ingest.claims.model import Claim, ClaimLine, Diagnosis, PriorProcedure
from ingest.claims.shorthand import read_claim, write_claim
from ingest.codes import DIAGNOSIS_FORM, MODIFIER_FORM, PROCEDURE_FORM
from ingest.tables.icd10cm_lookup import DiagnosisTables
from ingest.tables.memory import MemoryTables
from ingest.tables.model import (
    AddOnEdit,
    DiagnosisEntry,
    FeeScheduleRow,
    HcpcsEntry,
    MueLimit,
    Program,
    PtpEdit,
    Release,
)

EXAMPLES = settings(deadline=None, max_examples=500, suppress_health_check=[HealthCheck.too_slow])
FROM, THROUGH = date(2026, 1, 1), date(2026, 6, 30)
_ICD = DiagnosisTables()
# Any service may stand in these tables: each code gets the row its place in the list gives it.
CODES = (
    "99202 99203 99204 99205 99211 99213 99214 99215 99222 99238 99243 99283 99291 99292 99308 99349 99385 99396 98005 "
    "92012 G0439 G2211 99417 G2212 99024 11102 11103 11104 11402 11602 12001 12032 13121 17000 17003 17004 17110 17111 "
    "17311 17312 20550 20610 20611 24300 25605 26055 29075 29125 29877 29880 29881 G0289 30140 30520 30801 30901 30903 "
    "31231 31237 31254 31255 31256 31267 31276 31287 31288 31295 31575 33208 36415 42820 42826 42830 61782 64721 69210 "
    "69209 69420 69433 69436 69990 70486 73140 80053 87880 88305 90471 92507 92550 92552 92557 92567 92928 92979 93000 "
    "93005 93010 93015 93016 93279 93280 93306 93320 93458 93459 95004 95115 95117 95165 95810 96372 96413 97110 00170 "
    "J3301 J7999 J9990 A4565 Q4013 C9600 0232T 0001U D0120 90001 90002"
).split()
MODIFIERS = (
    "22 24 25 26 27 50 51 52 53 54 55 56 57 58 59 62 73 76 77 78 79 80 82 91 95 AS TC XE XP XS XU RT LT F5 F8 FA T1 TA "
    "E1 E3 LC LD GA GX GY GZ KX JW JZ QK AA P3 GP GN AB FT KZ ZZ Z9 75 1P"
).split()
DIAGNOSES = (
    "J32.0 J32.1 J34.2 J30.9 J31.0 J45.909 H61.21 H61.22 H61.23 H72.01 H66.3X1 H90.3 H91.93 R04.0 I78.0 Z01.419 Z12.4 "
    "M65.341 M65.342 M17.11 M17.0 S83.221A S83.221D S52.502A S52.502D S52.502S S52.50 M25.532 I10 N18.4 E11.22 E11.65 "
    "Z45.018 Z95.0 D22.9 D48.5 L57.0 B07.9 C44.311 Z79.4 Z00.00 Z23 Z51.11 O09.91 N40.1 T45.515A D68.32 QA0.0101 A00.9 "
    "W00.0XXA X99.9 J32 B99.Z M80.051S"
).split()
PAYERS = (
    None,
    PayerFacts("medicare", "Medicare", ("medicare-part-b",)),
    PayerFacts("advantage", "Advantage", ("medicare-advantage",), frozenset({"ptp", "mue", "mpfs", "add-on"})),
    PayerFacts("acme", "Acme", ("commercial-ppo",), frozenset({"ptp", "mue"})),
    PayerFacts("bare", "Bare", (), frozenset()),
)
DAYS = (date(2025, 12, 31), FROM, date(2026, 3, 31), date(2026, 4, 1), THROUGH, date(2026, 7, 1), date(2026, 10, 1))
EDGES = (date.min, date.min + timedelta(days=1), date(2024, 2, 29), date.max - timedelta(days=1), date.max)
# What these rules say is that nothing else, or no pointer, is on the claim: any line is related.
ABOUT_THE_WHOLE = frozenset({"AOC002", "EMV008", "MOD012", "PTR004"})
# What speaks of a modifier that nobody knows, of how many there are, or of two lines that nothing tells apart.
ABOUT_ANY_MODIFIER = frozenset({"MOD001", "MOD002", "MOD011", "DUP001"})
GLOBALS = ("000", "010", "090", "XXX", "ZZZ", "MMM", "YYY")


@dataclass(frozen=True)
class Everything(MemoryTables):
    """The invented rows, and the diagnoses every practice has."""

    def release(self, program: Program, on: date) -> Release | None:
        """See `Tables`."""
        return _ICD.release(on) if program == "icd10cm" else super().release(program, on)

    def diagnosis(self, diagnosis_code: str, on: date) -> DiagnosisEntry | None:
        """See `Tables`."""
        return _ICD.diagnosis(diagnosis_code, on)


def _tables(first: date, last: date) -> Everything:
    programs: tuple[Program, ...] = ("ptp", "mue", "mpfs", "add-on", "hcpcs")
    known = [code for code in CODES if code not in ("90001", "90002", "36415", "80053")]
    pairs = zip(known[::2], known[5::2], strict=False)
    return Everything(
        {program: Release(program, "invented", first, last, 1, "0", "invented") for program in programs},
        tuple(PtpEdit(one, two, "019"[at % 3], date(2020, 1, 1)) for at, (one, two) in enumerate(pairs)),
        tuple(MueLimit(code, at % 4, "123"[at % 3]) for at, code in enumerate(known)),
        tuple(
            FeeScheduleRow(
                code, "", "ARI"[at % 3], str(at % 5), GLOBALS[at % 7], "0", "01239"[at % 5], "0129"[at % 4],
                "012"[at % 3], "0", "",
            )
            for at, code in enumerate(known)
        ),
        tuple(
            AddOnEdit(code, "123"[at % 3], frozenset(known[at : at + 3]))
            for at, code in enumerate(known) if at % 11 == 0
        ),
        tuple(HcpcsEntry(code, False, date(2000, 1, 1), None) for code in known if code[0].isalpha())
        + tuple(HcpcsEntry(one, True, date(2000, 1, 1), None) for one in MODIFIERS if one[0].isalpha()),
    )  # fmt: skip


TABLES = _tables(FROM, THROUGH)
ALWAYS = _tables(date.min, date.max)

lines = st.builds(
    ClaimLine,
    st.sampled_from(CODES),
    st.lists(st.sampled_from(MODIFIERS), max_size=3).map(tuple),
    st.sampled_from((1, 1, 1, 1, 2, 3, 40)),
    st.lists(st.integers(0, 3), max_size=3, unique=True).map(tuple),
)
priors = st.none() | st.lists(
    st.builds(
        PriorProcedure,
        st.sampled_from(CODES),
        st.lists(st.sampled_from(MODIFIERS), max_size=1).map(tuple),
        st.builds(
            lambda day, ago: day - timedelta(days=ago),
            st.sampled_from(DAYS),
            st.sampled_from((-1, 0, 1, 10, 11, 90, 91, 1095, 1096)),
        ),
    ),
    max_size=2,
).map(tuple)


def _pointing_inside(claim: Claim) -> Claim:
    many = len(claim.diagnoses)
    lines = (replace(line, pointers=tuple(one for one in line.pointers if one < many)) for line in claim.lines)
    return replace(claim, lines=tuple(lines))


claims = st.builds(
    Claim,
    st.lists(lines, min_size=1, max_size=5).map(tuple),
    date_of_service=st.none() | st.sampled_from(DAYS),
    place_of_service=st.sampled_from((None, "11", "22", "24", "02", "98")),
    age=st.sampled_from((None, 0, 11, 12, 65)),
    sex=st.sampled_from((None, "F", "M")),
    diagnoses=st.lists(st.sampled_from(DIAGNOSES), max_size=5).map(lambda codes: tuple(map(Diagnosis, codes))),
    prior=priors,
    received=st.none() | st.sampled_from(DAYS),
    documentation=st.none() | st.just(()),
    attachments=st.none() | st.just(()),
    new_patient=st.sampled_from((None, True, False)),
).map(_pointing_inside)
payers = st.sampled_from(PAYERS)


INDEX = TriggerIndex([rule.trigger for rule in all_rules()])


def judged(claim: Claim, payer: PayerFacts | None, tables: MemoryTables = TABLES) -> list[Outcome]:
    """What every rule that binds the payer says of the claim."""
    case = Case(claim, tables, payer)
    return [outcome for rule in all_rules() if rule.binds(payer) for outcome in rule.check(case)]


def told(claim: Claim, outcomes: list[Outcome]) -> Counter[tuple[str, ...]]:
    """The outcomes with the lines themselves in the place of their numbers."""
    return Counter(
        (
            one.rule,
            one.severity if isinstance(one, Finding) else "open",
            one.message if isinstance(one, Finding) else one.reason,
            *sorted(repr(claim.lines[index]) for index in one.lines),
        )
        for one in outcomes
    )


@EXAMPLES
@given(claims, payers, st.randoms(use_true_random=False))
def test_the_order_of_lines_changes_nothing(claim: Claim, payer: PayerFacts | None, chance: Random) -> None:
    shuffled = replace(claim, lines=tuple(chance.sample(claim.lines, len(claim.lines))))
    assume(shuffled != claim)
    assert told(claim, judged(claim, payer)) == told(shuffled, judged(shuffled, payer))


@EXAMPLES
@given(claims, payers, st.sampled_from(("80053", "36415")), st.booleans())
def test_an_unrelated_line_changes_no_finding(claim: Claim, payer: PayerFacts | None, code: str, first: bool) -> None:
    assume(all(line.procedure_code != code for line in claim.lines))
    line = ClaimLine(code, pointers=(0,) if claim.diagnoses else ())
    longer = replace(claim, lines=(line, *claim.lines) if first else (*claim.lines, line))
    place = 0 if first else len(claim.lines)

    def found(outcomes: list[Outcome], added: int | None, shift: int) -> Counter[tuple[object, ...]]:
        """Rule, severity and which of the claim's own lines."""
        return Counter(
            (one.rule, one.severity, *(index - shift for index in one.lines if index != added))
            for one in outcomes
            if isinstance(one, Finding) and one.rule not in ABOUT_THE_WHOLE
        )

    before = found(judged(claim, payer), None, 0)
    after = found(judged(longer, payer), place, int(first))
    assert before - after == Counter()
    # The line itself may be found fault with.
    assert all(len(key) == 2 for key in after - before)


@EXAMPLES
@given(claims, payers, st.sampled_from(("ZY", "44", "W9")), st.data())
def test_an_unknown_modifier_changes_no_other_finding(
    claim: Claim, payer: PayerFacts | None, modifier: str, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(claim.lines) - 1))
    line = replace(claim.lines[at], modifiers=(*claim.lines[at].modifiers, modifier))
    marked = replace(claim, lines=(*claim.lines[:at], line, *claim.lines[at + 1 :]))

    def others(outcomes: list[Outcome]) -> Counter[tuple[object, ...]]:
        return Counter(
            (one.rule, one.lines, *([one.severity] if isinstance(one, Finding) else []))
            for one in outcomes
            if one.rule not in ABOUT_ANY_MODIFIER
        )

    assert others(judged(marked, payer)) == others(judged(claim, payer))


@EXAMPLES
@given(
    claims,
    payers,
    st.sampled_from(EDGES),
    st.lists(st.sampled_from(EDGES), max_size=2),
    st.sampled_from((None, *EDGES)),
    st.sampled_from((TABLES, ALWAYS)),
)
def test_days_at_the_edges_of_the_calendar_break_nothing(
    claim: Claim,
    payer: PayerFacts | None,
    served: date,
    earlier: list[date],
    received: date | None,
    tables: MemoryTables,
) -> None:
    prior = tuple(PriorProcedure(line.procedure_code, line.modifiers, day) for line in claim.lines for day in earlier)
    for on in (served, claim.date_of_service):
        judged(replace(claim, date_of_service=on, prior=prior, received=received), payer, tables)


@EXAMPLES
@given(claims, payers, st.sampled_from(CODES), st.sampled_from((date.min, date(1999, 12, 31))))
def test_what_was_done_in_another_age_changes_nothing(
    claim: Claim, payer: PayerFacts | None, code: str, long_ago: date
) -> None:
    known = replace(claim, prior=claim.prior or (), date_of_service=claim.date_of_service or FROM)
    older = replace(known, prior=(PriorProcedure(code, (), long_ago), *(known.prior or ())))
    assert told(known, judged(known, payer)) == told(older, judged(older, payer))


@EXAMPLES
@given(claims, payers)
def test_a_fix_settles_its_finding_and_can_be_written_and_read(claim: Claim, payer: PayerFacts | None) -> None:
    outcomes = judged(claim, payer)
    before = told(claim, outcomes)
    for one in outcomes:
        assert list(one.lines) == sorted(set(one.lines))
        assert all(0 <= index < len(claim.lines) for index in one.lines)
        if not isinstance(one, Finding) or one.fix is None:
            continue
        fixed = one.fix.fixed
        assert fixed != claim
        (this,) = told(claim, [one])
        assert told(fixed, judged(fixed, payer))[this] < before[this]
        assert read_claim(write_claim(fixed)).claim is not None


@EXAMPLES
@given(claims, payers)
def test_a_finding_that_names_a_table_names_its_release(claim: Claim, payer: PayerFacts | None) -> None:
    for one in judged(claim, payer):
        if isinstance(one, Finding):
            assert one.source.text
            assert (one.source.kind == "table") == (one.source.release is not None)
            assert one.message == " ".join(one.message.split())


anything = st.builds(
    Claim,
    st.lists(
        st.builds(
            ClaimLine,
            st.from_regex(PROCEDURE_FORM, fullmatch=True) | st.sampled_from(CODES),
            st.lists(st.from_regex(MODIFIER_FORM, fullmatch=True), max_size=6).map(tuple),
            st.integers(1, 10**6),
            st.lists(st.integers(0, 30), max_size=6).map(tuple),
        ),
        min_size=1,
        max_size=4,
    ).map(tuple),
    date_of_service=st.none() | st.dates(),
    place_of_service=st.none() | st.from_regex(r"[0-9]{2}", fullmatch=True),
    age=st.none() | st.integers(0, 200),
    sex=st.sampled_from((None, "F", "M", "X")),
    diagnoses=st.lists(st.from_regex(DIAGNOSIS_FORM, fullmatch=True), max_size=14).map(
        lambda codes: tuple(map(Diagnosis, codes))
    ),
    received=st.none() | st.dates(),
)


@EXAMPLES
@given(anything, payers, st.sampled_from((TABLES, ALWAYS)))
def test_no_claim_of_the_right_form_breaks_a_rule(claim: Claim, payer: PayerFacts | None, tables: MemoryTables) -> None:
    for one in judged(claim, payer, tables):
        assert all(0 <= index < len(claim.lines) for index in one.lines)


@EXAMPLES
@given(claims | anything, payers, st.sampled_from((TABLES, ALWAYS)))
def test_a_rule_whose_trigger_is_not_met_has_nothing_to_say(
    claim: Claim, payer: PayerFacts | None, tables: MemoryTables
) -> None:
    case = Case(claim, tables, payer)
    for rule in all_rules():
        if rule.trigger is not None and not rule.trigger.met(claim):
            assert list(rule.check(case)) == [], rule.rule_id


@EXAMPLES
@given(claims | anything)
def test_the_index_of_triggers_says_what_each_trigger_says(claim: Claim) -> None:
    triggers = [rule.trigger for rule in all_rules()]
    assert INDEX.met(claim) == tuple(at for at, one in enumerate(triggers) if one is None or one.met(claim))


def test_the_unknown_modifiers_are_unknown() -> None:
    assert {"ZY", "W9", "44"}.isdisjoint(LEVEL_II | CPT)
