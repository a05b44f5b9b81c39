"""NCCI PTP practitioner files: recognised, read, put together from parts, asked by date."""

from __future__ import annotations

from datetime import date

import pytest

from ingest.tables.errors import ImportRefused

Q3 = date(2024, 7, 1), date(2024, 9, 30)


def pairs(tables, *codes, on=Q3[0]):
    return [(edit.column1, edit.column2, edit.modifier_indicator) for edit in tables.ptp_edits(codes, on)]


def test_a_release_is_named_and_dated_by_its_version(cms):
    cms.bring(cms.ptp("90001 90002 20240701 * 1", name="ccipra-v302r0-f1.TXT"))
    release = cms.tables().release("ptp", Q3[0])
    assert (release.label, release.effective_from, release.effective_through) == ("2024Q3 v30.2", *Q3)
    assert (release.rows, release.file_name, len(release.sha256)) == (1, "ccipra-v302r0-f1.TXT", 64)
    assert cms.tables().release("ptp", date(2024, 6, 30)) is None
    assert cms.tables().release("ptp", Q3[1]) is not None
    assert cms.tables().release("ptp", date(2024, 10, 1)) is None


def test_direction_and_indicator_are_kept(cms):
    cms.bring(cms.ptp("90002 90001 20240101 * 0", "90001 90003 20240101 * 9"))
    tables = cms.tables()
    assert pairs(tables, "90001", "90002") == [("90002", "90001", "0")]
    assert pairs(tables, "90001", "90002", "90003") == [("90001", "90003", "9"), ("90002", "90001", "0")]
    assert pairs(tables, "90002", "90003") == []


@pytest.mark.parametrize(
    ("on", "found"),
    [("2024-07-14", 0), ("2024-07-15", 1), ("2024-08-01", 1), ("2024-08-31", 1), ("2024-09-01", 0)],
)
def test_a_pair_is_in_force_from_its_first_to_its_last_day(cms, on, found):
    cms.bring(cms.ptp("90001 90002 20240715 20240831 1"))
    edits = cms.tables().ptp_edits(["90001", "90002"], date.fromisoformat(on))
    assert len(edits) == found
    if found:
        assert (edits[0].effective_from, edits[0].effective_through) == (date(2024, 7, 15), date(2024, 8, 31))


def test_a_pair_may_have_several_rows_and_each_has_its_days(cms):
    cms.bring(cms.ptp("90001 90002 19960101 20240714 0", "90001 90002 20240801 * 1"))
    tables = cms.tables()
    assert pairs(tables, "90001", "90002", on=date(2024, 7, 14)) == [("90001", "90002", "0")]
    assert pairs(tables, "90001", "90002", on=date(2024, 7, 20)) == []
    assert pairs(tables, "90001", "90002", on=date(2024, 8, 1)) == [("90001", "90002", "1")]


def test_an_open_pair_has_no_last_day_and_one_before_1996_needs_no_first(cms):
    cms.bring(cms.ptp("90001 90002 - * 1 *", "90001 90003 20240701 * 1"))
    edits = cms.tables().ptp_edits(["90001", "90002", "90003"], Q3[0])
    assert [edit.effective_through for edit in edits] == [None, None]
    assert edits[0].effective_from <= date(1996, 1, 1)


def test_codes_are_found_whole_and_never_across_two_neighbours(cms):
    cms.bring(cms.ptp("90001 12345 20240701 * 1", "90001 67890 20240701 * 1"))
    tables = cms.tables()
    assert pairs(tables, "90001", "34567") == []
    assert pairs(tables, "90001", "67890") == [("90001", "67890", "1")]
    assert pairs(tables, "90001", "6789", "678901", "é2345") == []


def test_letters_in_codes_and_a_number_that_lost_its_zeros(cms):
    cms.bring(cms.ptp("0001U J3301 20240701 * 1", "100 0232T 20240701 * 1"))
    assert pairs(cms.tables(), "0001U", "J3301", "00100", "0232T") == [("0001U", "J3301", "1"), ("00100", "0232T", "1")]


def test_the_files_of_a_release_add_up(cms):
    cms.bring(cms.ptp("10001 90002 20240701 * 1", name="ccipra-v302r0-f1.TXT"))
    cms.bring(cms.ptp("20001 90002 20240701 * 1", "20002 90002 20240701 * 0", name="ccipra-v302r0-f2.TXT"))
    tables = cms.tables()
    assert len(pairs(tables, "10001", "20001", "20002", "90002")) == 3
    release = tables.release("ptp", Q3[0])
    assert release.rows == 3
    assert release.file_name == "ccipra-v302r0-f1.TXT, ccipra-v302r0-f2.TXT"


def test_a_corrected_file_takes_the_place_of_its_own_part_only(cms):
    cms.bring(cms.ptp("10001 90002 20240701 * 1", name="ccipra-v302r0-f1.TXT"))
    cms.bring(cms.ptp("20001 90002 20240701 * 1", name="ccipra-v302r0-f2.TXT"))
    report = cms.bring(cms.ptp("20009 90002 20240701 * 1", name="ccipra-v302r1-f2.TXT"))
    assert report.imported[0].outcome == "replaced"
    assert pairs(cms.tables(), "10001", "20001", "20009", "90002") == [("10001", "90002", "1"), ("20009", "90002", "1")]


