"""Which lines of a claim the `when` of a rule block selects.

Does not look at what the block then requires, nor at the note's payers and dates.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

from assistant.rules.block_result import Answer, Missing, all_hold
from assistant.rules.laterality import is_bilateral
from ingest.claims.model import Claim
from ingest.codes import CodeSet, diagnosis_matches
from ingest.notes.model import When

# The place of the claim itself among its lines, for a block without `when`.
WHOLE_CLAIM = -1


@dataclass(frozen=True, slots=True)
class Selected:
    """A line (0-based, or WHOLE_CLAIM) a block selects; `missing` are the header keys that would decide whether."""

    index: int
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Conditions:
    """A `when` with the tests of those conditions that it names."""

    when: When
    of_the_claim: tuple[Callable[[When, Claim], Answer], ...]
    of_the_line: tuple[Callable[[When, Claim, int], Answer], ...]

    @classmethod
    def of(cls, when: When) -> Conditions:
        """The conditions of a `when`."""
        named = frozenset(
            field.name for field in fields(when) if getattr(when, field.name) not in (None, (), CodeSet())
        )
        return cls(
            when,
            tuple(test for name, test in _OF_THE_CLAIM.items() if name in named),
            tuple(test for name, test in _OF_THE_LINE.items() if name in named),
        )


def selection(conditions: Conditions | None, claim: Claim) -> tuple[Selected, ...]:
    """The lines selected or possibly selected, in claim order; of None the claim as a whole.

    A line that fails one known condition is left out, whatever else is unknown.
    """
    if conditions is None:
        return (Selected(WHOLE_CLAIM),)
    when = conditions.when
    codes = when.codes
    places = [index for index, line in enumerate(claim.lines) if not codes or line.procedure_code in codes]
    if not places:
        return ()
    of_the_claim = [test(when, claim) for test in conditions.of_the_claim]
    if False in of_the_claim:
        return ()
    chosen: list[Selected] = []
    for index in places:
        answer = all_hold(of_the_claim + [test(when, claim, index) for test in conditions.of_the_line])
        if isinstance(answer, Missing):
            chosen.append(Selected(index, answer.keys))
        elif answer:
            chosen.append(Selected(index))
    return tuple(chosen)


def diagnoses_of(claim: Claim, index: int) -> tuple[str, ...] | None:
    """The codes the line points to (all of the claim, if it points to none or is WHOLE_CLAIM); None when none is said.

    Pointers to a diagnosis the claim does not have count for nothing.
    """
    codes = tuple(diagnosis.diagnosis_code for diagnosis in claim.diagnoses)
    pointers = claim.lines[index].pointers if index != WHOLE_CLAIM else ()
    if pointers:
        codes = tuple(codes[pointer] for pointer in pointers if 0 <= pointer < len(codes))
    return codes or None


def has_diagnosis(claim: Claim, index: int, selectors: tuple[str, ...]) -> Answer:
    """True when one of the line's diagnoses is selected by a code, a prefix or a range."""
    codes = diagnoses_of(claim, index)
    if codes is None:
        return Missing(("dx",))
    return any(diagnosis_matches(code, selector) for code in codes for selector in selectors)


def at_place(claim: Claim, places: tuple[str, ...]) -> Answer:
    """True when the claim's place of service is one of `places`."""
    return Missing(("pos",)) if claim.place_of_service is None else claim.place_of_service in places


def _modifiers(when: When, claim: Claim, index: int) -> Answer:
    return any(modifier in when.modifiers for modifier in claim.lines[index].modifiers)


def _with(when: When, claim: Claim, index: int) -> Answer:
    return any(code in when.with_codes for code in _other_codes(claim, index))


def _without(when: When, claim: Claim, index: int) -> Answer:
    return not any(code in when.without_codes for code in _other_codes(claim, index))


def _other_codes(claim: Claim, index: int) -> list[str]:
    return [line.procedure_code for other, line in enumerate(claim.lines) if other != index]


def _diagnoses(when: When, claim: Claim, index: int) -> Answer:
    return has_diagnosis(claim, index, when.diagnoses)


def _places(when: When, claim: Claim) -> Answer:
    return at_place(claim, when.places)


def _bilateral(when: When, claim: Claim, index: int) -> Answer:
    return is_bilateral(claim, claim.lines[index].procedure_code) == when.bilateral


def _units(when: When, claim: Claim, index: int) -> Answer:
    return when.units is None or claim.lines[index].units in when.units


def _age(when: When, claim: Claim) -> Answer:
    if when.age is None:
        return True
    return Missing(("age",)) if claim.age is None else claim.age in when.age


def _sex(when: When, claim: Claim) -> Answer:
    if when.sex is None:
        return True
    return Missing(("sex",)) if claim.sex is None else claim.sex.upper() == when.sex.upper()


def _new_patient(when: When, claim: Claim) -> Answer:
    return Missing(("new-patient",)) if claim.new_patient is None else claim.new_patient == when.new_patient


def _days_since(when: When, claim: Claim) -> Answer:
    since = when.days_since
    if since is None:
        return True
    if claim.prior is None:
        return Missing(("prior",))
    days = [prior.date_of_service for prior in claim.prior if prior.procedure_code in since.codes]
    if not days:
        return False
    if claim.date_of_service is None:
        return Missing(("dos",))
    return any((claim.date_of_service - day).days in since.days for day in days)


# The test of each field of `When` but `codes`; it is asked only where the field says something.
_OF_THE_LINE: dict[str, Callable[[When, Claim, int], Answer]] = {
    "modifiers": _modifiers,
    "with_codes": _with,
    "without_codes": _without,
    "diagnoses": _diagnoses,
    "bilateral": _bilateral,
    "units": _units,
}
_OF_THE_CLAIM: dict[str, Callable[[When, Claim], Answer]] = {
    "places": _places,
    "age": _age,
    "sex": _sex,
    "new_patient": _new_patient,
    "days_since": _days_since,
}
