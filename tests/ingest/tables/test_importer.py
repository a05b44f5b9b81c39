"""Bringing files in: by content, whole or not at all, once; zips streamed; dates told or asked for."""

from __future__ import annotations

import io
import os
import signal
import struct
import subprocess
import sys
import zipfile
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.tables.errors import ImportRefused, StoreUnusable, TablesError
from ingest.tables.importer import import_file

ON = date(2024, 7, 1)
DECLARED = ("2024-01-01", "2024-12-31")


def labels(cms):
    return [(one.program, one.label) for one in cms.tables().releases()]


# ---- recognised by content -----------------------------------------------------------------------------------------


def test_content_decides_and_the_name_only_tells_the_days(cms):
    cms.bring(cms.mue("90001 1 2", name="ccipra-v302r0-f1.TXT"))
    cms.bring(cms.ptp("90001 90002 20240701 * 1", name="MUE_2024q3.pdf"))
    assert labels(cms) == [("mue", "2024Q3"), ("ptp", "2024Q3")]


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7 something",
        b"code,units\r\n90001,1\r\n",
        b"\x00\x01\x02",
        b"\xd0\xcf\x11\xe0",
        b"<?xml version='1.0'?><a/>",
        b"\n",
    ],
)
def test_what_is_not_recognised_is_refused_with_what_is_known(cms, content):
    with pytest.raises(ImportRefused, match=r"file\.bin: no table that is known here.*NCCI PTP.*ICD-10-CM"):
        cms.bring(cms.write("file.bin", content))
    assert not cms.store.exists()


def test_a_spreadsheet_of_excels_old_form_is_refused_with_what_to_download(cms):
    with pytest.raises(ImportRefused, match=r"mue\.XLS: Excel's old form.*\.xlsx, \.csv or \.txt"):
        cms.bring(cms.write("mue.XLS", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600))
    assert not cms.store.exists()


def test_an_empty_file_a_folder_and_none_at_all_are_refused(cms):
    with pytest.raises(ImportRefused, match="is empty"):
        cms.bring(cms.write("empty.csv", b""))
    for path in (cms.folder, cms.folder / "nowhere.csv"):
        with pytest.raises(ImportRefused, match="there is no such file"):
            cms.bring(path)


def test_files_saved_with_a_mark_or_as_utf_16_are_read(cms):
    text = cms.mue("90001 1 2").read_text()
    for name, encoding in (("MUE_2024q3.csv", "utf-8-sig"), ("MUE_2024q4.csv", "utf-16")):
        cms.bring(cms.write(name, text.encode(encoding)))
    assert cms.tables().mue("90001", ON) is not None
    assert cms.tables().mue("90001", date(2024, 10, 1)) is not None


# ---- dates ---------------------------------------------------------------------------------------------------------


def test_when_the_dates_cannot_be_told_the_error_names_the_options(cms):
    path = cms.ptp("90001 90002 20240701 * 1", name="pairs.txt")
    with pytest.raises(ImportRefused, match="--effective-from 2026-07-01 --effective-through 2026-09-30"):
        cms.bring(path)
    assert not cms.store.exists()
    cms.bring(path, DECLARED)
    assert cms.tables().release("ptp", date(2024, 12, 31)).label == "2024-01-01 to 2024-12-31"


def test_declared_dates_outrank_content_and_name(cms):
    cms.bring(cms.fees("90001 - A 0 090 2 1 1 0 0 -"), DECLARED)
    assert cms.tables().release("mpfs", date(2025, 10, 1)) is None
    assert cms.tables().fee_schedule("90001", date(2024, 1, 1)) is not None


def test_dates_that_run_backwards_are_refused(cms):
    with pytest.raises(ImportRefused, match="run backwards"):
        cms.bring(cms.mue("90001 1 2"), DECLARED[::-1])


# ---- once, and in place of -----------------------------------------------------------------------------------------


def test_the_same_file_again_changes_nothing_even_under_another_name(cms):
    path = cms.mue("90001 1 2")
    assert cms.bring(path).imported[0].outcome == "added"
    before = cms.store.read_bytes()
    assert cms.bring(path).imported[0].outcome == "unchanged"
    # Renamed so that its dates could not be told any more.
    assert cms.bring(cms.write("copy.csv", path.read_bytes())).imported[0].outcome == "unchanged"
    assert cms.store.read_bytes() == before


