"""DX011: a diagnosis stands before the one its "code first" note wants before it.

What it checks: diagnoses with a "code first" note when a code the note names is on the claim, but only after them. An
error for manifestations and the few categories whose note always applies; a warning where such a note names a range of
categories, and for every other note ("if applicable", "any associated") that names a single one; advice where another
note names a range. Poisonings and underdosing come in their own order and are left out; so are pairs of two different
sides.

Why it matters: the note fixes the order; payers that edit it deny the claim for its first-listed diagnosis.

Fix: the named diagnosis moves before the other, in the list and in the pointers of lines that name both.

Not evaluated when: no ICD-10-CM release covers the date of service, the claim has none, or only a list of codes without
the tabular notes was imported; and there are two diagnoses.

Source: ICD-10-CM Official Guidelines for Coding and Reporting, section I.A.13; the tabular list.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.diagnoses import (
    PlacedDiagnosis,
    drug_intent,
    known,
    lines_at,
    move_before,
    side_of_entry,
    unready,
    without_instructions,
)
from assistant.rules.rule import Case, Outcome, Rule
from ingest.notes.model import Severity
from ingest.tables.model import DiagnosisSpan

_ADVERSE_EFFECT = "5"
# Categories whose "code first" has no "if applicable": anemia in other diseases, diabetes due to a condition, heart
# failure, chronic kidney disease, ulcers of the leg and others.
_FIRM = (
    *("D63", "E08", "G13", "I25.82", "I25.83", "I25.84", "I50", "I70.92", "J12.82", "J82.83", "J91.0", "L97", "M36"),
    *("N18", "R18.0", "R29.7", "R65.1", "R65.2", "Z16", "Z17", "Z19", "Z3A"),
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
    for placed in diagnoses:
        if not placed.entry.code_first or (placed.entry.manifestation and placed.place == 0):
            continue
        if drug_intent(placed.diagnosis_code) not in ("", _ADVERSE_EFFECT):
            continue
        wanted = [(one, span) for one in diagnoses if (span := _named_by(placed, one)) is not None]
        if not wanted or any(one.place < placed.place for one, _span in wanted):
            continue
        one, span = wanted[0]
        yield RULE.finding(
            case,
            lines_at(case, {one.place, placed.place}),
            f"{placed.diagnosis_code} asks for {one.diagnosis_code} before it (code first): list {one.diagnosis_code} "
            f"first",
            fix=move_before(case.claim, one.place, placed.place),
            severity=_severity(placed, span),
        )


def _severity(placed: PlacedDiagnosis, span: DiagnosisSpan) -> Severity:
    one_category = span.low[:3] == span.high[:3]
    if placed.entry.manifestation or placed.diagnosis_code.startswith(_FIRM):
        return "error" if one_category else "warning"
    return "warning" if one_category else "advice"


def _named_by(placed: PlacedDiagnosis, other: PlacedDiagnosis) -> DiagnosisSpan | None:
    if placed.place == other.place:
        return None
    code = other.diagnosis_code
    spans = (span for span in placed.entry.code_first if span.low[:3] <= code[:3] <= span.high[:3])
    span = next((span for span in spans if code in span), None)
    if span is None or code == placed.diagnosis_code:
        return None
    mine, theirs = side_of_entry(placed.entry), side_of_entry(other.entry)
    return None if mine and theirs and not mine & theirs else span


RULE = Rule(
    "DX011",
    "error",
    "ICD-10-CM Official Guidelines, section I.A.13",
    "high",
    _check,
    tables=("icd10cm",),
    optional_keys=("dos",),
    covers=("ICD-CF-01",),
)
