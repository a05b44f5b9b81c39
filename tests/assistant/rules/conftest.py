"""Builders for tests of rule blocks: a block from its YAML, a claim from the shorthand, a note around blocks."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable

import pytest

from ingest.claims.model import Claim
from ingest.claims.shorthand import read_claim
from ingest.notes.model import KbNote, RuleBlock
from ingest.notes.reader import read_note

_EXAMPLES = 'examples:\n  - pass: "99211"\n  - fail: "99211"\n'


def _note(
    rules: str | list[str] = "", note_id: str = "payers/acme/note", layer: str = "practice", **fields: str
) -> KbNote:
    blocks = [rules] if isinstance(rules, str) else rules
    front = "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in fields.items())
    body = "".join(
        f"\n```rule\n{'' if re.search('^id:', block, re.M) else f'id: rule-{number}{chr(10)}'}{block}\n```\n"
        for number, block in enumerate(textwrap.dedent(text).strip() for text in blocks)
        if block
    )
    raw = f"---\n{front}---\n## Heading\nWords.\n{body}" if front else f"## Heading\nWords.\n{body}"
    read = read_note(raw.encode(), note_id=note_id, path=f"kb/{note_id}.md", layer=layer)  # type: ignore[arg-type]
    errors = [problem for problem in read.problems if problem.severity == "error"]
    assert read.note is not None, read.problems
    assert not errors, errors
    return read.note


def _block(yaml: str) -> RuleBlock:
    """The rule block with this YAML; its id is `rule-0` unless written. Examples are added when there are none."""
    text = textwrap.dedent(yaml).strip()
    (block,) = _note(text if "examples:" in text else f"{text}\n{_EXAMPLES}").rules
    return block


def _claim(text: str) -> Claim:
    read = read_claim(text)
    assert read.claim is not None, read.problems
    return read.claim


@pytest.fixture(scope="session")
def make_note() -> Callable[..., KbNote]:
    return _note


@pytest.fixture(scope="session")
def make_block() -> Callable[[str], RuleBlock]:
    return _block


@pytest.fixture(scope="session")
def make_claim() -> Callable[[str], Claim]:
    return _claim
