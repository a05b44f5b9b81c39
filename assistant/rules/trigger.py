"""What a claim must hold before a rule can say anything of it, and which of many rules a claim so needs. Runs no rule.

A trigger saves time and decides nothing: a rule says the same of a claim with its trigger and without.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from ingest.claims.model import Claim

_MOST_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class Trigger:
    """What must all be there: a line with one of the procedure codes, a line (the same or another) with one of the
    modifiers, a diagnosis that begins with one of the prefixes. None asks nothing."""

    procedure_codes: Collection[str] | None = None
    modifiers: Collection[str] | None = None
    diagnoses: tuple[str, ...] | None = None

    def met(self, claim: Claim) -> bool:
        """True when the claim holds all of it."""
        codes, modifiers, prefixes = self.procedure_codes, self.modifiers, self.diagnoses
        return (
            (codes is None or any(line.procedure_code in codes for line in claim.lines))
            and (modifiers is None or any(one in modifiers for line in claim.lines for one in line.modifiers))
            and (prefixes is None or any(one.diagnosis_code.startswith(prefixes) for one in claim.diagnoses))
        )


class TriggerIndex:
    """Which of many triggers (None: always met) a claim meets: the answer of `Trigger.met` for each, by a look for each
    code of the claim. Bit n of a number stands for trigger n."""

    def __init__(self, triggers: Sequence[Trigger | None]) -> None:
        placed = list(enumerate(one or Trigger() for one in triggers))
        self._by_code = _bits((place, one.procedure_codes) for place, one in placed)
        self._by_modifier = _bits((place, one.modifiers) for place, one in placed)
        self._any_code = _sum(place for place, one in placed if one.procedure_codes is None)
        self._any_modifier = _sum(place for place, one in placed if one.modifiers is None)
        self._any_diagnosis = _sum(place for place, one in placed if one.diagnoses is None)
        self._prefixes = [(place, one.diagnoses) for place, one in placed if one.diagnoses is not None]
        self._by_diagnosis: dict[str, int] = {}
        self._places: dict[int, tuple[int, ...]] = {}

    def met(self, claim: Claim) -> tuple[int, ...]:
        """The places of the triggers that the claim meets, in order."""
        codes, modifiers, diagnoses = self._any_code, self._any_modifier, self._any_diagnosis
        for line in claim.lines:
            codes |= self._by_code.get(line.procedure_code, 0)
            for modifier in line.modifiers:
                modifiers |= self._by_modifier.get(modifier, 0)
        for diagnosis in claim.diagnoses:
            diagnoses |= self._of_diagnosis(diagnosis.diagnosis_code)
        bits = codes & modifiers & diagnoses
        places = self._places.get(bits)
        if places is None:
            if len(self._places) >= _MOST_REMEMBERED:
                self._places.clear()
            places = self._places[bits] = tuple([place for place, bit in enumerate(bin(bits)[:1:-1]) if bit == "1"])
        return places

    def _of_diagnosis(self, diagnosis_code: str) -> int:
        bits = self._by_diagnosis.get(diagnosis_code)
        if bits is None:
            if len(self._by_diagnosis) >= _MOST_REMEMBERED:
                self._by_diagnosis.clear()
            bits = _sum(place for place, prefixes in self._prefixes if diagnosis_code.startswith(prefixes))
            self._by_diagnosis[diagnosis_code] = bits
        return bits


def _bits(wanted: Iterable[tuple[int, Collection[str] | None]]) -> dict[str, int]:
    """For each word the triggers that are content with it."""
    found: dict[str, int] = defaultdict(int)
    for place, words in wanted:
        for word in words or ():
            found[word] |= 1 << place
    return dict(found)


def _sum(places: Iterable[int]) -> int:
    return sum(1 << place for place in places)
