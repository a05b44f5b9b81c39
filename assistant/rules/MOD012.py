"""MOD012: 59 or an X modifier that sets nothing apart.

What it checks: lines with 59, XE, XS, XP or XU whose code has no PTP edit with any other code of the claim and does
not stand on another line, unless a rule of the practice speaks on it. Advice only: the other service may be on another
claim, and many plans have edits of their own.

Why it matters: a modifier for which there is no reason invites an audit, and hides the lines that need it.

Fix: take it away, unless the plan or another claim of the day needs it.

Not evaluated when: such a line stands beside other codes and no PTP release covers the date of service, or the claim
has none.

Source: NCCI Policy Manual, chapter 1, section E; CMS article on modifier 59; the imported PTP release.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.coverage import uncovered
from assistant.rules.procedure_kinds import VISITS
from assistant.rules.rule import DISTINCT, Case, Outcome, Rule, change_lines, without_modifiers
from assistant.rules.trigger import Trigger

_KEY = "modifiers:distinct"


def _check(case: Case) -> Iterator[Outcome]:
    codes = [line.procedure_code for line in case.claim.lines]
    places = [
        index
        for index, line in enumerate(case.claim.lines)
        if not DISTINCT.isdisjoint(line.modifiers)
        and codes.count(line.procedure_code) == 1
        and line.procedure_code not in VISITS
        and not case.yields(index, _KEY)
    ]
    if not places:
        return
    if len(codes) > 1:
        if (missing := uncovered(RULE, case, "ptp", places)) is not None:
            yield missing
            return
        assert case.on is not None
        edits = case.tables.ptp_edits(frozenset(codes), case.on)
        paired = {code for edit in edits for code in (edit.column1, edit.column2)}
        places = [index for index in places if codes[index] not in paired]
    for index in places:
        line = case.claim.lines[index]
        told = "/".join(one for one in line.modifiers if one in DISTINCT)
        yield RULE.finding(
            case,
            [index],
            f"{line.procedure_code}-{told}: no edit pairs it with another code of this claim; take {told} away unless "
            "the plan or another claim of the day needs it",
            fix=change_lines(case.claim, {index: (without_modifiers(line, *DISTINCT),)}, safe=False),
        )


RULE = Rule(
    "MOD012",
    "advice",
    "NCCI Policy Manual, chapter 1, section E",
    "medium",
    _check,
    tables=("ptp",),
    optional_keys=("dos",),
    edits="ptp",
    trigger=Trigger(modifiers=DISTINCT),
    covers=("MOD-59-01",),
)