def test_without_numbers_in_the_names_parts_are_told_apart_by_their_codes(cms):
    window = ("2024-07-01", "2024-09-30")
    cms.bring(cms.ptp("10001 90002 20240701 * 1", "10009 90002 20240701 * 1", name="first.txt"), window)
    assert cms.bring(cms.ptp("20001 90002 20240701 * 1", name="second.txt"), window).imported[0].outcome == "added"
    assert cms.bring(cms.ptp("10005 90002 20240701 * 1", name="third.txt"), window).imported[0].outcome == "replaced"
    assert pairs(cms.tables(), "10001", "10005", "10009", "20001", "90002") == [
        ("10005", "90002", "1"),
        ("20001", "90002", "1"),
    ]


def test_the_spreadsheet_form_is_read_like_the_text(cms):
    rows = [
        ["Invented codes only."],
        ["Column1/Column2 Edits"],
        ["Column 1", "Column 2", "*=in existence\nprior to 1996", "Effective\nDate", "Deletion\nDate\n*=no data",
         "Modifier\n0=not allowed\n1=allowed\n9=not applicable", "PTP Edit Rationale"],
        ["90001", "90002", None, 20240701, "*", 1, "Invented"],
        [100, "90003", None, "20240701", 20240831, "0", None],
    ]  # fmt: skip
    cms.bring(cms.sheet("ccipra-v302r0-f1.xlsx", rows))
    tables = cms.tables()
    assert pairs(tables, "90001", "90002", "00100", "90003") == [("00100", "90003", "0"), ("90001", "90002", "1")]
    assert pairs(tables, "00100", "90003", on=date(2024, 9, 1)) == []


def test_the_comma_separated_form_is_read_like_the_text(cms):
    text = cms.ptp("90001 90002 20240701 * 1").read_text().replace("\t", ",")
    cms.bring(cms.write("ccipra-v302r0-f1.csv", text))
    assert pairs(cms.tables(), "90001", "90002") == [("90001", "90002", "1")]


def test_the_hospitals_edits_are_refused_although_they_look_the_same(cms):
    with pytest.raises(ImportRefused, match="hospitals; import the practitioner's"):
        cms.bring(cms.ptp("90001 90002 20240701 * 1", name="ccioph-v302r0-f1.TXT"))


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("90001\t9000\t\t20240701\t*", "5 columns where the heading has 7"),
        ("90001\tXYZ\t\t20240701\t*\t1\tReason", '"90001" and "XYZ" are not both procedure codes'),
        ("90001\t90002\t\t20240701\t*\t7\tReason", 'the modifier indicator is "7"'),
        ("90001\t90002\t\t20240701\t*\t\tReason", 'the modifier indicator is ""'),
        ("90001\t90002\t\t20241301\t*\t1\tReason", 'the effective date is "20241301"'),
        ("90001\t90002\t\t\t*\t1\tReason", 'the effective date is ""'),
        ("90001\t90002\t\t20240701\tsoon\t1\tReason", 'the deletion date is "soon"'),
    ],
)
def test_a_bad_row_refuses_the_file_and_names_the_line(cms, row, told):
    good = cms.ptp("90001 90002 20240701 * 1").read_text()
    path = cms.write("ccipra-v302r0-f1.TXT", f"{good}{row}\r\n{good.splitlines()[-1]}\r\n")
    with pytest.raises(ImportRefused) as caught:
        cms.bring(path)
    assert f"ccipra-v302r0-f1.TXT:8: {told}" in str(caught.value)
    assert "download it again" in str(caught.value)
    assert cms.tables().releases() == ()


def test_a_file_cut_off_within_a_row_is_refused(cms):
    whole = cms.ptp(*(f"9000{n} 91000 20240701 * 1" for n in range(9))).read_bytes()
    with pytest.raises(ImportRefused, match=r"ccipra-v302r0-f1\.TXT:15: 4 columns where the heading has 7"):
        cms.bring(cms.write("ccipra-v302r0-f1.TXT", whole[:-25]))


@pytest.mark.parametrize("lost", range(3, 17))
def test_a_file_cut_off_within_its_last_cell_is_refused(cms, lost):
    whole = cms.ptp(*(f"9000{n} 91000 20240701 * 1" for n in range(9))).read_bytes()
    with pytest.raises(ImportRefused, match="the line has no end and its last cell is like no other"):
        cms.bring(cms.write("ccipra-v302r0-f1.TXT", whole[:-lost]))


def test_a_whole_file_whose_last_line_has_no_end_is_taken(cms):
    whole = cms.ptp(*(f"9000{n} 91000 20240701 * 1" for n in range(9))).read_bytes()
    assert cms.bring(cms.write("ccipra-v302r0-f1.TXT", whole[:-2])).imported[0].rows == 9


def test_many_bad_rows_are_counted_and_a_few_are_shown(cms):
    with pytest.raises(ImportRefused) as caught:
        cms.bring(cms.ptp(*("90001 90002 20240701 * 5" for _ in range(50))))
    assert str(caught.value).count("modifier indicator") == 8
    assert "... and 42 more" in str(caught.value)


def test_a_heading_without_rows_is_refused(cms):
    with pytest.raises(ImportRefused, match="a heading and no row"):
        cms.bring(cms.ptp())


def test_a_strange_line_within_the_heading_makes_no_row_too_short_to_read(cms):
    text = cms.ptp("90001 90002 20240701 * 1").read_text().replace("\t\t\t\t\t9=not applicable\t", "9=not applicable")
    with pytest.raises(ImportRefused, match="1 columns where the heading has 6"):
        cms.bring(cms.write("ccipra-v302r0-f1.TXT", f"{text}90001\r\n"))
