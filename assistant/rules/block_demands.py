"""What a rule block requires and forbids, as single demands that a claim line or a claim meets or not.

Does not select lines, and does not sum units over lines (`units-max`): the interpreter does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from assistant.rules.block_conditions import at_place, has_diagnosis
from assistant.rules.block_result import Answer, Missing
from assistant.rules.laterality import SIDE_MODIFIERS
from ingest.claims.model import Claim
from ingest.codes import CodeSet
from ingest.notes.model import RuleBlock

# Modifiers that answer the same question of a payer. A rule about one question says nothing about the others.
_QUESTIONS: tuple[tuple[str, frozenset[str]], ...] = (
    ("side", SIDE_MODIFIERS),
    ("distinct", frozenset({"59", "XE", "XP", "XS", "XU"})),
    ("global", frozenset({"24", "57", "58", "78", "79"})),
    ("component", frozenset({"26", "TC"})),
)
UNITS_KEY = "units"


@dataclass(frozen=True, slots=True)
class Demand:
    """One thing the block asks: `name` as in the vocabulary, `value` one modifier, word or number, or a list of places.

    `forbidden` turns it round. `key` is what a higher level's rule suspends it by: the name, for modifiers with the
    question they answer.
    """

    name: str
    value: Any
    forbidden: bool = False
    key: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", modifier_key(self.value) if self.name == "modifiers" else self.name)

    @property
    def on_each_line(self) -> bool:
        """True when a block that looks at the claim once asks it of every line."""
        return self.name in ("modifiers", UNITS_KEY)

    def holds(self, claim: Claim, index: int) -> Answer:
        """True when the line at `index` (0-based, or WHOLE_CLAIM) and its claim meet the demand."""
        answer = _TESTS[self.name](claim, index, self.value)
        return not answer if self.forbidden and not isinstance(answer, Missing) else answer


def modifier_key(modifier: str) -> str:
    """The key of a demand on this modifier: `modifiers:side` for 50, RT and LT, and so on; else `modifiers:25`."""
    return "modifiers:" + next((name for name, members in _QUESTIONS if modifier in members), modifier)


def demands(block: RuleBlock) -> tuple[Demand, ...]:
    """Every demand of the block but `units-max`, in the order of the vocabulary."""
    return (*_required(block), *_forbidden(block))


def block_keys(block: RuleBlock) -> frozenset[str]:
    """The keys the block says something about; `units-max` speaks about `units`."""
    keys = {demand.key for demand in demands(block)}
    return frozenset(keys | {UNITS_KEY} if block.units_max is not None else keys)


def _required(block: RuleBlock) -> Iterator[Demand]:
    if require := block.require:
        yield from (Demand("modifiers", modifier) for modifier in require.modifiers)
        if require.units is not None:
            yield Demand(UNITS_KEY, require.units)
        if require.places:
            yield Demand("places", require.places)
        if require.diagnoses:
            yield Demand("diagnoses", require.diagnoses)
        if require.authorization:
            yield Demand("authorization", True)
        yield from (Demand("documentation", word) for word in require.documentation)
        yield from (Demand("attachments", word) for word in require.attachments)
    if block.file_within_days is not None:
        yield Demand("file-within-days", block.file_within_days)


def _forbidden(block: RuleBlock) -> Iterator[Demand]:
    if forbid := block.forbid:
        yield from (Demand("modifiers", modifier, forbidden=True) for modifier in forbid.modifiers)
        if forbid.units is not None:
            yield Demand(UNITS_KEY, forbid.units, forbidden=True)
        if forbid.places:
            yield Demand("places", forbid.places, forbidden=True)
        if forbid.diagnoses:
            yield Demand("diagnoses", forbid.diagnoses, forbidden=True)
        if forbid.codes:
            yield Demand("codes", forbid.codes, forbidden=True)


def _modifiers(claim: Claim, index: int, modifier: str) -> Answer:
    return modifier in claim.lines[index].modifiers


def _units(claim: Claim, index: int, units: int) -> Answer:
    return claim.lines[index].units == units


def _places(claim: Claim, _: int, places: tuple[str, ...]) -> Answer:
    return at_place(claim, places)


def _codes(claim: Claim, _: int, codes: CodeSet) -> Answer:
    return any(line.procedure_code in codes for line in claim.lines)


def _authorization(claim: Claim, _: int, wanted: bool) -> Answer:
    # A claim that names no authorization has none: that is how it would go out.
    return (claim.authorization is not None) == wanted


def _documentation(claim: Claim, _: int, word: str) -> Answer:
    return _has(claim.documentation, word, "documentation")


def _attachments(claim: Claim, _: int, word: str) -> Answer:
    return _has(claim.attachments, word, "attachments")


def _in_time(claim: Claim, _: int, days: int) -> Answer:
    received, served = claim.received, claim.date_of_service
    if received is None or served is None:
        return Missing(tuple(key for key, day in (("dos", served), ("received", received)) if day is None))
    return (received - served).days <= days


def _has(words: tuple[str, ...] | None, wanted: str, key: str) -> Answer:
    return Missing((key,)) if words is None else _folded(wanted) in map(_folded, words)


def _folded(words: str) -> str:
    """Letter case, dashes and white space apart, "CT-report" and "ct  report" are the same words."""
    return " ".join(re.sub(r"[-\u2010-\u2015]", " ", words).casefold().split())


_TESTS: dict[str, Callable[[Claim, int, Any], Answer]] = {
    "modifiers": _modifiers,
    UNITS_KEY: _units,
    "places": _places,
    "diagnoses": has_diagnosis,
    "authorization": _authorization,
    "documentation": _documentation,
    "attachments": _attachments,
    "file-within-days": _in_time,
    "codes": _codes,
}
