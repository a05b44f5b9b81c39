"""The claim sets: what a row may say, and that the sets in the repository hold what they promise."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import evals
from evals.items import SetError
from evals.validate_items import ClaimItem, load_claims

SETS = Path(evals.__file__).parent / "sets"
ROW = {"id": "a", "claim": "dx: J32.0; 31231 [A]", "planted": None, "why": "right"}
PLANTED = {"kind": "k", "lines": [0], "severity": "warning", "about": [["31231"]]}


def rows(tmp_path: Path, *found: dict[str, object]) -> Path:
    path = tmp_path / "set.jsonl"
    path.write_text("\n".join(json.dumps(one) for one in found), encoding="utf-8")
    return path


def test_a_set_is_read_in_order(tmp_path: Path) -> None:
    first, second = load_claims(rows(tmp_path, ROW, {**ROW, "id": "b", "planted": PLANTED}))
    assert (first.id, first.planted) == ("a", None)
    assert second.planted is not None
    assert second.read.lines[0].procedure_code == "31231"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"claim": "31231 [Z]"}, "a diagnosis pointer is a letter"),
        ({"planted": {**PLANTED, "lines": [1]}}, "a line that is not there"),
        ({"planted": {**PLANTED, "about": [[]]}}, "a group is empty"),
        ({"planted": {**PLANTED, "severity": "loud"}}, "planted.severity"),
        ({"plantd": None}, 'did you mean "planted"?'),
        ({"planted": PLANTED, "open": ["ptp"]}, "a clean one"),
        ({"tables": ["ncci"]}, "tables.0"),
    ],
)
def test_what_is_wrong_in_a_row_is_said_with_its_line(tmp_path: Path, changed: dict[str, object], said: str) -> None:
    with pytest.raises(SetError) as caught:
        load_claims(rows(tmp_path, ROW, {**ROW, "id": "b", **changed}))
    assert "set.jsonl:2: " in str(caught.value)
    assert said in str(caught.value)


def test_the_set_is_as_large_as_it_promises() -> None:
    items = load_claims(SETS / "validate.jsonl")
    assert sum(item.planted is not None for item in items) >= 150
    assert sum(item.planted is None for item in items) >= 60


def test_every_item_is_of_one_kind_and_says_why() -> None:
    for name in ("validate.jsonl", "validate-cms.jsonl"):
        items = load_claims(SETS / name)
        assert all(item.tags and (item.planted is None or item.planted.kind == item.tags[0]) for item in items)


def test_clean_claims_of_the_set_differ() -> None:
    clean: list[ClaimItem] = [item for item in load_claims(SETS / "validate.jsonl") if item.planted is None]
    assert len({item.claim for item in clean}) == len(clean)
