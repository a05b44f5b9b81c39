"""The Chroma part: written in a process of its own, checked in another, measured against the exact scan."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingest.index.chroma import langchain_store, open_collection, query
from ingest.index.errors import ChromaFailed
from ingest.index.probe import probe
from ingest.index.worker import run_worker

ROOT = Path(__file__).parents[3]


def sqlite_file(folder: Path) -> Path:
    return folder / "chroma" / "chroma.sqlite3"


def vector_file(folder: Path) -> Path:
    return next((folder / "chroma").rglob("data_level0.bin"))


def garble(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[: len(raw) // 2] = os.urandom(len(raw) // 2)
    path.write_bytes(raw)


def test_chroma_and_the_exact_scan_agree(shared_practice: Any) -> None:
    with shared_practice.open() as index:
        client, collection = open_collection(index.folder)
        for question in ("both sides modifier 50", "wax in both ears", "paper claims", "corrected claim"):
            vector = shared_practice.embedder.embed([question])[0]
            exact = [(index.chunk(row).chunk_id, cosine) for row, cosine in index.nearest(vector, limit=4)]
            approximate = query(collection, vector, limit=4)
            assert [chunk_id for chunk_id, _ in approximate] == [chunk_id for chunk_id, _ in exact]
            assert [cosine for _, cosine in approximate] == pytest.approx([c for _, c in exact], abs=1e-5)
        del client


def test_langchain_finds_the_same_and_its_documents_can_be_cited(shared_practice: Any) -> None:
    with shared_practice.open() as index:
        store = langchain_store(index, shared_practice.embedder)
        question = "wax in both ears"
        documents = store.similarity_search_with_score(question, k=4)
        exact = index.nearest(shared_practice.embedder.embed([question])[0], limit=4)
        assert [document.metadata["chunk_id"] for document, _ in documents] == [
            index.chunk(row).chunk_id for row, _ in exact
        ]
        best = documents[0][0]
        assert (best.metadata["note_id"], best.metadata["start_line"]) == ("library/earwax", 1)
        assert "69210" in best.page_content


def test_a_sync_without_chroma_leaves_it_stale_and_the_next_with_it_brings_it_level(leveled: Any) -> None:
    leveled.write("zebra", "# Zebra\nstripes\n")
    leveled.remove("library/earwax")
    sinus = (leveled.kb / "sinus.md").read_text()
    leveled.write("sinus", sinus.replace("within 90 days", "within 45 days"))
    assert leveled.sync().chroma == "stale"
    with leveled.open() as index, pytest.raises(ChromaFailed, match="not level"):
        langchain_store(index, leveled.embedder)
    report = leveled.sync(chroma="level")
    assert (report.chroma, report.embedded, report.changed) == ("level", 0, ())
    with leveled.open() as index:
        probe(index.folder)
        client, collection = open_collection(index.folder)
        documents = collection.get(include=["documents"])
        assert dict(zip(documents["ids"], documents["documents"], strict=True)) == {
            index.chunk(row).chunk_id: index.chunk(row).text for row in index.catalog.live_rows()
        }
        del client
    assert leveled.sync(chroma="level").generation == report.generation


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: shutil.rmtree(folder / "chroma"),
        lambda folder: os.truncate(vector_file(folder), 5000),
    ],
    ids=["gone", "truncated"],
)
def test_damage_of_chroma_is_seen_and_mended_without_embedding(leveled: Any, damage: Callable[[Path], object]) -> None:
    leveled.embedder.texts.clear()
    with leveled.open() as index:
        damage(index.folder)
        assert index.chroma == "none"
        assert index.search(["wax"], limit=1), "a question does not need Chroma"
    report = leveled.sync(chroma="level")
    assert (report.chroma, report.chroma_failure) == ("level", None)
    assert leveled.embedder.texts == []


def test_damage_of_the_same_size_is_found_before_chroma_is_opened_here_and_mended_by_the_next_change(
    leveled: Any,
) -> None:
    with leveled.open() as index:
        garble(sqlite_file(index.folder))
        with pytest.raises(ChromaFailed):
            langchain_store(index, leveled.embedder)
    leveled.write("zebra", "# Zebra\nstripes\n")
    assert leveled.sync(chroma="level").chroma == "level"


def test_vectors_that_are_not_those_of_the_catalog_fail_the_probe(leveled: Any) -> None:
    with leveled.open() as index:
        client, collection = open_collection(index.folder)
        chunk_id = index.chunk(index.catalog.live_rows()[0]).chunk_id
        collection.update(ids=[chunk_id], embeddings=index.vectors[index.catalog.live_rows()[1]].reshape(1, -1))
        del client, collection
        with pytest.raises(ChromaFailed, match="another vector"):
            probe(index.folder)


def test_a_worker_that_takes_too_long_is_stopped_and_one_that_crashes_is_told(tmp_path: Path) -> None:
    with pytest.raises(ChromaFailed, match="no answer within"):
        run_worker("timeit", Path("while True: pass"), time_limit_seconds=0.5)
    with pytest.raises(ChromaFailed, match="ended with code"):
        run_worker("timeit", Path("import os; os.abort()"), time_limit_seconds=20)


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_a_worker_ends_with_its_parent_even_when_that_was_killed(tmp_path: Path) -> None:
    (tmp_path / "sleeper.py").write_text(
        "import os, time\n"
        "from ingest.index.worker import end_with_parent, say\n"
        "end_with_parent()\n"
        "say(str(os.getpid()))\n"
        "time.sleep(60)\n"
    )
    code = (
        "from pathlib import Path\n"
        "from ingest.index.worker import run_worker\n"
        "run_worker('sleeper', Path('x'), time_limit_seconds=60, on_line=lambda line: print(line, flush=True))\n"
    )
    environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"}
    with subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        os.kill(worker, 0)
        parent.kill()
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            os.kill(worker, 0)
        except ProcessLookupError:
            return
        if Path(f"/proc/{worker}/stat").exists() and " Z " in Path(f"/proc/{worker}/stat").read_text():
            return
        time.sleep(0.05)
    pytest.fail("the worker goes on without its parent")


def test_telemetry_and_remote_servers_are_off_whatever_the_environment_says(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path\n"
        "from ingest.index.chroma import settings\n"
        "found = settings(Path('x'))\n"
        "assert not found.anonymized_telemetry and not found.chroma_server_host, found\n"
        "assert found.chroma_api_impl == 'chromadb.api.rust.RustBindingsAPI', found\n"
        "assert not found.chroma_otel_collection_endpoint\n"
    )
    (tmp_path / ".env").write_text("CHROMA_SERVER_HOST=example.org\nANONYMIZED_TELEMETRY=True\n")
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "CHROMA_API_IMPL": "chromadb.api.fastapi.FastAPI",
        "CHROMA_SERVER_HOST": "example.org",
        "CHROMA_OTEL_COLLECTION_ENDPOINT": "http://example.org",
    }
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path, env=environment)
