"""The place of service codes of CMS's list and the first day of the newer ones. Judges no claim.

Source: CMS place of service code set for professional claims.
"""

from __future__ import annotations

from datetime import date

PLACES = frozenset(
    """
    01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 31 32 33 34 41 42 49 50 51 52 53 54
    55 56 57 58 60 61 62 65 66 71 72 81 99
    """.split()
)  # fmt: skip
BEGAN = {"10": date(2022, 1, 1), "27": date(2023, 10, 1), "58": date(2020, 1, 1), "66": date(2024, 8, 1)}
