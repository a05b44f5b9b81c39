"""What the diagnosis rules share: a claim's diagnoses with their entries, sides, and fixes that move or change codes.

Holds no rule. Every code is written with its point; places are 0-based in the claim's diagnoses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal

from assistant.rules.rule import Case, Outcome, ProposedFix, Rule, Unevaluated
from ingest.claims.model import Claim, ClaimLine, Diagnosis
from ingest.claims.service_line import write_service_line
from ingest.tables.icd10cm_years import file_to_import, tabular_to_import
from ingest.tables.model import DiagnosisEntry

_NEXT = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_MOST_NAMED = 8
# A code is six characters and a seventh without its point.
_FULL = 7
# Of one line, 837P SV107.
_MOST_POINTERS = 4

Trouble = Literal["heading", "seventh", "other-day", "unknown"]


@dataclass(frozen=True, slots=True)
class PlacedDiagnosis:
    """One diagnosis of the claim that the release knows."""

    place: int
    entry: DiagnosisEntry

    @property
    def diagnosis_code(self) -> str:
        """The code with its point."""
        return self.entry.diagnosis_code


@dataclass(frozen=True, slots=True)
class CodeTrouble:
    """Why a diagnosis cannot be billed as written. `candidates` are codes that could stand there, `correct` the code it
    surely is when only its form is wrong."""

    trouble: Trouble
    message: str
    candidates: tuple[str, ...] = ()
    correct: str | None = None


def troubled(
    rule: Rule, case: Case, kind: str, mended: Callable[[Case, int, CodeTrouble], ProposedFix | None] | None = None
) -> Iterator[Outcome]:
    """A finding for each of the claim's diagnoses with this kind of trouble, or why none can be judged."""
    if not case.claim.diagnoses:
        return
    if missing := unready(rule, case):
        yield missing
        return
    for place, trouble in case.once(troubles):
        if trouble.trouble == kind:
            fix = mended(case, place, trouble) if mended else None
            yield rule.finding(case, lines_at(case, {place}), trouble.message, fix=fix)


def troubles(case: Case) -> tuple[tuple[int, CodeTrouble], ...]:
    """The places of the diagnoses that cannot be billed as written, and why; call `unready` first."""
    found = enumerate(zip(codes_of(case), case.once(_entries), strict=True))
    return tuple([(place, trouble) for place, (code, entry) in found if (trouble := _trouble(case, code, entry))])


def unready(rule: Rule, case: Case) -> Unevaluated | None:
    """What a rule says when the claim has no date or no ICD-10-CM release covers it; None: it can be judged."""
    if case.once(_is_covered):
        return None
    if case.on is None:
        return rule.missing_key(["dos"])
    missing = rule.missing_table(case, "icd10cm")
    return replace(missing, reason=f"{missing.reason}: import {file_to_import(case.on)}")


def _is_covered(case: Case) -> bool:
    return case.on is not None and case.tables.release("icd10cm", case.on) is not None


def without_instructions(rule: Rule, case: Case, entries: Iterable[DiagnosisEntry]) -> Unevaluated | None:
    """What a rule that reads the tabular notes says when only a list of codes was imported; None: it can be judged."""
    if case.on is None or all(entry.instructions_known for entry in entries):
        return None
    reason = f"the ICD-10-CM release has codes but no notes: import {tabular_to_import(case.on)}"
    return Unevaluated(rule.rule_id, reason, "icd10cm")


def codes_of(case: Case) -> tuple[str, ...]:
    """The diagnosis codes of the claim in its order."""
    return tuple([diagnosis.diagnosis_code for diagnosis in case.claim.diagnoses])


def known(case: Case) -> tuple[PlacedDiagnosis, ...]:
    """The diagnoses the release knows on the date of service, in order; call `unready` first."""
    return case.once(_known)


def _known(case: Case) -> tuple[PlacedDiagnosis, ...]:
    found = enumerate(case.once(_entries))
    return tuple([PlacedDiagnosis(place, entry) for place, entry in found if entry is not None])


def _entries(case: Case) -> tuple[DiagnosisEntry | None, ...]:
    """For each diagnosis its entry on the date of service; None where there is none."""
    on = case.on
    return tuple([None if on is None else case.tables.diagnosis(code, on) for code in codes_of(case)])


