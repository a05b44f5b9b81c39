"""What several diagnoses of one note mean together: combinations, parts of a disease, exclusions. Reads no text.

Source: ICD-10-CM Official Guidelines, sections I.A.12.a (Excludes1), I.A.15 ("with"), I.B.5 (integral symptoms), I.B.9
(combination codes), I.B.13 (sides), I.C.2 (neoplasms without a report), I.C.9.a (hypertension with heart and kidney
disease). The tables of pairs are our own.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from importlib.resources import files
from itertools import combinations

from assistant.propose.diagnoses_draft import Draft, merged
from assistant.propose.diagnoses_index import DiagnosisIndex, DiagnosisLists
from assistant.propose.model import BOTH, Rejected

# "Left growth" is none of the kidney, the one organ with sides in its category; a PCP is a physician, HR a rate, and a
# shock of 200 joules no failure of the circulation.
_MUST_SAY = tuple(
    (start, re.compile(word, re.IGNORECASE))
    for start, word in (
        ("D49.51", r"kidney|renal"),
        ("F16", r"hallucinogen|phencyclidine|lsd|abuse|intoxic"),
        ("M70.9", r"overuse|repetit|strain"),
        ("Z17", r"receptor|estrogen"),
        ("R57", r"cardiogenic|septic|hypovol|circulatory|in shock"),
    )
)
_SINUSES = ("0", "1", "2", "3")
_MOST_WEIGHED = 80


@dataclass(frozen=True, slots=True)
class Pairs:
    """The tables of diagnoses_pairs.toml: beginnings of codes and what they mean for each other."""

    part_of: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    combined: tuple[tuple[str, str, str, bool], ...]
    often_both: tuple[tuple[str, str], ...]
    without_report: Mapping[str, str]
    yields: frozenset[str]


@cache
def pairs() -> Pairs:
    """The tables, read once."""
    read = tomllib.loads(files("assistant.propose").joinpath("diagnoses_pairs.toml").read_text("utf-8"))
    return Pairs(
        tuple((tuple(symptoms.split()), tuple(diseases.split())) for symptoms, diseases in read["part-of"].items()),
        tuple((*_two(both), whole.split()[0], "+" in whole) for both, whole in read["combined"].items()),
        tuple((one, other) for one, others in read["often-both"].items() for other in others.split()),
        read["without-report"],
        frozenset(read["yields"]["codes"].split()),
    )


def _two(written: str) -> tuple[str, str]:
    first, second = written.split()
    return first, second


@dataclass
class Weighing:
    """The drafts of a note while rules change them, and what was refused on the way."""

    drafts: list[Draft]
    index: DiagnosisIndex = field(repr=False)
    lists: DiagnosisLists = field(repr=False)
    on: date
    has_pathology: bool
    rejected: list[Rejected] = field(default_factory=list, repr=False)

    def refuse(self, draft: Draft, why: str) -> None:
        """Take a draft out, and say why."""
        self.drafts = [one for one in self.drafts if one is not draft]
        self.rejected.append(Rejected(draft.diagnosis_code, why, draft.evidence))

    def put(self, olds: Sequence[Draft], diagnosis_code: str) -> None:
        """One code in the place of several."""
        if not olds:
            return
        whole = olds[0]
        for old in olds[1:]:
            whole = merged(whole, old)
        entry = self.lists.diagnosis(diagnosis_code, self.on)
        title = entry.description if entry else whole.title
        new = replace(whole, diagnosis_code=diagnosis_code, title=title, side_open=False)
        self.drafts = [one for one in self.drafts if all(one is not old for old in olds)]
        self.drafts.append(new)


def weigh(weighing: Weighing) -> None:
    """Run every rule, in order."""
    for rule in _RULES:
        rule(weighing)


def _same_code(weighing: Weighing) -> None:
    found: dict[str, Draft] = {}
    for draft in weighing.drafts:
        code = draft.diagnosis_code
        found[code] = merged(found[code], draft) if code in found else draft
    weighing.drafts = sorted(found.values(), key=lambda one: (-one.firm, one.place))[:_MOST_WEIGHED]


def _several_sinuses(weighing: Weighing) -> None:
    for stem, some, every in (("J32.", "J32.8", "J32.4"), ("J01.", "J01.80", "J01.40")):
        mine = [one for one in weighing.drafts if one.diagnosis_code.startswith(stem)]
        named = {one.diagnosis_code[4] for one in mine} & set(_SINUSES)
        if any(one.diagnosis_code == every for one in mine):
            weighing.put(mine, every)
        elif len(named) > 1:
            weighing.put(mine, every if len(named) == len(_SINUSES) else some)
        elif any(one.diagnosis_code == some for one in mine):
            weighing.put(mine, some)


def _both_sides(weighing: Weighing) -> None:
    """Right and left of one code become the code for both, where there is one (I.B.13)."""
    for one, other in combinations(list(weighing.drafts), 2):
        if one not in weighing.drafts or other not in weighing.drafts or one.category != other.category:
            continue
        if one.sides == other.sides or not (one.sides and other.sides):
            continue
        mine, theirs = _sideless(one.title), _sideless(other.title)
        if mine != theirs:
            continue
        for leaf in weighing.index.leaves(one.category):
            if "bilateral" in leaf.title.lower() and _sideless(leaf.title) == mine and not leaf.seventh:
                weighing.put([one, other], leaf.diagnosis_code)
                break


def _misread(weighing: Weighing) -> None:
    """Codes of rare things that common words and abbreviations look like stand only where their own word is said."""
    for draft in list(weighing.drafts):
        need = next((word for start, word in _MUST_SAY if draft.diagnosis_code.startswith(start)), None)
        if need is not None and not any(need.search(one.quote) for one in draft.evidence):
            weighing.drafts = [one for one in weighing.drafts if one is not draft]


def _paralyzed_cords(weighing: Weighing) -> None:
    """A paralyzed cord whose side is told is one cord, or both (J38.01, J38.02)."""
    for draft in [one for one in weighing.drafts if one.diagnosis_code == "J38.00" and one.sides]:
        weighing.put([draft], "J38.02" if draft.sides == BOTH else "J38.01")


def _sideless(title: str) -> frozenset[str]:
    from assistant.propose.diagnoses_titles import leaf_words

    return frozenset(leaf_words(title)) - {"right", "left", "bilateral", "unilateral"}


def _less_exact(weighing: Weighing) -> None:
    """Of one category the exact code stands and the vague one goes; a code below another takes its place."""
    for vague in list(weighing.drafts):
        for exact in list(weighing.drafts):
            if exact is vague or vague not in weighing.drafts or exact not in weighing.drafts:
                continue
            if exact.category != vague.category or not _may_replace(vague, exact):
                continue
            weighing.drafts = [one for one in weighing.drafts if one is not vague and one is not exact]
            weighing.drafts.append(merged(exact, vague))
            break


def _may_replace(vague: Draft, exact: Draft) -> bool:
    if exact.reserve and not vague.reserve:
        return False
    if vague.sides and exact.sides and not vague.sides & exact.sides:
        return False
    if vague.reserve and not exact.reserve and vague.category[0] not in "ST":
        return True
    if vague.diagnosis_code in pairs().yields:
        return not exact.is_vague and exact.diagnosis_code not in pairs().yields
    related = bool(set(vague.words) & set(exact.words)) or vague.diagnosis_code[:5] == exact.diagnosis_code[:5]
    # Of one organ the vague code adds nothing to the exact one; of skin, bones and growths it may be elsewhere.
    related = related or vague.category[0] not in "CDLMST"
    if min(vague.firm, exact.firm) > 2 and vague.evidence != exact.evidence and not vague.side_open:
        # Two statements of their own: one goes only where the other says all of it.
        related = set(vague.words) <= set(exact.words) or vague.diagnosis_code[:5] == exact.diagnosis_code[:5]
    return vague.is_vague and not exact.is_vague and related and not exact.title.startswith("Other")


def _combined(weighing: Weighing) -> None:
    for first, second, whole, keeps in pairs().combined:
        ones = [one for one in weighing.drafts if one.diagnosis_code.startswith(first)]
        others = [one for one in weighing.drafts if one.diagnosis_code.startswith(second) and one not in ones]
        if ones and others:
            weighing.put([ones[0]] if keeps else [ones[0], others[0]], whole)


def _heart_and_kidney(weighing: Weighing) -> None:
    """Hypertension with heart failure or kidney disease is one disease, unless the record says otherwise (I.C.9.a)."""

    def held(*beginnings: str) -> list[Draft]:
        return [one for one in weighing.drafts if one.diagnosis_code.startswith(beginnings)]

    pressure, heart, kidney = held("I10"), held("I50"), held("N18")
    if not pressure or not (heart or kidney):
        return
    late = any(one.diagnosis_code in {"N18.5", "N18.6"} for one in kidney)
    if heart and kidney:
        code = "I13.2" if late else "I13.0"
    elif heart:
        code = "I11.0"
    else:
        code = "I12.0" if late else "I12.9"
    weighing.put(pressure, code)
    sugar = [one for one in weighing.drafts if one.diagnosis_code == "E11.9"]
    if kidney and sugar:
        weighing.put(sugar, "E11.22")


def _sugar_and_kidney(weighing: Weighing) -> None:
    kidney = [one for one in weighing.drafts if one.diagnosis_code.startswith("N18")]
    sugar = [one for one in weighing.drafts if one.diagnosis_code == "E11.9"]
    if kidney and sugar:
        weighing.put(sugar, "E11.22")


def _without_report(weighing: Weighing) -> None:
    """Uncertain behavior is a pathologist's word: without a report the behavior is unspecified (I.C.2)."""
    if weighing.has_pathology:
        return
    for draft in list(weighing.drafts):
        code = next(
            (to for start, to in pairs().without_report.items() if draft.diagnosis_code.startswith(start)), None
        )
        if code:
            weighing.rejected.append(
                Rejected(
                    draft.diagnosis_code,
                    "uncertain behavior is coded from a pathology report, and none is told",
                    draft.evidence,
                )
            )
            weighing.put([draft], code)


