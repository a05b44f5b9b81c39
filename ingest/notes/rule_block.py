"""Rule blocks: the fenced YAML of a note as `RuleBlock`, every key checked against the closed vocabulary.

Does not run a rule or read the claims in its examples, and keeps no block of which a part could not be read.
"""

from __future__ import annotations

from typing import Literal, cast

from ingest.codes import CodeSet
from ingest.notes.block_parts import ValueReader, example_items, read_block, read_keys
from ingest.notes.checks import Check, ProblemLog, shown
from ingest.notes.model import (
    DaysSince,
    Example,
    Fix,
    Forbid,
    NumberRange,
    Require,
    RuleBlock,
    Section,
    Severity,
    When,
)
from ingest.notes.outline import Fence
from ingest.notes.values import (
    SLUG_FORM,
    choice,
    read_codes,
    read_diagnoses,
    read_list,
    read_modifiers,
    read_number,
    read_number_range,
    read_places,
    read_sex,
    read_text,
    read_yes_no,
    slugged,
)
from ingest.notes.yaml_text import Mapping, Node

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "advice")
FIXES: tuple[Fix, ...] = ("one-line-50", "two-lines-rt-lt", "drop-modifier", "set-units")


def _days_since(node: Node, key: str, log: ProblemLog) -> DaysSince | None:
    if not isinstance(node, Mapping):
        log.add(Check.SHAPE, node.line, f'write "{key}" as {key}: {{codes: [30520], days: 1-90}}')
        return None
    values = read_keys(node, key, {"codes": read_codes, "days": read_number_range}, log, {})
    codes, days = values.get("codes", CodeSet()), values.get("days")
    if not codes or not isinstance(days, NumberRange):
        log.add(Check.SHAPE, node.line, f'"{key}" needs both codes and days: {key}: {{codes: [30520], days: 1-90}}')
        return None
    return DaysSince(codes, days)


WHEN_ROWS: dict[str, ValueReader] = {
    "codes": read_codes,
    "modifiers": read_modifiers,
    "with": read_codes,
    "without": read_codes,
    "diagnoses": read_diagnoses,
    "places": read_places,
    "bilateral": read_yes_no,
    "units": read_number_range,
    "age": read_number_range,
    "sex": read_sex,
    "new-patient": read_yes_no,
    "days-since": _days_since,
}
REQUIRE_ROWS: dict[str, ValueReader] = {
    "modifiers": read_modifiers,
    "units": read_number,
    "places": read_places,
    "diagnoses": read_diagnoses,
    "authorization": read_yes_no,
    "documentation": read_list,
    "attachments": read_list,
}
FORBID_ROWS: dict[str, ValueReader] = {
    "modifiers": read_modifiers,
    "units": read_number,
    "places": read_places,
    "diagnoses": read_diagnoses,
    "codes": read_codes,
}
# Two keys of `when` are Python's own words or read better as another name in the model.
_ATTRIBUTES = {"with": "with_codes", "without": "without_codes"}


def _when(node: Node, key: str, log: ProblemLog) -> When | None:
    mapping = _part(node, key, log)
    values = read_keys(mapping, f"`{key}`", WHEN_ROWS, log, _BELONGS) if mapping else {}
    return When(**{_ATTRIBUTES.get(name, name.replace("-", "_")): value for name, value in values.items()})


def _require(node: Node, key: str, log: ProblemLog) -> Require | None:
    mapping = _part(node, key, log)
    return Require(**read_keys(mapping, f"`{key}`", REQUIRE_ROWS, log, _BELONGS)) if mapping else None


def _forbid(node: Node, key: str, log: ProblemLog) -> Forbid | None:
    mapping = _part(node, key, log)
    return Forbid(**read_keys(mapping, f"`{key}`", FORBID_ROWS, log, _BELONGS)) if mapping else None


def _part(node: Node, key: str, log: ProblemLog) -> Mapping | None:
    if isinstance(node, Mapping):
        return node
    log.add(
        Check.SHAPE, node.line, f'"{key}" holds keys of its own; write {key}: {{modifiers: ["50"]}} or one key a line'
    )
    return None


def _examples(node: Node, _key: str, log: ProblemLog) -> tuple[Example, ...]:
    return tuple(
        Example(cast(Literal["pass", "fail"], word), text, line)
        for word, text, line in example_items(node, ("pass", "fail"), log)
    )


def _rule_id(node: Node, key: str, log: ProblemLog) -> str | None:
    text = read_text(node, key, log)
    if text is None or SLUG_FORM.match(text):
        return text
    slug = slugged(text)
    near = f'; did you mean "{slug}"?' if slug else ""
    log.add(Check.RULE_ID, node.line, f"the id {shown(text)} is not lower-case words joined by hyphens{near}")
    return None


BLOCK_ROWS: dict[str, ValueReader] = {
    "id": _rule_id,
    "when": _when,
    "require": _require,
    "forbid": _forbid,
    "units-max": read_number,
    "file-within-days": read_number,
    "severity": choice(SEVERITIES),
    "message": read_text,
    "fix": choice(FIXES),
    "examples": _examples,
}
# The parts of a block a key may stand in, said to a writer who put it in another.
_PARTS = {
    "at the block's top": BLOCK_ROWS,
    "under `when`": WHEN_ROWS,
    "under `require`": REQUIRE_ROWS,
    "under `forbid`": FORBID_ROWS,
}
_BELONGS = {
    key: " or ".join(part for part, rows in _PARTS.items() if key in rows) for rows in _PARTS.values() for key in rows
}


def read_rule_block(fence: Fence, section: Section | None, log: ProblemLog) -> RuleBlock | None:
    """The rule of a fenced block, or None when any part of it could not be read: half a rule is never enforced."""
    mark = len(log)
    mapping = read_block(fence, log)
    if mapping is None:
        return None
    values = read_keys(mapping, "a rule block", BLOCK_ROWS, log, _BELONGS)
    if mapping.get("id") is None:
        log.add(Check.RULE_ID, fence.line, "the rule block has no id; give it one that no other rule has")
    effects = ("require", "forbid", "units-max", "file-within-days")
    has_effect = any(values.get(name) not in (None, Require(), Forbid()) for name in effects)
    if not has_effect and not log.errors_since(mark):
        log.add(Check.NO_EFFECT, fence.line, f"the rule block has no effect; give it one of {', '.join(effects)}")
    if log.errors_since(mark):
        return None
    examples: tuple[Example, ...] = values.get("examples", ())
    missing = [word for word in ("pass", "fail") if all(example.expects != word for example in examples)]
    if missing:
        lacking = " and ".join(f"`{word}`" for word in missing)
        log.add(Check.NO_EXAMPLES, fence.line, f"rule {values['id']} has no {lacking} example; give it one of each")
    return RuleBlock(
        rule_id=values["id"],
        when=values.get("when"),
        require=values.get("require"),
        forbid=values.get("forbid"),
        units_max=values.get("units-max"),
        file_within_days=values.get("file-within-days"),
        severity=values.get("severity", "error"),
        message=values.get("message"),
        fix=values.get("fix"),
        examples=examples,
        heading=section.heading if section else "",
        heading_slug=section.slug if section else "",
        start_line=fence.line,
        end_line=fence.end_line,
    )