def pointed(case: Case, line: ClaimLine) -> tuple[int, ...]:
    """The places of the diagnoses a line stands for: those it points to, all when it points to none."""
    many = len(case.claim.diagnoses)
    return tuple(place for place in line.pointers if place < many) or tuple(range(many))


def lines_at(case: Case, places: Collection[int]) -> tuple[int, ...]:
    """The lines that point to one of these diagnoses; () when the lines point nowhere: the claim as a whole."""
    wanted = frozenset(places)
    return tuple([index for index, line in case.lines() if not wanted.isdisjoint(line.pointers)])


def in_block(diagnosis_code: str, low: str, high: str) -> bool:
    """True when the code's category lies in `low`-`high` (three characters each, inclusive)."""
    return low <= diagnosis_code[:3] <= high


def injury_phase(diagnosis_code: str) -> str:
    """The seventh character of a full code, "" for every other code."""
    return diagnosis_code[-1] if len(diagnosis_code) == _FULL + 1 else ""


def drug_intent(diagnosis_code: str) -> str:
    """The character of T36-T50 that says how the drug did harm: 1-4 poisoning, 5 adverse effect, 6 underdosing; "" for
    other codes and headings."""
    if not in_block(diagnosis_code, "T36", "T50"):
        return ""
    bare = diagnosis_code.replace(".", "")[:6].rstrip("X")
    return bare[-1] if len(bare) >= 5 else ""


def is_external_cause(diagnosis_code: str) -> bool:
    """V00-Y99: what caused an injury; never a diagnosis by itself."""
    return diagnosis_code[0] in "VWXY"


# -- codes that cannot be billed as written ---------------------------------------------------------------------------


def trouble_of(case: Case, diagnosis_code: str) -> CodeTrouble | None:
    """Why the code cannot be billed on the date of service; None: it can. The release must cover the date."""
    return _trouble(case, diagnosis_code, None if case.on is None else case.tables.diagnosis(diagnosis_code, case.on))


def _trouble(case: Case, diagnosis_code: str, entry: DiagnosisEntry | None) -> CodeTrouble | None:
    on = case.on
    if on is None:
        return None
    if entry is not None:
        return None if entry.billable else _of_heading(case, on, entry)
    if told := _on_another_day(case, on, diagnosis_code):
        return CodeTrouble("other-day", told)
    return _of_unknown(case, on, diagnosis_code)


def _of_heading(case: Case, on: date, entry: DiagnosisEntry) -> CodeTrouble:
    code = entry.diagnosis_code
    letters = entry.seventh_characters or _letters_below(case, on, code)
    below = [child for child in _children(case, on, code) if not letters or len(child.diagnosis_code) <= _FULL]
    if below:
        named = tuple(child.diagnosis_code for child in below)
        return CodeTrouble("heading", f"{code} is a heading, not a code: choose {_listed(named)}", named)
    if letters:
        named = tuple(_padded(code) + letter for letter in letters)
        return CodeTrouble("seventh", f"{code} needs a 7th character: choose {_listed(named)}", named)
    return CodeTrouble("heading", f"{code} is a heading, not a code: choose a code below it")


def _of_unknown(case: Case, on: date, code: str) -> CodeTrouble:
    bare = code.replace(".", "")
    for length in range(len(bare) - 1, 2, -1):
        entry = case.tables.diagnosis(_pointed_form(bare[:length]), on)
        if entry is not None:
            return _of_tail(case, on, code, entry, bare[length:])
    return CodeTrouble("unknown", f"{code} is not in ICD-10-CM: look the code up again")


