"""PTR001: more diagnoses or pointers than a professional claim holds, or a pointer to no diagnosis.

What it checks: at most 12 diagnoses on the claim; on each line at most 4 pointers, none twice, none beyond the
diagnoses given.

Why it matters: the clearinghouse rejects the claim; it is never judged.

Fix: the first four pointers of a line, in their order, without repeats. Which diagnoses go when there are more than
12 is for a person to say.

Not evaluated when: never; a claim without diagnoses is PTR003's.

Source: ASC X12 837P (HI and SV107 segments); CMS-1500 items 21 and 24E.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from assistant.rules.rule import Case, Outcome, Rule, change_lines

MOST_DIAGNOSES = 12
MOST_POINTERS = 4


def _check(case: Case) -> Iterator[Outcome]:
    diagnoses = case.claim.diagnoses
    if len(diagnoses) > MOST_DIAGNOSES:
        message = f"the claim has {len(diagnoses)} diagnoses and holds {MOST_DIAGNOSES}: take the least important away"
        yield RULE.finding(case, (), message)
    for index, line in case.lines():
        pointers = line.pointers
        if len(pointers) < 2 and not (pointers and diagnoses and pointers[0] >= len(diagnoses)):
            continue
        beyond = bool(diagnoses) and any(pointer >= len(diagnoses) for pointer in pointers)
        kept = tuple(dict.fromkeys(one for one in pointers if not diagnoses or one < len(diagnoses)))[:MOST_POINTERS]
        if kept == pointers:
            continue
        fix = change_lines(case.claim, {index: (replace(line, pointers=kept),)}, safe=False) if kept else None
        if beyond:
            message = f"{line.procedure_code} points to a diagnosis that is not on the claim"
        elif len(pointers) > MOST_POINTERS:
            message = f"{line.procedure_code} points to {len(pointers)} diagnoses and a line holds {MOST_POINTERS}"
        else:
            message = f"{line.procedure_code} points to the same diagnosis twice"
        yield RULE.finding(case, (index,), f"{message}: keep those that are the reason for it", fix=fix)


RULE = Rule(
    "PTR001",
    "error",
    "ASC X12 837P; CMS-1500 items 21 and 24E",
    "high",
    _check,
    covers=("ICD-FL-01",),
)
