"""MUE, fee schedule, add-on code and HCPCS files: each layout CMS publishes, and what is refused."""

from __future__ import annotations

from datetime import date

import pytest

from ingest.tables.errors import ImportRefused
from ingest.tables.model import AddOnEdit, FeeScheduleRow, HcpcsEntry, MueLimit

SUMMER = date(2024, 7, 1)
OCTOBER = date(2025, 10, 1)
SPRING = date(2026, 4, 1)
FALL = date(2026, 10, 1)


# ---- MUE -----------------------------------------------------------------------------------------------------------


def test_mue_limits_with_the_notice_and_the_broken_heading_cell(cms):
    cms.bring(cms.mue("90001 1 2", "90002 0 3", "J3301 16 1"))
    tables = cms.tables()
    assert tables.mue("90001", SUMMER) == MueLimit("90001", 1, "2")
    assert tables.mue("90002", SUMMER) == MueLimit("90002", 0, "3")
    assert tables.mue("J3301", SUMMER) == MueLimit("J3301", 16, "1")
    assert tables.mue("90003", SUMMER) is None
    assert tables.mue("90001", date(2024, 10, 1)) is None


def test_mue_as_a_spreadsheet(cms):
    head = ["HCPCS/\nCPT Code", "Practitioner Services MUE Values", "MUE Adjudication Indicator", "MUE Rationale"]
    cms.bring(cms.sheet("MUE_2024q3.xlsx", [["A notice."], head, [90001, 2, "3 Date of Service Edit: Clinical", "x"]]))
    assert cms.tables().mue("90001", SUMMER) == MueLimit("90001", 2, "3")


@pytest.mark.parametrize("other", ["Outpatient Hospital Services MUE Values", "DME Supplier Services MUE Values"])
def test_mue_of_others_is_refused_by_name(cms, other):
    text = cms.mue("90001 1 2").read_text().replace("Practitioner Services MUE Values", other)
    with pytest.raises(ImportRefused, match=f"limits for {other.split(' Serv')[0].lower()} services"):
        cms.bring(cms.write("MCR_MUE_2024q3.csv", text))


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("90001,x,2 Date,Inv", 'the MUE value of 90001 is "x"'),
        ("90001,-1,2 Date,Inv", 'the MUE value of 90001 is "-1"'),
        ("90001,1,4 Date,Inv", 'the adjudication indicator of 90001 is "4"'),
        ("90001,1,,Inv", 'the adjudication indicator of 90001 is ""'),
        ("9001X9,1,2 Date,Inv", '"9001X9" is no procedure code'),
        ("90009,1", "2 columns where the heading has 4"),
        ("90008,7,2 Date of Service Edit: Policy,Invented", "90008 stands in the file twice with different limits"),
    ],
)
def test_mue_a_bad_row_refuses_the_file_and_names_the_line(cms, row, told):
    text = cms.mue("90008 1 2").read_text() + row + "\r\n"
    with pytest.raises(ImportRefused) as caught:
        cms.bring(cms.write("MUE_2024q3.csv", text))
    assert f"MUE_2024q3.csv:7: {told}" in str(caught.value)


def test_mue_cut_off_inside_a_quoted_cell_is_refused(cms):
    with pytest.raises(ImportRefused):
        cms.bring(cms.write("MUE_2024q3.csv", cms.mue("90001 1 2").read_text() + '"90002,1,2 Date'))


# ---- fee schedule --------------------------------------------------------------------------------------------------

FEES = ("90001 - A 0 090 2 1 1 0 0 90002", "90003 - A 1 XXX 0 0 0 0 0 -", "90003 26 A 1 XXX 0 0 0 0 0 -")
FEES_FOUND = FeeScheduleRow("90001", "", "A", "0", "090", "2", "1", "1", "0", "0", "90002")


@pytest.mark.parametrize(
    ("year", "month", "on"),
    [(2025, "October", OCTOBER), (2026, "July", date(2026, 7, 1)), (2026, "January", date(2026, 1, 1))],
)
def test_fees_are_found_by_heading_in_both_shapes(cms, year, month, on):
    cms.bring(cms.fees(*FEES, year=year, month=month))
    tables = cms.tables()
    assert tables.fee_schedule("90001", on) == FEES_FOUND
    assert tables.fee_schedule("90003", on).modifier == ""
    assert tables.fee_schedule("90003", on, "26").modifier == "26"
    assert tables.fee_schedule("90003", on, "TC") is None
    assert tables.release("mpfs", on).label == f"{year} {month}"


def test_fees_are_found_whatever_the_order_of_the_columns(cms, make_fee_rows):
    rows = [list(reversed(row)) for row in make_fee_rows(FEES)]
    cms.bring(cms.write("table.csv", "".join(f"{','.join(row)}\r\n" for row in rows)))
    assert cms.tables().fee_schedule("90001", OCTOBER) == FEES_FOUND


