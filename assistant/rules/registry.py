"""Finds the coded rules: every module of this room whose name is a rule id. Does not run them."""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

import assistant.rules as room
from assistant.rules.rule import Rule

RULE_MODULE = re.compile(r"[A-Z]{2,4}\d{3}\Z")


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, by id."""
    names = sorted(module.name for module in iter_modules(room.__path__) if RULE_MODULE.match(module.name))
    return tuple(import_module(f"{room.__name__}.{name}").RULE for name in names)


def explanation(rule_id: str) -> str:
    """The documentation of one rule: the docstring of its module. Raises KeyError for an id no rule has."""
    if rule_id not in {rule.rule_id for rule in all_rules()}:
        raise KeyError(rule_id)
    return (import_module(f"{room.__name__}.{rule_id}").__doc__ or "").strip()
