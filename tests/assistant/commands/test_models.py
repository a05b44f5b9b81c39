"""`understudy models` as people and programs call it."""

from __future__ import annotations

import hashlib
import json
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

pytestmark = pytest.mark.models
KEYS = {
    "choice", "name", "kind", "sha256", "known", "size_bytes", "architecture", "context_tokens", "template", "speed",
    "error",
}  # fmt: skip


def gguf(architecture: str, **numbers: int) -> bytes:
    """A model file with a header and no model in it."""

    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value)) + value.encode()

    fields = [text("general.architecture") + struct.pack("<I", 8) + text(architecture)]
    fields += [text(f"{architecture}.{key}") + struct.pack("<II", 4, value) for key, value in numbers.items()]
    return b"GGUF" + struct.pack("<IQQ", 3, 0, len(fields)) + b"".join(fields)


@pytest.fixture
def models(small, library_of, run):
    """Runs `understudy models` on the small practice."""
    library_of(small.library)
    return lambda *arguments: run("models", *arguments, "--practice", str(small.root))


@pytest.fixture
def listed(models):
    """The models as JSON, by name, with the exit code."""

    def read(*arguments: str):
        code, out, _ = models("--json", *arguments)
        return code, {one["name"]: one for one in json.loads(out)["models"]}

    return read


@pytest.fixture
def unknown(small):
    path = small.root / "data" / "models" / "new.gguf"
    path.parent.mkdir(parents=True)
    path.write_bytes(gguf("qwen9", context_length=32768))
    return path


@pytest.fixture
def server():
    """The address of a server that lists two models and knows nothing else."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"data": [{"id": "a-8b", "max_model_len": 4096}, {"id": "b"}]}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{made.server_address[1]}"
    made.shutdown()
    made.server_close()
    thread.join()


def test_the_model_that_comes_along_is_listed_with_what_it_is(models, listed):
    code, found = listed()
    (one,) = found.values()
    assert code == 0
    assert set(one) == KEYS
    assert (one["choice"], one["known"], one["architecture"], one["template"]) == (
        "default",
        "shipped",
        "llama",
        "chatml",
    )
    assert (one["context_tokens"], one["size_bytes"], one["speed"]) == (8192, 98362432, None)
    code, out, err = models()
    assert (code, err) == (0, "")
    assert one["sha256"] in out
    assert "comes with Understudy" in out
    assert "In use when --model is not given: off" in out


def test_speed_is_measured_in_this_machine(listed):
    _, found = listed("--speed")
    (one,) = found.values()
    speed = one["speed"]
    assert speed["prompt_tokens"] > 100
    assert speed["prompt_tokens_per_second"] > speed["output_tokens_per_second"] > 0
    assert speed["memory_bytes"] is None or 50e6 < speed["memory_bytes"] < 2e9


def test_a_file_of_the_practice_is_listed_and_not_loaded_before_it_is_confirmed(models, listed, unknown, small, run):
    code, found = listed("--speed")
    one = found["new.gguf"]
    assert code == 0
    assert (one["known"], one["speed"], one["template"]) == ("unknown", None, "plain")
    assert (one["architecture"], one["context_tokens"]) == ("qwen9", 32768)
    assert one["sha256"] == hashlib.sha256(unknown.read_bytes()).hexdigest()
    assert f'understudy models confirm "{unknown}"' in models()[1]
    code, out, err = run("ask", "--model", str(unknown), "Northwind timely filing", "--practice", str(small.root))
    assert (code, out) == (2, "")
    assert f'understudy models confirm "{unknown}"' in err


def test_confirming_lets_it_be_loaded_until_it_changes(models, listed, unknown):
    code, out, _ = models("confirm", str(unknown))
    assert code == 0
    assert "may be loaded from now on" in out
    assert listed()[1]["new.gguf"]["known"] == "confirmed"
    unknown.write_bytes(gguf("qwen9", context_length=4096))
    assert listed()[1]["new.gguf"]["known"] == "unknown"


def test_a_confirmed_file_that_is_no_model_is_a_clear_error_of_its_own(models, unknown):
    models("confirm", str(unknown))
    code, out, err = models("--speed")
    assert code == 2
    assert "measured here" in out
    assert "new.gguf: cannot be used here" in err
    assert "Traceback" not in err


def test_confirming_by_hash_takes_only_that_file(models, listed, unknown):
    right = hashlib.sha256(unknown.read_bytes()).hexdigest()
    code, out, err = models("confirm", str(unknown), "--sha256", "0" * 64)
    assert (code, out) == (2, "")
    assert "another hash than the one given" in err
    assert listed()[1]["new.gguf"]["known"] == "unknown"
    code, out, _ = models("confirm", str(unknown), "--sha256", right.upper(), "--json")
    assert code == 0
    assert json.loads(out) == {"path": str(unknown), "sha256": right, "known": "confirmed"}


@pytest.mark.parametrize("data", [b"", b"no model", b"GGUF\x03\x00\x00\x00\x01"])
def test_what_is_no_model_is_not_confirmed(models, tmp_path, data):
    path = tmp_path / "x.gguf"
    path.write_bytes(data)
    code, _, err = models("confirm", str(path))
    assert code == 2
    assert str(path) in err


def test_the_models_of_a_server_are_listed_and_the_one_in_use_too(models, listed, small, server):
    code, found = listed("--at", server)
    assert code == 0
    assert (found["a-8b"]["choice"], found["a-8b"]["context_tokens"]) == (f"{server}#a-8b", 4096)
    assert found["b"]["context_tokens"] is None
    (small.root / "understudy.toml").write_text(f'[model]\nuse = "{server}#a-8b"\n', encoding="utf-8")
    code, found = listed()
    assert (code, set(found) - {"SmolLM2-135M-Instruct.Q4_1.gguf"}) == (0, {"a-8b"})
    code, _, err = models("--at", f"{server}#gone")
    assert code == 2
    assert f"{server}: the server lists no model gone; it has: a-8b, b" in err


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("http://127.0.0.1:1", "no server answers there"),
        ("http://10.9.8.7:8080", 'allow-hosts = ["10.9.8.7"]'),
        ("missing.gguf", "there is no such file"),
        ("defualt", 'did you mean "default"'),
    ],
)
def test_what_cannot_be_used_is_named_and_the_others_are_listed(models, at, said):
    code, out, err = models("--at", at)
    assert code == 2
    assert "comes with Understudy" in out
    assert said in err
