"""MOD005: two modifiers on one line that contradict each other.

What it checks: pairs that cannot both be true of one line: 50 with RT or LT (50 is both sides); 26 with TC; 52 with
53; 54 with 55 or 56; 58, 78 and 79 with each other; 59 with an X modifier; 62 or 66 with an assistant; 73 with 74;
76 with 77; 80, 81 and 82 with each other; 93 with 95; 96 with 97; two of GA, GX, GY and GZ but GX with GY; GZ or GY
with KX; JW with JZ; two roles in anesthesia; two physical states P1 to P6; two of GN, GO and GP; GC with GE; RT or LT
with a finger, toe or eyelid of the other side. A warning: GA with KX. Advice: 25 with 57, which may both be true beside
a minor and a major procedure, and two X modifiers.

Why it matters: the payer cannot tell which to believe and denies the line (CO-4).

Fix: keep the one that the record shows; 59 goes where an X modifier stands.

Not evaluated when: never; it needs no table.

Source: CPT Appendix A; HCPCS Level II; NCCI Policy Manual, chapter 1, section E; CMS Claims Processing Manual, chapter
12, sections 20.4.3 and 40, and chapter 30, section 50 (GA, GX, GY, GZ).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import combinations

from assistant.rules.both_sides import SIDE_KEY
from assistant.rules.modifiers import ASSISTANT, LEFT_SITES, RIGHT_SITES, SURGEONS
from assistant.rules.rule import DISTINCT, SIDES, Case, Outcome, ProposedFix, Rule, change_lines, without_modifiers
from assistant.rules.trigger import Trigger
from ingest.claims.model import ClaimLine
from ingest.notes.model import Severity


def _across(ones: Collection[str], others: Collection[str]) -> set[frozenset[str]]:
    return {frozenset({one, other}) for one in ones for other in others if one != other}


def _among(*groups: str) -> set[frozenset[str]]:
    """Every two members of a group written as words."""
    return {frozenset(pair) for group in groups for pair in combinations(group.split(), 2)}


_X = DISTINCT - {"59"}
_SIDE_PAIRS = frozenset(_across({"50"}, SIDES))
_DISTINCT_PAIRS = frozenset(_across({"59"}, _X))
_ADVICE_PAIRS = frozenset(_across(_X, _X) | _among("25 57"))
# Requirements met, and a denial expected: Medicare's equipment contractors refuse it, others believe the first.
_WARNING_PAIRS = frozenset(_among("GA KX"))
_PAIRS = frozenset(
    _SIDE_PAIRS
    | _DISTINCT_PAIRS
    | _ADVICE_PAIRS
    | _WARNING_PAIRS
    | _across(SURGEONS, ASSISTANT)
    | _among("26 TC", "52 53", "54 55", "54 56", "58 78 79", "62 66", "73 74", "76 77", "80 81 82", "93 95", "96 97")
    | _among("GA GX", "GA GY GZ", "GX GZ", "KX GY", "KX GZ", "JW JZ", "GN GO GP", "GC GE")
    | _among("AA AD QK QX QY QZ", "P1 P2 P3 P4 P5 P6")
    | _across({"RT"}, LEFT_SITES)
    | _across({"LT"}, RIGHT_SITES)
)
_CONCERNED = frozenset().union(*_PAIRS)


def _check(case: Case) -> Iterator[Outcome]:
    for index, line in enumerate(case.claim.lines):
        if len(line.modifiers) < 2 or len(_CONCERNED.intersection(line.modifiers)) < 2:
            continue
        for one, other in combinations(dict.fromkeys(line.modifiers), 2):
            pair = frozenset({one, other})
            if pair not in _PAIRS or (pair in _SIDE_PAIRS and case.yields(index, SIDE_KEY)):
                continue
            severity: Severity = "advice" if pair in _ADVICE_PAIRS else "warning" if pair in _WARNING_PAIRS else "error"
            message = f"{one} and {other} contradict each other on {line.procedure_code}: {_what(pair)}"
            yield RULE.finding(case, [index], message, fix=_fix(case, index, line, pair), severity=severity)


def _what(pair: frozenset[str]) -> str:
    if pair in _SIDE_PAIRS:
        return "50 is both sides, so keep 50 for both or the side for one"
    if pair in _DISTINCT_PAIRS:
        return "the X modifier says it more exactly, so keep that one"
    if pair == {"25", "57"}:
        return "57 is for the decision for major surgery, 25 for a minor procedure; keep both only beside both"
    return "keep the one that the record shows"


def _fix(case: Case, index: int, line: ClaimLine, pair: frozenset[str]) -> ProposedFix | None:
    """59 and an X modifier say one thing in two ways; 50 with RT and LT is both sides; else a person must choose."""
    if pair in _DISTINCT_PAIRS:
        return change_lines(case.claim, {index: (without_modifiers(line, "59"),)}, safe=True)
    if pair in _SIDE_PAIRS and SIDES.issubset(line.modifiers):
        return change_lines(case.claim, {index: (without_modifiers(line, *SIDES),)}, safe=True)
    return None


RULE = Rule(
    "MOD005",
    "error",
    "CPT Appendix A; HCPCS Level II; CMS Claims Processing Manual, chapters 12 and 30",
    "high",
    _check,
    trigger=Trigger(modifiers=_CONCERNED),
    covers=("MOD-52-53", "MOD-76-77", "MOD-ASST-01", "MOD-ANAT-01", "MOD-ABN-01", "GLOB-03", "GLOB-05", "ORTH-INJ-02"),
)
