"""The physician's part of tests whose equipment and staff are the facility's: modifier 26. Reads no note and no table.

Source: PC/TC indicator 1 of the Medicare physician fee schedule, as a constant so that no schedule need be imported;
Claims Processing Manual, chapter 26, section 10.5 for the places of service.
"""

from __future__ import annotations

from ingest.codes import CodeSet

PROFESSIONAL = "26"
# Places that are paid for machine and staff.
_FACILITIES = frozenset("19 21 22 23 24 26 31 51 52 61".split())
# Tests that have a physician's and a technical part under one code.
_SPLIT = CodeSet.parse(
    "70010-76499 76506-76999 77001-77092 78012-78999 92235-92250 92978-92979 93025 93241 93245 93279-93292 "
    "93303-93308 93312 93314-93315 93317 93320-93325 93350-93351 93356 93451-93461 93505 93571-93572 93600-93618 "
    "93660 93880-93998 94010-94070 94375 94726-94729 95782-95783 95800-95811 95812-95830 95860-95870 95885-95913 "
    "95921-95939 92540-92542 92544-92549 93701-93702 93724".split()
)


def takes_professional(procedure_code: str, place_of_service: str | None) -> bool:
    """Whether a physician's line of this code in this place takes 26. False where the place is not told."""
    return place_of_service in _FACILITIES and procedure_code in _SPLIT
