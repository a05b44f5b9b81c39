"""ICD-10-CM as it is there from the start: what the compiled list says, and how it is compiled and kept."""

from __future__ import annotations

import csv
import os
import pickle
import sqlite3
import subprocess
import sys
import textwrap
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ingest.tables.icd10cm as base
from ingest.tables.errors import StoreUnusable
from ingest.tables.icd10cm import is_known_diagnosis, known_diagnoses
from ingest.tables.icd10cm_lookup import DiagnosisTables

ROOT = Path(__file__).resolve().parents[3]
ON = date(2026, 1, 5)
WINDOWS = ROOT.parent / "shared" / "data" / "icd10cm_billable_windows_fy2016_fy2026.csv"
# A tabular list of two codes, in a package of the same name as the real one.
TABULAR = """<?xml version="1.0" encoding="utf-8"?>
<ICD10CM.tabular><version>2026</version><chapter><name>19</name><desc>Injury</desc>
<section id="S00-S09"><desc>Head</desc><diag><name>S02</name><desc>Fracture</desc>
<sevenChrDef><extension char="A">first</extension><extension char="D">later</extension></sevenChrDef>
<diag><name>S02.2</name><desc>Nose</desc><excludes1><note>old one (S02.3)</note></excludes1></diag>
<diag><name>S02.3</name><desc>Orbit</desc></diag></diag></section></chapter></ICD10CM.tabular>
"""
CODES = "19 S00-S09 S02 S022 S022XXA S022XXD S023 S023XXA\r\n".replace(" ", "\r\n")


@pytest.fixture(scope="module")
def tables():
    return DiagnosisTables()


@pytest.fixture
def small(tmp_path, monkeypatch):
    """The package replaced by one with a list of two codes, and a cache folder of its own."""
    data = tmp_path / "site" / "simple_icd_10_cm" / "data"
    data.mkdir(parents=True)
    (data / "icd10c-tabular-April-1-2026.xml").write_text(TABULAR, encoding="utf-8")
    (data / "code-list-April-2026.txt").write_text(CODES, encoding="ascii")
    (data.parent / "__init__.py").write_text("raise AssertionError('imported')\n", encoding="utf-8")
    monkeypatch.setattr(base, "find_spec", lambda _name: _Spec([str(data.parent)]))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return data


class _Spec:
    def __init__(self, locations):
        self.submodule_search_locations = locations


def cached(tmp_path):
    return sorted(path.name for path in (tmp_path / "cache" / "understudy").iterdir() if path.suffix == ".sqlite")


# -- what it says ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "is_covered"),
    [
        ("2025-09-30", False),
        ("2025-10-01", True),
        ("2026-03-31", True),
        ("2026-04-01", True),
        ("2026-09-30", True),
        ("2026-10-01", False),
    ],
)
def test_the_list_holds_for_fiscal_year_2026_and_no_other_day(tables, on, is_covered):
    day = date.fromisoformat(on)
    release = tables.release(day)
    assert (release is not None) is is_covered
    assert (tables.diagnosis("J32.0", day) is not None) is is_covered
    if release is not None:
        assert (release.program, release.label, release.rows) == ("icd10cm", "FY2026", 98_186)
        assert (release.effective_from, release.effective_through) == (date(2025, 10, 1), date(2026, 9, 30))
        assert (release.file_name, len(release.sha256)) == ("icd10c-tabular-April-1-2026.xml", 64)


@pytest.mark.parametrize(
    ("code", "billable"),
    [
        ("J32", False),
        ("J32.0", True),
        ("I10", True),
        ("S02", False),
        ("S02.2", False),
        ("S02.2XXA", True),
        ("G35", False),  # a code until 2025-09-30, a heading since
        ("G35.A", True),
        ("QA0.0101", True),
        ("T36.0X1", False),
        ("T36.0X1A", True),
        ("H72.2X1", True),
        ("B99", False),  # the name of a section and of a category
        ("U07.1", True),
    ],
)
def test_headings_cannot_be_billed_and_full_codes_can(tables, code, billable):
    entry = tables.diagnosis(code, ON)
    assert entry is not None
    assert entry.billable is billable
    assert entry.instructions_known


