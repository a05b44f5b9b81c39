"""What is said of gaps and overlaps between releases, and of what a release changes for the notes."""

from __future__ import annotations

from contextlib import closing

import pytest

from ingest.notes.model import KbNote
from ingest.notes.reader import read_note
from ingest.tables.changes import NamedCodes, changes_between, release_before
from ingest.tables.coverage import remarks
from ingest.tables.releases import connect


def note(text: str, name: str = "kb/a.md") -> KbNote:
    note_id = name.removeprefix("kb/").removesuffix(".md")
    read = read_note(text.encode(), note_id=note_id, path=name, layer="practice")
    assert read.note is not None
    assert read.problems == ()
    return read.note


def told(cms, *notes: KbNote):
    """Totals and, for each note, its codes, of the last release of the program that was imported last."""
    with closing(connect(cms.store)) as connection:
        releases = cms.tables().releases()
        new = max(releases, key=lambda one: one.effective_from)
        before = release_before(releases, new)
        assert before is not None
        named = NamedCodes(notes)
        changes = changes_between(connection, before, new, named.names)
        return dict(changes.totals), {one.path: list(one.codes) for one in named.touched(changes)}


# ---- coverage ------------------------------------------------------------------------------------------------------


def test_releases_without_a_gap_need_no_remark(cms):
    for quarter in ("2025q4", "2026q1", "2026q2"):
        cms.bring(cms.mue("90001 1 2", name=f"MUE_{quarter}.csv"))
    assert remarks(cms.tables().releases()) == ()


def test_missing_quarters_are_named(cms):
    cms.bring(cms.mue("90001 1 2", name="MUE_2025q4.csv"))
    cms.bring(cms.mue("90001 1 2", name="MUE_2026q3.csv"))
    assert remarks(cms.tables().releases()) == (
        "MUE, practitioner services: no release covers 2026-01-01 to 2026-06-30 (2026Q1, 2026Q2)",
    )


def test_a_gap_of_one_day_is_a_gap(cms):
    cms.bring(cms.mue("90001 1 2", name="a.csv"), ("2026-01-01", "2026-03-30"))
    cms.bring(cms.mue("90001 1 2", name="MUE_2026q2.csv"))
    assert remarks(cms.tables().releases()) == (
        "MUE, practitioner services: no release covers 2026-03-31 to 2026-03-31",
    )


def test_an_overlap_says_who_answers(cms):
    cms.bring(cms.mue("90001 1 2", name="a.csv"), ("2026-01-01", "2026-12-31"))
    cms.bring(cms.mue("90001 1 2", name="MUE_2026q3.csv"))
    assert remarks(cms.tables().releases()) == (
        "MUE, practitioner services: 2026-01-01 to 2026-12-31 and 2026Q3 both cover 2026-07-01 to 2026-09-30; "
        "2026Q3 answers for these days",
    )


def test_a_release_inside_another_opens_no_gap(cms):
    cms.bring(cms.mue("90001 1 2", name="a.csv"), ("2026-01-01", "2026-12-31"))
    cms.bring(cms.mue("90001 1 2", name="MUE_2026q1.csv"))
    cms.bring(cms.mue("90001 1 2", name="MUE_2027q1.csv"))
    assert not any("no release" in remark for remark in remarks(cms.tables().releases()))


def test_missing_files_of_a_release_are_named(cms):
    cms.bring(cms.ptp("10001 90002 20240701 * 1", name="ccipra-v302r0-f1.TXT"))
    cms.bring(cms.ptp("30001 90002 20240701 * 1", name="ccipra-v302r0-f3.TXT"))
    assert "of 2024Q3 v30.2 f2, f4 are missing" in remarks(cms.tables().releases())[0]
    for number in (2, 4):
        cms.bring(cms.ptp(f"{number}0001 90002 20240701 * 1", name=f"ccipra-v302r0-f{number}.TXT"))
    assert remarks(cms.tables().releases()) == ()


def test_a_release_of_one_unnumbered_file_lacks_nothing(cms):
    cms.bring(cms.ptp("10001 90002 20240701 * 1", name="all-2024q3.txt"))
    assert remarks(cms.tables().releases()) == ()


# ---- changes -------------------------------------------------------------------------------------------------------

BUNDLED = note("---\ncodes: [90001, 90100-90199]\n---\nText about these codes.\n")
OTHER = note("---\ncodes: [90300]\n---\nText about another code.\n", "kb/b.md")


