"""kb/README.md names every check, field and key there is and no other, and what it shows is read without a problem."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ingest.notes.checks import Check
from ingest.notes.evidence_block import ANESTHESIA, COUNTED, EVIDENCE_ROWS, PLACES, SIDES, SIZE_OF, UNITS
from ingest.notes.fields import CONFIDENCES, FIELDS, STATUSES
from ingest.notes.model import CMS_EDITS, KINDS
from ingest.notes.rule_block import BLOCK_ROWS, FIXES, FORBID_ROWS, REQUIRE_ROWS, SEVERITIES, WHEN_ROWS

TEXT = (Path(__file__).parents[3] / "kb" / "README.md").read_text(encoding="utf-8")
SHOWN = [match[2] for match in re.finditer(r"^(`{3,4})markdown\n(.*?)^\1$", TEXT, re.MULTILINE | re.DOTALL)]


def rows(heading: str) -> dict[str, str]:
    """The rows of the table whose head begins with `heading`: each key named in the first cell, with its row."""
    table = TEXT.split(f"| {heading} |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return {key: row for row in table for key in re.findall(r"`([a-z-]+)(?:: [a-z]+)?`", row.split("|")[1])}


@pytest.mark.parametrize("check", list(Check))
def test_every_check_of_form_is_documented_with_its_meaning_and_severity(check: Check) -> None:
    found = [line for line in TEXT.splitlines() if line.startswith(f"| {check.value} ")]
    assert len(found) == 1
    assert found[0].startswith(f"| {check.value} | {check.meaning} | {check.severity} | ")


def test_no_check_of_form_is_documented_that_does_not_exist() -> None:
    assert re.findall(r"^\| (KB0\d\d) ", TEXT, re.MULTILINE) == [check.value for check in Check]


def test_every_field_is_documented() -> None:
    said_of_payers = re.findall(r"^`([a-z-]+)` are|\. `([a-z-]+)` says", TEXT, re.MULTILINE)
    documented = set(rows("field")) | {name for pair in said_of_payers for name in pair if name} | {"lines-of-business"}
    assert documented == set(FIELDS)
    assert "lines-of-business: " in TEXT
    for name, values in (("kind", KINDS), ("status", STATUSES), ("confidence", CONFIDENCES)):
        assert all(f"`{value}`" in rows("field")[name] for value in values)
    assert all(f"`{edit}`" in TEXT for edit in CMS_EDITS)


def test_every_key_of_a_rule_block_is_documented() -> None:
    keys = rows("key | what it says")
    assert set(keys) == set(BLOCK_ROWS)
    assert all(f"`{key}" in keys["require"] for key in REQUIRE_ROWS)
    assert all(f"`{key}" in keys["forbid"] for key in FORBID_ROWS)
    assert all(f"`{value}`" in keys["fix"] for value in FIXES)
    assert all(f"`{value}`" in keys["severity"] for value in SEVERITIES)
    assert set(rows("condition")) == set(WHEN_ROWS)


def test_every_key_of_an_evidence_block_is_documented() -> None:
    keys = rows("key | what it holds")
    assert set(keys) == set(EVIDENCE_ROWS)
    told = (
        ("sides", SIDES),
        ("anesthesia", ANESTHESIA),
        ("counts", COUNTED),
        ("places", PLACES),
        ("units", UNITS),
        ("size-of", SIZE_OF),
    )
    for key, values in told:
        assert all(f"`{value}`" in keys[key] for value in values)


@pytest.mark.parametrize("text", SHOWN)
def test_every_note_shown_is_read_without_a_problem(read, text: str) -> None:
    # A note shown by its front matter alone leaves out the body.
    body = "" if text.rstrip().endswith(("```", ".")) else "\nText.\n"
    assert read(text + body).problems == ()


def test_the_notes_shown_hold_a_rule_and_an_evidence_block(good) -> None:
    assert sum(len(good(text).rules) for text in SHOWN if "```rule" in text) == 1
    assert sum(len(good(text).evidence) for text in SHOWN if "```evidence" in text) == 1
