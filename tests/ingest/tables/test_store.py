"""The lookups: which release answers, what is kept in memory, other processes, a file written meanwhile."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import threading
from concurrent.futures import ProcessPoolExecutor
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import ingest.tables.store
from ingest.tables.errors import StoreUnusable
from ingest.tables.lookup import Tables
from ingest.tables.model import DiagnosisEntry, PtpEdit, Release
from ingest.tables.store import StoredTables

ON = date(2024, 7, 1)


def test_it_is_tables(cms):
    tables: Tables = cms.tables()
    assert tables.release("ptp", ON) is None


def test_without_a_file_nothing_is_known_and_none_is_made(cms):
    tables = cms.tables()
    assert tables.releases() == ()
    assert tables.ptp_edits(["90001", "90002"], ON) == ()
    assert tables.mue("90001", ON) is tables.fee_schedule("90001", ON) is tables.add_on("90001", ON) is None
    assert tables.hcpcs("RT", ON) is tables.diagnosis("J32.0", ON) is tables.release("icd10cm", ON) is None
    assert not cms.store.exists()


@pytest.mark.parametrize(
    ("on", "units"),
    [
        ("2023-12-31", None),
        ("2024-01-01", 1),
        ("2024-06-30", 1),
        ("2024-07-01", 2),
        ("2024-09-30", 2),
        ("2024-10-01", 1),
        ("2025-01-01", None),
    ],
)
@pytest.mark.parametrize("later_first", [True, False])
def test_of_two_releases_that_cover_a_day_the_one_that_begins_later_answers(cms, on, units, later_first):
    imports = [
        (cms.mue("90001 1 2", name="year.csv"), ("2024-01-01", "2024-12-31")),
        (cms.mue("90001 2 2", name="quarter.csv"), ("2024-07-01", "2024-09-30")),
    ]
    for path, window in reversed(imports) if later_first else imports:
        cms.bring(path, window)
    limit = cms.tables().mue("90001", date.fromisoformat(on))
    assert (limit and limit.units) == units


def test_of_two_that_begin_alike_the_later_import_answers(cms):
    cms.bring(cms.mue("90001 1 2", name="short.csv"), ("2024-07-01", "2024-09-30"))
    cms.bring(cms.mue("90001 2 2", name="long.csv"), ("2024-07-01", "2024-12-31"))
    assert cms.tables().mue("90001", ON).units == 2


def test_a_code_the_later_release_lacks_is_not_looked_for_in_the_earlier(cms):
    cms.bring(cms.mue("90001 1 2", name="year.csv"), ("2024-01-01", "2024-12-31"))
    cms.bring(cms.mue("90002 2 2", name="quarter.csv"), ("2024-07-01", "2024-09-30"))
    assert cms.tables().mue("90001", ON) is None


ROWS = st.tuples(
    st.sampled_from(["90001", "90002", "90003", "0001U"]),
    st.sampled_from(["90001", "90002", "90004", "12900", "01900"]),
    st.integers(-40, 40),
    st.none() | st.integers(-40, 40),
    st.sampled_from("019"),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(ROWS, min_size=1, max_size=25), st.integers(0, 91))
def test_pairs_are_those_of_a_plain_reading_of_the_rows(tmp_path, cms_at, rows, after):
    cms = cms_at(tmp_path)
    cms.store.unlink(missing_ok=True)
    on = ON + timedelta(days=after)
    edits = [
        PtpEdit(one, two, mark, ON + timedelta(days=first), None if last is None else ON + timedelta(days=last))
        for one, two, first, last, mark in rows
    ]
    days = [(edit.effective_from, edit.effective_through) for edit in edits]
    lines = [
        f"{edit.column1} {edit.column2} {first:%Y%m%d} {f'{last:%Y%m%d}' if last else '*'} {edit.modifier_indicator}"
        for edit, (first, last) in zip(edits, days, strict=True)
    ]
    cms.bring(cms.ptp(*lines, name="ccipra.txt"), ("2024-07-01", "2024-09-30"))
    codes = sorted({edit.column1 for edit in edits} | {edit.column2 for edit in edits})
    wanted = {
        edit for edit, (first, last) in zip(edits, days, strict=True) if first <= on and (last is None or on <= last)
    }
    found = cms.tables().ptp_edits(codes, on)
    assert set(found) == wanted
    assert len(found) == len(wanted)
    assert [(one.column1, one.column2) for one in found] == sorted((one.column1, one.column2) for one in found)


# ---- memory --------------------------------------------------------------------------------------------------------


def test_what_is_kept_is_bounded_and_answers_stay_right(cms, monkeypatch):
    monkeypatch.setattr(ingest.tables.store, "_MOST_ANSWERS", 5)
    monkeypatch.setattr(ingest.tables.store, "_MOST_PACKED_BYTES", 1_000)
    codes = [f"9{n:04d}" for n in range(40)]
    cms.bring(cms.mue(*(f"{code} {n} 2" for n, code in enumerate(codes))))
    cms.bring(cms.ptp(*(f"{code} 12345 20240701 * 1" for code in codes)))
    tables = cms.tables()
    for n, code in enumerate([*codes, *codes]):
        assert tables.mue(code, ON).units == n % 40
        assert len(tables.ptp_edits([code, "12345"], ON)) == 1
        assert len(tables._answers) <= 5
        assert tables._packed_bytes <= 1_000
    for n in range(20):
        tables.release("mue", ON + timedelta(days=n))
        assert len(tables._releases) <= 5


def test_what_was_looked_up_is_not_read_again(cms, monkeypatch):
    cms.bring(cms.mue("90001 1 2"))
    tables = cms.tables()
    assert tables.mue("90001", ON) == tables.mue("90001", ON)
    assert tables.mue("90009", ON) is None
    monkeypatch.setattr(StoredTables, "_read", None)
    assert tables.mue("90001", ON).units == 1
    assert tables.mue("90009", ON) is None


# ---- other processes and threads -----------------------------------------------------------------------------------


def test_an_import_meanwhile_is_noticed(cms, monkeypatch):
    monkeypatch.setattr(ingest.tables.store, "_LOOK_AGAIN_SECONDS", 0.0)
    tables = cms.tables()
    assert tables.mue("90001", ON) is None
    cms.bring(cms.mue("90001 1 2"))
    assert tables.mue("90001", ON).units == 1
    cms.bring(cms.mue("90001 2 2", name="MUE_2024q3.csv"))
    assert tables.mue("90001", ON).units == 2
    cms.bring(cms.ptp("90001 90002 20240701 * 1"))
    assert len(tables.ptp_edits(["90001", "90002"], ON)) == 1
    cms.bring(cms.ptp("90001 90003 20240701 * 1", name="ccipra-v302r1-f1.TXT"))
    assert len(tables.ptp_edits(["90001", "90002", "90003"], ON)) == 1


def test_even_before_a_second_is_over_no_answer_mixes_two_releases(cms):
    cms.bring(cms.mue("90001 1 2"))
    tables = cms.tables()
    assert tables.release("mue", ON).rows == 1
    cms.bring(cms.mue("90001 2 2", "90002 2 2", name="MUE_2024q3.csv"))
    assert tables.mue("90001", ON).units == 2
    assert tables.release("mue", ON).rows == 2


# ---- reading -------------------------------------------------------------------------------------------------------


def test_while_reading_is_open_answers_are_of_one_state_and_an_import_waits(cms, monkeypatch):
    monkeypatch.setattr(ingest.tables.store, "_LOOK_AGAIN_SECONDS", 0.0)
    cms.bring(cms.mue("90001 1 2", "90002 1 2"))
    cms.bring(cms.ptp("90001 90002 20240701 * 1"))
    newer = cms.mue("90001 2 2", "90002 2 2", name="MUE_2024q3.csv")
    tables = cms.tables()
    importing = threading.Thread(target=cms.bring, args=(newer,))
    with tables.reading():
        assert units_of(tables, "90001") == 1
        importing.start()
        importing.join(0.3)
        assert importing.is_alive()
        assert units_of(tables, "90002") == 1
        assert len(tables.ptp_edits(["90001", "90002"], ON)) == 1
        assert tables.release("mue", ON).file_name != newer.name
    importing.join(20)
    assert not importing.is_alive()
    assert units_of(tables, "90002") == 2
    with tables.reading():
        assert units_of(tables, "90001") == 2
        assert tables.release("mue", ON).file_name == newer.name


def test_what_was_imported_before_reading_began_is_seen_at_once(cms):
    cms.bring(cms.mue("90001 1 2"))
    tables = cms.tables()
    assert units_of(tables, "90001") == 1
    cms.bring(cms.mue("90001 2 2", name="MUE_2024q3.csv"))
    with tables.reading():
        assert units_of(tables, "90001") == 2


def test_reading_may_be_opened_inside_another_and_before_there_is_a_file(cms):
    tables = cms.tables()
    with tables.reading():
        assert tables.mue("90001", ON) is None
        cms.bring(cms.mue("90001 1 2"))
    with tables.reading():
        with tables.reading():
            assert units_of(tables, "90001") == 1
        assert tables._connection.in_transaction
    assert not tables._connection.in_transaction


def test_closing_ends_reading(cms):
    cms.bring(cms.mue("90001 1 2"))
    tables = cms.tables()
    with tables.reading():
        tables.close()
        assert units_of(tables, "90001") == 1
    assert units_of(tables, "90001") == 1
    cms.bring(cms.mue("90001 2 2", name="MUE_2024q3.csv"))
    with tables.reading():
        assert units_of(tables, "90001") == 2


def test_reading_ends_with_an_error_inside(cms):
    cms.bring(cms.mue("90001 1 2"))
    tables = cms.tables()
    with pytest.raises(KeyError), tables.reading():
        raise KeyError
    assert not tables._connection.in_transaction
    cms.bring(cms.mue("90001 2 2", name="MUE_2024q3.csv"))


def test_threads_read_together(cms):
    codes = [f"9{n:04d}" for n in range(100)]
    cms.bring(cms.mue(*(f"{code} {n} 2" for n, code in enumerate(codes))))
    tables = cms.tables()
    found: list[list[int]] = [[] for _ in range(4)]

    def ask(place: int) -> None:
        for code in codes:
            with tables.reading():
                found[place].append(units_of(tables, code))

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [list(range(100))] * 4
    assert not tables._connection.in_transaction


def test_a_damaged_file_is_told_when_reading_begins(cms):
    cms.bring(cms.mue("90001 1 2"))
    tables = cms.tables()
    tables.releases()
    cms.store.write_bytes(b"x" * cms.store.stat().st_size)
    with pytest.raises(StoreUnusable, match="move the file away"), tables.reading():
        pass


def units_of(tables: StoredTables, code: str) -> int:
    limit = tables.mue(code, ON)
    assert limit is not None
    return limit.units


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_every_process_opens_its_own(cms, method):
    codes = [f"9{n:04d}" for n in range(60)]
    cms.bring(cms.mue(*(f"{code} {n} 2" for n, code in enumerate(codes))))
    tables = cms.tables()
    assert units_of(tables, "90007") == 7
    with ProcessPoolExecutor(2, multiprocessing.get_context(method)) as pool:
        assert list(pool.map(units_of, [tables] * 60, codes)) == list(range(60))
    assert units_of(tables, "90008") == 8


INHERITED: dict[str, StoredTables] = {}


def units_inherited(code: str) -> tuple[int, bool]:
    tables = INHERITED["tables"]
    return units_of(tables, code), tables._process == os.getpid()


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="this system does not fork")
def test_a_forked_child_does_not_use_its_parents_connection(cms):
    cms.bring(cms.mue("90001 1 2", "90002 2 2"))
    INHERITED["tables"] = cms.tables()
    assert units_inherited("90001") == (1, True)
    with ProcessPoolExecutor(1, multiprocessing.get_context("fork")) as pool:
        assert pool.submit(units_inherited, "90002").result() == (2, True)
    INHERITED.clear()


def test_many_threads_get_the_right_answers(cms):
    codes = [f"9{n:04d}" for n in range(200)]
    cms.bring(cms.mue(*(f"{code} {n} 2" for n, code in enumerate(codes))))
    tables = cms.tables()
    found: list[list[int]] = [[] for _ in range(4)]

    def ask(place: int) -> None:
        found[place] = [units_of(tables, code) for code in codes]

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [list(range(200))] * 4


def test_a_pickled_copy_asks_the_same_file(cms):
    cms.bring(cms.mue("90001 3 2"))
    tables = cms.tables()
    tables.mue("90001", ON)
    assert pickle.loads(pickle.dumps(tables)).mue("90001", ON).units == 3


def test_closed_and_asked_again_it_opens_again(cms):
    cms.bring(cms.mue("90001 3 2"))
    tables = cms.tables()
    assert units_of(tables, "90001") == 3
    tables.close()
    assert units_of(tables, "90001") == 3


def test_rows_of_a_replaced_file_leave_the_store(cms):
    import sqlite3
    from contextlib import closing

    cms.bring(cms.mue("90001 1 2", "90002 1 2"))
    cms.bring(cms.mue("90001 5 2", name="MUE_2024q3.csv"))
    with closing(sqlite3.connect(cms.store)) as connection:
        assert connection.execute("SELECT procedure_code, units FROM mue").fetchall() == [("90001", 5)]
        assert connection.execute("SELECT count(*) FROM part").fetchone() == (1,)


def test_it_cannot_write(cms):
    cms.bring(cms.mue("90001 3 2"))
    tables = cms.tables()
    tables.releases()
    with pytest.raises(Exception, match="readonly"):
        tables._connection.execute("DELETE FROM mue")


# ---- damage --------------------------------------------------------------------------------------------------------


def test_a_damaged_file_is_an_error_and_never_no_finding(cms):
    cms.bring(cms.ptp(*(f"{10_000 + n} {20_000 + m} 20240701 * 0" for n in range(60) for m in range(60))))
    content = bytearray(cms.store.read_bytes())
    content[8192:] = b"\xff" * (len(content) - 8192)
    cms.store.write_bytes(bytes(content))
    with pytest.raises(StoreUnusable, match=r"tables\.sqlite"):
        cms.tables().ptp_edits([str(10_000 + n) for n in range(60)] + ["20001"], ON)


def test_a_file_of_another_version_says_what_to_do(cms):
    import sqlite3

    cms.bring(cms.mue("90001 3 2"))
    connection = sqlite3.connect(cms.store)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreUnusable, match="written by another version"):
        cms.tables().releases()


# ---- ICD-10-CM -----------------------------------------------------------------------------------------------------


class FakeDiagnoses:
    """One code, one release."""

    entry = DiagnosisEntry("J32.0", "", True, ON)
    known = Release("icd10cm", "FY2024", ON, ON, 1, "", "")

    def release(self, on: date) -> Release | None:
        return self.known if on == ON else None

    def diagnosis(self, diagnosis_code: str, on: date) -> DiagnosisEntry | None:
        return self.entry if (diagnosis_code, on) == ("J32.0", ON) else None


def test_diagnoses_are_asked_of_their_own_part(cms):
    tables = StoredTables(cms.store, FakeDiagnoses())
    assert tables.release("icd10cm", ON) is FakeDiagnoses.known
    assert tables.diagnosis("J32.0", ON) is FakeDiagnoses.entry
    assert tables.diagnosis("J32.0", ON - timedelta(days=1)) is None
