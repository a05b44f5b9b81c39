"""MOD015: a share of the global period on a code that has none.

What it checks: lines with 54, 55 or 56 whose global days in the fee schedule are 000, XXX or ZZZ: only 010 and 090 can
be shared between surgeon and follow-up; maternity and contractor-priced codes are left alone.

Why it matters: the line is denied for its modifier (CO-4).

Fix: take it away; a visit after such a service is billed as a visit.

Not evaluated when: a line has 54, 55 or 56 and no fee schedule covers the date of service, or the claim has none.

Source: CMS Claims Processing Manual, chapter 12, sections 40.1 and 40.2; the imported fee schedule.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.coverage import marked_rows
from assistant.rules.modifiers import SPLIT_CARE
from assistant.rules.rule import Case, Outcome, Rule, Unevaluated, change_lines, without_modifiers
from assistant.rules.trigger import Trigger

_NOTHING_TO_SHARE = frozenset({"000", "XXX", "ZZZ"})


def _check(case: Case) -> Iterator[Outcome]:
    for found in marked_rows(RULE, case, SPLIT_CARE):
        if isinstance(found, Unevaluated):
            yield found
            continue
        index, row = found
        if row.global_days not in _NOTHING_TO_SHARE:
            continue
        line = case.claim.lines[index]
        told = "/".join(one for one in line.modifiers if one in SPLIT_CARE)
        yield RULE.finding(
            case,
            [index],
            f"{line.procedure_code} has no follow-up period to share (global days {row.global_days}): take {told} away",
            fix=change_lines(case.claim, {index: (without_modifiers(line, *SPLIT_CARE),)}, safe=False),
        )


RULE = Rule(
    "MOD015",
    "error",
    "CMS Claims Processing Manual, chapter 12, section 40",
    "high",
    _check,
    tables=("mpfs",),
    optional_keys=("dos",),
    edits="mpfs",
    trigger=Trigger(modifiers=SPLIT_CARE),
    covers=("GLOB-05",),
)