@pytest.mark.parametrize(
    "code",
    ["S02.2A", "S02.2XX", "S02.2XXZ", "S02.2XXa", "j32.0", "J320", "J32.", "", "A00-A09", "19", "S06.1X7D", "W1"],
)
def test_what_the_list_does_not_have_is_not_there(tables, code):
    assert tables.diagnosis(code, ON) is None


@pytest.mark.parametrize(
    ("code", "characters"),
    [
        ("S02.2", "ABDGKS"),
        ("S02.2XXA", "ABDGKS"),
        ("S02", ""),
        ("T81.4", ""),
        ("T81.40", "ADS"),
        ("S06.1X7", "A"),  # D and S do not apply to a death
        ("J34.820", "012"),
        ("E11.321", "1239"),
        ("O31.01", "0123459"),
        ("J32.0", ""),
    ],
)
def test_the_seventh_characters_are_those_that_exist(tables, code, characters):
    entry = tables.diagnosis(code, ON)
    assert entry is not None
    assert "".join(entry.seventh_characters) == characters


@pytest.mark.parametrize(
    ("code", "other", "heading"),
    [
        ("J03.90", "J02.9", "J03"),
        ("J01.00", "J32.9", "J01"),
        ("J00", "J44.0", "J00-J06"),
        ("H91.90", "H61.23", "H91"),
        ("H91.90", "H90.3", "H91"),
        ("J30.9", "J45.909", "J30"),
        ("E10.9", "P70.2", "chapter 4"),
        ("O80", "Z34.00", "chapter 15"),
        ("S01.01XA", "S02.0XXB", "S01"),
        ("G59", "E11.41", "G59"),
    ],
)
def test_excludes1_reaches_the_codes_below_a_heading_with_the_heading_that_says_so(tables, code, other, heading):
    entry = tables.diagnosis(code, ON)
    assert entry is not None
    said = [at for span, at in entry.excludes1 if other in span]
    assert said[:1] == [heading]


@pytest.mark.parametrize(
    ("code", "other"),
    [
        ("J30.9", "J45.901"),  # only J45.909 is named
        ("S01.01XA", "S02.0XXA"),  # only open fractures
        ("G59", "E11.42"),
        ("J32.0", "J01.00"),  # Excludes2
        ("T88.7XXA", "J30.9"),  # "A00-R94" names no condition
        ("J32.0", "J32.1"),
    ],
)
def test_what_no_excludes1_note_names_is_not_excluded(tables, code, other):
    entry = tables.diagnosis(code, ON)
    assert entry is not None
    assert not [span for span, _at in entry.excludes1 if other in span]


def test_no_code_excludes_itself(tables):
    wrong = []
    for code in sorted(known_diagnoses())[::9]:
        entry = tables.diagnosis(code, ON)
        assert entry is not None
        wrong += [code for span, _at in entry.excludes1 if code in span]
    assert wrong == []


def test_code_first_and_use_additional_are_inherited(tables):
    dementia, ototoxic = tables.diagnosis("F02.80", ON), tables.diagnosis("H91.01", ON)
    assert any("G30.9" in span for span in dementia.code_first)
    assert any("T36.5X1A" in span for span in ototoxic.code_first)
    assert not any("T36.5X5A" in span for span in ototoxic.code_first)
    assert any("T36.5X5A" in span for span in ototoxic.use_additional)
    assert any("B95.61" in span for span in tables.diagnosis("J32.0", ON).use_additional)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("F02.80", True),
        ("H62.41", True),
        ("H94.01", True),
        ("G47.36", True),
        ("N52.1", True),
        ("D63.1", True),  # below "anemia in chronic diseases classified elsewhere", and has a "code first"
        ("M14.60", False),  # below such a heading, without a "code first"
        ("B95.61", False),  # "as the cause of diseases classified elsewhere"
        ("J98.8", False),
        ("I51.89", False),
        ("E11.9", False),
    ],
)
def test_manifestations_are_those_of_diseases_classified_elsewhere(tables, code, expected):
    assert tables.diagnosis(code, ON).manifestation is expected


