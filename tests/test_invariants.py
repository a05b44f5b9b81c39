"""What must never happen, whatever is asked: heavy imports, a network, a question's words in an error, fat files."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("ingest", "assistant", "evals")
HEAVY = frozenset(
    "torch chromadb langchain langchain_core langchain_chroma langchain_community gradio llama_cpp sentence_transformers "
    "transformers onnxruntime simple_icd_10_cm sklearn pandas".split()
)
# Without a model these must not be there even after an answer; onnxruntime embeds the question and may.
NOT_WITHOUT_A_MODEL = frozenset(
    "torch chromadb langchain langchain_core langchain_chroma gradio llama_cpp sentence_transformers transformers".split()
)
# These are what a LangChain user imports; nothing of ours imports them but lazily.
LANGCHAIN_ROOMS = ("assistant/language_model/", "assistant/ask/retriever.py")
NOTE = """---
title: Northwind PPO
kind: payer
payers: [northwind-ppo]
aliases: [Northwind]
---
## Timely filing
120 days from the date of service for a first claim.
"""


def sources() -> Iterator[Path]:
    for room in ROOMS:
        yield from sorted((ROOT / room).rglob("*.py"))


def in_subprocess(script: str, *, folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Runs a script in a fresh interpreter whose library is the folder's own, so that nothing big is read."""
    start = f"""
        import json, sys, os
        import pathlib
        import assistant.shipped
        assistant.shipped.shipped_folder = lambda name: pathlib.Path({str(folder)!r}) / "library"
        from assistant.cli import main
    """
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(start) + textwrap.dedent(script)],
        cwd=ROOT,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def practice(tmp_path: Path) -> Path:
    (tmp_path / "kb").mkdir()
    (tmp_path / "library").mkdir()
    (tmp_path / "kb" / "northwind.md").write_text(NOTE, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("arguments", [["--help"], ["ask", "--help"], ["eval", "--help"]])
def test_help_imports_nothing_heavy(practice, arguments):
    done = in_subprocess(
        f"""
        try:
            main({arguments!r})
        except SystemExit:
            pass
        print("IMPORTED " + json.dumps(sorted(sys.modules)), file=sys.stderr)
        """,
        folder=practice,
    )
    assert done.stdout.startswith("usage: understudy")
    imported = json.loads(done.stderr.split("IMPORTED ")[1])
    assert HEAVY.isdisjoint(imported)
    assert not {"numpy", "assistant.ask.flow", "ingest.index.sync"} & set(imported)


@pytest.mark.models
@pytest.mark.parametrize("question", ["Northwind timely filing", "does Northwind cover a cochlear implant"])
def test_asking_without_a_model_imports_no_model_machinery(practice, question):
    done = in_subprocess(
        f"""
        code = main(["ask", "--model", "off", "--json", "--practice", {str(practice)!r}, {question!r}])
        print("IMPORTED " + json.dumps([code, sorted(sys.modules)]), file=sys.stderr)
        """,
        folder=practice,
    )
    code, imported = json.loads(done.stderr.split("IMPORTED ")[1])
    status = json.loads(done.stdout)["status"]
    assert (code, status) in {(0, "answered"), (1, "not_in_kb")}
    assert NOT_WITHOUT_A_MODEL.isdisjoint(imported)


# Counts every attempt to reach anything; one attempt of our own shows that it would be counted.
NO_NETWORK = """
        import socket

        tried = []

        def refuse(*arguments, **_named):
            tried.append(arguments)
            raise OSError("no network here")

        socket.socket.connect = socket.socket.connect_ex = socket.socket.sendto = refuse
        socket.create_connection = socket.getaddrinfo = refuse
        try:
            __import__("urllib.request").request.urlopen("http://127.0.0.1:9", timeout=1)
        except OSError:
            pass
        assert len(tried) == 1
        tried.clear()
"""
HOSTILE = {
    "LANGSMITH_TRACING": "true",
    "LANGSMITH_API_KEY": "lsv2_nothing",
    "LANGCHAIN_TRACING_V2": "true",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "ANONYMIZED_TELEMETRY": "True",
    "HF_HUB_OFFLINE": "0",
}


@pytest.mark.models
@pytest.mark.parametrize("command", [["ask", "Northwind timely filing"], ["ingest"], ["kb", "check"]])
def test_commands_need_no_network_whatever_the_environment_says(practice, command):
    done = in_subprocess(
        f"""{NO_NETWORK}
        code = main({[*command, "--practice", str(practice)]!r})
        print("CODE", code, len(tried), os.environ.get("HTTP_PROXY"), os.environ["LANGSMITH_TRACING"])
        """,
        folder=practice,
        **HOSTILE,
    )
    assert done.stdout.splitlines()[-1] == "CODE 0 0 None false", done.stderr
    if command[0] == "ask":
        assert "120 days" in done.stdout


@pytest.mark.models
def test_asking_with_a_model_needs_no_network_either(practice):
    done = in_subprocess(
        f"""{NO_NETWORK}
        import assistant.prompts
        assistant.prompts.shipped_folder = lambda name: pathlib.Path("prompts").absolute()
        main(["ask", "--model", "default", "--json", "--practice", {str(practice)!r}, "Northwind timely filing"])
        print("TRIED", len(tried))
        """,
        folder=practice,
        **HOSTILE,
    )
    first, last = done.stdout.splitlines()
    answer = json.loads(first)
    assert answer["status"] == "answered"
    assert "120 days" in answer["answer"]
    assert answer["model"]
    assert last == "TRIED 0"


SECRET = "quetzalcoatl Northwind tubes for Jane Doe"


@pytest.mark.models
@pytest.mark.parametrize("error", ['ZeroDivisionError("division")', 'KeyError("some/note")'])
def test_an_internal_error_shows_no_word_of_the_question(practice, error):
    done = failing_ask(practice, error)
    assert done.returncode not in (0, 2)
    assert "quetzalcoatl" not in done.stdout + done.stderr


@pytest.mark.models
def test_an_internal_error_that_holds_the_question_shows_no_word_of_it(practice):
    done = failing_ask(practice, "ValueError(text)")
    assert done.returncode not in (0, 2)
    assert "quetzalcoatl" not in done.stdout + done.stderr


def failing_ask(practice: Path, error: str) -> subprocess.CompletedProcess[str]:
    return in_subprocess(
        f"""
        import assistant.ask.flow

        def fail(text):
            raise {error}

        assistant.ask.flow.decline = fail
        # The question comes from outside the script: a traceback shows the script's own lines.
        sys.exit(main(["ask", "--practice", {str(practice)!r}, os.environ["QUESTION"]]))
        """,
        folder=practice,
        QUESTION=SECRET,
    )


@pytest.mark.models
def test_a_question_reaches_disk_only_as_a_gap_in_the_records(practice):
    done = in_subprocess(f'main(["ask", "--practice", {str(practice)!r}, {SECRET!r}])', folder=practice)
    assert done.stdout
    holding = [
        path.relative_to(practice).as_posix()
        for path in practice.rglob("*")
        if path.is_file() and b"quetzalcoatl" in path.read_bytes()
    ]
    assert all(name.startswith("data/records.sqlite") for name in holding)


@pytest.mark.parametrize("name", ["ingest/__init__.py", "assistant/__init__.py"])
def test_the_packages_import_nothing_by_themselves(name):
    assert (ROOT / name).read_text(encoding="utf-8").strip() == ""


def imported_at_the_top(path: Path) -> set[str]:
    """The packages a module imports when it is imported itself; TYPE_CHECKING blocks and functions do not count."""
    found: set[str] = set()
    waiting: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            found.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting.extend(node.orelse)
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            waiting.extend(ast.iter_child_nodes(node))
    return found


def test_nothing_heavy_is_imported_at_the_top_of_a_module_but_langchains_own_types_in_their_rooms():
    offending = {}
    for path in sources():
        name = path.relative_to(ROOT).as_posix()
        allowed = {"langchain_core"} if name.startswith(LANGCHAIN_ROOMS) else set()
        if found := (imported_at_the_top(path) & HEAVY) - allowed:
            offending[name] = found
    assert offending == {}


def test_the_scan_of_imports_sees_what_it_must(tmp_path):
    path = tmp_path / "module.py"
    path.write_text(
        "from typing import TYPE_CHECKING\nimport torch.nn\ntry:\n    from chromadb import api\nexcept ImportError:\n    pass\n"
        "if TYPE_CHECKING:\n    import gradio\n\ndef lazily():\n    import llama_cpp\n\n"
        "class Room:\n    import pandas\n\n    def lazily(self):\n        import onnxruntime\n",
        encoding="utf-8",
    )
    assert imported_at_the_top(path) & HEAVY == {"torch", "chromadb", "pandas"}


@pytest.mark.parametrize(
    ("package", "rooms"),
    [
        ("chromadb", ("ingest/index/",)),
        ("sentence_transformers", ("ingest/index/",)),
        ("llama_cpp", ("assistant/language_model/",)),
        ("httpx", ("assistant/language_model/",)),
        ("sqlite3", ("ingest/index/", "ingest/tables/", "assistant/records/")),
    ],
)
def test_only_its_room_knows_a_package(package, rooms):
    for path in sources():
        name = path.relative_to(ROOT).as_posix()
        if name.startswith((*rooms, "evals/bench/")):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imported = {
            alias.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
        }
        imported |= {(node.module or "").split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert package not in imported, name


def test_no_clock_is_read_below_the_commands():
    for path in sources():
        name = path.relative_to(ROOT).as_posix()
        if name.startswith(("assistant/commands/", "evals/")):
            continue
        text = path.read_text(encoding="utf-8")
        for call in ("date.today(", "datetime.now(", "datetime.today(", "datetime.utcnow("):
            assert call not in text, f"{name} calls {call})"


def test_no_file_is_longer_than_450_lines():
    long = {
        path.relative_to(ROOT).as_posix(): count
        for folder in (*ROOMS, "tests")
        for path in (ROOT / folder).rglob("*.py")
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > 450
    }
    assert long == {}


def test_every_module_says_what_it_is_and_postpones_its_annotations():
    for path in sources():
        text = path.read_text(encoding="utf-8")
        if not text.strip():
            continue
        name = path.relative_to(ROOT).as_posix()
        tree = ast.parse(text)
        assert ast.get_docstring(tree), name
        assert "from __future__ import annotations" in text, name


def test_the_wheel_carries_what_every_practice_inherits():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["force-include"] == {
        "kb/library": "assistant/_shipped/library",
        "prompts": "assistant/_shipped/prompts",
    }
    assert any((ROOT / "kb" / "library").rglob("*.md"))
    assert (ROOT / "prompts" / "ask.md").is_file()
    for package in wheel["packages"]:
        assert (ROOT / package / "__init__.py").is_file(), package


def test_the_files_of_data_beside_the_code_lie_in_packages_of_the_wheel():
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"][
        "targets"
    ]["wheel"]["packages"]
    for name in ("assistant/ask/lexicon.toml", "assistant/ask/sufficiency.toml", "assistant/ask/decline.toml"):
        assert (ROOT / name).is_file()
        assert name.split("/")[0] in packages


def test_the_names_the_project_declares_can_be_imported():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = [*project["scripts"].values(), *project["entry-points"]["understudy.commands"].values()]
    for target in declared:
        module, _, name = target.partition(":")
        assert callable(getattr(__import__(module, fromlist=[name]), name)), target
