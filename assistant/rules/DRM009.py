"""DRM009: excision code and diagnosis disagree whether the lesion is malignant.

What it checks: Of the diagnoses a line points to (all, where it points to none): 11400 to 11446 with malignant or
in situ ones only (C00 to C96, D00 to D09), 11600 to 11646 with benign ones only (D10 to D36, B07, L72, L82); as a
warning 11600 to 11646 with uncertain or unspecified ones only (D37 to D49).

Why it matters: The code follows the pathology report; a pair that disagrees is denied or taken back.

Fix: None by the program: hold the claim for the report, then mend code or diagnosis.

Not evaluated when: Never: it asks only what every claim says.

Source: CPT 11400 to 11646; ICD-10-CM chapter 2.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from assistant.rules.families import codes
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger
from ingest.claims.model import Diagnosis
from ingest.codes import diagnosis_matches

_BENIGN_CODES, _MALIGNANT_CODES = codes("11400-11446"), codes("11600-11646")
_FAMILY = _BENIGN_CODES | _MALIGNANT_CODES
_MALIGNANT = ("C00-C96", "D00-D09")
_BENIGN = ("D10-D36", "B07", "L72", "L82")
_OPEN = ("D37-D49",)


def _check(case: Case) -> Iterator[Outcome]:
    for at, line in case.lines(_FAMILY):
        given = case.claim.diagnoses
        shown = [given[place] for place in line.pointers if place < len(given)] or given
        if not shown:
            continue
        is_benign_code = line.procedure_code in _BENIGN_CODES
        if _all_in(shown, _MALIGNANT if is_benign_code else _BENIGN):
            says, shows = ("benign", "malignant") if is_benign_code else ("malignant", "benign")
            yield RULE.finding(
                case,
                [at],
                f"{line.procedure_code} is for a {says} lesion and points to a {shows} diagnosis: the pathology report "
                "decides which to mend",
            )
        elif not is_benign_code and _all_in(shown, _OPEN):
            yield RULE.finding(
                case,
                [at],
                f"{line.procedure_code} is for a malignant lesion and the diagnosis leaves that open: hold the claim "
                "for the pathology report",
                severity="warning",
            )


def _all_in(shown: Iterable[Diagnosis], selectors: tuple[str, ...]) -> bool:
    return all(any(diagnosis_matches(one.diagnosis_code, selector) for selector in selectors) for one in shown)


RULE = Rule(
    "DRM009",
    "error",
    "CPT 11400 to 11646; ICD-10-CM chapter 2",
    "high",
    _check,
    trigger=Trigger(_FAMILY),
    covers=("DERM-EX-01",),
)
