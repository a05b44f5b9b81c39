"""CRD003: heart catheterization is billed by more than one base code, without 26 in the hospital, or only by add-ons.

What it checks: Two of 93451 to 93461 on one day; one of them in places 19, 21, 22 or 23 without 26; 93563 to 93565
beside 93452 to 93461; 93462 to 93464 or 93566 to 93568 on a claim with no heart procedure.

Why it matters: Each base code is one combination of right heart, left heart, coronary arteries and grafts; parts
are denied.

Fix: The code that holds the whole combination; 26 in the hospital; the contained injection goes.

Not evaluated when: No 26 or TC, and the claim does not say the place of service.

Source: CPT; NCCI Policy Manual, chapter 11.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from assistant.rules.families import Included, codes, examine
from assistant.rules.rule import DISTINCT, Case, Outcome, Rule, change_lines, without_modifiers
from assistant.rules.trigger import Trigger

# What each base code holds: R right heart, L left heart, C coronary arteries, G grafts (with coronary arteries).
_HOLDS = {
    "93451": "R",
    "93452": "L",
    "93453": "LR",
    "93454": "C",
    "93455": "CG",
    "93456": "CR",
    "93457": "CGR",
    "93458": "CL",
    "93459": "CGL",
    "93460": "CLR",
    "93461": "CGLR",
}
_BASE_OF = {holds: procedure_code for procedure_code, holds in _HOLDS.items()}
_ADD_ONS = codes("93462-93464 93566-93568")
_INJECTIONS = codes("93563-93565")
_FAMILY = frozenset(_HOLDS) | _ADD_ONS | _INJECTIONS
_HEART = frozenset(_HOLDS) | codes("33016-33999 92920-92998 93503 93505 93530-93533 93580-93598 93600-93662")
_HOSPITAL = frozenset({"19", "21", "22", "23"})
_COMPONENT = frozenset({"26", "TC"})
_ANOTHER_SESSION = frozenset({"XE", "XP", "76", "77", "78"})
_ROWS = (Included(_INJECTIONS, codes("93452-93461"), "the base code contains the injection", release="any"),)


def _check(case: Case) -> Iterator[Outcome]:
    if not any(line.procedure_code in _FAMILY for line in case.claim.lines):
        return
    yield from examine(RULE, case, _ROWS)
    bases = [(at, line) for at, line in case.lines(_HOLDS) if not _ANOTHER_SESSION.intersection(line.modifiers)]
    if len(bases) > 1:
        union = "".join(sorted({part for _, line in bases for part in _HOLDS[line.procedure_code]}))
        told = ", ".join(sorted({base.procedure_code for _, base in bases}))
        first, line = bases[0]
        modifiers = tuple(dict.fromkeys(one for _, base in bases for one in base.modifiers if one not in DISTINCT))
        pointers = tuple(dict.fromkeys(pointer for _, base in bases for pointer in base.pointers))[:4]
        whole = replace(
            without_modifiers(line, *DISTINCT),
            procedure_code=_BASE_OF[union],
            modifiers=modifiers,
            pointers=pointers,
            units=1,
            billed=None,
        )
        yield RULE.finding(
            case,
            (at for at, _ in bases),
            f"one session has one base code: {told} together are {whole.procedure_code}",
            fix=change_lines(case.claim, {at: () for at, _ in bases} | {first: (whole,)}, safe=False),
        )
    bare = [at for at, line in case.lines(_HOLDS) if not _COMPONENT.intersection(line.modifiers)]
    if bare and case.claim.place_of_service is None:
        yield RULE.missing_key(["pos"], bare)
    elif case.claim.place_of_service in _HOSPITAL:
        for at in bare:
            line = case.claim.lines[at]
            yield RULE.finding(
                case,
                [at],
                f"in the hospital the physician's part of {line.procedure_code} takes 26",
                fix=change_lines(case.claim, {at: (replace(line, modifiers=("26", *line.modifiers)),)}, safe=False),
            )
    if not any(line.procedure_code in _HEART for line in case.claim.lines):
        for at, line in case.lines(_ADD_ONS):
            if all(one.procedure_code.isdigit() for one in case.claim.lines):
                yield RULE.finding(case, [at], f"{line.procedure_code} is an add-on: the catheterization is missing")


RULE = Rule(
    "CRD003",
    "error",
    "CPT; NCCI Policy Manual, chapter 11",
    "high",
    _check,
    optional_keys=("pos",),
    trigger=Trigger(_FAMILY),
    covers=("CARD-CATH-01",),
)
