"""ENT071: wax removal codes against each other, counted twice, or without impacted wax.

What it checks: 69209 beside 69210 on the same ear; 69209, and 69210 where the payer is known and is not Medicare,
with more than one unit and no side (69210 on Medicare is ENT073); as advice a line whose diagnoses hold no H61.2-.
A line that names no side beside one that does is a warning.

Why it matters: One ear is cleaned once; both ears are 50 or the plan's own form, not two units. Wax that is not
impacted is part of the visit.

Fix: 69209 goes on that ear; two units become one with 50.

Not evaluated when: Never: it asks only what every claim says.

Source: CPT; AAO-HNS; fee schedule bilateral indicators.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from assistant.rules.families import Included, codes, examine
from assistant.rules.laterality import two_units_no_side
from assistant.rules.rule import Case, Outcome, Rule, change_lines
from assistant.rules.trigger import Trigger
from ingest.claims.model import ClaimLine
from ingest.codes import diagnosis_matches

_LAVAGE, _INSTRUMENTS = codes("69209"), codes("69210")
_WAX = _LAVAGE | _INSTRUMENTS
_IMPACTED = "H61.2"
_ROWS = (Included(_LAVAGE, _INSTRUMENTS, "one ear is cleaned one way, bill 69210 for it", sided=True),)


def _check(case: Case) -> Iterator[Outcome]:
    found = list(case.lines(_WAX))
    if not found:
        return
    yield from examine(RULE, case, _ROWS)
    for at, line in found:
        if two_units_no_side(line) and _counts_ears(case, line) and not case.yields(at, "units"):
            both = replace(line, modifiers=("50", *line.modifiers), units=1)
            yield RULE.finding(
                case,
                [at],
                f"{line.procedure_code} x2: both ears are one unit with 50, or the plan's own form",
                fix=change_lines(case.claim, {at: (both,)}, safe=False),
            )
        if not _impacted(case, line):
            yield RULE.finding(
                case,
                [at],
                f"{line.procedure_code} points to no impacted wax (H61.2-); wax that is not impacted is part of "
                "the visit",
                severity="advice",
            )


def _counts_ears(case: Case, line: ClaimLine) -> bool:
    return line.procedure_code in _LAVAGE or (case.payer is not None and not case.payer.is_medicare)


def _impacted(case: Case, line: ClaimLine) -> bool:
    """True also where the claim gives no diagnosis at all: then nothing is known."""
    given = case.claim.diagnoses
    shown = [given[at] for at in line.pointers if at < len(given)] or given
    return not shown or any(diagnosis_matches(one.diagnosis_code, _IMPACTED) for one in shown)


RULE = Rule(
    "ENT071",
    "error",
    "CPT; AAO-HNS",
    "high",
    _check,
    trigger=Trigger(_WAX),
    covers=("ENT-CER-01",),
)
