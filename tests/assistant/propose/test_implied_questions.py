"""What a note leaves out without saying so is asked about, and no code is billed that hangs on it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from assistant.propose.propose import Proposer
from evals.propose_set import encounter_of

ROWS: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "implied_questions.yaml").read_text("utf-8"))
# Of the drug's container Medicare's modifiers ask on their own.
_CONTAINER = "single-dose or a multi-dose"


@pytest.mark.parametrize("row", ROWS, ids=[f"{number}-{row['specialty']}" for number, row in enumerate(ROWS)])
def test_what_is_missing_is_asked_and_not_billed(row: dict[str, Any], proposer: Proposer) -> None:
    age = re.search(r"\b(\d{1,2}) ?(?:yo|y/o|year)", row["note"])
    case = {
        "note": row["note"],
        "payer": "",
        "payer_style": row["payer_style"],
        "dos": "2026-05-05",
        "pos": row["pos"],
        "age": int(age[1]) if age else 55,
        "sex": "F",
        "new_patient": None,
    }
    told = proposer.propose(row["note"], encounter_of(case)).proposal
    asked = [query.text for query in told.queries if _CONTAINER not in query.text]
    assert bool(asked) == row["asks"]
    if row["not_billed"]:
        assert not [one.procedure_code for one in told.lines if re.match(row["not_billed"], one.procedure_code)]