def test_fees_as_a_spreadsheet(cms, make_fee_rows):
    cms.bring(cms.sheet("PPRRVU2025_Oct.xlsx", make_fee_rows(FEES)))
    assert cms.tables().fee_schedule("90001", OCTOBER) == FEES_FOUND


def test_fees_take_their_quarter_from_the_title_even_under_another_name(cms):
    cms.bring(cms.fees(*FEES, name="PPRRVU2024_Jan.csv"))
    release = cms.tables().releases()[0]
    assert (release.effective_from, release.effective_through) == (OCTOBER, date(2025, 12, 31))


def test_fees_whose_title_names_no_month_take_it_from_the_day_of_release(cms):
    cms.bring(cms.fees(*FEES, month=""))
    assert cms.tables().release("mpfs", OCTOBER) is not None


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("9000 - A 0 09X 2 1 1 0 0 -", 'the global days of 09000 are "09X"'),
        ("90001 - 7 0 090 2 1 1 0 0 -", 'the status code of 90001 is "7"'),
        ("90001 26X A 0 090 2 1 1 0 0 -", 'the modifier of 90001 is "26X"'),
        ("90001 - A 0 090 2 12 1 0 0 -", 'the indicator bilateral of 90001 is "12"'),
        ("90001 - A 0 090 2 1 1 0 0 32.34", 'the endoscopic base of 90001 is "32.34"'),
    ],
)
def test_fees_out_of_their_columns_are_refused(cms, row, told):
    with pytest.raises(ImportRefused) as caught:
        cms.bring(cms.fees("90009 - A 0 090 2 1 1 0 0 -", row))
    assert f"table.csv:12: {told}" in str(caught.value)


FIXED_FEES = "HDR INVENTED ROWS ONLY".ljust(50) + "\r\n" + f"90001  {'Invented':50}A   1.00   1.00".ljust(180) + "\r\n"


def test_fees_as_text_of_fixed_width_are_refused_with_the_file_to_take(cms):
    with pytest.raises(ImportRefused, match=r"PPRRVU2025_Oct\.txt: .*fixed width.*\.csv or \.xlsx.*PPRRVU"):
        cms.bring(cms.write("PPRRVU2025_Oct.txt", FIXED_FEES))


def test_of_a_zip_with_both_the_table_is_taken_and_the_text_left_out_with_the_reason(cms):
    fees = cms.fees("90001 - A 0 090 2 1 2 1 0 -")
    report = cms.bring(cms.zip("rvu25d.zip", {"PPRRVU2025_Oct.txt": FIXED_FEES.encode(), "PPRRVU2025_Oct.csv": fees}))
    assert [one.file_name for one in report.imported] == ["rvu25d.zip: PPRRVU2025_Oct.csv"]
    (told,) = report.left_out
    assert "PPRRVU2025_Oct.txt: this is the fee schedule as text of fixed width" in told


@pytest.mark.parametrize("line", ["HDR INVENTED", "90001", f"90001  {'Invented':50}A"])
def test_other_text_that_begins_like_it_is_simply_unknown(cms, line):
    with pytest.raises(ImportRefused, match="no table that is known here"):
        cms.bring(cms.write("GPCI2025.txt", f"HDR INVENTED\r\n{line}\r\n"))


# ---- add-on codes --------------------------------------------------------------------------------------------------

EDITS = (
    "1 90010 - 90001 - 2013091 -",
    "1 90010 - 90002 - 2013091 2026120",
    "1 90010 - 90003 2025365 2013091 -",
    "1 90010 - 90004 - 2026105 -",
    "2 90011 - CCCCC - 2013091 -",
    "3 90012 - CCCCC - 2013091 -",
    "3 90012 - 90001 - 2013091 -",
    "1 90013 2026105 90001 - 2013091 -",
)


@pytest.mark.parametrize("notice", [True, False])
def test_add_ons_with_their_types_and_primaries(cms, notice):
    cms.bring(cms.add_ons(*EDITS, notice=notice))
    tables = cms.tables()
    assert tables.add_on("90011", SPRING) == AddOnEdit("90011", "2", frozenset())
    assert tables.add_on("90012", SPRING) == AddOnEdit("90012", "3", frozenset({"90001"}))
    assert tables.add_on("90001", SPRING) is None


@pytest.mark.parametrize(
    ("on", "primaries"),
    [
        (date(2026, 4, 14), {"90001", "90002"}),
        (date(2026, 4, 15), {"90001", "90002", "90004"}),  # 2026105
        (date(2026, 4, 30), {"90001", "90002", "90004"}),  # 2026120
        (date(2026, 5, 1), {"90001", "90004"}),
    ],
)
def test_add_ons_count_their_edits_by_the_day_of_the_year(cms, on, primaries):
    cms.bring(cms.add_ons(*EDITS))
    assert cms.tables().add_on("90010", on).primaries == primaries


def test_add_ons_end_with_the_add_on_code(cms):
    cms.bring(cms.add_ons(*EDITS))
    assert cms.tables().add_on("90013", date(2026, 4, 15)) is not None
    assert cms.tables().add_on("90013", date(2026, 4, 16)) is None


