"""The practice folder and its understudy.toml."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.errors import PracticeError, SettingsError
from assistant.settings import SETTINGS_FILE, Settings, find_practice, read_settings


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "kb").mkdir()
    return tmp_path


@pytest.fixture
def settings(tmp_path):
    """Reads settings from a text."""

    def read(text: str) -> Settings:
        path = tmp_path / SETTINGS_FILE
        path.write_text(text, encoding="utf-8")
        return read_settings(path)

    return read


def test_every_key_is_optional(settings, tmp_path):
    assert read_settings(tmp_path / "none.toml") == Settings()
    assert settings("") == Settings()
    assert settings("[practice]\n[model]\n") == Settings()


def test_the_defaults_use_no_model_and_nothing_remote():
    assert Settings().model == "off"
    assert Settings().model_hosts == ()


def test_every_key_is_read(settings):
    assert settings(
        '[practice]\nname = "Millbrook"\nspecialties = ["ent", "allergy"]\n[defaults]\npayer = "acme"\nplace = "11"\n'
        '[model]\nuse = "default"\nallow-hosts = ["10.0.0.5", "fd00::5"]\ncontext-tokens = 2048\n'
        "timeout-seconds = 90\n[ask]\naccept = 0.7\n[serve]\nprocesses = 3\n"
    ) == Settings(
        name="Millbrook",
        specialties=("ent", "allergy"),
        prefill_payer="acme",
        prefill_place="11",
        model="default",
        model_hosts=("10.0.0.5", "fd00::5"),
        context_tokens=2048,
        model_timeout_seconds=90,
        accept=0.7,
        processes=3,
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[modle]\n", 'did you mean "model"'),
        ("[model]\nuze = 'off'\n", 'did you mean "use"'),
        ("[practice]\nspecialities = []\n", 'did you mean "specialties"'),
        ("[zebra]\n", "known are practice, defaults, model, ask"),
        ("[practice]\nzebra = 1\n", "known are name, specialties"),
        ("name = 'x'\n", "unknown table [name]"),
        ("practice = 'x'\n", "[practice]"),
        ("[practice]\nname = 1\n", '"name" in [practice]'),
        ("[practice]\nspecialties = 'ent'\n", '"specialties" in [practice]'),
        ("[model]\nallow-remote = true\n", 'unknown key "allow-remote" in [model]; did you mean "allow-hosts"'),
        ("[model]\nallow-hosts = true\n", '"allow-hosts" in [model] must be a list'),
        ("[model]\nallow-hosts = ['http://10.0.0.5:8080']\n", "without http:// and port"),
        ("[model]\nallow-hosts = ['*']\n", "without http:// and port"),
        ("[model]\nallow-hosts = ['']\n", "without http:// and port"),
        ("[model]\ntimeout-seconds = 0\n", '"timeout-seconds" in [model] must be 1 or more'),
        ("[model]\ncontext-tokens = true\n", '"context-tokens" in [model]'),
        ("[ask]\naccept = 'high'\n", '"accept" in [ask]'),
        ("[serve]\nprocesses = -1\n", '"processes" in [serve] must lie between 0 and 64'),
        ("[serve]\nprocesses = 65\n", '"processes" in [serve] must lie between 0 and 64'),
        ("[practice\n", "cannot be read"),
        ("[practice]\nname = 'a'\nname = 'b'\n", "cannot be read"),
    ],
)
def test_what_is_not_understood_is_an_error_with_the_file_the_key_and_the_mend(settings, tmp_path, text, said):
    with pytest.raises(SettingsError) as caught:
        settings(text)
    assert str(caught.value).startswith(f"{tmp_path / SETTINGS_FILE}: ")
    assert said in str(caught.value)


def test_a_whole_number_will_do_for_a_share(settings):
    assert settings("[ask]\naccept = 1\n").accept == 1.0


@pytest.mark.parametrize(
    "text",
    [
        "[ask]\naccept = 5.0\n",
        "[ask]\naccept = nan\n",
        "[practice]\nspecialties = [1]\n",
        "[model]\ncontext-tokens = -5\n",
    ],
)
def test_a_value_that_cannot_be_meant_is_an_error(settings, text):
    with pytest.raises(SettingsError):
        settings(text)


def test_a_file_in_another_encoding_is_an_error(tmp_path):
    path = tmp_path / SETTINGS_FILE
    path.write_bytes('[practice]\nname = "M\u00fcller"\n'.encode("latin-1"))
    with pytest.raises(SettingsError):
        read_settings(path)


def test_a_folder_in_the_files_place_is_an_error(tmp_path):
    with pytest.raises(SettingsError):
        read_settings(tmp_path)


def test_the_option_wins_over_the_environment_and_that_over_the_current_folder(folder, tmp_path_factory):
    other, third = tmp_path_factory.mktemp("other"), tmp_path_factory.mktemp("third")
    (other / "kb").mkdir()
    (third / "kb").mkdir()
    environ = {"UNDERSTUDY_PRACTICE": str(other)}
    assert find_practice(str(folder), environ, third).folder == folder
    assert find_practice(None, environ, third).folder == other
    assert find_practice(None, {}, third).folder == third
    assert find_practice(None, {"UNDERSTUDY_PRACTICE": ""}, third).folder == third


def test_the_places_of_a_practice_lie_in_its_folder_and_the_library_comes_along(folder):
    practice = find_practice(str(folder), {}, Path("/"))
    assert practice.kb == folder / "kb"
    assert practice.index == folder / "data" / "index"
    assert practice.records == folder / "data" / "records.sqlite"
    assert any(practice.library.rglob("*.md"))
    assert practice.settings == Settings()


def test_looking_for_a_practice_makes_nothing(folder):
    find_practice(str(folder), {}, Path("/"))
    assert [path.name for path in folder.iterdir()] == ["kb"]


def test_a_relative_folder_becomes_absolute(folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    assert find_practice(folder.name, {}, Path("/")).folder == folder


def test_a_folder_that_is_not_there_is_an_error_that_says_how_to_make_one(tmp_path):
    with pytest.raises(PracticeError, match="understudy init"):
        find_practice(str(tmp_path / "none"), {}, tmp_path)


def test_a_folder_without_kb_is_an_error_that_says_how_to_name_the_right_one(tmp_path):
    with pytest.raises(PracticeError, match="--practice"):
        find_practice(str(tmp_path), {}, tmp_path)


@pytest.mark.parametrize("named", ["~nobody-of-this-name/practice", "\x00", "a\x00b"])
def test_a_name_that_is_no_folders_is_an_error(named, tmp_path):
    with pytest.raises(PracticeError):
        find_practice(named, {}, tmp_path)


def test_a_settings_file_that_is_wrong_stops_the_practice(folder):
    (folder / SETTINGS_FILE).write_text("[modle]\n", encoding="utf-8")
    with pytest.raises(SettingsError):
        find_practice(str(folder), {}, folder)
