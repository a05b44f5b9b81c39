"""MOD006: an eyelid, finger, toe or heart vessel named on a service of another part of the body.

What it checks: E1 to E4, FA to F9, TA to T9 and LC, LD, LM, RC, RI on codes that certainly belong elsewhere: fingers
on the foot, toes on the hand, eyelids on limbs and nose, vessels on anything but the heart and its vessels. Skin,
nails, joints, nerves and injections may be anywhere and are left alone. Vessels of the heart belong to coronary
intervention: a warning on other services of the heart section (echo, ECG, device checks), advice on catheterization.

Why it matters: the line is denied as inconsistent with its modifier (CO-4).

Fix: the modifier of the place that was treated, or none.

Not evaluated when: never; it needs no table.

Source: HCPCS Level II anatomical modifiers; NCCI Policy Manual, chapter 1, section E.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.rules.modifiers import CORONARY, EYELIDS, FINGERS, TOES
from assistant.rules.procedure_kinds import VISITS, is_between
from assistant.rules.rule import ANATOMICAL, SIDES, Case, Outcome, Rule, change_lines, without_modifiers
from assistant.rules.trigger import Trigger
from ingest.notes.model import Severity

_SITES = ANATOMICAL - SIDES
# Services of the heart and its neighbours that open, widen or measure no coronary artery, and catheterization.
_NO_INTERVENTION = (
    (92502, 92919),
    (92945, 92971),
    (92980, 93450),
    (93465, 93562),
    (93565, 93570),
    (93573, 93798),
    (93800, 94999),
)
_CATHETERIZATION = ((93451, 93464), (93563, 93564))
_TRUNK_AND_HEAD = ((30000, 32999), (38100, 63999), (65091, 66990), (69000, 69990))
_HEART = "a vessel of the heart"
_NOT_THERE = (
    (FINGERS, "a finger", (*_TRUNK_AND_HEAD, (21010, 24999), (26990, 28899), (73501, 73725))),
    (TOES, "a toe", (*_TRUNK_AND_HEAD, (21010, 26989), (73000, 73225))),
    (EYELIDS, "an eyelid", ((22010, 29999), (30000, 61999), (65091, 66990), (69000, 69990), (73000, 73725))),
    (CORONARY, _HEART, ((10004, 32999), (38100, 75570), (76000, 91999), (95004, 99499))),
)


def _check(case: Case) -> Iterator[Outcome]:
    for index, line in enumerate(case.claim.lines):
        for modifier in _SITES.intersection(line.modifiers):
            code = line.procedure_code
            fix = change_lines(case.claim, {index: (without_modifiers(line, modifier),)}, safe=False)
            if what := _misplaced(code, modifier):
                message = f"{modifier} names {what}, and {code} is a service of another part of the body"
                yield RULE.finding(case, [index], message, fix=fix)
            elif severity := _beside_the_heart(code, modifier):
                message = f"{modifier} names {_HEART} treated by coronary intervention, which {code} is not"
                yield RULE.finding(case, [index], message, fix=fix, severity=severity)


def _beside_the_heart(procedure_code: str, modifier: str) -> Severity | None:
    """How sure it is that a vessel is named on a service that treats none; None: it may."""
    if modifier not in CORONARY:
        return None
    if is_between(procedure_code, *_CATHETERIZATION):
        return "advice"
    return "warning" if is_between(procedure_code, *_NO_INTERVENTION) else None


def _misplaced(procedure_code: str, modifier: str) -> str | None:
    """What the modifier names, where the code certainly is not about it."""
    for family, what, elsewhere in _NOT_THERE:
        if modifier in family:
            wrong = procedure_code in VISITS or is_between(procedure_code, *elsewhere)
            return what if wrong else None
    return None


RULE = Rule(
    "MOD006",
    "error",
    "HCPCS Level II anatomical modifiers",
    "high",
    _check,
    trigger=Trigger(modifiers=_SITES),
    covers=("MOD-ANAT-01",),
)
