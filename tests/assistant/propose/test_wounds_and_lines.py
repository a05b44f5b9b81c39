"""Wounds of several classes in one note, and the lines that drugs, films and the place of a biopsy bring."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.bootstrap import build_proposer
from assistant.propose.model import Encounter
from assistant.settings import Practice, find_practice

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    sample = find_practice(str(ROOT), {}, ROOT)
    folder = tmp_path_factory.mktemp("practice")
    (folder / "kb").symlink_to(sample.kb, target_is_directory=True)
    proposer = build_proposer(Practice(folder, sample.library))

    def told(text, payer="medicare", place="11"):
        found = proposer.propose(text, Encounter(payer, "2026-05-14", place, age=67, sex="F"))
        return sorted(
            "-".join((one.procedure_code, *one.modifiers)) + (f" x{one.units}" if one.units > 1 else "")
            for one in found.proposal.lines
        )

    return told


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        (
            "Left lower leg: 8.0 cm cut, deep layer closed with absorbable stitches, nylon on the skin. "
            "Left forearm: 4.0 cm skin cut, closed with one row of nylon.",
            ["12002", "12034"],
        ),
        ("Scalp laceration 6.0 cm, stapled. Right forearm laceration 7.5 cm, sutured in one layer.", ["12005"]),
        (
            "Laceration of the forehead, 1.8 cm, closed with glue. Laceration of the left hand, 3.0 cm, sutured.",
            ["12002", "12011"],
        ),
        (
            "Laceration of the left forearm, 6.0 cm, sutured. Right thigh laceration, 4.0 cm, layered closure, deep "
            "Vicryl and nylon. Chin laceration, 1.5 cm, sutured with one row of nylon.",
            ["12002", "12011", "12032"],
        ),
    ],
)
def test_wounds_are_summed_by_class_and_site(lines, text, codes):
    told = {line.split("-")[0].split(" ")[0] for line in lines(f"Fell on glass. {text}", "blue-shield-ppo")}
    assert {code for code in told if code.startswith("12")} == set(codes)


def test_one_layer_beside_an_excision_is_part_of_it(lines):
    text = (
        "Two cysts cut out, both epidermal cysts by the final pathology. A) Upper back: cyst 1.0 cm, narrowest margin "
        "0.2 cm, single row of nylon, 2.2 cm. B) Right cheek: cyst 0.9 cm, narrowest margin 0.1 cm; closed with buried "
        "absorbable stitches and nylon, 2.4 cm line."
    )
    assert [line[:5] for line in lines(text, "blue-shield-ppo")] == ["11402", "11442", "12051"]


def test_a_vial_emptied_takes_jz_and_one_partly_used_a_line_with_jw(lines):
    knee = "Left knee injected for osteoarthritis of the left knee, nothing else. "
    used = "40 mg triamcinolone from a single-dose vial, whole vial used."
    left = "From a single-dose vial of 40 mg triamcinolone 20 mg were injected, the remaining 20 mg were discarded."
    assert lines(knee + used) == ["20610-LT", "J3301-JZ x4"]
    assert lines(knee + left) == ["20610-LT", "J3301 x2", "J3301-JW x2"]
    assert lines(knee + used, "blue-shield-ppo") == ["20610-LT", "J3301 x4"]


def test_what_the_visit_was_booked_for_tells_the_joint(lines):
    text = "Scheduled left knee injection. No change. Lateral approach, dry. Triamcinolone 40 mg injected, MDV."
    assert lines(text) == ["20610-LT", "J3301 x4"]
    assert lines("Scheduled left knee injection for next month. Exam unchanged.") == []


def test_a_biopsy_at_another_place_than_the_shave_is_apart(lines):
    text = (
        "Planned visit. Scalp: 0.5 cm nevus shaved off whole, intent removal; pathology benign nevus of the scalp. "
        "Left forearm: a tangential biopsy of a brown patch, nature unknown."
    )
    assert lines(text) == ["11102-XS", "11305"]
