"""CRD005: Doppler is billed beside an echo that contains it, or the full echo in its parts.

What it checks: 93307, 93308, 93320, 93321 or 93325 beside 93306 (Doppler not where another echo such as 93303,
93308, 93312 or 93350 stands on the claim); 93307 with 93320 and 93325.

Why it matters: The smaller code is denied as part of the larger one (CO-97 or CO-236).

Fix: 93306 alone.

Not evaluated when: Never: it asks only what every claim says.

Source: CPT 93306.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from assistant.rules.families import Included, apart, codes, examine
from assistant.rules.rule import DISTINCT, Case, Outcome, Rule, change_lines, without_modifiers
from assistant.rules.trigger import Trigger

_FULL = codes("93306")
_PLAIN, _SPECTRAL, _COLOR = codes("93307"), codes("93320"), codes("93325")
_OTHER_ECHO = codes("93303 93304 93308 93312-93318 93350 93351")
_FAMILY = _FULL | _PLAIN
_ECHO = (
    Included(_PLAIN, _FULL, "93306 is the same study with Doppler", release="encounter"),
    Included(codes("93308"), _FULL, "the full study contains the limited one", release="any"),
)
_ROWS = (
    *_ECHO,
    Included(codes("93320 93321 93325"), _FULL, "93306 contains spectral and color Doppler", release="any"),
)


def _check(case: Case) -> Iterator[Outcome]:
    if not any(line.procedure_code in _FAMILY for line in case.claim.lines):
        return
    elsewhere = any(True for _ in case.lines(_OTHER_ECHO))
    yield from examine(RULE, case, _ECHO if elsewhere else _ROWS)
    parts = [list(case.lines(group)) for group in (_PLAIN, _SPECTRAL, _COLOR)]
    if elsewhere or not all(len(group) == 1 for group in parts):
        return
    if any(True for _ in case.lines(_FULL)):
        return
    (first, plain), (second, spectral), (third, color) = (group[0] for group in parts)
    if apart(plain, spectral, "any") or apart(plain, color, "any"):
        return
    whole = replace(without_modifiers(plain, *DISTINCT), procedure_code="93306", billed=None)
    yield RULE.finding(
        case,
        (first, second, third),
        "93307 with 93320 and 93325 is the full study: bill 93306",
        fix=change_lines(case.claim, {first: (whole,), second: (), third: ()}, safe=False),
    )


RULE = Rule(
    "CRD005",
    "error",
    "CPT 93306",
    "high",
    _check,
    trigger=Trigger(_FAMILY),
    covers=("CARD-ECHO-01",),
)
