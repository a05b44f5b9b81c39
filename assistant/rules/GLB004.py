"""GLB004: a visit beside a procedure with 000 or 010 global days carries 57 where 25 belongs.

What it checks: visits with 57 and without 25 on a claim that has a 000 or 010 procedure and none with 090.

Why it matters: 57 speaks only of operations with 090 global days; beside a minor procedure the visit is denied (CO-97
or CO-4). When the 57 is for an operation of the next day, 25 is still needed for the procedure of this day.

Fix: 25 in the place of 57, if the visit's work went beyond the procedure; with a 090 operation the next day, both.

Not evaluated when: the claim has no date of service, or no fee schedule release covers it.

Source: CMS Claims Processing Manual, chapter 12, section 40.2; NCCI Policy Manual, chapter 1, section D; the imported
fee schedule release.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.global_days import minor_procedures, near_priors
from assistant.rules.rule import Case, Outcome, Rule, Unevaluated, change_lines, with_modifier, without_modifiers
from assistant.rules.trigger import Trigger
from assistant.rules.visits import VISITS


def _check(case: Case) -> Iterator[Outcome]:
    wrong = [
        (index, line)
        for index, line in case.lines(VISITS)
        if "57" in line.modifiers and "25" not in line.modifiers and not case.yields(index, "modifiers:25")
    ]
    if not wrong:
        return
    minor = minor_procedures(RULE, case, [index for index, _ in wrong])
    if isinstance(minor, Unevaluated):
        yield minor
        return
    # A 090 operation of the same day may stand on another claim of the same surgeon.
    if not minor or (case.on is not None and near_priors(case, case.on, least=0, most=0)):
        return
    for index, line in wrong:
        fix = change_lines(case.claim, {index: (with_modifier(without_modifiers(line, "57"), "25"),)}, safe=False)
        codes = ", ".join(sorted({case.claim.lines[one].procedure_code for one in minor}))
        message = (
            f"57 on {line.procedure_code} is for operations with 090 global days, and {codes} has 000 or 010: "
            "25 if the visit's work went beyond it, otherwise take the visit away"
        )
        yield RULE.finding(case, (index, *minor), message, fix=fix)


RULE = Rule(
    "GLB004",
    "error",
    "CMS Claims Processing Manual, chapter 12, section 40.2",
    "high",
    _check,
    tables=("mpfs",),
    optional_keys=("dos",),
    edits="mpfs",
    trigger=Trigger(VISITS, {"57"}),
    covers=("GLOB-04",),
)
