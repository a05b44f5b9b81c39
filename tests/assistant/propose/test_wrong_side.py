"""Trouble on one side and work on the other: the line waits and the provider is asked."""

from __future__ import annotations

import pytest

from assistant.propose.propose import Proposer
from assistant.propose.wrong_side import SIDE_OF_TROUBLE
from evals.propose_set import encounter_of

_RIGHT = "Established, 66, right knee pain for three months. "
_INJECTED = "After sterile prep the {} knee was injected with 40 mg triamcinolone and lidocaine, multi-dose vial. "


@pytest.mark.parametrize(
    ("note", "waits"),
    [
        (_RIGHT + _INJECTED.format("left") + "Assessment: primary osteoarthritis of the right knee.", True),
        (_RIGHT + _INJECTED.format("right") + "Assessment: primary osteoarthritis of the right knee.", False),
        (_RIGHT + "Left knee aches too. " + _INJECTED.format("left") + "Osteoarthritis of the right knee.", False),
        ("Right knee replaced in 2019. " + _INJECTED.format("left") + "Primary osteoarthritis of the knee.", False),
        ("Right ankle sprain last week. " + _INJECTED.format("left") + "Osteoarthritis of the knee.", False),
        (
            "Left ear plugged. Impacted wax was removed from the right ear with a curette. Impacted cerumen, left ear.",
            True,
        ),
        (
            "Ear pain right and wax left. Impacted wax removed from the left ear with a curette. Right otitis externa.",
            False,
        ),
    ],
)
def test_work_on_the_side_without_trouble_waits(note, waits, proposer: Proposer):
    case = {"note": note, "payer": "", "payer_style": "medicare", "dos": "2026-05-05", "pos": "11", "age": 66,
            "sex": "F", "new_patient": None}  # fmt: skip
    told = proposer.propose(note, encounter_of(case)).proposal
    assert bool([one for one in told.rejected if one.why == SIDE_OF_TROUBLE]) == waits
    assert bool([one for one in told.queries if "names one side" in one.text]) == waits
    assert bool([one for one in told.lines if one.procedure_code in ("20610", "69210", "J3301")]) != waits
