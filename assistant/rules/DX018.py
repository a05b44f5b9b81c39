"""DX018: sinusitis of several sinuses is coded sinus by sinus.

What it checks: two or three of J32.0 to J32.3 (chronic: maxillary, frontal, ethmoidal, sphenoidal), for which J32.8
stands, and all four, for which J32.4 stands; one of them beside J32.4 or J32.8; and the same for acute sinusitis, where
the fifth character (0 acute, 1 recurrent) stays.

Why it matters: "more than one sinus but not pansinusitis" is what J32.8 and J01.8- mean; the single codes beside each
other say it against the list.

Fix: the code for several sinuses in the place of the first, and every pointer with it.

Not evaluated when: never; no table is needed.

Source: ICD-10-CM tabular list, inclusion terms at J32.4, J32.8, J01.4- and J01.8-.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.diagnoses import change_codes, codes_of, lines_at
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger

# Codes of one sinus each, the code for all of them, the code for several.
_FAMILIES = tuple(
    (frozenset(f"{stem}{sinus}{end}" for sinus in "0123"), f"{stem}4{end}", f"{stem}8{end}")
    for stem, end in (("J32.", ""), ("J01.", "0"), ("J01.", "1"))
)
_CATEGORIES = frozenset({"J32", "J01"})


def _check(case: Case) -> Iterator[Outcome]:
    codes = codes_of(case)
    if sum(code[:3] in _CATEGORIES for code in codes) < 2:
        return
    for single, every, several in _FAMILIES:
        singles = {code for code in codes if code in single}
        combined = every if every in codes or len(singles) == len(single) else several
        if len(singles) < 2 and not (singles and combined in codes):
            continue
        places = [place for place, code in enumerate(codes) if code in single or code == combined]
        message = (
            f"{', '.join(sorted(singles))} are coded one by one: "
            f"{combined} stands for {'all sinuses' if combined == every else 'several sinuses'}"
        )
        yield RULE.finding(
            case, lines_at(case, places), message, fix=change_codes(case.claim, dict.fromkeys(places, combined))
        )


RULE = Rule(
    "DX018",
    "warning",
    "ICD-10-CM tabular list, J32 and J01",
    "high",
    _check,
    trigger=Trigger(diagnoses=tuple(_CATEGORIES)),
    covers=("ICD-SIN-01",),
)
