"""Which model files may be loaded: the shipped one, and what a person confirmed, until it changes."""

from __future__ import annotations

import json
import os
import threading
from datetime import date

import pytest

from assistant.language_model import known_files
from assistant.language_model.choose import load_model, resolve_model
from assistant.language_model.errors import ModelFileError, UnknownModelError
from assistant.language_model.known_files import SHIPPED, confirm, require_known, sha256_of, standing_of
from assistant.language_model.model_file import default_model_path

DAY = date(2026, 11, 23)
GGUF = b"GGUF\x03\x00\x00\x00"


@pytest.fixture
def path(tmp_path):
    made = tmp_path / "model.gguf"
    made.write_bytes(GGUF + b"weights")
    return made


@pytest.fixture
def register(tmp_path):
    return tmp_path / "data" / "confirmed-models.json"


@pytest.fixture
def hashed(monkeypatch):
    """The files whose content was read for a hash."""
    read = []
    real = known_files.sha256_of
    monkeypatch.setattr(known_files, "sha256_of", lambda path, *rest: read.append(path) or real(path, *rest))
    return read


def test_a_file_nobody_confirmed_is_refused_with_its_hash_and_the_command(path, register):
    for known in (None, register):
        with pytest.raises(UnknownModelError, match="is a model file nobody confirmed") as caught:
            require_known(path, known)
        assert sha256_of(path) in str(caught.value)
        assert f'understudy models confirm "{path}"' in str(caught.value)
    assert not register.exists()


def test_no_way_of_loading_passes_an_unknown_file(path, register):
    with pytest.raises(UnknownModelError):
        load_model(resolve_model(str(path)))
    with pytest.raises(UnknownModelError):
        load_model(resolve_model(str(path)), confirmed=register)


@pytest.mark.models
def test_the_model_that_comes_along_is_known_by_its_hash():
    path = default_model_path()
    assert sha256_of(path) in SHIPPED
    assert require_known(path, None).known == "shipped"


def test_a_confirmed_file_is_known_and_is_not_read_again(path, register, hashed):
    confirm(path, register, on=DAY)
    hashed.clear()
    standing = require_known(path, register)
    assert (standing.known, standing.confirmed_on) == ("confirmed", DAY)
    assert hashed == []


def test_a_confirmed_file_that_was_moved_is_known_by_its_content(path, register, tmp_path):
    confirm(path, register, on=DAY)
    moved = path.rename(tmp_path / "elsewhere.gguf")
    assert require_known(moved, register).known == "confirmed"


def test_a_file_that_changed_asks_again_and_says_since_when(path, register):
    confirm(path, register, on=DAY)
    path.write_bytes(GGUF + b"others!")
    with pytest.raises(UnknownModelError, match="has changed since it was confirmed on 2026-11-23"):
        require_known(path, register)
    confirm(path, register, on=DAY)
    assert require_known(path, register).known == "confirmed"
    assert len(json.loads(register.read_text())["files"]) == 1


def test_a_change_that_keeps_size_and_modification_time_is_seen(path, register):
    before = path.stat()
    confirm(path, register, on=DAY)
    path.write_bytes(GGUF + b"WEIGHTS")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(UnknownModelError, match="has changed"):
        require_known(path, register)


def test_another_file_in_its_place_is_seen(path, register, tmp_path):
    confirm(path, register, on=DAY)
    other = tmp_path / "other.gguf"
    other.write_bytes(GGUF + b"WEIGHTS")
    other.replace(path)
    with pytest.raises(UnknownModelError):
        require_known(path, register)


def test_what_is_no_model_file_is_not_confirmed(path, register):
    path.write_bytes(b"PK a zip")
    with pytest.raises(ModelFileError, match="is not a GGUF file"):
        confirm(path, register, on=DAY)
    assert not register.exists()


@pytest.mark.parametrize(
    "text", ["", "[]", '{"files": [{}]}', '{"files": 7}', "{", '{"files": [{"sha256": "a", "on": "x"}]}']
)
def test_a_register_that_cannot_be_understood_is_an_error_and_confirms_nothing(path, register, text):
    register.parent.mkdir()
    register.write_text(text)
    with pytest.raises(ModelFileError, match="delete it and confirm"):
        standing_of(path, register)


def test_two_who_confirm_at_once_lose_neither(register, tmp_path):
    paths = [tmp_path / f"{number}.gguf" for number in range(8)]
    for number, path in enumerate(paths):
        path.write_bytes(GGUF + bytes([number]))
    threads = [threading.Thread(target=confirm, args=(path, register), kwargs={"on": DAY}) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [standing_of(path, register).known for path in paths] == ["confirmed"] * 8