def _integral(weighing: Weighing) -> None:
    for draft in list(weighing.drafts):
        diseases = tuple(
            start for symptoms, held in pairs().part_of if draft.diagnosis_code.startswith(symptoms) for start in held
        )
        if not diseases:
            continue
        disease = next(
            (
                one for one in weighing.drafts
                if one is not draft and one.diagnosis_code.startswith(diseases)
                and not one.reserve and not (draft.sides and one.sides and not draft.sides & one.sides)
            ),
            None,
        )  # fmt: skip
        if disease is not None:
            weighing.refuse(
                draft, f"usually part of {disease.diagnosis_code}: coded only where the record shows another cause"
            )


def _excluded(weighing: Weighing) -> None:
    """Of two that exclude each other the symptom, the status or the vaguer one goes."""
    for one, other in combinations(list(weighing.drafts), 2):
        if one not in weighing.drafts or other not in weighing.drafts or not _exclude(weighing, one, other):
            continue
        if one.reserve != other.reserve:
            weighing.drafts = [held for held in weighing.drafts if held is not (one if one.reserve else other)]
            continue
        if (one.sides and other.sides and not one.sides & other.sides) or _often_both(one, other):
            continue
        lesser, kept = (one, other) if _weight(one) < _weight(other) else (other, one)
        if _weight(one) == _weight(other):
            continue
        weighing.refuse(lesser, f"not coded together with {kept.diagnosis_code} (Excludes1): the more exact one stands")