def test_add_ons_end_with_the_first_of_their_last_days(cms):
    cms.bring(cms.add_ons("1 90010 2026110 90001 2026105 2013091 2026120"))
    assert cms.tables().add_on("90010", date(2026, 4, 15)) is not None
    assert cms.tables().add_on("90010", date(2026, 4, 16)) is None


def test_of_several_types_the_one_that_leaves_most_to_the_contractor_holds(cms):
    cms.bring(cms.add_ons("1 90010 - 90001 - 2013091 -", "3 90010 - CCCCC - 2013091 -"))
    assert cms.tables().add_on("90010", SPRING) == AddOnEdit("90010", "3", frozenset({"90001"}))


@pytest.mark.parametrize(("name", "delimiter"), [("AOC_V2026Q2-MCR.txt", "\t"), ("AOC_V2026Q2-MCR.csv", ",")])
def test_add_ons_as_text(cms, name, delimiter):
    head = "AOC_Edit_Type,Add-On_Code,AOC_DelDT,Primary_Code,Primary_Code_DelDT,AOC_Edit_EffDT,AOC_Edit_DelDT,Special_Instruction_Notes"
    lines = [head, "1,90010,,90001,,2013091,,", "1,90010,,90002,,2013091,,"]
    cms.bring(cms.write(name, "".join(f"{line}\r\n" for line in lines).replace(",", delimiter)))
    assert cms.tables().add_on("90010", SPRING).primaries == {"90001", "90002"}


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("4 90010 - 90001 - 2013091 -", "the edit type of 90010"),
        ("1 90010 - 90001 - 2013366 -", "2013366 is no day of its year"),
        ("1 90010 - 90001 - 2013000 -", "2013000 is no day of its year"),
        ("1 90010 - 90001 - - -", "has no effective date"),
        ("1 90010 - ABC - 2013091 -", "are not both procedure codes"),
    ],
)
def test_add_ons_with_a_bad_row_are_refused(cms, row, told):
    with pytest.raises(ImportRefused, match=rf"AOC_V2026Q2-MCR.xlsx:3: .*{told}"):
        cms.bring(cms.add_ons(row))


# ---- HCPCS Level II ------------------------------------------------------------------------------------------------

CODES = (
    "A9001 3 20020701 -",
    "A9001 4 20020701 -",
    "A1 7 20020701 -",
    "JG 7 20180101 20241231",
    "Q9002 3 20260101 20260930",
)
CODES_FOUND = [
    HcpcsEntry("A9001", False, date(2002, 7, 1), None),
    HcpcsEntry("A1", True, date(2002, 7, 1), None),
    HcpcsEntry("JG", True, date(2018, 1, 1), date(2024, 12, 31)),
    HcpcsEntry("Q9002", False, date(2026, 1, 1), date(2026, 9, 30)),
]


def test_hcpcs_codes_and_modifiers(cms):
    cms.bring(cms.hcpcs(*CODES))
    tables = cms.tables()
    assert [tables.hcpcs(entry.hcpcs_code, FALL) for entry in CODES_FOUND] == CODES_FOUND
    assert tables.hcpcs("ZZ", FALL) is None
    assert tables.hcpcs("A1", date(2026, 9, 30)) is None


def test_hcpcs_in_records_of_fixed_width(cms, make_fixed_hcpcs):
    cms.bring(cms.write("HCPC2026_OCT_ANWEB.txt", make_fixed_hcpcs(*CODES)))
    assert [cms.tables().hcpcs(entry.hcpcs_code, FALL) for entry in CODES_FOUND] == CODES_FOUND


def test_hcpcs_in_records_of_fixed_width_may_begin_with_any_record(cms, make_fixed_hcpcs):
    rows = ("A9001 3 20020701 -", "A9001 4 20020701 -", "A9001 4 20020701 -", *CODES[2:])
    cms.bring(cms.write("HCPC2026_OCT_ANWEB.txt", make_fixed_hcpcs(*rows)))
    assert [cms.tables().hcpcs(entry.hcpcs_code, FALL) for entry in CODES_FOUND] == CODES_FOUND


def test_hcpcs_as_a_spreadsheet(cms):
    import csv

    with cms.hcpcs(*CODES).open(newline="") as file:
        cms.bring(cms.sheet("HCPC2026_OCT_ANWEB.xlsx", list(csv.reader(file))))
    assert [cms.tables().hcpcs(entry.hcpcs_code, FALL) for entry in CODES_FOUND] == CODES_FOUND


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("A9001 5 20020701 -", "the record identification"),
        ("A9001 3 20021301 -", "a date of A9001"),
        ("A90 3 20020701 -", "no HCPCS code"),
    ],
)
def test_hcpcs_with_a_bad_row_is_refused(cms, row, told):
    with pytest.raises(ImportRefused, match=rf"HCPC2026_OCT_ANWEB.csv:2: .*{told}"):
        cms.bring(cms.hcpcs(row))