def _of_tail(case: Case, on: date, code: str, entry: DiagnosisEntry, tail: str) -> CodeTrouble:
    """What is wrong with a code of which only the beginning is known."""
    stem = entry.diagnosis_code
    letters = entry.seventh_characters or _letters_below(case, on, stem)
    children = [child.diagnosis_code for child in _children(case, on, stem)]
    below = [child for child in children if not letters or len(child) <= _FULL]
    filled = tail.lstrip("X")
    if letters and not below and len(filled) <= 1:
        named = tuple(_padded(stem) + letter for letter in letters)
        if not filled:
            return CodeTrouble("seventh", f"{code} needs a 7th character: choose {_listed(named)}", named)
        if filled in letters:
            right = _padded(stem) + filled
            message = f"{code} lacks or misplaces the placeholder X before its 7th character: write {right}"
            return CodeTrouble("seventh", message, (right,), right)
        message = f"{filled} is not a 7th character of {stem}: choose {_listed(named)}"
        return CodeTrouble("seventh", message, named)
    if entry.billable:
        return CodeTrouble("unknown", f"{code} is not in ICD-10-CM: {stem} is already a whole code", (stem,))
    named = tuple(below) or tuple(_padded(stem) + letter for letter in letters)
    return CodeTrouble("unknown", f"{code} is not in ICD-10-CM: below {stem} there are {_listed(named)}", named)


def _on_another_day(case: Case, on: date, code: str) -> str | None:
    """The window of a code that is known on another day of this release, the one before or the one after."""
    release = case.tables.release("icd10cm", on)
    if release is None:
        return None
    a_day = timedelta(days=1)
    days = (release.effective_through, release.effective_from, release.effective_from - a_day)
    for day in (*days, release.effective_through + a_day):
        entry = case.tables.diagnosis(code, day)
        if entry is None or case.tables.release("icd10cm", day) is None:
            continue
        if day > on:
            since = max(entry.effective_from, on + a_day)
            return f"{code} is not valid yet on {on:%Y-%m-%d}: it begins on {since:%Y-%m-%d}; use the code of that day"
        until = f" after {entry.effective_through:%Y-%m-%d}" if entry.effective_through else f" on {on:%Y-%m-%d}"
        return f"{code} is no longer valid{until}: use the code that replaced it"
    return None


def _children(case: Case, on: date, code: str) -> Iterator[DiagnosisEntry]:
    stem = code if "." in code else code + "."
    if len(stem) > _FULL:
        return
    for character in _NEXT:
        if (entry := case.tables.diagnosis(stem + character, on)) is not None:
            yield entry


def _letters_below(case: Case, on: date, code: str) -> tuple[str, ...]:
    """The 7th characters known from the codes themselves, where the release has no notes. Letters only: a digit in the
    seventh place is part of the code where no note makes it a 7th character."""
    stem = _padded(code)
    return tuple(
        letter for letter in _NEXT if letter.isalpha() and case.tables.diagnosis(stem + letter, on) is not None
    )


def _padded(code: str) -> str:
    """The first six characters with the placeholder X where there are fewer (OCG I.A.4)."""
    return (code if "." in code else code + ".").ljust(_FULL, "X")


def _pointed_form(bare: str) -> str:
    return bare if len(bare) <= 3 else f"{bare[:3]}.{bare[3:]}"


def _listed(codes: Collection[str]) -> str:
    named = list(codes)
    if len(named) > _MOST_NAMED:
        return ", ".join(named[:_MOST_NAMED]) + " and others"
    return " or ".join((", ".join(named[:-1]), named[-1])) if len(named) > 1 else "".join(named)


# -- sides ------------------------------------------------------------------------------------------------------------

Side = Literal["RT", "LT"]
BOTH: frozenset[Side] = frozenset(("RT", "LT"))
_SIDE_WORD = re.compile(r"\b(right|left|bilateral|both)\b", re.IGNORECASE)
_RIGHT: frozenset[Side] = frozenset(("RT",))
_LEFT: frozenset[Side] = frozenset(("LT",))
_NO_SIDE: frozenset[Side] = frozenset()
# Anatomical modifiers of HCPCS Level II that tell a side: eyelids, fingers, toes.
SIDE_OF_MODIFIER: Mapping[str, frozenset[Side]] = {
    **dict.fromkeys(("RT", "E3", "E4", *(f"F{n}" for n in range(5, 10)), *(f"T{n}" for n in range(5, 10))), _RIGHT),
    **dict.fromkeys(("LT", "E1", "E2", "FA", "TA", *(f"{a}{n}" for a in "FT" for n in range(1, 5))), _LEFT),
    "50": BOTH,
}


