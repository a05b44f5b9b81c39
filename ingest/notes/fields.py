"""The fields of a note's front matter: their names, and their values as keyword arguments of `KbNote`.

Does not compare a note with other notes: ingest.notes.relations does.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from ingest.notes.checks import Check, ProblemLog, did_you_mean, shown
from ingest.notes.model import CMS_EDITS, KINDS
from ingest.notes.values import (
    choice,
    choices,
    read_carcs,
    read_codes,
    read_date,
    read_list,
    read_modifiers,
    read_places,
    read_slugs,
    read_text,
    read_whole_texts,
)
from ingest.notes.yaml_text import Mapping, Node, Text

STATUSES = ("draft", "live", "retired")
CONFIDENCES = ("seen-once", "pattern", "written-policy")

# Field -> how its value is read; the attribute of KbNote has the same name with `_` for `-`.
FIELDS: dict[str, Callable[[Node, str, ProblemLog], object]] = {
    "title": read_text,
    "kind": choice(KINDS),
    "status": choice(STATUSES),
    "payers": read_slugs,
    "codes": read_codes,
    "modifiers": read_modifiers,
    "carcs": read_carcs,
    "places": read_places,
    "specialties": read_list,
    "owner": read_text,
    "verified": read_date,
    "review-by": read_date,
    "effective-from": read_date,
    "effective-through": read_date,
    "supersedes": read_list,
    "confidence": choice(CONFIDENCES),
    "sources": read_whole_texts,
    "aliases": read_list,
    "lines-of-business": read_list,
    "edits": choices(CMS_EDITS),
}
PAYER_FIELDS = ("aliases", "lines-of-business", "edits")
# The earlier date of each pair may not lie after the later one.
_ORDERED_DATES = (("effective-from", "effective-through"), ("verified", "review-by"))


def read_fields(front_matter: Mapping | None, log: ProblemLog) -> tuple[dict[str, Any], tuple[tuple[str, int], ...]]:
    """What the front matter says as keyword arguments of `KbNote`, and the file line of each field that says it.

    A value that cannot be read is in `log` and its field keeps KbNote's default; so does a field without a value.
    """
    values: dict[str, Any] = {}
    lines: dict[str, int] = {}
    for key, node in front_matter.entries if front_matter else ():
        if key.value not in FIELDS:
            near = did_you_mean(key.value, FIELDS) or f"; the fields are {', '.join(FIELDS)}"
            log.add(Check.UNKNOWN_FIELD, key.line, f"unknown field {shown(key.value)}{near}")
            continue
        blank = isinstance(node, Text) and not node.value.strip()
        if blank and key.value == "payers":
            # Read as "not written" it would bind every payer, which nobody means by leaving it blank.
            log.add(Check.PAYER_SLUG, key.line, '"payers" has no value; name them, or delete the line if all are meant')
            continue
        value = FIELDS[key.value](node, key.value, log)
        if blank or value is None:
            continue
        values[key.value.replace("-", "_")] = value
        lines[key.value] = key.line
    _check_together(values, lines, log)
    return values, tuple(lines.items())


def _check_together(values: dict[str, Any], lines: dict[str, int], log: ProblemLog) -> None:
    for earlier, later in _ORDERED_DATES:
        first, last = (values.get(name.replace("-", "_")) for name in (earlier, later))
        if isinstance(first, date) and isinstance(last, date) and first > last:
            log.add(Check.DATE_ORDER, lines[earlier], f"{earlier} {first} lies after {later} {last}")
    if values.get("kind") == "payer":
        if len(values.get("payers", ())) != 1:
            line = lines.get("payers", lines["kind"])
            log.add(Check.PAYER_SLUG, line, "a payer note names its one slug; write payers: [the-slug]")
        return
    for name in PAYER_FIELDS:
        if name in lines:
            log.add(
                Check.PAYER_FIELD,
                lines[name],
                f'"{name}" says nothing here; it belongs in the payer\'s note (kind: payer)',
            )
