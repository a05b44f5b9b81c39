"""Taking the notes in."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ingest.index import sync as sync_module
from ingest.index.chunk import embedded_text
from ingest.index.errors import IndexBusy, IndexUnwritable
from ingest.index.generation import generations
from ingest.index.sync import ensure_current, sync
from ingest.index.tokens import tokens

ROOT = Path(__file__).parents[3]
BROKEN = "---\ntitle: Broken\nkindd: payer-rule\n---\n## Something\nA giraffe.\n"


def current(practice: Any, **options: Any) -> Any:
    return ensure_current(practice.kb, practice.library, practice.index_dir, practice.embedder, **options)


def age(practice: Any, seconds: int = 60) -> None:
    """Make every note file look as if it had been written a while ago."""
    then = time.time() - seconds
    for path in practice.kb.rglob("*.md"):
        os.utime(path, (then, then))


def found(practice: Any, question: str) -> list[str]:
    with practice.open() as index:
        return [index.chunk(row).chunk_id for row, _ in index.search(tokens(question), limit=5)]


def test_the_first_sync_takes_everything_in(practice: Any) -> None:
    report = practice.sync()
    assert report.added == ("library/earwax", "payers/blue-shield-ppo", "sinus")
    assert (report.notes, report.chunks, report.embedded, report.unchanged) == (3, 4, 4, 0)
    assert (report.healed, report.problems, report.not_taken) == (None, (), ())


def test_with_nothing_changed_nothing_is_written_or_embedded(practice: Any) -> None:
    first = practice.sync()
    practice.embedder.texts.clear()
    again = practice.sync()
    assert (again.generation, again.unchanged, again.embedded) == (first.generation, 3, 0)
    assert practice.embedder.texts == []


def test_an_edit_an_added_and_a_deleted_note_show_at_once_and_only_new_text_is_embedded(practice: Any) -> None:
    practice.sync()
    practice.embedder.texts.clear()
    practice.write("zebra", "# Zebras\nA zebra needs modifier 99.\n")
    sinus = (practice.kb / "sinus.md").read_text()
    practice.write("sinus", sinus.replace("within 90 days", "within 45 days"))
    practice.remove("library/earwax")
    report = practice.sync()
    assert (report.added, report.changed, report.deleted) == (("zebra",), ("sinus",), ("library/earwax",))
    assert report.unchanged == 1
    assert sorted(text.split("\n")[1] for text in practice.embedder.texts) == [
        "A zebra needs modifier 99.",
        "Sinus surgery > If it already denied",
    ]
    assert found(practice, "zebra") == ["zebra#zebras"]
    assert found(practice, "earwax 69210") == []
    assert "sinus#if-it-already-denied" in found(practice, "45")


def test_a_new_line_above_moves_the_cited_lines_without_embedding_again(practice: Any) -> None:
    practice.sync()
    practice.embedder.texts.clear()
    text = (practice.kb / "library/earwax.md").read_text()
    practice.write("library/earwax", "\n\n" + text)
    practice.sync()
    assert practice.embedder.texts == []
    with practice.open() as index:
        row = index.catalog.chunk_row("library/earwax#ear-wax")
        chunk = index.chunk(row)
        assert chunk.start_line == 3
        assert index.vectors[row] == pytest.approx(practice.embedder.embed([embedded_text(chunk)])[0])


def test_a_renamed_note_keeps_its_vectors(practice: Any) -> None:
    practice.sync()
    practice.embedder.texts.clear()
    (practice.kb / "sinus.md").rename(practice.kb / "nose.md")
    report = practice.sync()
    assert (report.added, report.deleted, report.embedded) == (("nose",), ("sinus",), 0)
    assert practice.embedder.texts == []


def test_an_edit_that_is_undone_is_not_embedded_again(practice: Any) -> None:
    practice.sync()
    path = practice.kb / "library/earwax.md"
    before = path.read_text()
    practice.write("library/earwax", "# Ear wax\nSomething else.\n")
    practice.sync()
    practice.embedder.texts.clear()
    path.write_text(before)
    practice.sync()
    assert practice.embedder.texts == []


def test_many_edits_in_a_row_give_the_same_index_as_one_from_nothing(practice: Any, tmp_path: Path) -> None:
    for number in range(6):
        practice.write(
            f"note-{number % 4}",
            f"# Note {number}\n" + "\n\n".join(f"## S{n}\nWords {n} {number}." for n in range(number)),
        )
        if number == 4:
            practice.remove("note-2")
        practice.sync()
    step_by_step = practice.content()
    practice.index_dir = tmp_path / "other" / "index"
    practice.sync()
    assert practice.content() == step_by_step


def test_a_note_with_an_error_keeps_its_last_good_version_and_the_others_go_on(practice: Any) -> None:
    practice.sync()
    good = (practice.kb / "library/earwax.md").read_text()
    practice.write("library/earwax", BROKEN)
    practice.write("zebra", "# Zebra\nStripes.\n")
    report = practice.sync()
    assert (report.added, report.changed, report.not_taken) == (("zebra",), (), ("library/earwax",))
    assert [(p.path, p.line, p.check) for p in report.problems] == [("library/earwax.md", 3, "KB015")]
    assert found(practice, "69210") == ["library/earwax#ear-wax"]
    assert found(practice, "giraffe") == []
    again = practice.sync()
    assert (again.not_taken, again.problems, again.generation) == (report.not_taken, report.problems, report.generation)
    practice.write("library/earwax", good)
    assert practice.sync().not_taken == ()


def test_a_new_note_with_an_error_stays_out_until_it_is_mended(practice: Any) -> None:
    practice.write("broken", BROKEN)
    report = practice.sync()
    assert ("broken" in report.added, report.not_taken) == (False, ("broken",))
    assert found(practice, "giraffe") == []
    practice.write("broken", BROKEN.replace("kindd", "kind"))
    assert practice.sync().added == ("broken",)
    practice.write("broken", BROKEN)
    practice.sync()
    practice.remove("broken")
    assert practice.sync().deleted == ("broken",)


def test_bytes_that_are_no_text_are_reported_and_harm_no_other_note(practice: Any) -> None:
    (practice.kb / "latin.md").write_bytes(b"# Caf\xe9\n")
    report = practice.sync()
    assert (report.not_taken, len(report.added)) == (("latin",), 3)


def test_a_file_that_cannot_be_read_keeps_its_note(practice: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from ingest.index import changes
    from ingest.notes.model import Problem

    age(practice)
    practice.sync()
    practice.write("sinus", "# Locked away\n")
    monkeypatch.setattr(changes, "read_file", lambda file: Problem(file.path, 1, "KB005", "it cannot be read"))
    report = practice.sync()
    assert (report.not_taken, report.deleted) == (("sinus",), ())
    assert found(practice, "frequency code")[0] == "sinus#if-it-already-denied"
    assert practice.sync().generation == report.generation
    monkeypatch.undo()
    assert practice.sync().changed == ("sinus",)


def test_notes_below_a_folder_that_cannot_be_read_are_not_deleted(
    practice: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    practice.sync()
    real = os.scandir

    def scandir(path: Any = ".") -> Any:
        if str(path).endswith("payers"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    report = practice.sync()
    assert (report.deleted, [p.check for p in report.problems]) == ((), ["KB005"])
    assert found(practice, "fresno") == ["payers/blue-shield-ppo#"]


def test_a_second_edit_within_the_clocks_tick_is_seen(practice: Any) -> None:
    path = practice.write("zebra", "# Zebra\nAAAA\n")
    practice.sync()
    stat = path.stat()
    path.write_text("# Zebra\nBBBB\n")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert practice.sync().changed == ("zebra",)


def test_old_files_are_not_read_again(practice: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from ingest.index import changes

    age(practice)
    practice.sync()
    monkeypatch.setattr(changes, "read_file", None)
    assert practice.sync().unchanged == 3


def test_a_checkout_that_touches_many_files_embeds_nothing_and_is_remembered(practice: Any) -> None:
    for number in range(70):
        practice.write(f"many/{number}", f"# Note {number}\ntext\n")
    first = practice.sync()
    age(practice, 3600)
    touched = practice.sync()
    assert touched.generation != first.generation
    assert (touched.embedded, touched.changed, touched.unchanged) == (0, (), 73)
    assert practice.sync().generation == touched.generation


def test_touched_files_are_read_once_by_whoever_holds_the_index(practice: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from ingest.index import changes

    practice.sync()
    held = current(practice).index
    age(practice, 3600)
    read: list[str] = []
    real = changes.read_file
    monkeypatch.setattr(changes, "read_file", lambda file: read.append(file.note_id) or real(file))
    for _ in range(3):
        assert current(practice, held=held).index is held
        assert len(read) == 3
    practice.write("zebra", "# Zebras\nA zebra.\n")
    assert current(practice, held=held).index is not held


def test_a_library_folder_elsewhere_takes_the_place_of_the_practices_own(practice: Any, tmp_path: Path) -> None:
    elsewhere = tmp_path / "package" / "library"
    elsewhere.mkdir(parents=True)
    (elsewhere / "other.md").write_text("# Other\ntext\n")
    practice.library = elsewhere
    report = practice.sync()
    assert report.added == ("library/other", "payers/blue-shield-ppo", "sinus")
    assert ["belongs to the starter library" in p.message for p in report.problems] == [True]


def test_a_practice_without_notes_has_an_empty_index(practice: Any, tmp_path: Path) -> None:
    report = sync(tmp_path / "none", None, practice.index_dir, practice.embedder, chroma="defer")
    assert (report.notes, report.chunks) == (0, 0)
    with practice.open() as index:
        assert index.search(["x"], limit=3) == []
        assert index.nearest([0.0] * 48, limit=3) == []
    assert practice.sync().notes == 3


def test_progress_is_told_for_reading_and_embedding(practice: Any) -> None:
    seen: list[tuple[str, int, int]] = []
    practice.sync(on_progress=lambda what, done, total: seen.append((what, done, total)))
    assert ("reading notes", 3, 3) in seen
    assert ("embedding", 4, 4) in seen


def test_another_embedder_means_an_index_from_nothing(practice: Any) -> None:
    from ingest.index.embedder import FakeEmbedder

    practice.sync()
    practice.embedder = FakeEmbedder(dimensions=32)
    report = practice.sync()
    assert report.healed is not None
    assert "another embedder" in report.healed
    assert report.embedded == report.chunks == 4
    with practice.open() as index:
        assert index.vectors.shape == (4, 32)


def test_only_the_current_generation_and_the_one_before_are_kept(practice: Any) -> None:
    for number in range(4):
        practice.write("zebra", f"# Zebra {number}\n")
        last = practice.sync().generation
    kept = [path.name for path in generations(practice.index_dir)]
    assert (kept[0], len(kept)) == (last, 2)


def test_a_reader_of_an_old_generation_goes_on_while_newer_ones_are_written(practice: Any) -> None:
    practice.sync()
    with practice.open() as index:
        for number in range(3):
            practice.write("library/earwax", f"# Other {number}\n")
            practice.sync()
        assert [index.chunk(row).chunk_id for row, _ in index.search(["69210"], limit=3)] == ["library/earwax#ear-wax"]
        assert len(index.nearest(practice.embedder.embed(["wax"])[0], limit=9)) == 4
        assert not index.is_current()


# Two writers


def test_a_second_writer_is_refused_with_what_to_do(practice: Any) -> None:
    with sync_module._writer(practice.index_dir, 0), pytest.raises(IndexBusy, match="wait for it to finish"):
        practice.sync()
    assert practice.sync().notes == 3


def test_two_writers_that_wait_both_succeed(practice: Any) -> None:
    with ThreadPoolExecutor() as pool:
        reports = list(pool.map(lambda _: practice.sync(wait_seconds=30), range(3)))
    assert sorted(len(report.added) for report in reports) == [0, 0, 3]
    assert len(practice.content()) == 4


def test_deleting_the_index_folder_does_not_free_the_writer_lock(practice: Any) -> None:
    import shutil

    practice.sync()
    with sync_module._writer(practice.index_dir, 0):
        shutil.rmtree(practice.index_dir)
        with pytest.raises(IndexBusy):
            practice.sync()


def test_an_index_folder_that_is_a_file_is_an_error_that_says_so(practice: Any) -> None:
    practice.index_dir.parent.mkdir(parents=True)
    practice.index_dir.write_text("mine")
    with pytest.raises(IndexUnwritable, match="File exists"):
        practice.sync()
    assert practice.index_dir.read_text() == "mine"


def test_a_full_disk_leaves_the_index_as_it_was(practice: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from ingest.index import build

    practice.sync()
    before = practice.content()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    practice.write("zebra", "# Zebra\n")
    monkeypatch.setattr(build, "write_vectors", full)
    with pytest.raises(IndexUnwritable, match="No space left"):
        practice.sync()
    assert practice.content() == before
    monkeypatch.undo()
    assert practice.sync().added == ("zebra",)
    assert len(generations(practice.index_dir)) == 2


# What a question sees


def test_a_question_takes_changes_in_first(practice: Any) -> None:
    first = current(practice)
    assert (first.report.notes, first.behind) == (3, None)
    practice.write("zebra", "# Zebra\nstripes\n")
    second = current(practice, held=first.index)
    assert second.report.added == ("zebra",)
    assert second.index.search(["stripes"], limit=1)
    assert first.index.note("zebra") is None
    third = current(practice, held=second.index)
    assert (third.index is second.index, third.report, third.behind) == (True, None, None)


def test_a_question_during_a_sync_is_answered_from_what_is_there_and_says_so(practice: Any) -> None:
    practice.sync()
    practice.write("zebra", "# Zebra\nstripes\n")
    with sync_module._writer(practice.index_dir, 0):
        answer = current(practice, wait_seconds=0.05)
    assert answer.behind is not None
    assert "another process" in answer.behind
    assert answer.index.note("sinus") is not None
    assert current(practice).behind is None


def test_a_question_during_the_very_first_sync_is_told_to_wait(practice: Any) -> None:
    with sync_module._writer(practice.index_dir, 0), pytest.raises(IndexBusy):
        current(practice, wait_seconds=0.05)


def test_a_question_where_nothing_can_be_written_is_answered_from_what_is_there(
    practice: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    practice.sync()
    practice.write("zebra", "# Zebra\nstripes\n")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(sync_module, "Build", refuse)
    answer = current(practice)
    assert answer.behind is not None
    assert "Permission denied" in answer.behind


def test_a_question_with_unchanged_notes_needs_no_lock(practice: Any) -> None:
    practice.sync()
    with sync_module._writer(practice.index_dir, 0):
        assert current(practice, wait_seconds=0).behind is None


def test_the_path_of_a_question_imports_nothing_heavy(practice: Any) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from ingest.index.embedder import FakeEmbedder\n"
        "from ingest.index.sync import ensure_current\n"
        "kb, index_dir = map(Path, sys.argv[1:])\n"
        "current = ensure_current(kb, kb / 'library', index_dir, FakeEmbedder())\n"
        "assert current.index.search(['wax'], limit=1)\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'chromadb', 'langchain_core', 'onnxruntime'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code, practice.kb, practice.index_dir], check=True, cwd=ROOT)
