"""What a model costs on this machine: seconds to load, memory, prompt and output tokens a second.

A file is measured in a process of its own, so that one that brings llama.cpp down takes nothing with it and the memory
is the model's alone. The texts it reads are ours and mean nothing.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.language_model.errors import LanguageModelError, ModelFileError

if TYPE_CHECKING:
    from assistant.language_model.local_server import LocalServerChat

_TEXT = (
    "A note of a practice says which modifier a plan wants, on how many lines a procedure is billed, and who to call "
    "when a claim comes back. "
)
_PROMPT = f"Say in your own words what follows. {_TEXT * 8}"
_OUTPUT_TOKENS = 48
_MOST_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Speed:
    """Figures of one measurement. None: it could not be told (`memory_bytes` of a server, and on Windows)."""

    load_seconds: float
    memory_bytes: int | None
    prompt_tokens: int
    prompt_tokens_per_second: float
    output_tokens: int
    output_tokens_per_second: float


def measure_file(path: Path, *, context_tokens: int | None) -> Speed:
    """Load a file that is known, in another process, and measure it. Raises ModelFileError when that process fails."""
    wanted = json.dumps({"path": str(path), "context_tokens": context_tokens})
    try:
        done = subprocess.run(
            [sys.executable, "-m", "assistant.language_model.measure", wanted],
            capture_output=True,
            text=True,
            timeout=_MOST_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ModelFileError(
            f"{path}: could not be measured within {_MOST_SECONDS} seconds; this machine is too slow for it"
        ) from error
    if done.returncode != 0:
        reason = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"exit code {done.returncode}"
        raise ModelFileError(f"{path}: cannot be used here ({reason}); fetch it again or choose another")
    return Speed(**json.loads(done.stdout))


def measure_server(model: LocalServerChat) -> Speed:
    """Ask a server for one answer and measure it: until its first piece, and from there. Its own counts if any."""
    from langchain_core.messages import HumanMessage

    messages = [HumanMessage(_PROMPT)]
    began = first = time.perf_counter()
    pieces, usage = 0, None
    for chunk in model.stream(messages, max_tokens=_OUTPUT_TOKENS):
        if chunk.text:
            if not pieces:
                first = time.perf_counter()
            pieces += 1
        usage = getattr(chunk, "usage_metadata", None) or usage
    ended = time.perf_counter()
    prompt = (usage or {}).get("input_tokens") or model.get_num_tokens_from_messages(list(messages))
    written = (usage or {}).get("output_tokens") or pieces
    return Speed(0.0, None, prompt, _rate(prompt, first - began), written, _rate(written - 1, ended - first))


def _measure_here(path: Path, context_tokens: int | None) -> Speed:
    from langchain_core.messages import AIMessage, HumanMessage

    from assistant.language_model.llama_cpp_chat import LlamaCppChat

    before = _most_memory()
    began = time.perf_counter()
    model = LlamaCppChat(model_path=path, context_tokens=context_tokens, max_tokens=_OUTPUT_TOKENS)
    loaded = time.perf_counter() - began
    # The first prompt also pays for bringing the file into memory.
    model.invoke("Hello", max_tokens=1)
    answer = model.invoke([HumanMessage(_PROMPT)])
    assert isinstance(answer, AIMessage)
    told = answer.response_metadata
    after = _most_memory()
    written = answer.usage_metadata["output_tokens"] if answer.usage_metadata else 0
    return Speed(
        loaded,
        None if before is None or after is None else after - before,
        told["read_tokens"],
        _rate(told["read_tokens"], told["read_seconds"]),
        written,
        _rate(written - 1, told["write_seconds"]),
    )


def _rate(count: int, seconds: float) -> float:
    return round(count / seconds, 1) if seconds > 0 and count > 0 else 0.0


def _most_memory() -> int | None:
    """The most memory this process has had, in bytes; None where the system does not tell."""
    # Linux's getrusage goes on counting from the process that started this one.
    status = Path("/proc/self/status")
    if status.exists():
        told = re.search(r"^VmHWM:\s+(\d+) kB", status.read_text(encoding="ascii", errors="replace"), re.MULTILINE)
        return int(told.group(1)) * 1024 if told else None
    try:
        import resource
    except ImportError:  # Windows
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    try:
        figures = _measure_here(Path(given["path"]), given["context_tokens"])
    except LanguageModelError as failed:
        sys.exit(str(failed))
    sys.stdout.write(json.dumps(asdict(figures)))
