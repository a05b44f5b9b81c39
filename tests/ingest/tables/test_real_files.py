"""CMS's own layouts with CMS's own codes: extracts that lie beside the project and are never copied into it."""

from __future__ import annotations

import csv
import os
from datetime import date
from pathlib import Path

import pytest

from ingest.tables.coverage import remarks
from ingest.tables.importer import import_file
from ingest.tables.model import AddOnEdit
from ingest.tables.store import StoredTables

ROOT = Path(__file__).resolve().parents[3]
SHARED = Path(os.environ.get("UNDERSTUDY_SHARED_DATA") or ROOT.parent / "shared" / "data")
FILES = (
    "AOC_V2026Q2-MCR.xlsx",
    "MCR_MUE_PractitionerServices_Eff_07-01-2024.csv",
    "PPRRVU2025_Oct.csv",
    "PPRRVU2026_Jul_nonQPP.csv",
    "ccipra-v302r0-f1.TXT",
)
SUMMER = date(2024, 7, 1)
SPRING = date(2026, 5, 1)
pytestmark = pytest.mark.skipif(
    not all((SHARED / "cms" / name).is_file() for name in FILES),
    reason=f"the extracts of CMS's files are not in {SHARED}",
)


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    store = tmp_path_factory.mktemp("real") / "tables.sqlite"
    for name in FILES:
        import_file(SHARED / "cms" / name, store, lambda *_told: None)
    return StoredTables(store)


def extract(name):
    with (SHARED / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_file_is_recognised_with_its_days(tables):
    assert [
        (one.program, one.label, str(one.effective_from), str(one.effective_through)) for one in tables.releases()
    ] == [
        ("add-on", "2026Q2", "2026-04-01", "2026-06-30"),
        ("mpfs", "2025 October", "2025-10-01", "2025-12-31"),
        ("mpfs", "2026 July", "2026-07-01", "2026-09-30"),
        ("mue", "2024Q3", "2024-07-01", "2024-09-30"),
        ("ptp", "2024Q3 v30.2", "2024-07-01", "2024-09-30"),
    ]
    assert any("2026Q1, 2026Q2" in remark for remark in remarks(tables.releases()))


def test_pairs_agree_with_the_extract(tables):
    rows = extract("ncci_ptp_practitioner_2024q3_subset.csv")
    codes = {row[column] for row in rows for column in ("column1", "column2")}
    in_force = {
        (row["column1"], row["column2"], row["modifier_indicator"])
        for row in rows
        if row["deletion_date"] == "*" or row["deletion_date"] >= "2024-07-01"
    }
    found = tables.ptp_edits(codes, SUMMER)
    assert {(edit.column1, edit.column2, edit.modifier_indicator) for edit in found} == in_force
    assert tables.release("ptp", SUMMER).rows == len(rows)


def test_limits_agree_with_the_extract(tables):
    rows = extract("mue_practitioner_2024q3_subset.csv")
    found = [tables.mue(row["hcpcs"], SUMMER) for row in rows]
    assert [(str(one.units), one.adjudication_indicator) for one in found] == [
        (row["mue_value"], row["mai"]) for row in rows
    ]


@pytest.mark.parametrize("on", [date(2025, 10, 1), date(2026, 9, 30)])
def test_indicators_agree_with_the_extract(tables, on):
    names = (
        "status_code",
        "pctc_ind",
        "glob_days",
        "mult_proc",
        "bilat_surg",
        "asst_surg",
        "co_surg",
        "team_surg",
        "endo_base",
    )
    for row in extract("mpfs_indicators_rvu25d_oct2025_subset.csv"):
        one = tables.fee_schedule(row["hcpcs"], on, row["mod"])
        found = (
            one.status, one.pctc, one.global_days, one.multiple_procedure, one.bilateral, one.assistant, one.co_surgeon,
            one.team, one.endoscopic_base,
        )  # fmt: skip
        assert found == tuple(row[name].strip() for name in names)


def test_add_on_edits_agree_with_the_extract(tables):
    wanted: dict[str, AddOnEdit | None] = {}
    for row in extract("aoc_2026q2_subset.csv"):
        add_on, on = row["addon_code"], SPRING.isoformat()
        wanted.setdefault(add_on, None)
        ends = [row[name] for name in ("edit_deleted", "addon_deleted", "primary_deleted") if row[name]]
        if row["edit_effective"] <= on and all(on <= end for end in ends):
            one = wanted[add_on] or AddOnEdit(add_on, row["aoc_type"], frozenset())
            wanted[add_on] = AddOnEdit(add_on, row["aoc_type"], one.primaries | {row["primary_code"]} - {"CCCCC"})
    assert len(wanted) > 100
    assert {add_on: tables.add_on(add_on, SPRING) for add_on in wanted} == wanted


@pytest.mark.parametrize(
    ("name", "program", "days"),
    [
        ("aoc_2026q2.head.tsv", "add-on", "2026-04-01"),
        ("hcpcs_2026_oct_anweb.head.csv", "hcpcs", "2026-10-01"),
        ("mue_2026q3.head.csv", "mue", "2026-07-01"),
        ("ncci_ptp_ccipra-v322r0-f1.head.txt", "ptp", "2026-07-01"),
        ("pprrvu_2025_oct.head.csv", "mpfs", "2025-10-01"),
        ("pprrvu_2026_jul_nonqpp.head.csv", "mpfs", "2026-07-01"),
    ],
)
def test_the_heads_of_the_published_files_are_read(tmp_path, name, program, days):
    report = import_file(SHARED / "layouts" / name, tmp_path / "tables.sqlite", lambda *_told: None)
    assert [(one.release.program, str(one.release.effective_from)) for one in report.imported] == [(program, days)]
