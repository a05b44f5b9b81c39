"""The fiscal years of ICD-10-CM: windows from names, and the file a day needs."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.tables.icd10cm_years import (
    file_to_import,
    fiscal_window,
    fiscal_year,
    tabular_to_import,
    window_name,
    window_of_names,
)


@pytest.mark.parametrize(
    ("on", "year"),
    [("2025-09-30", 2025), ("2025-10-01", 2026), ("2026-01-01", 2026), ("2026-09-30", 2026), ("2026-10-01", 2027)],
)
def test_a_fiscal_year_begins_in_october(on, year):
    assert fiscal_year(date.fromisoformat(on)) == year


@given(st.dates(min_value=date(1990, 1, 1), max_value=date(2090, 1, 1)))
def test_every_day_lies_in_the_window_of_its_fiscal_year(on):
    first, last = fiscal_window(fiscal_year(on))
    assert first <= on <= last


@pytest.mark.parametrize(
    ("name", "window"),
    [
        ("icd10cm_order_2027.txt", ("2026-10-01", "2027-09-30")),
        ("icd10cm-order-2026.txt", ("2025-10-01", "2026-09-30")),
        ("icd10cm_order_addenda_2026.txt", ("2025-10-01", "2026-09-30")),
        ("icd10cm-order-April-1-2026.txt", ("2026-04-01", "2026-09-30")),
        ("icd10cm-order-April-2025.txt", ("2025-04-01", "2025-09-30")),
        ("icd10cm-order-Jan-2021.txt", ("2021-01-01", "2021-09-30")),
        ("icd10cm-tabular-oct2025.xml", ("2025-10-01", "2026-09-30")),
        ("icd10c-tabular-April-1-2026.xml", ("2026-04-01", "2026-09-30")),
        ("icd10cm_tabular.xml", None),
        ("order_2026_2027.txt", None),
        ("1202699.txt", None),
    ],
)
def test_the_name_of_a_file_tells_its_days(name, window):
    found = window_of_names([name])
    assert found == (tuple(map(date.fromisoformat, window)) if window else None)


def test_the_first_name_that_tells_wins():
    assert window_of_names(["order.txt", "2027", "2026-code-descriptions.zip"]) == fiscal_window(2027)


def test_the_year_in_the_content_outranks_the_name_and_the_month_is_the_names():
    assert window_of_names(["tabular.xml"], 2027) == fiscal_window(2027)
    assert window_of_names(["icd10cm_tabular_2026.xml"], 2027) == fiscal_window(2027)
    assert window_of_names(["tabular-April.xml"], 2027) == (date(2027, 4, 1), date(2027, 9, 30))


def test_windows_are_named_as_people_call_them():
    assert window_name(fiscal_window(2027)) == "FY2027"
    assert window_name((date(2027, 4, 1), date(2027, 9, 30))) == "FY2027 from April 1"
    assert window_name((date(2027, 1, 5), date(2027, 3, 3))) == "2027-01-05 to 2027-03-03"


def test_a_day_names_the_files_it_needs():
    assert file_to_import(date(2026, 10, 1)) == "icd10cm_order_2027.txt from CMS, fiscal year 2027"
    assert tabular_to_import(date(2026, 10, 1)) == "icd10cm_tabular_2027.xml from CMS, fiscal year 2027"
    assert file_to_import(date(2025, 9, 30)) == "icd10cm_order_2025.txt from CMS, fiscal year 2025"
    assert "ICD-9-CM" in file_to_import(date(2015, 9, 30))
    assert file_to_import(date(2015, 10, 1)) == "icd10cm_order_2016.txt from CMS, fiscal year 2016"
