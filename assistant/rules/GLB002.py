"""GLB002: a procedure lies in the global period of the surgeon's own earlier operation without 58, 78 or 79.

What it checks: lines whose code has global days 000, 010 or 090 against the claim's earlier procedures of the same
surgeon or group. The line lies inside when it is 1 to 10 days (010) or 1 to 90 days (090) after. 58, 78 and 79
release. Codes with XXX (tests, imaging, injections of allergen) are not part of the package and pass; ZZZ goes with
its primary. Lines of an assistant, of aftercare alone (55) and repeats of the same code with 76 or 77 pass.

Why it matters: the line is denied as part of the earlier operation (CO-97).

Fix: 58 when planned at the first operation, more extensive than it, or therapy after a diagnostic one; 78 for an
unplanned return to the operating room for a related problem; 79 when unrelated. Plans differ on which they want after
sinus surgery; only the record and the plan can tell, so none is proposed.

Not evaluated when: the claim has no `prior` or no date of service; no fee schedule release tells the days of the
line, or of an earlier procedure of the last 90 days; the days of one are MMM or YYY.

Source: CMS Claims Processing Manual, chapter 12, sections 40.1 to 40.3; the imported fee schedule release.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.global_days import (
    UNCOUNTABLE,
    WITH_PERIOD,
    Period,
    by_release,
    near_priors,
    periods,
    procedure_lines,
)
from assistant.rules.rule import Case, Outcome, Rule, Unevaluated
from assistant.rules.visits import may_be_procedure
from ingest.claims.model import ClaimLine

_RELEASING = frozenset({"58", "78", "79"})
_REPEAT = frozenset({"76", "77"})


def _check(case: Case) -> Iterator[Outcome]:
    claim = case.claim
    if claim.prior == ():
        return
    if case.on is None:
        lines = [index for index, line in case.lines() if _asks(case, index, line, None)]
        if lines:
            yield RULE.missing_key(["dos"] if claim.prior else ["dos", "prior"], lines)
        return
    if claim.prior is not None and not near_priors(case, case.on):
        return
    bare = [(index, line) for index, line, days in procedure_lines(case) if _asks(case, index, line, days)]
    if not bare:
        return
    lines = [index for index, _ in bare]
    if claim.prior is None:
        yield RULE.missing_key(["prior"], lines)
        return
    found, untold = periods(case, case.on)
    period = next((one for one in found if one.is_open), None)
    if period is not None and case.tables.release("mpfs", case.on) is not None:
        for index, line in bare:
            if not (_REPEAT.intersection(line.modifiers) and line.procedure_code == period.procedure_code):
                yield by_release(RULE.finding(case, (index,), _message(line, period)), period.release)
    elif period is not None or untold:
        yield RULE.missing_table(case, "mpfs", lines)
    else:
        for one in found:
            if one.global_days in UNCOUNTABLE:
                told = f"the fee schedule gives {one.procedure_code} {one.global_days}: its days cannot be counted"
                yield Unevaluated(RULE.rule_id, told, None, tuple(lines))


def _asks(case: Case, index: int, line: ClaimLine, days: str | None) -> bool:
    """True for a line that needs a modifier inside a period; `days` None: no release tells, so its number decides."""
    if _RELEASING.intersection(line.modifiers) or case.yields(index, "modifiers:global"):
        return False
    return may_be_procedure(line.procedure_code) if days is None else days in WITH_PERIOD


def _message(line: ClaimLine, period: Period) -> str:
    return (
        f"{line.procedure_code} is on {period}: it needs 58 (planned or more extensive), 78 (unplanned return to the "
        "operating room) or 79 (unrelated), whichever the record shows and the plan wants"
    )


RULE = Rule(
    "GLB002",
    "error",
    "CMS Claims Processing Manual, chapter 12, sections 40.1 to 40.3",
    "high",
    _check,
    tables=("mpfs",),
    optional_keys=("dos", "prior"),
    edits="mpfs",
    covers=("GLOB-01", "GLOB-03", "ENT-DEB-01", "ENT-TURB-04"),
)
