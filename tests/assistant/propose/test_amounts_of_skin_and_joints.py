"""Counts of several kinds of lesions, doses by strength and volume, digits, and the sizes of lesions told together."""

from __future__ import annotations

from decimal import Decimal

import pytest

from assistant.propose.digits import digit_modifiers, leaves_digit_open
from assistant.propose.evidence_amounts import counted
from assistant.propose.evidence_doses import pieces
from assistant.propose.evidence_sizes import alone, excised, sizes
from assistant.propose.model import Evidence


@pytest.mark.parametrize(
    ("text", "premalignant", "benign"),
    [
        ("3 AKs and 2 warts were frozen", 3, 2),
        ("2 warts R hand, 5 AK face LN2", 5, 2),
        ("Seborrheic keratoses (4) and actinic keratosis (1) frozen", 1, 4),
        ("Froze three warts on the foot and one AK of the nose", 1, 3),
        ("AK x3 scalp, AK x 2 L helix, LN2 10 sec each", 5, None),
        ("7 AK, LN2 x 2", 7, None),
        ("Inflamed seborrheic keratoses: 8 on the back, 3 on the flank, cryo x 2 cycles each", None, 11),
    ],
)
def test_each_kind_of_lesion_takes_its_own_numbers(text: str, premalignant: int | None, benign: int | None) -> None:
    if premalignant is not None:
        assert counted("premalignant-lesions", [text], []).number == premalignant
    if benign is not None:
        assert counted("benign-lesions", [text], []).number == benign


def test_lesions_of_which_no_number_is_told_stay_open_though_cycles_are_counted() -> None:
    told = counted("premalignant-lesions", ["Multiple AKs forehead, hands - treated w LN2 freeze-thaw x 1"], [])
    assert told.number is None
    assert told.vague


def test_all_of_several_sites_named_before_are_added_up() -> None:
    before = ["Dorsal hands: 5 AKs", "Face: 6 AKs"]
    assert counted("premalignant-lesions", ["LN2 applied to all"], [], before).number == 11


@pytest.mark.parametrize(
    ("text", "milligrams"),
    [
        ("1 mL dexamethasone 4 mg/mL and lidocaine", 4),
        ("0.5 cc of Kenalog 10 mg/cc", 5),
        ("40 mg (1 mL) depo-medrol 40 mg/mL", 40),
        ("Kenalog-40 1 cc (40 mg) and marcaine", 40),
        ("triamcinolone 40 mg/mL 0.2 cc each, total 1 cc", 40),
        ("Kenalog 40 each knee w/ 3 cc lido", 40),
        ("22g needle, 80 mg Depo-Medrol", 80),
    ],
)
def test_a_dose_is_what_was_given_however_it_is_written(text: str, milligrams: int) -> None:
    assert counted("mg", [text], []).number == milligrams


@pytest.mark.parametrize(
    ("text", "number"), [("both A1 pulleys injected", 2), ("two separate sticks", 2), ("the knee was injected", None)]
)
def test_the_pieces_of_each_are_counted(text: str, number: int | None) -> None:
    assert pieces(text) == number


@pytest.mark.parametrize(
    ("text", "code", "digits"),
    [
        ("A1 pulleys of the right ring and long fingers were released", "26055", ("F7", "F8")),
        ("R ring + R long trigger fingers injected", "20550", ("F7", "F8")),
        ("right great toenail avulsed", "11730", ("T5",)),
        ("left index and right thumb released", "26055", ("F5",)),
        ("first dorsal compartment injected, thumb spica splint given", "20550", ()),
    ],
)
def test_every_digit_named_on_the_side_has_its_modifier(text: str, code: str, digits: tuple[str, ...]) -> None:
    assert digit_modifiers(code, "RT", [Evidence(0, len(text), text)]) == digits


def test_surgery_on_a_digit_that_nothing_names_is_open_and_an_injection_is_not() -> None:
    assert leaves_digit_open("26055", "The pulley was divided.")
    assert not leaves_digit_open("20550", "The sheath was injected.")
    assert not leaves_digit_open("26055", "The pulley of the ring finger was divided.")


def test_the_width_of_undermining_is_no_size_of_the_lesion() -> None:
    assert sizes("Wound was undermined for 5 mm only") == []
    assert [size.measures for size in sizes("Undermined and closed in layers, 3.6 cm long")] == ["repair"]


@pytest.mark.parametrize(
    ("kind", "texts", "number"),
    [
        ("premalignant-lesions", ["actinic keratoses: scalp 9, ears 3, hands 5 in all, frozen"], 17),
        ("premalignant-lesions", ["actinic keratoses: scalp 3, ears 2, 5 in all, frozen"], 5),
        ("tests", ["8 injected under the surface with the fine needle"], 8),
        ("sq-cm", ["wound 1.7 sq cm", "flap 5 square centimeters"], 7),
        ("sq-cm", ["wound 1.7 sq cm and flap 5 sq cm, together 6.7 sq cm"], 7),
        ("days", ["Seven-day monitor", "tracings of all seven days were read"], 7),
    ],
)
def test_numbers_told_in_other_ways(kind: str, texts: list[str], number: int) -> None:
    assert counted(kind, texts, []).number == number


def test_the_diameter_alone_leaves_out_what_was_taken_around_it() -> None:
    told = sizes("Tumor 1.3 cm, with 4 mm of normal skin around it")
    assert [one.measures for one in told] == ["lesion", "margin"]
    assert (alone(told), excised(told)) == (Decimal("1.3"), Decimal("2.1"))


def test_a_length_in_a_sentence_of_lacerations_is_a_wound() -> None:
    told = sizes("Left forearm 4.5 cm and lower leg 5.0 cm, both lacerations shallow")
    assert [one.measures for one in told] == ["wound", "wound"]
