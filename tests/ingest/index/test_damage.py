"""Whatever happens to the index folder, the next sync or question is right."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingest.index import generation
from ingest.index.errors import IndexDamaged, IndexMissing, IndexUnwritable
from ingest.index.store import open_index
from ingest.index.sync import ensure_current

ROOT = Path(__file__).parents[3]


def generation_folder(index_dir: Path) -> Path:
    return index_dir / (index_dir / "CURRENT").read_text().strip()


def garble(path: Path) -> None:
    """Other bytes in the middle, the same size and time."""
    stat = path.stat()
    raw = bytearray(path.read_bytes())
    middle = len(raw) // 2
    raw[middle : middle + 16] = bytes(byte ^ 0x5A for byte in raw[middle : middle + 16])
    path.write_bytes(raw)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def empty(path: Path) -> None:
    os.truncate(path, 0)


def replace_by_folder(path: Path) -> None:
    path.unlink()
    (path / "inner").mkdir(parents=True)


FILES = ("catalog.sqlite", "vectors.npy", "vectors.keys", "manifest.json")
WAYS = (Path.unlink, garble, truncate, empty, replace_by_folder)
DAMAGE: dict[str, Callable[[Path], object]] = (
    {
        f"{way.__name__} {name}": (lambda index_dir, way=way, name=name: way(generation_folder(index_dir) / name))
        for name in FILES
        for way in WAYS
    }
    | {f"{way.__name__} CURRENT": (lambda index_dir, way=way: way(index_dir / "CURRENT")) for way in WAYS}
    | {
        "the generation is gone": lambda index_dir: shutil.rmtree(generation_folder(index_dir)),
        "the generation is empty": lambda index_dir: [
            p.unlink() for p in generation_folder(index_dir).iterdir() if p.is_file()
        ],
        "CURRENT leads out": lambda index_dir: (index_dir / "CURRENT").write_text("../../kb\n"),
        "CURRENT is endless": lambda index_dir: (index_dir / "CURRENT").write_bytes(b"gen-1-abcdef" * 100_000),
        "a catalog of another program": lambda index_dir: (generation_folder(index_dir) / "catalog.sqlite").write_text(
            "hello"
        ),
    }
)


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=list(DAMAGE))
def test_damage_is_named_when_reading_and_healed_by_the_next_question(
    practice: Any, damage: Callable[[Path], object]
) -> None:
    practice.sync()
    before = practice.content()
    damage(practice.index_dir)
    with pytest.raises(IndexDamaged, match=r"CURRENT|gen-\d+-"):
        open_index(practice.index_dir)
    answer = ensure_current(practice.kb, practice.library, practice.index_dir, practice.embedder)
    assert answer.report is not None
    assert answer.report.healed is not None
    assert practice.content() == before
    assert practice.sync().healed is None


def test_vectors_that_are_whole_survive_the_loss_of_everything_else(practice: Any) -> None:
    practice.sync()
    practice.embedder.texts.clear()
    for name in ("catalog.sqlite", "manifest.json"):
        (generation_folder(practice.index_dir) / name).unlink()
    (practice.index_dir / "CURRENT").unlink()
    report = practice.sync()
    assert report.healed is not None
    assert "4 of 4 vectors kept" in report.healed
    assert practice.embedder.texts == []


def test_vectors_that_are_not_whole_are_computed_anew(practice: Any) -> None:
    practice.sync()
    practice.embedder.texts.clear()
    garble(generation_folder(practice.index_dir) / "vectors.npy")
    assert practice.sync().embedded == 4
    assert len(practice.embedder.texts) == 4


def test_the_generation_before_saves_the_last_good_version_of_a_broken_note(practice: Any) -> None:
    practice.sync()
    practice.write("sinus", "---\nunknown: field\n---\ntext\n")
    practice.sync()
    garble(generation_folder(practice.index_dir) / "catalog.sqlite")
    report = practice.sync()
    assert report.not_taken == ("sinus",)
    with practice.open() as index:
        assert index.note("sinus") is not None


def test_deleting_the_whole_index_is_allowed_at_any_time(practice: Any) -> None:
    practice.sync()
    before = practice.content()
    shutil.rmtree(practice.index_dir)
    with pytest.raises(IndexMissing):
        open_index(practice.index_dir)
    assert practice.sync().healed is None
    assert practice.content() == before


def test_files_that_are_not_ours_are_left_alone(practice: Any) -> None:
    practice.sync()
    foreign = [
        practice.index_dir / "notes.txt",
        practice.index_dir / "gen-x",
        generation_folder(practice.index_dir) / "x",
    ]
    for path in foreign:
        path.write_text("mine")
    (practice.index_dir / "gen-9-zzz").mkdir()
    assert practice.sync().healed is None
    practice.write("zebra", "# Zebra\n")
    practice.sync()
    assert all(path.read_text() == "mine" for path in foreign)
    assert (practice.index_dir / "gen-9-zzz").is_dir()


def test_files_without_permission_are_healed(practice: Any) -> None:
    practice.sync()
    catalog = generation_folder(practice.index_dir) / "catalog.sqlite"
    catalog.chmod(0)
    if os.access(catalog, os.R_OK):
        pytest.skip("this user may read everything")
    before_texts = list(practice.embedder.texts)
    report = practice.sync()
    assert report.healed is not None
    assert "Permission denied" in report.healed
    assert practice.embedder.texts == before_texts
    assert len(practice.content()) == 4


def test_an_index_folder_without_permission_is_an_error_that_says_so(practice: Any) -> None:
    practice.sync()
    practice.index_dir.chmod(0)
    try:
        if os.access(practice.index_dir, os.W_OK):
            pytest.skip("this user may write everywhere")
        with pytest.raises(IndexUnwritable, match="Permission denied"):
            practice.sync()
    finally:
        practice.index_dir.chmod(0o755)
    assert practice.sync().healed is None


# Interrupted


class Stopped(BaseException):
    """What a kill looks like from inside."""


def test_a_sync_stopped_before_any_of_its_durable_steps_loses_and_doubles_nothing(
    practice: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    practice.sync()
    before = practice.content()
    practice.write("zebra", "# Zebra\nstripes\n")
    practice.remove("library/earwax")
    steps = 0
    while True:
        left = steps

        def step(real: Callable[..., Any]) -> Callable[..., Any]:
            def counted(*arguments: Any) -> Any:
                nonlocal left
                if left == 0:
                    raise Stopped
                left -= 1
                return real(*arguments)

            return counted

        with monkeypatch.context() as patch:
            patch.setattr(generation, "_sync_file", step(generation._sync_file))
            patch.setattr(generation, "_sync_folder", step(generation._sync_folder))
            patch.setattr(generation, "_remove", step(generation._remove))
            try:
                practice.sync()
                break
            except Stopped:
                pass
        seen = practice.content()
        if seen != before:
            # Stopped after the swap: the new state, whole.
            assert [chunk_id for chunk_id, _, _ in seen] != [chunk_id for chunk_id, _, _ in before]
            assert "zebra#zebra" in [chunk_id for chunk_id, _, _ in seen]
        steps += 1
    assert steps > 6
    after = [chunk_id for chunk_id, _, _ in practice.content()]
    assert sorted(after) == sorted(set(after))
    assert "zebra#zebra" in after
    assert "library/earwax#ear-wax" not in after
    practice.sync()
    assert len(generation.generations(practice.index_dir)) == 2


WRITER = """
import sys
from pathlib import Path
from ingest.index.embedder import FakeEmbedder
from ingest.index.sync import sync
kb, index_dir = map(Path, sys.argv[1:])
number = 0
while True:
    number += 1
    for n in range(40):
        # Whole or not at all: what a kill does to a half-written note is the editor's business.
        (kb / "new").write_text(f"# Note {n}\\nversion {number}\\n")
        (kb / "new").replace(kb / f"n{n}.md")
    print("go", flush=True)
    sync(kb, None, index_dir, FakeEmbedder(dimensions=48), chroma="defer")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_after_sigkill_at_any_moment_the_index_is_whole_and_the_next_sync_right(practice: Any) -> None:
    practice.library = None
    for attempt in range(5):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, practice.kb, practice.index_dir], cwd=ROOT, stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.readline()
        time.sleep(0.03 * attempt)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        with practice.open() as index:
            assert index.manifest.chunks == len(index.catalog.live_rows())
            kept = [index.chunk(row).text for row in index.catalog.live_rows()]
            versions = {text.split("version ")[1] for text in kept if "version" in text}
            assert len(versions) <= 2, "a generation mixes files of at most two passes over the folder"
        practice.sync(wait_seconds=5)
        texts = {text for _, text, _ in practice.content()}
        for n in range(40):
            assert (practice.kb / f"n{n}.md").read_text().strip() in texts
        assert len(generation.generations(practice.index_dir)) <= 2