def test_the_same_file_for_other_days_is_another_release(cms):
    path = cms.mue("90001 1 2")
    cms.bring(path)
    assert cms.bring(path, ("2025-01-01", "2025-03-31")).imported[0].outcome == "added"
    assert len(labels(cms)) == 2


def test_a_newer_file_for_the_same_days_takes_the_place_of_the_old(cms):
    cms.bring(cms.mue("90001 1 2", "90002 1 2"))
    assert cms.bring(cms.mue("90001 5 2", name="MUE_2024q3.csv")).imported[0].outcome == "replaced"
    tables = cms.tables()
    assert tables.mue("90001", ON).units == 5
    assert tables.mue("90002", ON) is None
    assert tables.release("mue", ON).rows == 1


# ---- whole or not at all -------------------------------------------------------------------------------------------


def test_a_refused_file_leaves_the_store_as_it_was(cms):
    cms.bring(cms.mue("90001 1 2"))
    before = cms.store.read_bytes()
    with pytest.raises(ImportRefused):
        cms.bring(cms.mue("90001 5 2", "90002 x 2", name="MUE_2024q3.csv"))
    assert cms.store.read_bytes() == before


def test_a_zip_with_one_bad_table_brings_none_in(cms):
    good = cms.mue("90001 1 2")
    bad = cms.ptp("90001 90002 20240701 * 5", name="ccipra-v302r0-f1.TXT")
    with pytest.raises(ImportRefused, match=r"all\.zip: b/ccipra-v302r0-f1\.TXT:7: the modifier indicator"):
        cms.bring(cms.zip("all.zip", {"a/MUE_2024q3.csv": good, "b/ccipra-v302r0-f1.TXT": bad}))
    assert not cms.store.exists()


