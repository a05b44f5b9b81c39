"""DX009: two diagnoses exclude each other (Excludes1).

What it checks: every two diagnoses of the claim against the Excludes1 notes of both and of the headings above them. A
warning where the note stands at the code's own category or below it and names up to six categories. Advice where the
two may well be unrelated: notes of a whole block or chapter, notes that name a longer range, two growths, two different
sides or parts of the body, external causes; and for a few pairs that one patient often has and many payers pay, such as
allergic rhinitis with asthma.

Why it matters: Excludes1 means "not coded here": payers that edit it deny the claim or one of the codes. The guidelines
allow both only when the conditions are clearly unrelated, so the program does not decide.

Fix: where one of the two is a symptom or a status, it goes, and its lines point to the other.

Not evaluated when: no ICD-10-CM release covers the date of service, the claim has none, or only a list of codes without
the tabular notes was imported; and there are two diagnoses.

Source: ICD-10-CM Official Guidelines for Coding and Reporting, section I.A.12.a; the tabular list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations

from assistant.rules.diagnoses import (
    PlacedDiagnosis,
    change_codes,
    in_block,
    is_external_cause,
    known,
    lines_at,
    side_of_entry,
    unready,
    without_instructions,
)
from assistant.rules.rule import Case, Outcome, ProposedFix, Rule
from ingest.tables.model import DiagnosisSpan

# Symptoms, history and presence say less than the condition or encounter they exclude.
_LESSER = ("R", "Z8", "Z9")
# Pairs by their beginnings that the list excludes and records often show side by side: allergic rhinitis and asthma;
# the gynecologic examination and its screening; hearing loss and wax, or noise; acute tonsillitis of large tonsils;
# chronic inflammation of the tonsils alone and large adenoids, and the other way round.
_OFTEN_BOTH = (
    ("J30", "J45.909"),
    ("Z01.4", "Z12.4"),
    ("H91", "H61.2"),
    ("H90", "H83.3"),
    ("H91", "H83.3"),
    ("J03", "J35.1"),
    ("J35.01", "J35.2"),
    ("J35.02", "J35.1"),
)
_BODY = tuple(
    (name, re.compile(words))
    for name, words in (
        ("neck", r"cervic|\bc\d-c\d"),
        ("chest", "thorac"),
        ("low back", "lumb|sacr|low back"),
        ("hand", "hand|finger|thumb|palmar|wrist"),
        ("arm", "forearm|elbow|humer|radius|ulna"),
        ("shoulder", "shoulder|rotator|clavic"),
        ("hip", "hip|trochanter|femur|thigh"),
        ("knee", "knee|patell|menisc|cruciate"),
        ("foot", "foot|toe|ankle|plantar|calcan"),
    )
)


def _check(case: Case) -> Iterator[Outcome]:
    if len(case.claim.diagnoses) < 2:
        return
    if missing := unready(RULE, case):
        yield missing
        return
    diagnoses = known(case)
    if missing := without_instructions(RULE, case, (placed.entry for placed in diagnoses)):
        yield missing
        return
    for one, two in combinations(diagnoses, 2):
        found = _exclusion(one, two) or _exclusion(two, one)
        if found is None or one.diagnosis_code == two.diagnosis_code:
            continue
        span, heading = found
        unsure = _may_be_unrelated(one, two, span, heading)
        yield RULE.finding(
            case,
            lines_at(case, {one.place, two.place}),
            f"{one.diagnosis_code} and {two.diagnosis_code} are not coded together (Excludes1 at {heading}): keep one, "
            f"unless the record shows two unrelated conditions",
            fix=None if unsure else _without_the_lesser(case, one, two),
            severity="advice" if unsure else None,
        )


def _exclusion(one: PlacedDiagnosis, other: PlacedDiagnosis) -> tuple[DiagnosisSpan, str] | None:
    """The note of `one` that names `other`, with its heading; a note never excludes what stands below itself."""
    code = other.diagnosis_code
    category = code[:3]
    for span, heading in one.entry.excludes1:
        # Comparing categories first is much cheaper than asking the span.
        if span.low[:3] <= category <= span.high[:3] and code in span and not _below(code, heading):
            return span, heading
    return None


def _below(diagnosis_code: str, heading: str) -> bool:
    if _is_chapter(heading):
        return False
    low, dash, high = heading.partition("-")
    return in_block(diagnosis_code, low, high) if dash else diagnosis_code.startswith(heading)


def _is_chapter(heading: str) -> bool:
    return heading.startswith("chapter")


def _may_be_unrelated(one: PlacedDiagnosis, two: PlacedDiagnosis, span: DiagnosisSpan, heading: str) -> bool:
    first, second = one.diagnosis_code, two.diagnosis_code
    if {first[:3], second[:3]} & {"Z34"} and {first[0], second[0]} == {"Z", "O"}:
        # "Supervision of normal pregnancy" beside a complication: guidelines, section I.C.15.b.1.
        return False
    if _is_chapter(heading) or "-" in heading or _is_wide(span):
        return True
    if any(
        (first.startswith(this) and second.startswith(that)) or (first.startswith(that) and second.startswith(this))
        for this, that in _OFTEN_BOTH
    ):
        return True
    if first[0] in "CD" and second[0] in "CD":
        return True
    if first[0] == second[0] == "R" and span.low[:3] != span.high[:3]:
        return True
    if is_external_cause(first) or is_external_cause(second):
        return True
    mine, theirs = side_of_entry(one.entry), side_of_entry(two.entry)
    if mine and theirs and not mine & theirs:
        return True
    here, there = _places(one), _places(two)
    return bool(here and there and not here & there)


def _places(placed: PlacedDiagnosis) -> frozenset[str]:
    """Which parts of spine and limbs the official title names, for muscles, bones, joints and injuries."""
    if placed.diagnosis_code[0] not in "MS":
        return frozenset()
    title = placed.entry.description.casefold()
    return frozenset(name for name, words in _BODY if words.search(title))


def _is_wide(span: DiagnosisSpan) -> bool:
    """More than six categories: "diabetes (E08-E13)" is one disease, a longer range is a chapter of them."""
    low, high = span.low[:3], span.high[:3]
    if low == high:
        return False
    return low[0] != high[0] or not (low[1:] + high[1:]).isdigit() or int(high[1:]) - int(low[1:]) > 5


def _without_the_lesser(case: Case, one: PlacedDiagnosis, two: PlacedDiagnosis) -> ProposedFix | None:
    for lesser, kept in ((one, two), (two, one)):
        if lesser.diagnosis_code.startswith(_LESSER) and not kept.diagnosis_code.startswith(_LESSER):
            return change_codes(case.claim, {lesser.place: kept.diagnosis_code})
    return None


RULE = Rule(
    "DX009",
    "warning",
    "ICD-10-CM Official Guidelines, section I.A.12.a",
    "high",
    _check,
    tables=("icd10cm",),
    optional_keys=("dos",),
    covers=("ICD-EX1-01",),
)
