"""DX015: a code that is never first-listed stands first.

What it checks: the first-listed diagnosis of the claim, and the first pointer of each line for external causes, against
the codes that the guidelines allow only behind another: external causes (V00-Y99), organisms (B95-B97), drug
resistance, adverse effects and underdosing, body mass index, coma and stroke scales, weeks of pregnancy, outcome of
delivery, social circumstances. Status, history and long-term drug use standing first are advice.

Why it matters: payers deny a claim whose first-listed diagnosis does not tell why the patient came (CO-11).

Fix: the first diagnosis that may stand first moves to the front, where there is one.

Not evaluated when: never; no table is needed.

Source: ICD-10-CM Official Guidelines for Coding and Reporting, sections I.B.14, I.C.1.b, I.C.19.e.5, I.C.20.a.6,
I.C.21.c.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.diagnoses import codes_of, drug_intent, in_block, is_external_cause, lines_at, move_before
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger
from ingest.notes.model import Severity

# Intensive behavioral therapy for obesity is covered by the body mass index itself (NCD 210.12).
_BY_BODY_MASS = frozenset({"G0447", "G0473"})
_NEVER: tuple[tuple[tuple[str, ...], str, Severity], ...] = (
    (("B95", "B96", "B97"), "names an organism", "error"),
    (("Z16",), "names drug resistance", "error"),
    (("Z68",), "is a body mass index", "error"),
    (("R40.21", "R40.22", "R40.23", "R40.24", "R29.7"), "is a score", "error"),
    (("Y90",), "is an alcohol level", "error"),
    (("Z3A", "Z37"), "only adds to a pregnancy code", "error"),
    (("Z17", "Z19"), "only adds to a cancer code", "error"),
    (("Z55", "Z56", "Z57", "Z58", "Z59", "Z60", "Z62", "Z64", "Z65"), "is a social circumstance", "warning"),
    (("Z28.3",), "is an immunization status", "warning"),
    (("Z63", "Z66", "Z67", "Z72", "Z77", "Z78", "Z79"), "is a status", "advice"),
    (("Z80", "Z81", "Z82", "Z83", "Z84", "Z85", "Z86", "Z87"), "is a history", "advice"),
    (("Z88", "Z89", "Z90", "Z91", "Z92", "Z93", "Z94", "Z95", "Z96", "Z97", "Z98", "Z99"), "is a status", "advice"),
)
_SECOND_LETTERS = frozenset("BRTVWXYZ")


def _check(case: Case) -> Iterator[Outcome]:
    codes = codes_of(case)
    if _SECOND_LETTERS.isdisjoint(code[0] for code in codes):
        return
    if told := _never_first(codes[0]):
        why, severity = told
        if codes[0].startswith("Z68") and any(True for _line in case.lines(_BY_BODY_MASS)):
            return
        better = next((place for place, code in enumerate(codes) if _never_first(code) is None), None)
        instead = f"list {codes[better]} first" if better is not None else "list the reason for the visit first"
        yield RULE.finding(
            case,
            lines_at(case, {0}),
            f"{codes[0]} {why} and is not first-listed: {instead}",
            fix=move_before(case.claim, better, 0, lead=True) if better is not None else None,
            severity=severity,
        )
    for index, line in case.lines():
        first = line.pointers[0] if line.pointers else 0
        if 0 < first < len(codes) and is_external_cause(codes[first]):
            message = f"{line.procedure_code} points first to {codes[first]}, an external cause: point to the injury"
            yield RULE.finding(case, [index], message, severity="warning")


def _never_first(code: str) -> tuple[str, Severity] | None:
    """Why the code is never first-listed; None: it may be."""
    if in_block(code, "V00", "Y99") and not code.startswith("Y90"):
        return "is an external cause", "error"
    if drug_intent(code) == "5":
        return "is the drug of an adverse effect", "error"
    if drug_intent(code) == "6":
        return "is underdosing", "error"
    return next(((why, severity) for prefixes, why, severity in _NEVER if code.startswith(prefixes)), None)


RULE = Rule(
    "DX015",
    "error",
    "ICD-10-CM Official Guidelines, sections I.B.14, I.C.20.a.6 and I.C.21.c",
    "high",
    _check,
    trigger=Trigger(diagnoses=tuple(_SECOND_LETTERS)),
    covers=("ICD-FL-01",),
)
