from __future__ import annotations

import os
import subprocess
import sys

import pytest

from assistant.telemetry import silence_telemetry

# Tries to reach a tracing service as a developer's environment might name one, and counts the attempts.
SCRIPT = """
import os, socket, sys, time
attempts = []
def refuse(*arguments, **named):
    attempts.append(arguments)
    raise OSError("no connection is allowed here")
socket.socket.connect = refuse
socket.socket.connect_ex = refuse
socket.create_connection = refuse
socket.getaddrinfo = refuse
if "early" in sys.argv:
    import langchain_core.language_models.chat_models
    import langsmith.utils
    langsmith.utils.tracing_is_enabled()
if "loud" not in sys.argv:
    from assistant.telemetry import silence_telemetry
    silence_telemetry(os.environ)
from assistant.language_model.fake import FakeChatModel
FakeChatModel(answers=("Yes.",)).invoke("Does this note leave the machine?")
from langchain_core.tracers.langchain import wait_for_all_tracers
if "loud" in sys.argv:
    # The tracer tries again for a while; the first attempt is all we want to see.
    deadline = time.monotonic() + 30
    while not attempts and time.monotonic() < deadline:
        time.sleep(0.05)
else:
    wait_for_all_tracers()
print(len(attempts), flush=True)
os._exit(0)
"""


def attempts(*arguments: str) -> int:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.upper().startswith(("LANG", "OTEL"))},
        "LANGSMITH_TRACING": "true",
        "LANGCHAIN_TRACING_V2": "true",
        "LANGSMITH_ENDPOINT": "http://127.0.0.1:9",
        "LANGSMITH_API_KEY": "lsv2_not_a_key",
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def test_no_socket_is_opened_though_the_environment_asks_for_tracing():
    assert attempts() == 0


def test_nor_when_langsmith_had_read_the_environment_before():
    assert attempts("early") == 0


def test_the_probe_would_see_a_trace_that_was_sent():
    assert attempts("loud") > 0


@pytest.mark.parametrize(
    "name",
    [
        "LANGSMITH_API_KEY",
        "LANGSMITH_ENDPOINT",
        "LANGCHAIN_API_KEY",
        "LANGCHAIN_TRACING",
        "LANGCHAIN_ENDPOINT",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "CHROMA_OTEL_COLLECTION_ENDPOINT",
        "HTTP_PROXY",
        "https_proxy",
        "All_Proxy",
    ],
)
def test_what_names_a_destination_is_removed(name):
    environ = {name: "http://example.com", "PATH": "/bin"}
    silence_telemetry(environ)
    assert name not in environ
    assert environ["PATH"] == "/bin"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LANGSMITH_TRACING", "false"),
        ("LANGCHAIN_TRACING_V2", "false"),
        ("ANONYMIZED_TELEMETRY", "False"),
        ("GRADIO_ANALYTICS_ENABLED", "False"),
        ("HF_HUB_OFFLINE", "1"),
        ("TRANSFORMERS_OFFLINE", "1"),
        ("HF_HUB_DISABLE_TELEMETRY", "1"),
        ("DO_NOT_TRACK", "1"),
        ("OTEL_SDK_DISABLED", "true"),
        ("NO_PROXY", "*"),
    ],
)
def test_switches_are_set_whatever_stood_there(name, value):
    environ = {name: "true", "HF_HUB_OFFLINE": "0"}
    silence_telemetry(environ)
    assert environ[name] == value
    once = dict(environ)
    silence_telemetry(environ)
    assert environ == once
