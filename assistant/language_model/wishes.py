"""What a caller may ask of one answer: its length, temperature, seed, stop words and grammar. Nothing else is taken."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Wishes:
    """`max_tokens` of the answer; `temperature` 0 means always the likeliest token; `grammar` is GBNF text."""

    max_tokens: int
    temperature: float
    seed: int
    stop: tuple[str, ...]
    grammar: str | None


def wishes_of(own: Wishes, stop: Sequence[str] | None, given: Mapping[str, Any]) -> Wishes:
    """A model's own settings with those given for one call in their place (None or absent: the model's own).

    Raises TypeError for a name that is none of the wishes, so that nothing asked for is left undone unseen, and
    ValueError for a value out of range.
    """
    known = [field.name for field in fields(Wishes)]
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f'; did you mean "{near[0]}"?' if near else f"; it takes {', '.join(known)}"
            raise TypeError(f'this model takes no "{name}"{hint}')
    changes = {name: value for name, value in given.items() if value is not None}
    if stop is not None:
        changes["stop"] = stop
    if "stop" in changes:
        changes["stop"] = (changes["stop"],) if isinstance(changes["stop"], str) else tuple(changes["stop"])
    wishes = replace(own, **changes)
    if wishes.max_tokens < 1:
        raise ValueError(f"max_tokens is {wishes.max_tokens}; it must be 1 or more")
    if wishes.temperature < 0:
        raise ValueError(f"temperature is {wishes.temperature}; it must be 0 or more")
    if wishes.seed < 0:
        raise ValueError(f"seed is {wishes.seed}; it must be 0 or more")
    if "" in wishes.stop:
        raise ValueError("a stop word is empty; it would stop every answer before its first letter")
    return wishes
