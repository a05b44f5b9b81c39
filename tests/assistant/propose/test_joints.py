"""Two joints are two services: the pair of one joint takes 50, a knee and a shoulder are told apart."""

from __future__ import annotations

import pytest

from assistant.propose.joints import joints_named
from assistant.propose.propose import Proposer
from evals.propose_set import encounter_of


@pytest.mark.parametrize(
    ("text", "sides", "joints"),
    [
        ("left shoulder and right knee injected", ("RT", "LT"), {("RT", "knee"), ("LT", "shoulder")}),
        ("knee injected", ("RT",), {("RT", "knee")}),
        ("knee injected", ("RT", "LT"), set()),
        ("both knees injected", (), {("RT", "knee"), ("LT", "knee")}),
        ("right subacromial space, glenohumeral joint left alone", ("RT",), {("RT", "shoulder")}),
        ("right index finger injected", ("RT",), set()),
    ],
)
def test_the_joints_of_a_text_with_their_sides(text, sides, joints):
    assert set(joints_named([text], sides)) == joints


@pytest.mark.parametrize(
    ("note", "lines"),
    [
        (
            "Left shoulder and right knee were injected, each with 40 mg of triamcinolone. Multi-dose vial.",
            [("20610", ("RT",), 1), ("20610", ("59", "LT"), 1), ("J3301", (), 8)],
        ),
        (
            "Right shoulder and right knee were injected, each with 40 mg of triamcinolone. Multi-dose vial.",
            [("20610", ("RT",), 1), ("20610", ("59", "RT"), 1), ("J3301", (), 8)],
        ),
        (
            "Both knees injected with 40 mg triamcinolone each. Multi-dose vial. Osteoarthritis of both knees.",
            [("20610", ("50",), 1), ("J3301", (), 8)],
        ),
        (
            "Right knee aspirated, 10 ml, and through the same needle 40 mg triamcinolone injected. Multi-dose vial.",
            [("20610", ("RT",), 1), ("J3301", (), 4)],
        ),
    ],
)
def test_each_joint_is_billed_by_itself(note, lines, proposer: Proposer):
    case = {"note": note, "payer": "", "payer_style": "one-line-50", "dos": "2026-05-05", "pos": "11", "age": 60,
            "sex": "F", "new_patient": None}  # fmt: skip
    told = proposer.propose(note, encounter_of(case)).proposal
    assert sorted((one.procedure_code, tuple(one.modifiers), one.units) for one in told.lines) == sorted(lines)
