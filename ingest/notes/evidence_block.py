"""Evidence blocks: the fenced YAML of a procedure note as `EvidenceBlock`, with the closed set of its keys.

Does not read the language of the patterns, and runs none: that is where clinical notes are read.
"""

from __future__ import annotations

import re
from typing import Any, Literal, cast

from ingest.notes.block_parts import ValueReader, example_items, read_block, read_keys
from ingest.notes.checks import Check, ProblemLog, shown
from ingest.notes.model import EvidenceBlock, EvidenceExample, Section
from ingest.notes.outline import Fence
from ingest.notes.values import (
    choice,
    choices,
    read_codes,
    read_decimal,
    read_decimal_range,
    read_list,
    read_number_range,
    read_slugs,
    read_text,
    read_whole_texts,
)
from ingest.notes.yaml_text import Mapping, Node, Sequence, Text

SIDES = ("per-side", "once", "bilateral-in-code")
ANESTHESIA = ("general", "local", "topical", "sedation", "none")
COUNTED = (
    "lesions", "tests", "injections", "stages", "vials", "units", "minutes", "joints", "levels", "sites", "nails",
    "blocks", "cm", "sq-cm", "mg", "mcg", "ml", "days",
    "kinds", "premalignant-lesions", "benign-lesions", "prick-tests", "intradermal-tests",
)  # fmt: skip
PLACES = ("office", "facility")
PATIENTS = ("new", "established")
UNITS = ("one", "count", "count-1")
SIZE_OF = ("lesion", "lesion-alone", "repair")
# Global periods of the physician fee schedule: days, or the letters CMS gives codes without one.
_GLOBAL = re.compile(r"000|010|090|MMM|XXX|YYY|ZZZ")


def _procedure_code(node: Node, key: str, log: ProblemLog) -> str | None:
    if read_text(node, key, log) is None:
        return None
    ranges = list(read_codes(node, key, log))
    if len(ranges) == 1 and ranges[0].low == ranges[0].high:
        return ranges[0].low
    if ranges:
        log.add(Check.PROCEDURE_CODE, node.line, f'"{key}" is one code; write one block for each code')
    return None


def _global_period(node: Node, key: str, log: ProblemLog) -> str | None:
    text = read_text(node, key, log)
    if text is not None and not _GLOBAL.fullmatch(text.upper()):
        log.add(
            Check.UNKNOWN_VALUE, node.line, f'"{key}" cannot be {shown(text)} (000, 010, 090, MMM, XXX, YYY or ZZZ)'
        )
    return text


def _examples(node: Node, _key: str, log: ProblemLog) -> tuple[EvidenceExample, ...]:
    return tuple(
        EvidenceExample(cast(Literal["yes", "no"], word), text, line)
        for word, text, line in example_items(node, ("yes", "no"), log)
    )


# Key -> how its value is checked. These hold patterns, and a pattern may hold commas.
PATTERN_KEYS = (
    "any",
    "all",
    "where",
    "not",
    "unless",
    "approach",
    "unclear",
    "titled",
    "subject",
    "has",
    "asks-unless",
    "asks-if",
    "answers",
    "reading",
    "unread",
)
EVIDENCE_ROWS: dict[str, ValueReader] = {
    "code": _procedure_code,
    "family": read_text,
    "site": read_list,
    "sides": choice(SIDES),
    "global": _global_period,
    **dict.fromkeys(PATTERN_KEYS, read_whole_texts),
    "instead": _procedure_code,
    "combines": read_codes,
    "replaces": read_codes,
    "with": read_codes,
    "add-on-to": read_codes,
    "age": read_number_range,
    "anesthesia": choices(ANESTHESIA),
    "places": choices(PLACES),
    "patient": choice(PATIENTS),
    "payers": read_slugs,
    "counts": choice(COUNTED),
    "count": read_number_range,
    "units": choice(UNITS),
    "per": read_decimal,
    "size": read_decimal_range,
    "size-of": choice(SIZE_OF),
    "ask": read_text,
    "examples": _examples,
}
# A key that means nothing without another.
_NEEDS = {"count": "counts", "size-of": "size", "per": "counts"}


def read_evidence_block(fence: Fence, section: Section | None, log: ProblemLog) -> EvidenceBlock | None:
    """The evidence block of a fence, or None when any part of it could not be read."""
    mark = len(log)
    mapping = read_block(fence, log)
    if mapping is None:
        return None
    values = read_keys(mapping, "an evidence block", EVIDENCE_ROWS, log, {})
    if mapping.get("code") is None:
        log.add(Check.EVIDENCE, fence.line, "the evidence block has no code; write code: 31267")
    if all(mapping.get(key) is None for key in ("any", "all", "combines")):
        log.add(Check.EVIDENCE, fence.line, "the evidence block names no words; write them under any: [...]")
    _check_together(mapping, values, log)
    if log.errors_since(mark):
        return None
    written = [(key, node) for key, node in mapping.entries if key.value != "examples"]
    return EvidenceBlock(
        procedure_code=values["code"],
        fields=tuple((key.value, _strings(node)) for key, node in written),
        heading_slug=section.slug if section else "",
        start_line=fence.line,
        end_line=fence.end_line,
        examples=values.get("examples", ()),
        field_lines=tuple(key.line for key, _ in written),
    )


def _check_together(mapping: Mapping, values: dict[str, Any], log: ProblemLog) -> None:
    """Keys that need one another."""
    for key, other in _NEEDS.items():
        if mapping.get(key) is not None and mapping.get(other) is None:
            log.add(Check.EVIDENCE, _line_of(mapping, key), f'"{key}" says nothing without "{other}"; add it')
    if values.get("units") in ("count", "count-1") and mapping.get("counts") is None:
        log.add(Check.EVIDENCE, _line_of(mapping, "units"), '"units" says what to count under "counts"; add it')


def _line_of(mapping: Mapping, key: str) -> int:
    return next(written.line for written, _ in mapping.entries if written.value == key)


def _strings(node: Node) -> tuple[str, ...]:
    """The texts of a value as written: one for a scalar, one an item for a list."""
    items = node.items if isinstance(node, Sequence) else (node,)
    return tuple(item.value.strip() for item in items if isinstance(item, Text) and item.value.strip())