def test_newly_bundled_released_and_changed_pairs_reach_the_notes_that_name_a_code(cms):
    cms.bring(
        cms.ptp(
            "90001 90002 20200101 * 1",
            "90001 90150 20200101 * 1",
            "90500 90501 20200101 * 1",
            name="ccipra-v301r0-f1.TXT",
        )
    )
    cms.bring(
        cms.ptp(
            "90001 90002 20200101 20240630 1",
            "90001 90150 20200101 * 0",
            "90500 90501 20200101 * 1",
            "90001 90003 20240701 * 1",
            "90600 90150 20240701 * 1",
            "90600 90601 20240701 * 1",
            "90600 90602 20240801 * 1",
            name="ccipra-v302r0-f1.TXT",
        )
    )
    totals, notes = told(cms, BUNDLED, OTHER)
    # Column 1 codes that the earlier file does not reach are not compared.
    assert totals == {"newly bundled": 1, "no longer bundled": 1, "other modifier indicator": 1}
    assert notes == {
        "kb/a.md": [
            ("90001", "newly bundled", ("90003",)),
            ("90001", "no longer bundled", ("90002",)),
            ("90001", "other modifier indicator", ("90150",)),
            ("90150", "other modifier indicator", ("90001",)),
        ]
    }


def test_a_pair_that_ends_with_the_earlier_release_is_told_even_if_that_release_knew(cms):
    cms.bring(cms.ptp("90001 90002 20200101 20240630 1", name="ccipra-v301r0-f1.TXT"))
    cms.bring(cms.ptp("90001 90002 20200101 20240630 1", "90001 90003 20200101 20240101 1"))
    assert told(cms, BUNDLED)[1] == {"kb/a.md": [("90001", "no longer bundled", ("90002",))]}


def test_limits_that_change_come_and_go(cms):
    cms.bring(cms.mue("90001 3 2", "90120 1 2", "90300 1 2", name="MUE_2024q2.csv"))
    cms.bring(cms.mue("90001 1 2", "90121 1 3", "90300 1 2", name="MUE_2024q3.csv"))
    totals, notes = told(cms, BUNDLED, OTHER)
    assert totals == {"other limit": 1, "no limit any more": 1, "newly limited": 1}
    assert notes == {
        "kb/a.md": [
            ("90001", "other limit", ("now units 1", "was units 3")),
            ("90120", "no limit any more", ()),
            ("90121", "newly limited", ()),
        ]
    }


def test_indicators_of_the_fee_schedule_are_told_with_their_modifier(cms):
    cms.bring(cms.fees("90001 - A 0 090 2 1 1 0 0 -", "90001 26 A 0 090 2 1 1 0 0 -", "90300 - A 0 000 2 1 1 0 0 -"))
    cms.bring(
        cms.fees(
            "90001 - A 0 090 2 1 1 0 0 -", "90001 26 A 0 010 2 1 1 0 0 -", year=2026, month="January", name="x.csv"
        )
    )
    totals, notes = told(cms, BUNDLED, OTHER)
    assert totals == {"changed": 1, "deleted": 1}
    assert notes == {
        "kb/a.md": [("90001", "changed", ("now 26: global days 010", "was 26: global days 090"))],
        "kb/b.md": [("90300", "deleted", ())],
    }


def test_other_primaries_and_hcpcs_codes_are_told(cms):
    cms.bring(cms.add_ons("1 90001 - 90002 - 2013091 -", name="AOC_V2026Q1.xlsx"))
    cms.bring(cms.add_ons("1 90001 - 90003 - 2013091 -", name="AOC_V2026Q2.xlsx"))
    assert told(cms, BUNDLED)[1]["kb/a.md"] == [
        ("90001", "other primaries", ("now type 1 with 90003", "was type 1 with 90002"))
    ]


def test_hcpcs_codes_that_end_are_told(cms):
    cms.bring(cms.hcpcs("A9001 3 20020701 -", name="HCPC2026_JUL.csv"))
    cms.bring(cms.hcpcs("A9001 3 20020701 20260930", name="HCPC2026_OCT.csv"))
    drugs = note("---\ncodes: [A9001]\n---\nText.\n")
    assert told(cms, drugs)[1]["kb/a.md"] == [("A9001", "changed", ("now effective through 2026-09-30",))]


def test_codes_of_rule_and_evidence_blocks_count_and_retired_notes_do_not(cms):
    cms.bring(cms.mue("90001 3 2", "90002 3 2", name="MUE_2024q2.csv"))
    cms.bring(cms.mue("90001 1 2", "90002 1 2", name="MUE_2024q3.csv"))
    rule = note(
        '## Rule\nText.\n\n```rule\nid: r\nwhen: {codes: [90002]}\nforbid: {modifiers: ["59"]}\nexamples:\n  - fail: 90002-59\n  - pass: "90002"\n```\n',
        "kb/r.md",
    )
    retired = note("---\ncodes: [90001]\nstatus: retired\n---\nText.\n", "kb/old.md")
    assert list(told(cms, rule, retired)[1]) == ["kb/r.md"]


def test_the_first_release_has_none_before_it(cms):
    cms.bring(cms.mue("90001 3 2", name="MUE_2024q3.csv"))
    cms.bring(cms.mue("90001 3 2", name="MUE_2024q2.csv"))
    releases = cms.tables().releases()
    assert [release_before(releases, one) for one in releases] == [None, releases[0]]


@pytest.mark.parametrize("names", [True, False])
def test_ranges_and_single_codes_are_told_from_others(names):
    named = NamedCodes([BUNDLED])
    assert named.names("90150" if names else "90200") is names
