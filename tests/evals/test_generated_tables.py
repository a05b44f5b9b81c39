"""The generated tables of the bench: CMS's layouts, the same each time, taken by the importers."""

from __future__ import annotations

import re
from datetime import date

from evals.bench.generated_tables import invented_codes, write_add_on, write_fee_schedule, write_mue, write_ptp
from ingest.tables.importer import import_file
from ingest.tables.store import StoredTables

ON = date(2026, 7, 1)


def test_the_generated_files_are_imported_as_one_release_each(tmp_path):
    codes = invented_codes(300)
    paths = [*write_ptp(tmp_path, 4_000, codes), write_mue(tmp_path, codes), write_fee_schedule(tmp_path, codes)]
    paths.append(write_add_on(tmp_path, codes))
    for path in paths:
        import_file(path, tmp_path / "tables.sqlite", lambda *_told: None)
    tables = StoredTables(tmp_path / "tables.sqlite")
    found = {one.program: one for one in tables.releases()}
    assert set(found) == {"ptp", "mue", "mpfs", "add-on"}
    assert all(one.label in ("2026Q3", "2026 July", "2026Q3 v32.2") for one in found.values())
    assert [part.name for part in found["ptp"].parts] == ["f1", "f2", "f3", "f4"]
    assert 3_800 < found["ptp"].released().rows < 4_600
    assert len(tables.ptp_edits(codes, ON)) > 1_000
    assert all(tables.mue(code, ON) and tables.fee_schedule(code, ON) for code in codes)


def test_the_pairs_lie_in_cms_layout_and_come_out_the_same_each_time(tmp_path):
    (tmp_path / "again").mkdir()
    codes = invented_codes(60)
    first, again = write_ptp(tmp_path, 300, codes), write_ptp(tmp_path / "again", 300, codes)
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]
    lines = first[0].read_bytes().decode("ascii").split("\r\n")
    row = re.compile(r"\d{5}\t\d{5}\t\t\d{8}\t(?:\*|\d{8})\t[019]\t[A-Za-z ]+")
    assert all(row.fullmatch(line) for line in lines[6:-1])
    assert lines[-1] == ""
