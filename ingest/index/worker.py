"""Running a module of ours in a process of its own, with a time limit: for code that can take the process with it.

Knows nothing of Chroma. A worker ends when its parent does, whatever way the parent ended.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from ingest.index.errors import ChromaFailed

_ROOT = Path(__file__).resolve().parents[2]
_OFF = {"ANONYMIZED_TELEMETRY": "False", "HF_HUB_OFFLINE": "1", "LANGSMITH_TRACING": "false"}


def command_of(module: str) -> list[str]:
    """The command that runs a module of ours. -P: a folder named ingest where the user stands is not taken for ours."""
    return [sys.executable, "-P", "-m", module]


def child_environment() -> dict[str, str]:
    """The environment of a process of ours: our modules are found, nothing reports or traces."""
    inherited = os.environ.get("PYTHONPATH")
    return os.environ | _OFF | {"PYTHONPATH": os.pathsep.join([str(_ROOT), *([inherited] if inherited else [])])}


def run_worker(
    module: str, argument: Path, *, time_limit_seconds: float, on_line: Callable[[str], None] | None = None
) -> None:
    """Run `python -m module argument` to its end. Raises ChromaFailed when it fails, crashes or takes too long.

    `on_line` is given every line it prints; the last one says why it failed.
    """
    last = ""
    with subprocess.Popen(
        [*command_of(module), str(argument)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        errors="replace",
        env=child_environment(),
    ) as process:
        timer = threading.Timer(time_limit_seconds, process.kill)
        timer.start()
        try:
            assert process.stdout is not None
            for line in process.stdout:
                last = line.strip()
                if on_line is not None:
                    on_line(last)
            code = process.wait()
        except BaseException:
            process.kill()
            raise
        finally:
            overdue = not timer.is_alive()
            timer.cancel()
    if code == 0:
        return
    if overdue:
        raise ChromaFailed(f"{argument}: gave no answer within {time_limit_seconds:g} s and was stopped")
    raise ChromaFailed(f"{argument}: {last}" if code == 1 and last else f"{argument}: ended with code {code}")


def say(line: str) -> None:
    """One line to the parent."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def end_with_parent() -> None:
    """End this process as soon as its standard input closes, which happens when the parent dies."""

    def watch() -> None:
        # os.read, not sys.stdin: a thread inside a buffered read would trip the interpreter's shutdown.
        os.read(0, 1)
        os._exit(3)

    threading.Thread(target=watch, daemon=True).start()
