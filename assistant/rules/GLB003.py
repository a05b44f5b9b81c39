"""GLB003: a visit on the day of an operation with 090 global days, or the day before it, does not carry 57.

What it checks: visits on a claim with a 090 procedure, or whose `prior` names one of the same day or of the day
after. Only 57 releases; 25 is for 000 and 010 procedures and does not. Critical care is left alone when it carries 25
or FT.

Why it matters: the visit is denied as part of the operation (CO-97). 57 says that the operation was decided on there.

Fix: 57 in the place of 25 (25 stays where a 000 or 010 procedure was done as well), if the visit is the one that
decided on the operation; else the visit is not billed.

Not evaluated when: the claim has no date of service, or no fee schedule release covers it, and the visit stands
beside a surgical code.

Source: CMS Claims Processing Manual, chapter 12, section 40.2; NCCI Policy Manual, chapter 1, section D; the imported
fee schedule release.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.global_days import (
    MINOR,
    NOT_THE_SURGEON,
    by_release,
    known_days,
    near_priors,
    procedure_lines,
)
from assistant.rules.procedure_kinds import is_between, is_surgery
from assistant.rules.rule import Case, Outcome, Rule, change_lines, with_modifier, without_modifiers
from assistant.rules.trigger import Trigger
from assistant.rules.visits import CRITICAL_CARE, PROBLEM_VISITS, may_be_procedure
from ingest.claims.model import ClaimLine

# Opening heart valves and vessels by catheter.
_HEART = (92986, 92998)


def _check(case: Case) -> Iterator[Outcome]:
    bare = [
        (index, line)
        for index, line in case.lines(PROBLEM_VISITS)
        if not _released(line) and not case.yields(index, "modifiers:global")
    ]
    if not bare:
        return
    surgical = [index for index, line in case.lines() if _may_be_major(line.procedure_code)]
    if case.on is None:
        if surgical:
            yield RULE.missing_key(["dos"], [index for index, _ in bare])
        return
    near = [
        (day, one)
        for day, one in near_priors(case, case.on, least=-1, most=0)
        if not NOT_THE_SURGEON.intersection(one.modifiers)
    ]
    if not surgical and not near:
        return
    here = procedure_lines(case)
    major = [index for index, _, days in here if days == "090"]
    keeps_25 = any(days in MINOR for _, _, days in here)
    for day, one in near:
        told = known_days(case, one.procedure_code, one.date_of_service)
        if told is None and _may_be_major(one.procedure_code):
            yield RULE.missing_table(case, "mpfs", [index for index, _ in bare])
        elif told is not None and told[0] == "090" and not major:
            what = f"{one.procedure_code}, which is done the next day," if day < 0 else one.procedure_code
            for index, line in bare:
                finding = RULE.finding(case, (index,), _message(line, what), fix=None)
                yield by_release(finding, told[1])
            return
    if major:
        what = ", ".join(sorted({case.claim.lines[index].procedure_code for index in major}))
        for index, line in bare:
            mended = with_modifier(line if keeps_25 else without_modifiers(line, "25"), "57")
            fix = change_lines(case.claim, {index: (mended,)}, safe=False)
            yield RULE.finding(case, (index, *major), _message(line, what), fix=fix)
    elif any(days is None for index, _, days in here if index in surgical):
        yield RULE.missing_table(case, "mpfs", [index for index, _ in bare])


def _may_be_major(procedure_code: str) -> bool:
    """Surgery, and the few services of the heart with 090 global days; drawing blood is no operation."""
    surgery = is_surgery(procedure_code) or is_between(procedure_code, _HEART)
    return surgery and may_be_procedure(procedure_code)


def _released(line: ClaimLine) -> bool:
    if "57" in line.modifiers:
        return True
    return line.procedure_code in CRITICAL_CARE and bool({"25", "FT"}.intersection(line.modifiers))


def _message(line: ClaimLine, operation: str) -> str:
    also = " (25 is not enough)" if "25" in line.modifiers else ""
    return (
        f"{line.procedure_code} belongs to {operation} with its 090 global days unless the operation was decided on at "
        f"that visit: then 57{also}; otherwise take the visit away"
    )


RULE = Rule(
    "GLB003",
    "error",
    "CMS Claims Processing Manual, chapter 12, section 40.2",
    "high",
    _check,
    tables=("mpfs",),
    optional_keys=("dos",),
    edits="mpfs",
    trigger=Trigger(PROBLEM_VISITS),
    covers=("GLOB-04",),
)
