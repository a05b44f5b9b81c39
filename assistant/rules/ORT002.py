"""ORT002: knee arthroscopy codes that contain each other on one knee.

What it checks: On the same knee: 29877 or 29874 beside 29880 or 29881; 29881 beside 29880 or twice; 29870 and 29875
beside other arthroscopic surgery. 29877 is never released by 59; 29874 is, except on Medicare (G0289 there). A line
that names no side beside one that does is a warning.

Why it matters: The smaller code is denied as part of the larger one (CO-97 or CO-236).

Fix: Take the contained code away on that knee. 29881 twice on one knee goes back: a double line, or 29880 where the
report shows both menisci.

Not evaluated when: Never: it asks only what every claim says.

Source: CPT 2012; NCCI Policy Manual, chapter 4.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.families import Included, apart, codes, examine, line_sides
from assistant.rules.rule import Case, Outcome, Rule
from assistant.rules.trigger import Trigger

_MENISCUS = codes("29880 29881")
_SURGERY = codes("29871 29873 29874 29876 29877 29879-29889")
_ONE_MENISCUS = codes("29881")
_KNEE = _SURGERY | codes("29870 29875")
_WHY = "the meniscus surgery contains work on cartilage and loose bodies of that knee"
_SHARED = (
    Included(codes("29877"), _MENISCUS, _WHY, sided=True, release="encounter"),
    Included(_ONE_MENISCUS, codes("29880"), "29880 means both menisci of the knee", sided=True, release="encounter"),
    Included(codes("29870"), _SURGERY | codes("29875"), "surgery contains the look", sided=True, release="encounter"),
    Included(codes("29875"), _SURGERY, "clearing the joint lining for the view is included", sided=True),
)
_ELSEWHERE = (*_SHARED, Included(codes("29874"), _MENISCUS, _WHY, sided=True, release="any"))
_MEDICARE = (*_SHARED, Included(codes("29874"), _MENISCUS, _WHY, sided=True, release="encounter"))


def _check(case: Case) -> Iterator[Outcome]:
    if not any(line.procedure_code in _KNEE for line in case.claim.lines):
        return
    yield from examine(RULE, case, _MEDICARE if case.payer is not None and case.payer.is_medicare else _ELSEWHERE)
    menisci = list(case.lines(_ONE_MENISCUS))
    for place, (at, line) in enumerate(menisci):
        for other_at, other in menisci[place + 1 :]:
            if line_sides(line) & line_sides(other) and not apart(line, other, "encounter"):
                yield RULE.finding(
                    case,
                    (at, other_at),
                    "29881 is once for a knee: both menisci are 29880, and a line typed twice goes",
                )


RULE = Rule(
    "ORT002",
    "error",
    "CPT 2012; NCCI Policy Manual, chapter 4",
    "high",
    _check,
    trigger=Trigger(_KNEE),
    covers=("ORTH-KNEE-01",),
)
