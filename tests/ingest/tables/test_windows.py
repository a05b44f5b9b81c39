"""The days a file covers, out of names as CMS gives them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.tables.windows import month_name, quarter, quarter_name, span_name, window_of_name, window_of_names


@pytest.mark.parametrize(
    ("name", "year", "number"),
    [
        ("ccipra-v300r0-f1.TXT", 2024, 1),
        ("ccipra-v302r0-f1.TXT", 2024, 3),
        ("ccipra-v303r1-f4.xlsx", 2024, 4),
        ("ccipra-v310r0-f2.txt", 2025, 1),
        ("ncci_ptp_ccipra-v322r0-f1.head.txt", 2026, 3),
        ("medicare-ncci-2026q1-practitioner-ptp-edits-ccipra-v320r0-f1.zip", 2026, 1),
        ("MCR_MUE_PractitionerServices_Eff_07-01-2024.csv", 2024, 3),
        ("MCR_MUE_PractitionerServices_Eff_01_01_2026.xlsx", 2026, 1),
        ("mue_2026q3.head.csv", 2026, 3),
        ("AOC_V2026Q2-MCR.xlsx", 2026, 2),
        ("PPRRVU2025_Oct.csv", 2025, 4),
        ("PPRRVU2026_Jul_nonQPP.csv", 2026, 3),
        ("PPRRVU25_JAN.xlsx", 2025, 1),
        ("RVU25D.zip", 2025, 4),
        ("rvu26ar.zip", 2026, 1),
        ("HCPC2026_OCT_ANWEB.csv", 2026, 4),
        ("hcpcs_2026_oct_anweb.head.csv", 2026, 4),
        ("october-2026-alpha-numeric-hcpcs-file.zip", 2026, 4),
        ("HCPC2024_JUL_ANWEB_v2.xlsx", 2024, 3),
        ("Q3 2026 edits", 2026, 3),
    ],
)
def test_the_quarter_a_name_tells(name, year, number):
    assert window_of_name(name) == quarter(year, number)


@pytest.mark.parametrize(
    "name",
    [
        "table.csv",
        "ccipra.txt",
        "mue 2026.csv",
        "v304r0",
        "Eff_13-01-2024",
        "2026Q5",
        "march 2026",
        "octopus2026",
        "20260701",
        "",
    ],
)
def test_names_that_tell_nothing(name):
    assert window_of_name(name) is None


def test_a_file_in_force_from_within_a_quarter_ends_with_it():
    assert window_of_name("MUE_Eff_08-15-2024.csv") == (date(2024, 8, 15), date(2024, 9, 30))


def test_the_first_name_that_tells_wins():
    assert window_of_names(["table.csv", "x-2026q1", "x-2025q1"]) == quarter(2026, 1)


@given(st.integers(1990, 2090), st.integers(1, 4))
def test_quarters_follow_each_other_without_a_gap(year, number):
    first, last = quarter(year, number)
    following = quarter(year, number + 1) if number < 4 else quarter(year + 1, 1)
    assert following[0] == last + timedelta(days=1)
    assert first.day == 1
    assert quarter_name((first, last)) == f"{year}Q{number}"
    assert window_of_name(f"AOC_V{year}Q{number}-MCR.xlsx") == ((first, last) if year >= 2000 else None)


def test_days_that_are_no_quarter_are_written_out():
    days = date(2026, 1, 1), date(2026, 12, 31)
    assert quarter_name(days) is None
    assert span_name(days) == month_name(days) == "2026-01-01 to 2026-12-31"


@given(st.text(max_size=60))
def test_no_name_breaks_it(name):
    window = window_of_name(name)
    assert window is None or window[0] <= window[1]
