"""DX010: a manifestation code stands first or alone.

What it checks: diagnoses whose title says "in diseases classified elsewhere". One is an error as the first-listed
diagnosis or as the only disease on the claim; a line whose first pointer names one is advice.

Why it matters: a manifestation never stands without the disease it belongs to; payers deny the line (CO-11).

Fix: a disease on the claim that the code-first note names moves to the front. Where none is there, the record must say
which it is.

Not evaluated when: no ICD-10-CM release covers the date of service, or the claim has none.

Source: ICD-10-CM Official Guidelines for Coding and Reporting, section I.A.13; the tabular list.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.diagnoses import PlacedDiagnosis, is_external_cause, known, lines_at, move_before, unready
from assistant.rules.rule import Case, Outcome, Rule


def _check(case: Case) -> Iterator[Outcome]:
    if not case.claim.diagnoses:
        return
    if missing := unready(RULE, case):
        yield missing
        return
    diagnoses = known(case)
    manifestations = {placed.place for placed in diagnoses if placed.entry.manifestation}
    if not manifestations:
        return
    if 0 in manifestations:
        first = diagnoses[0]
        cause = _cause(first, diagnoses)
        named = f" such as {cause.diagnosis_code}" if cause else ""
        yield RULE.finding(
            case,
            lines_at(case, {0}),
            f"{first.diagnosis_code} is a manifestation and stands "
            f"{'first' if _has_disease(case, manifestations) else 'alone'}: list its disease{named} first",
            fix=move_before(case.claim, cause.place, 0, lead=True) if cause else None,
        )
        return
    for index, line in case.lines():
        if line.pointers and line.pointers[0] in manifestations:
            code = case.claim.diagnoses[line.pointers[0]].diagnosis_code
            message = f"{line.procedure_code} points first to {code}, a manifestation: point to its disease first"
            yield RULE.finding(case, [index], message, severity="advice")


def _cause(first: PlacedDiagnosis, diagnoses: tuple[PlacedDiagnosis, ...]) -> PlacedDiagnosis | None:
    spans = first.entry.code_first
    return next((one for one in diagnoses if any(one.diagnosis_code in span for span in spans)), None)


def _has_disease(case: Case, manifestations: set[int]) -> bool:
    return any(
        place not in manifestations and not is_external_cause(one.diagnosis_code) and one.diagnosis_code[0] != "Z"
        for place, one in enumerate(case.claim.diagnoses)
    )


RULE = Rule(
    "DX010",
    "error",
    "ICD-10-CM Official Guidelines, section I.A.13",
    "high",
    _check,
    tables=("icd10cm",),
    optional_keys=("dos",),
    covers=("ICD-CF-01",),
)