def test_descriptions_hold_the_meaning_of_the_seventh_character(tables):
    assert tables.diagnosis("J32.0", ON).description == "Chronic maxillary sinusitis"
    full = "Fracture of nasal bones, initial encounter for closed fracture"
    assert tables.diagnosis("S02.2XXA", ON).description == full


def test_terms_carry_the_synonyms_the_proposer_searches(tables):
    terms = {one.diagnosis_code: one for one in tables.terms(ON)}
    assert len(terms) == len(known_diagnoses()) == 98_186
    assert "Antritis (chronic)" in terms["J32.0"].terms
    assert sum(bool(one.terms) for one in terms.values()) > 6_000
    assert list(terms) == sorted(terms)
    assert list(tables.terms(date(2026, 10, 1))) == []
    assert tables.newest_day() == date(2026, 9, 30)


def test_known_diagnoses_are_codes_and_headings_without_chapters_and_blocks():
    assert {"J32", "J32.0", "S02.2XXA", "C7A", "QA0"} <= known_diagnoses()
    assert not {"19", "A00-A09", "J32.99"} & known_diagnoses()
    assert is_known_diagnosis("j32.0")
    assert not is_known_diagnosis("J32.99")


@pytest.mark.skipif(not WINDOWS.is_file(), reason="the extract of CMS's order files is not on this machine")
def test_the_codes_that_can_be_billed_are_those_of_cms_order_file(tables):
    with WINDOWS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    ours = {one.diagnosis_code.replace(".", "") for one in tables.terms(ON) if one.billable}
    theirs = {row["code"] for row in rows if row["effective_from"] <= "2025-10-01" and not row["effective_to"]}
    assert (ours - theirs, theirs - ours) == (set(), set())
    assert len(theirs) == 74_719


@given(st.text(max_size=12) | st.from_regex(r"[A-Z]\d[0-9A-Z](\.[0-9A-Z]{0,4})?", fullmatch=True))
def test_any_text_may_be_asked(code):
    entry = SHARED.diagnosis(code, ON)
    assert entry is None or entry.diagnosis_code == code


SHARED = DiagnosisTables()


# -- how it is compiled and kept ---------------------------------------------------------------------------------------


