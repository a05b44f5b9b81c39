"""The notes folder: what is listed, what is refused, and that nothing leads out of it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from ingest.notes.folder import list_folder, list_note_files, read_file, read_folder, read_listing
from ingest.notes.model import Problem

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="symbolic links and pipes need POSIX")


def ids(kb_dir: Path, **options: object) -> list[str]:
    return [file.note_id for file in list_note_files(kb_dir, **options)]


def test_markdown_files_are_listed_sorted_by_id_and_others_are_not(folder) -> None:
    kb_dir = folder({"b.md": "x", "a/c.md": "x", "a/B.MD": "x", "a.txt": "x", "a/d.md.bak": "x", "md": "x", ".md": "x"})
    assert ids(kb_dir) == ["a/B", "a/c", "b"]


def test_the_readme_at_the_top_is_no_note_and_others_are(folder) -> None:
    assert ids(folder({"README.md": "x", "a/README.md": "x"})) == ["a/README"]


def test_hidden_files_and_folders_are_skipped(folder) -> None:
    assert ids(folder({".git/a.md": "x", ".obsidian/b.md": "x", "c/.d.md": "x", "c/e.md": "x"})) == ["c/e"]


def test_excluded_top_folders_are_skipped_at_the_top_only(folder) -> None:
    kb_dir = folder({"library/a.md": "x", "b/library/c.md": "x"})
    assert ids(kb_dir, exclude=frozenset({"library"})) == ["b/library/c"]


def test_a_prefix_begins_every_id(folder) -> None:
    kb_dir = folder({"procedures/a.md": "x"})
    (file,) = list_note_files(kb_dir, prefix="library/")
    assert (file.note_id, file.path) == ("library/procedures/a", "kb/procedures/a.md")
    assert list_folder(kb_dir, prefix="library/").paths == {"library/procedures", "library/procedures/a.md"}


def test_spaces_and_letters_of_any_script_are_fine_in_names(folder) -> None:
    kb_dir = folder({"Tuesday's notes (old).md": "x", "caf\u00e9/50 % #2.md": "x", "薬.md": "x", "a.b.md": "x"})
    assert ids(kb_dir) == ["Tuesday's notes (old)", "a.b", "café/50 % #2", "薬"]
    result = read_folder(kb_dir, layer="practice")
    assert result.problems == ()
    assert result.notes[2].title == "50 % #2"


def test_ids_are_composed_however_the_disk_spells_them(folder) -> None:
    assert ids(folder({"cafe\u0301.md": "x"})) == ["caf\u00e9"]


def test_size_and_time_are_those_of_the_file(folder) -> None:
    kb_dir = folder({"a.md": "12345"})
    os.utime(kb_dir / "a.md", ns=(1, 1_700_000_000_123_456_789))
    (file,) = list_note_files(kb_dir)
    assert (file.size, file.mtime_ns) == (5, 1_700_000_000_123_456_789)


def test_a_folder_that_is_not_there_has_no_notes(tmp_path: Path) -> None:
    assert list_folder(tmp_path / "none").files == ()
    assert read_folder(tmp_path / "none", layer="practice").problems == ()


@posix_only
def test_nothing_behind_a_link_out_of_the_folder_is_read(folder, tmp_path: Path) -> None:
    kb_dir = folder({"a.md": "x"})
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "s.md").write_text("secret")
    (kb_dir / "dir").symlink_to(tmp_path / "secret")
    (kb_dir / "file.md").symlink_to(tmp_path / "secret" / "s.md")
    result = read_folder(kb_dir, layer="practice")
    assert [note.note_id for note in result.notes] == ["a"]
    assert [(problem.path, problem.check) for problem in result.problems] == [
        ("kb/dir", "KB004"),
        ("kb/file.md", "KB004"),
    ]
    assert result.paths == {"a.md"}


@posix_only
def test_a_file_turned_into_a_link_after_the_listing_is_not_followed(folder, tmp_path: Path) -> None:
    kb_dir = folder({"a.md": "x", "b/c.md": "x"})
    first, second = list_note_files(kb_dir)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "c.md").write_text("secret")
    (kb_dir / "a.md").unlink()
    (kb_dir / "a.md").symlink_to(tmp_path / "out" / "c.md")
    (kb_dir / "b" / "c.md").unlink()
    (kb_dir / "b").rmdir()
    (kb_dir / "b").symlink_to(tmp_path / "out")
    for file in (first, second):
        problem = read_file(file)
        assert isinstance(problem, Problem)
        assert problem.check == "KB004"


@posix_only
def test_links_inside_the_folder_and_circles_are_safe(folder) -> None:
    kb_dir = folder({"a/b.md": "x"})
    (kb_dir / "a" / "up").symlink_to(kb_dir)
    (kb_dir / "again").symlink_to("a")
    (kb_dir / "c.md").symlink_to("a/b.md")
    (kb_dir / "x").symlink_to("y")
    (kb_dir / "y").symlink_to("x")
    listing = list_folder(kb_dir)
    assert [file.note_id for file in listing.files] == ["a/b", "c"]
    assert listing.problems == ()
    assert read_file(listing.files[1]) == b"x"


@posix_only
def test_the_folder_itself_may_be_a_link(folder, tmp_path: Path) -> None:
    folder({"a.md": "x"})
    (tmp_path / "notes").symlink_to("kb")
    result = read_folder(tmp_path / "notes", layer="practice")
    assert [note.path for note in result.notes] == ["notes/a.md"]


@posix_only
def test_a_pipe_does_not_block_the_reader(folder) -> None:
    kb_dir = folder({"a.md": "x"})
    (file,) = list_note_files(kb_dir)
    (kb_dir / "a.md").unlink()
    os.mkfifo(kb_dir / "a.md")
    problem = read_file(file)
    assert isinstance(problem, Problem)
    assert problem.check == "KB005"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names themselves")
def test_a_name_that_is_no_text_is_refused_with_a_message_that_can_be_printed(folder) -> None:
    kb_dir = folder({"a.md": "x"})
    Path(os.fsdecode(bytes(kb_dir) + b"/caf\xe9.md")).write_text("x")
    listing = list_folder(kb_dir)
    assert [file.note_id for file in listing.files] == ["a"]
    (problem,) = listing.problems
    assert problem.check == "KB006"
    str(problem).encode("utf-8")


def test_a_file_gone_since_the_listing_is_a_problem(folder) -> None:
    kb_dir = folder({"a.md": "x"})
    listing = list_folder(kb_dir)
    (kb_dir / "a.md").unlink()
    result = read_listing(listing, listing.files, layer="practice")
    assert result.notes == ()
    assert [problem.check for problem in result.problems] == ["KB005"]


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_a_problem_and_the_others_go_on(folder) -> None:
    kb_dir = folder({"a.md": "x", "b.md": "y"})
    (kb_dir / "a.md").chmod(0)
    result = read_folder(kb_dir, layer="practice")
    assert [note.note_id for note in result.notes] == ["b"]
    assert [problem.check for problem in result.problems] == ["KB005"]


def test_a_note_with_errors_does_not_keep_the_others_from_being_read(folder) -> None:
    kb_dir = folder({"a.md": "---\nkind: x\n---\ny", "b.md": "ok"})
    (kb_dir / "c.md").write_bytes(b"\xff")
    result = read_folder(kb_dir, layer="library", prefix="library/")
    assert [note.note_id for note in result.notes] == ["library/a", "library/b"]
    assert {note.layer for note in result.notes} == {"library"}
    assert [(problem.path, problem.check) for problem in result.problems] == [
        ("kb/a.md", "KB020"),
        ("kb/c.md", "KB001"),
    ]


def test_some_files_of_a_listing_can_be_read_alone(folder) -> None:
    listing = list_folder(folder({"a.md": "x", "b.md": "y"}))
    assert [note.note_id for note in read_listing(listing, listing.files[1:], layer="practice").notes] == ["b"]
