"""Order files, addenda and tabular lists: recognised, read, refused, and asked by date together with the base."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

import ingest.tables.icd10cm as base
from ingest.tables.errors import ImportRefused
from ingest.tables.icd10cm_lookup import DiagnosisTables
from ingest.tables.icd10cm_rows import rows_of_tabular
from ingest.tables.icd10cm_tabular import read_tabular

from .icd10cm_texts import CODES_2027, NOSE, addenda, order, tabular

LAYOUTS = Path(__file__).resolve().parents[4] / "shared" / "data" / "layouts"
FIRST, LAST = date(2026, 10, 1), date(2027, 9, 30)
APRIL = date(2027, 4, 1)
BEFORE = date(2026, 9, 30)


class Practice:
    """A tables file, and lookups over it and the real base."""

    def __init__(self, cms):
        self.cms = cms
        self.store = cms.store

    def bring(self, name, content, declared=None):
        data = content if isinstance(content, bytes) else content.encode("utf-8")
        return self.cms.bring(self.cms.write(name, data), declared)

    def entry(self, code, on):
        return DiagnosisTables(self.store).diagnosis(code, on)

    def release(self, on):
        return DiagnosisTables(self.store).release(on)


@pytest.fixture
def practice(cms):
    return Practice(cms)


# -- order files -------------------------------------------------------------------------------------------------------


def test_an_order_file_covers_the_fiscal_year_of_its_name(practice):
    report = practice.bring("icd10cm_order_2027.txt", order(*CODES_2027))
    assert [(one.rows, one.outcome, one.release.label) for one in report.imported] == [(4, "added", "FY2027")]
    release = practice.release(FIRST)
    assert (release.label, release.effective_from, release.effective_through) == ("FY2027", FIRST, LAST)
    assert release.file_name == "icd10cm_order_2027.txt"
    assert practice.release(BEFORE).label == "FY2026"
    assert practice.release(LAST).label == "FY2027"
    assert practice.release(date(2027, 10, 1)) is None


def test_an_order_file_alone_says_that_it_knows_no_instructions(practice):
    practice.bring("icd10cm_order_2027.txt", order(*CODES_2027))
    entry = practice.entry("J30.1", FIRST)
    assert (entry.description, entry.billable, entry.instructions_known) == ("Pollen", True, False)
    assert (entry.excludes1, entry.code_first, entry.use_additional) == ((), (), ())
    assert practice.entry("J30.1", BEFORE).instructions_known


def test_what_the_imported_year_lacks_is_gone_and_the_base_stays_for_its_own_days(practice):
    practice.bring("icd10cm_order_2027.txt", order(*CODES_2027))
    assert practice.entry("J32.0", FIRST) is None
    assert practice.entry("J32.0", BEFORE) is not None


def test_seventh_characters_and_manifestations_come_from_an_order_file_too(practice):
    rows = order(
        "S022 0 Nose",
        "S022XXA 1 Nose, first",
        "S022XXS 1 Nose, sequela",
        "H6240 1 Otitis in other diseases classified elsewhere, unspecified ear",
    )
    practice.bring("icd10cm_order_2027.txt", rows)
    assert practice.entry("S02.2", FIRST).seventh_characters == ("A", "S")
    assert practice.entry("S02.2XXS", FIRST).billable
    assert practice.entry("H62.40", FIRST).manifestation


def test_an_update_of_april_answers_from_april_with_the_instructions_of_october(practice):
    practice.bring("icd10cm_order_2027.txt", order(*CODES_2027))
    practice.bring("icd10cm_tabular_2027.xml", tabular(NOSE))
    practice.bring("icd10cm-order-April-1-2027.txt", order(*CODES_2027, "J302 1 New"))
    before = date(2027, 3, 31)
    assert (practice.release(before).label, practice.release(APRIL).label) == ("FY2027", "FY2027 from April 1")
    assert practice.entry("J30.2", before) is None
    assert practice.entry("J30.2", APRIL).instructions_known is False
    assert practice.entry("J30.2", APRIL).effective_from == APRIL
    assert practice.entry("J30.1", APRIL).excludes1
    assert practice.release(LAST).label == "FY2027 from April 1"


def test_declared_dates_outrank_the_name(practice):
    practice.bring("icd10cm_order_2026.txt", order(*CODES_2027), ("2030-10-01", "2031-09-30"))
    assert practice.release(date(2030, 10, 1)).label == "FY2031"
    with pytest.raises(ImportRefused, match="--effective-from"):
        practice.bring("codes.txt", order(*CODES_2027[:2]))


def test_the_same_year_again_replaces_what_was_there(practice):
    practice.bring("icd10cm_order_2027.txt", order(*CODES_2027))
    report = practice.bring("icd10cm-order-2027.txt", order("J30 1 Rhinitis"))
    assert [one.outcome for one in report.imported] == ["replaced"]
    assert practice.entry("J30", FIRST).billable
    assert practice.entry("J30.1", FIRST) is None


def test_cms_zip_brings_the_order_file_and_says_what_it_left_out(practice):
    path = practice.cms.zip(
        "2027-code-descriptions.zip",
        {
            "Code Descriptions/icd10cm_order_2027.txt": order(*CODES_2027).encode(),
            "Code Descriptions/icd10cm_order_addenda_2027.txt": addenda("Add: 1 J301 Pollen").encode(),
            "Code Descriptions/icd10cm_codes_2027.txt": b"J301    Pollen\r\n",
            "Code Descriptions/icd10OrderFiles.pdf": b"%PDF-1.7",
        },
    )
    report = practice.cms.bring(path)
    assert [one.file_name.rpartition("/")[2] for one in report.imported] == ["icd10cm_order_2027.txt"]
    assert any("addenda" in told and "holds the same" in told for told in report.left_out)
    assert practice.entry("J30.1", FIRST) is not None


def test_a_change_by_another_process_is_noticed(practice, monkeypatch):
    tables = DiagnosisTables(practice.store)
    assert tables.diagnosis("J30.1", FIRST) is None
    practice.bring("icd10cm_order_2027.txt", order(*CODES_2027))
    monkeypatch.setattr("ingest.tables.icd10cm_lookup._LOOK_AGAIN_SECONDS", 0.0)
    assert tables.diagnosis("J30.1", FIRST).description == "Pollen"
    practice.bring("icd10cm_order_2027.txt", order("J301 1 Grass"))
    assert tables.diagnosis("J30.1", FIRST).description == "Grass"
    assert tables.newest_day() == LAST


@pytest.mark.parametrize(
    ("content", "line", "told"),
    [
        (order(*CODES_2027) + "00005 J30", 5, "no line of an order file"),
        (order(*CODES_2027) + "\r\nnonsense\r\n", 6, "no line of an order file"),
        (order("J30 0 Rhinitis", "J30 0 Rhinitis"), 2, "second time"),
        (order("J30 0 Rhinitis") + "00002 J301    1 \r\n", 2, "no description"),
        (order("J30 0 Rhinitis", "J301 2 Pollen"), 2, "no line of an order file"),
    ],
)
def test_a_damaged_order_file_is_refused_with_its_line_and_nothing_is_stored(practice, content, line, told):
    with pytest.raises(ImportRefused, match=rf"icd10cm_order_2027\.txt:{line}: .*{told}"):
        practice.bring("icd10cm_order_2027.txt", content)
    assert practice.release(FIRST) is None


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("icd10pcs_order_2027.txt", "00001 001     0 Central Nervous System and Cranial Nerves\r\n"),
        ("icd10pcs_order_2027.txt", order("B00 0 Imaging")),
        ("icd10cm_codes_2027.txt", "J301    Pollen\r\n"),
        ("letter.txt", "Dear colleague,\r\nAdd: nothing\r\n"),
        ("other.xml", "<ICD10PCS.tabular><version>2027</version></ICD10PCS.tabular>"),
    ],
)
def test_other_files_are_not_taken_for_icd_10_cm(practice, name, content):
    with pytest.raises(ImportRefused):
        practice.bring(name, content)


@pytest.mark.skipif(not LAYOUTS.is_dir(), reason="the heads of CMS's real files are not on this machine")
def test_the_heads_of_real_files_are_read(practice):
    practice.bring("icd10cm_order_2027.txt", (LAYOUTS / "icd10cm_order_2026.head.txt").read_bytes())
    assert practice.entry("A00.0", FIRST).description == "Cholera due to Vibrio cholerae 01, biovar cholerae"
    assert [practice.entry(code, FIRST).billable for code in ("A00", "A00.0", "A00.1")] == [False, True, True]


# -- addenda -----------------------------------------------------------------------------------------------------------


def test_an_addendum_changes_the_year_before_it(practice):
    content = addenda(
        "Delete: 1 J300 Vasomotor rhinitis",
        "Add: 0 J300 Vasomotor rhinitis",
        "Add: 1 J3001 Vasomotor rhinitis, first kind",
        "Delete: 1 J305 Allergic rhinitis due to food",
        "Revise from: 1 J301 Allergic rhinitis due to pollen",
        "Revise to: 1 J301 Hay fever",
    )
    report = practice.bring("icd10cm_order_addenda_2027.txt", "3 additions\r\n\r\n" + content)
    assert [(one.rows, one.release.label) for one in report.imported] == [(6, "FY2027")]
    assert practice.entry("J30.0", FIRST).billable is False
    assert practice.entry("J30.0", BEFORE).billable is True
    assert practice.entry("J30.01", FIRST).billable is True
    assert practice.entry("J30.5", FIRST) is None
    assert practice.entry("J30.1", FIRST).description == "Hay fever"
    assert practice.entry("J32.0", FIRST).billable
    assert practice.entry("J32.0", FIRST).instructions_known is False
    assert practice.entry("S02.2", FIRST).seventh_characters == tuple("ABDGKS")


def test_a_code_that_becomes_a_heading_may_be_added_before_it_is_deleted(practice):
    practice.bring("icd10cm_order_addenda_2027.txt", addenda("Add: 0 J300 Kinds", "Delete: 1 J300 Vasomotor rhinitis"))
    assert practice.entry("J30.0", FIRST).billable is False


def test_an_addendum_of_april_changes_the_october_before_it(practice):
    practice.bring("icd10cm_order_2027.txt", order(*CODES_2027))
    practice.bring("icd10cm-order-addenda-April-1-2027.txt", addenda("Add: 1 J302 New"))
    assert practice.entry("J30.2", date(2027, 3, 31)) is None
    assert practice.entry("J30.2", APRIL).billable
    assert practice.entry("J30.1", APRIL).billable


def test_an_addendum_that_changes_nothing_is_a_release_all_the_same(practice):
    practice.bring("icd10cm_order_2027.txt", order(*CODES_2027))
    counts = "Codes\r\n  74719 codes in icd10cm_order_2027.txt\r\n      0 additions\r\n"
    practice.bring("icd10cm-order-addenda-April-1-2027.txt", counts)
    assert practice.release(APRIL).label == "FY2027 from April 1"
    assert practice.entry("J30.1", APRIL).billable


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        (
            "icd10cm_order_addenda_2027.txt",
            "Delete: 1 J3099 Nothing",
            r"line 1: J30\.99 is not there.*icd10cm_order_2027",
        ),
        ("icd10cm_order_addenda_2027.txt", "Add: 1 J320 Sinusitis", r"J32\.0 is there already"),
        ("icd10cm_order_addenda_2027.txt", "Revise to: 1 J3099 Nothing", r"is not there"),
        ("icd10cm_order_addenda_2028.txt", "Add: 1 J3099 New", r"covers 2027-09-30; import icd10cm_order_2028"),
    ],
)
def test_an_addendum_that_does_not_fit_is_refused_with_the_file_to_import(practice, name, change, told):
    practice.cms.bring(practice.cms.mue("90001 2 2"))
    with pytest.raises(ImportRefused, match=told):
        practice.bring(name, addenda(change))
    assert practice.release(FIRST) is None


def test_a_line_of_an_addendum_that_cannot_be_read_is_refused(practice):
    with pytest.raises(ImportRefused, match=r"addenda_2027\.txt:2: a change that cannot be read"):
        practice.bring("icd10cm_order_addenda_2027.txt", addenda("Add: 1 J3099 New") + "Delete: J301\r\n")


# -- the tabular list --------------------------------------------------------------------------------------------------


def test_a_tabular_list_alone_gives_codes_and_instructions(practice):
    practice.bring("icd10cm_tabular_2027.xml", tabular(NOSE))
    entry = practice.entry("J30.1", FIRST)
    assert (entry.billable, entry.instructions_known, entry.effective_from) == (True, True, FIRST)
    assert [(span.low, at) for span, at in entry.excludes1] == [("J31", "J30")]
    assert [span.low for span in entry.code_first] == ["J45"]
    assert [span.low for span in entry.use_additional] == ["Z72.0"]
    assert practice.entry("J30", FIRST).billable is False
    assert practice.entry("J31.1", FIRST).billable is False
    assert practice.entry("J31.1", FIRST).seventh_characters == ("A", "S")
    assert practice.entry("J31.1XXS", FIRST).description == "Tip, sequela"
    assert practice.entry("J32", FIRST).manifestation
    assert practice.release(BEFORE).label == "FY2026"


def test_an_order_file_and_the_tabular_list_together_are_one_release(practice):
    practice.bring("icd10cm_order_2027.txt", order(*CODES_2027))
    practice.bring("icd10cm_tabular_2027.xml", tabular(NOSE))
    assert practice.entry("J30.1", FIRST).excludes1
    # The order file says which of the list's 7th characters exist.
    assert practice.entry("J31.1XXS", FIRST) is None
    assert practice.entry("J31.1", FIRST).seventh_characters == ("A",)
    tables = DiagnosisTables(practice.store)
    assert [one.diagnosis_code for one in tables.terms(FIRST)] == ["J30", "J30.1", "J31.1", "J31.1XXA"]
    assert {one.diagnosis_code: one.terms for one in tables.terms(FIRST)}["J30.1"] == ("Hay fever",)


def test_the_year_of_a_tabular_list_stands_in_it(practice):
    practice.bring("list.xml", tabular(NOSE, "2028"))
    assert practice.release(date(2027, 10, 1)).label == "FY2028"
    practice.bring("icd10cm-tabular-April-1-2028.xml", tabular(NOSE, "2028"))
    assert practice.release(date(2028, 4, 1)).label == "FY2028 from April 1"


def test_a_tabular_list_may_lie_in_a_zip(practice):
    path = practice.cms.zip("table-and-index.zip", {"Table/icd10cm_tabular_2027.xml": tabular(NOSE).encode()})
    practice.cms.bring(path)
    assert practice.entry("J30.1", FIRST).excludes1


def test_notes_of_chapter_and_section_reach_every_code(practice):
    body = (
        "<excludes1><note>a (Z30)</note></excludes1>" + NOSE + "<diag><name>J33</name><desc>Polyp</desc>"
        "<excludes1><note>b (J33.0)</note></excludes1><diag><name>J33.0</name><desc>Own</desc></diag></diag>"
    )
    practice.bring("icd10cm_tabular_2027.xml", tabular(body))
    assert [at for _span, at in practice.entry("J30.1", FIRST).excludes1] == ["J30-J39", "J30"]
    assert [span.low for span, _at in practice.entry("J33", FIRST).excludes1] == ["Z30", "J33.0"]
    assert [span.low for span, _at in practice.entry("J33.0", FIRST).excludes1] == ["Z30"]


def test_seventh_characters_that_a_note_takes_back_do_not_exist(practice):
    note = (
        "7th characters D and S do not apply to codes in category S06 with 6th character 7 - death, or 8 - other death."
    )
    codes = "".join(f"<diag><name>S06.1X{last}</name><desc>Outcome {last}</desc></diag>" for last in "0789")
    letters = "".join(f'<extension char="{character}">told</extension>' for character in "ADS")
    body = f"<sevenChrDef>{letters}</sevenChrDef>{codes}"
    body = f"<diag><name>S06</name><desc>Head</desc><notes><note>{note}</note></notes>{body}</diag>"
    practice.bring("icd10cm_tabular_2027.xml", tabular(body))
    found = {last: "".join(practice.entry(f"S06.1X{last}", FIRST).seventh_characters) for last in "0789"}
    assert found == {"0": "ADS", "7": "A", "8": "A", "9": "ADS"}


def test_the_real_tabular_list_alone_gives_the_codes_that_the_order_file_has():
    tabular_path, codes_path = base._package_files()
    listed = {word for word in codes_path.read_text(encoding="ascii").split() if "-" not in word and word[0].isalpha()}
    with tabular_path.open("rb") as stream:
        rows = rows_of_tabular(read_tabular(stream)).codes
    assert {row.diagnosis_code.replace(".", "") for row in rows} == listed
    assert sum(row.billable for row in rows) == 74_719


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (tabular(NOSE)[:-40], "breaks off"),
        (tabular(NOSE).replace("<ICD10CM.tabular>", "<!DOCTYPE x><ICD10CM.tabular>"), "DTD"),
        (
            tabular(NOSE).replace("<ICD10CM.tabular>", '<!DOCTYPE x [<!ENTITY a "aaaa">]><ICD10CM.tabular>').replace("Pollen", "&a;"),
            "DTD",
        ),
        (tabular(NOSE.replace("J30.1", "one")), "no diagnosis code"),
        (tabular(NOSE.replace("<desc>Pollen</desc>", "")), "no description"),
        (tabular(NOSE + NOSE), "stands there twice"),
        (tabular("<diag>" * 40 + "</diag>" * 40), "nested"),
        (tabular(""), "no row"),
        (f"<x>{tabular(NOSE).partition('?>')[2]}</x>", "it is no ICD10CM.tabular"),
        (tabular(NOSE).replace("utf-8", "x-unknown"), "list that can be read"),
    ],
)  # fmt: skip
def test_a_damaged_or_hostile_tabular_list_is_refused_and_nothing_is_stored(practice, content, told):
    with pytest.raises(ImportRefused, match=told):
        practice.bring("icd10cm_tabular_2027.xml", content)
    assert practice.release(FIRST) is None


def test_a_file_outside_is_never_read_by_a_tabular_list(practice):
    secret = practice.cms.write("secret.txt", b"secret")
    body = tabular(NOSE.replace("Pollen", "&s;"))
    hostile = body.replace(
        "<ICD10CM.tabular>", f'<!DOCTYPE x [<!ENTITY s SYSTEM "{secret.as_uri()}">]><ICD10CM.tabular>'
    )
    with pytest.raises(ImportRefused, match="DTD"):
        practice.bring("icd10cm_tabular_2027.xml", hostile)


# -- any bytes ---------------------------------------------------------------------------------------------------------


def test_the_base_is_never_written_by_an_import(practice):
    path = base.open_base()
    before = path.execute("SELECT count(*) FROM icd10cm_code").fetchone()
    practice.bring("icd10cm_order_2026.txt", order(*CODES_2027))
    assert path.execute("SELECT count(*) FROM icd10cm_code").fetchone() == before
    assert practice.entry("J32.0", date(2026, 1, 1)) is None
    assert practice.entry("J30.1", date(2026, 1, 1)).excludes1
    path.close()
