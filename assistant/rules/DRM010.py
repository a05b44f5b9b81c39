"""DRM010: destruction code and diagnosis are of different kinds of lesion.

What it checks: Of the diagnoses a line points to (all, where it points to none): 17000, 17003 or 17004 with warts
only (B07), 17110 or 17111 with actinic keratosis only (L57.0).

Why it matters: The two families are for premalignant and for benign lesions; the pair is denied.

Fix: None by the program: code or diagnosis is wrong.

Not evaluated when: Never: it asks only what every claim says.

Source: CPT 17000 to 17111.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.families import codes
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger
from ingest.codes import diagnosis_matches

_PREMALIGNANT, _BENIGN = codes("17000 17003 17004"), codes("17110 17111")
_FAMILY = _PREMALIGNANT | _BENIGN
_KERATOSIS, _WART = "L57.0", "B07"


def _check(case: Case) -> Iterator[Outcome]:
    for at, line in case.lines(_FAMILY):
        given = case.claim.diagnoses
        shown = [given[place] for place in line.pointers if place < len(given)] or given
        is_premalignant = line.procedure_code in _PREMALIGNANT
        wrong = _WART if is_premalignant else _KERATOSIS
        if shown and all(diagnosis_matches(one.diagnosis_code, wrong) for one in shown):
            kind, other = ("premalignant", "17110 or 17111") if is_premalignant else ("benign", "17000 to 17004")
            yield RULE.finding(
                case,
                [at],
                f"{line.procedure_code} is for {kind} lesions and points to {wrong} only, which goes with {other}",
            )


RULE = Rule(
    "DRM010",
    "warning",
    "CPT 17000 to 17111",
    "medium",
    _check,
    trigger=Trigger(_FAMILY),
    covers=("DERM-AK-01", "DERM-WART-01"),
)
