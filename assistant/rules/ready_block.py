"""A rule block made ready for many claims: its conditions, demands and keys, worked out once. Judges no claim."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.rules.block_conditions import Conditions
from assistant.rules.block_demands import Demand, block_keys, demands
from ingest.notes.model import RuleBlock


@dataclass(frozen=True, slots=True)
class ReadyBlock:
    """A block with what it selects (None: the claim as a whole) and what it asks, of each line and of the claim."""

    block: RuleBlock
    conditions: Conditions | None
    demands: tuple[Demand, ...]
    of_each_line: tuple[Demand, ...]
    of_the_claim: tuple[Demand, ...]
    keys: frozenset[str]

    @classmethod
    def of(cls, block: RuleBlock) -> ReadyBlock:
        """The block made ready."""
        asked = demands(block)
        return cls(
            block,
            Conditions.of(block.when) if block.when is not None else None,
            asked,
            tuple(one for one in asked if one.on_each_line),
            tuple(one for one in asked if not one.on_each_line),
            block_keys(block),
        )