# Chapters in which the side of the title is the side that is treated.
SIDED = (
    *("C34", "C40", "C43", "C44", "C49", "C50", "C56", "C62", "C63", "C64", "C65", "C66", "C69", "C76", "C79"),
    *("D03", "D04", "D05", "D09", "D17", "D22", "D23", "D24", "D31", "D41", "G54", "G56", "G57", "G90.5"),
    *("H", "I70.", "I80", "I82", "I83", "I87", "L", "M", "N60", "N61", "N62", "N63", "N64", "N83", "R22.3", "S", "T"),
)


def side_of_entry(entry: DiagnosisEntry) -> frozenset[Side]:
    """The side the official description names: right, left, both for bilateral; empty when it names none."""
    return _side_of_title(entry.description)


@lru_cache(maxsize=4096)
def _side_of_title(title: str) -> frozenset[Side]:
    words = {word.casefold() for word in _SIDE_WORD.findall(title)}
    if words & {"bilateral", "both"}:
        return BOTH
    return (_RIGHT if "right" in words else _NO_SIDE) | (_LEFT if "left" in words else _NO_SIDE)


def sides_of_line(line: ClaimLine) -> frozenset[Side]:
    """The sides the line's modifiers tell, those of fingers, toes and eyelids included; empty when none does."""
    told: frozenset[Side] = _NO_SIDE
    for modifier in line.modifiers:
        told |= SIDE_OF_MODIFIER.get(modifier, _NO_SIDE)
    return told


# -- fixes ------------------------------------------------------------------------------------------------------------


def move_before(claim: Claim, mover: int, target: int, *, lead: bool = False) -> ProposedFix:
    """The claim with diagnosis `mover` (a place) put right before `target`; lines keep pointing to the same codes, and
    a line that points to both names the moved one first. With `lead` a line that points first to `target` and not to
    `mover` gets it in front: for codes that may not lead a line either. Never safe: the order says what the visit was
    for."""
    order = [place for place in range(len(claim.diagnoses)) if place != mover]
    order.insert(order.index(target), mover)
    lines = tuple(_pair_in_order(line, mover, target, lead) for line in claim.lines)
    return rebuilt(replace(claim, lines=lines), [(claim.diagnoses[old].diagnosis_code, (old,)) for old in order], claim)


def change_codes(claim: Claim, changes: Mapping[int, str | None]) -> ProposedFix:
    """The claim with other codes at these places; None takes the code away. A code that is then there twice is joined
    and its lines point to the first. Never safe. Raises ValueError if no diagnosis is left."""
    kept: dict[str, list[int]] = {}
    for place, diagnosis in enumerate(claim.diagnoses):
        code = changes.get(place, diagnosis.diagnosis_code)
        if code is not None:
            kept.setdefault(code, []).append(place)
    if not kept:
        raise ValueError("a fix may not take the last diagnosis of a claim")
    return rebuilt(claim, [(code, tuple(places)) for code, places in kept.items()], claim)


def rebuilt(claim: Claim, diagnoses: Iterable[tuple[str, tuple[int, ...]]], before: Claim) -> ProposedFix:
    """The claim with these diagnoses, each with the places it takes over; pointers follow."""
    wanted = list(diagnoses)
    moved = {old: new for new, (_code, olds) in enumerate(wanted) for old in olds}
    lines = tuple(
        _pointing(line, tuple(dict.fromkeys(moved[at] for at in line.pointers if at in moved))) for line in claim.lines
    )
    fixed = replace(claim, diagnoses=tuple(Diagnosis(code) for code, _olds in wanted), lines=lines)
    shown = ["dx: " + ", ".join(code for code, _olds in wanted)]
    shown += [write_service_line(new) for old, new in zip(before.lines, lines, strict=True) if old != new]
    return ProposedFix("; ".join(shown), False, fixed)


def _pointing(line: ClaimLine, pointers: tuple[int, ...]) -> ClaimLine:
    return line if pointers == line.pointers else replace(line, pointers=pointers)


def _pair_in_order(line: ClaimLine, first: int, second: int, lead: bool) -> ClaimLine:
    pointers = list(line.pointers)
    if first in pointers and second in pointers and pointers.index(first) > pointers.index(second):
        pointers.remove(first)
        pointers.insert(pointers.index(second), first)
    elif lead and pointers[:1] == [second] and first not in pointers and len(pointers) < _MOST_POINTERS:
        pointers.insert(0, first)
    return _pointing(line, tuple(pointers))
