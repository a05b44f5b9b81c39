"""Whatever the bytes, the ICD-10-CM readers read them or refuse them by their documented error."""

from __future__ import annotations

import contextlib
import hashlib
import io
import tempfile
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.tables.errors import ImportRefused, TablesError
from ingest.tables.icd10cm_files import recognise
from ingest.tables.releases import NewPart, open_writer, register
from ingest.tables.source import HEAD_BYTES, Source

from .icd10cm_texts import NOSE, addenda, order, tabular

FIRST, LAST = date(2026, 10, 1), date(2027, 9, 30)


def source_of(data, name):
    digest = hashlib.sha256(data).hexdigest()
    return Source(Path(name), "", len(data), digest, data[:HEAD_BYTES], lambda: io.BytesIO(data))


ORDERS = order("J30 0 Rhinitis", "J301 1 Pollen", "S022XXA 1 Nose").encode()
ADDENDA = addenda("Add: 1 J3099 New", "Delete: 1 J301 Pollen").encode()
XML = tabular(NOSE).encode()
pieces = st.lists(
    st.sampled_from([*ORDERS.splitlines(True), *ADDENDA.splitlines(True), b"<diag>", b"</diag>", b"<name>J40</name>",
                     b"<desc>x</desc>", b"<note>(J00-", b"\x00", b"\xff\xfe", b"\r\n", b"&#x0;", b'<section id="">'])
    | st.binary(max_size=30),
    max_size=12,
)  # fmt: skip


@given(
    start=st.sampled_from([b"", ORDERS, ADDENDA, XML, XML[:400], b"\xef\xbb\xbf" + XML]),
    cut=st.integers(0, 1200),
    rest=pieces,
    name=st.sampled_from(["icd10cm_order_2027.txt", "icd10cm_order_addenda_2027.txt", "icd10cm_tabular_2027.xml", "x"]),
)
def test_any_bytes_are_read_or_refused(start, cut, rest, name):
    data = start[: max(cut, 0)] + b"".join(rest) + start[cut + 40 :]
    candidate = recognise(source_of(data, name))
    if candidate is None:
        return
    assert candidate.program == "icd10cm"
    loaded = None
    with contextlib.suppress(ImportRefused):
        loaded = candidate.load(lambda *_told: None)
    # An addendum is put on the release before it only when it is stored.
    if loaded is None or candidate.rank:
        return
    with tempfile.TemporaryDirectory() as folder, open_writer(Path(folder) / "t.sqlite") as connection:
        new = NewPart("icd10cm", "x", FIRST, LAST, candidate.part, name, "0", loaded.rows)
        loaded.store(connection, register(connection, new))
        found = connection.execute("SELECT count(*) FROM icd10cm_code").fetchone()[0]
        assert found == loaded.rows > 0


@given(st.binary(max_size=400))
def test_random_bytes_are_no_table_or_a_documented_error(data):
    candidate = recognise(source_of(data, "icd10cm_order_2027.txt"))
    if candidate is not None:
        with pytest.raises(TablesError):
            candidate.load(lambda *_told: None)
