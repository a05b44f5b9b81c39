"""GLB001: a visit lies in the global period of the surgeon's own earlier operation and does not carry 24.

What it checks: visits (office, eye, home, consultation, hospital, emergency, nursing facility, preventive) against
the claim's earlier procedures of the same surgeon or group. The fee schedule gives each its global days; the visit
lies inside when it is 1 to 10 days (010) or 1 to 90 days (090) after. 24 releases; for critical care also FT. 25 does
not. With 57 alone it is advice: the visit may have decided on another operation. Earlier lines with 53, 54, 56, 78,
an assistant's modifier or TC open no period.

Why it matters: such a visit is denied as part of the operation (CO-97); 24 without an unrelated problem is a false
claim.

Fix: 24 when the record shows a problem that has nothing to do with the operation, otherwise 99024 without charge.
Only a person can tell, so none is proposed.

Not evaluated when: the claim has no `prior` or no date of service; no fee schedule release tells the days of an
earlier procedure of the last 90 days; the days of one are MMM or YYY.

Source: CMS Claims Processing Manual, chapter 12, sections 40.1 and 40.2; the imported fee schedule release.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.global_days import UNCOUNTABLE, by_release, periods
from assistant.rules.rule import Case, Outcome, Rule, Unevaluated
from assistant.rules.trigger import Trigger
from assistant.rules.visits import CRITICAL_CARE, POSTOPERATIVE_VISIT, VISITS
from ingest.claims.model import ClaimLine


def _check(case: Case) -> Iterator[Outcome]:
    bare = [
        (index, line)
        for index, line in case.lines(VISITS)
        if not _released(line) and not case.yields(index, "modifiers:global")
    ]
    if not bare:
        return
    lines = [index for index, _ in bare]
    claim = case.claim
    if case.on is None or claim.prior is None:
        if claim.prior != ():
            missing = {"dos": case.on, "prior": claim.prior}
            yield RULE.missing_key([key for key, value in missing.items() if value is None], lines)
        return
    found, untold = periods(case, case.on)
    period = next((one for one in found if one.is_open), None)
    if period is not None:
        for index, line in bare:
            only_advice = "57" in line.modifiers
            finding = RULE.finding(
                case,
                (index,),
                f"{line.procedure_code} is on {period}: 24 if the problem has nothing to do with that operation, "
                f"otherwise {POSTOPERATIVE_VISIT} without charge",
                severity="advice" if only_advice else None,
            )
            yield by_release(finding, period.release)
    elif untold:
        yield RULE.missing_table(case, "mpfs", lines)
    else:
        for one in found:
            if one.global_days in UNCOUNTABLE:
                told = f"the fee schedule gives {one.procedure_code} {one.global_days}: its days cannot be counted"
                yield Unevaluated(RULE.rule_id, told, None, tuple(lines))


def _released(line: ClaimLine) -> bool:
    return "24" in line.modifiers or ("FT" in line.modifiers and line.procedure_code in CRITICAL_CARE)


RULE = Rule(
    "GLB001",
    "error",
    "CMS Claims Processing Manual, chapter 12, sections 40.1 and 40.2",
    "high",
    _check,
    tables=("mpfs",),
    optional_keys=("dos", "prior"),
    edits="mpfs",
    trigger=Trigger(VISITS),
    covers=("GLOB-01", "GLOB-02"),
)