KILLED = """
import os, signal, sys
from pathlib import Path
from ingest.tables import importer, ptp
stored = ptp._store
def die_halfway(codes, dates, connection, part_id):
    connection.execute("PRAGMA cache_size = 1")  # so that pages reach the disk before the end
    stored(codes, dates, connection, part_id)
    os.kill(os.getpid(), signal.SIGKILL)
ptp._store = die_halfway
importer.import_file(Path(sys.argv[1]), Path(sys.argv[2]), lambda *_told: None)
"""


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL on Windows")
def test_an_import_that_is_killed_leaves_the_old_state(cms):
    cms.bring(cms.ptp("90001 90002 20240701 * 1", name="ccipra-v302r0-f1.TXT"))
    rows = [f"{10_000 + n} {20_000 + m} 20240701 * 0" for n in range(200) for m in range(50)]
    big = cms.ptp(*rows, name="ccipra-v302r1-f1.TXT")
    killed = subprocess.run([sys.executable, "-c", KILLED, str(big), str(cms.store)], capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert cms.store.with_name("tables.sqlite-journal").exists()
    tables = cms.tables()
    assert tables.release("ptp", ON).rows == 1
    assert len(tables.ptp_edits(["90001", "90002"], ON)) == 1
    tables.close()
    assert cms.bring(big).imported[0].outcome == "replaced"
    assert cms.tables().release("ptp", ON).rows == 10_000


# ---- zips ----------------------------------------------------------------------------------------------------------


def test_a_zip_gives_its_tables_and_says_what_it_left_out(cms):
    report = cms.bring(
        cms.zip(
            "2024q3.zip",
            {
                "MUE/limits.csv": cms.mue("90001 1 2"),
                "readme.pdf": b"%PDF-1.4",
                "ccipra-v302r0-f2.TXT": cms.ptp("90001 90002 20240701 * 1"),
            },
        )
    )
    assert [(one.release.program, one.file_name) for one in report.imported] == [
        ("mue", "2024q3.zip: MUE/limits.csv"),
        ("ptp", "2024q3.zip: ccipra-v302r0-f2.TXT"),
    ]
    assert report.left_out == ("2024q3.zip: readme.pdf: no table that is known here",)
    assert cms.bring(cms.folder / "2024q3.zip").imported[1].outcome == "unchanged"


def test_the_same_table_as_text_and_as_spreadsheet_goes_in_once(cms, make_spreadsheet):
    head = ["HCPCS/CPT Code", "Practitioner Services MUE Values", "MUE Adjudication Indicator"]
    members = {"MUE.xlsx": make_spreadsheet([head, ["90001", 1, "2 Date"]]), "MUE.csv": cms.mue("90001 1 2")}
    report = cms.bring(cms.zip("mue-2024q3.zip", members))
    assert [one.file_name for one in report.imported] == ["mue-2024q3.zip: MUE.csv"]
    assert report.left_out == ("mue-2024q3.zip: MUE.xlsx: left out, MUE.csv holds the same",)


def test_a_spreadsheet_inside_a_zip_is_read(cms):
    path = cms.zip("aoc.zip", {"x/AOC_V2026Q2-MCR.xlsx": cms.add_ons("1 90010 - 90001 - 2013091 -")})
    cms.bring(path)
    assert cms.tables().add_on("90010", date(2026, 4, 1)) is not None


def test_a_member_whose_path_leads_out_is_read_where_it_lies(cms):
    cms.bring(cms.zip("x.zip", {"../../../escaped/MUE_2024q3.csv": cms.mue("90001 1 2")}))
    assert cms.tables().mue("90001", ON) is not None
    assert sorted(path.name for path in cms.folder.iterdir()) == [
        "MCR_MUE_PractitionerServices_Eff_07-01-2024.csv",
        "data",
        "x.zip",
    ]


def test_a_zip_bomb_is_refused_before_it_unpacks(cms):
    with pytest.raises(ImportRefused, match=r"bomb\.zip: MUE_2024q3\.csv: .* would unpack to 100,000,000"):
        cms.bring(cms.zip("bomb.zip", {"MUE_2024q3.csv": b"0" * 100_000_000}))


def test_a_spreadsheet_bomb_is_refused_before_it_unpacks(cms):
    held = io.BytesIO(cms.add_ons("1 90010 - 90001 - 2013091 -").read_bytes())
    with zipfile.ZipFile(held, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings2.xml", b"0" * 100_000_000)
    with pytest.raises(ImportRefused, match="would unpack to 100,000,000 bytes"):
        cms.bring(cms.write("AOC_V2026Q2-MCR.xlsx", held.getvalue()))


def test_a_zip_that_lies_about_a_size_gives_no_more_than_it_said(cms):
    path = cms.zip("liar.zip", {"MUE_2024q3.csv": b"0" * 5_000_000})
    content = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = content.index(mark) + offset
        content[at : at + 4] = struct.pack("<I", 1_000)
    with pytest.raises(ImportRefused):
        cms.bring(cms.write("liar.zip", bytes(content)))


def test_a_spreadsheet_with_entities_is_refused(cms):
    held = io.BytesIO(cms.add_ons("1 90010 - 90001 - 2013091 -").read_bytes())
    out = io.BytesIO()
    with zipfile.ZipFile(held) as old, zipfile.ZipFile(out, "w") as new:
        for info in old.infolist():
            content = old.read(info)
            if info.filename.endswith("sheet1.xml"):
                content = b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + content.replace(b"90010", b"&a;")
            new.writestr(info.filename, content)
    with pytest.raises(ImportRefused, match=r"AOC_V2026Q2-MCR\.xlsx"):
        cms.bring(cms.write("AOC_V2026Q2-MCR.xlsx", out.getvalue()))


def test_a_spreadsheet_that_claims_to_be_smaller_than_it_is_is_read_whole(cms):
    held, out = (
        io.BytesIO(cms.add_ons("1 90010 - 90001 - 2013091 -", "1 90010 - 90002 - 2013091 -").read_bytes()),
        io.BytesIO(),
    )
    with zipfile.ZipFile(held) as old, zipfile.ZipFile(out, "w") as new:
        for info in old.infolist():
            content = old.read(info)
            if info.filename.endswith("sheet1.xml"):
                changed = content.replace(b"<sheetData>", b'<dimension ref="A1:H3"/><sheetData>')
                assert changed != content
                content = changed
            new.writestr(info.filename, content)
    assert cms.bring(cms.write("AOC_V2026Q2-MCR.xlsx", out.getvalue())).imported[0].rows == 2


@pytest.mark.parametrize("kept", [30, 200, -1])
def test_a_zip_cut_off_is_refused_with_what_to_do(cms, kept):
    whole = cms.zip("x.zip", {"MUE_2024q3.csv": cms.mue("90001 1 2")}).read_bytes()
    with pytest.raises(ImportRefused, match="download it again"):
        cms.bring(cms.write("cut.zip", whole[:kept]))


def test_a_damaged_member_is_refused(cms):
    path = cms.zip("x.zip", {"MUE_2024q3.csv": cms.mue(*(f"9{n:04d} {n % 7} 2" for n in range(9_000)))})
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    with pytest.raises(ImportRefused):
        cms.bring(cms.write("x.zip", bytes(content)))
    assert not cms.store.exists()


# ---- the store -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"no database", b"SQLite format 3\x00" + b"x" * 4000])
def test_a_file_in_the_stores_place_that_is_none_is_never_overwritten(cms, content):
    cms.store.parent.mkdir()
    cms.store.write_bytes(content)
    with pytest.raises(StoreUnusable, match=r"tables\.sqlite"):
        cms.bring(cms.mue("90001 1 2"))
    assert cms.store.read_bytes() == content


def test_the_database_of_another_program_is_left_alone(cms):
    import sqlite3
    from contextlib import closing

    cms.store.parent.mkdir()
    with closing(sqlite3.connect(cms.store)) as connection:
        connection.execute("CREATE TABLE release (name TEXT)")
    before = cms.store.read_bytes()
    with pytest.raises(StoreUnusable, match="no tables file of Understudy"):
        cms.bring(cms.mue("90001 1 2"))
    assert cms.store.read_bytes() == before


# ---- any bytes -----------------------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        b"Column 1\tColumn 2\t*=in existence\tEffective\tDeletion\tModifier\tPTP Edit Rationale\r\n",
        b"HCPCS/CPT Code,Practitioner Services MUE Values,MUE Adjudication Indicator,MUE Rationale\r\n",
        b"HCPCS,MOD,STATUS CODE,PCTC IND,GLOB DAYS,MULT PROC,BILAT SURG,ASST SURG,CO- SURG,TEAM SURG,ENDO BASE\r\n",
        b"AOC_Edit_Type,Add-On_Code,AOC_DelDT,Primary_Code,Primary_Code_DelDT,AOC_Edit_EffDT,AOC_Edit_DelDT\r\n",
        b"HCPC,RECID,ADD DT,TERM DT\r\n",
        b"90001\t90002\t\t20240701\t*\t1\tReason\r\n",
        b"90001,1,2 Date,Inv\r\n",
        b"90001,26,A,0,090,2,1,1,0,0,90002\r\n",
        b"1,90010,,90001,,2013091,\r\n",
        b"A9001,3,20020701,\r\n",
        b"PK\x03\x04",
        b"\xff\xfe",
        b'"',
        b"\r",
        b"\0",
    ]
)