def run(program, small, tmp_path):
    """A program in a process of its own that sees the small list."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)],
        env={
            **os.environ,
            "PYTHONPATH": f"{small.parents[1]}{os.pathsep}{ROOT}",
            "XDG_CACHE_HOME": str(tmp_path / "cache"),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_list_is_compiled_once_and_the_package_is_never_imported(small, tmp_path):
    program = """
        import sys
        from datetime import date
        from ingest.tables.icd10cm_lookup import DiagnosisTables
        print(DiagnosisTables().diagnosis("S02.2XXA", date(2026, 1, 1)).description)
        print("simple_icd_10_cm" in sys.modules, "defusedxml" in sys.modules)
    """
    first, _ = run(program, small, tmp_path).communicate(timeout=60)
    second, _ = run(program, small, tmp_path).communicate(timeout=60)
    assert first.splitlines() == ["Nose, first", "False True"]
    assert second.splitlines() == ["Nose, first", "False False"]
    assert len(cached(tmp_path)) == 1


def test_several_processes_may_compile_at_once(small, tmp_path):
    program = """
        from ingest.tables.icd10cm import known_diagnoses
        print(len(known_diagnoses()))
    """
    running = [run(program, small, tmp_path) for _ in range(4)]
    ended = [one.communicate(timeout=60) for one in running]
    assert [(out.strip(), error) for out, error in ended] == [("6", "")] * 4
    assert len(cached(tmp_path)) == 1


def test_codes_come_from_the_code_list_and_notes_from_the_tabular_list(small):
    found = DiagnosisTables()
    assert found.diagnosis("S02.3XXD", ON) is None
    assert found.diagnosis("S02.3", ON).seventh_characters == ("A",)
    assert [(span.low, at) for span, at in found.diagnosis("S02.2XXD", ON).excludes1] == [("S02.3", "S02.2")]


@pytest.mark.parametrize("damage", [b"", b"no database", b"SQLite format 3\x00" + b"\xff" * 4000])
def test_a_damaged_base_is_compiled_anew(small, tmp_path, damage):
    base.open_base().close()
    (path,) = (tmp_path / "cache" / "understudy").glob("*.sqlite")
    path.write_bytes(damage)
    assert DiagnosisTables().diagnosis("S02.2XXA", ON) is not None
    assert path.stat().st_size > 4096


def test_a_new_edition_of_the_package_is_another_file(small, tmp_path):
    base.open_base().close()
    old = small / "icd10c-tabular-April-1-2026.xml"
    old.rename(small / "icd10cm-tabular-April-2027.xml")
    assert DiagnosisTables().release(ON) is None
    release = DiagnosisTables().release(date(2027, 4, 1))
    # Nobody has looked at that update: its codes are not known to hold before April.
    assert (release.label, release.effective_from) == ("FY2027 from April 1", date(2027, 4, 1))
    assert len(cached(tmp_path)) == 2


def test_without_a_cache_folder_the_list_is_compiled_into_memory(small, tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="ascii")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    assert DiagnosisTables().diagnosis("S02.2XXA", ON) is not None


def test_nothing_is_left_behind_by_a_compilation(small, tmp_path):
    base.open_base().close()
    assert {path.suffix for path in (tmp_path / "cache" / "understudy").iterdir()} <= {".sqlite", ".lock"}


@pytest.mark.parametrize(
    ("file", "content", "told"),
    [
        ("icd10c-tabular-April-1-2026.xml", "<html/>", "ICD10CM.tabular"),
        ("icd10c-tabular-April-1-2026.xml", TABULAR[:300], "breaks off"),
        ("other-tabular.xml", TABULAR, "were not found"),
    ],
)
def test_a_package_that_is_not_what_it_should_be_is_said(small, file, content, told):
    (small / file).write_text(content, encoding="utf-8")
    with pytest.raises(StoreUnusable, match=told) as raised:
        base.open_base()
    assert "simple-icd-10-cm" in str(raised.value)
    assert "install it again" in str(raised.value)


def test_a_missing_package_is_said(monkeypatch):
    monkeypatch.setattr(base, "find_spec", lambda _name: None)
    with pytest.raises(StoreUnusable, match="simple-icd-10-cm"):
        base.open_base()


def test_a_base_that_breaks_while_it_is_read_is_said(small, tmp_path):
    base.open_base().close()
    (path,) = (tmp_path / "cache" / "understudy").glob("*.sqlite")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE icd10cm_code")
    with pytest.raises(StoreUnusable, match="cache folder"):
        DiagnosisTables().diagnosis("S02.2XXA", ON)


def test_lookups_go_on_in_a_pickled_copy_and_after_closing(tables):
    copy = pickle.loads(pickle.dumps(tables))
    assert copy.diagnosis("J32.0", ON) == tables.diagnosis("J32.0", ON)
    copy.close()
    assert copy.diagnosis("J32.1", ON) is not None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_lookups_go_on_in_a_forked_child(tables):
    assert tables.diagnosis("J32.0", ON) is not None
    program = f"""
        import os, sys
        from datetime import date
        sys.path.insert(0, {str(ROOT)!r})
        from ingest.tables.icd10cm_lookup import DiagnosisTables
        tables = DiagnosisTables()
        tables.diagnosis("J32.0", date(2026, 1, 5))
        child = os.fork()
        if child == 0:
            os._exit(0 if tables.diagnosis("J32.1", date(2026, 1, 5)) else 1)
        print(os.waitpid(child, 0)[1], tables.diagnosis("J32.2", date(2026, 1, 5)).billable)
    """
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, timeout=120
    )
    assert ended.stdout.split() == ["0", "True"], ended.stderr
