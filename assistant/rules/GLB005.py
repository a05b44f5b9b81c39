"""GLB005: a visit stands beside a procedure with 000 or 010 global days without 25.

What it checks: visits without 25 and without 57 on a claim with a procedure whose global days are 000 or 010 and none
with 090 (then GLB003 and GLB004 speak). XXX codes are left to the NCCI pair edits, ZZZ goes with its primary.
Critical care may carry FT in its place.

Why it matters: a minor procedure contains the usual work around it, the decision to do it included, even for a new
patient; the visit is denied (CO-97).

Fix: 25 on the visit when the record shows work beyond the procedure, otherwise the visit goes. The program proposes
25 but never adds it by itself.

Not evaluated when: the claim has no date of service, or no fee schedule release covers it, and the visit stands
beside a code that may be a procedure.

Source: NCCI Policy Manual, chapter 1, section D; CMS Claims Processing Manual, chapter 12, section 40.1; the imported
fee schedule release.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.global_days import minor_procedures
from assistant.rules.rule import Case, Outcome, Rule, Unevaluated, change_lines, with_modifier
from assistant.rules.trigger import Trigger
from assistant.rules.visits import CRITICAL_CARE, VISITS
from ingest.claims.model import ClaimLine


def _check(case: Case) -> Iterator[Outcome]:
    if len(case.claim.lines) < 2:
        return
    bare = [
        (index, line)
        for index, line in case.lines(VISITS)
        if not _released(line) and not case.yields(index, "modifiers:25")
    ]
    if not bare:
        return
    minor = minor_procedures(RULE, case, [index for index, _ in bare])
    if isinstance(minor, Unevaluated):
        yield minor
        return
    if not minor:
        return
    codes = ", ".join(sorted({case.claim.lines[one].procedure_code for one in minor}))
    for index, line in bare:
        fix = change_lines(case.claim, {index: (with_modifier(line, "25"),)}, safe=False)
        message = (
            f"{line.procedure_code} beside {codes} needs 25, and a record of work beyond the procedure; without "
            "that work take the visit away"
        )
        yield RULE.finding(case, (index, *minor), message, fix=fix)


def _released(line: ClaimLine) -> bool:
    if "25" in line.modifiers or "57" in line.modifiers:
        return True
    return "FT" in line.modifiers and line.procedure_code in CRITICAL_CARE


RULE = Rule(
    "GLB005",
    "error",
    "NCCI Policy Manual, chapter 1, section D",
    "high",
    _check,
    tables=("mpfs",),
    optional_keys=("dos",),
    edits="mpfs",
    trigger=Trigger(VISITS),
    covers=("EM-25-01",),
)