def attempt(path, store):
    """The report, or None and what the refusal says. Any other exception goes through."""
    try:
        return import_file(path, store, lambda *_told: None, (ON, ON)), ""
    except TablesError as error:
        return None, str(error)


@settings(max_examples=500, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(PIECES | st.binary(max_size=40), max_size=12))
def test_any_bytes_are_imported_or_refused_with_a_reason(tmp_path, pieces):
    path = tmp_path / "x.bin"
    path.write_bytes(b"".join(pieces))
    store = tmp_path / "tables.sqlite"
    store.unlink(missing_ok=True)
    report, told = attempt(path, store)
    assert ("x.bin" in told and not store.exists()) if report is None else all(one.rows for one in report.imported)


@pytest.fixture(scope="module")
def containers(tmp_path_factory, cms_at):
    cms = cms_at(tmp_path_factory.mktemp("containers"))
    sheet = cms.add_ons("1 90010 - 90001 - 2013091 -")
    return [sheet.read_bytes(), cms.zip("a.zip", {"AOC.xlsx": sheet, "m.csv": cms.mue("90001 1 2")}).read_bytes()]


@settings(max_examples=500, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.integers(0, 1),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=6),
    st.floats(0, 1),
)
def test_a_damaged_zip_or_spreadsheet_is_imported_or_refused_with_a_reason(tmp_path, containers, which, changed, kept):
    content = bytearray(containers[which])
    for place, value in changed:
        content[int(place * len(content))] = value
    path = tmp_path / "x.xlsx"
    path.write_bytes(content[: max(5, int(len(content) * (1 - kept**4)))])
    store = tmp_path / "tables.sqlite"
    store.unlink(missing_ok=True)
    report, told = attempt(path, store)
    assert report is not None or ("x.xlsx" in told and not store.exists())
