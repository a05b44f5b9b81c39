"""The records file: made when needed, never replaced, all or nothing."""

from __future__ import annotations

import sqlite3

import pytest

from assistant.errors import RecordsError
from assistant.records.database import open_records


def count(path):
    with open_records(path) as records:
        return records.execute("SELECT count(*) FROM gaps").fetchone()[0]


def insert(records, key="k"):
    records.execute(
        "INSERT INTO gaps (key, payers, codes, asked, question, times_asked, first_asked, last_asked)"
        " VALUES (?, '[]', '[]', '[]', 'q', 1, '2026-11-22', '2026-11-22')",
        (key,),
    )


def test_the_file_and_its_folder_are_made(tmp_path):
    path = tmp_path / "data" / "records.sqlite"
    assert count(path) == 0
    assert path.is_file()


def test_the_file_is_written_ahead_and_fully_synchronised(tmp_path):
    with open_records(tmp_path / "records.sqlite") as records:
        assert records.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert records.execute("PRAGMA synchronous").fetchone() == (2,)


def test_what_was_done_stays(tmp_path):
    path = tmp_path / "records.sqlite"
    with open_records(path) as records:
        insert(records)
    assert count(path) == 1


def test_an_error_inside_undoes_everything_done_inside(tmp_path):
    path = tmp_path / "records.sqlite"

    def fail():
        with open_records(path) as records:
            insert(records)
            raise KeyError("something")

    with pytest.raises(KeyError):
        fail()
    assert count(path) == 0


def test_a_database_error_inside_names_the_file_and_not_the_values(tmp_path):
    path = tmp_path / "records.sqlite"

    def fail():
        with open_records(path) as records:
            insert(records, "secret words")
            insert(records, "secret words")

    with pytest.raises(RecordsError) as caught:
        fail()
    assert str(path) in str(caught.value)
    assert "secret" not in str(caught.value)
    assert count(path) == 0


@pytest.mark.parametrize(
    "content", [b"this is no database at all, only words " * 40, b"SQLite format 3\x00" + b"\xff" * 4000]
)
def test_a_damaged_file_is_an_error_and_left_as_it_is(tmp_path, content):
    path = tmp_path / "records.sqlite"
    path.write_bytes(content)
    with pytest.raises(RecordsError) as caught:
        count(path)
    assert str(path) in str(caught.value)
    assert path.read_bytes() == content


def test_a_damaged_page_is_noticed_before_anything_is_written(tmp_path):
    path = tmp_path / "records.sqlite"
    with open_records(path) as records:
        for number in range(400):
            insert(records, f"key {number} " + "x" * 60)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    raw = bytearray(path.read_bytes())
    raw[4096 * 2 : 4096 * 4] = b"\xa5" * 8192
    path.write_bytes(raw)
    with pytest.raises(RecordsError):
        count(path)
    assert path.read_bytes() == bytes(raw)


def test_a_file_of_a_newer_version_is_refused(tmp_path):
    path = tmp_path / "records.sqlite"
    count(path)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version=999")
    connection.close()
    with pytest.raises(RecordsError, match="newer version"):
        count(path)


def test_a_folder_in_the_files_place_is_an_error(tmp_path):
    (tmp_path / "records.sqlite").mkdir()
    with pytest.raises(RecordsError):
        count(tmp_path / "records.sqlite")


def test_a_file_in_the_folders_place_is_an_error(tmp_path):
    (tmp_path / "data").write_text("", encoding="utf-8")
    with pytest.raises(RecordsError):
        count(tmp_path / "data" / "records.sqlite")
