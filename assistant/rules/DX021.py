"""DX021: a growth of uncertain behavior is coded, and no pathology report is told.

What it checks: D37 to D44 and D48 on the claim without "pathology" among its documentation. D45 to D47 (diseases of the
blood) are diagnoses of their own and left alone.

Why it matters: "uncertain behavior" is what a pathologist says after looking; before the report the growth is of
unspecified behavior (D49.-), and a claim that says more is taken back on review.

Fix: none by machine: wait for the report, or code D49.- until it is there.

Not evaluated when: never; a claim that tells no documentation is advised all the same.

Source: ICD-10-CM Official Guidelines for Coding and Reporting, section I.C.2; tabular list, notes at D37-D48 and D49.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.diagnoses import codes_of, in_block, lines_at
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger


def _check(case: Case) -> Iterator[Outcome]:
    uncertain = {place: code for place, code in enumerate(codes_of(case)) if _is_uncertain(code)}
    if not uncertain:
        return
    told = (*(case.claim.documentation or ()), *(case.claim.attachments or ()))
    if any("pathology" in words.casefold() or "histology" in words.casefold() for words in told):
        return
    codes = ", ".join(dict.fromkeys(uncertain.values()))
    message = f"{codes} says a pathologist could not tell the behavior: without the report code D49.- or wait for it"
    yield RULE.finding(case, lines_at(case, uncertain), message)


def _is_uncertain(code: str) -> bool:
    return in_block(code, "D37", "D44") or code.startswith("D48")


RULE = Rule(
    "DX021",
    "advice",
    "ICD-10-CM Official Guidelines, section I.C.2",
    "high",
    _check,
    trigger=Trigger(diagnoses=("D3", "D4")),
    covers=("ICD-NEO-01",),
)
