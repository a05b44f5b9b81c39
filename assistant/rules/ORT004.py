"""ORT004: one joint is billed twice, with and without ultrasound.

What it checks: 20610 beside 20611, 20605 beside 20606, 20600 beside 20604 on the same side; 76942 beside 20604,
20606 or 20611; one code twice for one named side; as advice more than one unit without 50. 59 or an X modifier
shows another joint. A line that names no side beside one that does is a warning.

Why it matters: Drawing off and injecting one joint is one service, and the ultrasound codes contain the guidance.

Fix: Keep the code with ultrasound, which needs a stored image; take 76942 away.

Not evaluated when: Never: it asks only what every claim says.

Source: CPT; NCCI PTP; fee schedule bilateral indicator 1.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.families import Included, apart, codes, examine, line_sides
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger

_JOINTS = codes("20600 20604 20605 20606 20610 20611")
_WHY = "one joint is one service; the code with ultrasound needs a stored image"
_ROWS = (
    Included(codes("20610"), codes("20611"), _WHY, sided=True, release="any"),
    Included(codes("20605"), codes("20606"), _WHY, sided=True, release="any"),
    Included(codes("20600"), codes("20604"), _WHY, sided=True, release="any"),
    Included(codes("76942"), codes("20604 20606 20611"), "the code already contains the guidance", release="any"),
)


def _check(case: Case) -> Iterator[Outcome]:
    found = list(case.lines(_JOINTS))
    if not found:
        return
    yield from examine(RULE, case, _ROWS)
    for place, (at, line) in enumerate(found):
        for other_at, other in found[place + 1 :]:
            twice = line.procedure_code == other.procedure_code and line_sides(line) & line_sides(other)
            if twice and not apart(line, other, "any"):
                yield RULE.finding(
                    case,
                    (at, other_at),
                    f"{line.procedure_code} twice for one side: drawing off and injecting one joint is one line, "
                    "another joint takes 59 or XS",
                )
    for at, line in found:
        if line.units > 1 and "50" not in line.modifiers and not case.yields(at, "units"):
            yield RULE.finding(
                case,
                [at],
                f"{line.procedure_code} x{line.units}: drawing off and injecting one joint is one unit; both sides are "
                "50, another joint is a line of its own",
                severity="advice",
            )


RULE = Rule(
    "ORT004",
    "error",
    "CPT; NCCI PTP, practitioner",
    "high",
    _check,
    trigger=Trigger(_JOINTS),
    covers=("ORTH-INJ-01",),
)
