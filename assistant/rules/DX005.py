"""DX005: the 7th character of an injury does not fit its place on the claim, its twin or the treatment billed.

What it checks: three things a claim alone can show. A sequela (S) listed first or alone: the condition that the injury
left comes before it. The same injury once as active treatment (A, B, C) and once as healing or sequela. Fracture or
dislocation care, or surgery of the torn joint structure, billed for injuries that are all coded as healing (D and its
like): treatment is active however late it comes. Where only some of them are, it is advice.

Why it matters: payers deny a sequela that stands first, and a 7th character that contradicts the procedure draws a
records request.

Fix: the sequela moves behind the condition when one is there. Everything else the record must say.

Not evaluated when: never; no table is needed.

Source: ICD-10-CM Official Guidelines for Coding and Reporting, sections I.B.10 and I.C.19.a.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from assistant.rules.diagnoses import codes_of, injury_phase, is_external_cause, lines_at, move_before, pointed
from assistant.rules.rule import Case, Finding, Outcome, Rule
from assistant.rules.trigger import Trigger
from ingest.codes import CodeSet

_INJURY = ("S", "T", "M80", "M84")
_ACTIVE = frozenset("ABC")
# Routine or delayed healing and plain "subsequent"; K, M, N (nonunion) and P, Q, R (malunion) are operated on again.
_HEALING = frozenset("DEFGHJ")
# Codes that are themselves treatment of a fresh fracture, dislocation or tear; hardware removal and casts are not here.
_TREATMENT = CodeSet.parse(
    (
        "21310-21497 22310-22328 23500-23680 24500-24685 25600-25695 25500-25575 26600-26785 27197-27254 27500-27566 "
        "27750-27848 28400-28675 29806-29807 29827 29850-29856 29880-29889"
    ).split()
)
# Staged, repeated or returned-to, and post-operative care alone: the phase may rightly be another.
_LATER = frozenset({"55", "58", "76", "77", "78"})


def _check(case: Case) -> Iterator[Outcome]:
    codes = codes_of(case)
    injuries = {place: injury_phase(code) for place, code in enumerate(codes) if code.startswith(_INJURY)}
    phased = {place: phase for place, phase in injuries.items() if phase}
    if not phased:
        return
    yield from _sequela_first(case, codes, phased)
    yield from _two_phases(case, codes, phased)
    yield from _healing_treated(case, codes, phased)


def _sequela_first(case: Case, codes: tuple[str, ...], phased: dict[int, str]) -> Iterator[Finding]:
    if phased.get(0) != "S":
        return
    others = (place for place, code in enumerate(codes) if phased.get(place) != "S" and not is_external_cause(code))
    condition = next(others, None)
    if condition is None:
        message = f"{codes[0]} is a sequela and stands without the condition it left: list that condition first"
        yield RULE.finding(case, lines_at(case, {0}), message)
        return
    message = f"{codes[0]} is a sequela and stands first: list the condition it left, such as {codes[condition]}, first"
    yield RULE.finding(
        case, lines_at(case, {0, condition}), message, fix=move_before(case.claim, condition, 0, lead=True)
    )


def _two_phases(case: Case, codes: tuple[str, ...], phased: dict[int, str]) -> Iterator[Finding]:
    stems: dict[str, list[int]] = defaultdict(list)
    for place in phased:
        stems[codes[place][:-1]].append(place)
    for places in stems.values():
        phases = {phased[place] for place in places}
        if phases & _ACTIVE and phases - _ACTIVE:
            told = " and ".join(codes[place] for place in places)
            message = f"{told} are one injury in two phases of care: keep the 7th character the record supports"
            yield RULE.finding(case, lines_at(case, places), message, severity="warning")


def _healing_treated(case: Case, codes: tuple[str, ...], phased: dict[int, str]) -> Iterator[Finding]:
    if not _HEALING.intersection(phased.values()):
        return
    for index, line in case.lines():
        if _LATER.intersection(line.modifiers) or line.procedure_code not in _TREATMENT:
            continue
        here = [place for place in pointed(case, line) if not is_external_cause(codes[place])]
        healing = [place for place in here if phased.get(place) in _HEALING]
        if healing:
            told = ", ".join(codes[place] for place in healing)
            message = (
                f"{line.procedure_code} treats the injury, but {told} says it is healing: active treatment takes A "
                f"(open fractures B or C), however late it comes"
            )
            yield RULE.finding(case, [index], message, severity="warning" if healing == here else "advice")


RULE = Rule(
    "DX005",
    "error",
    "ICD-10-CM Official Guidelines, sections I.B.10 and I.C.19.a",
    "high",
    _check,
    trigger=Trigger(diagnoses=_INJURY),
    covers=("ICD-7-02",),
)