def _often_both(one: Draft, other: Draft) -> bool:
    codes = (one.diagnosis_code, other.diagnosis_code)
    return any(
        (codes[0].startswith(this) and codes[1].startswith(that))
        or (codes[1].startswith(this) and codes[0].startswith(that))
        for this, that in pairs().often_both
    )


def _aftercare_of_injury(weighing: Weighing) -> None:
    """Aftercare of an injury is the injury with its 7th character, not an aftercare code (I.C.21.c.7)."""
    injury = next(
        (one for one in weighing.drafts if one.diagnosis_code[0] == "S" and one.diagnosis_code[-1] not in "AS"), None
    )
    for draft in list(weighing.drafts):
        if injury is not None and draft.diagnosis_code.startswith(("Z47", "Z48")):
            weighing.refuse(draft, f"aftercare of an injury is coded as the injury itself ({injury.diagnosis_code})")


def _weight(draft: Draft) -> tuple[int, int, int]:
    code = draft.diagnosis_code
    lesser = draft.is_symptom or code.startswith(("Z8", "Z9"))
    return (0 if lesser else 1, 0 if draft.is_vague else 1, draft.firm)


def _exclude(weighing: Weighing, one: Draft, other: Draft) -> bool:
    for this, that in ((one, other), (other, one)):
        entry = weighing.lists.diagnosis(this.diagnosis_code, weighing.on)
        for span, heading in entry.excludes1 if entry else ():
            narrow = heading.startswith(this.category) and span.low[:3] == span.high[:3]
            if narrow and that.diagnosis_code in span and not that.diagnosis_code.startswith(heading):
                return True
    return False


def explained(drafts: Iterable[Draft]) -> bool:
    """Whether a disease among them explains symptoms."""
    return any(not one.is_symptom and not one.diagnosis_code.startswith("Z") for one in drafts)


_RULES: tuple[Callable[[Weighing], None], ...] = (
    _misread,
    _same_code,
    _several_sinuses,
    _combined,
    _both_sides,
    _paralyzed_cords,
    _less_exact,
    _heart_and_kidney,
    _sugar_and_kidney,
    _without_report,
    _aftercare_of_injury,
    _integral,
    _excluded,
    _same_code,
)
